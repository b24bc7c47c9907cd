/**
 * Core-local interruptor: the timer, its compare register and the software interrupt, at the offsets of the memory map. The
 * timer counts clock cycles from 0; the compare register starts at its largest value, so that nothing is pending after reset.
 * Must not know the core.
 */
import { B, Flag, Out, U, bitsOf, bool, cat, flip, fromBits, hw, repeat, vec } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { constant } from '../lib/constants.ts';
import { repeated } from '../lib/lanes.ts';
import { ObiData } from '../lib/obi.ts';
import { assertStays } from '../lib/stream-rules.ts';
import { REGIONS, REGISTERS } from './memory-map.ts';
import type { Register } from './memory-map.ts';

/** Bit of an address that tells the low from the high word of a 64-bit register. */
const HIGH_WORD = 2;
const REGION_BITS = Math.log2(REGIONS.clint.bytes);

export const Clint = hw(
  'Clint',
  {
    obi: flip(ObiData),
    mtime: Out(U(64)),
    irqSoftware: Out(B),
    irqTimer: Out(B),
  },
  (m, io) => {
    m.doc('Timer, its compare register and the software interrupt; answers in the cycle after the request.');
    const { obi } = io;
    // The timer is kept inverted (and counts down): comparing is then one chain of carries without inverters.
    const r = m.regs({
      notTime: vec(U(8, 0xff), 8), compare: vec(U(8, 0xff), 8), software: Flag(false), timer: Flag(false),
      answers: Flag(false), rdata: U(32),
    });

    const isPair = ({ offset }: Register, name: string): Bool =>
      obi.addr.slice(REGION_BITS - 1, HIGH_WORD + 1).eq(constant(REGION_BITS - HIGH_WORD - 1, offset >> (HIGH_WORD + 1), name));
    const { isTime, isCompare, isSoftware, high } = m.let({
      isTime: isPair(REGISTERS.mtimeLo, 'mtime'),
      isCompare: isPair(REGISTERS.mtimecmpLo, 'mtimecmp'),
      isSoftware: isPair(REGISTERS.msip, 'msip').and(obi.addr.bit(HIGH_WORD).not()),
      high: obi.addr.bit(HIGH_WORD),
    });
    const word = (pair: UInt): UInt => high.mux<UInt>(pair.slice(63, 32), pair.slice(31, 0));

    obi.gnt = bool(true);
    r.answers = obi.req;
    obi.rvalid = r.answers;
    obi.rdata = r.rdata;
    obi.err = bool(false);
    m.when(obi.req, () => {
      r.rdata = U(32).lit(0);
      m.when(isSoftware, () => {
        r.rdata = r.software.asUInt().zext(32);
      }).elseWhen(isTime.or(isCompare), () => {
        r.rdata = isTime.mux<UInt>(word(bitsOf(r.notTime)).not(), word(bitsOf(r.compare))).exact(32);
      });
    });

    const writes = m.let({ writes: obi.req.and(obi.we) }).writes;
    const { next } = m.let({ next: fromBits(vec(U(8), 8), bitsOf(r.notTime).subWrap(1)) });
    // Bytes of the pair that are written, and what would be written to each.
    const ifIn = (half: Bool): UInt => repeat(half.and(writes), 4).and(obi.be);
    const { strobes } = m.let({ strobes: cat(ifIn(high), ifIn(high.not())) });
    const data = repeated(fromBits(vec(U(8), 4), obi.wdata), 2).named('data');
    m.each(8, (i) => {
      const isWritten = strobes.bit(i);
      r.notTime.put(i, isTime.and(isWritten).mux(data.at(i).not(), next.at(i)));
      m.when(isCompare.and(isWritten), () => r.compare.put(i, data.at(i)));
    });
    m.when(writes.and(isSoftware).and(obi.be.bit(0)), () => {
      r.software = obi.wdata.bit(0);
    });

    // compare + ~time carries out of 64 bits exactly when compare > time.
    r.timer = bitsOf(r.compare).addGrow(bitsOf(r.notTime)).named('timeLeft').bit(64).not();
    io.mtime = bitsOf(r.notTime).not().exact(64);
    io.irqSoftware = r.software;
    io.irqTimer = r.timer;
    assertStays(m, 'request', obi.req, obi.gnt);
  },
);
