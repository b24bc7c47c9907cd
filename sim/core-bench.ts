/**
 * One core with a memory that answers both buses in the next cycle, as a design: what cycles of the core alone are measured on.
 * The timer, the UART's output and a log of marks live inside, so that nothing crosses to JavaScript while a program runs.
 * Must not know programs nor engines.
 */
import { B, Flag, In, Out, U, bool, cat, hw, indexWidth } from '../gen/index.ts';
import type { Bool, UInt } from '../gen/index.ts';
import type { CoreConfig } from '../hw/core/config.ts';
import { Core } from '../hw/core/core.ts';
import { addressOf, RAM_BASE } from '../hw/soc/memory-map.ts';

const Word = U<number>(32);

/** Bytes of RAM: as much as firmware is linked for. */
export const BENCH_RAM_BYTES = 1024 * 1024;
/** Sent bytes that are kept; what comes after writes over the oldest. */
export const BENCH_UART_BYTES = 16 * 1024;
/** Marks that are kept, likewise. */
export const BENCH_MARKS = 1024;
/** Paths for the back door. */
export const BENCH_PATHS = { ram: 'ram', uartLog: 'uartLog', marks: 'marks' } as const;
/** What a mark holds, in words from the lowest: value stored, clock cycle, instructions retired before. */
export const MARK_WORDS = 3;

const SENDER_READY = 1;

/** The core as the bench holds it: no extension unit, and the trace port that instructions are counted by. */
export const benchCore = (config: CoreConfig): CoreConfig => ({ ...config, xif: false, trace: true, debug: false });

export const CoreBench = (config: CoreConfig) => hw('CoreBench', {
  /** Address of the word whose writing ends the run; 0: none. */
  tohost: In(Word),
  /** Address of the word whose every writing leaves a mark; 0: none. */
  mark: In(Word),
  stop: Out(B),
  /** The odd value that ended the run. */
  exitValue: Out(Word),
  instret: Out(U(64)),
  uartCount: Out(Word),
  markCount: Out(Word),
  /** The logs by ports, for a host without a back door (and so that they count as used). */
  logIndex: In(U(16)),
  uartByte: Out(U(8)),
  markWords: Out(U<number>(32 * MARK_WORDS)),
}, (m, io) => {
  m.doc('A core, memory of one cycle on both buses, a timer and logs.');
  const core = m.inst('core', Core(benchCore(config)));
  const words = BENCH_RAM_BYTES / 4;
  const ram = m.mem(BENCH_PATHS.ram, Word, words, { style: 'block' });
  const uartLog = m.mem(BENCH_PATHS.uartLog, U(8), BENCH_UART_BYTES);
  const marks = m.mem(BENCH_PATHS.marks, U<number>(32 * MARK_WORDS), BENCH_MARKS);
  const r = m.regs({
    cycle: U(64, 0), retired: U(64, 0), sent: U(32, 0), marked: U(32, 0), ended: Flag(false), value: U(32, 0),
    compareLow: U(32, 0xffff_ffff), compareHigh: U(32, 0xffff_ffff), software: Flag(false),
    fetched: Flag(false), fetchFailed: Flag(false),
    accessed: Flag(false), accessFailed: Flag(false), readDevice: Flag(false), deviceData: U(32, 0),
  });
  r.cycle = r.cycle.addWrap(1);
  const inRam = (address: UInt): Bool => address.slice(31, indexWidth(BENCH_RAM_BYTES)).eq(RAM_BASE / BENCH_RAM_BYTES);
  const index = (address: UInt): UInt => address.slice(indexWidth(BENCH_RAM_BYTES) - 1, 2);

  core.ibus.gnt = core.ibus.req;
  r.fetched = core.ibus.req;
  r.fetchFailed = inRam(core.ibus.addr).not();
  core.ibus.rvalid = r.fetched;
  core.ibus.rdata = ram.readSync('instruction', index(core.ibus.addr), core.ibus.req).exact(32);
  core.ibus.err = r.fetchFailed;

  const { addr, wdata } = core.dbus;
  core.dbus.gnt = core.dbus.req;
  const writes = core.dbus.req.and(core.dbus.we);
  const at = (name: Parameters<typeof addressOf>[0]): Bool => addr.eq(addressOf(name));
  const readable: readonly (readonly [Parameters<typeof addressOf>[0], UInt])[] = [
    ['msip', r.software.asUInt().zext(32)], ['mtimecmpLo', r.compareLow], ['mtimecmpHi', r.compareHigh],
    ['mtimeLo', r.cycle.slice(31, 0)], ['mtimeHi', r.cycle.slice(63, 32)], ['uartStatus', Word.lit(SENDER_READY)],
  ];
  const isDevice = readable.reduce<Bool>((any, [name]) => any.or(at(name)), at('uartData'));
  r.accessed = core.dbus.req;
  m.when(core.dbus.req, () => {
    r.accessFailed = inRam(addr).or(isDevice).not();
    r.readDevice = isDevice;
    r.deviceData = readable.reduce<UInt>((data, [name, value]) => at(name).mux(value, data), Word.lit(0)).exact(32);
  });
  const loaded = ram.readSync('data', index(addr), core.dbus.req);
  core.dbus.rvalid = r.accessed;
  core.dbus.rdata = r.readDevice.mux(r.deviceData, loaded).exact(32);
  core.dbus.err = r.accessFailed;
  m.when(writes, () => {
    m.when(inRam(addr), () => ram.writeMasked(index(addr), wdata, core.dbus.be));
    m.when(at('msip'), () => {
      r.software = wdata.bit(0);
    });
    m.when(at('mtimecmpLo'), () => {
      r.compareLow = wdata;
    });
    m.when(at('mtimecmpHi'), () => {
      r.compareHigh = wdata;
    });
    m.when(at('uartData'), () => {
      uartLog.write(r.sent.slice(indexWidth(BENCH_UART_BYTES) - 1, 0), wdata.slice(7, 0).exact(8));
      r.sent = r.sent.addWrap(1);
    });
    m.when(addr.eq(io.mark.exact(32)), () => {
      marks.write(r.marked.slice(indexWidth(BENCH_MARKS) - 1, 0), cat(r.retired.slice(31, 0), r.cycle.slice(31, 0), wdata));
      r.marked = r.marked.addWrap(1);
    });
    m.when(addr.eq(io.tohost.exact(32)).and(wdata.bit(0)), () => {
      r.ended = bool(true);
      r.value = wdata;
    });
  });
  core.irqSoftware = r.software;
  core.irqTimer = r.cycle.ge(cat(r.compareHigh, r.compareLow).exact(64));
  core.irqExternal = bool(false);
  if (config.isa.zicntr) core.mtime = r.cycle;
  core.fenceIDone = bool(true);
  m.when(core.trace.valid.and(core.trace.trap.not()), () => {
    r.retired = r.retired.addWrap(1);
  });

  io.stop = r.ended;
  io.exitValue = r.value;
  io.instret = r.retired;
  io.uartCount = r.sent;
  io.markCount = r.marked;
  io.uartByte = uartLog.read(io.logIndex.slice(indexWidth(BENCH_UART_BYTES) - 1, 0));
  io.markWords = marks.read(io.logIndex.slice(indexWidth(BENCH_MARKS) - 1, 0));
});
