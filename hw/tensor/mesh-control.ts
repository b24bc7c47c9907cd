/**
 * The mesh unit: executes `tn.mm`. A weight sequencer shifts the next command's tile into the free weight bank while an
 * activation sequencer streams the present command's rows; an output sequencer names the accumulator row of every sum that
 * leaves the mesh. Three commands can be under way, one at each.
 */
import { B, In, Out, Sink, U, bundle, hw, indexWidth } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { Queue } from '../lib/queue.ts';
import { meshCommand, rowCountBits } from './commands.ts';
import { accumulatorBits, meshLatency, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';

const readPort = (p: TensorParams) => ({ request: Out(B), row: Out(U(scratchpadBits(p))), grant: In(B) });

export const meshControlPorts = (p: TensorParams) => ({
  command: Sink(meshCommand(p)),
  done: Out(B),
  busy: Out(B),
  /** Scratchpad reads; granted data go to the mesh one cycle later. */
  activations: readPort(p),
  weights: readPort(p),
  /** For the mesh, in the cycle in which the scratchpad's data arrive. */
  bank: Out(B),
  shift0: Out(B),
  shift1: Out(B),
  /** For the accumulators: the row of sums that arrives in the next cycle. */
  next: Out(B),
  nextRow: Out(U(accumulatorBits(p))),
  nextAccumulate: Out(B),
  nextLastColumn: Out(U(indexWidth(p.columns))),
  waitsForWeights: Out(B),
  conflict: Out(B),
});

export function MeshControl(p: TensorParams): ModuleDef<ReturnType<typeof meshControlPorts>> {
  const countBits = rowCountBits(p);
  const accBits = accumulatorBits(p);
  const columnBits = indexWidth(p.columns);
  // Cycles after the grant of the last activation row for which a weight line must wait, so that the shift that follows its
  // own grant does not overtake that row in the last cell.
  const drain = p.rows + p.columns - 3;
  const Output = bundle('OutputCommand', { accRow: U(accumulatorBits(p)), count: U(countBits), lastColumn: U(columnBits), accumulate: B });
  return hw('MeshControl', meshControlPorts(p), (m, io) => {
    m.doc('Sequencers of the mesh: weights, activations, results.');
    const cmd = io.command.bits;
    const fit = (x: UInt): UInt => (x.width > accBits ? x.trunc(accBits) : x.zext(accBits));

    // --- weights: lines lastColumn … 0 of the tile, so that line 0 ends in column 0 ---
    const w = m.regs({
      shifting: U(1, 0), line: U(scratchpadBits(p)), linesLeft: U(columnBits), fillBank: U(1, 0), loaded: U(1, 0),
      held: meshCommand(p),
    });
    const a = m.regs({
      streaming: U(1, 0), streamRow: U(scratchpadBits(p)), rowsLeft: U(countBits), streamBank: U(1), lastSums: U(accBits),
    });
    const busy0 = m.regs({ draining0: U(indexWidth(drain + 2), 0), draining1: U(indexWidth(drain + 2), 0) });
    const held = w.held;
    // A bank is free when no streaming command uses it and the last row that did has left the mesh.
    const usedByStream = a.streaming.asBool().and(a.streamBank.eq(w.fillBank));
    const draining = w.fillBank.eq(0).mux(busy0.draining0.ne(0), busy0.draining1.ne(0));
    const { bankFree } = m.let({ bankFree: usedByStream.or(draining).not() });

    // `loaded`: the tile is in its bank and waits for the activation sequencer.
    const handOver = m.wires({ handOver: B });
    io.command.ready = w.shifting.eq(0).and(w.loaded.eq(0).or(handOver.handOver));
    m.when(io.command.fire, () => {
      w.shifting = w.shifting.lit(1);
      w.held = io.command.bits;
      w.line = cmd.wRow.addWrap(cmd.lastColumn.zext(scratchpadBits(p)));
      w.linesLeft = cmd.lastColumn;
    });
    io.weights.request = w.shifting.asBool().and(bankFree);
    io.weights.row = w.line;
    m.when(io.weights.grant, () => {
      w.line = w.line.subWrap(1);
      w.linesLeft = w.linesLeft.subWrap(1);
      m.when(w.linesLeft.eq(0), () => {
        w.shifting = w.shifting.lit(0);
      });
    });
    const lastLine = io.weights.grant.and(w.linesLeft.eq(0));
    m.when(lastLine, () => {
      w.loaded = w.loaded.lit(1);
    }).elseWhen(handOver.handOver, () => {
      w.loaded = w.loaded.lit(0);
    });

    // --- activations ---
    const output = m.inst('results', Queue(Output, p.queueDepth));
    const lastRow = io.activations.grant.and(a.rowsLeft.eq(0)).named('lastRow');
    // A command that adds to the row that the stream wrote last must not follow at once: the accumulators read that row a cycle before
    // they write it, and how many of its lanes are written only the command before knows.
    const { readsLastSums } = m.let({ readsLastSums: held.accumulate.and(held.accRow.eq(a.lastSums)) });
    handOver.handOver = w.loaded.asBool().and(a.streaming.eq(0).or(lastRow.and(readsLastSums.not()))).and(output.enq.ready);
    m.when(handOver.handOver, () => {
      a.streaming = a.streaming.lit(1);
      a.streamRow = held.aRow;
      a.rowsLeft = held.count.subWrap(1);
      a.lastSums = held.accRow.addWrap(fit(held.count)).subWrap(1);
      a.streamBank = w.fillBank;
      w.fillBank = w.fillBank.not();
    }).elseWhen(lastRow, () => {
      a.streaming = a.streaming.lit(0);
    });
    output.enq.valid = handOver.handOver;
    output.enq.bits = { accRow: held.accRow, count: held.count, lastColumn: held.lastColumn, accumulate: held.accumulate };
    io.activations.request = a.streaming.asBool();
    io.activations.row = a.streamRow;
    m.when(io.activations.grant.and(lastRow.not()), () => {
      a.streamRow = a.streamRow.addWrap(1);
      a.rowsLeft = a.rowsLeft.subWrap(1);
    });
    for (const [bank, key] of [[0, 'draining0'] as const, [1, 'draining1'] as const]) {
      m.when(lastRow.and(a.streamBank.eq(bank)), () => {
        busy0[key] = busy0[key].lit(drain);
      }).elseWhen(busy0[key].ne(0), () => {
        busy0[key] = busy0[key].subWrap(1);
      });
    }

    // --- the scratchpad answers one cycle after the grant ---
    const s = m.regs({ bankNow: U(1), shiftNow0: U(1, 0), shiftNow1: U(1, 0) });
    s.bankNow = a.streamBank;
    s.shiftNow0 = io.weights.grant.and(w.fillBank.eq(0)).asUInt();
    s.shiftNow1 = io.weights.grant.and(w.fillBank.eq(1)).asUInt();
    io.bank = s.bankNow.asBool();
    io.shift0 = s.shiftNow0.asBool();
    io.shift1 = s.shiftNow1.asBool();

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
    const d = m.regs({ finishing: U(1, 0) });
    d.finishing = emerging.and(isLast).asUInt();
    io.done = d.finishing.asBool();
    io.busy = w.shifting.asBool().or(w.loaded.asBool()).or(a.streaming.asBool()).or(output.deq.valid).or(d.finishing.asBool());
    io.waitsForWeights = a.streaming.eq(0).and(w.shifting.asBool());
    io.conflict = io.activations.request.and(io.activations.grant.not()).or(io.weights.request.and(io.weights.grant.not()));
    m.assert('resultHasOwner', emerging.not().or(output.deq.valid), 'sums left the mesh that no command asked for');
    m.cover('pauseForSums', w.loaded.asBool().and(lastRow).and(readsLastSums));
    m.cover('weightsBehindStream', io.weights.grant.and(io.activations.grant));
  });
}
