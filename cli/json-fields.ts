// The names in what `--json` prints: one table for all verbs, from which `docs/json.md` is made. A name means the same wherever it
// stands, and what is not there is left out: nothing is null.
// Must not know: verbs' work.
import { CONFIG_KEYS } from '../hw/soc/config-keys.ts';
import type { KeyTable } from '../hw/soc/config-keys.ts';

/** `map`: an object whose keys are names from elsewhere. */
export type FieldKind = 'count' | 'number' | 'share' | 'text' | 'flag' | 'list' | 'object' | 'map';

export interface Field {
  readonly kind: FieldKind;
  readonly meaning: string;
}

const field = (kind: FieldKind, meaning: string): Field => ({ kind, meaning });

export const JSON_FIELDS = {
  verb: field('text', 'what printed the object, such as `bench gemm`'),
  version: field('text', 'of Systole'),
  config: field('object', 'the chip: its whole configuration, checked, defaults filled in; see below'),
  engine: field('text', 'what executed: `wasm`, `verilator`, `model`'),
  seconds: field('number', 'of this computer, for the work itself'),
  files: field('list', 'paths of what was written'),
  error: field('text', 'why a point of a sweep was not measured'),
  name: field('text', 'of a layer, kernel, core, sweep or point'),

  elf: field('text', 'path of the program that ran'),
  exit: field('count', '0: the program passed; n: test n failed. Left out: it did not end'),
  exitReason: field('text', 'what n means, where the program says it (docs/firmware.md)'),
  stopped: field('text', '`tohost`: the program ended; `limit`: not within `--max-cycles`; `stuck`: its trap handler traps; `hang`: it waits for ever; `killed`: by a debugger'),
  crash: field('object', 'where and why a program went wrong: docs/simulation.md'),
  reason: field('text', '`stuck`, `failed`, `limit`, `hang`'),
  pc: field('count', 'address of the instruction'),
  cause: field('count', 'number of the exception'),
  causeName: field('text', 'its name'),
  tval: field('count', 'what the exception tells besides: an address, an instruction'),
  symbol: field('text', 'nearest symbol before `pc`'),
  offset: field('count', 'bytes from it'),

  cycles: field('number', 'clock cycles of the simulated chip; of a kernel, the mean of its calls. Engine `model` has none'),
  instructions: field('number', 'instructions retired; of a kernel, the mean of its calls'),
  ipc: field('number', 'instructions per cycle'),
  cyclesPerSecond: field('number', 'simulated cycles per second of this computer. Engine `model` has none'),
  instructionsPerSecond: field('number', 'the same in instructions, for engine `model`'),

  model: field('text', 'path of the GGUF file'),
  images: field('count', 'digits shown'),
  split: field('object', 'which digits: docs/performance.md'),
  heldOut: field('count', 'of them, held out of Systole\'s own training'),
  training: field('count', 'of them, digits that Systole trains on'),
  trainedOn: field('text', 'whether the model was trained on some of the images: `none`, `some`, `unknown` (of every model but the one that comes with Systole)'),
  correct: field('count', 'digits recognised by the chip'),
  accuracy: field('share', 'of the digits recognised by the chip'),
  floatAccuracy: field('share', 'of the digits recognised by the network in floating point'),
  agreement: field('share', 'of the digits for which both choose the same'),
  batch: field('count', 'items in one run of the program'),
  cyclesPerImage: field('number', 'clock cycles for one digit'),
  macs: field('count', 'multiply-accumulates'),
  utilization: field('share', 'multiply-accumulates done, of those that the mesh could have done in `cycles`'),
  estimatedCycles: field('number', 'clock cycles by the cycle model, or of a serial unit by the compiler\'s cost model'),
  estimatedUtilization: field('share', 'the same as `utilization`, with `estimatedCycles`'),
  idealCycles: field('number', 'clock cycles of a mesh that never waits'),
  epochs: field('count', 'passes over the training digits'),
  seed: field('count', 'of a training or a placement'),

  programBytes: field('count', 'RAM that the program takes, data and buffers included'),
  codeBytes: field('count', 'of it, instructions'),
  commands: field('count', 'tensor instructions that a run executes'),
  layers: field('list', 'of the network, in order'),
  movedBytes: field('count', 'to and from main memory'),
  tiles: field('count', 'weight tiles of the mesh'),
  residency: field('text', 'what stays on the chip and what streams'),
  rowsPerChunk: field('count', 'rows of the batch that are computed at a time'),
  tilesPerBlock: field('count', 'tiles that are loaded together'),
  groupsPerStep: field('count', 'groups of columns that are computed together'),
  symbols: field('map', 'addresses by symbol'),

  networks: field('list', 'what `bench layers` measured'),
  operation: field('text', 'of a layer: `conv`, `depthwise`, `dense`, `averagePool`, `add`'),
  shape: field('text', 'of a layer: what goes in and what comes out'),
  bytes: field('count', 'of a layer by itself, to and from main memory'),
  bound: field('text', 'what has most to do: `mesh`, `bus`, `vector`, `core`'),
  busyCycles: field('count', 'clock cycles that this is busy at least'),
  result: field('text', 'what products store: `int8`, `int32`'),
  shapes: field('list', 'the products: [M,K] · [K,N]'),
  m: field('count', 'rows of the first operand'),
  n: field('count', 'columns of the second'),
  k: field('count', 'columns of the first and rows of the second'),

  cores: field('list', 'the cores measured; the figures of a single one stand beside it too'),
  march: field('text', 'what the compiler is told of the core: `-march`'),
  kernels: field('list', 'docs/performance.md'),
  interrupt: field('object', 'cycles from the line\'s rise to the handler, and back'),
  entry: field('object', 'to the handler'),
  return: field('object', 'and back'),
  min: field('count', 'the fewest'),
  max: field('count', 'the most'),
  program: field('object', 'the run of `--elf`'),
  coremark: field('object', 'what CoreMark reports'),
  iterations: field('count', 'of CoreMark'),
  ticks: field('count', 'clock cycles of all of them'),
  cyclesPerIteration: field('number', 'clock cycles of one'),
  coremarkPerMhz: field('number', 'the score'),
  isValid: field('flag', 'of CoreMark and Dhrystone: the run is right, and one from which scores are quoted'),
  faults: field('list', 'why it is not'),
  compiler: field('text', 'that the program says it was compiled with'),
  flags: field('text', 'and how'),
  embench: field('object', 'the run of `--embench`'),
  programs: field('list', 'of Embench, those that are right'),
  failed: field('list', 'of Embench, those that are not'),
  fault: field('text', 'why'),
  geometricMean: field('number', 'of the ratios; left out where no program ran'),
  geometricDeviation: field('number', 'their geometric standard deviation'),
  dhrystone: field('object', 'the run of `--dhrystone`'),
  runs: field('count', 'of Dhrystone'),
  cyclesPerRun: field('number', 'clock cycles of one'),
  dmipsPerMhz: field('number', 'the score'),
  engines: field('object', 'the same program on both cycle-accurate engines'),
  wasm: field('object', 'engine `wasm`'),
  verilator: field('object', 'engine `verilator`'),
  ratio: field('number', 'cycles per second of `wasm` by those of `verilator`; of a program of Embench, how many times as fast as the suite\'s reference'),
  fpga: field('object', 'the core on an iCE40'),
  system: field('object', 'the core with memory on an HX8K'),
  clocks: field('list', 'one of each placement'),

  constructs: field('list', 'of the hardware language, a large design of each'),
  size: field('count', 'of the design, in `unit`'),
  unit: field('text', 'what is counted: `operations`, `elements`'),
  elaborateSeconds: field('number', 'of this computer, to describe and check the design'),
  printSeconds: field('number', 'the same to print it as SystemVerilog'),
  compileSeconds: field('number', 'the same to compile it for engine `wasm`'),
  ratioToHalf: field('number', 'the three together, by those at half the size'),

  top: field('text', 'the outermost module'),
  counts: field('object', 'sums over the design'),
  modules: field('count', 'different modules'),
  instances: field('count', 'modules as often as they occur'),
  registerBits: field('count', 'in registers'),
  memoryBits: field('count', 'in memories'),

  sources: field('map', 'SystemVerilog, and what it reads, by file'),
  dump: field('text', 'the modules as a pass has left them: docs/language.md'),

  board: field('text', 'docs/fpga.md'),
  cells: field('object', 'of the netlist, by kind'),
  total: field('count', 'cells of every kind'),
  lut: field('count', 'look-up tables'),
  ff: field('count', 'flip-flops'),
  carry: field('count', 'carry cells'),
  dsp: field('count', 'DSP cells'),
  bram: field('number', 'block RAMs, of 36 Kbit in a sweep, of 4 Kbit on an iCE40'),
  spram: field('count', 'single-port RAMs of 32 KiB'),
  logicCells: field('count', 'after packing: a look-up table, a carry and a flip-flop each'),
  types: field('map', 'cells by type of the vendor'),
  fmaxHz: field('number', 'highest clock that place and route found to work'),
  clockHz: field('number', 'clock that was asked for'),
  bitstream: field('text', 'path of the bitstream'),
  bitstreamBytes: field('count', 'its size'),
  loaderBytes: field('count', 'what is sent to a board that waits for a program'),
  baud: field('count', 'at this speed'),

  workload: field('object', 'what every chip of a sweep did'),
  synthesis: field('text', 'the tool that counted cells'),
  objectives: field('map', 'of a sweep: formulas by name; of a point: values, where a formula has one'),
  plot: field('object', 'what the page plots'),
  x: field('text', 'along the bottom'),
  y: field('text', 'upwards'),
  points: field('list', 'the chips of a sweep'),
  onFront: field('flag', 'no other chip is better in one of the plot\'s quantities without being worse in the other'),
  key: field('text', 'hash under which the result is stored'),
  reusedPoints: field('count', 'how many were measured by an earlier run'),
  left: field('count', 'how many were not, because the sweep was interrupted'),
  failedPoints: field('count', 'how many could not be measured'),
} as const satisfies Readonly<Record<string, Field>>;

/** What a verb hands over: names from the table; what is undefined is left out. */
export type VerbJson = { readonly [Name in keyof typeof JSON_FIELDS]?: unknown };

/** Where a name in `config` is not that of the configuration file's key: parts and units are in the names. */
export const CONFIG_NAMES: Readonly<Record<string, string>> = {
  name: 'chip.name',
  file: 'where it was read from',
  'soc.clockHz': 'soc.clock',
  'soc.instructionCacheBytes': 'soc.instructionCache',
  'soc.instructionLineBytes': 'soc.instructionCacheLine',
  'soc.cacheableBytes': 'soc.cacheable',
  'soc.dataCacheBytes': 'soc.dataCache',
  'soc.dataLineBytes': 'soc.dataCacheLine',
  'soc.dataCacheableBytes': 'soc.cacheable, and no more than the RAM',
  'core.isa.m': 'core.m',
  'core.isa.c': 'core.c',
  'core.isa.zba': 'core.zba',
  'core.isa.zbb': 'core.zbb',
  'core.isa.zbs': 'core.zbs',
  'core.isa.zicntr': 'core.zicntr',
  'core.bootAddress': 'first instruction after reset',
  'core.xif': 'whether the core has the extension interface',
  'tensor.scratchpadRows': 'tensor.scratchpad, in rows of `tensor.rows` bytes',
  'tensor.accumulatorRows': 'tensor.accumulators, in rows of 4 · `tensor.columns` bytes',
  'tensor.busBytes': 'bus.bytes',
  'tensor.idBits': 'bus.idBits',
  'simulation.ramBytes': 'simulation.ram',
  'simulation.latencyCycles': 'simulation.latency',
};

/** Whether a value stands in `config` under the name of its key in the file. */
export function isConfigKey(path: string): boolean {
  const [section, key, ...rest] = path.split('.');
  const tables: Readonly<Record<string, KeyTable>> = CONFIG_KEYS;
  return rest.length === 0 && Object.hasOwn(tables, section) && Object.hasOwn(tables[section], key);
}

const KINDS: Readonly<Record<FieldKind, string>> = {
  count: 'whole number', number: 'number', share: 'number, 0 to 1', text: 'text', flag: 'true or false', list: 'list', object: 'object', map: 'object by name',
};

/** Markdown: `docs/json.md` is this text; a test compares. */
export function jsonManual(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  return [
    '# What `--json` prints',
    '',
    'One object on stdout and nothing else there. stderr has what a program under test prints on its UART, why it failed, warnings, errors, and no',
    'progress. Exit status: 0, done; 1, the simulated program or a point of a sweep failed (the object is there all the same); 2, bad input (one line on',
    'stderr, no object).',
    '',
    'A name means the same in every verb. **What there is not is left out**: `cycles` where the engine has no time, `exit` where the program did not end. Nothing',
    'is `null`. Every object begins with `verb` and `version`, and holds the configuration of the chip, where there is one.',
    '',
    '```',
    'npx systole mnist --images 2 --json',
    'npx systole bench gemm --shapes 64x64x64 --config edge --json',
    '```',
    '',
    '| name | value | meaning |',
    '|---|---|---|',
    ...Object.entries<Field>(JSON_FIELDS).map(([name, { kind, meaning }]) => `| \`${name}\` | ${KINDS[kind]} | ${cell(meaning)} |`),
    '',
    '## `config`',
    '',
    'Sections and keys of [configuration.md](configuration.md), each with the value that holds, sizes in bytes, the clock in Hz. In `bench core` of a preset: the',
    'section `core` alone. Names that differ from the file\'s:',
    '',
    '| name | in the file |',
    '|---|---|',
    ...Object.entries(CONFIG_NAMES).map(([name, meaning]) => `| \`config.${name}\` | ${cell(meaning)} |`),
    '',
  ].join('\n');
}
