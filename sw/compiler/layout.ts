// Where every int8 of a layer lies: lanes of the scratchpad's rows, weight tiles in the order in which the chip takes them, channel
// records, tensors in main memory.
// Must not know: tiling decisions, instructions.
import { CHANNEL_RECORD, CHANNEL_RECORD_BYTES } from '../../hw/isa/tensor.ts';
import type { QuantisedDense } from '../quantise/quantised-graph.ts';

/** Features `first … first + lanes - 1` in lanes 0 … lanes - 1 of a scratchpad row; the other lanes are 0. */
export interface Group {
  readonly first: number;
  readonly lanes: number;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Features in groups of `rows` lanes, as a load from row-major memory makes them. */
export function denseGroups(features: number, rows: number): readonly Group[] {
  return upTo(Math.ceil(features / rows)).map((index) => ({ first: index * rows, lanes: Math.min(rows, features - index * rows) }));
}

/** Features in groups as `tn.rq` leaves them: each tile of `columns` begins a new group. */
export function tileGroups(features: number, columns: number, rows: number): readonly Group[] {
  return denseGroups(features, columns).flatMap((tile) =>
    denseGroups(tile.lanes, rows).map(({ first, lanes }) => ({ first: tile.first + first, lanes })));
}

/** Groups of a full tile. */
export const groupsPerTile = (columns: number, rows: number): number => Math.ceil(columns / rows);

/** The tiles of one layer's outputs, in blocks of `tilesPerBlock` that share a pass over the inputs. */
export interface Blocks {
  readonly outputs: number;
  readonly columns: number;
  readonly tilesPerBlock: number;
  readonly tiles: number;
  readonly count: number;
}

export function blocksOf(outputs: number, columns: number, tilesPerBlock: number): Blocks {
  const tiles = Math.ceil(outputs / columns);
  return { outputs, columns, tilesPerBlock, tiles, count: Math.ceil(tiles / tilesPerBlock) };
}

/** The used columns of each tile of a block. */
export function tileColumns({ outputs, columns, tilesPerBlock, tiles }: Blocks, block: number): readonly number[] {
  const first = block * tilesPerBlock;
  return upTo(Math.min(tilesPerBlock, tiles - first)).map((index) => Math.min(columns, outputs - (first + index) * columns));
}

/** The features of a tile, in the groups in which `tn.rq` leaves them. */
export function tileParts({ outputs, columns }: Blocks, tile: number, rows: number): readonly Group[] {
  const first = tile * columns;
  return denseGroups(Math.min(columns, outputs - first), rows).map((group) => ({ ...group, first: first + group.first }));
}

/** Weight rows that one group of inputs needs in a block: one a used column. */
export function weightRows({ outputs, columns, tilesPerBlock }: Blocks, block: number): number {
  return Math.min(tilesPerBlock * columns, outputs - block * tilesPerBlock * columns);
}

/** Bytes of a layer's packed weights. */
export const packedBytes = ({ outputs }: Pick<QuantisedDense, 'outputs'>, groups: readonly Group[], rows: number): number => outputs * groups.length * rows;

/**
 * Weights `[outputs][inputs]` in the order of use, without gaps: block by block, in each group by group, in each tile by tile, in each one
 * row of `rows` lanes a column, or, if it is tight, of the lanes that the group has. So whatever part a step of the program needs is one
 * contiguous transfer.
 */
export function packWeights(
  layer: Pick<QuantisedDense, 'weights' | 'inputs' | 'outputs'>, groups: readonly Group[], blocks: Blocks, rows: number, isTight = false,
): Int8Array {
  const packed = new Int8Array(packedBytes(layer, groups, rows));
  let next = 0;
  for (let block = 0; block < blocks.count; block += 1) {
    const from = block * blocks.tilesPerBlock * blocks.columns;
    const columns = weightRows(blocks, block);
    for (const { first, lanes } of groups) {
      for (let column = 0; column < columns; column += 1) {
        const start = (from + column) * layer.inputs + first;
        packed.set(layer.weights.subarray(start, start + lanes), next);
        next += isTight ? lanes : rows;
      }
    }
  }
  return packed;
}

type ChannelParameters = Pick<QuantisedDense, 'outputs' | 'bias' | 'multiplier' | 'shift' | 'outputZeroPoint' | 'clampMin' | 'clampMax'>;

/** The channel records of a layer, 16 bytes each, in the order of the outputs. */
export function packRecords(layer: ChannelParameters): Uint8Array {
  const words = new Uint32Array((layer.outputs * CHANNEL_RECORD_BYTES) / 4);
  for (let channel = 0; channel < layer.outputs; channel += 1) {
    const put = (name: keyof typeof CHANNEL_RECORD, value: number): void => {
      const { word, lo, width } = CHANNEL_RECORD[name];
      const mask = 2 ** width - 1;
      words[channel * (CHANNEL_RECORD_BYTES / 4) + word] |= (value & mask) << lo;
    };
    put('bias', layer.bias[channel]);
    put('multiplier', layer.multiplier[channel]);
    put('shift', layer.shift[channel]);
    put('zeroPoint', layer.outputZeroPoint);
    put('clampMin', layer.clampMin);
    put('clampMax', layer.clampMax);
  }
  return new Uint8Array(words.buffer);
}

/**
 * Activations in main memory. `rows`: row-major, `rowBytes` from one row to the next. `groups`: group-major `[groups][rows][R]`, which the
 * chip moves as one run of bytes a group; only between layers.
 */
export interface MemoryTensor {
  readonly symbol: string;
  readonly format: 'rows' | 'groups';
  readonly rows: number;
  readonly rowBytes: number;
  readonly groups: readonly Group[];
  readonly bytes: number;
}

/** A tensor whose rows users can read: `stride` is at least the number of features. */
export function rowTensor(symbol: string, rows: number, features: number, stride: number, groups: readonly Group[]): MemoryTensor {
  return { symbol, format: 'rows', rows, rowBytes: stride, groups, bytes: (rows - 1) * stride + features };
}

export function groupTensor(symbol: string, rows: number, lanes: number, groups: readonly Group[]): MemoryTensor {
  return { symbol, format: 'groups', rows, rowBytes: lanes, groups, bytes: groups.length * rows * lanes };
}

/** Byte offset of row 0 of a group. */
export function groupOffset(tensor: MemoryTensor, group: number): number {
  return tensor.format === 'rows' ? tensor.groups[group].first : group * tensor.rows * tensor.rowBytes;
}
