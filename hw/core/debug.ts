/**
 * A debugger's hand on the core: holds it between two instructions, when nothing is under way, and then writes its registers and shows
 * its CSRs. Must not know instructions nor the pipeline's stages.
 */
import { B, Flag, In, Out, U, hw } from '../../gen/index.ts';
import { RegisterNumber, Word, allOf } from './word.ts';

/** The core's port for it. */
export const DEBUG = {
  /** No further instruction begins; one that has begun ends, and `wfi` ends at once. */
  halt: In(B),
  /** Nothing is under way: registers and pc are those before the next instruction, and may be written. */
  halted: Out(B),
  /** An instruction completes, or a trap is taken instead of one, at the end of this cycle. */
  ends: Out(B),
  /** While `halted`, one of them for one cycle: register `number` 1 to 31, CSR `number`, or pc takes `value`. */
  writeRegister: In(B),
  writeCsr: In(B),
  /** Until `tookPc`. */
  writePc: In(B),
  tookPc: Out(B),
  number: In(U(12)),
  value: In(U(32)),
  /** While `halted`, in the same cycle: what an instruction would read from CSR `number`; 0 where there is none. */
  csrValue: Out(U(32)),
};

export const Debug = hw('Debug', {
  halt: In(B), writeRegister: In(B), writeCsr: In(B), writePc: In(B), number: In(U<number>(12)), value: In(Word),
  /** An instruction stands in the execute stage; it has had a cycle there already. */
  valid: In(B),
  started: In(B),
  /** What came before it has ended, or ends in this cycle. */
  previousDone: In(B),

  /** The instruction in the execute stage must not begin. */
  holds: Out(B),
  halted: Out(B),
  register: Out(B),
  registerNumber: Out(RegisterNumber),
  /** The CSRs are the debugger's: it reads, or writes too. */
  csrAccess: Out(B),
  csrWrite: Out(B),
  jump: Out(B),
}, (m, io) => {
  m.doc('Holds the core between two instructions for a debugger.');
  const holds = io.halt.and(io.started.not()).named('holds');
  io.holds = holds;
  // What ends in the first cycle of holding has ended in the second one, because nothing follows it.
  const r = m.regs({ wasQuiet: Flag(false) });
  const { quiet } = m.let({ quiet: allOf(holds, io.valid, io.previousDone) });
  r.wasQuiet = quiet;
  const { isHalted } = m.let({ isHalted: quiet.and(r.wasQuiet) });
  io.halted = isHalted;
  const number = io.number.slice(4, 0);
  io.registerNumber = number;
  io.register = allOf(isHalted, io.writeRegister, number.ne(0));
  io.csrAccess = isHalted;
  io.csrWrite = isHalted.and(io.writeCsr);
  io.jump = isHalted.and(io.writePc);
});
