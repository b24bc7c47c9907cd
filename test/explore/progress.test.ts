import { describe, expect, it } from 'vitest';
import { progressLine, tellSweep } from '../../explore/progress.ts';
import type { Progress } from '../../gen/progress.ts';
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

  /** What a progress hears. */
  function recorded(): { readonly said: string[]; readonly progress: Progress } {
    const said: string[] = [];
    const progress: Progress = {
      start: (what) => ({ at: (share, detail) => said.push(`${what}: ${(100 * share).toFixed(1)} % ${detail}`), end: () => said.push('end') }),
      note: (line) => said.push(line),
    };
    return { said, progress };
  }
  const of4 = (number: number, state: SweepProgress['state'], share?: number): SweepProgress =>
    ({ point: `chip ${number}`, number, of: 4, state, seconds: 2, ...(share === undefined ? {} : { share }) });

  it('is that of the whole sweep, of which results that were there are no part', () => {
    const { said, progress } = recorded();
    const { tell, end } = tellSweep(progress);
    for (const news of [
      of4(1, 'elaborating'), of4(1, 'reused'), of4(2, 'reused'), of4(3, 'simulating', 0.5), of4(4, 'waiting'), of4(3, 'synthesising', 0.5), of4(3, 'done'), of4(4, 'failed'),
    ]) tell(news);
    end();
    expect(said).toEqual([
      'measuring 4 chips: 0.0 % chip 1 elaborating', '[1/4] chip 1: already measured, result reused', 'measuring 4 chips: 0.0 % chip 1 reused',
      '[2/4] chip 2: already measured, result reused', 'measuring 4 chips: 0.0 % chip 2 reused', 'measuring 4 chips: 10.5 % chip 3 simulating',
      'measuring 4 chips: 30.5 % chip 4 waiting', 'measuring 4 chips: 55.0 % chip 3 synthesising', '[3/4] chip 3: done in 2.0 s',
      'measuring 4 chips: 70.0 % chip 3 done', '[4/4] chip 4: failed: unknown reason', 'measuring 4 chips: 100.0 % chip 4 failed', 'end',
    ]);
  });

  it('of a sweep that was measured before is nothing but its lines', () => {
    const { said, progress } = recorded();
    const { tell } = tellSweep(progress);
    for (const number of [1, 2, 3, 4]) tell(of4(number, 'reused'));
    expect(said.filter((line) => line.includes('%'))).toEqual([1, 2, 3].map((n) => `measuring 4 chips: 0.0 % chip ${n} reused`));
  });
});
