/** What the four units of the tensor unit are told: decoded, checked commands, with fields no wider than the chip needs. */
import { B, U, bundle, indexWidth } from '../../gen/index.ts';
import { TENSOR_UNITS } from '../isa/tensor-rows.ts';
import { CHANNEL_RECORD_BYTES, MOST_GROUPS, TABLE_BYTES, commandsOf } from '../isa/tensor.ts';
import type { TENSOR, TensorCommandOp } from '../isa/tensor.ts';
import { withOnly } from '../lib/with-only.ts';
import { accumulatorBits, argBytesBits, channelBits, rowBytesBits, scratchpadBits, vectorReads } from './params.ts';
import type { TensorParams } from './params.ts';
import { windowShape } from './window.ts';

/** Bits of a number of rows that a mesh or vector command streams; those of a `tn.mv` have no accumulator rows of their own. */
export const rowCountBits = (p: TensorParams): number =>
  Math.min(12, Math.max(accumulatorBits(p) + 1, p.matrixVector ? indexWidth(Math.floor(p.scratchpadRows / p.columns) + 1) : 0));

/**
 * Transfer between main memory and rows on the chip. `whole`: rows are complete and lie one after the other in memory, so
 * the transfer is one run of bytes. `other`: load: channel records instead of the scratchpad; store: accumulators. `lookup`: instead of
 * channel records, the table, in pieces as long.
 *
 * Where loads scatter, theirs also say of rows of several groups which is the last one, what of it is in main memory, and how many
 * scratchpad rows lie from one to the next. `adjoins`: rows lie one after the other in memory, whole or not.
 */
const transfer = (p: TensorParams, isScattered: boolean) =>
  bundle(isScattered ? 'Load' : 'Transfer', withOnly({
    address: U(32), stride: U(32), rowBytes: U(isScattered ? argBytesBits(p) : rowBytesBits(p)), row: U(transferRowBits(p)),
    count: U(transferRowBits(p) + 1), whole: B, other: B, lookup: B, adjoins: B, lastGroup: U(GROUP_BITS), lastBytes: U(laneBytesBits(p)),
    groupRows: U(scratchpadBits(p)),
  }, transferHas(p, isScattered)));
/** What a transfer has on some chips, or if it is one of a load that can be scattered. */
export const transferHas = ({ table }: TensorParams, isScattered: boolean) =>
  ({ lookup: table, adjoins: isScattered, lastGroup: isScattered, lastBytes: isScattered, groupRows: isScattered });
export const transferCommand = (p: TensorParams) => transfer(p, false);
export const loadCommand = (p: TensorParams) => transfer(p, p.scatter);
/** Bits of a group's number, and of a number of bytes within one, 1…R. */
export const GROUP_BITS = Math.log2(MOST_GROUPS);
export const laneBytesBits = (p: TensorParams): number => indexWidth(p.rows + 1);
/** Rows of any of the memories; channel records count as four words each. */
export const transferRowBits = (p: TensorParams): number =>
  Math.max(scratchpadBits(p), accumulatorBits(p), channelBits(p) + 2, p.table ? TABLE_PIECE_BITS : 0);
/** Bits of the number of a piece of the table. */
export const TABLE_PIECE_BITS = Math.log2(TABLE_BYTES / CHANNEL_RECORD_BYTES);

/**
 * `windowed`: its activations are those of `window`. `other`: depthwise, one row of weights for all columns; `maximum`: keeps the greater
 * instead of adding. `lanes`: by the lanes beside the mesh. `sumsRows`: each row has weights of its own, and all products add up in one
 * row.
 */
export const meshCommand = (p: TensorParams) =>
  bundle('MeshCommand', withOnly({
    aRow: U(scratchpadBits(p)), wRow: U(scratchpadBits(p)), accRow: U(accumulatorBits(p)), count: U(rowCountBits(p)),
    lastColumn: U(indexWidth(p.columns)), accumulate: B, other: B, maximum: B, lanes: B, sumsRows: B, windowed: B, window: windowShape,
  }, {
    other: p.convolution, maximum: p.maximum, lanes: p.depthwiseTaps > 0, sumsRows: p.matrixVector, windowed: p.convolution,
    window: p.convolution,
  }));

/** Bits of the number of rows of a vector command: of tn.rq as above, else of rows of the scratchpad. */
export const vectorCountBits = (p: TensorParams): number =>
  Math.max(rowCountBits(p), p.elementwise ? Math.min(10, scratchpadBits(p) + 1) : 0, p.table ? Math.min(16, scratchpadBits(p) + 1) : 0);
/** Bits of the last column of a result, which is that of a whole row where both operands are rows of the scratchpad. */
export const vectorColumnBits = (p: TensorParams): number => indexWidth(Math.max(p.columns, vectorReads(p) ? p.rows : 0));

/**
 * Rows of the scratchpad instead of accumulator rows: `elementwise`: from `aRow` and `bRow` on, to be multiplied (`product`) or added;
 * `lookup`: from `aRow` on, through the table.
 */
export const vectorCommand = (p: TensorParams) =>
  bundle('VectorCommand', withOnly({
    accRow: U(accumulatorBits(p)), count: U(vectorCountBits(p)), lastColumn: U(vectorColumnBits(p)),
    row: U(scratchpadBits(p)), channel: U(channelBits(p)),
    aRow: U(scratchpadBits(p)), bRow: U(scratchpadBits(p)), elementwise: B, product: B, lookup: B,
  }, { aRow: vectorReads(p), bRow: p.elementwise, elementwise: p.elementwise, product: p.elementwise, lookup: p.table }));

/**
 * In which form a unit takes each command: `other`, `maximum`, `lanes` and `sumsRows` set the bits of that name, the mesh unit alone
 * having the last three; what is of the form `maximum` is also `other`. Of the vector unit `sum` and `product` are `elementwise`, and
 * `product` sets the bit of that name; `table` sets `lookup`. A load of that form is also `other`.
 */
export const FORMS = ['main', 'other', 'maximum', 'sum', 'product', 'table', 'lanes', 'sumsRows'] as const;
export type Form = (typeof FORMS)[number];
interface UnitForms {
  readonly load: 'main' | 'other' | 'table';
  readonly mesh: 'main' | 'other' | 'maximum' | 'lanes' | 'sumsRows';
  readonly vector: 'main' | 'sum' | 'product' | 'table';
  readonly store: 'main' | 'other';
}
export const FORM: { readonly [Op in TensorCommandOp]: UnitForms[(typeof TENSOR)[Op]['unit']] } = {
  ld: 'main', ldp: 'other', ldt: 'table', mm: 'main', dw: 'other', mx: 'maximum', dl: 'lanes', mv: 'sumsRows',
  rq: 'main', ad: 'sum', mu: 'product', tb: 'table', st: 'main', sta: 'other',
};

/** @throws RangeError where a unit could not tell two of its commands apart: it would execute the one as the other */
export function checkForms(form: Readonly<Record<TensorCommandOp, string>>): void {
  for (const unit of TENSOR_UNITS) {
    const ops = commandsOf(unit);
    const alike = ops.filter((op) => ops.some((other) => other !== op && form[other] === form[op]));
    if (alike.length > 0) throw new RangeError(`the ${unit} unit cannot tell ${alike.join(' from ')}: give each a form of its own`);
  }
}
checkForms(FORM);
