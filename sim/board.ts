/**
 * The chip on its simulated board, as one design: memory, serial line and host live inside of it, so that nothing crosses
 * between the simulator and JavaScript in every cycle. Must not know engines.
 */
import { B, Flag, In, Out, Sink, U, bool, elaborate, hw, indexWidth } from '../gen/index.ts';
import type { ModuleDef, UInt } from '../gen/index.ts';
import type { Design } from '../gen/ir/module.ts';
import { Chip, chipPorts, memoryBus } from '../hw/soc/chip.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { withOnly } from '../hw/lib/with-only.ts';
import { axiManager, axiSubordinate } from '../hw/lib/axi4.ts';
import type { AxiParams } from '../hw/lib/axi4.ts';
import { RAM_BASE } from '../hw/soc/memory-map.ts';
import { AxiRam } from './axi-ram.ts';
import { EVENT_BYTES, EVENT_MEMORY, EVENT_RING, EventRecorder } from './event-recorder.ts';
import { keepLast } from './keep-last.ts';
import { patienceFor } from './patience.ts';
import type { Patience } from './patience.ts';
import { Watchdog } from './watchdog.ts';

/** Sent bytes that the log holds before it writes over the oldest. */
export const UART_LOG_BYTES = 64 * 1024;
/** Paths for the back door. */
export const RAM_PATH = 'ram.cells';
export const UART_LOG_PATH = 'uartLog';
export const EVENT_LOG_PATH = `recorder.${EVENT_MEMORY}`;

/** The chip that `SimBoard(config)` holds: the board counts instructions by the core's trace. */
export const boardConfig = (config: ChipConfig): ChipConfig => ({ ...config, core: { ...config.core, trace: true } });

const allPorts = (config: ChipConfig) => ({
  /** Byte address of the word whose writing ends the simulation; 0: none. */
  tohost: In(U(32)),
  /** Bytes for the program. */
  uartRx: Sink(U(8)),
  /** The program has written an odd value to `tohost`. */
  stop: Out(B),
  /** That value. */
  exitValue: Out(U(32)),
  /** The trap handler's first instruction traps, and so for ever. */
  stuck: Out(B),
  /** The tensor unit does nothing of what it has to do, or the program asks it in vain: see `Watchdog`. */
  isStill: Out(B), asksInVain: Out(B),
  /** After how many cycles, and after how many answers. */
  stillCycles: Out(U(32)), answers: Out(U(32)),
  /** Nothing more will come of it: one of those above. */
  halted: Out(B),
  /** What the tensor unit is doing. */
  watch: chipPorts(boardConfig(config), true).watch,
  /** Bytes that the program has sent; the last of them are in `uartLog`, byte i at i modulo its size. */
  uartCount: Out(U(32)),
  /** The log by a port, for a host without a back door (and so that it counts as used). */
  uartLogIndex: In(U(indexWidth(UART_LOG_BYTES))),
  uartLogByte: Out(U(8)),
  /** Retired instructions. */
  instret: Out(U(64)),
  trace: chipPorts(boardConfig(config)).trace,
  /** What the core did last: see `EventRecorder`. */
  eventCount: Out(U(32)),
  exceptions: Out(U(32)),
  exceptionPc: Out(U(32)),
  exceptionCause: Out(U(5)),
  exceptionTval: Out(U(32)),
  /** The ring of events by a port. */
  eventIndex: In(U(indexWidth(EVENT_RING))),
  eventEntry: Out(U(8 * EVENT_BYTES)),
  /** Present if config.core.debug: see the core's ports. */
  debug: chipPorts({ ...config, core: { ...config.core, debug: true } }).debug,
});
const boardPorts = (config: ChipConfig): ReturnType<typeof allPorts> => withOnly(allPorts(config), { debug: config.core.debug });

/** Of what stands between chip and main memory. */
export const betweenPorts = (bus: AxiParams) => ({ chip: axiSubordinate(bus), memory: axiManager(bus) });

export interface BoardOptions {
  /** How long the chip may wait; default: what the latency of its memory asks for. */
  readonly patience?: Patience;
  /** What stands on the bus between chip and main memory; default: nothing. */
  readonly between?: (bus: AxiParams) => ModuleDef<ReturnType<typeof betweenPorts>>;
}

/** Board with main memory `ram.cells` at `RAM_BASE`, size and latency from `config.simulation`. */
export const SimBoard = (config: ChipConfig, { patience = patienceFor(config.simulation.latencyCycles), between }: BoardOptions = {}) =>
  hw('SimBoard', boardPorts(config), (m, io) => {
    m.doc(`${config.name} with main memory, a log of its serial port and a way to end.`);
    const chip = m.inst('chip', Chip(boardConfig(config), true));
    const bus = memoryBus(config);
    const ram = m.inst('ram', AxiRam({
      ...bus, base: RAM_BASE, bytes: config.simulation.ramBytes, latencyCycles: config.simulation.latencyCycles,
      outstanding: config.simulation.outstanding,
    }));
    const middle = between && m.inst('between', between(bus));
    if (middle) {
      m.link(chip.mem, middle.chip);
      m.link(middle.memory, ram.bus);
    } else m.link(chip.mem, ram.bus);
    m.connect(io.uartRx, chip.uartRx);

    const r = m.regs({ ended: Flag(false), stopped: Flag(false), value: U(32, 0), sent: U(32, 0), retired: U(64, 0) });

    // tohost: the word's address, lane by lane.
    for (let lane = 0; lane < bus.dataBytes / 4; lane++) {
      const address = bus.dataBytes === 4 ? undefined : U(Math.log2(bus.dataBytes) - 2).lit(lane);
      const beatBits = Math.log2(bus.dataBytes);
      const isBeat = ram.wrote.and(ram.wroteAddress.slice(31, beatBits).eq(io.tohost.slice(31, beatBits)));
      const isLane = address ? io.tohost.slice(beatBits - 1, 2).eq(address) : bool(true);
      const word = ram.wroteData.slice(32 * lane + 31, 32 * lane);
      // Even values are requests of a host protocol that we do not speak.
      m.when(isBeat.and(isLane).and(ram.wroteStrobe.slice(4 * lane + 3, 4 * lane).andR()).and(word.bit(0)), () => {
        r.ended = bool(true);
        r.value = word.exact(32);
      });
    }
    io.stop = r.stopped;
    io.exitValue = r.value;

    const log = m.mem(UART_LOG_PATH, U(8), UART_LOG_BYTES);
    chip.uartTx.ready = bool(true);
    m.when(chip.uartTx.valid, () => {
      log.write((r.sent as UInt).slice(indexWidth(UART_LOG_BYTES) - 1, 0), chip.uartTx.bits);
      r.sent = r.sent.addWrap(1);
    });
    io.uartCount = r.sent;
    io.uartLogByte = log.read(io.uartLogIndex);

    if (config.core.debug) m.link(chip.debug, io.debug);
    const { trace } = chip;
    m.when(trace.valid.and(trace.trap.not()), () => {
      r.retired = r.retired.addWrap(1);
      // The first instruction to retire after the word was written is the store itself.
      r.stopped = r.ended;
    });
    // A store that is buffered retires before it is in memory, and perhaps nothing after it ever does.
    if (config.soc.dataCacheBytes > 0) {
      const cacheableBits = Math.log2(config.soc.dataCacheableBytes);
      m.when(io.tohost.slice(31, cacheableBits).eq(Math.floor(RAM_BASE / 2 ** cacheableBits)), () => {
        r.stopped = r.ended;
      });
    }
    io.instret = r.retired;
    Object.assign(io.trace, { valid: trace.valid, pc: trace.pc, instr: trace.instr });
    Object.assign(io.trace, { rd: trace.rd, rdWrite: trace.rdWrite, rdValue: trace.rdValue });
    Object.assign(io.trace, { trap: trace.trap, cause: trace.cause, tval: trace.tval, interrupt: trace.interrupt });

    const recorder = m.inst('recorder', EventRecorder);
    Object.assign(recorder, { valid: trace.valid, pc: trace.pc, instr: trace.instr });
    Object.assign(recorder, { rd: trace.rd, rdWrite: trace.rdWrite, rdValue: trace.rdValue });
    Object.assign(recorder, { trap: trace.trap, cause: trace.cause, tval: trace.tval, interrupt: trace.interrupt, index: io.eventIndex });
    io.stuck = recorder.stuck;
    const watchdog = m.inst('watchdog', Watchdog(patience));
    const { watch } = chip;
    watchdog.busy = watch.busy.ne(0);
    m.link(watch, watchdog, ['waits', 'moves', 'answers', 'instr', 'value', 'takes']);
    watchdog.retires = trace.valid;
    watchdog.disturbs = trace.valid.and(trace.trap).or(chip.uartTx.valid).or(io.uartRx.fire);
    m.link(watch, io.watch);
    io.isStill = watchdog.isStill;
    io.asksInVain = watchdog.asksInVain;
    io.stillCycles = U(32).lit(patience.stillCycles);
    io.answers = U(32).lit(patience.answers);
    io.halted = r.stopped.or(recorder.stuck).or(watchdog.isStill).or(watchdog.asksInVain);
    io.eventCount = recorder.count;
    io.exceptions = recorder.exceptions;
    io.exceptionPc = recorder.exceptionPc;
    io.exceptionCause = recorder.exceptionCause;
    io.exceptionTval = recorder.exceptionTval;
    io.eventEntry = recorder.entry;
  });

/** Boards that are kept: some hundred megabytes of the largest chips. */
const KEPT_BOARDS = 3;

/** The board of a configuration, elaborated. Programs come one after the other for the same chip. */
export const boardDesign: (config: ChipConfig, patience?: Patience) => Design =
  keepLast(KEPT_BOARDS, (config: ChipConfig, patience?: Patience) => elaborate(SimBoard(config, patience ? { patience } : {})));
