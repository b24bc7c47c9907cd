/**
 * A test bench around one core, in the design language: RAM on both buses, a `tohost` watch, and, if asked for, random delays
 * on both buses, random interrupts and a log of what the core does, so that a host need not look at every cycle. Must not know
 * test programs.
 */
import { B, Flag, In, Out, U, bool, cat, hw } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { xifOf } from '../../hw/core/config.ts';
import type { CoreConfig } from '../../hw/core/config.ts';
import { Core } from '../../hw/core/core.ts';
import { anyOf } from '../../hw/core/word.ts';
import { corePorts } from '../../hw/core/ports.ts';
import { checkXif } from '../../hw/lib/cv-x-if-checker.ts';
import { addressOf, RAM_BASE } from '../../hw/soc/memory-map.ts';
import { BenchUnit } from './bench-unit.ts';
import { StreamUnit } from './stream-unit.ts';

export interface BenchOptions {
  readonly ramWords: number;
  /** Delay grants and answers at random. */
  readonly stalls: boolean;
}

const Word = U<number>(32);
const QUEUE = 4;

/** Events that the log holds, and how many unread ones stop a run: an event can come in the cycle in which it stops. */
export const LOG_EVENTS = 1024;
const LOG_STOP = LOG_EVENTS - 8;
export const LOG_INDEX_BITS = Math.log2(LOG_EVENTS);
/** An event in the log: 32-bit words, the first in the low bits. */
export const LOG_WORDS = { pc: 0, instr: 1, /** rdValue, or tval of a trap */ value: 2, flags: 3, /** since reset */ cycle: 4 } as const;
const LOG_BITS = 32 * Object.keys(LOG_WORDS).length;
/** Bits of the word `flags`. */
export const LOG_FLAGS = {
  rd: 0, rdWrite: 5, trap: 6, interrupt: 7, cause: 8, /** The line has been high ever since the event before. */ timer: 13, external: 14,
} as const;
/** How often the bench delays grants and answers, if it does at all. */
export const PACE = { aQuarter: 0, never: 1, mostly: 2, bursts: 3 } as const;

/** Answers of a memory, passed on in order but some of them later. */
const AnswerDelay = (stalls: boolean) => hw('AnswerDelay', {
  arrives: In(B), data: In(Word), error: In(B),
  hold: In(B),
  rvalid: Out(B), rdata: Out(Word), err: Out(B),
}, (m, io) => {
  if (!stalls) {
    io.rvalid = io.arrives;
    io.rdata = io.data;
    io.err = io.error;
    return;
  }
  const words = m.mem('words', U<number>(33), QUEUE, { style: 'registers' });
  const r = m.regs({ from: U<number>(2, 0), count: U<number>(3, 0) });
  const isEmpty = r.count.eq(0);
  const head = words.read(r.from);
  io.rvalid = io.hold.not().and(isEmpty.not().or(io.arrives));
  // An answer that is not valid may hold anything: show that nobody looks at it.
  io.rdata = io.rvalid.mux(isEmpty.mux(io.data, head.slice(31, 0)), Word.lit(0xdead_beef));
  io.err = io.rvalid.mux(isEmpty.mux(io.error, head.bit(32)), bool(true));
  m.when(io.arrives, () => words.write(r.from.addWrap(r.count.slice(1, 0)), cat(io.error, io.data)));
  m.when(io.rvalid, () => {
    r.from = r.from.addWrap(1);
  });
  r.count = r.count.addWrap(io.arrives.asUInt().zext(3)).subWrap(io.rvalid.asUInt().zext(3));
  m.assert('answersFit', r.count.le(QUEUE), 'too many answers wait');
});

export function CoreBench(config: CoreConfig, { ramWords, stalls }: BenchOptions) {
  return hw('CoreBench', {
    /** Address whose writes end a run. */
    tohostAddress: In(Word),
    finished: Out(B),
    tohost: Out(Word),
    irqTimer: In(B), irqExternal: In(B),
    /** Start of the random numbers; 0: always the same. To be set before reset ends. */
    seed: In(Word),
    /** See PACE. */
    pace: In(U<number>(2)),
    /** The lines go up and down at random; most times they go down when the program stores to mtimecmpLo. */
    irqRandom: In(B),
    /** The timer's line goes up at the end of cycle `timerFrom`, down at that of `timerUntil` or at a store to mtimecmpLo. Equal: never. */
    timerFrom: In(Word), timerUntil: In(Word),
    /** Events that the host has read. With the core's trace: `stop` asks it to read on, or tells that the program has finished. */
    logRead: In(Word),
    logCount: Out(Word),
    stop: Out(B),
    /** The log by a port, for a host without a back door. */
    logIndex: In(U<number>(LOG_INDEX_BITS)),
    logEntry: Out(U<number>(LOG_BITS)),
    ...(config.trace ? { trace: corePorts(config).trace } : {}),
  }, (m, io) => {
    const core = m.inst('core', Core(config));
    const ram = m.mem('ram', Word, ramWords, { style: 'block' });
    const r = m.regs({
      random: U<number>(32, 0x1234_5678), cycle: U<number>(64, 0), finished_: Flag(false), tohost_: U<number>(32, 0), software: Flag(false),
      isSeeded: Flag(false), timer: Flag(false), external: Flag(false),
      fetched: Flag(false), fetchFailed: B, accessed: Flag(false), accessFailed: B, readDevice: B, deviceData: Word,
    });
    r.cycle = r.cycle.addWrap(1);
    // G. Marsaglia, "Xorshift RNGs", 2003: every bit of one cycle depends on many of the cycle before.
    r.isSeeded = bool(true);
    const left = (word: UInt, by: number): UInt => cat(word.slice(31 - by, 0), U<number>(by).lit(0));
    const { mixed1 } = m.let({ mixed1: r.random.xor(left(r.random, 13)) });
    const { mixed2 } = m.let({ mixed2: mixed1.xor(mixed1.shr(17)) });
    r.random = r.isSeeded.or(io.seed.eq(0)).mux(mixed2.xor(left(mixed2, 5)), io.seed.exact(32));
    const rush = r.cycle.bit(6).not();
    const pace = (rare: Bool, often: Bool): Bool =>
      io.pace.eq(PACE.aQuarter).and(rare).or(io.pace.eq(PACE.mostly).or(io.pace.eq(PACE.bursts).and(rush)).and(often));
    const chance = (bit: number): Bool => {
      if (!stalls) return bool(false);
      const [one, other] = [r.random.bit(bit), r.random.bit(bit + 9)];
      return pace(one.and(other), one.or(other));
    };

    const inRam = (address: UInt): Bool => address.slice(31, 2).ge(RAM_BASE / 4).and(address.slice(31, 2).lt(RAM_BASE / 4 + ramWords));
    const index = (address: UInt): UInt => address.slice(31, 2).subWrap(RAM_BASE / 4).trunc(Math.ceil(Math.log2(ramWords)));

    const fetchGranted = core.ibus.req.and(chance(0).not());
    core.ibus.gnt = fetchGranted;
    r.fetched = fetchGranted;
    r.fetchFailed = inRam(core.ibus.addr).not();
    const fetchData = ram.readSync('fetchData', index(core.ibus.addr), fetchGranted);
    const fetchDelay = m.inst('fetchDelay', AnswerDelay(stalls));
    fetchDelay.arrives = r.fetched;
    fetchDelay.data = fetchData;
    fetchDelay.error = r.fetchFailed;
    fetchDelay.hold = chance(3);
    core.ibus.rvalid = fetchDelay.rvalid;
    core.ibus.rdata = fetchDelay.rdata.exact(32);
    core.ibus.err = fetchDelay.err;

    const accessGranted = core.dbus.req.and(chance(6).not());
    const isSoftwareInterrupt = core.dbus.addr.eq(addressOf('msip'));
    core.dbus.gnt = accessGranted;
    r.accessed = accessGranted;
    const isAcknowledge = core.dbus.addr.eq(addressOf('mtimecmpLo'));
    r.accessFailed = anyOf(inRam(core.dbus.addr), isSoftwareInterrupt, isAcknowledge).not();
    r.readDevice = isSoftwareInterrupt;
    r.deviceData = r.software.asUInt().zext(32);
    const accessData = ram.readSync('accessData', index(core.dbus.addr), accessGranted);
    const writes = accessGranted.and(core.dbus.we);
    m.when(writes.and(inRam(core.dbus.addr)), () => ram.writeMasked(index(core.dbus.addr), core.dbus.wdata, core.dbus.be));
    m.when(writes.and(isSoftwareInterrupt).and(core.dbus.be.bit(0)), () => {
      r.software = core.dbus.wdata.bit(0);
    });
    const accessDelay = m.inst('accessDelay', AnswerDelay(stalls));
    accessDelay.arrives = r.accessed;
    accessDelay.data = r.readDevice.mux(r.deviceData, accessData);
    accessDelay.error = r.accessFailed;
    accessDelay.hold = chance(11);
    core.dbus.rvalid = accessDelay.rvalid;
    core.dbus.rdata = accessDelay.rdata.exact(32);
    core.dbus.err = accessDelay.err;

    m.when(writes.and(core.dbus.addr.eq(io.tohostAddress.exact(32))).and(core.dbus.wdata.ne(0)), () => {
      r.finished_ = bool(true);
      r.tohost_ = core.dbus.wdata;
    });
    io.finished = r.finished_;
    io.tohost = r.tohost_;

    core.irqSoftware = r.software;
    core.irqTimer = io.irqTimer.or(r.timer);
    core.irqExternal = io.irqExternal.or(r.external);
    const cycle = r.cycle.slice(31, 0);
    const acknowledged = writes.and(isAcknowledge).and(io.irqRandom.not().or(r.random.slice(31, 30).ne(0)));
    m.when(io.irqRandom.and(r.random.slice(23, 18).eq(0)), () => {
      r.timer = r.random.bit(16);
    });
    m.when(io.irqRandom.and(r.random.slice(29, 24).eq(0)), () => {
      r.external = r.random.bit(17);
    });
    m.when(io.timerFrom.ne(io.timerUntil), () => {
      m.when(cycle.eq(io.timerFrom.exact(32)), () => {
        r.timer = bool(true);
      }).elseWhen(cycle.eq(io.timerUntil.exact(32)), () => {
        r.timer = bool(false);
      });
    });
    m.when(acknowledged, () => {
      r.timer = bool(false);
      r.external = bool(false);
    });
    if (config.isa.zicntr) core.mtime = r.cycle.exact(64);
    core.fenceIDone = chance(14).not();
    if (config.trace && io.trace) {
      const names = Object.keys(corePorts(config).trace) as (keyof typeof core.trace)[];
      for (const name of names) Object.assign(io.trace, { [name]: core.trace[name] });
    }
    if (config.trace) {
      const { trace } = core;
      const log = m.mem('log', U<number>(LOG_BITS), LOG_EVENTS);
      const logged = m.regs({ logged: U<number>(32, 0), timerSteady: Flag(false), externalSteady: Flag(false) });
      logged.timerSteady = core.irqTimer.and(logged.timerSteady.or(trace.valid));
      logged.externalSteady = core.irqExternal.and(logged.externalSteady.or(trace.valid));
      m.when(trace.valid, () => {
        const steady = [logged.externalSteady.and(core.irqExternal), logged.timerSteady.and(core.irqTimer)];
        const flags = cat(...steady, trace.cause, trace.interrupt, trace.trap, trace.rdWrite, trace.rd).zext(32);
        const value = trace.trap.mux(trace.tval, trace.rdValue);
        log.write(logged.logged.slice(LOG_INDEX_BITS - 1, 0), cat(cycle, flags, value, trace.instr, trace.pc));
        logged.logged = logged.logged.addWrap(1);
      });
      io.logCount = logged.logged;
      io.logEntry = log.read(io.logIndex);
      io.stop = r.finished_.or(logged.logged.subWrap(io.logRead.exact(32)).ge(LOG_STOP));
    } else {
      io.logCount = Word.lit(0);
      io.logEntry = U<number>(LOG_BITS).lit(0);
      io.stop = r.finished_;
    }
    if (config.xif) {
      const unit = m.inst('unit', (config.xifOverlap ? StreamUnit : BenchUnit)(xifOf(config)));
      unit.random = r.random.slice(31, 24);
      m.link(core.xif, unit.xif);
      checkXif(m, 'rules', xifOf(config), unit.xif);
    }
  });
}
