/**
 * The CLINT in half the area, for small FPGAs: timer and compare register are rings of eight bytes that turn one place a
 * cycle, so that counting, comparing, reading and writing take hardware for one byte only. An access takes 8 to 16 cycles
 * and the timer interrupt may come that much late. The timer's value cannot be seen as a whole: not for cores with a time CSR.
 *
 * At phase p byte p of both registers passes the head of its ring. The timer's value is exact when phase 0 begins; in each
 * turn 8 is added to it.
 */
import { B, Flag, Out, U, bool, cat, flip, fromBits, hw, repeat, vec } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { constant } from '../lib/constants.ts';
import { ObiData } from '../lib/obi.ts';
import { assertStays } from '../lib/stream-rules.ts';
import { REGIONS, REGISTERS } from './memory-map.ts';
import type { Register } from './memory-map.ts';

const HIGH_WORD = 2;
const REGION_BITS = Math.log2(REGIONS.clint.bytes);

export const SerialClint = hw('SerialClint', { obi: flip(ObiData), irqSoftware: Out(B), irqTimer: Out(B) }, (m, io) => {
  m.doc('Timer, its compare register and the software interrupt, a byte at a time.');
  const { obi } = io;
  const r = m.regs({
    clock: U(64, 0), compare: U(64, (1n << 64n) - 1n), phase: U(3, 0), carry: Flag(false), reaches: Flag(false),
    software: Flag(false), timer: Flag(false), active: Flag(false), answers: Flag(false), rdata: U(32),
  });
  const { phase, active } = r;
  const isPair = ({ offset }: Register, name: string): Bool =>
    obi.addr.slice(REGION_BITS - 1, HIGH_WORD + 1).eq(constant(REGION_BITS - HIGH_WORD - 1, offset >> (HIGH_WORD + 1), name));
  const { isClock, isCompare, isSoftware, isFirst, isLast } = m.let({
    isClock: isPair(REGISTERS.mtimeLo, 'mtime'),
    isCompare: isPair(REGISTERS.mtimecmpLo, 'mtimecmp'),
    isSoftware: isPair(REGISTERS.msip, 'msip').and(obi.addr.bit(HIGH_WORD).not()),
    isFirst: phase.eq(0),
    isLast: phase.eq(7),
  });
  r.phase = phase.addWrap(1);

  // An access waits for the next turn and is granted in the last cycle of it.
  m.when(isLast, () => {
    r.active = obi.req.and(active.not());
  });
  const granted = m.let({ granted: active.and(isLast) }).granted;
  obi.gnt = granted;
  r.answers = granted;
  obi.rvalid = r.answers;
  obi.rdata = r.rdata;
  obi.err = bool(false);

  const lane = phase.slice(1, 0);
  const { here } = m.let({ here: active.and(phase.bit(2).eq(obi.addr.bit(HIGH_WORD))) });
  const { writes } = m.let({ writes: here.and(obi.we).and(obi.be.bit(lane)) });
  const given = m.let({ given: fromBits(vec(U(8), 4), obi.wdata).at(lane) }).given;
  const clockByte = r.clock.slice(7, 0);
  const compareByte = m.let({ compareByte: writes.and(isCompare).mux<UInt>(given, r.compare.slice(7, 0)) }).compareByte;

  const addend = isFirst.mux<UInt>(U(8).lit(8), r.carry.asUInt().zext(8));
  const sum = m.let({ sum: clockByte.addGrow(addend) }).sum;
  r.carry = sum.bit(8);
  r.clock = cat(writes.and(isClock).mux<UInt>(given, sum.slice(7, 0)), r.clock.slice(63, 8)).exact(64);
  r.compare = cat(compareByte, r.compare.slice(63, 8)).exact(64);

  // clock - compare, byte by byte: no borrow out of the last byte means that the time has come.
  const difference = clockByte.addGrow(compareByte.not()).zext(10).addWrap(isFirst.or(r.reaches).asUInt().zext(10)).named('difference');
  r.reaches = difference.bit(8);
  m.when(isLast, () => {
    r.timer = difference.bit(8);
  });

  const softwareByte = isSoftware.and(isFirst).and(r.software).asUInt().zext(8);
  const read = repeat(isClock, 8).and(clockByte).or(repeat(isCompare, 8).and(r.compare.slice(7, 0))).or(softwareByte);
  m.when(here, () => {
    r.rdata = cat(read, r.rdata.slice(31, 8)).exact(32);
  });
  m.when(writes.and(isSoftware).and(isFirst), () => {
    r.software = obi.wdata.bit(0);
  });
  io.irqSoftware = r.software;
  io.irqTimer = r.timer;
  assertStays(m, 'request', obi.req, obi.gnt);
});
