/**
 * The core alone on an iCE40: with a memory that answers in one cycle on both buses and one word of pins, so that nothing of it
 * is removed and little is added. For comparing cores by area and clock. Must not know what programs run on it.
 */
import { B, Flag, In, Out, U, bool, hw, indexWidth } from '../gen/index.ts';
import type { UInt } from '../gen/index.ts';
import type { CoreConfig } from '../hw/core/config.ts';
import { Core } from '../hw/core/core.ts';

/** Two copies, one for each bus: half of the block RAMs of an HX8K. */
const RAM_BYTES = 4096;
const PINS = 8;

/** Core with RAM at every address whose bit 30 is 0, and `PINS` pins at every other. */
export const CoreSystem = (given: CoreConfig) => {
  const config: CoreConfig = { ...given, xif: false, trace: false, debug: false };
  return hw('CoreSystem', { pinsIn: In(U<number>(PINS)), pinsOut: Out(U<number>(PINS)) }, (m, io) => {
    m.doc('A core with memory and pins.');
    const core = m.inst('core', Core(config));
    const Word = U<number>(32);
    const words = RAM_BYTES / 4;
    const memory = { style: 'block', collisionFree: false } as const;
    const ram = m.mem('ram', Word, words, memory);
    const index = (address: UInt): UInt => address.slice(indexWidth(words) + 1, 2);
    const r = m.regs({ fetched: Flag(false), accessed: Flag(false), readsPins: B, pins: U<number>(PINS, 0), sampled: U<number>(PINS, 0) });

    core.ibus.gnt = bool(true);
    r.fetched = core.ibus.req;
    core.ibus.rvalid = r.fetched;
    core.ibus.rdata = ram.readSync('fetchedWord', index(core.ibus.addr), core.ibus.req).exact(32);
    core.ibus.err = bool(false);

    const { isPins } = m.let({ isPins: core.dbus.addr.bit(30) });
    core.dbus.gnt = bool(true);
    r.accessed = core.dbus.req;
    r.readsPins = isPins;
    core.dbus.rvalid = r.accessed;
    const loaded = ram.readSync('loadedWord', index(core.dbus.addr), core.dbus.req);
    core.dbus.rdata = r.readsPins.mux<UInt>(r.sampled.zext(32), loaded).exact(32);
    core.dbus.err = bool(false);
    const { writes } = m.let({ writes: core.dbus.req.and(core.dbus.we) });
    m.when(writes.and(isPins.not()), () => ram.writeMasked(index(core.dbus.addr), core.dbus.wdata, core.dbus.be));
    m.when(writes.and(isPins), () => {
      r.pins = core.dbus.wdata.slice(PINS - 1, 0);
    });
    r.sampled = io.pinsIn;
    io.pinsOut = r.pins;

    core.irqSoftware = bool(false);
    core.irqTimer = r.sampled.bit(0);
    core.irqExternal = r.sampled.bit(1);
    if (config.isa.zicntr) core.mtime = U(64).lit(0);
    core.fenceIDone = bool(true);
  });
};
