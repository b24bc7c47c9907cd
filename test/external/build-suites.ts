// Builds the public RISC-V test suites, from copies that the user has fetched, for `suites.test.ts`:
//   npx tsx test/external/build-suites.ts riscv-tests SOURCE OUT
//   npx tsx test/external/build-suites.ts arch-test SOURCE OUT
// Must not know: engines, which tests pass.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const COMPILER = 'riscv64-unknown-elf-gcc';
const COMMON = ['-mabi=ilp32', '-static', '-mcmodel=medany', '-nostdlib', '-nostartfiles', '-Wl,--no-warn-rwx-segments'];
const EXTENSIONS = 'zba_zbb_zbs_zicsr_zifencei';

const sourcesIn = (folder: string): string[] => existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith('.S')).sort() : [];

/** Those that the assembler accepts; tells which it does not. */
function compile(jobs: readonly { name: string; args: readonly string[] }[]): void {
  let built = 0;
  for (const { name, args } of jobs) {
    try {
      execFileSync(COMPILER, [...COMMON, ...args], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
      built++;
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: string };
      if (code === 'ENOENT') throw new Error(`${COMPILER}: is not installed; run: sudo apt-get install -y gcc-riscv64-unknown-elf`);
      process.stderr.write(`${name}: not built: ${(stderr ?? '').split('\n').find((line) => /error/i.test(line)) ?? 'for reasons unknown'}\n`);
    }
  }
  process.stdout.write(`${built} of ${jobs.length} built\n`);
}

/** Tests of what no Systole core has: debug triggers, physical memory protection, misaligned accesses without a trap. */
const NOT_APPLICABLE = ['rv32mi-p-breakpoint', 'rv32mi-p-pmpaddr', 'rv32ui-p-ma_data'];

/** Machine-mode tests of `isa/`, with 16-bit instructions wherever they fit, and beside OUT, in OUT-noc, without them. */
function riscvTests(source: string, out: string): void {
  const isa = join(source, 'isa');
  const env = join(source, 'env', 'p');
  if (!existsSync(join(env, 'link.ld'))) throw new Error(`${env}: has no link.ld; fetch the submodule env (riscv/riscv-test-env) too`);
  compile([
    { folder: out, march: `rv32gc_${EXTENSIONS}`, groups: ['rv32ui', 'rv32um', 'rv32uc', 'rv32mi', 'rv32uzba', 'rv32uzbb', 'rv32uzbs'] },
    { folder: `${out}-noc`, march: `rv32g_${EXTENSIONS}`, groups: ['rv32ui', 'rv32um', 'rv32mi', 'rv32uzba', 'rv32uzbb', 'rv32uzbs'] },
  ].flatMap(({ folder, march, groups }) => {
    mkdirSync(join(folder, 'not-applicable'), { recursive: true });
    return groups.flatMap((group) => sourcesIn(join(isa, group)).map((file) => {
      const name = `${group}-p-${file.slice(0, -2)}`;
      return { name, args: [`-march=${march}`, `-I${env}`, `-I${join(isa, 'macros', 'scalar')}`, `-T${join(env, 'link.ld')}`, join(isa, group, file), '-o',
        NOT_APPLICABLE.includes(name) ? join(folder, 'not-applicable', name) : join(folder, name)] };
    }));
  }));
}

/** What a test needs beside its group's instruction set. */
const GROUPS: Readonly<Record<string, { readonly march: string; readonly only?: RegExp }>> = {
  I: { march: 'rv32i_zicsr' },
  M: { march: 'rv32im_zicsr' },
  C: { march: 'rv32ic_zicsr' },
  Zifencei: { march: 'rv32i_zicsr_zifencei' },
  privilege: { march: 'rv32i_zicsr' },
  // The scalar cryptography group also holds what Zbb has.
  K: { march: 'rv32i_zicsr_zbb', only: /^(andn|orn|xnor|rol|ror|rori|rev8)-/ },
};

/** Tests of `riscv-test-suite/rv32i_m` (branch old-framework-2.x) with their reference signatures beside them. */
function archTest(source: string, out: string): void {
  const suite = join(source, 'riscv-test-suite');
  mkdirSync(out, { recursive: true });
  compile(Object.entries(GROUPS).flatMap(([group, { march, only = /./ }]) => {
    const folder = join(suite, 'rv32i_m', group);
    return sourcesIn(join(folder, 'src')).filter((file) => only.test(file)).map((file) => {
      const test = file.slice(0, -2);
      const name = `${group}-${test}`;
      const text = readFileSync(join(folder, 'src', file), 'utf8');
      copyFileSync(join(folder, 'references', `${test}.reference_output`), join(out, `${name}.reference_output`));
      return {
        name,
        args: [`-march=${march}`, '-DXLEN=32', '-w', ...(/\bdef rvtest_mtrap_routine=True/.test(text) ? ['-Drvtest_mtrap_routine=True'] : []),
          `-I${join(HERE, 'arch-test')}`, `-I${join(suite, 'env')}`, `-T${join(HERE, 'arch-test', 'link.ld')}`, join(folder, 'src', file), '-o', join(out, `${name}.elf`)],
      };
    });
  }));
}

const [suite, source, out] = process.argv.slice(2);
const builders: Readonly<Record<string, (source: string, out: string) => void>> = { 'riscv-tests': riscvTests, 'arch-test': archTest };
try {
  const build = builders[suite ?? ''];
  if (!build || source === undefined || out === undefined) throw new Error('usage: npx tsx test/external/build-suites.ts riscv-tests|arch-test SOURCE OUT');
  build(source, out);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
