/**
 * The tensor unit: an extension of the core (CV-X-IF) with its own port to main memory (AXI4). Four units work side by side
 * on commands that the dispatcher takes from the core: load, mesh, vector and store.
 */
import { B, S, U, UserError, bool, cat, hw, indexWidth, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, SinkView, SourceView, UInt, Vec } from '../../gen/index.ts';
import { axiManager } from '../lib/axi4.ts';
import { XIF_DEFAULTS, xifUnit } from '../lib/cv-x-if.ts';
import type { XifParams } from '../lib/cv-x-if.ts';
import { withOnly } from '../lib/with-only.ts';
import { Accumulators } from './accumulators.ts';
import { ChannelRecords, RECORD_WORDS } from './channel-records.ts';
import { loadCommand, meshCommand, transferCommand, vectorCommand } from './commands.ts';
import { Counters } from './counters.ts';
import { DepthwiseLanes } from './depthwise-lanes.ts';
import { Dispatch } from './dispatch.ts';
import { UNITS, WAITS, areWritten, conflict, heldBits, isWritten, waitsFor } from './hazards.ts';
import type { Unit, Wait } from './hazards.ts';
import { Loader } from './loader.ts';
import { LookupTable } from './lookup-table.ts';
import { ScatterLoader } from './scatter-loader.ts';
import { MeshControl } from './mesh-control.ts';
import { Mesh } from './mesh.ts';
import { depthwiseLanes, problemWith, vectorReads, weightsPerCycle } from './params.ts';
import type { TensorParams } from './params.ts';
import { Scratchpad } from './scratchpad.ts';
import { SerialUnit } from './serial/serial-unit.ts';
import { Storer } from './storer.ts';
import { UnitQueue } from './unit-queue.ts';
import { VectorUnit } from './vector-unit.ts';
import { FormIndex, formIndex, unitWatchPorts } from './watch.ts';

/** Bits of the number of writes that main memory has not acknowledged, for a watchdog. */
const OWED_BITS = 16;

const allPorts = (p: TensorParams, xif: XifParams) =>
  ({ xif: xifUnit(xif), mem: axiManager({ dataBytes: p.busBytes, idBits: p.idBits }), watch: unitWatchPorts() });
/** `isWatched`: with the port `watch`, which must not be touched otherwise. */
export const tensorUnitPorts = (p: TensorParams, xif: XifParams, isWatched: boolean): ReturnType<typeof allPorts> =>
  withOnly(allPorts(p, xif), { watch: isWatched });

/** `xif`: what its core's port has. `isWatched`: for a watchdog of a simulation. */
export function TensorUnit(
  p: TensorParams, xif: XifParams = XIF_DEFAULTS, isWatched = false,
): ModuleDef<ReturnType<typeof tensorUnitPorts>> {
  const problem = problemWith(p);
  if (problem) throw new UserError(`tensor.${problem[0]} ${problem[1]}`);
  if (p.overlap === 'serial') return SerialUnit(p, xif, isWatched);
  return hw('TensorUnit', tensorUnitPorts(p, xif, isWatched), (m, io) => {
    m.doc(`Systolic tensor unit: ${p.rows} x ${p.columns} int8 mesh with scratchpad, accumulators, requantisation and DMA.`);
    const dispatch = m.inst('dispatch', Dispatch(p, xif));
    const queues = {
      load: m.inst('loadQueue', UnitQueue('load', p, loadCommand(p))),
      mesh: m.inst('meshQueue', UnitQueue('mesh', p, meshCommand(p))),
      vector: m.inst('vectorQueue', UnitQueue('vector', p, vectorCommand(p))),
      store: m.inst('storeQueue', UnitQueue('store', p, transferCommand(p))),
    };
    const loader = m.inst('loader', p.scatter ? ScatterLoader(p) : Loader(p));
    const control = m.inst('control', MeshControl(p));
    const mesh = m.inst('mesh', Mesh(p));
    const vector = m.inst('vector', VectorUnit(p));
    const storer = m.inst('storer', Storer(p));
    const scratchpad = m.inst('scratchpad', Scratchpad(p));
    const accumulators = m.inst('accumulators', Accumulators(p));
    const channels = m.inst('channels', ChannelRecords(p));
    const counters = m.inst('counters', Counters(p));
    const units = { load: loader, mesh: control, vector, store: storer };

    // --- the core ---
    m.link(io.xif, dispatch.xif);

    // --- commands ---
    const { dones } = m.let({ dones: vecOf(UNITS.map((u) => units[u].done)) });
    queued(dispatch.load, queues.load, loader);
    queued(dispatch.mesh, queues.mesh, control);
    queued(dispatch.vector, queues.vector, vector);
    queued(dispatch.store, queues.store, storer);
    for (const u of UNITS) {
      const q = queues[u];
      m.link(dispatch.blocks, q.blocks);
      q.dones = dones;
      q.followable = vecOf([loader.unwritten.valid, control.unwritten.valid, vector.unwritten.valid, bool(false)]);
      for (const wait of WAITS) {
        for (const o of UNITS) q[wait][o] = waitsFor(u, wait, p).includes(o) ? mustWait(u, o, wait) : U(heldBits(p)).lit(0);
      }
    }
    dispatch.busy = vecOf(UNITS.map((u) => (queues[u].held).ne(0)));
    dispatch.loadFails = loader.fails;
    dispatch.storeFails = storer.fails;
    dispatch.recordRefused = loader.recordRefused;

    /** Commands go from the dispatcher through their queue to their unit. */
    function queued<V>(commands: SinkView<V>, queue: { enter: SourceView<V>; start: SinkView<V> }, unit: { command: SourceView<V> }): void {
      m.connect(commands, queue.enter);
      m.connect(queue.start, unit.command);
    }
    /** How many commands of unit `o`, from its oldest on, one of unit `u` that enters now must see complete, or follow the last of. */
    function mustWait(u: Unit, o: Unit, wait: Wait): UInt {
      const q = queues[o];
      const bits = heldBits(p);
      let count: UInt = U(bits).lit(0);
      for (let i = 0; i < p.queueDepth; i++) {
        const there = q.held.gt(i);
        const hit = conflict(u, (use) => dispatch.blocks[use], o, (use) => q.entries[use].at(i), wait, p);
        count = (hit === true ? there : there.and(hit)).mux(U(bits).lit(i + 1), count).named(`${u}_${({ complete: 'waits', follow: 'follows', followLate: 'followsLate' } as const)[wait]}_${o}_${i}`);
      }
      // One that completes in this very cycle no longer counts.
      const done = dones.at(UNITS.indexOf(o));
      return done.and(count.ne(0)).mux(count.subWrap(1), count);
    }

    // --- main memory ---
    m.link(loader.mem, io.mem, ['ar', 'r']);
    m.link(storer.mem, io.mem, ['aw', 'w', 'b']);

    // --- memories on the chip ---
    const W = weightsPerCycle(p);
    m.link(control.activations, scratchpad.activations, ['request', 'row', 'grant']);
    m.link(control.weights, scratchpad.weights, W > 1 ? ['request', 'row', 'grant', 'all', 'grantAll'] : ['request', 'row', 'grant']);
    m.link(storer.scratchpad, scratchpad.store, ['request', 'row', 'grant', 'data']);
    m.link(vector.scratchpad, scratchpad.vector, ['request', 'row', 'data']);
    if (vectorReads(p)) m.link(vector.operands, scratchpad.vectorRead, ['request', 'row', 'grant', 'data']);
    m.link(loader.scratchpad, scratchpad.load);
    if (p.table) {
      const lookup = m.inst('lookup', LookupTable(p));
      m.link(loader.lookup, lookup.load);
      m.link(vector.lookup, lookup, ['read', 'index', 'values']);
    }

    channels.write = vecOf(Array.from({ length: RECORD_WORDS }, () => loader.channels.write));
    channels.writeChannel = loader.channels.channel;
    channels.writeWords = loader.channels.words;
    channels.read = vector.channels.read;
    channels.readChannel = vector.channels.channel;
    m.link(vector.channels, channels, ['bias', 'multiplier', 'format']);

    m.link(vector.accumulators, accumulators.vector);
    m.link(storer.accumulators, accumulators.store, ['request', 'row', 'group', 'grant', 'data']);

    // --- who follows whom: a row is read when it has been written ---
    control.lateIsThere = queues.mesh.lateIsThere;
    control.activations.mayRead = isWritten(control.activations.row, loader.unwritten, vector.unwritten).named('activationsWritten');
    control.weights.mayRead = isWritten(control.weights.row, loader.unwritten, vector.unwritten).named('weightsWritten');
    if (W > 1) {
      const { row } = control.weights;
      const bits = Math.log2(W);
      const last = cat(row.slice(row.width - 1, bits), U(bits).lit(W - 1));
      control.weights.mayReadAll = areWritten({ first: row, last }, loader.unwritten, vector.unwritten).named('allWeightsWritten');
    }
    vector.mayRead = isWritten(vector.accumulators.row, control.unwritten, control.writing).named('sumsWritten');
    if (p.elementwise) vector.lateIsThere = queues.vector.lateIsThere;
    if (vectorReads(p)) {
      vector.operands.mayRead = isWritten(vector.operands.row, loader.unwritten).named('operandsWritten');
    }
    storer.scratchpad.mayRead = isWritten(storer.scratchpad.row, vector.unwritten).named('resultsWritten');
    storer.accumulators.mayRead = isWritten(storer.accumulators.row, control.unwritten, control.writing).named('storedSumsWritten');

    // --- the mesh between its memories ---
    mesh.a = p.convolution
      ? m.map('a', p.rows, (lane) => control.isPadding.mux(control.padding, scratchpad.activations.data.at(lane)))
      : scratchpad.activations.data;
    const weights = p.convolution ? weightsOfColumn() : scratchpad.weights.data;
    if (W > 1) {
      mesh.wAll = vecOf(Array.from({ length: W }, (_, i) => control.loadAll.mux(scratchpad.weights.allData.at(i), weights)));
      mesh.loadAll = control.loadAll;
    } else mesh.w = weights;
    m.link(control, mesh, ['bank', 'load0', 'load1', 'loadColumn']);
    accumulators.sums = p.depthwiseTaps > 0 ? sumsOfBoth() : mesh.sums;
    m.link(control, accumulators, ['next', 'nextRow', 'nextAccumulate', 'nextLastColumn']);
    if (p.maximum) accumulators.nextMaximum = control.nextMaximum;

    /** Of the mesh, or of the lanes beside it. */
    function sumsOfBoth(): Vec<SInt> {
      const lanes = m.inst('lanes', DepthwiseLanes(p));
      lanes.a = mesh.a;
      lanes.w = scratchpad.weights.data;
      lanes.step = control.lanesStep;
      m.link(control, lanes, ['bank', 'load0', 'load1', 'loadColumn']);
      return vecOf(mesh.sums.toArray().map((sum, i) =>
        (i < depthwiseLanes(p) ? control.sumsOfLanes.mux(lanes.sums.at(i).sext(sum.width), sum) : sum)));
    }
    /** Of a depthwise product, of the row's weights that of the column alone. */
    function weightsOfColumn(): Vec<SInt<8>> {
      const bits = indexWidth(Math.max(p.rows, p.columns));
      const column = control.loadColumn.zext(bits);
      return m.map('w', p.rows, (lane) =>
        control.loadDiagonal.and(column.ne(lane.zext(bits))).mux(S(8).lit(0), scratchpad.weights.data.at(lane)));
    }

    // --- what is counted ---
    const events: Record<keyof typeof counters.events, Bool> = {
      meshRows: control.feeds,
      meshWaitWeights: control.waitsForWeights,
      meshWaitHazard: queues.mesh.blocked.or(control.waitsForRows),
      scratchpadConflict: control.conflict,
      loadBusy: loader.busy,
      loadWaitMemory: loader.waitsForMemory,
      vectorBusy: vector.busy,
      storeBusy: storer.busy,
      dispatchStall: dispatch.stalled,
      loadBytes: loader.beat,
      storeBytes: storer.beat,
    };
    for (const [name, event] of Object.entries(events)) counters.events[name as keyof typeof events] = event;
    counters.index = dispatch.counterIndex;
    dispatch.counterValue = counters.value;
    if (isWatched) watch();

    function watch(): void {
      const orMain = (other: Bool): UInt => other.mux(formIndex('other'), formIndex('main'));
      const r = m.regs({ loadForm: FormIndex, storesOther: B, meshForm: FormIndex, vectorForm: FormIndex, owed: U(OWED_BITS, 0) });
      m.when(queues.load.start.fire, () => {
        const { bits } = queues.load.start;
        const other = orMain(bits.other);
        r.loadForm = p.table ? bits.lookup.mux(formIndex('table'), other) : other;
      });
      m.when(queues.store.start.fire, () => {
        r.storesOther = queues.store.start.bits.other;
      });
      m.when(queues.mesh.start.fire, () => {
        const { bits } = queues.mesh.start;
        const depthwise = p.convolution ? bits.other.mux(formIndex('other'), formIndex('main')) : formIndex('main');
        const orMaximum = p.maximum ? bits.maximum.mux(formIndex('maximum'), depthwise) : depthwise;
        const orLanes = p.depthwiseTaps > 0 ? bits.lanes.mux(formIndex('lanes'), orMaximum) : orMaximum;
        r.meshForm = p.matrixVector ? bits.sumsRows.mux(formIndex('sumsRows'), orLanes) : orLanes;
      });
      m.when(queues.vector.start.fire, () => {
        const { bits } = queues.vector.start;
        const pair = p.elementwise ? bits.product.mux(formIndex('product'), formIndex('sum')) : formIndex('main');
        const sum = p.table ? bits.lookup.mux(formIndex('table'), formIndex('main')) : formIndex('main');
        r.vectorForm = p.elementwise ? bits.elementwise.mux(pair, sum) : sum;
      });
      const { aw, w, b } = io.mem;
      m.when(aw.fire.ne(b.fire), () => {
        r.owed = aw.fire.mux(r.owed.addWrap(1), r.owed.subWrap(1));
      });
      io.watch.busy = dispatch.busy.asUInt();
      io.watch.blocked = vecOf(UNITS.map((u) => queues[u].blocked)).asUInt();
      io.watch.form = cat(orMain(r.storesOther), r.vectorForm, r.meshForm, r.loadForm).exact(io.watch.form.width);
      const { activations, weights, store, load } = scratchpad;
      const reads = vectorReads(p) ? [scratchpad.vectorRead] : [];
      const ports = [activations, weights, ...reads, store, load, accumulators.vector, accumulators.store];
      io.watch.moves = [
        ...UNITS.flatMap((u) => [units[u].done, queues[u].enter.fire, queues[u].start.fire]),
        ...[io.mem.ar, io.mem.r, aw, w, b].map((channel) => channel.fire), ...ports.map(({ request, grant }) => request.and(grant)),
        vector.channels.read,
      ].reduce((x, y) => x.or(y));
      io.watch.awaitsRead = loader.waitsForMemory;
      io.watch.awaitsWrite = storer.busy.and(r.owed.ne(0).or(aw.valid.and(aw.ready.not())).or(w.valid.and(w.ready.not())));
    }
  });
}
