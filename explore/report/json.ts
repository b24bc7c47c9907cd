/** A sweep as JSON, the same for the file and for `--json`. Must not know how points were measured. */
import type { ChipConfig } from '../../hw/soc/config.ts';
import type { CellCounts } from '../estimators/cells.ts';
import type { WorkloadResult } from '../point.ts';
import type { SweepResult } from '../sweep.ts';

interface JsonChip {
  readonly name: string;
  readonly config: ChipConfig;
}
export type JsonPoint =
  | JsonChip & WorkloadResult & {
    readonly cells: CellCounts;
    /** Those that have a value. */
    readonly objectives: Readonly<Record<string, number>>;
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
      if ('error' in result) return { name, config, error: result.error };
      const { measurement, key } = result.measured;
      const known = Object.entries(result.objectives).flatMap(([formula, value]) => (value === null ? [] : [[formula, value] as const]));
      const objectives = Object.fromEntries(known);
      return { name, config, ...measurement, objectives, onFront: result.isOnFront, key };
    }),
    left,
  };
}
