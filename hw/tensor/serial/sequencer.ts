/**
 * The sequencer of the serial unit: keeps the operands of one command, checks them, and steps through rows and the words or
 * columns within them. One row counter and one step counter serve every command; an address is a first row plus the counter,
 * and the same adders check ranges when they are given the command's count instead.
 */
import { B, Flag, In, Out, U, bool, cat, enumeration, hw, indexWidth } from '../../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../../gen/index.ts';
import type { TensorCommand } from '../../isa/tensor-rows.ts';
import { CHANNEL_RECORD_BYTES, TENSOR } from '../../isa/tensor.ts';
import { accumulatorBits, channelBits, rowBytesBits, scratchpadBits } from '../params.ts';
import type { TensorParams } from '../params.ts';
import { WORD_BYTES, stepBits } from './byte-lanes.ts';
import { isAtLeast, isMoreThan } from './compare.ts';
import { SERIAL_COMMAND_OPS, frontOps } from './front.ts';
import type { SerialCommandOp } from './front.ts';
import { firstRowBits, operandsOf, rowCountBits, rowIndexBits } from './operands.ts';

type OpName = keyof typeof frontOps;
const opInputs = Object.fromEntries(Object.keys(frontOps).map((name) => [name, In(B)])) as Record<OpName, ReturnType<typeof In<Bool>>>;

export const State = enumeration('State', 'idle', 'check', 'weights', 'stream', 'move', 'settle', 'read', 'requantise');
/** Where a command goes once it is found to be in range. */
const FIRST_STATE: Readonly<Record<SerialCommandOp, 'move' | 'weights' | 'read'>> =
  { ld: 'move', ldp: 'move', mm: 'weights', rq: 'read', st: 'move', sta: 'move' };

export const sequencerPorts = (p: TensorParams) => ({
  take: In(B), takesMm: In(B), takesRq: In(B), takesArg: In(B), rs1: In(U(32)), rs2: In(U(32)),
  op: opInputs,
  go: In(B),
  heldRs1: Out(U(32)),
  /** A pending tn.arg, as `tn.state` returns it. */
  argStride: Out(U(32)), argRowBytes: Out(U(32)),
  idle: Out(B), rangeError: Out(B),
  /** Address of the next word, wanted for reading or for writing. */
  next: { address: Out(U(32)), read: Out(B), write: Out(B), taken: In(B) },
  /** The word whose address was taken: its place in its row, and that it is moved in this cycle. */
  word: {
    pending: Out(B), moved: In(B), step: Out(U(stepBits(p))), offset: Out(U(2)), lastByte: Out(U(rowBytesBits(p))),
    endsRow: Out(B), endOffset: Out(U(2)), lane: Out(U(indexWidth(p.rows))),
  },
  /** Main memory has acknowledged all that was written. */
  settled: In(B),
  scratchpad: { read: Out(B), readRow: Out(U(scratchpadBits(p))), writeRow: Out(U(scratchpadBits(p))) },
  accumulators: {
    readLow: Out(B), lowRow: Out(U(accumulatorBits(p))), readHigh: Out(B), highRow: Out(U(accumulatorBits(p))),
    write: Out(B), writeRow: Out(U(accumulatorBits(p))),
  },
  channels: { read: Out(B), readChannel: Out(U(channelBits(p))), writeChannel: Out(U(channelBits(p))) },
  array: { clear: Out(B), loadLine: Out(B), line: Out(U(stepBits(p))), accumulate: Out(B), lastColumn: Out(U(stepBits(p))) },
  requantiserStarts: Out(B), requantised: In(B),
});

export function Sequencer(p: TensorParams): ModuleDef<ReturnType<typeof sequencerPorts>> {
  const spBits = scratchpadBits(p);
  const accBits = accumulatorBits(p);
  const chBits = channelBits(p);
  const steps = stepBits(p);
  const countBits = rowCountBits(p);
  const rowBits = rowIndexBits(p);
  const firstBits = firstRowBits(p);
  const bytesBits = rowBytesBits(p);
  const parts = Math.ceil(p.columns / p.rows);
  return hw('Sequencer', sequencerPorts(p), (m, io) => {
    m.doc('Operands, range checks, counters and addresses of the command that is executed.');
    const op = io.op as Readonly<Record<OpName, Bool>>;
    const s = m.regs({ state: State.resetTo('idle') });
    type Name = Parameters<typeof s.state.isOneOf>[0];
    const at = (first: Name, ...rest: readonly Name[]): Bool => s.state.isOneOf(first, ...rest);

    // --- operands, laid out alike for all commands as they pass by ---
    const o = m.regs({
      address: U(32), spFirst: U(firstBits), accFirst: U(accBits), channel: U(chBits), count: U(countBits), lastColumn: U(steps),
      accumulate: B, beyond: B, stride: U(32), lastByte: U(bytesBits), argBeyond: B, argValid: Flag(false),
    });
    const taken = operandsOf(p, { mm: io.takesMm, rq: io.takesRq, arg: io.takesArg }, io.rs1, io.rs2);
    const nextRow = m.wires({ rowAdvances: B });
    m.when(io.take, () => {
      o.spFirst = taken.spFirst;
      o.accFirst = taken.accFirst;
      o.channel = taken.channel;
      o.count = taken.count;
      o.lastColumn = taken.lastColumn;
      o.accumulate = taken.accumulate;
      o.beyond = taken.beyond;
    });
    m.when(io.take.or(nextRow.rowAdvances), () => {
      o.address = io.take.mux(io.rs1, o.address.addWrap(o.stride));
    });
    io.heldRs1 = o.address;
    // Stride and row length always stand in their registers, put there by tn.arg or, without it, by the command.
    const whoever = (is: (command: TensorCommand) => boolean): Bool =>
      SERIAL_COMMAND_OPS.filter((name) => is(TENSOR[name])).map((name) => op[name]).reduce((a, b) => a.or(b));
    const words = whoever(({ mainMemory }) => (mainMemory?.elementBytes ?? 1) > 1);
    const beyondBits = (x: UInt, bits: number): Bool => (x.width > bits ? x.slice(x.width - 1, bits).orR() : bool(false));
    const natural = (width: number, of: (rowBytes: number) => number): UInt => {
      const [row, accRow, record] = [p.rows, WORD_BYTES * p.columns, CHANNEL_RECORD_BYTES].map((bytes) => U(width).lit(of(bytes)));
      return op.ldp.mux(record, op.sta.mux(accRow, row));
    };
    m.when(io.go.and(op.arg.or(o.argValid.not()).or(op.ldp)), () => {
      o.stride = op.arg.mux(o.address, natural(32, (bytes) => bytes).exact(32));
      o.lastByte = op.arg.mux(o.spFirst.slice(bytesBits - 1, 0).subWrap(1), natural(bytesBits, (bytes) => bytes - 1));
      o.argBeyond = op.arg.and(o.beyond.or(beyondBits(o.spFirst, bytesBits)));
    });
    m.when(io.go, () => {
      o.argValid = op.arg;
    });
    const pending = o.argValid;
    const longest = Math.max(p.rows, WORD_BYTES * p.columns);
    const kept = pending.and(o.argBeyond.not()).and(isAtLeast(o.lastByte, longest).not());
    io.argStride = pending.mux(o.stride, U(32).lit(0));
    io.argRowBytes = cat(pending, kept.mux(o.lastByte.addWrap(1), U(bytesBits).lit(0)).zext(31)).exact(32);

    // --- counters ---
    const c = m.regs({ row: U(rowBits), step: U(steps) });
    const { rowAfter } = m.let({ rowAfter: c.row.zext(countBits).addWrap(1) });
    const { isLastRow } = m.let({ isLastRow: rowAfter.eq(o.count) });
    const checking = at('check').named('checking');
    // Lines are read in pairs, as the array on DSP cells takes them; a line too many is read and not used.
    const pairOf = (line: UInt): UInt => line.slice(steps - 1, 1);
    const { isLastLine } = m.let({ isLastLine: pairOf(c.row).eq(pairOf(o.lastColumn)).and(c.row.bit(0)) });
    const { index } = m.let({ index: checking.mux(o.count, c.row.zext(countBits)) });

    // --- rows: first + index, one bit wider than can be in range, so that the check sees what is beyond ---
    const rowOf = (first: UInt, offset: UInt): UInt => {
      const width = Math.max(first.width, offset.width) + 1;
      return first.zext(width).addWrap(offset.zext(width));
    };
    const lastByte = o.lastByte;
    // A step is a column of tn.rq, else a word that the row touches.
    const endWidth = bytesBits + 1;
    const { rowEnd } = m.let({ rowEnd: lastByte.zext(endWidth).addWrap(o.address.slice(1, 0).zext(endWidth)) });
    const lastStep = rowEnd.slice(endWidth - 1, 2);
    const sameWidth = Math.max(lastStep.width, steps);
    const { isLastStep } = m.let({
      isLastStep: op.rq.mux(c.step.eq(o.lastColumn), c.step.zext(sameWidth).eq(lastStep.zext(sameWidth))),
    });
    const { stepped } = m.let({ stepped: io.next.taken.or(at('requantise').and(io.requantised)) });
    const partRows = parts > 1 ? partOffset() : undefined;
    const spBase = at('weights').mux(o.address.slice(16 + spBits - 1, 16).zext(firstBits), o.spFirst);
    const { spRow } = m.let({ spRow: partRows ? rowOf(rowOf(spBase, index), partRows) : rowOf(spBase, index) });
    const { accRow } = m.let({ accRow: rowOf(o.accFirst, index) });
    const { chRow } = m.let({ chRow: rowOf(o.channel, checking.mux(o.lastColumn, c.step)) });

    // --- the check ---
    const usesSp = whoever(({ uses }) => uses.some(({ memory }) => memory === 'scratchpad'));
    const usesAcc = whoever(({ uses }) => uses.some(({ memory }) => memory === 'accumulators'));
    const isRow = whoever(({ mainMemory }) => mainMemory?.elementBytes === 1).named('isRow');
    const { isBad } = m.let({
      isBad: [
        o.beyond,
        o.count.eq(0),
        usesSp.and(isMoreThan(spRow, p.scratchpadRows)),
        usesAcc.and(isMoreThan(accRow, p.accumulatorRows)),
        op.sta.and(beyondBits(o.spFirst, accBits)),
        op.ldp.and(isMoreThan(spRow, p.channels)).or(op.rq.and(isAtLeast(chRow, p.channels))),
        isRow.or(op.sta).and(o.argBeyond),
        isRow.and(isAtLeast(lastByte, p.rows)),
        op.sta.and(isAtLeast(lastByte, WORD_BYTES * p.columns).or(lastByte.slice(1, 0).ne(3)).or(o.stride.slice(1, 0).ne(0))),
        words.and(o.address.slice(1, 0).ne(0)),
      ].reduce((a, b) => a.or(b)),
    });
    // The last weight row is seen when it is read: until then a command has left no trace.
    const isExtraLine = isLastLine.and(o.lastColumn.bit(0).not());
    const { weightBeyond } = m.let({ weightBeyond: at('weights').and(isAtLeast(spRow, p.scratchpadRows)).and(isExtraLine.not()) });
    io.rangeError = checking.and(isBad).or(weightBeyond);

    // --- moving words: addresses are given one ahead of the words ---
    const d = m.regs({
      pending: Flag(false), wordStep: U(steps), wordOffset: U(2), wordEndsRow: B, wordEndOffset: U(2), writeRow: U(firstBits),
    });
    const moving = at('move').named('moving');
    const isLoad = whoever(({ mainMemory }) => mainMemory?.access === 'read').named('isLoad');
    io.next.read = moving.and(isLoad).and(d.pending.not().or(io.word.moved));
    io.next.write = moving.and(isLoad.not()).and(d.pending.not());
    io.next.address = (o.address.slice(31, 2).addWrap(c.step.zext(30))).cat(U(2).lit(0)).exact(32);
    m.when(io.next.taken, () => {
      d.pending = bool(true);
    }).elseWhen(io.word.moved, () => {
      d.pending = bool(false);
    });
    io.word.pending = d.pending;
    m.when(io.next.taken.or(at('read')), () => {
      d.wordStep = c.step;
      d.wordOffset = o.address.slice(1, 0);
      d.wordEndsRow = isLastStep;
      d.wordEndOffset = rowEnd.slice(1, 0);
      d.writeRow = spRow.slice(firstBits - 1, 0);
    });
    io.word.step = d.wordStep;
    io.word.offset = d.wordOffset;
    io.word.lastByte = lastByte;
    if (parts === 1) {
      const lanes = io.word.lane.width;
      io.word.lane = (steps >= lanes ? d.wordStep.slice(lanes - 1, 0) : d.wordStep.zext(lanes));
    }
    io.word.endsRow = d.wordEndsRow;
    io.word.endOffset = d.wordEndOffset;

    // --- the sequence ---
    const { rowStepped } = m.let({ rowStepped: stepped.and(isLastStep) });
    nextRow.rowAdvances = io.next.taken.and(isLastStep);
    m.when(checking.or(stepped), () => {
      c.step = checking.or(isLastStep).mux(U(steps).lit(0), c.step.addWrap(1));
    });
    m.when(checking.or(isLastLine.and(at('weights'))), () => {
      c.row = c.row.lit(0);
    }).elseWhen(at('weights', 'stream').or(rowStepped), () => {
      c.row = rowAfter.slice(rowBits - 1, 0);
    });
    const firstState = SERIAL_COMMAND_OPS.filter((name) => FIRST_STATE[name] !== 'move')
      .reduceRight((rest, name) => op[name].mux(State[FIRST_STATE[name]], rest), State.move);
    m.switch(s.state, {
      idle: () => m.when(io.go.and(op.arg.not()), () => { s.state = State.check; }),
      check: () => {
        s.state = isBad.mux(State.idle, firstState);
      },
      weights: () => m.when(weightBeyond, () => { s.state = State.idle; }).elseWhen(isLastLine, () => { s.state = State.stream; }),
      stream: () => m.when(isLastRow, () => { s.state = State.idle; }),
      move: () => m.when(rowStepped.and(isLastRow), () => { s.state = State.settle; }),
      settle: () => m.when(io.settled.and(d.pending.not()), () => { s.state = State.idle; }),
      read: () => { s.state = State.requantise; },
      requantise: () => m.when(io.requantised, () => { s.state = isLastStep.and(isLastRow).mux(State.idle, State.read); }),
    });

    // --- the memories and the array ---
    const a = m.regs({
      clearing: Flag(false), weightRead: Flag(false), lineRead: U(steps), reading: Flag(false), writing: Flag(false),
      accRow1: U(accBits), accRow2: U(accBits),
    });
    a.clearing = checking;
    a.weightRead = at('weights');
    a.lineRead = c.row.slice(steps - 1, 0);
    a.reading = at('stream');
    a.writing = a.reading;
    a.accRow1 = accRow.slice(accBits - 1, 0);
    a.accRow2 = a.accRow1;
    io.array.clear = a.clearing;
    io.array.loadLine = a.weightRead;
    io.array.line = a.lineRead;
    io.array.accumulate = o.accumulate;
    io.array.lastColumn = o.lastColumn;
    io.scratchpad.read = at('weights', 'stream').or(io.next.taken.and(op.st));
    io.scratchpad.readRow = spRow.slice(spBits - 1, 0);
    io.scratchpad.writeRow = d.writeRow.slice(spBits - 1, 0);
    const readsOut = at('read').or(io.next.taken.and(op.sta)).named('readsOut');
    io.accumulators.readLow = at('stream').or(readsOut);
    io.accumulators.lowRow = accRow.slice(accBits - 1, 0);
    // The array takes the upper halves a cycle after the lower ones.
    io.accumulators.readHigh = a.reading.or(readsOut);
    io.accumulators.highRow = a.reading.mux(a.accRow1, accRow.slice(accBits - 1, 0));
    io.accumulators.write = a.writing;
    io.accumulators.writeRow = a.accRow2;
    io.channels.read = at('read');
    io.channels.readChannel = chRow.slice(chBits - 1, 0);
    io.channels.writeChannel = d.writeRow.slice(chBits - 1, 0);
    io.requantiserStarts = at('read');
    // The row on its way through the array still needs the operands.
    io.idle = at('idle').and(a.reading.not());
    m.cover('dropped', io.rangeError);

    /** For accumulator rows longer than a scratchpad row: from the first part of a result row to the part of this column. */
    function partOffset(): UInt {
      const width = countBits + Math.ceil(Math.log2(parts));
      const r = m.regs({ lane: U(io.word.lane.width), partRows: U(width) });
      const lane = r.lane;
      const count = o.count.zext(width);
      const partEnds = lane.eq(p.rows - 1);
      m.when(checking.or(stepped.and(op.rq)), () => {
        r.lane = checking.or(isLastStep).or(partEnds).mux(U(lane.width).lit(0), lane.addWrap(1));
        const next = partEnds.mux(r.partRows.addWrap(count), r.partRows);
        r.partRows = checking.or(isLastStep).mux(U(width).lit(0), next);
      });
      io.word.lane = lane;
      // The check wants the last part.
      const reaches = (part: number): Bool => isAtLeast(o.lastColumn, part * p.rows).and(op.rq);
      const last = Array.from({ length: parts - 1 }, (_, i) => reaches(i + 1).mux(count, U(width).lit(0)));
      return checking.mux(last.reduce((sum, x) => sum.addWrap(x)), r.partRows);
    }
  });
}
