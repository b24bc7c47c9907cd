import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paretoFront } from '../../explore/pareto.ts';
import { checkProperty } from '../support/property.ts';

describe('the Pareto front', () => {
  it('holds what nothing else beats', () => {
    expect(paretoFront([{ x: 1, y: 9 }, { x: 2, y: 5 }, { x: 3, y: 5 }, { x: 4, y: 1 }, { x: 4, y: 2 }]))
      .toEqual([true, true, false, true, false]);
  });

  it('holds equal points together, and leaves out those without figures', () => {
    expect(paretoFront([{ x: 1, y: 1 }, null, { x: 1, y: 1 }])).toEqual([true, false, true]);
  });

  it('is never empty, and whatever is not on it is beaten by something that is', () => {
    const cost = fc.integer({ min: 0, max: 20 });
    const costs = fc.array(fc.record({ x: cost, y: cost }), { minLength: 1, maxLength: 30 });
    checkProperty(fc.property(costs, (all) => {
      const isOn = paretoFront(all);
      const front = all.filter((_, i) => isOn[i]);
      expect(front.length).toBeGreaterThan(0);
      for (const [i, c] of all.entries()) expect(front.some((f) => f.x <= c.x && f.y <= c.y && (f.x < c.x || f.y < c.y))).toBe(!isOn[i]);
    }));
  });
});
