/**
 * A small CV-X-IF unit for testing cores: knows three instructions of custom-0, takes one at a time and is slow at random.
 */
import { Flag, In, U, bool, hw } from '../../gen/index.ts';
import { fires, xifUnit } from '../../hw/lib/cv-x-if.ts';
import type { XifParams } from '../../hw/lib/cv-x-if.ts';
import type { Instruction } from '../../hw/isa/instruction.ts';

const CUSTOM_0 = 0x0b;
const make = (mnemonic: string, funct3: number, summary: string): Instruction =>
  ({ mnemonic, extension: 'bench', format: 'R', match: CUSTOM_0 | (funct3 << 12), mask: 0xfe00_707f, summary });

/** The unit's instructions. */
export const BENCH_UNIT = {
  sum: make('bench.sum', 0, 'rd = rs1 + rs2'),
  keep: make('bench.keep', 1, 'the unit keeps rs1; rd is not written'),
  recall: make('bench.recall', 2, 'rd = what the unit keeps'),
};

export const BenchUnit = (p: XifParams) => hw('BenchUnit', { xif: xifUnit(p), random: In(U<number>(8)) }, (m, io) => {
  const { issue, register, commit, result } = io.xif;
  const r = m.regs({
    id: U(p.idBits), hartid: U(p.hartIdBits), rd: U(5), op: U<number>(3), rs1: U(32), rs2: U(32), kept: U(32, 0),
    busy: Flag(false), committed: Flag(false), hasOperands: Flag(false), offered: Flag(false),
  });
  const is = (i: Instruction) => issue.req.instr.and(i.mask >>> 0).eq(i.match >>> 0);
  const known = is(BENCH_UNIT.sum).or(is(BENCH_UNIT.keep)).or(is(BENCH_UNIT.recall));
  const reads = is(BENCH_UNIT.recall).mux(U(2).lit(0), is(BENCH_UNIT.keep).mux(U(2).lit(1), U(2).lit(3)));
  const hasAll = p.split ? bool(true) : known.not().or(reads.and(register.rs_valid.not()).eq(0));
  const { ready } = m.let({ ready: r.busy.not().and(io.random.slice(1, 0).ne(0)).and(hasAll) });
  issue.ready = ready;
  issue.resp = { accept: known, writeback: is(BENCH_UNIT.keep).not(), register_read: reads };
  register.ready = p.split ? bool(true) : ready;
  const { takes } = m.let({ takes: fires(issue).and(known) });
  const { gets } = m.let({ gets: p.split ? register.valid : takes });
  m.when(gets, () => {
    // What is not valid may be anything.
    r.rs1 = register.rs_valid.bit(0).mux(register.rs.at(0), U(32).lit(0xdead_beef)).exact(32);
    r.rs2 = register.rs_valid.bit(1).mux(register.rs.at(1), U(32).lit(0xdead_beef)).exact(32);
    r.hasOperands = bool(true);
  });
  m.when(takes, () => {
    r.busy = bool(true);
    r.id = issue.req.id;
    r.hartid = issue.req.hartid;
    r.rd = issue.req.instr.slice(11, 7).exact(5);
    r.op = issue.req.instr.slice(14, 12);
    r.committed = commit.valid.and(commit.id.eq(issue.req.id));
  });
  const { commits } = m.let({ commits: commit.valid.and(commit.commit_kill.not()).and(commit.id.eq(r.id)) });
  m.when(r.busy.and(commits), () => {
    r.committed = bool(true);
  });
  const { finished } = m.let({ finished: r.busy.and(r.hasOperands).and(r.committed.or(commits)) });
  result.valid = finished.and(io.random.slice(5, 3).ne(1).or(r.offered));
  r.offered = result.valid.and(result.ready.not());
  Object.assign(result, { hartid: r.hartid, id: r.id, rd: r.rd, we: r.op.ne(1) });
  result.data = r.op.eq(0).mux(r.rs1.addWrap(r.rs2), r.kept);
  m.when(fires(result), () => {
    r.busy = bool(false);
    r.hasOperands = bool(false);
    m.when(r.op.eq(1), () => {
      r.kept = r.rs1;
    });
  });
});
