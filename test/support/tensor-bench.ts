/**
 * A test bench for the tensor unit alone: the unit with a small AXI memory that can stall at random, and a driver that plays
 * the core on CV-X-IF. The memory is written independently of the one that the simulation board uses.
 */
import { B, In, U, elaborate, flip, hw, indexWidth } from '../../gen/index.ts';
import type { Bool, Design, UInt } from '../../gen/index.ts';
import { TENSOR } from '../../hw/isa/tensor.ts';
import type { TensorOp } from '../../hw/isa/tensor.ts';
import { AXI_RESP_DECERR, AXI_RESP_OKAY, axiManager } from '../../hw/lib/axi4.ts';
import { XIF_DEFAULTS, xifUnit } from '../../hw/lib/cv-x-if.ts';
import type { XifParams } from '../../hw/lib/cv-x-if.ts';
import { checkXif } from '../../hw/lib/cv-x-if-checker.ts';
import { Queue } from '../../hw/lib/queue.ts';
import { rowsPerBeat } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { TensorUnit } from '../../hw/tensor/tensor-unit.ts';
import { keepLast } from '../../sim/keep-last.ts';
import type { Simulator } from '../../sim/simulator.ts';

export const BENCH_BASE = 0x8000_0000;
export const BENCH_BYTES = 1 << 16;

const memPorts = (p: TensorParams) => flip(axiManager({ dataBytes: p.busBytes, idBits: p.idBits }));

/** Bursts that were written and not acknowledged. */
const MOST_ANSWERS = 100;

/** Memory of `BENCH_BYTES` at `BENCH_BASE`, elsewhere errors; with `stall` every channel pauses at random. */
const BenchMemory = (p: TensorParams) => {
  const low = Math.log2(p.busBytes);
  const bits = indexWidth(BENCH_BYTES / p.busBytes);
  return hw('BenchMemory', { mem: memPorts(p), stall: In(B) }, (m, io) => {
    const cells = m.mem('cells', U(8 * p.busBytes), BENCH_BYTES / p.busBytes);
    const r = m.regs({
      lfsr: U(16, 0xace1), reading: U(1, 0), readWord: U(bits), readLeft: U(8), readId: U(p.idBits), readGo: U(1, 0),
      writing: U(1, 0), writeWord: U(bits), writeId: U(p.idBits), answers: U(8, 0), answerGo: U(1, 0),
      readsNothing: B, writesNothing: B,
    });
    const feedback = r.lfsr.bit(0).xor(r.lfsr.bit(2)).xor(r.lfsr.bit(3)).xor(r.lfsr.bit(5));
    r.lfsr = feedback.asUInt().cat(r.lfsr.slice(15, 1)).exact(16);
    const top = Math.log2(BENCH_BYTES);
    const isOutside = (address: UInt) => address.slice(31, top).ne(BENCH_BASE / BENCH_BYTES);
    const errorIf = (bad: Bool) => bad.mux(U(2).lit(AXI_RESP_DECERR), AXI_RESP_OKAY);
    const go = (bit: number) => io.stall.not().or(r.lfsr.bit(bit));

    const lastRead = io.mem.r.fire.and(r.readLeft.eq(0));
    io.mem.ar.ready = r.reading.eq(0).or(lastRead).and(go(1));
    io.mem.r.valid = r.reading.asBool().and(r.readGo.asBool());
    const data = r.readsNothing.mux(U(8 * p.busBytes).lit(0), cells.read(r.readWord));
    io.mem.r.bits = { id: r.readId, data, resp: errorIf(r.readsNothing), last: r.readLeft.eq(0) };
    // Once offered, data stay offered: a pause may only begin after a transfer.
    r.readGo = io.mem.r.valid.and(io.mem.r.ready.not()).or(go(4)).asUInt();
    m.when(io.mem.ar.fire, () => {
      r.reading = U(1).lit(1);
      r.readsNothing = isOutside(io.mem.ar.bits.addr);
      r.readWord = io.mem.ar.bits.addr.slice(low + bits - 1, low);
      r.readLeft = io.mem.ar.bits.len;
      r.readId = io.mem.ar.bits.id;
    }).elseWhen(lastRead, () => {
      r.reading = U(1).lit(0);
    }).elseWhen(io.mem.r.fire, () => {
      r.readWord = r.readWord.addWrap(1);
      r.readLeft = r.readLeft.subWrap(1);
    });

    const lastWrite = io.mem.w.fire.and(io.mem.w.bits.last);
    io.mem.aw.ready = r.writing.eq(0).and(go(6));
    io.mem.w.ready = r.writing.asBool().and(go(7)).and(r.answers.lt(MOST_ANSWERS));
    m.when(io.mem.aw.fire, () => {
      r.writing = U(1).lit(1);
      r.writesNothing = isOutside(io.mem.aw.bits.addr);
      r.writeWord = io.mem.aw.bits.addr.slice(low + bits - 1, low);
      r.writeId = io.mem.aw.bits.id;
    }).elseWhen(lastWrite, () => {
      r.writing = U(1).lit(0);
    }).elseWhen(io.mem.w.fire, () => {
      r.writeWord = r.writeWord.addWrap(1);
    });
    m.when(io.mem.w.fire.and(r.writesNothing.not()), () => cells.writeMasked(r.writeWord, io.mem.w.bits.data, io.mem.w.bits.strb));
    io.mem.b.valid = r.answers.ne(0).and(r.answerGo.asBool());
    // Answers come in the order of the bursts: several commands may be on their way.
    const due = m.inst('due', Queue(U(1), MOST_ANSWERS));
    due.enq.valid = lastWrite;
    due.enq.bits = r.writesNothing.asUInt();
    due.deq.ready = io.mem.b.fire;
    io.mem.b.bits = { id: r.writeId, resp: errorIf(due.deq.bits.asBool()) };
    r.answerGo = io.mem.b.valid.and(io.mem.b.ready.not()).or(go(9)).asUInt();
    const one = (b: Bool) => b.asUInt().zext(8);
    r.answers = r.answers.addWrap(one(lastWrite)).subWrap(one(io.mem.b.fire));
  });
};

/** Between two movements of a unit that works: an iterative requantisation, or a row's way through the mesh. */
const MOST_STILL_CYCLES = 120;

/** Benches that are kept: a file's tests come back to the same few units. */
const KEPT = 8;

/** The unit with its memory; the core's side of CV-X-IF and the stall switch are the top's ports. */
export const tensorBench = keepLast(KEPT, (p: TensorParams, xif: XifParams = XIF_DEFAULTS): Design =>
  elaborate(hw('TensorBench', { xif: xifUnit(xif), stall: In(B) }, (m, io) => {
    const unit = m.inst('unit', TensorUnit(p, xif, true));
    const memory = m.inst('memory', BenchMemory(p));
    m.link(io.xif, unit.xif);
    checkXif(m, 'rules', xif, unit.xif);
    m.connect(unit.mem.ar, memory.mem.ar);
    m.connect(unit.mem.aw, memory.mem.aw);
    m.connect(unit.mem.w, memory.mem.w);
    m.connect(memory.mem.r, unit.mem.r);
    m.connect(memory.mem.b, unit.mem.b);
    memory.stall = io.stall;
    // A unit that works is never taken for one that waits for ever, however little patience there is.
    const still = m.regs({ cycles: U(16, 0) });
    still.cycles = unit.watch.busy.ne(0).and(unit.watch.moves.not()).mux(still.cycles.addWrap(1), U(16).lit(0));
    m.assert('moves', still.cycles.lt(MOST_STILL_CYCLES), 'the watchdog sees nothing move');
    m.assert('awaits', unit.watch.awaitsRead.and(unit.watch.busy.bit(0).not()).not(), 'the watchdog sees a read awaited that no load has asked for');
  })));

/** The driver's instructions all write x1: the unit must return it unchanged. */
const RD = 1;

/** Plays the core: offers instructions with their operands, commits each in the cycle after its issue, takes results at once. */
export class TensorDriver {
  private id = 0;
  constructor(readonly sim: Simulator, stall: boolean) {
    sim.poke('rst', 1);
    sim.poke('stall', stall ? 1 : 0);
    for (const p of ['issue_valid', 'register_valid', 'commit_valid', 'commit_commit_kill', 'result_ready']) sim.poke(`xif_${p}`, 0);
    sim.step(2);
    sim.poke('rst', 0);
    sim.poke('xif_result_ready', 1);
  }

  /** Executes one instruction and returns its result. Throws if it takes more than `limit` cycles. */
  execute(op: TensorOp, rs1 = 0, rs2 = 0, limit = 100_000): number {
    const { sim } = this;
    this.id = (this.id + 1) % 8;
    for (const port of ['issue_req_id', 'register_id', 'commit_id']) sim.poke(`xif_${port}`, this.id);
    sim.poke('xif_issue_req_instr', (BigInt(TENSOR[op].match) | BigInt(RD << 7)));
    sim.poke('xif_register_rs', (BigInt(rs2 >>> 0) << 32n) | BigInt(rs1 >>> 0));
    sim.poke('xif_register_rs_valid', 3);
    for (const port of ['issue_valid', 'register_valid']) sim.poke(`xif_${port}`, 1);
    this.until('xif_issue_ready', limit, op);
    if (sim.peek('xif_issue_resp_accept') !== 1n) throw new Error(`${op} was not accepted`);
    sim.step();
    for (const port of ['issue_valid', 'register_valid']) sim.poke(`xif_${port}`, 0);
    sim.poke('xif_commit_valid', 1);
    if (sim.peek('xif_result_valid') !== 1n) {
      sim.step();
      sim.poke('xif_commit_valid', 0);
    }
    this.until('xif_result_valid', limit, op);
    if (Number(sim.peek('xif_result_id')) !== this.id) throw new Error(`${op}: result of another instruction`);
    if ((sim.peek('xif_result_we') === 1n) !== TENSOR[op].writesRd) throw new Error(`${op}: writes rd or not, against the table`);
    const value = Number(sim.peek('xif_result_data'));
    sim.step();
    sim.poke('xif_commit_valid', 0);
    return value;
  }

  private until(port: string, limit: number, op: string): void {
    for (let i = 0; this.sim.peek(port) !== 1n; i++) {
      if (i >= limit) throw new Error(`${op}: no ${port} in ${limit} cycles`);
      this.sim.step();
    }
  }
}

/** Contents of the unit's memories, as the golden model holds them. */
export function scratchpadOf(sim: Simulator, p: TensorParams): Int8Array {
  const depth = p.scratchpadRows / p.scratchpadBanks;
  const memories = p.overlap === 'serial' ? 1 : rowsPerBeat(p);
  const name = (bank: number, low: number): string => {
    if (p.overlap === 'serial') return 'unit.scratchpad.cells';
    return memories === 1 ? `unit.scratchpad.bank${bank}.cells` : `unit.scratchpad.bank${bank}low${low}.cells`;
  };
  const out = new Int8Array(p.scratchpadRows * p.rows);
  for (let b = 0; b < p.scratchpadBanks; b++) {
    for (let low = 0; low < memories; low++) {
      const cells = sim.memory(name(b, low));
      for (let r = low; r < depth; r += memories) {
        out.set(new Int8Array(cells.read(((r - low) / memories) * cells.wordBytes, p.rows)), (b * depth + r) * p.rows);
      }
    }
  }
  return out;
}

export function accumulatorsOf(sim: Simulator, p: TensorParams): Int32Array {
  if (p.overlap === 'serial') return serialAccumulatorsOf(sim, p);
  const depth = p.accumulatorRows / p.accumulatorBanks;
  const out = new Int32Array(p.accumulatorRows * p.columns);
  for (let b = 0; b < p.accumulatorBanks; b++) {
    for (let g = 0; g < p.columns / p.vectorLanes; g++) {
      const cells = sim.memory(`unit.accumulators.bank${b}group${g}.cells`);
      for (let r = 0; r < depth; r++) {
        const bytes = cells.read(r * cells.wordBytes, 4 * p.vectorLanes).slice();
        out.set(new Int32Array(bytes.buffer, 0, p.vectorLanes), (p.accumulatorBanks * r + b) * p.columns + g * p.vectorLanes);
      }
    }
  }
  return out;
}

/** The serial unit keeps lower and upper halves apart. */
function serialAccumulatorsOf(sim: Simulator, p: TensorParams): Int32Array {
  const [low, high] = ['low', 'high'].map((half) => sim.memory(`unit.accumulators.${half}Cells`));
  const halves = new Uint16Array(2 * p.accumulatorRows * p.columns);
  for (let row = 0; row < p.accumulatorRows; row++) {
    for (const [i, cells] of [low, high].entries()) {
      const bytes = cells.read(row * cells.wordBytes, 2 * p.columns).slice();
      new Uint16Array(bytes.buffer, 0, p.columns).forEach((half, c) => {
        halves[2 * (row * p.columns + c) + i] = half;
      });
    }
  }
  return new Int32Array(halves.buffer);
}
