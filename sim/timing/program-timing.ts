/**
 * How many cycles a compiled program takes on a chip, from its instructions: the core's fetch and issue, main memory and the tensor unit,
 * cycle by cycle, without data. Loops that have become regular are not followed to their end. Must not know how programs are made.
 */
import { NO_PREFIX } from '../../hw/isa/tensor-checks.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { CommandReader, prefixesAfter } from './commands.ts';
import type { CommandTiming } from './commands.ts';
import { FetchTiming } from './fetch-timing.ts';
import type { FetchOptions } from './fetch-timing.ts';
import { ReadTiming } from './memory-timing.ts';
import { ProgramWalk } from './program-walk.ts';
import type { Code, Executed } from './program-walk.ts';
import { LoopShortcuts } from './loop-shortcuts.ts';
import { TensorTiming } from './tensor-timing.ts';

export interface ProgramTimingInput {
  readonly tensor: TensorParams;
  readonly fetch: FetchOptions;
  readonly memoryLatencyCycles: number;
  /** Requests that memory holds in each direction. */
  readonly memoryOutstanding: number;
  readonly code: Code;
  /** Addresses: where to begin, and the instructions that read the clock at the beginning and at the end. */
  readonly entry: number;
  readonly from: number;
  readonly to: number;
  /** Loops are followed to their end, whatever that costs. */
  readonly isThorough?: boolean;
  /** Programs that take longer do not matter. */
  readonly most?: number;
  /** So many cycles are followed one by one: loops that never become regular would take a microsecond and more for each. */
  readonly mostFollowed?: number;
}

export interface ProgramTime {
  /** Between the two readings of the clock; undefined: more than `most`, or not known after `mostFollowed`. */
  readonly cycles: number | undefined;
  readonly followed: number;
}

/** Cycles of an instruction of the tensor unit, from issue to result. */
const OFFLOAD_CYCLES = 2;

export function programTime(input: ProgramTimingInput): ProgramTime {
  return new ProgramTiming(input).run();
}

class ProgramTiming {
  private now = 0;
  /** Cycles of iterations that were not followed. */
  private skipped = 0;
  private readonly reads: ReadTiming;
  private readonly unit: TensorTiming;
  private readonly fetch: FetchTiming;
  private readonly walk: ProgramWalk;
  private readonly reader: CommandReader;
  private prefixes = NO_PREFIX;

  /** The instruction in execute, what it gives to the unit, and for how many cycles it has been there. */
  private inHand: Executed | undefined;
  private command: CommandTiming | undefined;
  private since = 0;
  private started: number | undefined;
  private readonly loops = new LoopShortcuts();
  private ended: number | undefined;

  constructor(private readonly input: ProgramTimingInput) {
    const { tensor, memoryLatencyCycles: latency, memoryOutstanding: outstanding, fetch, code, entry } = input;
    this.reads = new ReadTiming(latency, outstanding);
    this.unit = new TensorTiming(tensor, this.reads, latency, outstanding);
    this.fetch = new FetchTiming(fetch, this.reads, entry);
    this.walk = new ProgramWalk(code, entry);
    this.reader = new CommandReader(tensor);
  }

  run(): ProgramTime {
    const { most = Infinity, mostFollowed = Infinity } = this.input;
    while (this.ended === undefined && this.now < mostFollowed && this.time - (this.started ?? this.time) <= most) this.cycle();
    return { cycles: this.ended === undefined ? undefined : this.ended - (this.started ?? 0), followed: this.now };
  }

  private cycle(): void {
    const { fetch, unit, reads, now } = this;
    const word = fetch.arrive(now);
    const leaves = this.inHand === undefined || this.completes(this.inHand);
    const entering = leaves ? this.command : undefined;
    if (leaves && this.inHand) this.leave(this.inHand);
    const takes = leaves && word !== undefined && (this.ended === undefined);
    const isFetchBeat = reads.beatOf === 'fetch';
    fetch.clock(now, takes);
    const beatTaken = unit.cycle(now, entering, !fetch.asks);
    reads.clock(now, isFetchBeat || beatTaken);
    if (leaves) this.inHand = undefined;
    if (leaves) this.command = undefined;
    if (takes && word === this.walk.pc) this.take();
    else if (this.inHand) this.since += 1;
    this.now += 1;
  }

  private take(): void {
    const executed = this.walk.step();
    this.inHand = executed;
    this.since = 0;
    if (executed.tensor === undefined) return;
    const { op, rs1, rs2 } = executed.tensor;
    this.command = this.reader.read(op, rs1, rs2, this.prefixes);
    this.prefixes = prefixesAfter(this.prefixes, op, rs1, rs2, this.input.tensor);
  }

  private get time(): number {
    return this.now + this.skipped;
  }

  private state(): string {
    const { now, unit, reads, fetch } = this;
    return `${unit.state(now)}|${reads.state(now)}|${fetch.state()}`;
  }

  /** Whether the instruction in hand is done at the end of this cycle. */
  private completes({ tensor }: Executed): boolean {
    if (tensor === undefined) return true;
    if (this.since < OFFLOAD_CYCLES - 1) return false;
    if (this.command) return this.unit.hasRoom(this.command.unit);
    return tensor.op !== 'fence' || this.unit.isIdle;
  }

  private leave({ pc, nextPc, isBranch }: Executed): void {
    if (pc === this.input.from) this.started = this.time;
    if (pc === this.input.to) this.ended = this.time;
    const leavesStream = nextPc !== pc + 4;
    const expected = this.fetch.expects(pc);
    if (nextPc !== expected) this.fetch.redirect(pc, nextPc);
    if (isBranch || leavesStream) this.fetch.learn(pc, leavesStream ? nextPc : undefined);
    if (isBranch && nextPc < pc && this.input.isThorough !== true) this.skipped += this.loops.skip(pc, this.time, this.state(), this.walk);
  }
}
