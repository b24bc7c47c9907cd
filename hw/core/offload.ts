/**
 * Hands instructions that the core lacks to the extension unit, one at a time: each is committed in the cycle after its issue, or
 * killed if the unit rejects it, and the core waits for the result. Must not know what the unit can do.
 */
import { B, Flag, In, Out, U, bool, hw, vecOf } from '../../gen/index.ts';
import { XIF_OPERANDS, fires, xifCore } from '../lib/cv-x-if.ts';
import type { XifParams } from '../lib/cv-x-if.ts';
import { RegisterNumber, Word } from './word.ts';

export const Offload = (p: XifParams) => hw('Offload', {
  xif: xifCore(p),
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
  m.doc('Core side of CV-X-IF: issue, commit, then one result.');
  const { issue, register, commit, result } = io.xif;
  const r = m.regs({ id: U(p.idBits, 0), busy: Flag(false), refused: Flag(false), marking: Flag(false) });
  const hartid = U(p.hartIdBits).lit(0);
  const { issues } = m.let({ issues: io.request.and(r.busy.not()).and(r.refused.not()) });
  issue.valid = issues;
  issue.req = { instr: io.instr.exact(32), hartid, id: r.id };
  const { issued } = m.let({ issued: fires(issue) });
  const { accepted } = m.let({ accepted: issued.and(issue.resp.accept) });

  register.hartid = hartid;
  register.id = r.id;
  register.rs = vecOf([io.rs1.exact(32), io.rs2.exact(32)]);
  if (p.split) {
    const late = m.regs({ sending: Flag(false), reads: U(XIF_OPERANDS) });
    register.valid = late.sending;
    register.rs_valid = late.reads;
    late.sending = accepted.or(late.sending.and(register.ready.not()));
    m.when(accepted, () => {
      late.reads = issue.resp.register_read;
    });
  } else {
    register.valid = issues;
    register.rs_valid = U(XIF_OPERANDS).lit(2 ** XIF_OPERANDS - 1);
  }

  // A cycle after the issue, since no output may follow an input of the interface within the cycle.
  r.marking = issued;
  commit.valid = r.marking;
  commit.hartid = hartid;
  commit.id = r.id;
  commit.commit_kill = r.refused;
  result.ready = r.busy;

  io.done = r.busy.and(result.valid);
  io.writes = result.we;
  io.value = result.data;
  io.rejected = r.refused;
  m.when(accepted, () => {
    r.busy = bool(true);
  }).elseWhen(io.done, () => {
    r.busy = bool(false);
  });
  m.when(io.done.or(r.marking.and(r.refused)), () => {
    r.id = r.id.addWrap(1);
  });
  r.refused = issued.and(issue.resp.accept.not()).or(r.refused.and(io.dismiss.not()));

  m.assert('resultBelongsToInstruction', io.done.not().or(result.id.eq(r.id)), 'the unit answers another instruction');
  const goesToRd = result.we.not().or(result.rd.eq(io.rd.exact(5)));
  m.assert('resultGoesToRd', io.done.not().or(goesToRd), 'the unit answers for another register');
  m.assert('requestIsHeld', r.busy.not().or(io.request), 'an instruction leaves before its result');
});
