// The tensor commands of a windowed layer, from its plan: steps in loops, and in each of them loads for the next one, the products of this
// one, requantisation and stores. Hardware orders what depends on each other.
// Must not know: numbers, registers.
import { CHANNEL_RECORD_BYTES, TENSOR } from '../../hw/isa/tensor.ts';
import { packFields } from '../../hw/isa/instruction.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { at, command, cursor, fixed, flip, roll, scope, toggle } from '../compiler/program.ts';
import type { Cursor, Node, Scope } from '../compiler/program.ts';
import type { FormProduct } from './image-form.ts';
import { pixelsOf } from './layer.ts';
import { imageRows, outputLanes, productRows, stepGroups } from './windowed-plan.ts';
import type { Chunk, WindowedPlan } from './windowed-plan.ts';

/** Symbols of what lies in main memory. */
export const SYMBOLS = { input: 'input', weights: 'weights', records: 'records', output: 'output' } as const;

/** Products beyond which those of one image are a loop: straight ones need no loop's end, but no more of them than the cache holds. */
const MOST_STRAIGHT = 72;

/** Rows that a load can have. */
const MOST_LOADED = 65_535;

/** One step of one chunk. */
interface Turn {
  readonly chunk: number;
  readonly step: number;
}

export function windowedProgram(plan: WindowedPlan, p: TensorParams, padding: number): Scope {
  return new WindowedProgram(plan, p, padding).scope();
}

class WindowedProgram {
  /** Which half of the accumulators, of the results, and of what does not stay. */
  private readonly half = toggle('half');
  private readonly accumulatorHalf: number;
  private readonly imageRows: number;
  private readonly cursors: Readonly<Record<string, Cursor>>;

  constructor(private readonly plan: WindowedPlan, private readonly p: TensorParams, private readonly padding: number) {
    const { weightRows, weightsStay, resultRows, recordsStay, ownImages, imageStays } = plan;
    const { half } = this;
    this.imageRows = imageRows(plan);
    this.accumulatorHalf = plan.chunks[0].outputLines * plan.layer.output.width;
    const weights = weightsStay ? 0 : weightRows;
    const image = ownImages && !imageStays ? this.imageRows : 0;
    const records = recordsStay ? 0 : p.columns;
    const results = plan.op === 'mv' ? 0 : resultRows;
    const by = (distance: number): readonly (readonly [typeof half, number])[] => [[half, distance]];
    this.cursors = {
      weightAddress: cursor('weightAddress', SYMBOLS.weights), weightRow: cursor('weightRow', undefined, by(-weights)),
      imageAddress: cursor('imageAddress', SYMBOLS.input), imageRow: cursor('imageRow', undefined, by(-image)),
      recordAddress: cursor('recordAddress', SYMBOLS.records), recordRow: cursor('recordRow', undefined, by(-records)),
      operands: cursor('operands', undefined, by(image + weights * 2 ** 16)), sums: cursor('sums', undefined, by(this.accumulatorHalf)),
      window: cursor('window'),
      requantised: cursor('requantised', undefined, by(this.accumulatorHalf)), result: cursor('result', undefined, by(results + records * 2 ** 16)),
      address: cursor('address', SYMBOLS.output), stored: cursor('stored', undefined, by(results)),
    };
  }

  scope(): Scope {
    const { chunks, steps, layer: { name } } = this.plan;
    const nodes = chunks.flatMap((_, chunk) => [
      ...this.chunkStart(chunk),
      ...roll(steps.length, (step) => this.key({ chunk, step }), (step) => this.turn({ chunk, step })),
    ]);
    return scope(name, nodes);
  }

  /** Steps of one kind differ in offsets alone. */
  private key({ chunk, step }: Turn): string {
    const { steps, chunks, ahead } = this.plan;
    const isLast = step === steps.length - 1;
    // Columns of later steps are part of what is loaded for them.
    const columnsOf = (index: number): number | undefined => steps.at(index)?.columns;
    const next = isLast ? `last ${chunk === chunks.length - 1}` : `${columnsOf(step + 1)} ${step + ahead < steps.length ? columnsOf(step + ahead) : 0}`;
    const place = this.p.rows > this.p.columns || (chunk === 0 && step === 0) ? step : 'any';
    return `${steps[step].columns} ${next} ${place}`;
  }

  /** What must be there before the first product of a chunk. */
  private chunkStart(chunk: number): readonly Node[] {
    const { imageStays, ownImages, steps, form } = this.plan;
    if (chunk > 0) return ownImages || imageStays ? [] : form.images.flatMap((_, image) => this.loadImages(image, image + 1, chunk, true));
    const begin = productRows(this.plan, steps[0]);
    const all = this.weightRowsOf(0);
    return [
      ...this.loadWeights(0, 0, begin, true), ...this.loadImages(0, this.imagesAtFirst, chunk, true),
      ...(all > begin ? this.loadWeights(0, begin, all, true) : []), ...this.loadRecords(0, true),
    ];
  }

  /**
   * Later images, and what is loaded ahead, of what stays: behind the very first product, so that no queue that is full of loads holds that
   * back.
   */
  private others(): readonly Node[] {
    const { imageStays, ownImages, steps, form, ahead } = this.plan;
    if (ownImages) return [...this.stayingWeights(1, ahead), ...(imageStays ? this.loadImages(1, ahead, 0, true) : [])];
    return [...this.loadImages(this.imagesAtFirst, form.images.length, 0, true), ...this.stayingWeights(1, Math.min(ahead, steps.length))];
  }

  /** Images that the very first product needs: of a vector all. */
  private get imagesAtFirst(): number {
    const { op, form } = this.plan;
    return op === 'mv' ? form.images.length : 1;
  }

  /** Of several steps at once. */
  private stayingWeights(from: number, to: number): readonly Node[] {
    const { weightsStay, weightRows } = this.plan;
    return weightsStay && to > from ? this.loadWeights(from, 0, (to - 1 - from) * weightRows + this.weightRowsOf(to - 1), true) : [];
  }

  private turn(turn: Turn): readonly Node[] {
    const isFirst = turn.chunk === 0 && turn.step === 0;
    const [first, ...rest] = this.products(turn);
    const products = isFirst ? [...first, ...this.others(), ...rest.flat()] : [...first, ...rest.flat()];
    return [...this.loadsFor(turn), ...products, ...this.results(turn), flip(this.half)];
  }

  private after({ chunk, step }: Turn): Turn | undefined {
    const { steps, chunks } = this.plan;
    if (step + 1 < steps.length) return { chunk, step: step + 1 };
    return chunk + 1 < chunks.length ? { chunk: chunk + 1, step: 0 } : undefined;
  }

  /** What later turns need and what is not there. */
  private loadsFor(turn: Turn): readonly Node[] {
    const { weightsStay, ownImages, imageStays, recordsStay, ahead, steps } = this.plan;
    const next = this.after(turn);
    if (!next) return [];
    const later = turn.chunk === 0 && turn.step + ahead < steps.length ? turn.step + ahead : undefined;
    const weights = weightsStay ? later : next.step;
    const nodes = weights === undefined ? [] : [...this.loadWeights(weights, 0, this.weightRowsOf(weights), false)];
    if (ownImages && imageStays && later !== undefined) nodes.push(...this.loadImages(later, later + 1, 0, false));
    if (ownImages && !imageStays) nodes.push(...this.loadImages(next.step, next.step + 1, next.chunk, false));
    return recordsStay ? nodes : [...nodes, ...this.loadRecords(next.step, false)];
  }

  private weightRowsOf(step: number): number {
    const { steps } = this.plan;
    return productRows(this.plan, steps[step]) * steps[step].products.length;
  }

  /**
   * Rows `from`…`to` of a step's weights. Loads for a turn stand in the turn before it, in whose half the cursors are: they go the other
   * way.
   * @param isFirst the load stands before all turns
   */
  private loadWeights(step: number, from: number, to: number, isFirst: boolean): readonly Node[] {
    const { plan: { weightRows, weightsStay, places }, p } = this;
    const place = places.weights + (weightsStay ? step * weightRows : isFirst ? 0 : weightRows);
    return [command('ld', at(this.cursors.weightAddress, (step * weightRows + from) * p.rows),
      at(this.cursors.weightRow, rs2('ld', { row: place + from, count: to - from })))];
  }

  /** Images `from`…`to` as a chunk needs them, those that lie behind each other in both memories at once. */
  private loadImages(from: number, to: number, chunk: number, isFirst: boolean): readonly Node[] {
    const { plan: { form, imageStays, ownImages, places, chunks }, p } = this;
    const { firstLine, lines } = imageStays ? { firstLine: 0, lines: form.lines } : chunks[chunk];
    const nodes: Node[] = [];
    for (let image = from; image < to;) {
      const { offset, stride, rowBytes } = form.images[image];
      const most = Math.min(to - image, Math.floor(MOST_LOADED / this.imageRows));
      let count = 1;
      while (lines === form.lines && count < most && this.liesBehind(image + count)) count += 1;
      const slot = imageStays || !ownImages ? image : isFirst ? 0 : 1;
      const rows = rs2('ld', { row: places.image + slot * this.imageRows, count: count * lines * form.width });
      if (stride !== p.rows || rowBytes !== p.rows) nodes.push(command('arg', fixed(stride), fixed(rowBytes)));
      nodes.push(command('ld', at(this.cursors.imageAddress, offset + firstLine * form.width * stride), at(this.cursors.imageRow, rows)));
      image += count;
    }
    return nodes;
  }

  /** Whether an image begins in main memory where the one before ends, row by row, as it does in the scratchpad. */
  private liesBehind(image: number): boolean {
    const { form: { images, width, lines } } = this.plan;
    const [before, { offset, stride, rowBytes }] = [images[image - 1], images[image]];
    return offset === before.offset + lines * width * stride && stride === before.stride && rowBytes === before.rowBytes;
  }

  private loadRecords(step: number, isFirst: boolean): readonly Node[] {
    const { plan: { recordsStay, steps, layer }, p } = this;
    const { channel, columns } = steps[step];
    const [first, count] = recordsStay ? [0, layer.output.channels] : [isFirst ? 0 : p.columns, columns];
    return [command('ldp', at(this.cursors.recordAddress, channel * CHANNEL_RECORD_BYTES),
      at(this.cursors.recordRow, rs2('ldp', { channel: first, count })))];
  }

  /** The first one, and the others. */
  private products({ chunk, step }: Turn): readonly (readonly Node[])[] {
    const { products } = this.plan.steps[step];
    if (this.plan.op === 'mv') return [this.vectorProduct(step)];
    const one = (index: number): readonly Node[] => this.product(products[index], index, this.plan.chunks[chunk], step);
    if (products.length <= MOST_STRAIGHT) return products.map((_, index) => one(index));
    const perImage = products.filter(({ image }) => image === products[0].image).length;
    const ofFirst = products.slice(0, perImage).map((_, index) => one(index));
    return [...ofFirst, roll(products.length / perImage - 1, () => 'adds', (image) =>
      products.slice(0, perImage).flatMap((_, index) => one((image + 1) * perImage + index)))];
  }

  private product(product: FormProduct, index: number, chunk: Chunk, stepIndex: number): readonly Node[] {
    const { plan: { form, layer, steps, places, imageStays, ownImages, weightsStay, weightRows }, padding } = this;
    const step = steps[stepIndex];
    const { outputLines, firstOutputLine, firstLine, lines } = chunk;
    const columns = step.columns;
    const slot = imageStays || !ownImages ? product.image : 0;
    const aRow = places.image + slot * this.imageRows + (imageStays ? firstLine * form.width : 0);
    const wRow = places.weights + (weightsStay ? stepIndex * weightRows : 0) + index * productRows(this.plan, step);
    const count = outputLines * layer.output.width;
    const op = this.plan.op === 'mv' ? 'mm' : this.plan.op;
    const operands = rs1(op, { aRow, wRow });
    const sums = rs2(op, { accRow: 0, count, columnsMinus1: columns - 1, accumulate: index === 0 ? 0 : 1 });
    const mesh = command(op, at(this.cursors.operands, operands), at(this.cursors.sums, sums));
    const top = firstOutputLine * form.strideY + product.top - firstLine;
    const isPlain = op !== 'dl' && form.strideX === 1 && form.strideY === 1 && product.left === 0 && top === 0 && form.width === layer.output.width
      && outputLines <= lines;
    if (isPlain) return [mesh];
    const image = packFields(TENSOR.win.rs1, {
      imageRows: lines * form.width, width: form.width, strideXMinus1: form.strideX - 1, strideYMinus1: form.strideY - 1,
    });
    const window = packFields(TENSOR.win.rs2, { left: product.left, top, windowWidth: layer.output.width, padding });
    return [command('win', fixed(image), at(this.cursors.window, window)), mesh];
  }

  /** All results at once. */
  private storeVector(last: number): readonly Node[] {
    const { plan: { places, steps }, p } = this;
    const lanes = outputLanes(p);
    const count = last * stepGroups(p) + Math.ceil(steps[last].columns / p.rows);
    const prefix = lanes === p.rows ? [] : [command('arg', fixed(lanes), fixed(lanes))];
    return [...prefix, command('st', at(this.cursors.address, 0), at(this.cursors.stored, rs2('st', { row: places.results, count })))];
  }

  private vectorProduct(index: number): readonly Node[] {
    const { steps, places, weightsStay, weightRows } = this.plan;
    const { columns, products } = steps[index];
    const operands = packFields(TENSOR.mv.rs1, { aRow: places.image, wRow: places.weights + (weightsStay ? index * weightRows : 0) });
    const sums = packFields(TENSOR.mv.rs2, { accRow: 0, count: products.length, columnsMinus1: columns - 1, accumulate: 0 });
    return [command('mv', at(this.cursors.operands, operands), at(this.cursors.sums, sums))];
  }

  private results({ chunk, step: index }: Turn): readonly Node[] {
    const { plan: { steps, chunks, layer, places, recordsStay }, p } = this;
    const { columns, channel } = steps[index];
    const isVector = this.plan.op === 'mv';
    const row = places.results + (isVector ? index * stepGroups(p) : 0);
    const { outputLines, firstOutputLine } = chunks[chunk];
    const count = outputLines * layer.output.width;
    const lanes = outputLanes(p);
    const requantise = command('rq', at(this.cursors.requantised, rs1('rq', { accRow: 0, count, columnsMinus1: columns - 1 })),
      at(this.cursors.result, rs2('rq', { row, channel: recordsStay ? channel : 0 })));
    if (isVector) return [requantise, ...(index + 1 < steps.length ? [] : this.storeVector(index))];
    const stores = Array.from({ length: Math.ceil(columns / p.rows) }, (_, part): readonly Node[] => {
      const group = index * stepGroups(p) + part;
      const address = (group * pixelsOf(layer.output) + firstOutputLine * layer.output.width) * lanes;
      const prefix = lanes === p.rows ? [] : [command('arg', fixed(lanes), fixed(lanes))];
      return [...prefix, command('st', at(this.cursors.address, address),
        at(this.cursors.stored, rs2('st', { row: places.results + part * count, count })))];
    });
    return [requantise, ...stores.flat()];
  }
}

const rs1 = (op: 'mm' | 'dw' | 'dl' | 'rq', fields: Readonly<Record<string, number>>): number => packFields(TENSOR[op].rs1, fields);
const rs2 = (op: 'mm' | 'dw' | 'dl' | 'rq' | 'ld' | 'ldp' | 'st', fields: Readonly<Record<string, number>>): number =>
  packFields(TENSOR[op].rs2, fields);
