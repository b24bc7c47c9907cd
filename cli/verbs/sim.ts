// `systole sim`: runs a bare-metal program on a simulated chip.
// Must not know: how an engine works.
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { UserError } from '../../gen/user-error.ts';
import { parseElf } from '../../sim/elf.ts';
import type { EngineName } from '../engines.ts';
import { common, configOf, wholeNumber, withEngine } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';

interface SimOptions extends CommonOptions {
  readonly elf: string;
  readonly engine: EngineName;
  readonly maxCycles: number;
  readonly wave?: string;
}

const DEFAULT_MAX_CYCLES = 1_000_000_000;
const STOPPED = { tohost: 'none', limit: 'none within the cycles allowed', stuck: 'none: its trap handler traps' } as const;

export function addSim(program: Command): void {
  withEngine(common(program.command('sim').description('run a bare-metal RV32 program until it writes to its symbol tohost'), [
    'systole sim --elf build/firmware/hello.elf', 'systole sim --elf program.elf --engine verilator --max-cycles 1000000',
    'systole sim --elf program.elf --wave program.vcd --json',
  ]))
    .requiredOption('--elf <file>', 'the program; its UART output goes to stdout (with --json: to stderr)')
    .option('--max-cycles <n>', 'give up after that many', wholeNumber('--max-cycles', 1, Number.MAX_SAFE_INTEGER), DEFAULT_MAX_CYCLES)
    .option('--wave <file>', 'write waves in VCD format')
    .action((options: SimOptions) => simulate(options));
}

async function simulate(options: SimOptions): Promise<void> {
  const config = configOf(options);
  const isJson = options.json === true;
  if (options.wave !== undefined && !options.wave.endsWith('.vcd')) {
    throw new UserError(`--wave ${options.wave}: does not end in .vcd; waves are written in that format`);
  }
  const elf = parseElf(readProgram(options.elf), options.elf);
  const { runElf } = await import('../../sim/run-elf.ts');
  const run = await runElf({
    config, elf, engine: options.engine, maxCycles: options.maxCycles,
    onUart: (bytes) => (isJson ? process.stderr : process.stdout).write(bytes),
    onPrepare: (line) => process.stderr.write(`${line}\n`),
    ...(options.wave === undefined ? {} : { wave: options.wave }),
  });
  if (run.exit !== 0) process.exitCode = 1;
  const { stopped, ...figures } = run;
  reporter(isJson).result({ ...figures, exit: run.exit ?? null, stopped, config: config.name }, () => pairs({
    chip: config.name, engine: run.engine,
    exit: run.exit === undefined ? STOPPED[stopped] : run.exit === 0 ? '0 (passed)' : `${run.exit} (failed)`,
    ...(run.engine === 'model' ? {} : { cycles: run.cycles }),
    instructions: run.instret, seconds: run.seconds,
    [run.engine === 'model' ? 'instructions per second' : 'cycles per second']: Math.round(run.cyclesPerSecond),
  }));
}

function readProgram(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError(`${path}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}; give a linked RISC-V program`);
  }
}
