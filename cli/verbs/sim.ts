// `systole sim`: runs a bare-metal program on a simulated chip.
// Must not know: how an engine works.
import type { Command } from 'commander';
import { mustDiffer, writeWhole } from '../../gen/files/output.ts';
import { UserError } from '../../gen/user-error.ts';
import { readElf } from '../../sim/elf-file.ts';
import { checkProgram } from '../../sim/load-program.ts';
import { crashJson } from '../../sim/debug/crash.ts';
import { signatureRange, signatureText } from '../../sim/debug/signature.ts';
import { traceToFile, traceToStderr } from '../../sim/debug/trace-log.ts';
import type { TraceLog } from '../../sim/debug/trace-log.ts';
import type { ElfImage } from '../../sim/elf.ts';
import type { RunElfOptions, RunElfResult } from '../../sim/run-elf.ts';
import type { EngineName } from '../engines.ts';
import { common, configOf, wholeNumber, withEngine } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';

interface SimOptions extends CommonOptions {
  readonly elf: string;
  readonly engine: EngineName;
  readonly maxCycles: number;
  readonly wave?: string;
  /** True: to stderr. */
  readonly trace?: string | true;
  readonly signature?: string;
  readonly gdb?: number;
}

const DEFAULT_MAX_CYCLES = 1_000_000_000;
const STOPPED = { tohost: 'none', limit: 'none within the cycles allowed', stuck: 'none: its trap handler traps', killed: 'none: killed' } as const;

export function addSim(program: Command): void {
  withEngine(common(program.command('sim').description('run a bare-metal RV32 program until it writes to its symbol tohost'), [
    'systole sim --elf build/firmware/hello.elf', 'systole sim --elf program.elf --engine verilator --max-cycles 1000000',
    'systole sim --elf program.elf --wave program.vcd --json', 'systole sim --elf program.elf --trace program.log --signature program.signature',
    'systole sim --elf program.elf --gdb 3333',
  ]))
    .requiredOption('--elf <file>', 'the program; its UART output goes to stdout (with --json: to stderr)')
    .option('--max-cycles <n>', 'give up after that many', wholeNumber('--max-cycles', 1, Number.MAX_SAFE_INTEGER), DEFAULT_MAX_CYCLES)
    .option('--wave <file>', 'write waves in VCD format')
    .option('--trace [file]', 'write a line for every instruction and trap, to stderr where no file is named')
    .option('--signature <file>', 'write the memory from begin_signature to end_signature as riscv-arch-test wants it')
    .option('--gdb <port>', 'wait for GDB on that TCP port of 127.0.0.1 (0: any that is free) and let it drive the program', wholeNumber('--gdb', 0, 65535))
    .addHelpText('after', '\nExit status: 0 the program passed, 1 it failed (its exit value is shown, with --json as exit) or did not end, 2 bad input.')
    .action((options: SimOptions) => simulate(options));
}

async function simulate(options: SimOptions): Promise<void> {
  const config = configOf(options);
  const isJson = options.json === true;
  if (options.wave !== undefined && !options.wave.endsWith('.vcd')) {
    throw new UserError(`--wave ${options.wave}: does not end in .vcd; waves are written in that format`);
  }
  if (options.gdb !== undefined && options.wave !== undefined) throw new UserError('--gdb and --wave: waves need a run without pauses; give one of the two');
  const { elf: program, wave, trace: log, signature } = options;
  mustDiffer({ '--elf': program, '--config': options.config, '--wave': wave, '--trace': log === true ? undefined : log, '--signature': signature });
  const elf = readElf(program);
  checkProgram(elf, config);
  const keep = options.signature === undefined ? undefined : signatureRange(elf, config.simulation.ramBytes);
  const report = reporter(isJson);
  if (!elf.symbols.has('tohost')) report.warn(endlessWarning(options));
  const trace = openTrace(options, elf);
  // How far it has to go nobody knows; a debugged program goes as far as its debugger lets it, and a trace on stderr shows it itself.
  const task = options.gdb === undefined && options.trace !== true ? report.start(options.elf) : undefined;
  const run = await execute(options, trace, {
    config, elf, engine: options.engine, maxCycles: options.maxCycles,
    onUart(bytes) {
      report.clear();
      (isJson ? process.stderr : process.stdout).write(bytes);
    },
    ...(task === undefined ? {} : { onProgress: (count) => task.at(0, `${count.toLocaleString('en-US')} ${unitOf(options)}`) }),
    onPrepare: report.note, ...(trace ? { onEvent: trace.write } : {}), ...(keep ? { keep } : {}),
  }).finally(() => {
    trace?.close();
    task?.end();
  });
  if (options.signature !== undefined && run.kept) writeWhole(options.signature, signatureText(run.kept));
  // Killed by its debugger, a program has not failed.
  if (run.exit !== 0 && run.stopped !== 'killed') process.exitCode = 1;
  run.crash?.lines.forEach(report.warn);
  const { stopped, crash, kept: _kept, ...figures } = run;
  const json = { ...figures, exit: run.exit ?? null, stopped, config: config.name, ...(crash ? { crash: crashJson(crash) } : {}) };
  report.result(json, () => pairs({
    chip: config.name, engine: run.engine,
    exit: run.exit === undefined ? STOPPED[stopped] : run.exit === 0 ? '0 (passed)' : `${run.exit} (failed${run.exitReason === undefined ? '' : `: ${run.exitReason}`})`,
    ...(run.engine === 'model' ? {} : { cycles: run.cycles }),
    instructions: run.instret, seconds: run.seconds,
    [run.engine === 'model' ? 'instructions per second' : 'cycles per second']: Math.round(run.cyclesPerSecond),
  }));
}

/** What an engine counts. */
const unitOf = ({ engine }: SimOptions): string => (engine === 'model' ? 'instructions' : 'cycles');

/** A program without `tohost` cannot end itself. */
function endlessWarning(options: SimOptions): string {
  const { elf, maxCycles, gdb } = options;
  const limit = `the limit of ${maxCycles.toLocaleString('en-US')} ${unitOf(options)} (--max-cycles)`;
  return `${elf}: has no symbol tohost, so that only ${limit}${gdb === undefined ? '' : ' or the debugger'} will end it; define the word tohost and write 1 to it at the end`;
}

async function execute({ gdb, wave, elf }: SimOptions, trace: TraceLog | undefined, run: RunElfOptions): Promise<RunElfResult> {
  if (gdb === undefined) {
    const { runElf } = await import('../../sim/run-elf.ts');
    return runElf({ ...run, ...(wave === undefined ? {} : { wave }) });
  }
  const { debugElf } = await import('../../sim/debug/debug-elf.ts');
  const onListening = (port: number): void => {
    process.stderr.write(`waiting for GDB on 127.0.0.1:${port}: gdb-multiarch ${elf} -ex 'target remote 127.0.0.1:${port}'\n`);
  };
  // When the debugger has stopped it, what came before is to be seen.
  return debugElf({ ...run, port: gdb, onListening, onProgress: () => trace?.flush() });
}

function openTrace({ trace }: SimOptions, elf: ElfImage): TraceLog | undefined {
  if (trace === undefined) return undefined;
  return trace === true ? traceToStderr(elf) : traceToFile(trace, elf);
}
