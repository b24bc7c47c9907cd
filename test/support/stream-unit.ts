/**
 * A second CV-X-IF unit for testing cores, of another kind than `BenchUnit`: up to four instructions under way, results after
 * random times and so in any order, instructions without a result and without operands.
 */
import { B, Flag, In, U, bool, hw, vec } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { fires, xifUnit } from '../../hw/lib/cv-x-if.ts';
import type { XifParams } from '../../hw/lib/cv-x-if.ts';
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

export const StreamUnit = (p: XifParams) => hw('StreamUnit', { xif: xifUnit(p), random: In(U<number>(8)) }, (m, io) => {
  const { issue, register, commit, result } = io.xif;
  const Word = U<number>(32);
  const Slot = U<number>(2);
  const s = m.regs({
    valid: vec(Flag(false), SLOTS), committed: vec(B, SLOTS), hasOperands: vec(B, SLOTS), ids: vec(U<number>(p.idBits), SLOTS),
    rds: vec(U<number>(5), SLOTS), writes: vec(B, SLOTS), isNote: vec(B, SLOTS), isSum: vec(B, SLOTS),
    values: vec(Word, SLOTS), timers: vec(U<number>(4), SLOTS),
  });
  const r = m.regs({ sum: U<number>(32, 0), hartid: U(p.hartIdBits), offered: Flag(false), offer: Slot });
  const op = (i: Instruction): Bool => issue.req.instr.and(i.mask >>> 0).eq(i.match >>> 0);
  const isNote = op(STREAM_UNIT.note);
  const isSum = op(STREAM_UNIT.sum);
  const known = op(STREAM_UNIT.product).or(isNote).or(isSum);
  const first = (has: (i: number) => Bool): UInt =>
    Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i).reduce<UInt>((rest, i) => has(i).mux(Slot.lit(i), rest), Slot.lit(0));
  const any = (has: (i: number) => Bool): Bool => Array.from({ length: SLOTS }, (_, i) => has(i)).reduce((a, b) => a.or(b));
  const isFree = (i: number): Bool => s.valid.at(i).not();
  const { free } = m.let({ free: first(isFree) });

  const reads = isSum.mux(U(2).lit(0), U(2).lit(3));
  const hasAll = p.split ? bool(true) : known.not().or(reads.and(register.rs_valid.not()).eq(0));
  const { ready } = m.let({ ready: any(isFree).and(hasAll).and(io.random.slice(1, 0).ne(0)) });
  issue.ready = ready;
  issue.resp = { accept: known, writeback: isNote.not(), register_read: reads };
  register.ready = p.split ? bool(true) : ready;
  const { takes } = m.let({ takes: fires(issue).and(known) });
  const isIts = (id: UInt) => (i: number): Bool => s.valid.at(i).and(s.ids.at(i).eq(id));
  const { gets } = m.let({ gets: p.split ? register.valid : takes });
  const { getting } = m.let({ getting: p.split ? first(isIts(register.id)) : free });
  const [rs1, rs2] = [0, 1].map((i) => register.rs_valid.bit(i).mux(register.rs.at(i), U(32).lit(0xdead_beef)));
  const { product } = m.let({ product: rs1.mul(rs2).slice(31, 0) });
  const flag = (now: Bool, of: typeof s.isNote): Bool => (p.split ? of.at(getting) : now);
  const { noted, asked } = m.let({ noted: gets.and(flag(isNote, s.isNote)), asked: flag(isSum, s.isSum) });
  m.when(noted, () => {
    r.sum = r.sum.addWrap(rs1).addWrap(rs2);
  });

  const commits = (i: number): Bool => commit.valid.and(commit.commit_kill.not()).and(commit.id.eq(s.ids.at(i)));
  const isDone = (i: number): Bool =>
    s.valid.at(i).and(s.hasOperands.at(i)).and(s.committed.at(i).or(commits(i))).and(s.timers.at(i).eq(0));
  const { chosen } = m.let({ chosen: r.offered.mux(r.offer, first(isDone)) });
  result.valid = r.offered.or(any(isDone));
  r.offered = result.valid.and(result.ready.not());
  r.offer = chosen;
  Object.assign(result, { hartid: r.hartid, we: s.writes.at(chosen) });
  result.id = s.ids.at(chosen).exact(p.idBits);
  result.data = s.values.at(chosen).exact(32);
  result.rd = s.rds.at(chosen).exact(5);
  for (let i = 0; i < SLOTS; i++) {
    m.when(s.timers.at(i).ne(0), () => s.timers.put(i, s.timers.at(i).subWrap(1)));
    m.when(commits(i), () => s.committed.put(i, bool(true)));
  }
  m.when(takes, () => {
    s.valid.put(free, bool(true));
    s.committed.put(free, commit.valid.and(commit.id.eq(issue.req.id)));
    s.hasOperands.put(free, bool(!p.split));
    s.ids.put(free, issue.req.id);
    s.rds.put(free, issue.req.instr.slice(11, 7));
    s.writes.put(free, isNote.not());
    s.isNote.put(free, isNote);
    s.isSum.put(free, isSum);
    s.timers.put(free, io.random.slice(7, 4));
    r.hartid = issue.req.hartid;
  });
  m.when(gets, () => {
    s.hasOperands.put(getting, bool(true));
    s.values.put(getting, asked.mux(r.sum, product));
  });
  m.when(fires(result), () => s.valid.put(chosen, bool(false)));
});
