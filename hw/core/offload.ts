/**
 * Hands instructions that the core lacks to the extension unit, one at a time and none speculatively: the commit goes with the
 * issue, and the core waits for the result. Must not know what the unit can do.
 */
import { B, Flag, In, Out, U, bool, hw } from '../../gen/index.ts';
import { XIF_ID_BITS, XifCore } from '../lib/cv-x-if.ts';
import { RegisterNumber, Word } from './word.ts';

export const Offload = hw('Offload', {
  xif: XifCore,
  /** Held with stable instruction and operands until `done`, or `rejected` and `dismiss`. */
  request: In(B),
  instr: In(Word),
  rd: In(RegisterNumber),
  rs1: In(Word),
  rs2: In(Word),
  /** The unit has answered: `value` goes to rd if `writes`. */
  done: Out(B),
  writes: Out(B),
  value: Out(Word),
  /** The unit does not know the instruction; stays until `dismiss`. */
  rejected: Out(B),
  dismiss: In(B),
}, (m, io) => {
  m.doc('Core side of CV-X-IF: issue with operands and commit, then one result.');
  const { xif } = io;
  const r = m.regs({ id: U(XIF_ID_BITS, 0), busy: Flag(false), refused: Flag(false), operandsSent: Flag(false) });
  const { issues } = m.let({ issues: io.request.and(r.busy.not()).and(r.refused.not()) });
  xif.issue.valid = issues;
  xif.issue.bits = { instr: io.instr.exact(32), id: r.id };
  const { issued } = m.let({ issued: xif.issue.fire });
  const { accepted } = m.let({ accepted: issued.and(xif.issueAccept) });

  xif.register.valid = issues.or(r.busy).and(r.operandsSent.not());
  xif.register.bits = { id: r.id, rs1: io.rs1.exact(32), rs2: io.rs2.exact(32), rsValid: U(2).lit(3) };
  xif.commitValid = accepted;
  xif.commit = { id: r.id, kill: bool(false) };
  xif.result.ready = r.busy;

  io.done = r.busy.and(xif.result.valid);
  io.writes = xif.result.bits.we;
  io.value = xif.result.bits.data;
  io.rejected = r.refused;
  m.when(accepted, () => {
    r.busy = bool(true);
  }).elseWhen(io.done, () => {
    r.busy = bool(false);
    r.id = r.id.addWrap(1);
  });
  r.refused = issued.and(xif.issueAccept.not()).or(r.refused.and(io.dismiss.not()));
  // A unit that wants no operands may never take them.
  const needsNone = accepted.and(xif.issueRegisterRead.eq(0));
  r.operandsSent = io.done.not().and(r.refused.not()).and(r.operandsSent.or(xif.register.fire).or(needsNone));

  m.assert('resultBelongsToInstruction', io.done.not().or(xif.result.bits.id.eq(r.id)), 'the unit answers another instruction');
  const goesToRd = xif.result.bits.we.not().or(xif.result.bits.rd.eq(io.rd.exact(5)));
  m.assert('resultGoesToRd', io.done.not().or(goesToRd), 'the unit answers for another register');
  m.assert('requestIsHeld', r.busy.not().or(io.request), 'an instruction leaves before its result');
  const last = m.regs({ waited: Flag(false), lastInstr: Word });
  last.waited = issues.and(xif.issue.ready.not());
  last.lastInstr = io.instr;
  m.assert('issueIsStable', last.waited.not().or(issues.and(io.instr.eq(last.lastInstr))), 'an issue changes before it is taken');
});
