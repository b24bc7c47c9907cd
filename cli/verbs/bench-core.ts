// `systole bench core`: cycles of kernels, interrupts and CoreMark on a core alone, memory of one cycle on both buses.
// Must not know: how a core works, how kernels are compiled.
import { Option } from 'commander';
import type { Command } from 'commander';
import { numberText } from '../../gen/number-text.ts';
import { during } from '../../gen/progress.ts';
import type { Task } from '../../gen/progress.ts';
import { UserError } from '../../gen/user-error.ts';
import { CORE_PRESETS } from '../../hw/core/config.ts';
import type { CoreConfig } from '../../hw/core/config.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import type { ElfImage } from '../../sim/elf.ts';
import type { CoreFpgaFigures } from '../../fpga/core-figures.ts';
import { exitReason } from '../../sim/exit-reasons.ts';
import type { CoreBenchRunner, CoreRun, Mark } from '../../sim/run-core.ts';
import { parseCoremark } from '../coremark-report.ts';
import type { CoremarkReport } from '../coremark-report.ts';
import { dhrystoneText, embenchText } from '../suite-report.ts';
import type { DhrystoneFigures, EmbenchFigures } from '../suite-report.ts';
import { SHARED, oneOf, path, someText, valued, wholeNumber } from '../options.ts';
import { exitText, reporter, table } from '../output.ts';
import type { Column, Reporter } from '../output.ts';
import { addVerb, isGiven } from '../verb.ts';

interface CoreOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly core?: keyof typeof CORE_PRESETS;
  readonly elf?: string;
  readonly engines?: boolean;
  readonly embench?: string;
  readonly dhrystone?: string;
  readonly march?: string;
  readonly flags?: string;
  readonly fpga?: boolean;
  readonly seeds: number;
}

const CORE_NAMES = Object.keys(CORE_PRESETS) as (keyof typeof CORE_PRESETS)[];
/** Longer than any kernel; a CoreMark of many iterations. */
const MOST_CYCLES = { kernel: 20_000_000, elf: 2_000_000_000 } as const;
const INTERRUPT = 'interrupt';
/** Of the kernels, for the speed of engines. */
const ENGINE_PROGRAM = 'sort';
const ENGINE_SECONDS = 2;
const WARM_UP_SECONDS = 3;

export function addBenchCore(bench: Command): void {
  addVerb(bench, 'core', {
    summary: 'kernels, interrupts and CoreMark on the core alone, memory of one cycle',
    examples: [
      'systole bench core', 'systole bench core --core fast --elf coremark.elf', 'systole bench core --config nano --json', 'systole bench core --core fast --engines',
    ],
    options: [
      valued('--core <name>', `one preset of the core: ${CORE_NAMES.join(', ')} (default: all; with --elf: fast)`, oneOf(CORE_NAMES)),
      SHARED.config(), SHARED.elf('runs this program instead of the kernels; understands what CoreMark reports'),
      valued('--embench <dir>', 'builds and runs Embench 1.0 from this copy of its source instead of the kernels', path('a folder')),
      valued('--dhrystone <dir>', 'likewise Dhrystone 2.1', path('a folder')),
      valued('--march <name>', 'what to compile Embench and Dhrystone for, as the compiler calls it (default: all that the core has)', someText),
      valued('--flags <list>', 'what to compile them with (default: -O2, and -fno-inline for Dhrystone)', someText),
      new Option('--fpga', 'cells on the iCE40 and the clock on an HX8K as well; takes minutes'),
      valued('--seeds <n>', 'placements to try with --fpga; the best counts', wholeNumber(1, 100), { value: 5 }),
      new Option('--engines', 'simulated cycles per second in the engines wasm and verilator as well'),
      SHARED.json(),
    ],
  }).action((options: CoreOptions, verb: Command) => {
    if (options.fpga !== true && isGiven(verb, 'seeds')) throw new UserError('--seeds: means nothing without --fpga; add that or leave this out');
    const compiled = (['march', 'flags'] as const).find((option) => options[option] !== undefined);
    if (compiled !== undefined && options.embench === undefined && options.dhrystone === undefined) {
      throw new UserError(`--${compiled}: means nothing without --embench or --dhrystone; add one or leave this out`);
    }
    return benchCore(options);
  });
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
  readonly elf: string;
  readonly exit?: number;
  readonly exitReason?: string;
  readonly cycles: number;
  readonly instructions: number;
  readonly ipc: number;
  readonly coremark?: CoremarkReport;
}

interface Engines {
  readonly wasm: { readonly cyclesPerSecond: number };
  readonly verilator: { readonly cyclesPerSecond: number };
  readonly ratio: number;
}

/** The figures of `fpga/core-figures.ts` by the names of JSON. */
interface Fpga {
  readonly cells: { readonly lut: number; readonly ff: number; readonly carry: number; readonly bram: number; readonly logicCells: number };
  readonly system: { readonly cells: { readonly logicCells: number } };
  /** Empty if the system does not fit an HX8K. */
  readonly clocks: readonly { readonly seed: number; readonly fmaxHz: number }[];
  /** The best of them. */
  readonly fmaxHz?: number;
}

interface CoreFigures {
  readonly name: string;
  /** All of the chip's, or the core's part where it is a preset of cores. */
  readonly config: ChipConfig | { readonly core: CoreConfig };
  readonly march: string;
  readonly kernels?: readonly Kernel[];
  readonly interrupt?: Interrupt;
  readonly program?: Program;
  readonly embench?: EmbenchFigures;
  readonly dhrystone?: DhrystoneFigures;
  readonly fpga?: Fpga;
  readonly engines?: Engines;
}

async function benchCore(options: CoreOptions): Promise<void> {
  const { buildBench } = await import('../../firmware/bench.ts');
  const { marchOf } = await import('../../firmware/compiler.ts');
  const { readElf } = await import('../../sim/elf-file.ts');
  const { checkCoreProgram, openCoreBench } = await import('../../sim/run-core.ts');
  const report = reporter('bench core', options.json === true);
  const cores = coresOf(options);
  const elf = options.elf === undefined ? undefined : readElf(options.elf);
  if (elf) cores.forEach(({ name, config }) => checkCoreProgram(elf, name, config.core));
  const suites = options.embench === undefined && options.dhrystone === undefined ? undefined : await import('./bench-suites.ts');
  const compiled = { march: options.march, flags: options.flags?.split(/\s+/).filter((f) => f !== '') };
  const results: CoreFigures[] = [];
  for (const { name, config } of cores) {
    const { core } = config;
    const march = marchOf(core.isa);
    const runner = await openCoreBench(core, 'wasm');
    try {
      const kernels = (elf ?? suites) && options.engines !== true ? new Map<string, ElfImage>() : new Map(
        [...buildBench(core.isa)].map(([kernel, file]) => [kernel, readElf(file)]));
      const figures = !elf && suites ? {} : await during(report, `${elf === undefined ? 'kernels' : elf.file} on core ${name}`, (task) =>
        elf ? { program: runProgram(runner, elf, task) } : runKernels(runner, kernels, name, task));
      const embench = !suites || options.embench === undefined ? {} : {
        embench: await suites.runEmbench(runner, core, { source: options.embench, ...compiled }, report),
      };
      const dhrystone = !suites || options.dhrystone === undefined ? {} : {
        dhrystone: suites.runDhrystone(runner, core, { source: options.dhrystone, ...compiled }),
      };
      const engines = options.engines !== true ? {} : {
        engines: await compareEngines(runner, core, elf ?? kernels.get(ENGINE_PROGRAM)!, report),
      };
      const fpga = options.fpga !== true ? {} : { fpga: fpgaOf(await (await import('../../fpga/core-figures.ts')).coreFpgaFigures(core, options.seeds, report.note)) };
      results.push({ name, config, march, ...figures, ...embench, ...dhrystone, ...engines, ...fpga });
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

function coresOf({ core, config: chip, elf }: CoreOptions): readonly Pick<CoreFigures, 'name' | 'config'>[] {
  if (core !== undefined && chip !== undefined) throw new UserError('--core and --config: both name a core; give one of them');
  if (chip !== undefined) {
    const config = loadConfig(chip);
    return [{ name: config.name, config }];
  }
  const names = core !== undefined ? [core] : elf !== undefined ? ['fast' as const] : CORE_NAMES;
  return names.map((name) => ({ name, config: { core: CORE_PRESETS[name] } }));
}

function runProgram(runner: CoreBenchRunner, elf: ElfImage, task: Task): Program {
  const most = count(MOST_CYCLES.elf);
  const onProgress = (done: number): void => task.at(0, `${count(done)} of at most ${most} cycles`);
  const { exit, cycles, instret, text } = runner.run(elf, MOST_CYCLES.elf, onProgress);
  const coremark = parseCoremark(text);
  const reason = exit === undefined ? undefined : exitReason(elf.exitReasons, exit);
  return {
    elf: elf.file, ...(exit === undefined ? {} : { exit }), ...(reason === undefined ? {} : { exitReason: reason }),
    cycles, instructions: instret, ipc: instret / cycles,
    ...(coremark === undefined ? {} : { coremark }),
  };
}

function runKernels(
  runner: CoreBenchRunner, programs: ReadonlyMap<string, ElfImage>, core: string, task: Task,
): { kernels: Kernel[]; interrupt: Interrupt } {
  const kernels: Kernel[] = [];
  let interrupt: Interrupt | undefined;
  for (const [name, elf] of programs) {
    const run = runner.run(elf, MOST_CYCLES.kernel);
    if (run.exit !== 0) throw new Error(`kernel ${name} on core ${core}: ${failureOf(run)}: the core computes wrongly`);
    if (name === INTERRUPT) interrupt = interruptOf(run.marks);
    else kernels.push({ name, ...meanOf(run.marks) });
    task.at((kernels.length + (interrupt ? 1 : 0)) / programs.size);
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
  const task = report.start('speed of both engines', { expectedSeconds: WARM_UP_SECONDS + 2 * ENGINE_SECONDS });
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
    task.end();
    verilator.close();
  }
  const speed = (engine: 'wasm' | 'verilator'): number => sums[engine].cycles / sums[engine].seconds;
  return {
    wasm: { cyclesPerSecond: speed('wasm') }, verilator: { cyclesPerSecond: speed('verilator') }, ratio: speed('wasm') / speed('verilator'),
  };
}

function fpgaOf({ core, systemCells, clocks, bestMHz }: CoreFpgaFigures): Fpga {
  return {
    cells: { lut: core.luts, ff: core.flipFlops, carry: core.carries, bram: core.bram, logicCells: core.cells },
    system: { cells: { logicCells: systemCells } },
    clocks: clocks.map(({ seed, fmaxMHz }) => ({ seed, fmaxHz: 1e6 * fmaxMHz })),
    ...(bestMHz === undefined ? {} : { fmaxHz: 1e6 * bestMHz }),
  };
}

const KERNEL_COLUMNS: readonly Column[] = [
  { title: 'kernel' }, { title: 'cycles', look: 'decimal' }, { title: 'instructions', look: 'decimal' }, { title: 'per cycle', look: 'ratio' },
];
const count = (value: number): string => numberText(value, 'count');
const ratio = (value: number): string => numberText(value, 'ratio');
const decimal = (value: number): string => numberText(value, 'decimal');

function textOf({ name, march, kernels, interrupt, program, embench, dhrystone, engines, fpga }: CoreFigures): string {
  const lines = [`core ${name}, ${march}`];
  if (kernels) lines.push(table(KERNEL_COLUMNS, kernels.map((k) => [k.name, k.cycles, k.instructions, k.ipc])));
  if (interrupt) lines.push(`interrupt: ${spanText(interrupt.entry)} cycles to the handler, ${spanText(interrupt.return)} back`);
  if (program) {
    const { elf, exit, cycles, instructions, ipc, coremark } = program;
    lines.push(`${elf}: exit ${exit === undefined ? 'none: it did not end' : exitText(exit, program.exitReason)}, ${count(cycles)} cycles, ${count(instructions)} instructions, ${ratio(ipc)} per cycle`);
    if (coremark) lines.push(coremarkText(coremark));
  }
  if (engines) {
    const [wasm, verilator] = [engines.wasm, engines.verilator].map(({ cyclesPerSecond }) => decimal(cyclesPerSecond));
    lines.push(`simulated cycles per second: wasm ${wasm}, verilator ${verilator}: ${ratio(engines.ratio)} times as many`);
  }
  if (embench) lines.push(embenchText(embench));
  if (dhrystone) lines.push(dhrystoneText(dhrystone));
  if (fpga) {
    const { lut, ff, bram, logicCells } = fpga.cells;
    lines.push(`iCE40, the core alone without DSP cells: ${count(lut)} LUT4, ${count(ff)} flip-flops, ${count(bram)} block RAMs, ${count(logicCells)} logic cells`);
    const system = count(fpga.system.cells.logicCells);
    if (fpga.fmaxHz === undefined) {
      lines.push(`HX8K, with memory: ${system} logic cells are more than it has`);
    } else {
      const clocks = fpga.clocks.map(({ fmaxHz }) => decimal(fmaxHz / 1e6)).join(', ');
      lines.push(`HX8K, with memory: ${system} logic cells, best clock ${numberText(fpga.fmaxHz, 'frequency')} (seeds: ${clocks})`);
      if (program?.coremark) lines.push(`CoreMark/MHz × MHz on HX8K: ${decimal(program.coremark.coremarkPerMhz * fpga.fmaxHz / 1e6)}`);
    }
  }
  return lines.join('\n');
}

function coremarkText(c: CoremarkReport): string {
  const score = `CoreMark/MHz ${ratio(c.coremarkPerMhz)} (${count(c.iterations)} iterations, ${decimal(c.cyclesPerIteration)} cycles each)`;
  const verdict = c.isValid ? 'valid' : `NOT VALID: ${c.faults.join('; ')}`;
  return [`${score}, ${verdict}`, `compiler ${c.compiler}, flags ${c.flags}`].join('\n');
}

const spanText = ({ min, max }: Span): string => min === max ? `${min}` : `${min} to ${max}`;
