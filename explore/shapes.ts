/**
 * What stored results must look like: files of another version, or that somebody has written into, are not taken for results.
 * Must not know where they are stored.
 */
import type { CellCounts } from './estimators/cells.ts';
import type { Measurement, WorkloadResult } from './point.ts';

type Fields<T> = { readonly [K in keyof T]-?: (value: unknown) => boolean };

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All fields of a type and no others, each as it must be. */
function hasFields<T>(fields: Fields<T>): (value: unknown) => value is T {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value): value is T =>
    isObject(value) && Object.keys(value).length === names.length && names.every((name) => fields[name](value[name]));
}

const RUN: Fields<WorkloadResult> = {
  images: isNumber, cycles: isNumber, cyclesPerImage: isNumber, macs: isNumber,
  utilization: isNumber, accuracy: isNumber, agreement: isNumber,
};

export const isWorkloadResult = hasFields<WorkloadResult>(RUN);
export const isCellCounts = hasFields<CellCounts>({
  total: isNumber, lut: isNumber, ff: isNumber, dsp: isNumber, bram: isNumber,
  types: (value) => isObject(value) && Object.values(value).every(isNumber),
});
export const isMeasurement = hasFields<Measurement>({ ...RUN, cells: isCellCounts });
