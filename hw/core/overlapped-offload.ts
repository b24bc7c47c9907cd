/**
 * Hands instructions that the core lacks to the extension unit and lets the core go on: several may be under way, their results
 * come in any order, and a scoreboard holds back whoever needs a register that is still to come. Each is committed in the cycle
 * after its issue, or killed if the unit rejects it. Must not know what the unit can do.
 */
import { B, Flag, In, Out, U, bool, hw, vecOf } from '../../gen/index.ts';
import type { UInt } from '../../gen/index.ts';
import { XIF_OPERANDS, fires, xifCore } from '../lib/cv-x-if.ts';
import type { XifParams } from '../lib/cv-x-if.ts';
import { RegisterNumber, Word, allOf, anyOf } from './word.ts';

const REGISTERS = 32;

export const OverlappedOffload = (p: XifParams) => hw('OverlappedOffload', {
  xif: xifCore(p),
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
  const { issue, register, commit, result } = io.xif;
  const ids = 2 ** p.idBits;
  const r = m.regs({
    /** Of the next instruction; the one before is that of the last. */
    id: U(p.idBits, 0), refused: Flag(false), marking: Flag(false),
    /** Identifiers without a result yet. */
    live: U<number>(ids, 0),
    /** Registers that a result is still to be written to. */
    pending: U<number>(REGISTERS, 0),
  });
  const late = p.split ? m.regs({ sending: Flag(false), reads: U(XIF_OPERANDS), writeback: B }) : undefined;
  const sending = late?.sending ?? bool(false);
  const hartid = U(p.hartIdBits).lit(0);
  const oneOf = (count: number, number: UInt): UInt => U<number>(count).lit(1).shlWrap(number);

  const { issues } = m.let({ issues: allOf(io.request, sending.not(), r.refused.not(), r.live.bit(r.id).not()) });
  issue.valid = issues;
  issue.req = { instr: io.instr.exact(32), hartid, id: r.id };
  const { issued } = m.let({ issued: fires(issue) });
  const { accepts } = m.let({ accepts: issued.and(issue.resp.accept) });
  const { lastId } = m.let({ lastId: r.id.subWrap(1) });
  m.when(issued, () => {
    r.id = r.id.addWrap(1);
  });

  register.hartid = hartid;
  register.id = late ? lastId : r.id;
  register.rs = vecOf([io.rs1.exact(32), io.rs2.exact(32)]);
  register.valid = late ? sending : issues;
  register.rs_valid = late ? late.reads : U(XIF_OPERANDS).lit(2 ** XIF_OPERANDS - 1);
  if (late) {
    late.sending = accepts.or(sending.and(register.ready.not()));
    m.when(accepts, () => {
      late.reads = issue.resp.register_read;
      late.writeback = issue.resp.writeback;
    });
  }

  // A cycle after the issue, since no output may follow an input of the interface within the cycle.
  r.marking = issued;
  commit.valid = r.marking;
  commit.hartid = hartid;
  commit.id = lastId;
  commit.commit_kill = r.refused;

  const { handedOver } = m.let({ handedOver: late ? fires(register) : accepts });
  io.done = handedOver;
  io.rejected = r.refused;
  r.refused = issued.and(issue.resp.accept.not()).or(r.refused.and(io.dismiss.not()));

  result.ready = io.portFree;
  const { arrives } = m.let({ arrives: fires(result) });
  const { writesBack } = m.let({ writesBack: allOf(handedOver, late ? late.writeback : issue.resp.writeback, io.rd.ne(0)) });
  io.resultRd = result.rd;
  io.resultValue = result.data;
  io.resultWrite = allOf(arrives, result.we, result.rd.ne(0));

  const none = (count: number): UInt => U<number>(count).lit(0);
  const starts = accepts.mux(oneOf(ids, r.id), none(ids));
  const ends = arrives.mux(oneOf(ids, result.id), none(ids));
  r.live = r.live.or(starts).and(ends.not());
  const expected = writesBack.mux(oneOf(REGISTERS, io.rd), none(REGISTERS)).named('expected');
  const fulfilled = io.resultWrite.mux(oneOf(REGISTERS, result.rd), none(REGISTERS));
  // Split: the result may come in the very cycle in which the unit gets the operands. The end wins.
  r.pending = r.pending.or(expected).and(fulfilled.not());
  io.hazard = anyOf(
    io.reads1.and(r.pending.bit(io.rs1Number)), io.reads2.and(r.pending.bit(io.rs2Number)), io.writes.and(r.pending.bit(io.rd)),
  );

  m.assert('resultWasAskedFor', result.valid.not().or(r.live.bit(result.id)), 'the unit answers an instruction that is not under way');
  const isWanted = r.pending.or(expected).named('wanted').bit(result.rd);
  m.assert('resultGoesToPendingRegister', io.resultWrite.not().or(isWanted), 'the unit writes a register that waits for no result');
});
