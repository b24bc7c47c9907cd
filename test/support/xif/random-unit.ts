/**
 * A unit for CV-X-IF that does at random whatever the standard allows a unit: accepts late, up to eight at a time, answers in any
 * order as soon as or long after the commit. With a `fault` it breaks one rule once. Its instructions depend on nothing but
 * themselves and their operands.
 */
import type { XifParams } from '../../../hw/lib/cv-x-if.ts';
import type { XifRule } from '../../../hw/lib/cv-x-if-checker.ts';
import type { Random } from '../../../sw/data/random.ts';
import { rdOf } from './signals.ts';
import type { CoreSignals, Result, UnitSignals } from './signals.ts';

export const RANDOM_OPCODE = 0x0b;
/** What the instruction's upper bits say: it is unknown, reads rs1, reads rs2, writes rd. */
const UNKNOWN = 1 << 28;
const READS = 25;
const WRITES = 1 << 27;

export const randomInstruction = (random: Random): number =>
  (((random.uint32() & 0x0e00_0f80) | (random.below(6) === 0 ? UNKNOWN : 0) | RANDOM_OPCODE)) >>> 0;
const readsOf = (instr: number): number => (instr >>> READS) & 3;
export const isKnown = (instr: number): boolean => (instr & 0x7f) === RANDOM_OPCODE && (instr & UNKNOWN) === 0;
export const writesOf = (instr: number): boolean => (instr & WRITES) !== 0;
/** What the unit computes. Operands that the instruction does not read make no difference. */
export function valueOf(instr: number, rs: readonly [number, number]): number {
  const at = (i: 0 | 1): number => ((readsOf(instr) >> i) & 1 ? rs[i] : 0);
  return ((Math.imul(at(0), 3) + at(1)) ^ instr) >>> 0;
}

interface Seen {
  readonly id: number;
  readonly instr: number;
  mark?: 'committed' | 'killed';
  accepted: boolean;
  /** undefined: still to come. */
  rs?: readonly [number, number];
  answered: boolean;
}

const MOST = 8;

export class RandomUnit {
  /** Whatever was offered, in order: what a commit covers is told by it. */
  private seen: Seen[] = [];
  private offered?: Seen;
  private ready = false;
  private hasOperands = false;
  private answer?: { readonly of: Seen; readonly result: Result };
  private answerWaits = false;
  private signals?: UnitSignals;
  faulty = false;

  constructor(private readonly p: XifParams, private readonly random: Random, private readonly fault?: XifRule) {}

  private chance(n: number): boolean {
    return this.random.below(n) === 0;
  }
  private breaks(rule: XifRule): boolean {
    if (this.fault !== rule || this.faulty) return false;
    this.faulty = true;
    return true;
  }
  private pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.random.below(list.length)];
  }

  /** The signals of this cycle, in answer to the core's. */
  drive(core: CoreSignals): UnitSignals {
    const { issue, register, commit } = core;
    const { p } = this;
    if (issue && !(this.offered?.id === issue.id && this.offered.instr === issue.instr)) {
      this.offered = { id: issue.id, instr: issue.instr, accepted: false, answered: false };
      this.seen.push(this.offered);
    }
    if (!issue) this.offered = undefined;
    if (commit) this.mark(commit.id, commit.kill);
    const reads = issue ? readsOf(issue.instr) : this.random.below(4);
    const isRoom = this.seen.filter((s) => s.accepted && !s.answered && s.mark !== 'killed').length < MOST;
    const accept = issue !== undefined && isKnown(issue.instr);
    this.hasOperands = p.split || !accept || (register !== undefined && (reads & ~register.valid) === 0);
    if (issue && !this.hasOperands && this.breaks('operandsBeforeAccept')) this.hasOperands = true;
    this.ready = (isRoom && this.hasOperands && !this.chance(3)) || this.faultyNow('operandsBeforeAccept');
    let registerReady = p.split || this.ready;
    if (issue && this.breaks('readyTogether')) registerReady = !registerReady;
    if (this.breaks('registerReady')) registerReady = false;
    const result = this.offerResult(core);
    this.signals = {
      issueReady: this.ready, accept, reads: accept ? reads : this.random.below(4),
      writeback: issue !== undefined && writesOf(issue.instr), registerReady, ...(result && { result }),
    };
    return this.signals;
  }

  /** The rule was broken in this very cycle. */
  private faultyNow(rule: XifRule): boolean {
    return this.fault === rule && this.faulty && this.offered !== undefined && !this.offered.accepted;
  }

  private mark(id: number, kill: boolean): void {
    const at = this.seen.findLastIndex((s) => s.id === id);
    for (const [i, s] of this.seen.entries()) {
      if (s.mark || (kill ? i < at : i > at)) continue;
      s.mark = kill ? 'killed' : 'committed';
    }
  }

  private offerResult(core: CoreSignals): Result | undefined {
    if (this.answer && this.answerWaits) {
      if (this.breaks('resultStays')) {
        this.answer = undefined;
        return undefined;
      }
      return this.breaks('resultIsStable') ? { ...this.answer.result, data: ~this.answer.result.data >>> 0 } : this.answer.result;
    }
    this.answer = undefined;
    const open = this.seen.filter((s) => s.accepted && !s.answered);
    const wrong = (rule: XifRule, list: readonly Seen[]): Seen | undefined => (list.length > 0 && this.breaks(rule) ? list[0] : undefined);
    const busy = (s: Seen): boolean => open.some((o) => o.id === s.id) || core.issue?.id === s.id;
    const of = wrong('resultIsOwed', this.seen.filter((s) => (s.answered || s.mark === 'killed') && !busy(s)))
      ?? wrong('resultIsCommitted', open.filter((s) => !s.mark && s.rs))
      ?? wrong('resultAfterOperands', open.filter((s) => s.mark === 'committed' && !s.rs && core.register?.id !== s.id))
      ?? (this.chance(3) ? undefined : this.pick(open.filter((s) => s.mark === 'committed' && s.rs)));
    if (!of) return undefined;
    const { id, instr } = of;
    const honest = { id, hartid: 0, data: valueOf(instr, of.rs ?? [0, 0]), rd: rdOf(instr), we: writesOf(instr) };
    const result = {
      ...honest,
      ...(this.breaks('resultHart') && { hartid: 1 }),
      ...(this.breaks('resultWriteback') && { we: !honest.we }),
      ...(honest.we && this.breaks('resultRd') && { rd: honest.rd ^ 1 }),
    };
    this.answer = { of, result };
    return result;
  }

  /** The end of the cycle. */
  clock(core: CoreSignals): void {
    const { signals, offered } = this;
    if (!signals) return;
    const { register } = core;
    if (this.p.split && register && signals.registerReady) {
      const of = this.seen.find((s) => s.id === register.id && s.accepted && !s.answered && s.mark !== 'killed');
      if (of) of.rs = register.rs;
    }
    this.answerWaits = this.answer !== undefined && !core.resultReady;
    if (this.answer && core.resultReady) this.answer.of.answered = true;
    if (core.issue && signals.issueReady && offered) {
      offered.accepted = signals.accept;
      if (!this.p.split && register) offered.rs = register.rs;
      this.offered = undefined;
    }
    if (this.seen.length > 64) this.seen = this.seen.slice(-32);
  }
}
