/**
 * Everything a number can be said of at a point: what the configuration says and what was measured. One table, from which
 * formulas, columns of every report and axes of the plot take their names. Must not know how reports look.
 */
import type { Look } from '../gen/number-text.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import type { Measurement, PointResult } from './point.ts';

export interface Quantity {
  /** Name in formulas and files. */
  readonly name: string;
  /** Head of a column. */
  readonly title: string;
  readonly look: Look;
  /** Shown in the table on the screen; files hold all. */
  readonly onScreen: boolean;
  readonly summary: string;
}
export interface ConfigQuantity extends Quantity {
  readonly read: (config: ChipConfig) => number;
}
export interface MeasuredQuantity extends Quantity {
  readonly read: (measurement: Measurement) => number;
}

/** Known of every point, failed ones too. */
export const CONFIG_QUANTITIES: readonly ConfigQuantity[] = [
  { name: 'rows', title: 'rows', look: 'count', onScreen: true, read: (c) => c.tensor.rows, summary: 'rows of the mesh' },
  { name: 'columns', title: 'columns', look: 'count', onScreen: true, read: (c) => c.tensor.columns, summary: 'columns of the mesh' },
  { name: 'scratchpadBytes', title: 'scratchpad', look: 'bytes', onScreen: true, read: (c) => c.tensor.scratchpadRows * c.tensor.rows, summary: 'bytes of the scratchpad' },
  { name: 'accumulatorBytes', title: 'accumulators', look: 'bytes', onScreen: true,
    read: (c) => c.tensor.accumulatorRows * c.tensor.columns * 4, summary: 'bytes of the accumulators' },
  { name: 'vectorLanes', title: 'lanes', look: 'count', onScreen: false, read: (c) => c.tensor.vectorLanes,
    summary: 'elements that the vector stage takes at a time' },
  { name: 'instructionCacheBytes', title: 'cache', look: 'bytes', onScreen: false, read: (c) => c.soc.instructionCacheBytes, summary: 'bytes of the instruction cache' },
  { name: 'busBytes', title: 'bus', look: 'bytes', onScreen: true, read: (c) => c.bus.bytes, summary: 'bytes of one beat on the memory bus' },
  { name: 'latencyCycles', title: 'latency', look: 'count', onScreen: false, read: (c) => c.simulation.latencyCycles, summary: 'cycles from a read request to its first beat' },
  { name: 'clockHz', title: 'clock', look: 'frequency', onScreen: false, read: (c) => c.soc.clockHz, summary: 'clock that the configuration asks for, in Hz' },
];

export const MEASURED_QUANTITIES: readonly MeasuredQuantity[] = [
  { name: 'images', title: 'images', look: 'count', onScreen: false, read: (m) => m.images, summary: 'digits classified' },
  { name: 'cycles', title: 'cycles', look: 'count', onScreen: true, read: (m) => m.cycles, summary: 'clock cycles for all of them' },
  { name: 'cyclesPerImage', title: 'cycles/image', look: 'decimal', onScreen: true, read: (m) => m.cyclesPerImage, summary: 'clock cycles for one' },
  { name: 'macs', title: 'MACs', look: 'count', onScreen: false, read: (m) => m.macs, summary: 'multiply-accumulates done' },
  { name: 'utilization', title: 'utilisation', look: 'share', onScreen: true, read: (m) => m.utilization,
    summary: 'multiply-accumulates done, of those that the mesh could have done in the time' },
  { name: 'accuracy', title: 'accuracy', look: 'share', onScreen: true, read: (m) => m.accuracy, summary: 'share of the digits recognised' },
  { name: 'agreement', title: 'agreement', look: 'share', onScreen: false, read: (m) => m.agreement,
    summary: 'share of the digits for which the chip chooses as the network in floating point does' },
  { name: 'lut', title: 'LUT', look: 'count', onScreen: true, read: (m) => m.cells.lut, summary: 'look-up tables' },
  { name: 'ff', title: 'FF', look: 'count', onScreen: true, read: (m) => m.cells.ff, summary: 'flip-flops' },
  { name: 'dsp', title: 'DSP', look: 'count', onScreen: true, read: (m) => m.cells.dsp, summary: 'DSP slices' },
  { name: 'bram', title: 'BRAM', look: 'count', onScreen: true, read: (m) => m.cells.bram, summary: 'block RAMs of 36 Kbit' },
  { name: 'cells', title: 'cells', look: 'count', onScreen: true, read: (m) => m.cells.total, summary: 'all cells of the netlist' },
];

export const QUANTITIES: readonly Quantity[] = [...CONFIG_QUANTITIES, ...MEASURED_QUANTITIES];

/** Values of a point by name, objectives among them; null where a formula has no value. */
export function valuesOf(result: PointResult): Readonly<Record<string, number | null>> {
  const config = Object.fromEntries(CONFIG_QUANTITIES.map((q) => [q.name, q.read(result.point.config)]));
  if ('error' in result) return config;
  return { ...config, ...measuredValues(result.measured.measurement), ...result.objectives };
}

export function measuredValues(measurement: Measurement): Record<string, number> {
  return Object.fromEntries(MEASURED_QUANTITIES.map((q) => [q.name, q.read(measurement)]));
}
