// Embench and Dhrystone from a user's copy: here suites of our own in the same form, as theirs are not part of Systole.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDhrystone } from '../../cli/dhrystone-report.ts';
import { embenchText, geometric } from '../../cli/suite-report.ts';
import { systole, withFolder } from './command-line.ts';

const hasCompiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;

/** Lines as the benchmark prints them: a variable, then what it should be. */
const said = (last: string): string => [
  ...Array.from({ length: 19 }, (_, i) => `Variable_${i}:   ${i}\n        should be:   ${i}`),
  '  Ptr_Comp:          -2147461932\n        should be:   (implementation-dependent), same as above',
  'Arr_2_Glob[8][7]:    510\n        should be:   Number_Of_Runs + 10',
  `Str_2_Loc:           ${last}\n        should be:   SOME STRING`,
  'Runs: 500\nCycles: 250000\n',
].join('\n');

describe('parseDhrystone', () => {
  it('reads the score', () => {
    expect(parseDhrystone(said('SOME STRING'))).toEqual({ runs: 500, cyclesPerRun: 500, dmipsPerMhz: 1e6 / (500 * 1757), isValid: true, faults: [] });
  });

  it('does not believe a run with a wrong variable, or with too few', () => {
    expect(parseDhrystone(said('SOME STRENG'))).toMatchObject({ isValid: false, faults: ['Str_2_Loc is SOME STRENG, not SOME STRING'] });
    expect(parseDhrystone(said('SOME STRING').replace('510', '511'))).toMatchObject({ faults: ['Arr_2_Glob[8][7] is 511, not Number_Of_Runs + 10'] });
    expect(parseDhrystone('Runs: 5\nCycles: 500\n')).toMatchObject({ isValid: false, faults: ['it tells of 0 variables, not of 22'] });
  });

  it('knows other programs', () => {
    expect(parseDhrystone('Hello from Systole.\n')).toBeUndefined();
    expect(parseDhrystone('Runs: 0\nCycles: 0\n')).toBeUndefined();
  });
});

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const program = (body: string, right: string): string => `#include "support.h"
#include <math.h>
#include <string.h>
int benchmark(void) { ${body} }
int verify_benchmark(int result) { return result == ${right}; }
`;
const SUITE = {
  'support/support.h': ['int benchmark(void)', 'int verify_benchmark(int)', 'void start_trigger(void)', 'void stop_trigger(void)', 'void initialise_board(void)']
    .map((declaration) => `${declaration};\n`).join(''),
  'support/main.c': `#include "support.h"
int main(void) {
  initialise_board();
  start_trigger();
  volatile int result = benchmark();
  stop_trigger();
  return !verify_benchmark(result);
}
`,
  'support/beebsc.c': 'int beebs;\n',
  'src/loop/loop.c': program('volatile int i = 0; while (i < 1000 * CPU_MHZ) i++; return i;', '1000'),
  'src/root/root.c': program('volatile double x = 1764; return (int)sqrt(x) + (int)strlen("ab");', '44'),
  'src/wrong/wrong.c': program('return 1;', '2'),
  'src/broken/broken.c': program('return nothing;', '0'),
  'baseline-data/speed.json': '{"loop": 10, "root": 2, "wrong": 1, "broken": 1}',
};

interface Figures {
  readonly programs: readonly { name: string; cycles: number; ratio: number }[];
  readonly geometricMean: number;
}

describe('embenchText', () => {
  it('shows what is right, what is not and why, and the mean', () => {
    const programs = [2, 0.5].map((ratio, i) => ({ name: `p${i}`, cycles: 1000, instructions: 900, ratio }));
    const figures = { programs, failed: [{ name: 'p2', fault: 'not built: error' }], ...geometric([2, 0.5]), march: 'rv32i', compiler: 'GCC 1', flags: '-O2' };
    const text = embenchText(figures);
    expect(text).toMatch(/^p0 +1,000 +900 +2\.000$/m);
    expect(text).toMatch(/^p2: not built: error$/m);
    expect(text).toContain('Embench: 2 of 3 programs right, geometric mean 1.000, deviation 2.00\ncompiler GCC 1, flags -march=rv32i -O2');
  });
});

describe.runIf(hasCompiler)('systole bench core --embench', () => {
  it('runs what can be built, and tells what cannot and what is wrong', async () => {
    await withFolder(async (folder) => {
      write(folder, SUITE);
      const { status, stdout } = await systole('bench', 'core', '--core', 'fast', '--embench', folder, '--march', 'rv32im_zicsr', '--flags=-O1', '--json');
      expect(status).toBe(0);
      const { embench } = JSON.parse(stdout) as { embench: Figures };
      expect(embench).toMatchObject({
        march: 'rv32im_zicsr', flags: '-O1', compiler: expect.stringMatching(/^GCC \d/) as string,
        failed: [{ name: 'wrong', fault: 'its result is wrong (exit 1)' }, { name: 'broken', fault: expect.stringMatching(/^not built: error: .*nothing/) as string }],
      });
      const [loop, root] = embench.programs;
      expect([loop.name, root.name]).toEqual(['loop', 'root']);
      // A thousand times load, addition, store, load and branch.
      expect(loop.cycles).toBeGreaterThan(4000);
      expect(loop.cycles).toBeLessThan(8000);
      expect(loop.ratio).toBeCloseTo(10_000 / loop.cycles, 9);
      expect(embench.geometricMean).toBeCloseTo(Math.sqrt(loop.ratio * root.ratio), 9);
    });
  });

  it('refuses a folder that is not the suite, and a copy of Dhrystone that is not whole', async () => {
    await withFolder(async (folder) => {
      expect(await systole('bench', 'core', '--core', 'fast', '--embench', folder)).toEqual({
        status: 2, stdout: '', stderr: `systole: ${folder}: has no baseline-data/speed.json; give the folder of a copy of github.com/embench/embench-iot, tag embench-1.0\n`,
      });
      expect(await systole('bench', 'core', '--core', 'fast', '--dhrystone', folder)).toEqual({
        status: 2, stdout: '', stderr: `systole: ${folder}: has no dhry.h; give the folder v2.1 of a copy of github.com/Keith-S-Thompson/dhrystone\n`,
      });
    });
  });
});

describe.runIf(hasCompiler)('systole bench core --dhrystone', () => {
  it('gives the port two records, a clock of cycles and the number of runs', async () => {
    const main = `#include <stdio.h>
#include "dhry.h"
extern char *malloc();
extern long time();
extern int two();
main() {
  int n, i;
  long begin;
  char *a = malloc(48), *b = malloc(48);
  scanf("%d", &n);
  begin = time((long *)0);
  for (i = 0; i < n; i++) two();
  printf("took %d\\n", time((long *)0) - begin > 0);
  for (i = 0; i < 22; i++) printf("Int_Glob:            %d\\n        should be:   %d\\n", b - a, 48);
  printf("%6.1f \\n", 1.0);
}
`;
    await withFolder(async (folder) => {
      write(folder, { 'dhry.h': '', 'dhry_1.c': main, 'dhry_2.c': 'two() { return 2; }\n' });
      const { status, stdout } = await systole('bench', 'core', '--core', 'small', '--dhrystone', folder, '--json');
      expect(status).toBe(0);
      const { dhrystone } = JSON.parse(stdout) as { dhrystone: { cyclesPerRun: number } };
      expect(dhrystone).toMatchObject({ runs: 500, isValid: true, march: 'rv32i_zicsr_zifencei', flags: '-O2 -fno-inline' });
      expect(dhrystone.cyclesPerRun).toBeGreaterThan(5);
      expect(dhrystone.cyclesPerRun).toBeLessThan(20);
    });
  });
});
