import { describe, expect, it } from 'vitest';
import { shareOf, tellBuild } from '../../../sim/verilator/build-progress.ts';

describe('the progress of a build', () => {
  it('is read from what ninja and make print', () => {
    expect(shareOf('[3/12] Building CXX object a.o\n')).toBe(0.25);
    expect(shareOf('[1/12] a\n[6/12] b\n')).toBe(0.5);
    expect(shareOf('[ 27%] Building CXX object a.o\n')).toBe(0.27);
    expect(shareOf('a.cpp:[3/4]: warning\n-- Configuring done\n')).toBeUndefined();
  });

  it('is told after two seconds, then now and then, with what is left', () => {
    let time = 10;
    const lines: string[] = [];
    const tell = tellBuild('base', (line) => lines.push(line), () => time);
    for (const [seconds, output] of [[0, '[1/20] a\n'], [1.9, '[2/20] a\n'], [2, 'nothing\n'], [3, '[5/20] a\n'], [7, '[8/20] a\n'], [9, '[15/20] a\n'], [30, '[20/20] a\n']] as const) {
      time = 10 + seconds;
      tell(output);
    }
    expect(lines).toEqual(['verilator: building base: 25 %, about 9 s left', 'verilator: building base: 75 %, about 3 s left']);
  });
});
