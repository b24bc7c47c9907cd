/**
 * The rules of CV-X-IF 1.0.0 that can be seen on its signals, one assertion a rule: stands beside an interface in simulations and
 * drives nothing. The titles before the assertions are those of the standard's sections. Must not know what instructions mean.
 */
import { B, Flag, U, UserError, bool, cat, hw } from '../../gen/index.ts';
import type { Bool, Builder, Outside, UInt } from '../../gen/index.ts';
import { XIF_OPERANDS, fires, xifWatch } from './cv-x-if.ts';
import type { XifParams, xifUnit } from './cv-x-if.ts';

/** The checker keeps its books bit by bit. */
const MOST_ID_BITS = 6;

/** Names of the assertions, and who is to blame: the core (P, for processor) or the unit (C, for coprocessor). */
export const XIF_RULES = {
  oneHart: 'P', idIsFree: 'P', idFollows: 'P', instrIsStable: 'P',
  registerWithIssue: 'P', readyTogether: 'C', operandsBeforeAccept: 'C', rsValidStays: 'P', rsIsStable: 'P',
  registerOnce: 'P', registerReady: 'C', rsValidIsRegisterRead: 'P',
  commitIsKnown: 'P', killIsSpeculative: 'P',
  resultIsOwed: 'C', resultIsCommitted: 'C', resultAfterOperands: 'C', resultHart: 'C', resultStays: 'C', resultIsStable: 'C',
  resultWriteback: 'C', resultRd: 'C',
} as const;
export type XifRule = keyof typeof XIF_RULES;
/** Rules that hold for one value of X_ISSUE_REGISTER_SPLIT only. */
export const RULES_OF_SPLIT: Readonly<Record<'joined' | 'split', readonly XifRule[]>> = {
  joined: ['registerWithIssue', 'readyTogether', 'operandsBeforeAccept', 'rsValidStays', 'rsIsStable'],
  split: ['registerOnce', 'registerReady', 'rsValidIsRegisterRead', 'resultAfterOperands'],
};

export const XifChecker = (p: XifParams) => hw('XifChecker', xifWatch(p), (m, io) => {
  m.doc('The rules of CV-X-IF as assertions.');
  if (p.idBits > MOST_ID_BITS) throw new UserError(`the checker of CV-X-IF takes identifiers of ${MOST_ID_BITS} bits at most, not ${p.idBits}`);
  const { issue, register, commit, result } = io;
  const { id, hartid, instr } = issue.req;
  const ids = 2 ** p.idBits;
  const Id = U(p.idBits);
  const Hart = U(p.hartIdBits);
  const Set = U<number>(ids, 0);
  const r = m.regs({
    seen: Flag(false), hart: Hart,
    /** The last instruction that was issued. */
    newest: Id,
    /** Accepted and neither answered nor killed; rejected and neither committed nor killed. */
    live: Set, rejected: Set, committed: Set, writeback: Set,
    /** The last request, whether it waits still, and what has become of it so far. */
    offerWaits: Flag(false), offerId: Id, offerInstr: U(32), offerCommitted: B, offerKilled: B,
    resultWaits: Flag(false), lastResult: U<number>(p.hartIdBits + p.idBits + 38),
  });
  const rds = m.mem('rds', U(5), ids);
  const only = (number: UInt): UInt => Set.lit(1).shlWrap(number);
  const where = (condition: Bool, set: UInt): UInt => condition.mux(set, Set.lit(0));
  const rule = (name: XifRule, holds: Bool, message: string): void => m.assert(name, holds, `CV-X-IF: ${message}`);
  const implies = (a: Bool, b: Bool): Bool => a.not().or(b);
  /** The numbers that follow `from` up to and with `to`, going round; all of them if the two are the same. */
  const following = (from: UInt, to: UInt): UInt => {
    const beyond = Set.lit(2 ** ids - 1).shlWrap(to.subWrap(from).subWrap(1)).shlWrap(1);
    return cat(beyond.not(), beyond.not()).shlWrap(from.addWrap(1)).slice(2 * ids - 1, ids);
  };

  // --- Identification ---
  const { issues } = m.let({ issues: fires(issue) });
  const { continues } = m.let({ continues: issue.valid.and(r.offerWaits).and(id.eq(r.offerId)) });
  const { begins } = m.let({ begins: issue.valid.and(continues.not()) });
  const { inFlight } = m.let({ inFlight: r.live.or(r.rejected) });
  rule('idIsFree', implies(begins, inFlight.bit(id).not()), 'the core offers an instruction under the id of one in flight');
  const { passed } = m.let({ passed: following(r.newest, id).and(inFlight) });
  rule('idFollows', implies(begins.and(r.seen), passed.eq(0)), 'an id does not lie between the newest instruction and the oldest in flight');

  // --- Multiple Harts: X_NUM_HARTS = 1 ---
  const hart = r.seen.mux(r.hart, hartid);
  const sameHart = (valid: Bool, of: UInt): Bool => implies(valid.and(issue.valid.or(r.seen)), of.eq(hart));
  const oneHart = sameHart(issue.valid, hartid).and(sameHart(register.valid, register.hartid)).and(sameHart(commit.valid, commit.hartid));
  rule('oneHart', oneHart, 'a second hart, where X_NUM_HARTS is 1');

  // --- Issue interface ---
  rule('instrIsStable', implies(continues, instr.eq(r.offerInstr)), 'instr changes during an issue request transaction');
  const { accept, writeback, register_read: reads } = issue.resp;

  // --- Commit interface: what a commit or kill covers ---
  const { commits, kills } = m.let({ commits: commit.valid.and(commit.commit_kill.not()), kills: commit.valid.and(commit.commit_kill) });
  const { wasCommitted, wasKilled } = m.let({ wasCommitted: continues.and(r.offerCommitted), wasKilled: continues.and(r.offerKilled) });
  const { isOfferCommitted } = m.let({ isOfferCommitted: wasCommitted.or(commits.and(commit.id.eq(id)).and(wasKilled.not())) });
  const { isOfferKilled } = m.let({ isOfferKilled: wasKilled.or(kills.and(wasCommitted.not())) });
  const { latest } = m.let({ latest: issue.valid.mux(id, r.offerId) });
  const { upTo } = m.let({ upTo: following(latest, commit.id) });
  const { from } = m.let({ from: upTo.not().or(only(commit.id)) });
  const isKnown = inFlight.bit(commit.id).or(commit.id.eq(latest));
  rule('commitIsKnown', implies(commit.valid, isKnown), 'a commit names an instruction that has not been offered, or has ended');
  const isDecided = r.live.and(r.committed).bit(commit.id).or(wasCommitted.and(commit.id.eq(id)));
  rule('killIsSpeculative', implies(kills, isDecided.not()), 'the core kills an instruction that it has committed');

  // --- Register interface ---
  const { accepts } = m.let({ accepts: issues.and(accept).and(isOfferKilled.not()) });
  const rs = [0, 1].map((i) => register.rs.at(i));
  if (p.split) {
    const s = m.regs({ hasOperands: Set, reads1: Set, reads2: Set });
    const isDue = inFlight.bit(register.id).and(s.hasOperands.bit(register.id).not());
    rule('registerOnce', implies(register.valid, isDue), 'operands for an instruction that was not issued before, or for the second time');
    rule('registerReady', register.ready, 'register_ready is not tied to 1 although X_ISSUE_REGISTER_SPLIT is');
    const expected = cat(s.reads2.bit(register.id), s.reads1.bit(register.id));
    const isAsked = register.rs_valid.eq(expected.exact(XIF_OPERANDS));
    rule('rsValidIsRegisterRead', implies(register.valid.and(r.live.bit(register.id)), isAsked), 'rs_valid is not the register_read of the instruction');
    const gets = where(fires(register), only(register.id));
    const isEarly = r.live.bit(result.id).and(s.hasOperands.or(gets).bit(result.id).not());
    rule('resultAfterOperands', implies(result.valid, isEarly.not()), 'a result before its operands');
    const starts = only(id).not();
    s.hasOperands = s.hasOperands.or(gets).and(issues.mux(starts, Set.lit(2 ** ids - 1)));
    m.when(issues, () => {
      s.reads1 = s.reads1.and(starts).or(where(reads.bit(0), only(id)));
      s.reads2 = s.reads2.and(starts).or(where(reads.bit(1), only(id)));
    });
  } else {
    const s = m.regs({ rsValid: U(XIF_OPERANDS), rs1: U(32), rs2: U(32) });
    const isSame = register.id.eq(id).and(register.hartid.eq(hartid));
    rule('registerWithIssue', register.valid.eq(issue.valid).and(implies(issue.valid, isSame)), 'issue and operands do not come together');
    rule('readyTogether', implies(issue.valid, issue.ready.eq(register.ready)), 'issue_ready and register_ready differ');
    const isMissing = reads.and(register.rs_valid.not()).ne(0);
    rule('operandsBeforeAccept', implies(issues.and(accept), isMissing.not()), 'the unit accepts before an operand that it reads is valid');
    rule('rsValidStays', implies(continues, s.rsValid.and(register.rs_valid.not()).eq(0)), 'rs_valid falls during a transaction');
    const isKept = [s.rs1, s.rs2].map((old, i) => implies(s.rsValid.bit(i), rs[i].eq(old))).reduce((a, b) => a.and(b));
    rule('rsIsStable', implies(continues, isKept), 'a valid operand changes during a transaction');
    s.rsValid = register.rs_valid;
    s.rs1 = rs[0].exact(32);
    s.rs2 = rs[1].exact(32);
  }

  // --- Result interface ---
  const { isNew } = m.let({ isNew: accepts.and(result.id.eq(id)) });
  const ofIt = (now: Bool, set: UInt): Bool => isNew.mux(now, set.bit(result.id));
  rule('resultIsOwed', implies(result.valid, isNew.or(r.live.bit(result.id))), 'a result that no accepted instruction owes: rejected, killed, answered or never issued');
  const { marks } = m.let({ marks: r.committed.or(where(commits, upTo)) });
  rule('resultIsCommitted', implies(result.valid, ofIt(isOfferCommitted, marks)), 'a result of an instruction that may still be killed');
  rule('resultHart', sameHart(result.valid, result.hartid), 'a result for another hart');
  const bits = cat(result.hartid, result.id, result.data, result.rd, result.we);
  rule('resultStays', implies(r.resultWaits, result.valid), 'the unit withdraws a result');
  rule('resultIsStable', implies(r.resultWaits.and(result.valid), bits.eq(r.lastResult)), 'a result changes before it is taken');
  rule('resultWriteback', implies(result.valid, result.we.eq(ofIt(writeback, r.writeback))), 'we of the result is not the writeback of the issue');
  const rd = isNew.mux<UInt>(instr.slice(11, 7), rds.read(result.id));
  rule('resultRd', implies(result.valid.and(result.we), result.rd.eq(rd.exact(5))), 'rd of the result is not that of the instruction');

  // --- what is known after this cycle ---
  m.when(issue.valid, () => {
    r.offerId = id;
    r.offerInstr = instr;
    r.hart = hart.exact(p.hartIdBits);
    r.seen = bool(true);
  });
  r.offerWaits = issue.valid.and(issue.ready.not());
  r.offerCommitted = isOfferCommitted;
  r.offerKilled = isOfferKilled;
  m.when(issues, () => {
    r.newest = id;
    rds.write(id, instr.slice(11, 7).exact(5));
    r.writeback = r.writeback.and(only(id).not()).or(where(writeback, only(id)));
  });
  const answered = where(fires(result), only(result.id));
  const killed = where(kills, from).and(r.committed.not());
  r.live = r.live.and(killed.not()).or(where(accepts, only(id))).and(answered.not());
  const marked = where(commits, upTo).or(where(kills, from));
  const { isOpen } = m.let({ isOpen: issues.and(accept.not()).and(isOfferCommitted.or(isOfferKilled).not()) });
  r.rejected = r.rejected.and(marked.not()).or(where(isOpen, only(id)));
  r.committed = issues.mux(marks.and(only(id).not()).or(where(isOfferCommitted, only(id))), marks);
  r.resultWaits = result.valid.and(result.ready.not());
  r.lastResult = bits;
});

/** Sets a checker beside an interface, at the pins of its unit. */
export function checkXif(m: Builder, name: string, p: XifParams, unit: Outside<ReturnType<typeof xifUnit>>): void {
  const { issue, register, commit, result } = unit;
  const checker = m.inst(name, XifChecker(p));
  Object.assign(checker.issue, { valid: issue.valid, ready: issue.ready, req: issue.req, resp: issue.resp });
  const { valid, ready, hartid, id, rs, rs_valid } = register;
  Object.assign(checker.register, { valid, ready, hartid, id, rs, rs_valid });
  Object.assign(checker.commit, { valid: commit.valid, hartid: commit.hartid, id: commit.id, commit_kill: commit.commit_kill });
  Object.assign(checker.result, {
    valid: result.valid, ready: result.ready, hartid: result.hartid, id: result.id, data: result.data, rd: result.rd, we: result.we,
  });
}
