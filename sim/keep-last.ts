/**
 * Remembers what the last calls of a function gave: chips are elaborated and compiled once for all programs that run on them one after the
 * other. Must not know what is remembered.
 */
import { serialize } from 'node:v8';

/**
 * `make`, but asked again with arguments of the same content it gives the same object as before, which nobody may change. The last `count`
 * are kept. Arguments are plain data.
 */
export function keepLast<A extends readonly unknown[], R>(count: number, make: (...args: A) => R): (...args: A) => R {
  const kept = new Map<string, R>();
  return (...args) => {
    const key = serialize(args).toString('latin1');
    const known = kept.get(key);
    const result = known ?? make(...args);
    // The one that was asked for last stands last.
    kept.delete(key);
    kept.set(key, result);
    for (const oldest of kept.keys()) {
      if (kept.size <= count) break;
      kept.delete(oldest);
    }
    return result;
  };
}
