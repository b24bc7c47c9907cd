/**
 * A core in its bench beside the golden model, compared at every instruction that retires or traps. The bench logs what the core
 * does; the model follows afterwards, a block of events at a time. It is told what it cannot know: values of time and of interrupt
 * lines, and when an asynchronous interrupt was taken.
 */
import type { CoreConfig } from '../../hw/core/config.ts';
import { CSR, INTERRUPT, MSTATUS } from '../../hw/isa/csr.ts';
import { RISCV } from '../../hw/isa/riscv.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { GoldenModel } from '../../sim/model/golden-model.ts';
import { hartOptions } from '../../sim/model/hart-options.ts';
import type { StepResult } from '../../sim/model/golden-model.ts';
import { AssertionError } from '../../sim/simulator.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { Random } from '../../sw/data/random.ts';
import { LOG_EVENTS, LOG_FLAGS, LOG_WORDS, PACE } from './core-bench.ts';
import { reset } from './core-runner.ts';
import type { RandomProgram } from './random-program.ts';

export interface LockstepOptions {
  /** Interrupt lines go up and down at random. */
  readonly interrupts: boolean;
  /** Of the bench's random numbers. */
  readonly seed: number;
  readonly maxCycles: number;
  /** Delays on the buses, if the bench has any. */
  readonly pace?: keyof typeof PACE;
  /** The timer interrupt is requested from the first of these cycles until the second one, or until the handler takes it away. */
  readonly timer?: readonly [from: number, until: number];
  /** Every so often the branch predictor's memory is filled with anything, which must cost cycles only. */
  readonly poison?: boolean;
}

const CAUSES = 32;

/** What happened in one run or in many. */
export class LockstepCounts {
  events = 0;
  cycles = 0;
  readonly exceptions = new Array<number>(CAUSES).fill(0);
  readonly interrupts = new Array<number>(CAUSES).fill(0);
  fenceI = 0;
  wfi = 0;
  mret = 0;
  compressed = 0;
  /** Jumps and taken branches after which the next instruction came in the next cycle: predicted. */
  quickJumps = 0;
  /** Jumps, taken or not, after which it took two cycles or more. */
  slowJumps = 0;

  get traps(): number {
    return sum(this.exceptions) + sum(this.interrupts);
  }
  get retired(): number {
    return this.events - this.traps;
  }
  add(other: LockstepCounts): void {
    for (const key of ['events', 'cycles', 'fenceI', 'wfi', 'mret', 'compressed', 'quickJumps', 'slowJumps'] as const) this[key] += other[key];
    for (let i = 0; i < CAUSES; i++) {
      this.exceptions[i] += other.exceptions[i];
      this.interrupts[i] += other.interrupts[i];
    }
  }
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const hex = (n: number): string => `0x${(n >>> 0).toString(16).padStart(8, '0')}`;
const addresses = (list: readonly { readonly address: number }[]): ReadonlySet<number> => new Set(list.map((c) => c.address));
const TIMES = addresses([CSR.mcycle, CSR.mcycleh, CSR.cycle, CSR.cycleh, CSR.time, CSR.timeh, CSR.mip]);
/** They read 0 in a core without counters. */
const COUNTERS = addresses([
  CSR.mcycle, CSR.mcycleh, CSR.cycle, CSR.cycleh, CSR.minstret, CSR.minstreth, CSR.instret, CSR.instreth, CSR.mcountinhibit,
]);

/** Interrupts whose time the model cannot know, and where the log tells of their lines. */
const ASYNCHRONOUS = [
  { cause: INTERRUPT.timer, line: 'timer', flag: LOG_FLAGS.timer }, { cause: INTERRUPT.external, line: 'external', flag: LOG_FLAGS.external },
] as const;
/** Instructions that may still retire while an interrupt is pending and enabled: those that have begun. */
const PATIENCE = 4;
const HISTORY = 12;
/** The memory of the branch predictor. */
const PREDICTOR = 'core.fetch.predictor.entries';
/** Between two fillings of the predictor's memory. */
const POISON_CYCLES = 150;
const FETCH_FAULT = 1;

/** Runs a program to its end. Throws at the first event in which core and model differ. */
export function runLockstep(sim: Simulator, config: CoreConfig, program: RandomProgram, options: LockstepOptions): LockstepCounts {
  const log = new EventLog(sim);
  const model = new GoldenModel({
    ...hartOptions(config), ramBytes: program.bytes.length,
    overrideCsr: (address) => {
      if (!config.counters && COUNTERS.has(address)) return 0;
      return TIMES.has(address) ? (log.rdWrite ? log.value : 0) : undefined;
    },
  });
  model.write(RAM_BASE, program.bytes);
  model.pc = config.bootAddress;
  sim.poke('tohostAddress', program.tohost);
  sim.poke('irqRandom', options.interrupts ? 1 : 0);
  sim.poke('seed', options.seed);
  sim.poke('pace', PACE[options.pace ?? 'aQuarter']);
  const [from, until] = options.timer ?? [0, 0];
  sim.poke('timerFrom', from);
  sim.poke('timerUntil', until);
  sim.poke('logRead', 0);
  reset(sim);
  // Not before: the last run may have ended with a store under way.
  sim.memory('ram').write(0, program.bytes);
  // What earlier runs taught it would make this one depend on them.
  if (config.predictorEntries > 0) sim.memory(PREDICTOR).write(0, new Uint8Array(sim.memory(PREDICTOR).bytes));

  const random = new Random(options.seed);
  const poisons = options.poison === true && config.predictorEntries > 0;
  const counts = new LockstepCounts();
  const follower = new Follower(model, log, counts);
  let finished = false;
  while (!finished) {
    if (poisons) poison(sim, config, random, program.codeBytes ?? program.bytes.length);
    const left = options.maxCycles - counts.cycles;
    try {
      counts.cycles += sim.runUntil('stop', poisons ? Math.min(left, POISON_CYCLES) : left).cycles;
    } catch (error) {
      // What came before it may tell more, or differ already.
      if (!(error instanceof AssertionError)) throw error;
      for (log.fetch(); log.next();) follower.follow();
      throw new Error(`${error.message}\n${log.history()}`, { cause: error });
    }
    finished = sim.peek('finished') === 1n;
    for (log.fetch(); log.next();) follower.follow();
    if (finished || counts.cycles < options.maxCycles) continue;
    throw new Error(`no end after ${counts.cycles} cycles\n${log.history()}`);
  }
  compareMemory(sim.memory('ram').read(0, program.bytes.length), model.read(RAM_BASE, program.bytes.length), program.tohost - RAM_BASE);
  return counts;
}

function compareMemory(core: Uint8Array, model: Uint8Array, tohost: number): void {
  // The store that ends the run is in the core's memory before its instruction retires.
  model.set(core.subarray(tohost, tohost + 4), tohost);
  if (Buffer.compare(core, model) === 0) return;
  const at = core.findIndex((byte, i) => byte !== model[i]) & ~3;
  const word = (bytes: Uint8Array): string => hex(new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true));
  throw new Error(`memory differs at ${hex(RAM_BASE + at)}: core ${word(core)}, model ${word(model)}`);
}

/** Entries of the branch predictor that expect jumps of any instruction of the program to anywhere in it. */
function poison(sim: Simulator, config: CoreConfig, random: Random, codeBytes: number): void {
  const entries = sim.memory(PREDICTOR);
  const count = config.predictorEntries;
  const image = new Uint8Array(entries.bytes);
  const view = new DataView(image.buffer);
  const below = (n: number): number => random.uint32() % n;
  for (let index = 0; index < count; index++) {
    // A word of the program that has its place here.
    const word = (index + count * below(Math.ceil(codeBytes / 4 / count))) >>> 0;
    const tag = (((RAM_BASE >>> 2) + word) / count) & 0xff;
    const half = below(4) === 0 ? below(codeBytes / 2) : Math.max(0, 2 * word + below(24) - 8);
    // Also what no instruction of this core could have taught it: odd halves of a core without 16-bit instructions.
    const target = (RAM_BASE >>> 1) + half;
    const [upper, counter] = [below(2), below(4) === 0 ? below(2) : 2 + below(2)];
    const bits = (BigInt(tag) << 34n) | (BigInt(upper) << 33n) | (BigInt(counter) << 31n) | BigInt(target);
    view.setBigUint64(index * entries.wordBytes, bits, true);
  }
  entries.write(0, image);
}

/** Steps the model to each event of the log and compares. */
class Follower {
  /** For each asynchronous interrupt: instructions that retired although it was pending and enabled. */
  private readonly ignored = ASYNCHRONOUS.map(() => 0);
  private jumpCycle = -1;
  private jumped = false;

  constructor(private readonly model: GoldenModel, private readonly log: EventLog, private readonly counts: LockstepCounts) {}

  follow(): void {
    const { model, log } = this;
    this.checkPatience();
    const line = log.interrupt ? ASYNCHRONOUS.find((i) => i.cause === log.cause)?.line : undefined;
    if (line) model.setInterrupt(line, true);
    const step = model.step();
    if (line) model.setInterrupt(line, false);
    if (!agrees(step, log)) {
      const both = ` core  ${log.describe()}\n model ${describeStep(step)}`;
      throw new Error(`event ${log.index}, cycle ${log.cycle}:\n${both}\n${log.history()}`);
    }
    this.count(step);
  }

  private checkPatience(): void {
    const { model, log } = this;
    const { csrs } = model;
    for (const [i, { cause, line, flag }] of ASYNCHRONOUS.entries()) {
      const due = log.flag(flag) && (csrs.mstatus & MSTATUS.MIE) !== 0 && (csrs.mie & (1 << cause)) !== 0 && !log.trap;
      this.ignored[i] = due ? this.ignored[i] + 1 : 0;
      if (this.ignored[i] <= PATIENCE) continue;
      throw new Error(`event ${log.index}, cycle ${log.cycle}: the ${line} interrupt is not taken\n${log.history()}`);
    }
  }

  private count(step: StepResult): void {
    const { log, counts } = this;
    counts.events++;
    if (this.jumped && !log.trap) {
      if (log.cycle - this.jumpCycle === 1) counts.quickJumps++;
      else counts.slowJumps++;
    }
    this.jumped = step.kind === 'retired' && step.nextPc !== step.pc + step.length;
    this.jumpCycle = log.cycle;
    if (step.kind === 'trap') {
      (step.interrupt ? counts.interrupts : counts.exceptions)[step.cause]++;
      return;
    }
    if (step.length === 2) counts.compressed++;
    else if (step.word === RISCV['fence.i'].match) counts.fenceI++;
    else if (step.word === RISCV.wfi.match) counts.wfi++;
    else if (step.word === RISCV.mret.match) counts.mret++;
  }
}

function agrees(step: StepResult, event: EventLog): boolean {
  if (step.pc !== event.pc || (step.kind === 'trap') !== event.trap) return false;
  if (step.kind === 'retired') {
    return step.word === event.instr && step.rd === (event.rdWrite ? event.rd : 0) && (step.rd === 0 || step.value === event.value);
  }
  if (step.interrupt !== event.interrupt || step.cause !== event.cause || step.tval !== event.value) return false;
  return event.interrupt || event.cause === FETCH_FAULT || step.word === event.instr;
}

/** The bench's log, read a block at a time; a cursor over it. */
class EventLog {
  /** Number of the event since reset, from 1. */
  index = 0;
  private block = new Uint32Array(0);
  private before = new Uint32Array(0);
  private at = 0;
  private ahead = 0;
  private readonly stride: number;

  constructor(private readonly sim: Simulator) {
    this.stride = sim.memory('log').wordBytes / 4;
    this.at = -this.stride;
  }

  /** Takes what has been logged since the last time and lets the bench go on. */
  fetch(): void {
    const { sim, stride } = this;
    const count = Number(sim.peek('logCount'));
    const from = this.index % LOG_EVENTS;
    this.ahead = count - this.index;
    const bytes = new Uint8Array(this.ahead * stride * 4);
    const first = Math.min(this.ahead, LOG_EVENTS - from);
    const memory = sim.memory('log');
    bytes.set(memory.read(from * stride * 4, first * stride * 4));
    if (first < this.ahead) bytes.set(memory.read(0, (this.ahead - first) * stride * 4), first * stride * 4);
    if (this.block.length > 0) this.before = this.block;
    this.block = new Uint32Array(bytes.buffer);
    this.at = -stride;
    sim.poke('logRead', count);
  }

  /** Goes to the next event; false: there is none here. */
  next(): boolean {
    if (this.ahead === 0) return false;
    this.ahead--;
    this.at += this.stride;
    this.index++;
    return true;
  }

  flag(bit: number): boolean {
    return ((this.block[this.at + LOG_WORDS.flags] >>> bit) & 1) === 1;
  }
  get pc(): number {
    return this.block[this.at + LOG_WORDS.pc];
  }
  get instr(): number {
    return this.block[this.at + LOG_WORDS.instr];
  }
  /** rdValue, or tval of a trap. */
  get value(): number {
    return this.block[this.at + LOG_WORDS.value];
  }
  get cycle(): number {
    return this.block[this.at + LOG_WORDS.cycle];
  }
  get rd(): number {
    return (this.block[this.at + LOG_WORDS.flags] >>> LOG_FLAGS.rd) & 31;
  }
  get cause(): number {
    return (this.block[this.at + LOG_WORDS.flags] >>> LOG_FLAGS.cause) & 31;
  }
  get rdWrite(): boolean {
    return this.flag(LOG_FLAGS.rdWrite);
  }
  get trap(): boolean {
    return this.flag(LOG_FLAGS.trap);
  }
  get interrupt(): boolean {
    return this.flag(LOG_FLAGS.interrupt);
  }

  describe(words: Uint32Array = this.block, at = this.at): string {
    const flags = words[at + LOG_WORDS.flags];
    const field = (bit: number, mask: number): number => (flags >>> bit) & mask;
    const start = `${hex(words[at + LOG_WORDS.pc])} ${hex(words[at + LOG_WORDS.instr])}`;
    const value = hex(words[at + LOG_WORDS.value]);
    const kind = field(LOG_FLAGS.interrupt, 1) ? 'interrupt' : 'exception';
    if (field(LOG_FLAGS.trap, 1)) return `${start} ${kind} ${field(LOG_FLAGS.cause, 31)} tval ${value}`;
    return `${start} ${field(LOG_FLAGS.rdWrite, 1) ? `x${field(LOG_FLAGS.rd, 31)} = ${value}` : 'no register'}`;
  }

  /** The events up to this one. */
  history(): string {
    const lines: string[] = [];
    const add = (words: Uint32Array, last: number): void => {
      for (let at = last; at >= 0 && lines.length < HISTORY; at -= this.stride) {
        lines.unshift(`${String(words[at + LOG_WORDS.cycle]).padStart(7)}  ${this.describe(words, at)}`);
      }
    };
    add(this.block, this.at);
    add(this.before, this.before.length - this.stride);
    return ['  cycle  pc         instruction', ...lines].join('\n');
  }
}

function describeStep(step: StepResult): string {
  const start = `${hex(step.pc)} ${hex(step.word)}`;
  if (step.kind === 'trap') return `${start} ${step.interrupt ? 'interrupt' : 'exception'} ${step.cause} tval ${hex(step.tval)}`;
  return `${start} ${step.rd === 0 ? 'no register' : `x${step.rd} = ${hex(step.value)}`}`;
}
