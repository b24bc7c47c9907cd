/**
 * The one way in which tests check properties of random inputs: every run has an explicit seed and ends in bounded time, failure or
 * not. fast-check on its own shrinks a counterexample for as long as it finds a smaller one: two numbers that must be near each other
 * are moved by the smallest step, 2⁵² times. Since it never gives up the processor, no limit of the test runner ends that. A lint rule
 * keeps tests from calling it directly.
 *
 * `SYSTOLE_PROPERTY_SEED` chooses other inputs, `SYSTOLE_PROPERTY_RUNS` multiplies how many (`npm run test:long` sets both).
 */
import fc from 'fast-check';
import type { IAsyncProperty, IProperty, Parameters, RunDetails } from 'fast-check';

export interface PropertyOptions<T> {
  /** How many inputs; default 100. */
  readonly runs?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Inputs that are always tried, first. */
  readonly examples?: readonly T[];
  /** False where a smaller input says no more, or a seed has nothing to shrink: the first counterexample is reported as it is. */
  readonly shrinks?: boolean;
  /** Time for all inputs: a property that takes longer has failed. Default 60 s. */
  readonly seconds?: number;
}

/** What is left for making a counterexample smaller. */
export const SHRINK_SECONDS = 2;
const DEFAULT_SECONDS = 60;

/** Checks a property. @throws Error (or a promise of it) with seed, path and the smallest counterexample found in time */
export function checkProperty<T>(property: IProperty<T>, options?: PropertyOptions<T>): void;
export function checkProperty<T>(property: IAsyncProperty<T>, options?: PropertyOptions<T>): Promise<void>;
export function checkProperty<T>(property: IProperty<T> | IAsyncProperty<T>, options: PropertyOptions<T> = {}): void | Promise<void> {
  return property.isAsync() ? checkAsync(property as IAsyncProperty<T>, options) : checkSync(property as IProperty<T>, options);
}

function checkSync<T>(property: IProperty<T>, options: PropertyOptions<T>): void {
  const found = fc.check(property, searchParameters(options));
  if (found.failed) report(found, canShrink(options, found) ? fc.check(property, shrinkParameters(options, found)) : found);
}

async function checkAsync<T>(property: IAsyncProperty<T>, options: PropertyOptions<T>): Promise<void> {
  const found = await fc.check(property, searchParameters(options));
  if (found.failed) report(found, canShrink(options, found) ? await fc.check(property, shrinkParameters(options, found)) : found);
}

/** Where time was over before anything failed there is no counterexample. */
const canShrink = <T>({ shrinks = true }: PropertyOptions<T>, { counterexamplePath }: RunDetails<T>): boolean =>
  shrinks && counterexamplePath !== null;

function searchParameters<T>({ runs = 100, seed = 1, examples = [], seconds = DEFAULT_SECONDS }: PropertyOptions<T>): Parameters<T> {
  const { SYSTOLE_PROPERTY_SEED, SYSTOLE_PROPERTY_RUNS } = process.env;
  const times = Number(SYSTOLE_PROPERTY_RUNS ?? 1);
  return {
    seed: Number(SYSTOLE_PROPERTY_SEED ?? seed), numRuns: runs * times, examples: [...examples],
    endOnFailure: true, interruptAfterTimeLimit: 1000 * seconds * times, markInterruptAsFailure: true,
  };
}

/** The same again from the counterexample on, and smaller ones as long as there is time. */
const shrinkParameters = <T>(options: PropertyOptions<T>, { seed, counterexamplePath }: RunDetails<T>): Parameters<T> => ({
  seed, path: counterexamplePath ?? '', examples: [...(options.examples ?? [])], interruptAfterTimeLimit: 1000 * SHRINK_SECONDS,
});

/** Throws what shrinking found, or, where that found nothing (a property that does not fail twice), the first failure. */
function report<T>(found: RunDetails<T>, shrunk: RunDetails<T>): never {
  const details = shrunk.counterexample === null ? found : shrunk;
  throw new Error(fc.defaultReportMessage(details) ?? 'property failed', { cause: details.errorInstance });
}
