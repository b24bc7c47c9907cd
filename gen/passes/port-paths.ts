/** Which outputs of a module, of a cell that is described elsewhere and of a grid follow which inputs within the cycle. */
import type { Grid, Module } from '../ir/module.ts';

/** Output port name → names of the input ports it depends on within the cycle. */
export type CombSummary = ReadonlyMap<string, ReadonlySet<string>>;

/** Nothing is known of the cell: an unclocked one is taken to be combinational throughout. */
export function blackBoxSummary(m: Module): CombSummary {
  const inputs = new Set(m.ports.filter((p) => p.kind === 'input').map((p) => p.name));
  return new Map(m.ports.filter((p) => p.kind === 'output').map((p) => [p.name, m.blackBox?.clock ? new Set<string>() : inputs]));
}

export interface GridSummary {
  /** Inputs that the cells' outputs follow, neighbours included. */
  readonly reach: CombSummary;
  /** An output that cells pass back and forth, if there is one. */
  readonly toAndFro: string | undefined;
}

/** `summary`: that of the cell. */
export function gridSummary(g: Grid, summary: CombSummary): GridSummary {
  const reach = new Map<string, Set<string>>();
  for (const output of summary.keys()) {
    const inputs = new Set<string>();
    const directions = new Set<string>();
    const stack = [output];
    const seen = new Set<string>();
    for (let o = stack.pop(); o !== undefined; o = stack.pop()) {
      if (seen.has(o)) continue;
      seen.add(o);
      for (const i of summary.get(o) ?? []) {
        inputs.add(i);
        const feed = g.inputs.get(i);
        // Only an output that itself follows inputs hands anything on within the cycle.
        if (feed?.kind !== 'neighbour' || (summary.get(feed.output)?.size ?? 0) === 0) continue;
        directions.add(feed.from);
        stack.push(feed.output);
      }
    }
    if ((directions.has('west') && directions.has('east')) || (directions.has('north') && directions.has('south'))) return { reach, toAndFro: output };
    reach.set(output, inputs);
  }
  return { reach, toAndFro: undefined };
}
