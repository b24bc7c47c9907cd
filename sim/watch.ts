/** Watching signals where an engine knows no faster way than to peek at each. Must not know an engine. */
import type { Simulator, Watch } from './simulator.ts';

export function watchByPeeking(simulator: Pick<Simulator, 'peek'>, paths: readonly string[]): Watch {
  const last: (bigint | undefined)[] = paths.map(() => undefined);
  return {
    changes(tell) {
      for (const [index, path] of paths.entries()) {
        const value = simulator.peek(path);
        if (value === last[index]) continue;
        last[index] = value;
        tell(index, value);
      }
    },
  };
}
