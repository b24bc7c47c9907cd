/**
 * The mesh unit: executes `tn.mm`. A weight sequencer shifts the next command's tile into the free weight bank while an
 * activation sequencer streams the present command's rows; an output sequencer names the accumulator row of every sum that
 * leaves the mesh. Three commands can be under way, one at each.
 */
import { B, Flag, In, Out, Sink, U, bool, bundle, hw, indexWidth } from '../../gen/index.ts';
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
      shifting: Flag(false), line: U(scratchpadBits(p)), linesLeft: U(columnBits), fillBank: Flag(false), loaded: Flag(false),
      held: meshCommand(p),
    });
    const a = m.regs({
      streaming: Flag(false), streamRow: U(scratchpadBits(p)), rowsLeft: U(countBits), streamBank: B, lastSums: U(accBits),
    });
    const busy0 = m.regs({ draining0: U(indexWidth(drain + 2), 0), draining1: U(indexWidth(drain + 2), 0) });
    const held = w.held;
    // A bank is free when no streaming command uses it and the last row that did has left the mesh.
    const usedByStream = a.streaming.and(a.streamBank.eq(w.fillBank));
    const draining = w.fillBank.mux(busy0.draining1.ne(0), busy0.draining0.ne(0));
    const { bankFree } = m.let({ bankFree: usedByStream.or(draining).not() });

    // `loaded`: the tile is in its bank and waits for the activation sequencer.
    const handOver = m.wires({ handOver: B });
    io.command.ready = w.shifting.not().and(w.loaded.not().or(handOver.handOver));
    m.when(io.command.fire, () => {
      w.shifting = bool(true);
      w.held = io.command.bits;
      w.line = cmd.wRow.addWrap(cmd.lastColumn.zext(scratchpadBits(p)));
      w.linesLeft = cmd.lastColumn;
    });
    io.weights.request = w.shifting.and(bankFree);
    io.weights.row = w.line;
    m.when(io.weights.grant, () => {
      w.line = w.line.subWrap(1);
      w.linesLeft = w.linesLeft.subWrap(1);
      m.when(w.linesLeft.eq(0), () => {
        w.shifting = bool(false);
      });
    });
    const lastLine = io.weights.grant.and(w.linesLeft.eq(0));
    m.when(lastLine, () => {
      w.loaded = bool(true);
    }).elseWhen(handOver.handOver, () => {
      w.loaded = bool(false);
    });

    // --- activations ---
    const output = m.inst('results', Queue(Output, p.queueDepth));
    const lastRow = io.activations.grant.and(a.rowsLeft.eq(0)).named('lastRow');
    // A command that adds to the row that the stream wrote last must not follow at once: the accumulators read that row a cycle before
    // they write it, and how many of its lanes are written only the command before knows.
    const { readsLastSums } = m.let({ readsLastSums: held.accumulate.and(held.accRow.eq(a.lastSums)) });
    handOver.handOver = w.loaded.and(a.streaming.not().or(lastRow.and(readsLastSums.not()))).and(output.enq.ready);
    m.when(handOver.handOver, () => {
      a.streaming = bool(true);
      a.streamRow = held.aRow;
      a.rowsLeft = held.count.subWrap(1);
      a.lastSums = held.accRow.addWrap(fit(held.count)).subWrap(1);
      a.streamBank = w.fillBank;
      w.fillBank = w.fillBank.not();
    }).elseWhen(lastRow, () => {
      a.streaming = bool(false);
    });
    output.enq.valid = handOver.handOver;
    output.enq.bits = { accRow: held.accRow, count: held.count, lastColumn: held.lastColumn, accumulate: held.accumulate };
    io.activations.request = a.streaming;
    io.activations.row = a.streamRow;
    m.when(io.activations.grant.and(lastRow.not()), () => {
      a.streamRow = a.streamRow.addWrap(1);
      a.rowsLeft = a.rowsLeft.subWrap(1);
    });
    for (const [leaves, key] of [[a.streamBank.not(), 'draining0'] as const, [a.streamBank, 'draining1'] as const]) {
      m.when(lastRow.and(leaves), () => {
        busy0[key] = busy0[key].lit(drain);
      }).elseWhen(busy0[key].ne(0), () => {
        busy0[key] = busy0[key].subWrap(1);
      });
    }

    // --- the scratchpad answers one cycle after the grant ---
    const s = m.regs({ bankNow: B, shiftNow0: Flag(false), shiftNow1: Flag(false) });
    s.bankNow = a.streamBank;
    s.shiftNow0 = io.weights.grant.and(w.fillBank.not());
    s.shiftNow1 = io.weights.grant.and(w.fillBank);
    io.bank = s.bankNow;
    io.shift0 = s.shiftNow0;
    io.shift1 = s.shiftNow1;

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
    const d = m.regs({ finishing: Flag(false) });
    d.finishing = emerging.and(isLast);
    io.done = d.finishing;
    io.busy = w.shifting.or(w.loaded).or(a.streaming).or(output.deq.valid).or(d.finishing);
    io.waitsForWeights = a.streaming.not().and(w.shifting);
    io.conflict = io.activations.request.and(io.activations.grant.not()).or(io.weights.request.and(io.weights.grant.not()));
    m.assert('resultHasOwner', emerging.not().or(output.deq.valid), 'sums left the mesh that no command asked for');
    m.cover('pauseForSums', w.loaded.and(lastRow).and(readsLastSums));
    m.cover('weightsBehindStream', io.weights.grant.and(io.activations.grant));
  });
}
