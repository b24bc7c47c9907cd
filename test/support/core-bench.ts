/**
 * A test bench around one core, in the design language: RAM on both buses, a `tohost` watch, and, if asked for, random delays
 * on both buses. Must not know test programs.
 */
import { B, Flag, In, Out, U, bool, cat, hw } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import type { CoreConfig } from '../../hw/core/config.ts';
import { Core } from '../../hw/core/core.ts';
import { corePorts } from '../../hw/core/ports.ts';
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
    ...(config.trace ? { trace: corePorts(config).trace } : {}),
  }, (m, io) => {
    const core = m.inst('core', Core(config));
    const ram = m.mem('ram', Word, ramWords, { style: 'block' });
    const r = m.regs({
      random: U<number>(32, 0x1234_5678), cycle: U<number>(64, 0), finished_: Flag(false), tohost_: U<number>(32, 0), software: Flag(false),
      fetched: Flag(false), fetchFailed: B, accessed: Flag(false), accessFailed: B, readDevice: B, deviceData: Word,
    });
    r.cycle = r.cycle.addWrap(1);
    // Galois LFSR of 32 bits, taps 32, 22, 2, 1; several steps would be better, but bits far apart are random enough here.
    r.random = r.random.shr(1).xor(r.random.bit(0).mux(Word.lit(0x8020_0003), Word.lit(0)));
    const chance = (bit: number): Bool => (stalls ? r.random.bit(bit).and(r.random.bit(bit + 9)) : bool(false));

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
    r.accessFailed = inRam(core.dbus.addr).or(isSoftwareInterrupt).not();
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
    core.irqTimer = io.irqTimer;
    core.irqExternal = io.irqExternal;
    if (config.isa.zicntr) core.mtime = r.cycle.exact(64);
    core.fenceIDone = chance(14).not();
    if (config.trace && io.trace) {
      const names = Object.keys(corePorts(config).trace) as (keyof typeof core.trace)[];
      for (const name of names) Object.assign(io.trace, { [name]: core.trace[name] });
    }
    if (config.xif) {
      const unit = m.inst('unit', config.xifOverlap ? StreamUnit : BenchUnit);
      unit.random = r.random.slice(31, 24);
      m.link(core.xif, unit.xif);
    }
  });
}
