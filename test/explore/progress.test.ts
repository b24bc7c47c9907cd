import { describe, expect, it } from 'vitest';
import { progressLine, progressLines } from '../../explore/progress.ts';
import type { SweepProgress } from '../../explore/progress.ts';

const edge = { point: 'edge', number: 2, of: 12 } as const;

describe('progress', () => {
  it('tells the stage of a point', () => {
    const told = ([
      { ...edge, state: 'elaborating' }, { ...edge, state: 'simulating', share: 0.456 }, { ...edge, state: 'done', seconds: 12.34 },
      { ...edge, state: 'reused', seconds: 1 }, { ...edge, state: 'failed', error: 'too small\n  at x' },
    ] satisfies SweepProgress[]).map(progressLine);
    expect(told).toEqual([
      '[ 2/12] edge: elaborating', '[ 2/12] edge: simulating 45 %', '[ 2/12] edge: done in 12.3 s',
      '[ 2/12] edge: already measured, result reused', '[ 2/12] edge: failed: too small',
    ]);
  });

  it('hands on a line for every tenth of a stage, each point by itself', () => {
    const lines: string[] = [];
    const tell = progressLines((line) => lines.push(line));
    for (const share of [0, 0.01, 0.09, 0.1, 0.15]) {
      tell({ ...edge, state: 'simulating', share });
      tell({ ...edge, point: 'base', number: 3, state: 'simulating', share: 0 });
    }
    expect(lines).toEqual(['[ 2/12] edge: simulating 0 %', '[ 3/12] base: simulating 0 %', '[ 2/12] edge: simulating 10 %']);
  });
});
