// One int8 matrix product as a program of its own, for benchmarks: operands and result in main memory.
// Must not know: networks, engines.
import { UserError } from '../../gen/user-error.ts';
import { Random } from '../data/random.ts';
import { requantise } from '../quantise/requantise.ts';
import { buildProgram } from './build.ts';
import type { CompiledProgram, LayerData } from './build.ts';
import type { ChipTarget } from './chip-target.ts';

/** `[m, k] · [k, n] → [m, n]` */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

export interface GemmOptions {
  /** `int32`: the sums as they are; `int8`: requantised. Default int8. */
  readonly result?: 'int8' | 'int32';
  readonly seed?: number;
}

export interface GemmProgram {
  readonly shape: GemmShape;
  readonly result: 'int8' | 'int32';
  readonly program: CompiledProgram;
  /** What to write to `input`, row-major, and what must then be in `output`. */
  readonly input: Int8Array;
  readonly expected: Int8Array | Int32Array;
}

const LARGEST = 2 ** 20;
const SHAPE = /^(\d+)x(\d+)x(\d+)$/;

const MOST_SHAPES = 1000;

/** `MxNxK`, several separated by commas. @throws UserError */
export function parseShapes(text: string): readonly GemmShape[] {
  const parts = text.split(',', MOST_SHAPES + 1);
  if (parts.length > MOST_SHAPES) throw new UserError(`--shapes: has more than ${MOST_SHAPES} shapes; measure some of them`);
  return parts.map((part, index) => {
    if (part.trim() === '') throw new UserError(`--shapes: shape ${index + 1} of ${parts.length} is empty; write MxNxK between commas`);
    const match = SHAPE.exec(part.trim());
    const sizes = match?.slice(1).map(Number) ?? [];
    if (match === null || sizes.some((size) => size < 1 || size > LARGEST)) {
      throw new UserError(`shape "${part.trim()}": is not MxNxK with sizes from 1 to ${LARGEST}; write for instance 64x64x64`);
    }
    return { m: sizes[0], n: sizes[1], k: sizes[2] };
  });
}

/** Products of two numbers in one shape: the reference takes seconds for so many, and a simulation minutes. */
const MOST_PRODUCTS = 2 ** 32;

/** @throws UserError where a product's matrices cannot lie in the chip's RAM, or nobody would wait for it */
export function mustBePossible({ m, n, k }: GemmShape, { ramBytes }: Pick<ChipTarget, 'ramBytes'>, result: 'int8' | 'int32' = 'int8'): void {
  const bytes = m * k + k * n + m * n * (result === 'int32' ? 4 : 1);
  const shape = `shape "${m}x${n}x${k}"`;
  if (bytes > ramBytes) {
    throw new UserError(`${shape}: operands and result take ${bytes} bytes and the chip has ${ramBytes} of RAM; make it smaller or raise simulation.ram`);
  }
  if (m * n * k > MOST_PRODUCTS) throw new UserError(`${shape}: has ${m * n * k} multiply-accumulates; use a shape of at most ${MOST_PRODUCTS}`);
}

/**
 * A program that multiplies the matrix in `input` by a constant one and leaves the result in `output`. Its symbol `cycles` then holds the
 * cycles from its first tensor instruction to the completion of its last. The constant matrix lies in memory in the order in which the
 * chip takes it, as the compiler packs the weights of every layer.
 * @throws UserError where it does not fit the chip
 */
export function buildGemm(shape: GemmShape, chip: ChipTarget, { result = 'int8', seed = 1 }: GemmOptions = {}): GemmProgram {
  mustBePossible(shape, chip, result);
  const { m, n, k } = shape;
  const random = new Random(seed);
  const int8 = (size: number): Int8Array => Int8Array.from({ length: size }, () => random.below(255) - 127);
  const input = int8(m * k);
  // Sums have a standard deviation of about 73² √k; a quarter of int8's range takes them in.
  const scale = Math.round(2 ** 30 / (73 * 73 * Math.sqrt(k) / 32));
  const layer: LayerData = {
    name: `${m}x${n}x${k}`, inputs: k, outputs: n, weights: int8(n * k),
    bias: new Int32Array(n), multiplier: new Int32Array(n).fill(scale), shift: new Uint8Array(n).fill(30),
    outputZeroPoint: 0, clampMin: -128, clampMax: 127,
  };
  const program = buildProgram({ name: 'gemm', rows: m, batch: m, layers: [layer], result, timesFirstCommand: true }, chip);
  const sums = multiply(input, layer.weights, shape);
  const expected = result === 'int32' ? sums : Int8Array.from(sums, (sum, index) =>
    requantise(sum, layer.multiplier[index % n], layer.shift[index % n], layer.outputZeroPoint, layer.clampMin, layer.clampMax));
  return { shape, result, program, input, expected };
}

/** `a [m, k]` times the transpose of `b [n, k]`. */
function multiply(a: Int8Array, b: Int8Array, { m, n, k }: GemmShape): Int32Array {
  const sums = new Int32Array(m * n);
  for (let row = 0; row < m; row += 1) {
    for (let column = 0; column < n; column += 1) {
      let sum = 0;
      for (let index = 0; index < k; index += 1) sum = (sum + a[row * k + index] * b[column * k + index]) | 0;
      sums[row * n + column] = sum;
    }
  }
  return sums;
}
