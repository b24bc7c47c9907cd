/** The figures of docs/verification.md. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runProgramNow } from '../../../sim/processes/children.ts';
import { tableFigures, textFigures } from '../figure.ts';
import type { Figure } from '../figure.ts';
import { Answer, folderOf, measurement } from '../measurement.ts';

const PAGE = 'docs/verification.md';
/** Columns of the table. */
const CORES = ['fast', 'balanced', 'small'] as const;
/** Rows: a group's tests by the beginnings of their names. */
const GROUPS: readonly (readonly [suite: string, group: string, prefix: string])[] = [
  ...['rv32ui', 'rv32um', 'rv32uc', 'rv32uzba', 'rv32uzbb', 'rv32uzbs', 'rv32mi'].map((group) => ['riscv-tests', group, `${group}-p-`] as const),
  ...['I', 'M', 'C', 'K', 'Zifencei', 'privilege'].map((group) => ['riscv-arch-test', group, `${group}-`] as const),
];

interface Result {
  readonly core: string;
  readonly engine: string;
  readonly test: string;
  readonly isPassed: boolean;
}

const SUITES = /suites: core (\w+) on (\w+)/;
/** Of the harness itself, not of a suite. */
const isOfSuite = (test: string): boolean => GROUPS.some(([, , prefix]) => test.startsWith(prefix));

const results = measurement('SYSTOLE_RISCV_TESTS=… SYSTOLE_ARCH_TESTS=… SYSTOLE_SUITE_CORES=fast,balanced,small,clocked npx vitest run test/external', (context) => {
  mkdirSync(context.out, { recursive: true });
  const file = join(context.out, 'suites.json');
  rmSync(file, { force: true });
  const variables = {
    SYSTOLE_RISCV_TESTS: resolve(folderOf(context, 'riscv-tests')), SYSTOLE_ARCH_TESTS: resolve(folderOf(context, 'arch-tests')),
    SYSTOLE_SUITE_CORES: [...CORES, 'clocked'].join(','),
  };
  runProgramNow('env', [
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    process.execPath, 'node_modules/vitest/vitest.mjs', 'run', 'test/external', '--reporter=json', `--outputFile=${file}`,
  ], { cwd: context.root });
  return resultsOf(new Answer(JSON.parse(readFileSync(file, 'utf8')), 'vitest'));
}, ['riscv-tests', 'arch-tests']);

function resultsOf(report: Answer): readonly Result[] {
  return report.list('testResults').flatMap((f) => f.list('assertionResults')).flatMap((a) => {
    const [core, engine] = SUITES.exec(a.text('ancestorTitles', 0))?.slice(1) ?? [];
    const test = a.text('title');
    return core === undefined || !isOfSuite(test) ? [] : [{ core, engine, test, isPassed: a.text('status') === 'passed' }];
  });
}

/** Passed and run, which must be the same on every engine; otherwise all of them. */
function counts(all: readonly Result[], core: string, prefix: string): readonly { readonly passed: number; readonly run: number }[] {
  const mine = all.filter((r) => r.core === core && r.test.startsWith(prefix));
  const each = [...new Set(all.map((r) => r.engine))].map((engine) => {
    const here = mine.filter((r) => r.engine === engine);
    return { passed: here.filter((r) => r.isPassed).length, run: here.length };
  });
  return each.filter((c, i) => each.findIndex((d) => d.passed === c.passed && d.run === c.run) === i);
}

const shown = (all: readonly Result[], core: string, prefix: string): string =>
  counts(all, core, prefix).map(({ passed, run }) => run === 0 ? '–' : `${passed} of ${run}`).join(', ');
const passed = (all: readonly Result[], core: string): string => counts(all, core, '').map((c) => String(c.passed)).join(', ');

export const VERIFICATION: readonly Figure[] = [
  ...GROUPS.flatMap(([suite, group, prefix]) => CORES.flatMap((core) => tableFigures(PAGE, 'Results', [{ row: [suite, `\`${group}\``], of: results }], {
    [`\`${core}\``]: (all) => shown(all, core, prefix),
  }))),
  ...CORES.flatMap((core) => tableFigures(PAGE, 'Results', [{ row: ['both'], of: results }], { [`\`${core}\``]: (all) => `**${passed(all, core)}**` })),
  ...textFigures(PAGE, 'passes all {n} of its tests', results, { n: (all) => passed(all, 'clocked') }),
];
