/** The figures of docs/performance.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { corePreset } from '../../../firmware/bench.ts';
import { buildCoremark, COREMARK_FLAGS } from '../../../firmware/coremark.ts';
import { readElf } from '../../../sim/elf-file.ts';
import { disassemble } from '../../../sim/model/disassemble.ts';
import { GoldenModel } from '../../../sim/model/golden-model.ts';
import { EXACT, int, noisy, percent, tableFigures, textFigures } from '../figure.ts';
import type { Figure } from '../figure.ts';
import { both, folderOf, measurement, systole, verb } from '../measurement.ts';
import type { Answer, Measurement } from '../measurement.ts';

const PAGE = 'docs/performance.md';
const code = (name: string): string => `\`${name}\``;
const CHIPS = ['nano', 'edge', 'base'] as const;
const CORES = ['small', 'balanced', 'clocked', 'fast'] as const;

const digits = [
  ...tableFigures(PAGE, 'Digits', [
    { row: ['`nano`, 4×4, one command at a time'], of: verb('mnist', '--config', 'nano') },
    { row: ['`edge`, 8×8'], of: verb('mnist', '--config', 'edge') },
    { row: ['`base`, 16×16'], of: verb('mnist', '--config', 'base') },
  ], {
    cycles: (a) => int(a.number('cycles')),
    'cycles per digit': (a) => int(a.number('cyclesPerImage')),
    'utilisation of the array': (a) => percent(a.number('utilization'), 1),
    'estimate of the compiler': (a) => int(a.number('estimatedCycles')),
  }),
];

const manyDigits = measurement('npm run mnist -- --images 1500', (context) => systole(context, ['mnist', '--images', '1500']));
const accuracy = [
  ...textFigures(PAGE, '{chip} % correct on the chip, {float} % in floating point, {same} % the same answer', manyDigits, {
    chip: ({ answer }) => (100 * answer.number('accuracy')).toFixed(2),
    float: ({ answer }) => (100 * answer.number('floatAccuracy')).toFixed(2),
    same: ({ answer }) => (100 * answer.number('agreement')).toFixed(2),
  }),
  ...textFigures(PAGE, 'Peak memory {mb} MB', manyDigits, { mb: ({ peakBytes }) => (10 * Math.round(peakBytes / 1e7)).toFixed(0) }, noisy(0.25)),
];

const SHAPES = [[4, 4, 4], [8, 8, 8], [12, 12, 12], [16, 16, 8], [16, 16, 16], [64, 64, 64], [128, 128, 128], [256, 256, 256]] as const;
const gemm = verb('bench', 'gemm', '--shapes', SHAPES.map((s) => s.join('x')).join(','));
const products = SHAPES.flatMap((shape, i) => tableFigures(PAGE, 'Single products', [{ row: [shape.join('×')], of: gemm }], {
  '`base` (16×16)': (a) => {
    const cycles = int(a.number('shapes', i, 'cycles'));
    const share = Math.round(100 * a.number('shapes', i, 'utilization'));
    return share < 50 ? cycles : `${cycles} (${share} %${shape[0] === 64 ? ' of peak' : ''})`;
  },
}));

const BENCH_SHAPES = ['4x4x4', '8x8x8', '12x12x12', '16x16x8', '16x16x16', '64x64x64', '17x33x65', '1x512x512', '100x10x784'] as const;
const benchChips = (['4x4', '8x8', '16x16'] as const).flatMap((array) => tableFigures(PAGE, 'Bench chips', [{
  row: [`\`gemm-${array}\``], of: verb('bench', 'gemm', '--config', `configs/bench/gemm-${array}.toml`, '--shapes', BENCH_SHAPES.join(',')),
}], Object.fromEntries(BENCH_SHAPES.map((shape, i) => [shape.replaceAll('x', '×'), (a: Answer) => int(a.number('shapes', i, 'cycles'))]))));

const benchLayers = verb('bench', 'layers');
const NETWORK_ROWS = {
  resnet8: '`resnet8`: ResNet-8, 32×32×3', dscnn: '`dscnn`: DS-CNN, 49×10, 64 channels', mobilenet025: '`mobilenet025`: MobileNetV1 × 0.25, 96×96×3',
  ad01: '`ad01`: autoencoder 640-128-…-8-…-640, batch 1',
};
const layers = Object.entries(NETWORK_ROWS).flatMap(([name, row]) => tableFigures(PAGE, 'Layers of networks', [{ row: [row], of: benchLayers }], {
  cycles: (a) => int(a.item('networks', 'name', name).number('cycles')),
  ideal: (a) => int(Math.ceil(a.item('networks', 'name', name).number('idealCycles'))),
  utilization: (a) => `${(100 * a.item('networks', 'name', name).number('utilization')).toFixed(1)} %`,
}));

const slowMemory = textFigures(PAGE, '`gemm-16x16` takes {cycles} cycles for 64×64×64',
  verb('bench', 'gemm', '--config', 'configs/bench/gemm-16x16.toml', '--latency', '200', '--shapes', '64x64x64'), { cycles: (a) => int(a.number('shapes', 0, 'cycles')) });

export const firstSweep = measurement('npm run explore -- configs/sweeps/first.toml', (context) =>
  systole(context, ['explore', 'configs/sweeps/first.toml', '--out', join(context.out, 'first')]).answer);
const board = verb('fpga', '--board', 'icebreaker', '--out', 'build/figures/fpga');
const area = [
  ...CHIPS.flatMap((chip) => tableFigures(PAGE, 'Area', [{ row: [code(chip)], of: firstSweep }], {
    LUT: (a) => int(a.item('points', 'name', chip).number('cells', 'lut')),
    FF: (a) => int(a.item('points', 'name', chip).number('cells', 'ff')),
    DSP: (a) => int(a.item('points', 'name', chip).number('cells', 'dsp')),
    BRAM: (a) => String(a.item('points', 'name', chip).number('cells', 'bram')),
  })),
  ...textFigures(PAGE, '{cells} of 5,280 logic cells, {dsp} of 8 DSP blocks, {bram} of 30 block RAMs, {spram} of 4 SPRAMs, {clock} MHz for a 12 MHz clock', board, {
    cells: (a) => int(a.number('cells', 'logicCells')), dsp: (a) => int(a.number('cells', 'dsp')),
    bram: (a) => int(a.number('cells', 'bram')), spram: (a) => int(a.number('cells', 'spram')), clock: (a) => mega(a.number('fmaxHz')),
  }),
  ...textFigures(PAGE, 'a bitstream of {bytes} bytes', board, { bytes: (a) => int(a.number('bitstreamBytes')) }),
];

const mega = (value: number): string => (value / 1e6).toFixed(1);
const benchCore = verb('bench', 'core');
const KERNELS: Readonly<Record<string, string>> = {
  crc32: '`crc32`, 256 bytes by table', float: '`float`, 16 steps of soft-float +, ·, ÷', list: '`list`, 100 nodes reversed and added up',
  matmul: '`matmul`, 12×12 of 16-bit integers', memcpy: '`memcpy`, 1024 bytes', sort: '`sort`, heap sort of 128 numbers',
  state: '`state`, state machine over 520 characters', strlen: '`strlen`, 1000 characters',
};
const span = (a: Answer): string => {
  const [min, max] = [a.number('min'), a.number('max')];
  return min === max ? String(min) : `${min}–${max}`;
};
const inCore = (core: string, text: (a: Answer) => string) => (a: Answer): string => text(a.item('cores', 'name', core));
const forCores = (text: (a: Answer) => string): Record<string, (a: Answer) => string> =>
  Object.fromEntries(CORES.map((core) => [code(core), inCore(core, text)]));
const kernels = [
  ...Object.entries(KERNELS).flatMap(([kernel, title]) => tableFigures(PAGE, 'Kernels', [{ row: [title], of: benchCore }], forCores((core) => {
    const k = core.item('kernels', 'name', kernel);
    return `${int(k.number('cycles'))} (${k.number('ipc').toFixed(2)})`;
  }))),
  ...tableFigures(PAGE, 'Kernels', [{ row: ['interrupt, to the handler'], of: benchCore }], forCores((core) => span(core.at('interrupt', 'entry')))),
  ...tableFigures(PAGE, 'Kernels', [{ row: ['interrupt, back'], of: benchCore }], forCores((core) => span(core.at('interrupt', 'return')))),
];

type Core = typeof CORES[number];

/** The flags of the table's rows, by the words that stand there. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  searched: COREMARK_FLAGS,
  'Hazard3\'s': '-O3 -g -mbranch-cost=1 -funroll-all-loops --param max-inline-insns-auto=200 -finline-limit=10000 -fno-code-hoisting -fno-if-conversion2'.split(' '),
  ordinary: '-O3 -funroll-all-loops -fno-common -finline-functions -finline-limit=1000 -fselective-scheduling'.split(' '),
  '`-O3` alone': ['-O3'],
  '`-O2` alone': ['-O2'],
};
/** The instruction sets of the tables' rows. */
const MARCH: Readonly<Record<string, string>> = {
  'RV32IM, Zba, Zbb, Zbs': 'rv32im_zicsr_zba_zbb_zbs', 'RV32IM, Zba, Zbb': 'rv32im_zicsr_zba_zbb', 'RV32IMC, Zba, Zbb, Zbs': 'rv32imc_zicsr_zba_zbb_zbs',
  'RV32IM, Zba, Zbs': 'rv32im_zicsr_zba_zbs', 'RV32IMC, Zba, Zbs': 'rv32imc_zicsr_zba_zbs', RV32IM: 'rv32im_zicsr', RV32IMC: 'rv32imc_zicsr', RV32I: 'rv32i_zicsr',
};

const built = (out: string, source: string, core: Core, isa: string, flags: string, iterations?: number): string => buildCoremark({
  source, isa: corePreset(core).isa, march: MARCH[isa], flags: FLAGS[flags], out: join(out, `${core}-${MARCH[isa]}-${flags.replace(/\W+/g, '')}-${iterations ?? ''}.elf`),
  ...(iterations === undefined ? {} : { iterations }),
});

const coremarkRuns = ([
  ['fast', 'RV32IM, Zba, Zbb, Zbs', 'searched'], ['fast', 'RV32IMC, Zba, Zbb, Zbs', 'searched'], ['fast', 'RV32IM, Zba, Zbb, Zbs', 'Hazard3\'s'],
  ['fast', 'RV32IM, Zba, Zbb, Zbs', 'ordinary'], ['fast', 'RV32IM, Zba, Zbb, Zbs', '`-O3` alone'], ['fast', 'RV32IM, Zba, Zbb, Zbs', '`-O2` alone'],
  ['clocked', 'RV32IM, Zba, Zbs', 'searched'], ['balanced', 'RV32IM', 'searched'], ['small', 'RV32I', 'searched'],
] as const).map(([core, isa, flags]) => {
  const of = measurement(`npm run bench -- core --core ${core} --elf coremark.elf (${isa}, ${flags})`, (context) =>
    systole(context, ['bench', 'core', '--core', core, '--elf', built(context.out, folderOf(context, 'coremark'), core, isa, flags)]).answer, ['coremark']);
  return { core, isa, flags, of };
});
const coremarkOf = (core: Core, isa: string, flags: string): Measurement<Answer> => {
  const found = coremarkRuns.find((run) => run.core === core && run.isa === isa && run.flags === flags);
  if (found === undefined) throw new Error(`no CoreMark of ${core}, ${isa}, ${flags}`);
  return found.of;
};
const cyclesPerIteration = (a: Answer): number => a.number('program', 'coremark', 'cyclesPerIteration');
const coremarkPerMhz = (a: Answer): number => a.number('program', 'coremark', 'coremarkPerMhz');

/** Multiplications between the begin and the end of CoreMark with so many iterations. */
function multiplications(file: string): number {
  const { isa: { zicntr: _zicntr, ...isa } } = corePreset('balanced');
  const model = new GoldenModel({ isa, ramBytes: 1024 * 1024 });
  model.load(readElf(file));
  let count = 0;
  while (model.exit === undefined) {
    const event = model.step();
    if (event.kind === 'retired' && disassemble(event.word).startsWith('mul')) count++;
  }
  return count;
}
const multiplicationsEach = measurement('multiplications that the golden model retires in CoreMark of 3 iterations, less those of 2', (context) => {
  const [two, three] = [2, 3].map((n) => multiplications(built(context.out, folderOf(context, 'coremark'), 'balanced', 'RV32IM', 'searched', n)));
  return three - two;
}, ['coremark']);

const coremark = [
  ...coremarkRuns.flatMap(({ core, isa, flags, of }) => tableFigures(PAGE, 'CoreMark', [{ row: [code(core), isa, flags], of }], {
    'cycles per iteration': (a) => int(cyclesPerIteration(a)), 'CoreMark/MHz': (a) => coremarkPerMhz(a).toFixed(3),
  })),
  ...textFigures(PAGE, 'a cycle: {n} multiplications an iteration', multiplicationsEach, { n: int }),
  ...textFigures(PAGE, 'With 16-bit instructions the same code takes {n} cycles more',
    both(coremarkOf('fast', 'RV32IM, Zba, Zbb, Zbs', 'searched'), coremarkOf('fast', 'RV32IMC, Zba, Zbb, Zbs', 'searched')),
    { n: ([without, with16]) => int(100 * Math.round((cyclesPerIteration(with16) - cyclesPerIteration(without)) / 100)) }),
];

const suite = (option: 'embench' | 'dhrystone', core: Core, isa: string, flags: string): Measurement<Answer> => {
  const args = ['bench', 'core', '--core', core, '--march', MARCH[isa], `--flags=${flags.replaceAll('`', '')}`];
  return measurement(`npm run ${args[0]} -- ${args.slice(1).join(' ')} --${option} DIR`, (context) =>
    systole(context, [...args, `--${option}`, folderOf(context, option)]).answer.at(option), [option]);
};
const suites = [
  ...([
    ['fast', 'RV32IM, Zba, Zbb, Zbs'], ['fast', 'RV32IM, Zba, Zbb'], ['fast', 'RV32IMC, Zba, Zbb, Zbs'], ['clocked', 'RV32IMC, Zba, Zbs'],
    ['balanced', 'RV32IMC'], ['small', 'RV32I'],
  ] as const).flatMap(([core, isa]) => tableFigures(PAGE, 'Embench', [{ row: [code(core), isa, '`-O2`'], of: suite('embench', core, isa, '`-O2`') }], {
    'Embench: right': (a) => `${a.list('programs').length} of ${a.list('programs').length + a.list('failed').length}`,
    'geometric mean': (a) => a.number('geometricMean').toFixed(3),
    deviation: (a) => a.number('geometricDeviation').toFixed(2),
  })),
  ...([
    ['fast', 'RV32IM, Zba, Zbb, Zbs', '`-O3`'], ['fast', 'RV32IM, Zba, Zbb, Zbs', '`-O2 -fno-inline`'], ['fast', 'RV32IMC, Zba, Zbb, Zbs', '`-O2 -fno-inline`'],
    ['clocked', 'RV32IMC, Zba, Zbs', '`-O2 -fno-inline`'], ['balanced', 'RV32IMC', '`-O2 -fno-inline`'], ['small', 'RV32I', '`-O2 -fno-inline`'],
  ] as const).flatMap(([core, isa, flags]) => tableFigures(PAGE, 'Embench', [{ row: [code(core), isa, flags], of: suite('dhrystone', core, isa, flags) }], {
    'Dhrystone: cycles a run': (a) => a.number('cyclesPerRun').toFixed(1),
    'DMIPS/MHz': (a) => a.number('dmipsPerMhz').toFixed(3),
  })),
];

const enginesRun = verb('bench', 'core', '--engines');
const engines = CORES.flatMap((core) => {
  const of = { row: [code(core)], of: enginesRun };
  const speed = (engine: string) => inCore(core, (a) => mega(a.number('engines', engine, 'cyclesPerSecond')));
  return [
    ...tableFigures(PAGE, 'Engines', [of], { '`wasm`': speed('wasm'), '`verilator`': speed('verilator') }, noisy(0.75)),
    ...tableFigures(PAGE, 'Engines', [of], { ratio: inCore(core, (a) => a.number('engines', 'ratio').toFixed(1)) }, noisy(0.5)),
  ];
});

/** The core of a configuration that the presets do not have. */
const withC = measurement('npm run bench -- core --config F --fpga --seeds 5, F being configs/nano.toml with c = true in [core]', (context) => {
  const file = join(context.out, 'nano-c.toml');
  mkdirSync(context.out, { recursive: true });
  writeFileSync(file, '[chip]\nname = "nano-c"\n[bus]\nbytes = 4\n[core]\npreset = "small"\nc = true\n[tensor]\nrows = 4\ncolumns = 4\nscratchpad = "4 KiB"\naccumulators = "4 KiB"\n');
  return systole(context, ['bench', 'core', '--config', file, '--fpga', '--seeds', '5']).answer;
});
const onFpga = (core: Core): Measurement<Answer> => verb('bench', 'core', '--core', core, '--fpga', '--seeds', '5');
const clockedFpga = onFpga('clocked');
const clocks = (a: Answer): string => {
  const each = a.list('fpga', 'clocks').map((c) => mega(c.number('fmaxHz')));
  if (each.length === 0) return '';
  return `${mega(a.number('fpga', 'fmaxHz'))} MHz${each.length === 1 ? '' : ` (${each.join(', ')})`}`;
};
const fpga = [
  ...tableFigures(PAGE, 'FPGA', [
    { row: ['`small`, RV32I + CV-X-IF'], of: onFpga('small') },
    { row: ['`small` with C, RV32IC + CV-X-IF'], of: withC },
    { row: ['`balanced`, RV32IMC'], of: onFpga('balanced') },
    { row: ['`clocked`, RV32IMC, Zba, Zbs'], of: clockedFpga },
    { row: ['`fast`, RV32IMC, Zba, Zbb, Zbs'], of: onFpga('fast') },
  ], {
    LUT4: (a) => int(a.number('fpga', 'cells', 'lut')),
    'flip-flops': (a) => int(a.number('fpga', 'cells', 'ff')),
    'logic cells': (a) => int(a.number('fpga', 'cells', 'logicCells')),
    'with memory, HX8K': (a) => `${int(a.number('fpga', 'system', 'cells', 'logicCells'))}${a.list('fpga', 'clocks').length === 0 ? ', does not fit' : ''}`,
    clock: clocks,
  }),
  ...textFigures(PAGE, 'on HX8K, `clocked`: {score} × {clock} = {product}', both(coremarkOf('clocked', 'RV32IM, Zba, Zbs', 'searched'), clockedFpga), {
    score: ([c]) => coremarkPerMhz(c).toFixed(3),
    clock: ([, f]) => mega(f.number('fpga', 'fmaxHz')),
    product: ([c, f]) => (coremarkPerMhz(c) * f.number('fpga', 'fmaxHz') / 1e6).toFixed(0),
  }),
];

const optionsSweep = measurement('npm run explore -- configs/sweeps/tensor-options.toml', (context) =>
  systole(context, ['explore', 'configs/sweeps/tensor-options.toml', '--out', join(context.out, 'options')]).answer);
const tensorOptions = ['edge', 'pipelineEvery = 2', 'pipelineEvery = 4', 'hazardBlocks = 16', 'queueDepth = 2', 'instructionPrefetch',
  'convolution = false', 'doubleRounding = false', 'elementwise = false', 'table = false',
  'maximum = false', 'depthwiseTaps = 0', 'matrixVector = false', 'scatter = true']
  .flatMap((name) => tableFigures(PAGE, 'Options of the tensor unit', [{ row: [code(name)], of: optionsSweep }], {
    'cycles of one digit': (a) => int(a.item('points', 'name', name).number('cycles')),
    LUT: (a) => int(a.item('points', 'name', name).number('cells', 'lut')),
    FF: (a) => int(a.item('points', 'name', name).number('cells', 'ff')),
  }));

const generated = textFigures(PAGE, 'for `base`: {n} modules', verb('gen', '--out', 'build/figures/base'), { n: (a) => int(a.number('counts', 'modules')) }, EXACT);

export const PERFORMANCE: readonly Figure[] = [
  ...digits, ...accuracy, ...products, ...benchChips, ...layers, ...slowMemory, ...area, ...tensorOptions,
  ...kernels, ...coremark, ...suites, ...engines, ...fpga, ...generated,
];
