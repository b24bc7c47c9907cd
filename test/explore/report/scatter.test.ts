import { describe, expect, it } from 'vitest';
import { scatterPlot } from '../../../explore/report/scatter.ts';
import type { Dot } from '../../../explore/report/scatter.ts';

const X = { title: 'cells', look: 'count' } as const;
const Y = { title: 'cycles/image', look: 'decimal' } as const;
const dot = (name: string, x: number, y: number, isOnFront = true): Dot => ({ name, x, y, isOnFront });
const circles = (svg: string): { x: number; y: number }[] => [...svg.matchAll(/<circle [^>]*cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));

describe('the scatter plot', () => {
  it('puts more to the right and up, logarithmically where values are far apart', () => {
    const at = circles(scatterPlot([dot('a', 1000, 10_000), dot('b', 10_000, 1000), dot('c', 100_000, 100)], X, Y));
    expect(at[1].x - at[0].x).toBeCloseTo(at[2].x - at[1].x, 0);
    expect(at[0].x).toBeLessThan(at[1].x);
    expect(at[0].y).toBeLessThan(at[1].y);
  });

  it('marks the front and joins it by stairs', () => {
    const svg = scatterPlot([dot('a', 1000, 900), dot('b', 2000, 950, false), dot('c', 3000, 500)], X, Y);
    expect(svg.match(/class="dot front"/g)?.length).toBe(2);
    expect(svg).toMatch(/<path class="front-line" d="M[\d.]+ [\d.]+H[\d.]+V[\d.]+"\/>/);
  });

  it('escapes names and labels every dot that has room', () => {
    const svg = scatterPlot([dot('<nano> & "co"', 10, 10), dot('b', 1000, 5)], X, Y);
    expect(svg).toContain('&lt;nano&gt; &amp; &quot;co&quot;: 10 cells, 10 cycles/image');
    expect(svg.match(/class="label"/g)?.length).toBe(2);
    expect(svg).not.toContain('<nano>');
  });

  it.each([[[dot('one', 5, 5)]], [[dot('zero', 0, 0), dot('also', 0, 0)]], [[dot('near', 100, 0.5), dot('far', 101, 0.6)]]])('stays within its frame: %j', (dots) => {
    const svg = scatterPlot(dots, X, Y);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect((svg.match(/class="grid"/g) ?? []).length).toBeGreaterThan(1);
    for (const { x, y } of circles(svg)) {
      expect(x).toBeGreaterThan(80);
      expect(x).toBeLessThan(740);
      expect(y).toBeGreaterThan(10);
      expect(y).toBeLessThan(390);
    }
  });

  it('leaves out names that find no room, not their dots', () => {
    const crowd = Array.from({ length: 60 }, (_, i) => dot(`a point with a long name ${i}`, 1000 + i, 1000 + i, false));
    const svg = scatterPlot(crowd, X, Y);
    expect(circles(svg).length).toBe(60);
    expect((svg.match(/class="label"/g) ?? []).length).toBeLessThan(60);
  });
});
