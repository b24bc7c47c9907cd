// `systole sim`: runs a bare-metal program on a simulated chip.
// Must not know: how an engine works.
import type { Command } from 'commander';
import { mustDiffer, writeWhole } from '../../gen/files/output.ts';
import { numberText } from '../../gen/number-text.ts';
import type { Task } from '../../gen/progress.ts';
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
import { SHARED, configOf, path, valued, wholeNumber } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { exitText, pairs, reporter } from '../output.ts';
import type { Reporter } from '../output.ts';
import { checkFile } from '../places.ts';
import { durationText } from '../progress.ts';
import { addVerb, required } from '../verb.ts';
import type { Given } from '../verb.ts';

interface SimOptions extends ChipOptions {
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
const STOPPED = { tohost: 'none', limit: 'none within the cycles allowed', stuck: 'none: its trap handler traps', hang: 'none: it waits for ever', killed: 'none: killed' } as const;

export function addSim(program: Command): void {
  addVerb(program, 'sim', {
    summary: 'run a bare-metal RV32 program until it writes to its symbol tohost',
    examples: [
      'systole sim --elf build/firmware/hello.elf', 'systole sim --elf program.elf --engine verilator --max-cycles 1000000',
      'systole sim --elf program.elf --wave program.vcd --json', 'systole sim --elf program.elf --trace program.log --signature program.signature',
      'systole sim --elf program.elf --gdb 3333',
    ],
    options: [
      SHARED.elf('the program; its UART output goes to stdout (with --json: to stderr)'),
      SHARED.config({ value: 'base' }), SHARED.engine(),
      valued('--max-cycles <n>', 'give up after that many', wholeNumber(1, Number.MAX_SAFE_INTEGER), { value: DEFAULT_MAX_CYCLES }),
      valued('--wave <file>', 'write waves in VCD format; not with engine model', path('a file')),
      valued('--trace [file]', 'write a line for every instruction and trap, to stderr where no file is named', path('a file')),
      valued('--signature <file>', 'write the memory from begin_signature to end_signature as riscv-arch-test wants it', path('a file')),
      valued('--gdb <port>', 'wait for GDB on that TCP port of 127.0.0.1 (0: any that is free) and let it drive the program', wholeNumber(0, 65535)),
      SHARED.json(),
    ],
  })
    .addHelpText('after', '\nExit status: 0 the program passed, 1 it failed (its exit value is shown, with --json as exit) or did not end, 2 bad input.')
    .action((options: Given<SimOptions, 'elf'>) => simulate({ ...options, elf: required(options.elf, '--elf <file>', 'sim') }));
}

async function simulate(options: SimOptions): Promise<void> {
  const config = configOf(options);
  const isJson = options.json === true;
  if (options.wave !== undefined && !options.wave.endsWith('.vcd')) {
    throw new UserError(`--wave ${options.wave}: does not end in .vcd; waves are written in that format`);
  }
  if (options.gdb !== undefined && options.wave !== undefined) throw new UserError('--gdb and --wave: waves need a run without pauses; give one of the two');
  const { elf: program, signature } = options;
  const written = { '--wave': options.wave, '--trace': options.trace === true ? undefined : options.trace, '--signature': signature };
  mustDiffer({ '--elf': program, '--config': options.config, ...written });
  for (const [option, file] of Object.entries(written)) checkFile(option, file);
  const elf = readElf(program);
  checkProgram(elf, config);
  const keep = options.signature === undefined ? undefined : signatureRange(elf, config.simulation.ramBytes);
  const report = reporter('sim', isJson);
  if (!elf.symbols.has('tohost')) report.warn(endlessWarning(options));
  const trace = openTrace(options, elf);
  const output = programOutput(isJson ? process.stderr : process.stdout, report);
  const progress = progressOf(options, report, output);
  const run = await execute(options, trace, {
    config, elf, engine: options.engine, maxCycles: options.maxCycles, onUart: output.write,
    onPrepare: report.note, ...(trace ? { onEvent: trace.write } : {}), ...(keep ? { keep } : {}),
    onProgress: progress.at,
  }).finally(() => {
    trace?.close();
    output.end();
    progress.end();
  });
  if (options.signature !== undefined && run.kept) writeWhole(options.signature, signatureText(run.kept));
  // Killed by its debugger, a program has not failed.
  if (run.exit !== 0 && run.stopped !== 'killed') process.exitCode = 1;
  run.crash?.lines.forEach(report.warn);
  const { engine, exit, exitReason, stopped, crash, seconds, instret: instructions } = run;
  // The model's clock is its instructions: it has no other.
  const time = engine === 'model' ? { instructionsPerSecond: run.cyclesPerSecond } : { cycles: run.cycles, cyclesPerSecond: run.cyclesPerSecond };
  const files = Object.values(written).filter((file) => file !== undefined);
  const ended = { exit, exitReason, stopped, crash: crash && crashJson(crash) };
  const json = { config, elf: program, engine, ...ended, ...time, instructions, seconds, files };
  report.result(json, () => pairs({
    chip: config.name, engine,
    exit: exit === undefined ? STOPPED[stopped] : exitText(exit, exitReason),
    cycles: time.cycles, instructions, seconds: numberText(seconds, 'seconds'),
    [engine === 'model' ? 'instructions per second' : 'cycles per second']: numberText(run.cyclesPerSecond, 'decimal'),
  }));
}

/** What an engine counts. */
const unitOf = ({ engine }: SimOptions): string => (engine === 'model' ? 'instructions' : 'cycles');

/** A program without `tohost` cannot end itself. */
function endlessWarning(options: SimOptions): string {
  const { elf, maxCycles, gdb } = options;
  const limit = `the limit of ${numberText(maxCycles, 'count')} ${unitOf(options)} (--max-cycles)`;
  return `${elf}: has no symbol tohost, so that only ${limit}${gdb === undefined ? '' : ' or the debugger'} will end it; define the word tohost and write 1 to it at the end`;
}

interface ProgramOutput {
  write(bytes: Uint8Array): void;
  /** Whether what comes next begins a line. */
  isAtLineStart(): boolean;
  /** Ends a line that the program has left open, so that what follows does not run into it. */
  end(): void;
}

function programOutput(stream: NodeJS.WriteStream, report: Reporter): ProgramOutput {
  let last = '\n'.charCodeAt(0);
  const isAtLineStart = (): boolean => last === '\n'.charCodeAt(0);
  return {
    isAtLineStart,
    write(bytes) {
      if (bytes.length === 0) return;
      report.clear();
      stream.write(bytes);
      last = bytes[bytes.length - 1];
    },
    end() {
      if (isAtLineStart()) return;
      stream.write('\n');
      last = '\n'.charCodeAt(0);
    },
  };
}

/** How far a run is nobody knows: what is known is when it will be given up. */
function progressOf(
  options: SimOptions, report: Reporter, output: ProgramOutput,
): { at(cycles: number): void; end(): void } {
  const start = performance.now();
  const { elf, maxCycles, trace } = options;
  let task: Task | undefined;
  return {
    at(cycles) {
      // stderr may be the trace's.
      if (trace === true) return;
      // On one terminal a line that the program has begun stays its own: ours begin below it.
      if (!output.isAtLineStart() && process.stdout.isTTY && process.stderr.isTTY) output.end();
      task ??= report.start(elf);
      const seconds = (performance.now() - start) / 1000;
      const left = cycles === 0 ? '' : ` (gives up at ${numberText(maxCycles, 'count')}, in ${durationText(seconds * (maxCycles - cycles) / cycles)})`;
      task.at(0, `${numberText(cycles, 'count')} ${unitOf(options)}${left}`);
    },
    end: () => task?.end(),
  };
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
  // When the debugger has stopped it, what came before is to be seen. How long it takes is the debugger's business.
  return debugElf({ ...run, port: gdb, onListening, onProgress: () => trace?.flush() });
}

function openTrace({ trace }: SimOptions, elf: ElfImage): TraceLog | undefined {
  if (trace === undefined) return undefined;
  return trace === true ? traceToStderr(elf) : traceToFile(trace, elf);
}
