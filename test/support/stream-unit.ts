/**
 * A second CV-X-IF unit for testing cores, of another kind than `BenchUnit`: up to four instructions under way, results after
 * random times and so in any order, operands taken late, instructions without a result and without operands.
 */
import { B, Flag, In, U, bool, hw, vec } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { XIF_ID_BITS, XifUnit } from '../../hw/lib/cv-x-if.ts';
import type { Instruction } from '../../hw/isa/instruction.ts';

const CUSTOM_1 = 0x2b;
const make = (mnemonic: string, funct3: number, summary: string): Instruction =>
  ({ mnemonic, extension: 'stream', format: 'R', match: CUSTOM_1 | (funct3 << 12), mask: 0xfe00_707f, summary });

/** The unit's instructions. */
export const STREAM_UNIT = {
  product: make('stream.product', 0, 'rd = lower half of rs1 * rs2'),
  note: make('stream.note', 1, 'the unit adds rs1 and rs2 to its sum; rd is not written'),
  sum: make('stream.sum', 2, 'rd = the sum of all that was noted before'),
};

const SLOTS = 4;

export const StreamUnit = hw('StreamUnit', { xif: XifUnit, random: In(U<number>(8)) }, (m, io) => {
  const { xif } = io;
  const Word = U<number>(32);
  const Slot = U<number>(2);
  const s = m.regs({
    valid: vec(Flag(false), SLOTS), ids: vec(U<number>(XIF_ID_BITS), SLOTS), rds: vec(U<number>(5), SLOTS), writes: vec(B, SLOTS),
    values: vec(Word, SLOTS), timers: vec(U<number>(4), SLOTS),
  });
  const r = m.regs({
    sum: U<number>(32, 0), waits: Flag(false), waiting: Slot, isNote: Flag(false), offered: Flag(false), offer: Slot,
  });
  const op = (i: Instruction): Bool => xif.issue.bits.instr.and(i.mask >>> 0).eq(i.match >>> 0);
  const isNote = op(STREAM_UNIT.note);
  const isSum = op(STREAM_UNIT.sum);
  const known = op(STREAM_UNIT.product).or(isNote).or(isSum);
  const first = (has: (i: number) => Bool): UInt =>
    Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i).reduce<UInt>((rest, i) => has(i).mux(Slot.lit(i), rest), Slot.lit(0));
  const any = (has: (i: number) => Bool): Bool => Array.from({ length: SLOTS }, (_, i) => has(i)).reduce((a, b) => a.or(b));
  const isFree = (i: number): Bool => s.valid.at(i).not();
  const { free } = m.let({ free: first(isFree) });

  xif.issue.ready = any(isFree).and(r.waits.not()).and(io.random.slice(1, 0).ne(0));
  xif.issueAccept = known;
  xif.issueWriteback = isNote.not();
  xif.issueRegisterRead = isSum.mux(U(2).lit(0), U(2).lit(3));
  const { takes } = m.let({ takes: xif.issue.fire.and(known) });
  const wantsNow = takes.and(isSum.not());
  xif.register.ready = r.waits.or(wantsNow).and(io.random.bit(2));
  const { gets } = m.let({ gets: xif.register.fire });
  const operandSlot = r.waits.mux(r.waiting, free);
  const { product } = m.let({ product: xif.register.bits.rs1.mul(xif.register.bits.rs2).slice(31, 0) });
  const { noted } = m.let({ noted: gets.and(r.waits.mux(r.isNote, isNote)) });
  r.waits = r.waits.or(wantsNow).and(gets.not());
  m.when(takes, () => {
    r.waiting = free;
    r.isNote = isNote;
  });
  m.when(noted, () => {
    r.sum = r.sum.addWrap(xif.register.bits.rs1).addWrap(xif.register.bits.rs2);
  });

  // A slot that waits for its operands is not done, whatever its timer says.
  const isDone = (i: number): Bool => s.valid.at(i).and(s.timers.at(i).eq(0)).and(r.waits.and(r.waiting.eq(i)).not());
  const { chosen } = m.let({ chosen: r.offered.mux(r.offer, first(isDone)) });
  xif.result.valid = r.offered.or(any(isDone));
  r.offered = xif.result.valid.and(xif.result.ready.not());
  r.offer = chosen;
  xif.result.bits = {
    id: s.ids.at(chosen).exact(XIF_ID_BITS), data: s.values.at(chosen).exact(32), rd: s.rds.at(chosen).exact(5), we: s.writes.at(chosen),
  };
  for (let i = 0; i < SLOTS; i++) m.when(s.timers.at(i).ne(0), () => s.timers.put(i, s.timers.at(i).subWrap(1)));
  m.when(takes, () => {
    s.valid.put(free, bool(true));
    s.ids.put(free, xif.issue.bits.id);
    s.rds.put(free, xif.issue.bits.instr.slice(11, 7));
    s.writes.put(free, isNote.not());
    s.values.put(free, r.sum);
    s.timers.put(free, io.random.slice(7, 4));
  });
  m.when(gets, () => s.values.put(operandSlot, product));
  m.when(xif.result.fire, () => s.valid.put(chosen, bool(false)));
  m.assert('commitWithIssue', xif.commitValid.eq(takes), 'the core commits what it offers, and nothing else');
});
