/**
 * What the core did last, kept inside the simulated board: its latest events in a ring, the exception that began the present
 * trouble, and whether the core has come to a state that it can never leave. Costs a write per event and nothing in
 * JavaScript. Must not know instructions nor who reads it; `sim/debug/board-events.ts` does.
 */
import { B, Flag, In, Out, U, bool, cat, hw, indexWidth } from '../gen/index.ts';

/** Events that the ring holds. A core makes at most one a cycle: who looks every so many cycles misses none. */
export const EVENT_RING = 256;
/** Name of the ring inside the recorder. */
export const EVENT_MEMORY = 'events';

/** An event in the ring: 32-bit words, the first in the low bits. */
export const EVENT_WORDS = { pc: 0, instr: 1, /** rdValue, or tval of a trap */ value: 2, flags: 3, cycleLow: 4, cycleHigh: 5 } as const;
export const EVENT_BYTES = 4 * Object.keys(EVENT_WORDS).length;
/** Bits of the word `flags`. */
export const EVENT_FLAGS = {
  rd: { lo: 0, width: 5 }, rdWrite: { lo: 5, width: 1 }, trap: { lo: 6, width: 1 }, interrupt: { lo: 7, width: 1 },
  cause: { lo: 8, width: 5 },
} as const;

const ports = {
  /** An event: as in the core's trace. */
  valid: In(B), pc: In(U(32)), instr: In(U(32)), rd: In(U(5)), rdWrite: In(B), rdValue: In(U(32)),
  trap: In(B), cause: In(U(5)), tval: In(U(32)), interrupt: In(B),
  /** Events since reset; event i is at i modulo EVENT_RING. */
  count: Out(U(32)),
  /** Exceptions since reset, not counting those of a trap handler's very first instruction. */
  exceptions: Out(U(32)),
  /** The last of them. */
  exceptionPc: Out(U(32)), exceptionCause: Out(U(5)), exceptionTval: Out(U(32)),
  /** The trap handler's first instruction traps, and so for ever. */
  stuck: Out(B),
  /** The ring by a port, for a host without a back door (and so that it counts as used). */
  index: In(U(indexWidth(EVENT_RING))),
  entry: Out(U(8 * EVENT_BYTES)),
};

export const EventRecorder = hw('EventRecorder', ports, (m, io) => {
  m.doc(`The last ${EVENT_RING} instructions that retired or trapped, and what went wrong.`);
  const ring = m.mem(EVENT_MEMORY, U(8 * EVENT_BYTES), EVENT_RING);
  const r = m.regs({ now: U(64, 0), recorded: U(32, 0) });
  r.now = r.now.addWrap(1);
  const flags = cat(io.cause, io.interrupt, io.trap, io.rdWrite, io.rd).zext(32);
  m.when(io.valid, () => {
    ring.write(r.recorded.slice(indexWidth(EVENT_RING) - 1, 0), cat(r.now, flags, io.trap.mux(io.tval, io.rdValue), io.instr, io.pc));
    r.recorded = r.recorded.addWrap(1);
  });
  io.count = r.recorded;
  io.entry = ring.read(io.index);

  // An exception straight after an exception is one of the handler's first instruction: the first of them is what went wrong.
  // Where that comes twice from one address, it comes for ever, for nothing can have changed in between.
  const { exception } = m.let({ exception: io.valid.and(io.trap).and(io.interrupt.not()) });
  const last = m.regs({ afterException: Flag(false), lastPc: U(32, 0), isStuck: Flag(false) });
  const fault = m.regs({ faults: U(32, 0), faultPc: U(32, 0), faultCause: U(5, 0), faultTval: U(32, 0) });
  m.when(io.valid, () => {
    last.afterException = exception;
    last.lastPc = io.pc;
  });
  m.when(exception.and(last.afterException.not()), () => {
    fault.faults = fault.faults.addWrap(1);
    fault.faultPc = io.pc;
    fault.faultCause = io.cause;
    fault.faultTval = io.tval;
  });
  m.when(exception.and(last.afterException).and(io.pc.eq(last.lastPc)), () => {
    last.isStuck = bool(true);
  });
  io.exceptions = fault.faults;
  io.exceptionPc = fault.faultPc;
  io.exceptionCause = fault.faultCause;
  io.exceptionTval = fault.faultTval;
  io.stuck = last.isStuck;
});
