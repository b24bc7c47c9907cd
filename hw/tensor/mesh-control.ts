/**
 * The mesh unit: executes `tn.mm`. A weight sequencer brings the next command's tile into the free weight bank while an
 * activation sequencer streams the present command's rows; an output sequencer names the accumulator row of every sum that
 * leaves the mesh. Three commands can be under way, one at each.
 */
import { B, Flag, In, Out, Sink, U, bool, bundle, hw, indexWidth } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { Queue } from '../lib/queue.ts';
import { meshCommand, rowCountBits } from './commands.ts';
import { unwrittenRows } from './hazards.ts';
import { accumulatorBits, meshLatency, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';

/** `mayRead`: the row has been written. */
const readPort = (p: TensorParams) => ({ request: Out(B), row: Out(U(scratchpadBits(p))), mayRead: In(B), grant: In(B) });

export const meshControlPorts = (p: TensorParams) => ({
  command: Sink(meshCommand(p)),
  done: Out(B),
  busy: Out(B),
  /** The activations of the command that started last are there, or their writer can be followed. */
  lateIsThere: In(B),
  /** Scratchpad reads; granted data go to the mesh one cycle later. */
  activations: readPort(p),
  weights: readPort(p),
  /** For the mesh, in the cycle in which the scratchpad's data arrive. */
  bank: Out(B),
  load0: Out(B),
  load1: Out(B),
  loadColumn: Out(U(indexWidth(p.columns))),
  /** For the accumulators: the row of sums that arrives in the next cycle. */
  next: Out(B),
  nextRow: Out(U(accumulatorBits(p))),
  nextAccumulate: Out(B),
  nextLastColumn: Out(U(indexWidth(p.columns))),
  /** Accumulator rows that the oldest command will still write, and the one that is being written. */
  unwritten: Out(unwrittenRows(accumulatorBits(p))),
  writing: Out(unwrittenRows(accumulatorBits(p))),
  waitsForWeights: Out(B),
  waitsForRows: Out(B),
  conflict: Out(B),
});

export function MeshControl(p: TensorParams): ModuleDef<ReturnType<typeof meshControlPorts>> {
  const countBits = rowCountBits(p);
  const accBits = accumulatorBits(p);
  const columnBits = indexWidth(p.columns);
  const Output = bundle('OutputCommand', { accRow: U(accBits), lastRow: U(accBits), count: U(countBits), lastColumn: U(columnBits), accumulate: B });
  return hw('MeshControl', meshControlPorts(p), (m, io) => {
    m.doc('Sequencers of the mesh: weights, activations, results.');
    const cmd = io.command.bits;
    const fit = (x: UInt): UInt => (x.width > accBits ? x.trunc(accBits) : x.zext(accBits));

    // --- weights: one column's a cycle ---
    const w = m.regs({
      filling: Flag(false), line: U(scratchpadBits(p)), column: U(columnBits), fillBank: Flag(false), loaded: Flag(false),
      held: meshCommand(p),
    });
    const a = m.regs({
      streaming: Flag(false), streamRow: U(scratchpadBits(p)), rowsLeft: U(countBits), streamBank: B, lastSums: U(accBits),
    });
    const held = w.held;
    const { lastRow } = m.let({ lastRow: io.activations.grant.and(a.rowsLeft.eq(0)) });

    // Weights travel through the mesh as rows do: a bank is free once the last row that uses it is on its way. That is so when a tile is
    // handed over, and until then the next command does not begin.
    // `loaded`: the tile is in its bank and waits for the activation sequencer, which may take it as the last line leaves the scratchpad.
    const handOver = m.wires({ handOver: B });
    const { lastLine } = m.let({ lastLine: io.weights.grant.and(w.column.eq(held.lastColumn)) });
    io.command.ready = handOver.handOver.or(w.filling.not().and(w.loaded.not()));
    m.when(io.command.fire, () => {
      w.filling = bool(true);
      w.held = io.command.bits;
      w.line = cmd.wRow;
      w.column = w.column.lit(0);
    }).elseWhen(io.weights.grant, () => {
      w.line = w.line.addWrap(1);
      w.column = w.column.addWrap(1);
      m.when(lastLine, () => {
        w.filling = bool(false);
      });
    });
    io.weights.request = w.filling.and(io.weights.mayRead);
    io.weights.row = w.line;
    m.when(handOver.handOver, () => {
      w.loaded = bool(false);
    }).elseWhen(lastLine, () => {
      w.loaded = bool(true);
    });

    // --- activations ---
    const output = m.inst('results', Queue(Output, p.queueDepth));
    // A command that adds to the row that the stream wrote last must not follow at once: the accumulators read that row a cycle before
    // they write it, and how many of its lanes are written only the command before knows.
    const { heldLastRow } = m.let({ heldLastRow: held.accRow.addWrap(fit(held.count)).subWrap(1) });
    const { readsLastSums } = m.let({ readsLastSums: held.accumulate.and(held.accRow.eq(a.lastSums)) });
    const mayFollow = a.streaming.not().or(lastRow.and(readsLastSums.not())).named('mayFollow');
    handOver.handOver = w.loaded.or(lastLine).and(mayFollow).and(io.lateIsThere).and(output.enq.ready);
    m.when(handOver.handOver, () => {
      a.streaming = bool(true);
      a.streamRow = held.aRow;
      a.rowsLeft = held.count.subWrap(1);
      a.lastSums = heldLastRow;
      a.streamBank = w.fillBank;
      w.fillBank = w.fillBank.not();
    }).elseWhen(lastRow, () => {
      a.streaming = bool(false);
    });
    output.enq.valid = handOver.handOver;
    output.enq.bits = {
      accRow: held.accRow, lastRow: heldLastRow, count: held.count, lastColumn: held.lastColumn, accumulate: held.accumulate,
    };
    io.activations.request = a.streaming.and(io.activations.mayRead);
    io.activations.row = a.streamRow;
    m.when(io.activations.grant.and(lastRow.not()), () => {
      a.streamRow = a.streamRow.addWrap(1);
      a.rowsLeft = a.rowsLeft.subWrap(1);
    });

    // --- the scratchpad answers one cycle after the grant ---
    const s = m.regs({ bankNow: B, loadNow0: Flag(false), loadNow1: Flag(false), columnNow: U(columnBits) });
    s.bankNow = a.streamBank;
    s.loadNow0 = io.weights.grant.and(w.fillBank.not());
    s.loadNow1 = io.weights.grant.and(w.fillBank);
    s.columnNow = w.column;
    io.bank = s.bankNow;
    io.load0 = s.loadNow0;
    io.load1 = s.loadNow1;
    io.loadColumn = s.columnNow;

    // --- results: a granted row's sums leave the mesh 1 + meshLatency cycles later; they are announced one cycle before ---
    const travel = meshLatency(p);
    const t = m.regs({ travelling: U(travel, 0) });
    t.travelling = travel === 1 ? io.activations.grant.asUInt() : t.travelling.slice(travel - 2, 0).cat(io.activations.grant).exact(travel);
    const out = m.regs({ rowsOut: U(countBits, 0) });
    const result = output.deq.bits;
    const { emerging } = m.let({ emerging: t.travelling.bit(travel - 1) });
    const { isLast } = m.let({ isLast: out.rowsOut.addWrap(1).eq(result.count) });
    io.next = emerging;
    io.nextRow = result.accRow.addWrap(out.rowsOut.zext(Math.max(countBits, accumulatorBits(p))).trunc(accumulatorBits(p)));
    io.nextAccumulate = result.accumulate;
    io.nextLastColumn = result.lastColumn;
    output.deq.ready = emerging.and(isLast);
    m.when(emerging, () => {
      out.rowsOut = isLast.mux(U(countBits).lit(0), out.rowsOut.addWrap(1));
    });
    // The last row is written one cycle after it is announced; who reads it then is told by `done` in that cycle.
    const d = m.regs({ finishing: Flag(false), writing: Flag(false), writtenRow: U(accBits) });
    d.finishing = emerging.and(isLast);
    d.writing = emerging;
    d.writtenRow = io.nextRow;
    io.unwritten = { valid: output.deq.valid, first: io.nextRow, last: result.lastRow };
    io.writing = { valid: d.writing, first: d.writtenRow, last: d.writtenRow };
    io.done = d.finishing;
    io.busy = w.filling.or(w.loaded).or(a.streaming).or(output.deq.valid).or(d.finishing);
    io.waitsForWeights = io.activations.request.not().and(w.filling);
    io.waitsForRows = a.streaming.mux(io.activations.mayRead.not(), w.loaded.and(io.lateIsThere.not()));
    io.conflict = io.activations.request.and(io.activations.grant.not()).or(io.weights.request.and(io.weights.grant.not()));
    m.assert('resultHasOwner', emerging.not().or(output.deq.valid), 'sums left the mesh that no command asked for');
    m.cover('pauseForSums', w.loaded.and(lastRow).and(readsLastSums));
    m.cover('weightsBehindStream', io.weights.grant.and(io.activations.grant));
  });
}
