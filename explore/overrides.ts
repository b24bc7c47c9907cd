/**
 * Changes to a configuration by key path (`tensor.rows`), their combinations and their names. Must not know files nor what
 * keys mean.
 */

/** A value of a configuration key as TOML has it. */
export type Scalar = number | bigint | string | boolean;
/** Values by key path, in the order in which they were written. */
export type Overrides = ReadonlyMap<string, Scalar>;
type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export function isScalar(value: unknown): value is Scalar {
  return ['number', 'bigint', 'string', 'boolean'].includes(typeof value);
}

/** A key has a section and a name; what lies deeper is a value, and no right one. */
const MOST_DEPTH = 3;

/** Values of nested tables by dotted path: `{ tensor: { rows: 4 } }` and `{ 'tensor.rows': 4 }` are the same. */
export function flatten(table: Table, prefix = '', depth = MOST_DEPTH): Map<string, unknown> {
  return new Map(Object.entries(table).flatMap(([key, value]): (readonly [string, unknown])[] => {
    const path = `${prefix}${key}`;
    return isTable(value) && depth > 1 ? [...flatten(value, `${path}.`, depth - 1)] : [[path, value]];
  }));
}

/** A configuration's tables with the values changed. */
export function applyOverrides(base: Table, overrides: Overrides): Record<string, Record<string, unknown>> {
  const merged: Record<string, Record<string, unknown>> = {};
  for (const [section, content] of Object.entries(base)) merged[section] = { ...(content as Table) };
  for (const [path, value] of overrides) {
    const [section, key] = path.split('.');
    merged[section] = { ...merged[section], [key]: value };
  }
  return merged;
}

/** Every combination of one value of each axis; the last axis changes fastest. One empty combination if there is no axis. */
export function combinations(axes: ReadonlyMap<string, readonly Scalar[]>): Overrides[] {
  let all: [string, Scalar][][] = [[]];
  for (const [path, values] of axes) all = all.flatMap((chosen) => values.map((value) => [...chosen, [path, value] as [string, Scalar]]));
  return all.map((chosen) => new Map(chosen));
}

/** `rows=4 latency=10`: the chosen values by the last part of their key, or by the whole key where that is not enough. */
export function nameOf(chosen: Overrides): string {
  const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
  const uses = [...chosen.keys()].map(last);
  return [...chosen].map(([path, value]) => `${uses.filter((u) => u === last(path)).length > 1 ? path : last(path)}=${String(value)}`).join(' ');
}
