/**
 * What a sweep measures: points, the work they all do, and the results. Types only, plain data, so that results pass between
 * processes and into files as they are. Must not know how anything is measured or shown.
 */
import type { ChipConfig } from '../hw/soc/config.ts';
import type { CellCounts } from './estimators/cells.ts';
import type { Yosys } from './estimators/yosys.ts';

/** One chip of a sweep. */
export interface SweepPoint {
  /** Unique in the sweep. */
  readonly name: string;
  readonly config: ChipConfig;
}

/** What every chip of a sweep is made to do: classify digits. */
export interface Workload {
  /** Path of a GGUF file. */
  readonly model: string;
  /** How many of the digits held out of training. */
  readonly images: number;
  /** Images in one run of the program; left out: as many as asked for, at most 100. */
  readonly batch?: number;
}

/** How the chip did its work, from cycle-accurate simulation. */
export interface WorkloadResult {
  readonly images: number;
  readonly cycles: number;
  readonly cyclesPerImage: number;
  readonly macs: number;
  /** Multiply-accumulates done, of those that the mesh could have done in the time. */
  readonly utilization: number;
  readonly accuracy: number;
  /** Share of the images for which the chip and the network in floating point choose the same digit. */
  readonly agreement: number;
}

/** All that is measured of one chip. */
export interface Measurement extends WorkloadResult {
  readonly cells: CellCounts;
}

/** Everything that a process needs to measure one point. */
export interface PointTask {
  readonly point: SweepPoint;
  readonly workload: Workload;
  /** SHA-256 of the model file. */
  readonly modelHash: string;
  /** SHA-256 of Systole's sources that decide how the chip works. */
  readonly sourcesHash: string;
  readonly yosys: Yosys;
  /** Folder for results. */
  readonly storeDir: string;
}

export interface MeasuredPoint {
  readonly measurement: Measurement;
  /** Content hash under which the result is stored. */
  readonly key: string;
  /** The result was there already. */
  readonly isReused: boolean;
  /** Time it took; for the screen only. */
  readonly seconds: number;
}

/** waiting: another chip's measuring does what this one needs too. */
export const STAGES = ['elaborating', 'simulating', 'synthesising', 'waiting'] as const;
export type Stage = (typeof STAGES)[number];

/** Told as a point proceeds; `share` from 0 to 1 where it is known. */
export type OnStage = (stage: Stage, share?: number) => void;

/** Measures one point; fails with an error whose message tells why. */
export type Measure = (task: PointTask, onStage: OnStage) => Promise<MeasuredPoint>;

export interface FinishedPoint {
  readonly point: SweepPoint;
  readonly measured: MeasuredPoint;
  /** Values of the sweep's formulas; null: no finite number. */
  readonly objectives: Readonly<Record<string, number | null>>;
  /** No other point is better in one of the plot's quantities without being worse in the other. */
  readonly isOnFront: boolean;
}
export interface FailedPoint {
  readonly point: SweepPoint;
  /** One line. */
  readonly error: string;
}
export type PointResult = FinishedPoint | FailedPoint;
