/**
 * Counts what code does with collections, steps of `for … of` over them included: a measure of its work that is the same on every computer
 * and under any load. Loops over numbers alone are not seen.
 */

/** How much of a collection a call looks at. */
type Weight = (self: { readonly length?: number }, args: readonly unknown[]) => number;
type Method = (this: unknown, ...args: unknown[]) => unknown;
const one: Weight = () => 1;
const all: Weight = (self) => self.length ?? 0;

const iteratorsOf = (collection: Iterable<unknown>): object => Object.getPrototypeOf(collection[Symbol.iterator]()) as object;

const COUNTED: readonly { readonly of: object; readonly methods: readonly string[]; readonly weight: Weight }[] = [
  { of: Map.prototype, methods: ['get', 'set', 'has'], weight: one },
  { of: Set.prototype, methods: ['add', 'has'], weight: one },
  ...[[], new Map(), new Set()].map((c) => ({ of: iteratorsOf(c), methods: ['next'], weight: one })),
  { of: Array.prototype, methods: ['push'], weight: (_, args) => args.length },
  { of: Array.prototype, methods: ['map', 'filter', 'flatMap', 'find', 'findIndex', 'some', 'every', 'includes', 'indexOf', 'reduce', 'slice', 'concat', 'reverse'], weight: all },
];

export function operationsOf(work: () => void): number {
  let count = 0;
  const restore: (() => void)[] = [];
  for (const { of, methods, weight } of COUNTED) {
    for (const name of methods) {
      const own = Object.getOwnPropertyDescriptor(of, name);
      const method = own?.value as Method;
      Object.defineProperty(of, name, {
        ...own,
        value(this: { readonly length?: number }, ...args: unknown[]) {
          count += weight(this, args);
          return Reflect.apply(method, this, args);
        },
      });
      restore.push(() => Object.defineProperty(of, name, own as PropertyDescriptor));
    }
  }
  try {
    work();
  } finally {
    for (const undo of restore) undo();
  }
  return count;
}
