/**
 * The public RISC-V test suites on every engine and every preset of the core. They are not part of Systole: `docs/verification.md`
 * tells how to fetch and build them. Runs where SYSTOLE_RISCV_TESTS or SYSTOLE_ARCH_TESTS name the built folders;
 * SYSTOLE_SUITE_ENGINES (default wasm,verilator,model) and SYSTOLE_SUITE_CORES (default fast,balanced,small) choose among them.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CoreConfig } from '../../hw/core/config.ts';
import { parseElf } from '../../sim/elf.ts';
import { ENGINES } from '../../sim/run-elf.ts';
import type { Engine } from '../../sim/run-elf.ts';
import { missingTools } from '../../sim/verilator/index.ts';
import { openSuiteRunner, suiteConfig } from './suite-runner.ts';
import type { SuiteRunner } from './suite-runner.ts';

const listed = (variable: string, usual: readonly string[]): readonly string[] => process.env[variable]?.split(',').filter((name) => name !== '') ?? usual;

const RISCV_TESTS = process.env.SYSTOLE_RISCV_TESTS;
const ARCH_TESTS = process.env.SYSTOLE_ARCH_TESTS;
const CORES = listed('SYSTOLE_SUITE_CORES', ['fast', 'balanced', 'small']);
const hasVerilator = missingTools() === undefined;
const CHOSEN_ENGINES = listed('SYSTOLE_SUITE_ENGINES', ENGINES).filter((engine) => engine !== 'verilator' || hasVerilator) as readonly Engine[];

interface Test {
  readonly name: string;
  readonly file: string;
  /** The reference signature, one word a line. */
  readonly reference?: string;
}

/** What single tests need beside their group's instruction set. */
const NEEDS: readonly (readonly [RegExp, (core: CoreConfig) => boolean])[] = [
  [/^rv32um-|^M-/, (core) => core.isa.m],
  [/^rv32uc-|^C-/, (core) => core.isa.c],
  [/^rv32uzba-/, (core) => core.isa.zba],
  [/^rv32uzbb-|^K-/, (core) => core.isa.zbb],
  [/^rv32uzbs-/, (core) => core.isa.zbs],
  [/-zicntr$/, (core) => core.isa.zicntr],
  // Their reference is of a core on which a jump to an odd halfword does not trap.
  [/^privilege-misalign(2)?-(b\w+|jalr?)-/, (core) => core.isa.c],
];

const elfsIn = (folder: string): Test[] =>
  readdirSync(folder).filter((f) => f.endsWith('.elf') || /^rv32\w+-p-[\w-]+$/.test(f)).sort().map((f) => ({ name: f.replace(/\.elf$/, ''), file: join(folder, f) }));

function testsFor(core: CoreConfig): Test[] {
  const riscvTests = RISCV_TESTS === undefined ? [] : elfsIn(core.isa.c ? RISCV_TESTS : `${RISCV_TESTS}-noc`);
  const archTests = ARCH_TESTS === undefined ? [] : elfsIn(ARCH_TESTS).map((test) => ({ ...test, reference: test.file.replace(/\.elf$/, '.reference_output') }));
  return [...riscvTests, ...archTests].filter(({ name }) => NEEDS.every(([pattern, has]) => !pattern.test(name) || has(core)));
}

describe.runIf(RISCV_TESTS !== undefined || ARCH_TESTS !== undefined).each(CORES.flatMap((core) => CHOSEN_ENGINES.map((engine) => [core, engine] as const)))('suites: core %s on %s', (core, engine) => {
  const config = suiteConfig(core);
  const tests = RISCV_TESTS === undefined && ARCH_TESTS === undefined ? [] : testsFor(config.core);
  let runner: SuiteRunner;
  beforeAll(() => {
    runner = openSuiteRunner(config, engine);
  });

  it('finds tests', () => {
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.filter(({ reference }) => reference !== undefined && !existsSync(reference))).toEqual([]);
  });

  it.each(tests.map((test) => [test.name, test] as const))('%s', async (_name, { file, reference }) => {
    const { exit, signature } = await runner.run(parseElf(readFileSync(file), file));
    expect(exit).toBe(0);
    if (reference !== undefined) expect(signature).toEqual(readFileSync(reference, 'utf8').trim().toLowerCase().split(/\s+/));
    // The first one on Verilator builds the chip.
  }, 600_000);
});
