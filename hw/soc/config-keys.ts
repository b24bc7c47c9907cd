/**
 * The keys of a chip's configuration file as data: kind, range, default, meaning. The reader, the error messages and the
 * documentation are made from this table. Must not know files nor how values are written.
 */
import { isPowerOfTwo, powerOfTwoAtLeast } from '../lib/power-of-two.ts';
import type { Dimension } from './formula.ts';

/** A default that follows other keys, so that no rule between keys is broken by one that the user did not write. */
export interface Derived<T> {
  /** For the manual. */
  readonly text: string;
  /** @param value of a key, by its path */
  readonly from: (value: (path: string) => number | string | boolean) => T;
}

interface NumberKey {
  readonly kind: Dimension;
  readonly min: number;
  readonly max: number;
  readonly powerOfTwo?: boolean;
  /** Also allowed, besides the range: the part is left out. */
  readonly orZero?: boolean;
  /** Number in base units (bytes, Hz). */
  readonly default?: number | typeof PRESET | Derived<number>;
  readonly summary: string;
}
interface FlagKey {
  readonly kind: 'flag';
  readonly default?: boolean | typeof PRESET | Derived<boolean>;
  readonly summary: string;
}
interface ChoiceKey {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default?: string | typeof PRESET | Derived<string>;
  readonly summary: string;
}
interface TextKey {
  readonly kind: 'text';
  /** What the whole text must look like, and that in words. */
  readonly pattern: RegExp;
  readonly wanted: string;
  readonly default?: string;
  readonly summary: string;
}
export type Key = NumberKey | FlagKey | ChoiceKey | TextKey;
export type KeyTable = Readonly<Record<string, Key>>;

/** What a table of keys reads as. */
export type Values<T extends KeyTable> = {
  readonly [K in keyof T]: T[K] extends FlagKey
    ? boolean
    : T[K] extends { readonly choices: readonly (infer C)[] }
      ? C
      : T[K] extends TextKey
        ? string
        : number;
};

/** The default comes from the preset that the section names. */
export const PRESET = Symbol('preset');

const isSerial = (value: (path: string) => number | string | boolean): boolean => value('tensor.overlap') === 'serial';

/** `usual`, or what a serial unit alone can have. */
const unlessSerial = <T extends number | string | boolean>(usual: T, serial: T): Derived<T> => ({
  text: `${String(usual)}; ${String(serial)} in a serial unit`, from: (value) => (isSerial(value) ? serial : usual),
});

/** `usual` where there are convolutions, without which it cannot be. */
const withConvolution = <T extends number | boolean>(usual: T, without: T): Derived<T> => ({
  text: `${String(usual)}; ${String(without)} without \`convolution\``, from: (value) => (value('tensor.convolution') === true ? usual : without),
});

/** As many banks as there may be, up to `most`: the rows of each are a power of two. */
const banks = (most: number, rows: string, rowsOf: (value: (path: string) => number) => number): Derived<number> => ({
  text: `${most}, or fewer where ${rows} are not so many times a power of two; 1 in a serial unit`,
  from: (value) => {
    const perBank = (count: number): number => rowsOf(value as (path: string) => number) / count;
    for (let count = isSerial(value) ? 1 : most; count > 1; count /= 2) {
      if (perBank(count) >= 2 && isPowerOfTwo(perBank(count))) return count;
    }
    return 1;
  },
});

const scratchpadRows = (value: (path: string) => number): number => value('tensor.scratchpad') / value('tensor.rows');
const accumulatorRows = (value: (path: string) => number): number => value('tensor.accumulators') / (4 * value('tensor.columns'));

const MOST_LANES = 128;
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const lanes: Derived<number> = {
  text: `\`gcd(rows, columns, channels / 2, ${MOST_LANES})\`; 1 in a serial unit or with an iterative requantiser`,
  from: (value) => value('tensor.requantiser') === 'iterative' || isSerial(value) ? 1
    : [1, 1, 1 / 2].map((share, i) => share * (value(`tensor.${['rows', 'columns', 'channels'][i]}`) as number)).reduce(gcd, MOST_LANES),
};

const MOST_BLOCKS = 65536;
const blocks: Derived<number> = {
  text: 'one for each row of the scratchpad',
  from: (value) => Math.min(MOST_BLOCKS, powerOfTwoAtLeast(scratchpadRows(value as (path: string) => number))),
};

const USUAL_TAPS = 3;
const taps: Derived<number> = {
  text: `${USUAL_TAPS}, or \`rows\` or \`columns\` where that is less; 0 without \`convolution\``,
  from: (value) => (value('tensor.convolution') === true ? Math.min(USUAL_TAPS, Number(value('tensor.rows')), Number(value('tensor.columns'))) : 0),
};

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Sections of the file and their keys. A key without default must be given. */
export const CONFIG_KEYS = {
  chip: {
    name: {
      kind: 'text', pattern: /^[\p{L}\p{N}][\p{L}\p{N} ._+-]{0,59}$/u, wanted: 'at most 60 letters, digits, spaces and . _ + -, a letter or digit first',
      summary: 'name of the chip in reports and files',
    },
  },
  soc: {
    clock: { kind: 'frequency', min: 1e3, max: 1e10, default: 100e6, summary: 'clock, for times in reports and the UART of boards' },
    instructionCache: { kind: 'size', min: 64, max: 64 * KIB, powerOfTwo: true, orZero: true, default: 4 * KIB, summary: 'bytes of the instruction cache; 0: none' },
    instructionCacheLine: {
      kind: 'size', min: 4, max: 256, powerOfTwo: true, orZero: true, default: 0, summary: 'bytes that it fetches as one burst; 0: one beat of the bus',
    },
    instructionPrefetch: { kind: 'flag', default: false, summary: 'the instruction cache fetches the line behind the newest one before it is asked for' },
    dataCache: { kind: 'size', min: 64, max: 64 * KIB, powerOfTwo: true, orZero: true, default: 0, summary: 'bytes of the data cache; 0: none' },
    dataCacheLine: {
      kind: 'size', min: 4, max: 256, powerOfTwo: true, orZero: true, default: 0, summary: 'bytes that it fetches as one burst; 0: 32, or one beat if that is more',
    },
    cacheable: {
      kind: 'size', min: 64 * KIB, max: 2 * GIB, powerOfTwo: true, default: 2 * GIB,
      summary: 'bytes of RAM, from its base, that caches may hold (the data cache no more than `simulation.ram`); fewer make smaller tags, the rest is not cached',
    },
    uartQueue: { kind: 'count', min: 1, max: 64, default: 4, summary: 'received bytes that the UART holds' },
  },
  bus: {
    bytes: { kind: 'count', min: 4, max: 64, powerOfTwo: true, summary: 'bytes of one beat on the memory bus' },
    idBits: { kind: 'count', min: 1, max: 8, default: 2, summary: 'bits of the tensor unit\'s transaction identifiers' },
  },
  core: {
    preset: { kind: 'choice', choices: ['small', 'balanced', 'clocked', 'fast'], default: 'balanced', summary: 'where the keys below that are not given come from' },
    m: { kind: 'flag', default: PRESET, summary: 'integer multiplication and division' },
    c: { kind: 'flag', default: PRESET, summary: '16-bit instructions' },
    zba: { kind: 'flag', default: PRESET, summary: 'address generation instructions' },
    zbb: { kind: 'flag', default: PRESET, summary: 'basic bit manipulation' },
    zbs: { kind: 'flag', default: PRESET, summary: 'single-bit instructions' },
    zicntr: { kind: 'flag', default: PRESET, summary: 'unprivileged counters cycle, time and instret' },
    stages: { kind: 'count', min: 2, max: 3, default: PRESET, summary: 'pipeline stages: 2 is smallest, 3 overlaps loads and stores' },
    predictorEntries: { kind: 'count', min: 4, max: 4096, powerOfTwo: true, orZero: true, default: PRESET, summary: 'entries of the branch target buffer; 0: no branch prediction' },
    redirect: { kind: 'choice', choices: ['direct', 'registered'], default: PRESET, summary: 'fetch learns of an unexpected jump in the same cycle, or one later for a shorter path' },
    loadBypass: { kind: 'flag', default: PRESET, summary: 'use what a load delivers in the cycle in which it comes; with 3 stages' },
    prefetch: { kind: 'count', min: 1, max: 2, default: PRESET, summary: 'instruction words fetched ahead; 1 needs 2 stages' },
    multiplier: { kind: 'choice', choices: ['single', 'stepped', 'iterative'], default: PRESET, summary: 'one cycle, four, or 32 cycles in the divider\'s registers' },
    shifter: { kind: 'choice', choices: ['barrel', 'serial'], default: PRESET, summary: 'one cycle, or one bit a cycle' },
    registerFile: { kind: 'choice', choices: ['flipflop', 'block'], default: PRESET, summary: 'asynchronous read, or block RAM' },
    counters: { kind: 'flag', default: PRESET, summary: 'mcycle and minstret count' },
    pmpRegions: {
      kind: 'count', min: 4, max: 16, powerOfTwo: true, orZero: true, default: PRESET,
      summary: 'regions of physical memory protection; they bind the core once they are locked, the tensor unit never. 0: none',
    },
    xifOverlap: { kind: 'flag', default: PRESET, summary: 'the core goes on while the extension unit works; a result of tn.fence must then be used before what it guards' },
    xifSplit: { kind: 'flag', default: PRESET, summary: 'the extension unit gets its operands a cycle after the instruction (X_ISSUE_REGISTER_SPLIT), not with it' },
    xifIdBits: { kind: 'count', min: 3, max: 5, default: PRESET, summary: 'bits of the number by which core and extension unit tell instructions apart (X_ID_WIDTH)' },
    trace: { kind: 'flag', default: false, summary: 'outputs of the chip that tell of every retired instruction' },
    debug: { kind: 'flag', default: false, summary: 'inputs of the chip that stop the core and write its registers; not with xifOverlap' },
  },
  tensor: {
    rows: { kind: 'count', min: 2, max: 128, summary: 'rows of the mesh: int8 lanes of a scratchpad row' },
    columns: { kind: 'count', min: 2, max: 128, summary: 'columns of the mesh: int32 lanes of an accumulator row' },
    scratchpad: { kind: 'size', min: 256, max: 8 * MIB, summary: 'bytes of the scratchpad: whole rows of `rows` bytes' },
    accumulators: { kind: 'size', min: 256, max: 2 * MIB, summary: 'bytes of the accumulators: whole rows of 4 * columns bytes, at most 4096' },
    channels: { kind: 'count', min: 16, max: 65536, powerOfTwo: true, default: 1024, summary: 'channel records for requantisation' },
    scratchpadBanks: { kind: 'count', min: 1, max: 16, powerOfTwo: true, default: banks(4, 'the rows of the scratchpad', scratchpadRows), summary: 'independent memories of the scratchpad' },
    accumulatorBanks: { kind: 'count', min: 1, max: 2, default: banks(2, 'the rows of the accumulators', accumulatorRows), summary: 'independent memories of the accumulators' },
    vectorLanes: { kind: 'count', min: 1, max: 128, default: lanes,
      summary: 'elements that the vector stage takes at a time: a power of two that divides rows, columns and channels' },
    requantiser: { kind: 'choice', choices: ['pipelined', 'iterative'], default: unlessSerial('pipelined', 'iterative'), summary: 'a multiplier a lane, or shift and add (one lane)' },
    queueDepth: { kind: 'count', min: 1, max: 16, default: unlessSerial(4, 1), summary: 'commands that each of the four units holds' },
    hazardBlocks: {
      kind: 'count', min: 1, max: MOST_BLOCKS, powerOfTwo: true, default: blocks,
      summary: 'blocks into which hazard tracking divides each memory, or as many as it has rows: commands that share one wait for each other',
    },
    counters: { kind: 'flag', default: unlessSerial(true, false), summary: 'performance counters' },
    convolution: { kind: 'flag', default: unlessSerial(true, false), summary: 'tn.win and tn.dw: convolution without im2col, padding for nothing, depthwise layers' },
    maximum: { kind: 'flag', default: withConvolution(true, false), summary: 'tn.mx: the maximum of products, for maximum pooling; with `convolution` alone' },
    matrixVector: { kind: 'flag', default: unlessSerial(true, false), summary: 'tn.mv: a matrix times a vector in one command' },
    depthwiseTaps: {
      kind: 'count', min: 2, max: 8, orZero: true, default: taps,
      summary: 'tn.dl: multipliers of each of the lanes beside the mesh that add up a line of a depthwise kernel; at most `rows` and `columns`. 0: no lanes',
    },
    doubleRounding: { kind: 'flag', default: unlessSerial(true, false), summary: 'requantisation as gemmlowp rounds it, twice, beside the single rounding; a channel record says which' },
    elementwise: { kind: 'flag', default: unlessSerial(true, false), summary: 'tn.ad and tn.mu: sums and products of two tensors, each with a scale of its own' },
    table: { kind: 'flag', default: unlessSerial(true, false), summary: 'tn.ldt and tn.tb: any function of a byte, by a table of 256 bytes' },
    scatter: {
      kind: 'flag', default: false,
      summary: 'a load spreads long rows over several groups of scratchpad rows (groupRows of tn.arg), and takes several short rows of a beat in a cycle',
    },
    overlap: { kind: 'choice', choices: ['full', 'serial'], default: 'full', summary: 'four units side by side, or one command at a time in a fifth of the area' },
    multiplier: { kind: 'choice', choices: ['generic', 'ice40'], default: 'generic', summary: 'how the mesh multiplies: as written, or in pairs with the iCE40\'s DSP cell' },
    pipelineEvery: {
      kind: 'count', min: 1, max: 16, default: 1,
      summary: 'cells of the mesh, each way, from one register to the next: more is fewer cycles to pass through it, and a longer path; divides rows and columns',
    },
  },
  simulation: {
    ram: { kind: 'size', min: 64 * KIB, max: GIB, powerOfTwo: true, default: 64 * MIB, summary: 'bytes of main memory in simulations' },
    latency: { kind: 'count', min: 1, max: 1000, default: 1, summary: 'cycles from a read request to its first beat in simulations' },
    outstanding: {
      kind: 'count', min: 1, max: 1024, default: 16,
      summary: 'requests that memory holds in each direction in simulations; with fewer than `latency`, single beats cannot come one a cycle',
    },
  },
} as const satisfies Readonly<Record<string, KeyTable>>;

export type Section = keyof typeof CONFIG_KEYS;
export type ConfigValues = { readonly [S in Section]: Values<(typeof CONFIG_KEYS)[S]> };
