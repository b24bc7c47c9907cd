/**
 * The unit's side of CV-X-IF up to the result, for a unit with one instruction in hand: accepts tensor instructions, says which
 * operands they read, and follows commits and kills from the cycle in which an instruction is first offered. Must not know what
 * instructions do.
 */
import { B, Flag, In, Out, U, bool, cat, hw } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import type { TensorInstruction } from '../isa/tensor-rows.ts';
import { TENSOR } from '../isa/tensor.ts';
import type { TensorOp } from '../isa/tensor.ts';
import { fires, xifUnit } from '../lib/cv-x-if.ts';
import type { XifParams } from '../lib/cv-x-if.ts';

/** The standard's members of the interface but for the result. */
const requests = (p: XifParams) => {
  const { issue, register, commit } = xifUnit(p);
  return { issue, register, commit };
};

/** `ops`: the instructions that the unit has. */
export const Intake = (p: XifParams, ops: readonly TensorOp[]) => hw('Intake', {
  xif: requests(p),
  /** An instruction may be taken in this cycle; it becomes the one in hand. */
  free: In(B),
  /** The one in hand goes. */
  leaves: In(B),
  /** `xif.issue.req.instr` is taken. */
  taken: Out(B),
  /** `xif.register.rs` holds the operands of the instruction that is taken or, split, in hand. */
  operands: Out(B),
  full: Out(B),
  /** The one in hand has its operands, and will not be killed any more. */
  ready: Out(B),
  /** Whose result it will be. */
  answer: { hartid: Out(U(p.hartIdBits)), id: Out(U(p.idBits)) },
}, (m, io) => {
  m.doc('Takes tensor instructions from the core, one at a time.');
  const { issue, register, commit } = io.xif;
  const r = m.regs({
    held: Flag(false), committed: B, id: U(p.idBits), hartid: U(p.hartIdBits),
    /** The last instruction that was offered, and what has become of it while it was: it may be offered for long. */
    newest: U(p.idBits), offerWaits: Flag(false), offerCommitted: B, offerKilled: B,
  });
  const late = p.split ? m.regs({ hasOperands: B }) : undefined;

  // --- issue ---
  const { instr, id } = issue.req;
  const instructions = ops.map((op): TensorInstruction => TENSOR[op]);
  const known = instructions.map((i) => instr.and(i.mask).eq(i.match).named(`is_${i.mnemonic.replace('.', '_')}`));
  const whose = (has: (i: TensorInstruction) => boolean): Bool =>
    known.filter((_, n) => has(instructions[n])).reduce((a, b) => a.or(b));
  const { isOurs, reads1, reads2 } = m.let({
    isOurs: whose(() => true), reads1: whose((i) => i.rs1.length > 0), reads2: whose((i) => i.rs2.length > 0),
  });
  const reads = cat(reads2, reads1).exact(2).named('reads');
  const { offered } = m.let({ offered: p.split ? io.free : io.free.and(reads.and(register.rs_valid.not()).eq(0)) });
  issue.ready = offered;
  issue.resp = { accept: isOurs, writeback: whose((i) => i.writesRd), register_read: reads };
  register.ready = late ? bool(true) : offered;

  // --- commits and kills: of one instruction and all before it, or all after it ---
  const { continues } = m.let({ continues: r.offerWaits.and(id.eq(r.newest)) });
  const { wasCommitted, wasKilled } = m.let({ wasCommitted: continues.and(r.offerCommitted), wasKilled: continues.and(r.offerKilled) });
  const { commits, kills } = m.let({ commits: commit.valid.and(commit.commit_kill.not()), kills: commit.valid.and(commit.commit_kill) });
  // What is offered is the newest of all.
  const { isOfferCommitted } = m.let({ isOfferCommitted: wasCommitted.or(allOf(commits, commit.id.eq(id), wasKilled.not())) });
  const { isOfferKilled } = m.let({ isOfferKilled: wasKilled.or(kills.and(wasCommitted.not())) });
  const { latest } = m.let({ latest: issue.valid.mux(id, r.newest) });
  r.newest = latest;
  r.offerWaits = issue.valid.and(offered.not());
  r.offerCommitted = isOfferCommitted;
  r.offerKilled = isOfferKilled;
  // Numbers go round, and only the distance from the newest tells which of two came first.
  const age = (of: UInt): UInt => latest.subWrap(of);
  const { heldAge, itsAge } = m.let({ heldAge: age(r.id), itsAge: age(commit.id) });
  const { heldCommitted } = m.let({ heldCommitted: commits.and(heldAge.ge(itsAge)) });
  const { heldKilled } = m.let({ heldKilled: allOf(kills, heldAge.le(itsAge), r.committed.not()) });

  // --- the one in hand ---
  const { takes } = m.let({ takes: allOf(fires(issue), isOurs, isOfferKilled.not()) });
  io.taken = takes;
  const { getsLate } = m.let({ getsLate: allOf(register.valid, r.held, register.id.eq(r.id)) });
  io.operands = late ? getsLate : takes;
  m.when(takes, () => {
    r.held = bool(true);
    r.committed = isOfferCommitted;
    r.id = id;
    r.hartid = issue.req.hartid;
    if (late) late.hasOperands = bool(false);
  }).otherwise(() => {
    m.when(io.leaves.or(heldKilled), () => {
      r.held = bool(false);
    });
    m.when(heldCommitted, () => {
      r.committed = bool(true);
    });
    if (late) {
      m.when(getsLate, () => {
        late.hasOperands = bool(true);
      });
    }
  });
  io.full = r.held;
  // A commit that names another instruction counts from the next cycle on: comparing ages takes long.
  const { isCommitted } = m.let({ isCommitted: r.committed.or(commits.and(commit.id.eq(r.id))) });
  io.ready = allOf(r.held, isCommitted, late ? late.hasOperands : bool(true));
  io.answer.hartid = r.hartid;
  io.answer.id = r.id;
});

const allOf = (...conditions: readonly Bool[]): Bool => conditions.reduce((a, b) => a.and(b));
