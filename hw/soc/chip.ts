/**
 * The whole chip: core, caches, tensor unit, timer and serial port on one memory bus. Everything outside of it (memory, pins)
 * hangs on a published bus or a byte stream, so that simulations and boards wrap the same chip.
 *
 *   core ── fetch ──► instruction cache ──┐
 *     ├──── data ───► demux ─► data cache ┼─► arbiters ─► mem
 *     │                 ├─► CLINT         │
 *     │                 └─► UART          │
 *     └──── CV-X-IF ─► tensor unit ───────┘
 *
 * Without data cache every access of the core ends before the next instruction has effects, so all are in order. The cache
 * answers stores early: then the chip holds back whoever could notice until they have arrived in memory.
 */
import { Flag, Sink, Source, U, bool, hw } from '../../gen/index.ts';
import type { Bool, Builder, Inside, ModuleDef, Outside } from '../../gen/index.ts';
import { xifOf } from '../core/config.ts';
import { Core } from '../core/core.ts';
import { corePorts } from '../core/ports.ts';
import { withOnly } from '../lib/with-only.ts';
import { axiManager } from '../lib/axi4.ts';
import type { AxiParams } from '../lib/axi4.ts';
import { AxiReadArbiter, AxiWriteArbiter } from '../lib/axi-arbiter.ts';
import { fires } from '../lib/cv-x-if.ts';
import type { xifCore, xifUnit } from '../lib/cv-x-if.ts';
import { checkXif } from '../lib/cv-x-if-checker.ts';
import { DataCache } from '../lib/data-cache.ts';
import { InstructionCache } from '../lib/instruction-cache.ts';
import type { ObiData } from '../lib/obi.ts';
import { ObiDemux } from '../lib/obi-demux.ts';
import { ObiToAxi } from '../lib/obi-to-axi.ts';
import { TensorUnit } from '../tensor/tensor-unit.ts';
import { InstructionWatch, tensorWatchPorts } from '../tensor/watch.ts';
import { SerialClint } from './clint-serial.ts';
import { Clint } from './clint.ts';
import type { ChipConfig } from './config.ts';
import { RAM_BASE, REGIONS } from './memory-map.ts';
import { Uart } from './uart.ts';

/** Managers on the memory bus in order of urgency: the core waits for every single word, the tensor unit works ahead. */
const READERS = ['data', 'fetch', 'tensor'] as const;
const WRITERS = ['data', 'tensor'] as const;
const MANAGER_BITS = 2;
/** Stores that wait in the data cache for the memory bus. */
const STORE_QUEUE = 4;
/** What the data bus sends to main memory: all from its base up. Memory itself answers for what lies past its end. */
const RAM_WINDOW = { base: RAM_BASE, bytes: 2 ** 32 - RAM_BASE };

/** The chip's memory bus. */
export const memoryBus = (config: ChipConfig): AxiParams => ({ dataBytes: config.bus.bytes, idBits: config.bus.idBits + MANAGER_BITS });

const allPorts = (config: ChipConfig) => ({
  mem: axiManager(memoryBus(config)),
  uartTx: Source(U(8)),
  uartRx: Sink(U(8)),
  /** Present if config.core.trace: see the core's ports. */
  trace: corePorts({ ...config.core, trace: true }).trace,
  /** Present if config.core.debug: see the core's ports. */
  debug: corePorts({ ...config.core, debug: true }).debug,
  /** Present if checked: what the tensor unit is doing. */
  watch: tensorWatchPorts(),
});
export const chipPorts = (config: ChipConfig, checked = false): ReturnType<typeof allPorts> =>
  withOnly(allPorts(config), { trace: config.core.trace, debug: config.core.debug, watch: checked });

/** `checked`: with assertions on the rules between core and tensor unit, and with what a watchdog needs, for simulations. */
export function Chip(config: ChipConfig, checked = false): ModuleDef<ReturnType<typeof chipPorts>> {
  const inner: AxiParams = { dataBytes: config.bus.bytes, idBits: config.bus.idBits };
  return hw('Chip', chipPorts(config, checked), (m, io) => {
    m.doc(`${config.name}: RISC-V core with a ${config.tensor.rows} x ${config.tensor.columns} tensor unit.`);
    const xif = xifOf(config.core);
    const core = m.inst('core', Core({ ...config.core, xif: true }));
    const tensor = m.inst('tensor', TensorUnit(config.tensor, xif, checked));
    // Only the time CSR needs the timer as a whole; without it the small one will do.
    const whole = config.core.isa.zicntr ? m.inst('clint', Clint) : undefined;
    const clint = whole ?? m.inst('clint', SerialClint);
    const uart = m.inst('uart', Uart({ rxQueue: config.soc.uartQueue }));
    const cache = m.inst('cache', InstructionCache({
      ...inner, bytes: config.soc.instructionCacheBytes, lineBytes: config.soc.instructionLineBytes,
      prefetches: config.soc.instructionPrefetch, cacheableBase: RAM_BASE, cacheableBytes: config.soc.cacheableBytes,
    }));
    const demux = m.inst('demux', ObiDemux({ ram: RAM_WINDOW, clint: REGIONS.clint, uart: REGIONS.uart }));
    const dataCache = config.soc.dataCacheBytes === 0 ? undefined : m.inst('dataCache', DataCache({
      ...inner, bytes: config.soc.dataCacheBytes, lineBytes: config.soc.dataLineBytes,
      cacheableBase: RAM_BASE, cacheableBytes: config.soc.dataCacheableBytes, storeQueue: STORE_QUEUE,
    }));
    const data = dataCache ?? m.inst('data', ObiToAxi(inner));
    /** All stores of the core have arrived in memory. */
    const drained = dataCache?.drained;
    const reads = m.inst('reads', AxiReadArbiter({ ...inner, managerBits: MANAGER_BITS, managers: READERS.length }));
    const writes = m.inst('writes', AxiWriteArbiter({ ...inner, managerBits: MANAGER_BITS, managers: WRITERS.length }));

    // --- core: fetch ---
    m.link(core.ibus, cache.obi);
    if (drained) {
      // Not before: what is fetched after the flush must be what was stored before the fence.
      const r = m.regs({ fenceWaits: Flag(false) });
      const { fences } = m.let({ fences: core.fenceI.or(r.fenceWaits) });
      r.fenceWaits = fences.and(drained.not());
      cache.flush = fences.and(drained);
      core.fenceIDone = cache.flushDone.and(r.fenceWaits.not());
    } else {
      cache.flush = core.fenceI;
      core.fenceIDone = cache.flushDone;
    }

    // --- core: data ---
    m.link(core.dbus, demux.manager);
    m.link(demux.subordinates.ram, data.obi);
    linkDevice(m, demux.subordinates.clint, clint.obi, drained);
    linkDevice(m, demux.subordinates.uart, uart.obi, drained);

    // --- core: interrupts and time ---
    core.irqSoftware = clint.irqSoftware;
    core.irqTimer = clint.irqTimer;
    core.irqExternal = bool(false);
    if (whole) core.mtime = whole.mtime;

    // --- core: tensor unit ---
    linkUnit(m, core.xif, tensor.xif, drained, xif.split);
    if (checked) {
      checkXif(m, 'xifRules', xif, tensor.xif);
      const watch = m.inst('watch', InstructionWatch);
      const { issue, result } = tensor.xif;
      watch.offered = issue.valid;
      watch.offeredInstr = issue.req.instr;
      watch.accepted = fires(issue).and(issue.resp.accept);
      watch.answered = fires(result);
      m.link(tensor.watch, io.watch, ['busy', 'blocked', 'form', 'moves', 'awaitsRead', 'awaitsWrite']);
      m.link(watch, io.watch, ['waits', 'instr']);
      io.watch.answers = fires(result).and(result.we);
      io.watch.takes = fires(result).and(result.we.not());
      io.watch.value = result.data;
    }
    if (dataCache) {
      // Whatever the unit has written, lines may hold the old bytes; the program learns that it is done after this cycle.
      dataCache.invalidate = writes.managers.m1.b.fire;
      m.assert('storesArrive', dataCache.lostStore.not(), 'memory refused a store to the cacheable part; make soc.cacheable or simulation.ram no larger than the memory');
    }

    // --- memory bus ---
    for (const [i, manager] of [data.axi, cache.axi, tensor.mem].entries()) m.link(manager, reads.managers[`m${i}`], ['ar', 'r']);
    for (const [i, manager] of [data.axi, tensor.mem].entries()) m.link(manager, writes.managers[`m${i}`], ['aw', 'w', 'b']);
    m.link(reads.out, io.mem, ['ar', 'r']);
    m.link(writes.out, io.mem, ['aw', 'w', 'b']);

    m.connect(uart.tx, io.uartTx);
    m.connect(io.uartRx, uart.rx);
    if (config.core.trace) m.link(core.trace, io.trace);
    if (config.core.debug) m.link(core.debug, io.debug);
  });
}

/** The core's accesses to a device; with `drained` only while that is 1, so that they are in order with its stores to memory. */
function linkDevice(m: Builder, core: Outside<typeof ObiData>, device: Inside<typeof ObiData>, drained: Bool | undefined): void {
  if (!drained) return m.link(core, device);
  m.link(core, device, ['addr', 'we', 'be', 'wdata', 'rvalid', 'rdata', 'err']);
  device.req = core.req.and(drained);
  core.gnt = device.gnt.and(drained);
}

type XifOfCore = Outside<ReturnType<typeof xifCore>>;
type XifOfUnit = Outside<ReturnType<typeof xifUnit>>;

/** The core's instructions to the unit; with `drained` only while that is 1, so that the unit reads what the core has stored. */
function linkUnit(m: Builder, core: XifOfCore, unit: XifOfUnit, drained: Bool | undefined, split: boolean): void {
  if (!drained) return m.link(core, unit);
  m.link(core, unit, ['commit', 'result']);
  m.link(core.issue, unit.issue, ['req', 'resp']);
  unit.issue.valid = core.issue.valid.and(drained);
  core.issue.ready = unit.issue.ready.and(drained);
  if (split) return m.link(core.register, unit.register);
  // Operands go with the issue, and wait with it.
  m.link(core.register, unit.register, ['hartid', 'id', 'rs', 'rs_valid']);
  unit.register.valid = core.register.valid.and(drained);
  core.register.ready = unit.register.ready.and(drained);
}
