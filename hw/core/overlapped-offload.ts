/**
 * Hands instructions that the core lacks to the extension unit and lets the core go on: several may be under way, their results
 * come in any order, and a scoreboard holds back whoever needs a register that is still to come. None is offered speculatively:
 * the commit goes with the issue. Must not know what the unit can do.
 */
import { B, Flag, In, Out, U, bool, hw } from '../../gen/index.ts';
import type { UInt } from '../../gen/index.ts';
import { XIF_ID_BITS, XifCore } from '../lib/cv-x-if.ts';
import { RegisterNumber, Word, allOf, anyOf } from './word.ts';

const IDS = 2 ** XIF_ID_BITS;
const REGISTERS = 32;

export const OverlappedOffload = hw('OverlappedOffload', {
  xif: XifCore,
  /** Held with stable instruction and operands until `done`, or `rejected` and `dismiss`. Not while `hazard`. */
  request: In(B),
  instr: In(Word),
  rd: In(RegisterNumber),
  rs1: In(Word),
  rs2: In(Word),
  /** The unit has the instruction and its operands. */
  done: Out(B),
  /** The unit does not know the instruction; stays until `dismiss`. */
  rejected: Out(B),
  dismiss: In(B),

  /** What the instruction in the execute stage reads and writes. */
  rs1Number: In(RegisterNumber),
  rs2Number: In(RegisterNumber),
  reads1: In(B),
  reads2: In(B),
  writes: In(B),
  /** One of these registers waits for a result. */
  hazard: Out(B),

  /** The register file's port is free: a result may be written at the end of this cycle. */
  portFree: In(B),
  resultWrite: Out(B),
  resultRd: Out(RegisterNumber),
  resultValue: Out(Word),
}, (m, io) => {
  m.doc('Core side of CV-X-IF with several instructions under way.');
  const { xif } = io;
  const r = m.regs({
    id: U(XIF_ID_BITS, 0), accepted: Flag(false), writeback: B, refused: Flag(false), operandsSent: Flag(false),
    /** Identifiers without a result yet. */
    live: U<number>(IDS, 0),
    /** Registers that a result is still to be written to. */
    pending: U<number>(REGISTERS, 0),
  });
  const oneOf = (count: number, number: UInt): UInt => U<number>(count).lit(1).shlWrap(number);

  const { issues } = m.let({ issues: allOf(io.request, r.accepted.not(), r.refused.not(), r.live.bit(r.id).not()) });
  xif.issue.valid = issues;
  xif.issue.bits = { instr: io.instr.exact(32), id: r.id };
  const { issued } = m.let({ issued: xif.issue.fire });
  const { accepts } = m.let({ accepts: issued.and(xif.issueAccept) });
  xif.register.valid = issues.or(r.accepted).and(r.operandsSent.not());
  xif.register.bits = { id: r.id, rs1: io.rs1.exact(32), rs2: io.rs2.exact(32), rsValid: U(2).lit(3) };
  xif.commitValid = accepts;
  xif.commit = { id: r.id, kill: bool(false) };

  // A unit that wants no operands may never take them.
  const needsNone = accepts.and(xif.issueRegisterRead.eq(0));
  const { hasOperands } = m.let({ hasOperands: anyOf(r.operandsSent, xif.register.fire, needsNone) });
  const { handedOver } = m.let({ handedOver: accepts.or(r.accepted).and(hasOperands) });
  io.done = handedOver;
  io.rejected = r.refused;
  r.accepted = accepts.or(r.accepted).and(handedOver.not());
  r.refused = issued.and(xif.issueAccept.not()).or(r.refused.and(io.dismiss.not()));
  r.operandsSent = allOf(hasOperands, handedOver.not(), r.refused.not());
  m.when(accepts, () => {
    r.writeback = xif.issueWriteback;
  });
  m.when(handedOver, () => {
    r.id = r.id.addWrap(1);
  });

  xif.result.ready = io.portFree;
  const { arrives } = m.let({ arrives: xif.result.fire });
  const { writesBack } = m.let({ writesBack: handedOver.and(accepts.mux(xif.issueWriteback, r.writeback)).and(io.rd.ne(0)) });
  io.resultRd = xif.result.bits.rd;
  io.resultValue = xif.result.bits.data;
  io.resultWrite = arrives.and(xif.result.bits.we).and(xif.result.bits.rd.ne(0));

  const none = (count: number): UInt => U<number>(count).lit(0);
  const starts = accepts.mux(oneOf(IDS, r.id), none(IDS));
  const ends = arrives.mux(oneOf(IDS, xif.result.bits.id), none(IDS));
  // A result may come in the very cycle in which its instruction is handed over: the end wins.
  r.live = r.live.or(starts).and(ends.not());
  const expected = writesBack.mux(oneOf(REGISTERS, io.rd), none(REGISTERS));
  const fulfilled = io.resultWrite.mux(oneOf(REGISTERS, xif.result.bits.rd), none(REGISTERS));
  r.pending = r.pending.or(expected).and(fulfilled.not());
  io.hazard = anyOf(
    io.reads1.and(r.pending.bit(io.rs1Number)), io.reads2.and(r.pending.bit(io.rs2Number)), io.writes.and(r.pending.bit(io.rd)),
  );

  const isKnown = r.live.or(starts).bit(xif.result.bits.id);
  m.assert('resultWasAskedFor', xif.result.valid.not().or(isKnown), 'the unit answers an instruction that is not under way');
  const isWanted = r.pending.or(expected).bit(xif.result.bits.rd);
  m.assert('resultGoesToPendingRegister', io.resultWrite.not().or(isWanted), 'the unit writes a register that waits for no result');
  const last = m.regs({ waited: Flag(false), lastInstr: Word });
  last.waited = issues.and(xif.issue.ready.not());
  last.lastInstr = io.instr;
  m.assert('issueIsStable', last.waited.not().or(issues.and(io.instr.eq(last.lastInstr))), 'an issue changes before it is taken');
});
