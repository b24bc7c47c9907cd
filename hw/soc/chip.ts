/**
 * The whole chip: core, instruction cache, tensor unit, timer and serial port on one memory bus. Everything outside of it
 * (memory, pins) hangs on a published bus or a byte stream, so that simulations and boards wrap the same chip.
 *
 *   core ── fetch ──► instruction cache ─┐
 *     ├──── data ───► demux ─► ObiToAxi ─┼─► arbiters ─► mem
 *     │                 ├─► CLINT        │
 *     │                 └─► UART         │
 *     └──── CV-X-IF ─► tensor unit ──────┘
 */
import { Sink, Source, U, bool, hw } from '../../gen/index.ts';
import type { ModuleDef } from '../../gen/index.ts';
import { Core } from '../core/core.ts';
import { corePorts } from '../core/ports.ts';
import { withOnly } from '../core/word.ts';
import { axiManager } from '../lib/axi4.ts';
import type { AxiParams } from '../lib/axi4.ts';
import { AxiReadArbiter, AxiWriteArbiter } from '../lib/axi-arbiter.ts';
import { InstructionCache } from '../lib/instruction-cache.ts';
import { ObiDemux } from '../lib/obi-demux.ts';
import { ObiToAxi } from '../lib/obi-to-axi.ts';
import { TensorUnit } from '../tensor/tensor-unit.ts';
import { SerialClint } from './clint-serial.ts';
import { Clint } from './clint.ts';
import type { ChipConfig } from './config.ts';
import { RAM_BASE, REGIONS } from './memory-map.ts';
import { Uart } from './uart.ts';

/** Managers on the memory bus in order of urgency: the core waits for every single word, the tensor unit works ahead. */
const READERS = ['data', 'fetch', 'tensor'] as const;
const WRITERS = ['data', 'tensor'] as const;
const MANAGER_BITS = 2;
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
});
export const chipPorts = (config: ChipConfig): ReturnType<typeof allPorts> => withOnly(allPorts(config), { trace: config.core.trace });

export function Chip(config: ChipConfig): ModuleDef<ReturnType<typeof chipPorts>> {
  const inner: AxiParams = { dataBytes: config.bus.bytes, idBits: config.bus.idBits };
  return hw('Chip', chipPorts(config), (m, io) => {
    m.doc(`${config.name}: RISC-V core with a ${config.tensor.rows} x ${config.tensor.columns} tensor unit.`);
    const core = m.inst('core', Core({ ...config.core, xif: true }));
    const tensor = m.inst('tensor', TensorUnit(config.tensor));
    // Only the time CSR needs the timer as a whole; without it the small one will do.
    const whole = config.core.isa.zicntr ? m.inst('clint', Clint) : undefined;
    const clint = whole ?? m.inst('clint', SerialClint);
    const uart = m.inst('uart', Uart({ rxQueue: config.soc.uartQueue }));
    const cache = m.inst('cache', InstructionCache({
      ...inner, bytes: config.soc.instructionCacheBytes, cacheableBase: RAM_BASE, cacheableBytes: config.soc.cacheableBytes,
    }));
    const demux = m.inst('demux', ObiDemux({ ram: RAM_WINDOW, clint: REGIONS.clint, uart: REGIONS.uart }));
    const data = m.inst('data', ObiToAxi(inner));
    const reads = m.inst('reads', AxiReadArbiter({ ...inner, managerBits: MANAGER_BITS, managers: READERS.length }));
    const writes = m.inst('writes', AxiWriteArbiter({ ...inner, managerBits: MANAGER_BITS, managers: WRITERS.length }));

    // --- core: fetch ---
    m.link(core.ibus, cache.obi);
    cache.flush = core.fenceI;
    core.fenceIDone = cache.flushDone;

    // --- core: data ---
    m.link(core.dbus, demux.manager);
    m.link(demux.subordinates.ram, data.obi);
    m.link(demux.subordinates.clint, clint.obi);
    m.link(demux.subordinates.uart, uart.obi);

    // --- core: interrupts and time ---
    core.irqSoftware = clint.irqSoftware;
    core.irqTimer = clint.irqTimer;
    core.irqExternal = bool(false);
    if (whole) core.mtime = whole.mtime;

    // --- core: tensor unit ---
    m.link(core.xif, tensor.xif);

    // --- memory bus ---
    for (const [i, manager] of [data.axi, cache.axi, tensor.mem].entries()) m.link(manager, reads.managers[`m${i}`], ['ar', 'r']);
    for (const [i, manager] of [data.axi, tensor.mem].entries()) m.link(manager, writes.managers[`m${i}`], ['aw', 'w', 'b']);
    m.link(reads.out, io.mem, ['ar', 'r']);
    m.link(writes.out, io.mem, ['aw', 'w', 'b']);

    m.connect(uart.tx, io.uartTx);
    m.connect(io.uartRx, uart.rx);
    if (config.core.trace) m.link(core.trace, io.trace);
  });
}
