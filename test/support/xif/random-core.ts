/**
 * A core for CV-X-IF that does at random whatever the standard allows a core: gaps in the numbers, requests withdrawn, operands that
 * come late and in any order, commits early, late and for many instructions at once, speculation that ends with a kill, results
 * kept waiting. With a `fault` it breaks one rule once. Must not know what instructions mean.
 */
import type { XifParams } from '../../../hw/lib/cv-x-if.ts';
import type { XifRule } from '../../../hw/lib/cv-x-if-checker.ts';
import type { Random } from '../../../sw/data/random.ts';
import { garbage } from './signals.ts';
import type { CoreSignals, Result, UnitSignals } from './signals.ts';

export interface Item {
  readonly instr: number;
  readonly rs: readonly [number, number];
  /** Offered speculatively, and killed. */
  readonly doomed: boolean;
}

interface Under {
  readonly item: Item;
  readonly id: number;
  mark?: 'committed' | 'killed';
  /** Committed under its own id, not only with a newer one. */
  named?: boolean;
  /** Bit i: rs<i+1> is valid, while it is offered. */
  valid: number;
  issued: boolean;
  accepted: boolean;
  reads: number;
  writeback: boolean;
  hasOperands: boolean;
  answered: boolean;
}

export class RandomCore {
  /** Everything offered and not ended, in order. The last may not be issued yet. */
  private under: Under[] = [];
  private next = 0;
  private newest: number;
  private readonly ids: number;
  private signals: CoreSignals = { resultReady: false };
  /** The instruction under way whose operands or commit the signals of this cycle carry. */
  private sending?: Under;
  private pause = false;
  /** The rule has been broken. */
  faulty = false;

  /** `answered` is told of every result. */
  constructor(
    private readonly p: XifParams, private readonly program: readonly Item[], private readonly random: Random,
    private readonly answered: (item: Item, result: Result) => void, private readonly fault?: XifRule,
  ) {
    this.ids = 2 ** p.idBits;
    this.newest = random.below(this.ids);
  }

  get done(): boolean {
    return this.next === this.program.length && this.under.length === 0;
  }

  private chance(n: number): boolean {
    return this.random.below(n) === 0;
  }
  private pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.random.below(list.length)];
  }
  private breaks(rule: XifRule): boolean {
    if (this.fault !== rule || this.faulty) return false;
    this.faulty = true;
    return true;
  }
  private get offer(): Under | undefined {
    const last = this.under.at(-1);
    return last?.issued === false ? last : undefined;
  }

  /** The signals of this cycle. */
  drive(): CoreSignals {
    const offer = this.offerSomething();
    const commit = this.decide();
    const { p, random } = this;
    let issue = offer && { instr: offer.item.instr, id: offer.id };
    this.sending = undefined;
    let register: CoreSignals['register'];
    if (p.split) {
      const due = this.pick(this.under.filter((u) => u.issued && u.accepted && !u.hasOperands && u.mark !== 'killed'));
      const twice = this.under.find((u) => u.accepted && u.hasOperands && u.mark !== 'killed');
      if (twice && this.breaks('registerOnce')) register = this.operands(twice, twice.reads);
      else if (due && this.chance(3)) {
        this.sending = due;
        register = this.operands(due, this.breaks('rsValidIsRegisterRead') ? due.reads ^ 1 : due.reads);
      }
    } else if (offer) {
      const [before, isFirst] = [offer.valid, this.isFirst];
      offer.valid |= random.below(4);
      register = this.operands(offer, offer.valid);
      if (!isFirst && before !== 0 && this.breaks('rsValidStays')) register = this.operands(offer, offer.valid & ~before);
      if (!isFirst && (before & 1) !== 0 && this.breaks('rsIsStable')) register = { ...register, rs: [~register.rs[0], register.rs[1]] };
      if (this.breaks('registerWithIssue')) register = undefined;
    }
    if (issue && !this.isFirst && this.breaks('instrIsStable')) issue = { ...issue, instr: issue.instr ^ 0x80 };
    this.signals = { resultReady: !this.chance(3), ...(issue && { issue }), ...(register && { register }), ...(commit && { commit }) };
    return this.signals;
  }

  /** The offer began in this cycle. */
  private isFirst = false;

  private operands(of: Under, valid: number): NonNullable<CoreSignals['register']> {
    const { random } = this;
    const at = (i: 0 | 1): number => ((valid >> i) & 1 ? of.item.rs[i] : garbage(random));
    return { id: of.id, rs: [at(0), at(1)], valid };
  }

  /** Withdraws, keeps or begins a request. */
  private offerSomething(): Under | undefined {
    const old = this.offer;
    this.isFirst = false;
    if (old && !(old.mark !== 'committed' && this.chance(10))) return old;
    let forbidden: number | undefined;
    if (old) {
      this.under.pop();
      // What was killed never comes back.
      if (old.mark !== 'killed') this.next--;
      if (this.chance(2)) return undefined;
      forbidden = old.id;
    }
    if (this.pause || this.chance(3)) return undefined;
    const item = this.program.at(this.next);
    if (!item || this.next >= this.program.length) return undefined;
    // A kill takes all that is newer: the right path goes on after it.
    if (!item.doomed && this.under.some((u) => u.item.doomed && !u.mark)) return undefined;
    const inFlight = new Set(this.under.filter((u) => !this.ended(u)).map((u) => u.id));
    const id = this.freeId(inFlight, forbidden);
    if (id === undefined) return undefined;
    const offer: Under = {
      item, id, valid: 0, issued: false, accepted: false, reads: 0, writeback: false, hasOperands: false, answered: false,
    };
    this.under.push(offer);
    this.next++;
    this.isFirst = true;
    return offer;
  }

  private freeId(inFlight: ReadonlySet<number>, forbidden: number | undefined): number | undefined {
    const { ids } = this;
    const taken = this.pick([...inFlight]);
    if (taken !== undefined && this.breaks('idIsFree')) return taken;
    if (this.fault === 'idFollows' && !this.faulty) {
      // The first in flight from the newest on, and one behind it that is free.
      for (let i = 1, passed = false; i < ids; i++) {
        const id = (this.newest + i) % ids;
        if (inFlight.has(id)) passed = true;
        else if (passed && this.breaks('idFollows')) return id;
      }
    }
    const steps = 1 + (this.chance(4) ? this.random.below(3) : 0);
    for (let i = 1; i <= steps; i++) if (inFlight.has((this.newest + i) % ids)) return undefined;
    const id = (this.newest + steps) % ids;
    return id === forbidden ? undefined : id;
  }

  /** A commit or kill for this cycle. */
  private decide(): CoreSignals['commit'] {
    const { under } = this;
    this.pause = false;
    const decided = under.find((u) => u.issued && u.accepted && u.mark === 'committed');
    if (decided && this.breaks('killIsSpeculative')) return { id: decided.id, kill: true };
    const busy = new Set(under.map((u) => u.id));
    const free = Array.from({ length: this.ids }, (_, i) => i).filter((id) => !busy.has(id) && id !== this.newest);
    const unknown = this.pick(free);
    if (this.offer && unknown !== undefined && this.breaks('commitIsKnown')) return { id: unknown, kill: false };
    const doomed = under.find((u) => u.item.doomed && !u.mark);
    if (doomed && this.chance(this.program.at(this.next)?.doomed ? 12 : 4)) {
      for (const u of under) if (!u.mark && u.item.doomed) u.mark = 'killed';
      while (this.program.at(this.next)?.doomed && this.next < this.program.length) this.next++;
      this.pause = true;
      return { id: doomed.id, kill: true, ...(this.breaks('oneHart') && { hartid: 1 }) };
    }
    const good = under.filter((u) => !u.item.doomed && !u.mark);
    const chosen = this.pick(good);
    if (chosen && this.chance(3)) {
      for (const u of good.slice(0, good.indexOf(chosen) + 1)) u.mark = 'committed';
      chosen.named = true;
      return { id: chosen.id, kill: false, ...(this.breaks('oneHart') && { hartid: 1 }) };
    }
    const again = this.pick(under.filter((u) => u.named && u.issued && u.accepted));
    return again && this.chance(6) ? { id: again.id, kill: false } : undefined;
  }

  private ended(u: Under): boolean {
    if (!u.issued) return false;
    return u.answered || u.mark === 'killed' || (!u.accepted && u.mark !== undefined);
  }

  /** The end of the cycle. */
  clock(unit: UnitSignals): void {
    const { offer, signals, p } = this;
    if (offer && signals.issue && unit.issueReady) {
      Object.assign(offer, { issued: true, accepted: unit.accept, reads: unit.reads, writeback: unit.writeback, hasOperands: !p.split });
      this.newest = offer.id;
    }
    if (this.sending && unit.registerReady) this.sending.hasOperands = true;
    const { result } = unit;
    if (result && signals.resultReady) {
      const of = this.under.find((u) => u.issued && u.accepted && u.id === result.id && u.mark === 'committed' && !u.answered);
      if (!of) throw new Error(`a result for instruction ${result.id}, which is owed none`);
      of.answered = true;
      this.answered(of.item, result);
    }
    this.under = this.under.filter((u) => !this.ended(u));
  }
}
