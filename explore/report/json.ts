/** A sweep as JSON, the same for the file and for `--json`. Must not know how points were measured. */
import type { CellCounts } from '../estimators/cells.ts';
import type { WorkloadResult } from '../point.ts';
import { CONFIG_QUANTITIES } from '../quantities.ts';
import type { SweepResult } from '../sweep.ts';

interface JsonChip {
  readonly name: string;
  /** The configuration that the point started from, and its main figures by the names of quantities. */
  readonly chip: Readonly<Record<string, string | number>>;
}
export type JsonPoint =
  | JsonChip & WorkloadResult & {
    readonly cells: CellCounts;
    readonly objectives: Readonly<Record<string, number | null>>;
    /** No other point is better in one of the plot's two quantities without being worse in the other. */
    readonly onFront: boolean;
    /** Hash under which the result is stored. */
    readonly key: string;
  }
  | JsonChip & { readonly error: string };

export interface SweepJson {
  readonly name: string;
  readonly workload: { readonly model: string; readonly images: number; readonly batch?: number };
  readonly synthesis: string;
  readonly objectives: Readonly<Record<string, string>>;
  readonly plot: { readonly x: string; readonly y: string };
  readonly points: readonly JsonPoint[];
  /** Chips that were not measured because the sweep was interrupted. */
  readonly left: number;
}

export function jsonOf({ sweep, yosys, points, left }: SweepResult): SweepJson {
  return {
    name: sweep.name, workload: sweep.workload, synthesis: yosys.version,
    objectives: Object.fromEntries(sweep.objectives.map(({ name, formula }) => [name, formula])), plot: sweep.plot,
    points: points.map((result): JsonPoint => {
      const { name, config } = result.point;
      const chip = { base: config.file, ...Object.fromEntries(CONFIG_QUANTITIES.map((q) => [q.name, q.read(config)])) };
      if ('error' in result) return { name, chip, error: result.error };
      const { measurement, key } = result.measured;
      return { name, chip, ...measurement, objectives: result.objectives, onFront: result.isOnFront, key };
    }),
    left,
  };
}
