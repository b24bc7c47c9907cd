// What `systole bench core` tells of Embench and Dhrystone.
// Must not know: how they were run.
import type { DhrystoneReport } from './dhrystone-report.ts';
import { table } from './output.ts';
import type { Column } from './output.ts';

export interface Built {
  readonly march: string;
  readonly compiler: string;
  readonly flags: string;
}

export interface MeasuredProgram {
  readonly name: string;
  readonly cycles: number;
  readonly instructions: number;
  /** How many times as fast as the suite's reference at the same clock. */
  readonly ratio: number;
}

export interface FailedProgram {
  readonly name: string;
  readonly fault: string;
}

export interface EmbenchFigures extends Built {
  readonly programs: readonly MeasuredProgram[];
  /** Not built, or not right. */
  readonly failed: readonly FailedProgram[];
  /** Of the ratios, and their geometric standard deviation; absent where no program ran. */
  readonly geometricMean?: number;
  readonly geometricDeviation?: number;
}

export type DhrystoneFigures = Built & DhrystoneReport;

const COLUMNS: readonly Column[] = [
  { title: 'Embench 1.0' }, { title: 'cycles', look: 'count' }, { title: 'instructions', look: 'count' }, { title: 'of the reference', look: 'ratio' },
];

/** Geometric mean and standard deviation. */
export function geometric(ratios: readonly number[]): { readonly geometricMean: number; readonly geometricDeviation: number } {
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
  const variance = logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logs.length;
  return { geometricMean: Math.exp(mean), geometricDeviation: Math.exp(Math.sqrt(variance)) };
}

export function embenchText({ programs, failed, geometricMean, geometricDeviation, compiler, march, flags }: EmbenchFigures): string {
  const rows = programs.map((p) => [p.name, p.cycles, p.instructions, p.ratio]);
  return [
    ...(rows.length === 0 ? [] : [table(COLUMNS, rows)]),
    ...failed.map(({ name, fault }) => `${name}: ${fault}`),
    `Embench: ${programs.length} of ${programs.length + failed.length} programs right`
    + (geometricMean === undefined ? '' : `, geometric mean ${geometricMean.toFixed(3)}, deviation ${(geometricDeviation ?? 1).toFixed(2)}`),
    `compiler ${compiler}, flags -march=${march} ${flags}`,
  ].join('\n');
}

export function dhrystoneText(d: DhrystoneFigures): string {
  const verdict = d.isValid ? 'valid' : `NOT VALID: ${d.faults.join('; ')}`;
  const score = `Dhrystone 2.1: ${d.cyclesPerRun.toFixed(1)} cycles a run, ${d.dmipsPerMhz.toFixed(3)} DMIPS/MHz, ${verdict}`;
  return `${score}\ncompiler ${d.compiler}, flags -march=${d.march} ${d.flags}`;
}
