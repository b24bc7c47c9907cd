/**
 * The mesh unit: executes `tn.mm`, `tn.dw`, `tn.mx`, `tn.dl` and `tn.mv`. A weight sequencer brings the next command's tile into the free
 * weight bank while an activation sequencer streams the present command's rows; an output sequencer names the accumulator row of every sum
 * that leaves the mesh, or the depthwise lanes beside it. Three commands can be under way, one at each.
 */
import { B, Flag, In, Out, S, Sink, U, bool, bundle, cat, hw, indexWidth, repeat } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../gen/index.ts';
import { Queue } from '../lib/queue.ts';
import { withOnly } from '../lib/with-only.ts';
import { meshCommand, rowCountBits } from './commands.ts';
import { unwrittenRows } from './hazards.ts';
import { accumulatorBits, meshLatency, scratchpadBits, weightsPerCycle } from './params.ts';
import type { TensorParams } from './params.ts';
import { ActivationWalk } from './window.ts';

/** `mayRead`: the row has been written. */
const readPort = (p: TensorParams) => ({ request: Out(B), row: Out(U(scratchpadBits(p))), mayRead: In(B), grant: In(B) });

/** `all`: as many rows as columns can be loaded at once, from `row` on; `mayReadAll`: they are written; `grantAll`: all of them come. */
const weightPort = (p: TensorParams) => {
  const several = weightsPerCycle(p) > 1;
  const all = { ...readPort(p), mayReadAll: In(B), all: Out(B), grantAll: In(B) };
  return withOnly(all, { mayReadAll: several, all: several, grantAll: several });
};
const hasLanes = (p: TensorParams): boolean => p.depthwiseTaps > 0;

const allPorts = (p: TensorParams) => ({
  command: Sink(meshCommand(p)),
  done: Out(B),
  busy: Out(B),
  /** The activations of the command that started last are there, or their writer can be followed. */
  lateIsThere: In(B),
  /** Scratchpad reads; granted data go to the mesh one cycle later. */
  activations: readPort(p),
  weights: weightPort(p),
  /** A row of activations is on its way to the mesh, from the scratchpad or beside it. */
  feeds: Out(B),
  /** In the cycle in which the scratchpad's data would arrive: this row is beside the image, every lane of it `padding`. */
  isPadding: Out(B), padding: Out(S(8)),
  /** For the mesh, in the cycle in which the scratchpad's data arrive. */
  bank: Out(B),
  load0: Out(B),
  load1: Out(B),
  loadColumn: Out(U(indexWidth(p.columns))),
  loadAll: Out(B),
  /** The weights of the column are one lane of the row, that of its number. */
  loadDiagonal: Out(B),
  /** In the cycle in which the scratchpad's data arrive: they are a row for the depthwise lanes. */
  lanesStep: Out(B),
  /** In the cycle in which sums arrive at the accumulators: they are those of the lanes. */
  sumsOfLanes: Out(B),
  /** For the accumulators: the row of sums that arrives in the next cycle. */
  next: Out(B),
  nextRow: Out(U(accumulatorBits(p))),
  nextAccumulate: Out(B),
  /** The greater is kept instead of the sum. */
  nextMaximum: Out(B),
  nextLastColumn: Out(U(indexWidth(p.columns))),
  /** Accumulator rows that the oldest command will still write, and the one that is being written. */
  unwritten: Out(unwrittenRows(accumulatorBits(p))),
  writing: Out(unwrittenRows(accumulatorBits(p))),
  waitsForWeights: Out(B),
  waitsForRows: Out(B),
  conflict: Out(B),
});
/** What convolutions, maxima, weights of several columns at once and depthwise lanes need is there if they are. */
export const meshControlPorts = (p: TensorParams): ReturnType<typeof allPorts> => withOnly(allPorts(p), {
  isPadding: p.convolution, padding: p.convolution, loadDiagonal: p.convolution, nextMaximum: p.maximum, loadAll: weightsPerCycle(p) > 1,
  lanesStep: hasLanes(p), sumsOfLanes: hasLanes(p),
});

export function MeshControl(p: TensorParams): ModuleDef<ReturnType<typeof meshControlPorts>> {
  const countBits = rowCountBits(p);
  const accBits = accumulatorBits(p);
  const columnBits = indexWidth(p.columns);
  const Output = bundle('OutputCommand', withOnly({
    accRow: U(accBits), lastRow: U(accBits), count: U(countBits), lastColumn: U(columnBits), accumulate: B, maximum: B, lanes: B,
    /** Another one of the same command follows. */
    isPart: B,
  }, { maximum: p.maximum, lanes: hasLanes(p), isPart: p.matrixVector }));
  return hw('MeshControl', meshControlPorts(p), (m, io) => {
    m.doc('Sequencers of the mesh: weights, activations, results.');
    const cmd = io.command.bits;
    const fit = (x: UInt): UInt => (x.width > accBits ? x.trunc(accBits) : x.zext(accBits));

    // --- weights: one column's a cycle, or those of several ---
    const w = m.regs({
      filling: Flag(false), line: U(scratchpadBits(p)), column: U(columnBits), fillBank: Flag(false), loaded: Flag(false),
      held: meshCommand(p),
    });
    const a = m.regs({
      streaming: Flag(false), rowsLeft: U(countBits), streamBank: B, lastSums: U(accBits),
    });
    const travel = meshLatency(p);
    const t = m.regs({ travelling: U(travel, 0) });
    const held = w.held;
    const stream = m.wires({ takesRow: B });
    const lanes = hasLanes(p) ? m.regs({ streams: B }) : undefined;
    /** With the row that is taken the sums of an accumulator row are complete, if all earlier ones are. */
    const rowMakes = hasLanes(p) ? m.wires({ sums: B }) : { sums: bool(true) };
    const { lastRow } = m.let({ lastRow: stream.takesRow.and(rowMakes.sums).and(a.rowsLeft.eq(0)) });

    // Weights travel through the mesh as rows do: a bank is free once the last row that uses it is on its way. That is so when a tile is
    // handed over, and until then the next command does not begin.
    // `loaded`: the tile is in its bank and waits for the activation sequencer, which may take it as the last line leaves the scratchpad.
    const handOver = m.wires({ handOver: B });
    const sums = p.matrixVector ? oneByOne() : allRows();
    const W = weightsPerCycle(p);
    const lines = weightLines();
    const lastTap = w.column.lit(Math.max(p.depthwiseTaps - 1, 0));
    const lastOfWeights = hasLanes(p) ? held.lanes.mux(lastTap, sums.lastLine) : sums.lastLine;
    const { lastLine } = m.let({ lastLine: io.weights.grant.and(lines.endsWith.eq(lastOfWeights)) });
    io.command.ready = handOver.handOver.and(sums.continues.not()).or(w.filling.not().and(w.loaded.not()));
    m.when(io.command.fire, () => {
      w.filling = bool(true);
      w.held = io.command.bits;
      w.line = cmd.wRow;
      w.column = w.column.lit(0);
    }).elseWhen(io.weights.grant, () => {
      w.line = p.convolution ? held.other.mux(w.line, lines.next) : lines.next;
      w.column = lines.endsWith.addWrap(1);
      m.when(lastLine, () => {
        w.filling = bool(false);
      });
    });
    m.when(handOver.handOver.and(sums.continues), () => {
      w.filling = bool(true);
      w.column = w.column.lit(0);
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
    const { heldLastRow } = m.let({ heldLastRow: held.accRow.addWrap(fit(sums.count)).subWrap(1) });
    const isForMesh = lanes ? held.lanes.not() : bool(true);
    const { readsLastSums } = m.let({ readsLastSums: sums.accumulate.and(held.accRow.eq(a.lastSums)).and(isForMesh) });
    const mayFollow = a.streaming.not().or(lastRow.and(readsLastSums.not())).named('mayFollow');
    handOver.handOver = w.loaded.or(lastLine).and(mayFollow).and(mayStart()).and(io.lateIsThere).and(output.enq.ready);
    m.when(handOver.handOver, () => {
      a.streaming = bool(true);
      a.rowsLeft = sums.count.subWrap(1);
      a.lastSums = heldLastRow;
      a.streamBank = w.fillBank;
      w.fillBank = w.fillBank.not();
      if (lanes) lanes.streams = held.lanes;
    }).elseWhen(lastRow, () => {
      a.streaming = bool(false);
    });
    output.enq.valid = handOver.handOver;
    output.enq.bits = withOnly({
      accRow: held.accRow, lastRow: heldLastRow, count: sums.count, lastColumn: held.lastColumn, accumulate: sums.accumulate,
      maximum: p.maximum ? held.maximum : bool(false), lanes: hasLanes(p) ? held.lanes : bool(false), isPart: sums.continues,
    }, { maximum: p.maximum, lanes: hasLanes(p), isPart: p.matrixVector });
    const rows = p.convolution ? walk() : rowsInOrder();
    io.activations.request = a.streaming.and(rows.fromScratchpad).and(io.activations.mayRead);
    io.activations.row = rows.row;
    stream.takesRow = io.activations.grant.or(a.streaming.and(rows.fromScratchpad.not()));
    io.feeds = stream.takesRow;
    m.when(stream.takesRow.and(rowMakes.sums).and(lastRow.not()), () => {
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
    if (lanes) {
      const step = m.regs({ lanesNow: B });
      step.lanesNow = stream.takesRow.and(lanes.streams);
      io.lanesStep = step.lanesNow;
    }
    if (p.convolution) {
      const diagonal = m.regs({ isDiagonal: B });
      diagonal.isDiagonal = held.other;
      io.loadDiagonal = diagonal.isDiagonal;
    }

    if (W > 1) {
      const all = m.regs({ loadsAll: B });
      all.loadsAll = io.weights.grantAll;
      io.loadAll = all.loadsAll;
    }

    // --- results: a granted row's sums leave the mesh 1 + meshLatency cycles later; they are announced one cycle before ---
    const entersMesh = lanes ? stream.takesRow.and(lanes.streams.not()) : stream.takesRow;
    const travelled = travel === 1 ? entersMesh.asUInt() : t.travelling.slice(travel - 2, 0).cat(entersMesh).exact(travel);
    // The sums of the lanes are there at once: they join where the mesh's leave, of which none are left by then.
    const ofLanes = lanes ? stream.takesRow.and(lanes.streams).and(rowMakes.sums).named('ofLanes') : undefined;
    t.travelling = ofLanes ? travelled.or(cat(ofLanes, repeat(bool(false), travel - 1)).exact(travel)) : travelled;
    const out = m.regs({ rowsOut: U(countBits, 0) });
    const result = output.deq.bits;
    const { emerging } = m.let({ emerging: t.travelling.bit(travel - 1) });
    const { isLast } = m.let({ isLast: out.rowsOut.addWrap(1).eq(result.count) });
    io.next = emerging;
    io.nextRow = result.accRow.addWrap(out.rowsOut.zext(Math.max(countBits, accumulatorBits(p))).trunc(accumulatorBits(p)));
    io.nextAccumulate = result.accumulate;
    if (p.maximum) io.nextMaximum = result.maximum;
    io.nextLastColumn = result.lastColumn;
    output.deq.ready = emerging.and(isLast);
    m.when(emerging, () => {
      out.rowsOut = isLast.mux(U(countBits).lit(0), out.rowsOut.addWrap(1));
    });
    // The last row is written one cycle after it is announced; who reads it then is told by `done` in that cycle.
    const d = m.regs({ finishing: Flag(false), writing: Flag(false), writtenRow: U(accBits) });
    const finishes = emerging.and(isLast);
    d.finishing = p.matrixVector ? finishes.and(result.isPart.not()) : finishes;
    d.writing = emerging;
    d.writtenRow = io.nextRow;
    // While rows are added up that come one by one, the sums are unwritten even when none of them is under way.
    const isThere = output.deq.valid;
    const orHeld = (x: UInt): UInt => (p.matrixVector ? isThere.mux(x, held.accRow) : x);
    io.unwritten = { valid: isThere.or(sums.isOpen), first: orHeld(io.nextRow), last: orHeld(result.lastRow) };
    io.writing = { valid: d.writing, first: d.writtenRow, last: d.writtenRow };
    if (hasLanes(p)) {
      const sums = m.regs({ ofLanes: B });
      sums.ofLanes = result.lanes;
      io.sumsOfLanes = sums.ofLanes;
    }
    io.done = d.finishing;
    io.busy = w.filling.or(w.loaded).or(a.streaming).or(output.deq.valid).or(d.finishing);
    io.waitsForWeights = io.activations.request.or(stream.takesRow).not().and(w.filling);
    io.waitsForRows = a.streaming.mux(rows.fromScratchpad.and(io.activations.mayRead.not()), w.loaded.and(io.lateIsThere.not()));
    io.conflict = io.activations.request.and(io.activations.grant.not()).or(io.weights.request.and(io.weights.grant.not()));
    m.assert('resultHasOwner', emerging.not().or(output.deq.valid), 'sums left the mesh that no command asked for');
    m.cover('pauseForSums', w.loaded.and(lastRow).and(readsLastSums));
    m.cover('weightsBehindStream', io.weights.grant.and(io.activations.grant));

    /** How the command in hand is streamed: the row that is next, how many at once, and whether more follow, with further weights. */
    interface Streamed {
      readonly aRow: UInt;
      readonly count: UInt;
      /** Of the weights. */
      readonly lastLine: UInt;
      readonly accumulate: Bool;
      readonly continues: Bool;
      /** Some rows of it are on their way or through, and some not. */
      readonly isOpen: Bool;
    }
    function allRows(): Streamed {
      const { aRow, count, lastColumn, accumulate } = held;
      return { aRow, count, lastLine: lastColumn, accumulate, continues: bool(false), isOpen: bool(false) };
    }
    /** Some commands take a row at a time, each with weights of its own, and add all up. */
    function oneByOne(): Streamed {
      const v = m.regs({ rowAlone: U(scratchpadBits(p)), tilesLeft: U(countBits), isLater: B });
      m.when(io.command.fire, () => {
        v.rowAlone = cmd.aRow;
        v.tilesLeft = cmd.count.subWrap(1);
        v.isLater = bool(false);
      }).elseWhen(handOver.handOver, () => {
        v.rowAlone = v.rowAlone.addWrap(1);
        v.tilesLeft = v.tilesLeft.subWrap(1);
        v.isLater = bool(true);
      });
      return {
        aRow: v.rowAlone, count: held.sumsRows.mux(U(countBits).lit(1), held.count).named('rowsOfStream'),
        lastLine: held.sumsRows.mux(U(columnBits).lit(p.columns - 1), held.lastColumn).named('lastWeights'),
        accumulate: held.accumulate.or(v.isLater).named('accumulates'), continues: held.sumsRows.and(v.tilesLeft.ne(0)).named('continues'),
        isOpen: held.sumsRows.and(v.isLater).and(w.filling.or(w.loaded)).named('isOpen'),
      };
    }
    /** The row behind those that come now, and the last column of which they are. */
    function weightLines(): { readonly next: UInt; readonly endsWith: UInt } {
      if (W === 1) return { next: w.line.addWrap(1), endsWith: w.column };
      const bits = Math.log2(W);
      const isFirst = (x: UInt): Bool => x.slice(bits - 1, 0).eq(0);
      const lastOf = (x: UInt): UInt => (x.width > bits ? cat(x.slice(x.width - 1, bits), U(bits).lit(W - 1)) : x.lit(W - 1));
      const inOrder = isFirst(w.line).and(isFirst(w.column)).and(lastOf(w.column).le(sums.lastLine));
      const isPlain = [...(p.convolution ? [held.other.not()] : []), ...(hasLanes(p) ? [held.lanes.not()] : [])];
      io.weights.all = isPlain.reduce((x, y) => x.and(y), inOrder).and(io.weights.mayReadAll);
      const last = io.weights.grantAll.mux(lastOf(w.line), w.line).named('lastLineNow');
      return { next: last.addWrap(1).named('nextLine'), endsWith: io.weights.grantAll.mux(lastOf(w.column), w.column).named('lastColumnNow') };
    }

    /**
     * A product of the lanes begins when its first sums are announced behind the last ones of the mesh, and not in the next cycle, for they
     * may be of the same row. The mesh announces sums `travel` cycles after it took the row, the lanes their first ones T + 1 cycles after
     * they were given the product.
     */
    function mayStart(): Bool {
      if (!lanes) return bool(true);
      const waits = [
        ...(travel > p.depthwiseTaps ? [t.travelling.slice(travel - p.depthwiseTaps - 1, 0).ne(0)] : []),
        ...(travel >= p.depthwiseTaps ? [stream.takesRow.and(lanes.streams.not())] : []),
      ].reduce((x, y) => x.or(y), bool(false));
      return held.lanes.and(waits).not();
    }

    /** The row that the stream wants, and whether the scratchpad has it. */
    interface Rows {
      readonly row: UInt;
      readonly fromScratchpad: Bool;
    }
    function rowsInOrder(): Rows {
      const r = m.regs({ streamRow: U(scratchpadBits(p)) });
      m.when(handOver.handOver, () => {
        r.streamRow = sums.aRow;
      }).elseWhen(stream.takesRow, () => {
        r.streamRow = r.streamRow.addWrap(1);
      });
      return { row: r.streamRow, fromScratchpad: bool(true) };
    }
    function walk(): Rows {
      const walk = m.inst('walk', ActivationWalk(p));
      walk.start = handOver.handOver;
      walk.aRow = sums.aRow;
      walk.windowed = held.windowed;
      walk.window = held.window;
      walk.step = stream.takesRow;
      if (hasLanes(p)) {
        walk.lanes = held.lanes;
        rowMakes.sums = walk.completes;
      }
      // The next product may have begun when the row arrives.
      const r = m.regs({ isBeside: B, besideValue: S(8) });
      r.isBeside = walk.onImage.not();
      r.besideValue = walk.padding;
      io.isPadding = r.isBeside;
      io.padding = r.besideValue;
      return { row: walk.row, fromScratchpad: walk.onImage };
    }
  });
}
