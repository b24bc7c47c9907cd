// `systole bench core`: cycles of kernels, interrupts and CoreMark on a core alone, memory of one cycle on both buses.
// Must not know: how a core works, how kernels are compiled.
import type { Command } from 'commander';
import { UserError } from '../../gen/user-error.ts';
import type { CoreConfig } from '../../hw/core/config.ts';
import type { ElfImage } from '../../sim/elf.ts';
import type { CoreFpgaFigures } from '../../fpga/core-figures.ts';
import type { CoreBenchRunner, CoreRun, Mark } from '../../sim/run-core.ts';
import { parseCoremark } from '../coremark-report.ts';
import type { CoremarkReport } from '../coremark-report.ts';
import { dhrystoneText, embenchText } from '../suite-report.ts';
import type { DhrystoneFigures, EmbenchFigures } from '../suite-report.ts';
import { common, configOf, hasConfig, wholeNumber } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { reporter, table } from '../output.ts';
import type { Reporter } from '../output.ts';

interface CoreOptions extends CommonOptions {
  readonly core?: string;
  readonly elf?: string;
  readonly engines?: boolean;
  readonly embench?: string;
  readonly dhrystone?: string;
  readonly march?: string;
  readonly flags?: string;
  readonly fpga?: boolean;
  readonly seeds: number;
}

/** Longer than any kernel; a CoreMark of many iterations. */
const MOST_CYCLES = { kernel: 20_000_000, elf: 2_000_000_000 } as const;
const INTERRUPT = 'interrupt';
/** Of the kernels, for the speed of engines. */
const ENGINE_PROGRAM = 'sort';
const ENGINE_SECONDS = 2;
const WARM_UP_SECONDS = 3;

export function addBenchCore(bench: Command): void {
  common(bench.command('core').description('kernels, interrupts and CoreMark on the core alone, memory of one cycle'), [
    'systole bench core', 'systole bench core --core fast --elf coremark.elf', 'systole bench core --config nano --json', 'systole bench core --core fast --engines',
  ])
    .option('--core <name>', 'one preset of the core: small, balanced, clocked or fast (default: all)')
    .option('--elf <file>', 'runs this program instead of the kernels; understands what CoreMark reports')
    .option('--embench <dir>', 'builds and runs Embench 1.0 from this copy of its source instead of the kernels')
    .option('--dhrystone <dir>', 'likewise Dhrystone 2.1')
    .option('--march <name>', 'what to compile Embench and Dhrystone for, as the compiler calls it (default: all that the core has)')
    .option('--flags <list>', 'what to compile them with (default: -O2, and -fno-inline for Dhrystone)')
    .option('--fpga', 'cells on the iCE40 and the clock on an HX8K as well; takes minutes')
    .option('--seeds <n>', 'placements to try with --fpga; the best counts', wholeNumber('--seeds', 1, 100), 5)
    .option('--engines', 'simulated cycles per second in the engines wasm and verilator as well')
    .action((options: CoreOptions, command: Command) => benchCore(options, hasConfig(command)));
}

interface Kernel {
  readonly name: string;
  /** Means of one call. */
  readonly cycles: number;
  readonly instructions: number;
  readonly ipc: number;
}

interface Span {
  readonly min: number;
  readonly max: number;
}

interface Interrupt {
  /** From the line's rise to the handler's first instruction on the bus. */
  readonly entry: Span;
  /** From the bus cycle of the store before mret to that of the interrupted code's next store. */
  readonly return: Span;
}

interface Program {
  readonly file: string;
  readonly exit: number | null;
  readonly cycles: number;
  readonly instructions: number;
  readonly ipc: number;
  readonly coremark: CoremarkReport | null;
}

interface Engines {
  readonly wasm: number;
  readonly verilator: number;
  readonly ratio: number;
}

interface CoreFigures {
  readonly core: string;
  readonly march: string;
  readonly kernels?: readonly Kernel[];
  readonly interrupt?: Interrupt;
  readonly program?: Program;
  readonly embench?: EmbenchFigures;
  readonly dhrystone?: DhrystoneFigures;
  readonly fpga?: CoreFpgaFigures;
  /** Simulated cycles per second. */
  readonly engines?: Engines;
}

async function benchCore(options: CoreOptions, isConfigGiven: boolean): Promise<void> {
  const { buildBench } = await import('../../firmware/bench.ts');
  const { marchOf } = await import('../../firmware/compiler.ts');
  const { readElf } = await import('../../sim/elf-file.ts');
  const { checkCoreProgram, openCoreBench } = await import('../../sim/run-core.ts');
  const report = reporter(options.json === true);
  const cores = await coresOf(options, isConfigGiven);
  const elf = options.elf === undefined ? undefined : readElf(options.elf);
  if (elf) cores.forEach(([core, config]) => checkCoreProgram(elf, core, config));
  const suites = options.embench === undefined && options.dhrystone === undefined ? undefined : await import('./bench-suites.ts');
  const compiled = { march: options.march, flags: options.flags?.split(/\s+/).filter((f) => f !== '') };
  const results: CoreFigures[] = [];
  for (const [core, config] of cores) {
    const march = marchOf(config.isa);
    const runner = await openCoreBench(config, 'wasm');
    try {
      const kernels = (elf ?? suites) && options.engines !== true ? new Map<string, ElfImage>() : new Map(
        [...buildBench(config.isa)].map(([name, file]) => [name, readElf(file)]));
      const figures = elf ? { program: runProgram(runner, elf) } : suites ? {} : runKernels(runner, kernels, core);
      const embench = !suites || options.embench === undefined ? {} : {
        embench: await suites.runEmbench(runner, config, { source: options.embench, ...compiled }, report),
      };
      const dhrystone = !suites || options.dhrystone === undefined ? {} : {
        dhrystone: suites.runDhrystone(runner, config, { source: options.dhrystone, ...compiled }),
      };
      const engines = options.engines !== true ? {} : {
        engines: await compareEngines(runner, config, elf ?? kernels.get(ENGINE_PROGRAM)!, report),
      };
      const fpga = options.fpga !== true ? {} : { fpga: await (await import('../../fpga/core-figures.ts')).coreFpgaFigures(config, options.seeds, report.note) };
      results.push({ core, march, ...figures, ...embench, ...dhrystone, ...engines, ...fpga });
    } finally {
      runner.close();
    }
  }
  if (results.some(hasWrongResult)) process.exitCode = 1;
  // One core is the usual case of a script: its figures stand at the top.
  report.result({ ...(results.length === 1 ? results[0] : {}), cores: results }, () => results.map(textOf).join('\n\n'));
}

/** Programs of a suite that cannot be built or are not right are told, and fail nothing as long as others are right. */
const hasWrongResult = ({ program, dhrystone, embench }: CoreFigures): boolean =>
  (program !== undefined && (program.exit !== 0 || program.coremark?.isValid === false))
  || dhrystone?.isValid === false || embench?.programs.length === 0;

async function coresOf(options: CoreOptions, isConfigGiven: boolean): Promise<readonly (readonly [string, CoreConfig])[]> {
  const { corePreset } = await import('../../firmware/bench.ts');
  const { CORE_PRESETS } = await import('../../hw/core/config.ts');
  if (options.core !== undefined && isConfigGiven) throw new UserError('--core and --config: both name a core; give one of them');
  if (isConfigGiven) {
    const config = configOf(options);
    return [[config.name, config.core]];
  }
  if (options.core !== undefined) return [[options.core, corePreset(options.core)]];
  if (options.elf !== undefined) return [['fast', CORE_PRESETS.fast]];
  return Object.entries(CORE_PRESETS);
}

function runProgram(runner: CoreBenchRunner, elf: ElfImage): Program {
  const { exit, cycles, instret, text } = runner.run(elf, MOST_CYCLES.elf);
  return {
    file: elf.file, exit: exit ?? null, cycles, instructions: instret, ipc: instret / cycles, coremark: parseCoremark(text) ?? null,
  };
}

function runKernels(
  runner: CoreBenchRunner, programs: ReadonlyMap<string, ElfImage>, core: string,
): { kernels: Kernel[]; interrupt: Interrupt } {
  const kernels: Kernel[] = [];
  let interrupt: Interrupt | undefined;
  for (const [name, elf] of programs) {
    const run = runner.run(elf, MOST_CYCLES.kernel);
    if (run.exit !== 0) throw new Error(`kernel ${name} on core ${core}: ${failureOf(run)}: the core computes wrongly`);
    if (name === INTERRUPT) interrupt = interruptOf(run.marks);
    else kernels.push({ name, ...meanOf(run.marks) });
  }
  if (!interrupt) throw new Error('the interrupt kernel is missing');
  return { kernels, interrupt };
}

const failureOf = (run: CoreRun): string => run.exit === undefined ? `did not end within ${run.cycles} cycles` : `its result is wrong in call ${run.exit}`;

/** Marks come in pairs, before and after a call; the first call warms up. */
function meanOf(marks: readonly Mark[]): Omit<Kernel, 'name'> {
  const calls = marks.length / 2;
  let cycles = 0;
  let instructions = 0;
  for (let call = 1; call < calls; call++) {
    const [before, after] = [marks[2 * call], marks[2 * call + 1]];
    cycles += (after.cycle - before.cycle) >>> 0;
    instructions += (after.instret - before.instret) >>> 0;
  }
  return { cycles: cycles / (calls - 1), instructions: instructions / (calls - 1), ipc: instructions / cycles };
}

/** Reads the marks of `firmware/bench/interrupt.S`: 0 interrupted code, 1 handler begins, 2 it ends, else the time of the line's rise. */
function interruptOf(marks: readonly Mark[]): Interrupt {
  const span = (values: readonly number[]): Span => ({ min: Math.min(...values), max: Math.max(...values) });
  const entries: number[] = [];
  const returns: number[] = [];
  let rise = 0;
  for (const [i, mark] of marks.entries()) {
    if (mark.value > 2) rise = mark.value;
    if (mark.value === 1) entries.push((mark.cycle - rise) >>> 0);
    if (mark.value === 2) returns.push((marks[i + 1].cycle - mark.cycle) >>> 0);
  }
  return { entry: span(entries), return: span(returns) };
}

/** Both engines in turn, so that other work on the machine meets both. */
async function compareEngines(wasm: CoreBenchRunner, config: CoreConfig, elf: ElfImage, report: Reporter): Promise<Engines> {
  const { openCoreBench } = await import('../../sim/run-core.ts');
  const verilator = await openCoreBench(config, 'verilator', report.note);
  const sums = { wasm: { cycles: 0, seconds: 0 }, verilator: { cycles: 0, seconds: 0 } };
  try {
    // V8 replaces its baseline code in the background, which takes it a second or two for a whole core.
    for (let warm = 0; warm < WARM_UP_SECONDS;) warm += wasm.run(elf, MOST_CYCLES.elf).seconds;
    while (Math.min(sums.wasm.seconds, sums.verilator.seconds) < ENGINE_SECONDS) {
      for (const runner of [wasm, verilator]) {
        const { cycles, seconds } = runner.run(elf, MOST_CYCLES.elf);
        sums[runner.engine].cycles += cycles;
        sums[runner.engine].seconds += seconds;
      }
    }
  } finally {
    verilator.close();
  }
  const speed = (engine: 'wasm' | 'verilator'): number => sums[engine].cycles / sums[engine].seconds;
  return { wasm: speed('wasm'), verilator: speed('verilator'), ratio: speed('wasm') / speed('verilator') };
}

function textOf({ core, march, kernels, interrupt, program, embench, dhrystone, engines, fpga }: CoreFigures): string {
  const lines = [`core ${core}, ${march}`];
  if (kernels) lines.push(table(['kernel', 'cycles', 'instructions', 'per cycle'], kernels.map((k) => [k.name, k.cycles, k.instructions, k.ipc.toFixed(3)])));
  if (interrupt) lines.push(`interrupt: ${spanText(interrupt.entry)} cycles to the handler, ${spanText(interrupt.return)} back`);
  if (program) {
    lines.push(`${program.file}: exit ${program.exit ?? 'none'}, ${program.cycles.toLocaleString('en-US')} cycles, ${program.instructions.toLocaleString('en-US')} instructions, ${program.ipc.toFixed(3)} per cycle`);
    if (program.coremark) lines.push(coremarkText(program.coremark));
  }
  if (embench) lines.push(embenchText(embench));
  if (dhrystone) lines.push(dhrystoneText(dhrystone));
  if (engines) lines.push(`simulated cycles per second: wasm ${mega(engines.wasm)}, verilator ${mega(engines.verilator)}: ${engines.ratio.toFixed(2)} times as many`);
  if (fpga) {
    const { luts, flipFlops, bram, cells } = fpga.core;
    lines.push(`iCE40, the core alone without DSP cells: ${luts} LUT4, ${flipFlops} flip-flops, ${bram} block RAMs, ${cells} logic cells`);
    const clocks = fpga.clocks.map((c) => c.fmaxMHz.toFixed(1)).join(', ');
    const { systemCells, bestMHz } = fpga;
    if (bestMHz === undefined) {
      lines.push(`HX8K, with memory: ${systemCells} logic cells are more than it has`);
    } else {
      lines.push(`HX8K, with memory: ${systemCells} logic cells, best clock ${bestMHz.toFixed(1)} MHz (seeds: ${clocks})`);
      if (program?.coremark) lines.push(`CoreMark/MHz × MHz on HX8K: ${(program.coremark.coremarkPerMhz * bestMHz).toFixed(0)}`);
    }
  }
  return lines.join('\n');
}

function coremarkText(c: CoremarkReport): string {
  const score = `CoreMark/MHz ${c.coremarkPerMhz.toFixed(3)} (${c.iterations} iterations, ${c.cyclesPerIteration.toLocaleString('en-US', { maximumFractionDigits: 0 })} cycles each)`;
  const verdict = c.isValid ? 'valid' : `NOT VALID: ${c.faults.join('; ')}`;
  return [`${score}, ${verdict}`, `compiler ${c.compiler}, flags ${c.flags}`].join('\n');
}

const spanText = ({ min, max }: Span): string => min === max ? `${min}` : `${min} to ${max}`;
const mega = (perSecond: number): string => `${(perSecond / 1e6).toFixed(2)} million`;
