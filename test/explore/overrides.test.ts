import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyOverrides, combinations, flatten, nameOf } from '../../explore/overrides.ts';
import type { Scalar } from '../../explore/overrides.ts';
import { checkProperty } from '../support/property.ts';

describe('overrides', () => {
  it('are the same as nested tables and as quoted paths', () => {
    expect([...flatten({ tensor: { rows: 4, columns: 8 }, 'bus.bytes': 16 })]).toEqual([['tensor.rows', 4], ['tensor.columns', 8], ['bus.bytes', 16]]);
  });

  it('change a configuration and leave the one they start from as it is', () => {
    const base = { chip: { name: 'x' }, tensor: { rows: 4, columns: 4 } };
    expect(applyOverrides(base, new Map<string, Scalar>([['tensor.rows', 8], ['soc.clock', '10 MHz']]))).toEqual({
      chip: { name: 'x' }, tensor: { rows: 8, columns: 4 }, soc: { clock: '10 MHz' },
    });
    expect(base.tensor.rows).toBe(4);
  });

  it('are named by the last part of their keys, or by the whole where two are alike', () => {
    expect(nameOf(new Map([['tensor.rows', 4], ['simulation.latency', 10]]))).toBe('rows=4 latency=10');
    expect(nameOf(new Map<string, Scalar>([['tensor.multiplier', 'generic'], ['core.multiplier', 'single']]))).toBe('tensor.multiplier=generic core.multiplier=single');
    expect(nameOf(new Map())).toBe('');
  });
});

describe('combinations', () => {
  it('let the last axis change fastest', () => {
    const all = combinations(new Map([['a.x', [1, 2]], ['b.y', [10, 20, 30]]]));
    expect(all.map((c) => [...c.values()])).toEqual([[1, 10], [1, 20], [1, 30], [2, 10], [2, 20], [2, 30]]);
  });

  it('are one empty combination where there is no axis', () => {
    expect(combinations(new Map())).toEqual([new Map()]);
  });

  it('hold every choice of one value an axis exactly once', () => {
    const choices = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 4 });
    const axes = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), choices), { selector: ([name]) => name, maxLength: 4 });
    checkProperty(fc.property(axes, (entries) => {
      const all = combinations(new Map(entries));
      expect(all.length).toBe(entries.reduce((n, [, values]) => n * values.length, 1));
      expect(new Set(all.map((c) => JSON.stringify([...c]))).size).toBe(all.length);
      for (const c of all) expect(entries.every(([name, values]) => values.includes(c.get(name) as number))).toBe(true);
    }));
  });
});
