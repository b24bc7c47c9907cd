// Calibration: which range of reals each value takes, seen on sample data.
// Must not know: int8.
import { UserError } from '../../gen/user-error.ts';
import type { Graph, GraphValue, ValueName } from '../graph/graph.ts';
import { executeFloatSingle } from '../reference/float-executor.ts';
import type { Range } from './affine.ts';

const HISTOGRAM_BINS = 4096;

export interface CalibrationOptions {
  /**
   * 100 (the default) takes the whole range seen. A smaller p, above 50, cuts off outliers: the range then goes from the
   * (100 - p)th to the pth percentile of the values seen, to within 1/4096 of the whole range, rounded outwards.
   */
  readonly percentile?: number;
}

/**
 * Runs `batch` items through a graph of one input and one output.
 * @param input `[batch, ...shape]`, normalised
 * @returns the range of the input and of every computed value
 * @throws UserError for no items, a percentile outside (50, 100], or a value that is not finite
 */
export function calibrate(
  graph: Graph, input: Float32Array, batch: number, options: CalibrationOptions = {},
): ReadonlyMap<ValueName, Range> {
  const percentile = options.percentile ?? 100;
  if (!(percentile > 50 && percentile <= 100)) {
    throw new UserError(`calibration: percentile ${percentile}: is not above 50 and at most 100; give such a number`);
  }
  if (batch < 1) throw new UserError(`graph ${graph.name}: calibration has no items; give at least one`);
  const whole = new Map<ValueName, Range>();
  executeFloatSingle(graph, input, batch, (value, data) => whole.set(value.name, wholeRange(graph, value, data)));
  if (percentile === 100) return whole;

  const cut = new Map<ValueName, Range>();
  executeFloatSingle(graph, input, batch, (value, data) => {
    const range = whole.get(value.name);
    if (range !== undefined) cut.set(value.name, percentileRange(data, range, 1 - percentile / 100));
  });
  return cut;
}

function wholeRange(graph: Graph, value: GraphValue, data: Float32Array): Range {
  let min = Infinity;
  let max = -Infinity;
  for (const item of data) {
    // Math.min and max pass a NaN on, so that it is noticed.
    min = Math.min(min, item);
    max = Math.max(max, item);
  }
  if (Number.isFinite(min) && Number.isFinite(max)) return { min, max };
  throw new UserError(
    `graph ${graph.name}: value ${value.name}: overflows float32 on the calibration data; use a model with sane weights and data in range`,
  );
}

/** The range without the share `tail` of the values at either end. */
function percentileRange(data: Float32Array, { min, max }: Range, tail: number): Range {
  if (min === max) return { min, max };
  const width = (max - min) / HISTOGRAM_BINS;
  const counts = new Float64Array(HISTOGRAM_BINS);
  for (const item of data) counts[Math.min(Math.floor((item - min) / width), HISTOGRAM_BINS - 1)] += 1;
  const allowed = tail * data.length;
  let first = 0;
  for (let cut = counts[0]; cut <= allowed; cut += counts[first]) first += 1;
  let last = HISTOGRAM_BINS - 1;
  for (let cut = counts[last]; cut <= allowed; cut += counts[last]) last -= 1;
  return { min: min + first * width, max: last === HISTOGRAM_BINS - 1 ? max : min + (last + 1) * width };
}
