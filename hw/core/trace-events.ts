/**
 * Tells of every retired instruction and every trap, once it is certain: the core's trace port. Must not know the pipeline but for
 * the fact that what completes may still fail in the write stage.
 */
import { B, Flag, In, bool, hw } from '../../gen/index.ts';
import type { CoreConfig } from './config.ts';
import { TRACE } from './ports.ts';
import { withOnly } from '../lib/with-only.ts';
import { RegisterNumber, Word, anyOf } from './word.ts';

const ports = {
  /** An instruction completes, or a trap is taken instead, at the end of this cycle. */
  complete: In(B),
  trapTaken: In(B),
  /** Of it: where it stands, how it stands in memory, what it writes. */
  pc: In(Word),
  instr: In(Word),
  rd: In(RegisterNumber),
  writes: In(B),
  value: In(Word),
  cause: In(RegisterNumber),
  tval: In(Word),
  interrupt: In(B),
  /** What completed last has failed after all. */
  fault: In(B),
  /** With three stages: it leaves the write stage with this value. */
  retires: In(B),
  writeValue: In(Word),
  trace: TRACE,
};

export function TraceEvents(config: CoreConfig) {
  const hasWrite = config.stages === 3;
  return hw('TraceEvents', withOnly(ports, { retires: hasWrite, writeValue: hasWrite }), (m, io) => {
    m.doc('One event at a time waits here until it is certain; a trap is so at once.');
    const event = m.regs({
      pending: Flag(false), eventPc: Word, eventInstr: Word, eventRd: RegisterNumber, eventRdWrite: B, eventRdValue: Word,
      eventTrap: B, eventCause: RegisterNumber, eventTval: Word, eventInterrupt: B,
    });
    const { happens } = m.let({ happens: io.complete.or(io.trapTaken) });
    const { leaves } = m.let({ leaves: hasWrite ? io.retires.or(event.eventTrap) : event.pending });
    event.pending = anyOf(happens, event.pending.and(leaves.not()).and(io.fault.not()));
    m.when(happens, () => {
      event.eventPc = io.pc;
      // After a fault of the write stage the faulting instruction's bits still stand here.
      m.when(hasWrite ? io.fault.not() : bool(true), () => {
        event.eventInstr = io.instr;
      });
      event.eventRd = io.rd;
      event.eventRdWrite = io.writes.and(io.trapTaken.not());
      event.eventRdValue = io.value;
      event.eventTrap = io.trapTaken;
      event.eventCause = io.cause;
      event.eventTval = io.tval;
      event.eventInterrupt = io.interrupt;
    });
    const { trace } = io;
    trace.valid = event.pending.and(leaves);
    trace.pc = event.eventPc.exact(32);
    trace.instr = event.eventInstr.exact(32);
    trace.rd = event.eventRd.exact(5);
    trace.rdWrite = event.eventRdWrite;
    trace.rdValue = (hasWrite ? event.eventTrap.mux(Word.lit(0), io.writeValue) : event.eventRdValue).exact(32);
    trace.trap = event.eventTrap;
    trace.cause = event.eventCause.exact(5);
    trace.tval = event.eventTval.exact(32);
    trace.interrupt = event.eventInterrupt;
  });
}
