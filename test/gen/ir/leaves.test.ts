/** Where the parts of a packed value lie: fields from the top down, elements from the bottom up. */
import { describe, expect, it } from 'vitest';
import { countLeaves, fieldPlace, findField, leafRange, leavesInBits, leavesOf } from '../../../gen/ir/leaves.ts';
import { BOOL, uintType } from '../../../gen/ir/types.ts';
import type { BundleType } from '../../../gen/ir/types.ts';

const INNER: BundleType = { kind: 'bundle', name: 'Inner', fields: [{ name: 'flag', type: BOOL }, { name: 'low', type: uintType(4) }] };
const OUTER: BundleType = {
  kind: 'bundle', name: 'Outer',
  fields: [{ name: 'head', type: uintType(3) }, { name: 'rows', type: { kind: 'vec', element: INNER, length: 2 } }, { name: 'tail', type: uintType(7) }],
};

describe('parts of a packed value', () => {
  it('fields have their place, counted from the least significant bit, and the number of their first leaf', () => {
    expect(fieldPlace(OUTER, 'head')).toMatchObject({ at: 0, lo: 17, leaf: 0 });
    expect(fieldPlace(OUTER, 'rows')).toMatchObject({ at: 1, lo: 7, leaf: 1 });
    expect(fieldPlace(OUTER, 'tail')).toMatchObject({ at: 2, lo: 0, leaf: 5 });
    expect(() => fieldPlace(OUTER, 'flag')).toThrow('no field flag in Outer');
    expect(() => fieldPlace(BOOL, 'flag')).toThrow('no field flag in bool');
    expect([findField(OUTER, 'toString'), findField(BOOL, 'head')]).toEqual([undefined, undefined]);
  });

  it('leaves stand in the order of declaration, and cover every bit once', () => {
    expect(leavesOf(OUTER).map((l) => [l.suffix, l.lo])).toEqual([
      ['.head', 17], ['.rows[0].flag', 11], ['.rows[0].low', 7], ['.rows[1].flag', 16], ['.rows[1].low', 12], ['.tail', 0],
    ]);
    expect(countLeaves(OUTER)).toBe(6);
    expect(leafRange(OUTER, [{ field: 'rows' }, { index: 1 }])).toEqual({ start: 3, end: 5, exact: true });
    expect(leavesInBits(OUTER, 6, 12)).toEqual([1, 2, 5]);
  });
});
