/**
 * A small CV-X-IF unit for testing cores: knows two instructions of custom-0 and is slow at random. Checks the core's side of
 * the protocol.
 */
import { Flag, In, U, bool, hw } from '../../gen/index.ts';
import { XIF_ID_BITS, XifUnit } from '../../hw/lib/cv-x-if.ts';
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

export const BenchUnit = hw('BenchUnit', { xif: XifUnit, random: In(U<number>(8)) }, (m, io) => {
  const { xif } = io;
  const r = m.regs({
    id: U(XIF_ID_BITS), rd: U(5), op: U<number>(3), rs1: U(32), rs2: U(32), kept: U(32, 0),
    busy: Flag(false), committed: Flag(false), hasOperands: Flag(false), offered: Flag(false),
  });
  const is = (i: Instruction) => xif.issue.bits.instr.and(i.mask >>> 0).eq(i.match >>> 0);
  const known = is(BENCH_UNIT.sum).or(is(BENCH_UNIT.keep)).or(is(BENCH_UNIT.recall));
  xif.issue.ready = r.busy.not().and(io.random.slice(1, 0).ne(0));
  xif.issueAccept = known;
  xif.issueWriteback = is(BENCH_UNIT.keep).not();
  xif.issueRegisterRead = is(BENCH_UNIT.recall).mux(U(2).lit(0), U(2).lit(3));
  xif.register.ready = r.hasOperands.not().and(io.random.bit(2)).and(r.busy.or(xif.issue.fire.and(known)));
  m.when(xif.register.fire, () => {
    r.rs1 = xif.register.bits.rs1;
    r.rs2 = xif.register.bits.rs2;
    r.hasOperands = bool(true);
  });
  m.when(xif.issue.fire.and(known), () => {
    r.busy = bool(true);
    r.id = xif.issue.bits.id;
    r.rd = xif.issue.bits.instr.slice(11, 7).exact(5);
    r.op = xif.issue.bits.instr.slice(14, 12);
    m.when(is(BENCH_UNIT.recall), () => {
      r.hasOperands = bool(true);
    });
  });
  m.when(xif.commitValid, () => {
    r.committed = bool(true);
  });
  const ready = r.busy.and(r.committed).and(r.hasOperands);
  xif.result.valid = ready.and(io.random.slice(5, 3).ne(1).or(r.offered));
  r.offered = xif.result.valid.and(xif.result.ready.not());
  xif.result.bits = { id: r.id, data: r.op.eq(0).mux(r.rs1.addWrap(r.rs2), r.kept), rd: r.rd, we: r.op.ne(1) };
  m.when(xif.result.fire, () => {
    r.busy = bool(false);
    r.committed = bool(false);
    r.hasOperands = bool(false);
    m.when(r.op.eq(1), () => {
      r.kept = r.rs1;
    });
  });
  const mayCommit = xif.issue.fire.and(known).or(r.busy.and(r.committed.not()));
  m.assert('commitOnlyAccepted', xif.commitValid.not().or(mayCommit), 'commit of an unknown instruction');
  m.assert('commitHasId', xif.commitValid.not().or(xif.commit.id.eq(xif.issue.bits.id)), 'commit with another id');
  m.assert('nothingIsKilled', xif.commitValid.and(xif.commit.kill).not(), 'the core offers nothing speculatively');
});
