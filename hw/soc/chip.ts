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
    cache.obi.req = core.ibus.req;
    cache.obi.addr = core.ibus.addr;
    core.ibus.gnt = cache.obi.gnt;
    core.ibus.rvalid = cache.obi.rvalid;
    core.ibus.rdata = cache.obi.rdata;
    core.ibus.err = cache.obi.err;
    cache.flush = core.fenceI;
    core.fenceIDone = cache.flushDone;

    // --- core: data ---
    const links = [
      [core.dbus, demux.manager],
      [demux.subordinates.ram, data.obi],
      [demux.subordinates.clint, clint.obi],
      [demux.subordinates.uart, uart.obi],
    ] as const;
    for (const [from, to] of links) {
      to.req = from.req;
      to.addr = from.addr;
      to.we = from.we;
      to.be = from.be;
      to.wdata = from.wdata;
      from.gnt = to.gnt;
      from.rvalid = to.rvalid;
      from.rdata = to.rdata;
      from.err = to.err;
    }

    // --- core: interrupts and time ---
    core.irqSoftware = clint.irqSoftware;
    core.irqTimer = clint.irqTimer;
    core.irqExternal = bool(false);
    if (whole) core.mtime = whole.mtime;

    // --- core: tensor unit ---
    m.connect(core.xif.issue, tensor.xif.issue);
    m.connect(core.xif.register, tensor.xif.register);
    m.connect(tensor.xif.result, core.xif.result);
    tensor.xif.commitValid = core.xif.commitValid;
    tensor.xif.commit = core.xif.commit;
    core.xif.issueAccept = tensor.xif.issueAccept;
    core.xif.issueWriteback = tensor.xif.issueWriteback;
    core.xif.issueRegisterRead = tensor.xif.issueRegisterRead;

    // --- memory bus ---
    for (const [i, manager] of [data.axi, cache.axi, tensor.mem].entries()) {
      m.connect(manager.ar, reads.managers[`m${i}`].ar);
      m.connect(reads.managers[`m${i}`].r, manager.r);
    }
    for (const [i, manager] of [data.axi, tensor.mem].entries()) {
      m.connect(manager.aw, writes.managers[`m${i}`].aw);
      m.connect(manager.w, writes.managers[`m${i}`].w);
      m.connect(writes.managers[`m${i}`].b, manager.b);
    }
    m.connect(reads.out.ar, io.mem.ar);
    m.connect(io.mem.r, reads.out.r);
    m.connect(writes.out.aw, io.mem.aw);
    m.connect(writes.out.w, io.mem.w);
    m.connect(io.mem.b, writes.out.b);

    m.connect(uart.tx, io.uartTx);
    m.connect(io.uartRx, uart.rx);
    if (config.core.trace) {
      const { trace } = core;
      Object.assign(io.trace, { valid: trace.valid, pc: trace.pc, instr: trace.instr });
      Object.assign(io.trace, { rd: trace.rd, rdWrite: trace.rdWrite, rdValue: trace.rdValue });
      Object.assign(io.trace, { trap: trace.trap, cause: trace.cause, tval: trace.tval, interrupt: trace.interrupt });
    }
  });
}
