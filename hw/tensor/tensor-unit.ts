/**
 * The tensor unit: an extension of the core (CV-X-IF) with its own port to main memory (AXI4). Four units work side by side
 * on commands that the dispatcher takes from the core: load, mesh, vector and store.
 */
import { U, UserError, hw, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt, Vec } from '../../gen/index.ts';
import { axiManager } from '../lib/axi4.ts';
import { XifUnit } from '../lib/cv-x-if.ts';
import { Accumulators } from './accumulators.ts';
import { ChannelRecords } from './channel-records.ts';
import { meshCommand, transferCommand, vectorCommand } from './commands.ts';
import { Counters } from './counters.ts';
import { Dispatch } from './dispatch.ts';
import { UNITS, conflict, heldBits, waitsFor } from './hazards.ts';
import type { Masks, Unit } from './hazards.ts';
import { Loader } from './loader.ts';
import { MeshControl } from './mesh-control.ts';
import { Mesh } from './mesh.ts';
import { problemWith } from './params.ts';
import type { TensorParams } from './params.ts';
import { Scratchpad } from './scratchpad.ts';
import { SerialUnit } from './serial/serial-unit.ts';
import { Storer } from './storer.ts';
import { UnitQueue } from './unit-queue.ts';
import { VectorUnit } from './vector-unit.ts';

export const tensorUnitPorts = (p: TensorParams) => ({ xif: XifUnit, mem: axiManager({ dataBytes: p.busBytes, idBits: p.idBits }) });

export function TensorUnit(p: TensorParams): ModuleDef<ReturnType<typeof tensorUnitPorts>> {
  const problem = problemWith(p);
  if (problem) throw new UserError(`tensor.${problem[0]} ${problem[1]}`);
  if (p.overlap === 'serial') return SerialUnit(p);
  return hw('TensorUnit', tensorUnitPorts(p), (m, io) => {
    m.doc(`Systolic tensor unit: ${p.rows} x ${p.columns} int8 mesh with scratchpad, accumulators, requantisation and DMA.`);
    const dispatch = m.inst('dispatch', Dispatch(p));
    const queues = {
      load: m.inst('loadQueue', UnitQueue('load', p, transferCommand(p))),
      mesh: m.inst('meshQueue', UnitQueue('mesh', p, meshCommand(p))),
      vector: m.inst('vectorQueue', UnitQueue('vector', p, vectorCommand(p))),
      store: m.inst('storeQueue', UnitQueue('store', p, transferCommand(p))),
    };
    const loader = m.inst('loader', Loader(p));
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
    m.connect(io.xif.issue as never, dispatch.xif.issue);
    m.connect(io.xif.register as never, dispatch.xif.register);
    m.connect(dispatch.xif.result as never, io.xif.result);
    dispatch.xif.commitValid = io.xif.commitValid;
    dispatch.xif.commit = io.xif.commit as never;
    io.xif.issueAccept = dispatch.xif.issueAccept;
    io.xif.issueWriteback = dispatch.xif.issueWriteback;
    io.xif.issueRegisterRead = dispatch.xif.issueRegisterRead;

    // --- commands ---
    const { dones } = m.let({ dones: vecOf(UNITS.map((u) => units[u].done)) });
    const masks = dispatch.masks as unknown as Masks;
    for (const u of UNITS) {
      const q = queues[u];
      m.connect(dispatch[u] as never, q.enter as never);
      m.connect(q.start as never, units[u].command as never);
      for (const f of ['rS', 'wS', 'acc', 'ch'] as const) q.masks[f] = masks[f];
      q.dones = dones;
      for (const o of UNITS) q.waits[o] = waitsFor(u).includes(o) ? mustWait(u, o) : U(heldBits(p)).lit(0);
    }
    dispatch.busy = vecOf(UNITS.map((u) => (queues[u].held as UInt).ne(0)));
    dispatch.memoryError = loader.error.or(storer.error);

    /** How many commands of unit `o`, from its oldest on, a command of unit `u` that enters now must wait for. */
    function mustWait(u: Unit, o: Unit): UInt {
      const q = queues[o];
      const bits = heldBits(p);
      let count: UInt = U(bits).lit(0);
      for (let i = 0; i < p.queueDepth; i++) {
        const entry = Object.fromEntries((['rS', 'wS', 'acc', 'ch'] as const).map((f) => [f, (q.entries[f] as Vec<UInt>).at(i)])) as unknown as Masks;
        const there = (q.held as UInt).gt(i);
        const hit = conflict(u, masks, o, entry);
        count = (hit === true ? there : there.and(hit)).mux(U(bits).lit(i + 1), count);
      }
      // One that completes in this very cycle no longer counts.
      const done = dones.at(UNITS.indexOf(o));
      return done.and(count.ne(0)).mux(count.subWrap(1), count);
    }

    // --- main memory ---
    m.connect(loader.mem.ar as never, io.mem.ar);
    m.connect(io.mem.r as never, loader.mem.r);
    m.connect(storer.mem.aw as never, io.mem.aw);
    m.connect(storer.mem.w as never, io.mem.w);
    m.connect(io.mem.b as never, storer.mem.b);

    // --- memories on the chip ---
    for (const [port, unit] of [['activations', control.activations], ['weights', control.weights]] as const) {
      scratchpad[port].request = unit.request;
      scratchpad[port].row = unit.row;
      unit.grant = scratchpad[port].grant;
    }
    scratchpad.store.request = storer.scratchpad.request;
    scratchpad.store.row = storer.scratchpad.row;
    storer.scratchpad.grant = scratchpad.store.grant;
    storer.scratchpad.data = scratchpad.store.data;
    scratchpad.vector.request = vector.scratchpad.request;
    scratchpad.vector.row = vector.scratchpad.row;
    scratchpad.vector.data = vector.scratchpad.data;
    scratchpad.load.request = loader.scratchpad.request;
    scratchpad.load.row = loader.scratchpad.row;
    scratchpad.load.data = loader.scratchpad.data;
    loader.scratchpad.grant = scratchpad.load.grant;

    channels.write = loader.channels.write;
    channels.writeChannel = loader.channels.channel;
    channels.writeWord = loader.channels.word;
    channels.writeData = loader.channels.data;
    channels.read = vector.channels.read;
    channels.readChannel = vector.channels.channel;
    vector.channels.bias = channels.bias;
    vector.channels.multiplier = channels.multiplier;
    vector.channels.format = channels.format;

    for (const [port, unit] of [['vector', vector], ['store', storer]] as const) {
      accumulators[port].request = unit.accumulators.request;
      accumulators[port].row = unit.accumulators.row;
      accumulators[port].group = unit.accumulators.group;
      unit.accumulators.grant = accumulators[port].grant;
      unit.accumulators.data = accumulators[port].data;
    }

    // --- the mesh between its memories ---
    mesh.a = scratchpad.activations.data;
    mesh.w = scratchpad.weights.data;
    mesh.bank = control.bank;
    mesh.shift0 = control.shift0;
    mesh.shift1 = control.shift1;
    accumulators.sums = mesh.sums;
    accumulators.next = control.next;
    accumulators.nextRow = control.nextRow;
    accumulators.nextAccumulate = control.nextAccumulate;
    accumulators.nextLastColumn = control.nextLastColumn;

    // --- what is counted ---
    const events: Record<keyof typeof counters.events, Bool> = {
      meshRows: control.activations.request.and(control.activations.grant as Bool),
      meshWaitWeights: control.waitsForWeights,
      meshWaitHazard: queues.mesh.blocked,
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
  });
}
