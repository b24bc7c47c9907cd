/**
 * Data cache between the core's data bus (OBI) and the memory bus (AXI4): direct mapped, lines are fetched as bursts, stores
 * go to memory through a queue and change a line only if it is there. A hit answers in the cycle after its grant, one a cycle.
 * Must not know the address map beyond the part that may be cached, nor who else writes to memory.
 *
 * Order: stores reach memory in program order. A load that asks memory waits until all stores have arrived there, and so sees
 * them; a load that hits sees them in the line. Outside of the cacheable part nothing is fetched ahead and a store is answered
 * by memory itself, so that its error belongs to it.
 */
import { B, Flag, In, Out, U, bool, bundle, cat, flip, hw, indexWidth, named, repeat, valueOf, vec, vecOf } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { AXI_BURST_INCR, axiAddress, axiManager, axiWriteData } from './axi4.ts';
import type { AxiParams } from './axi4.ts';
import { cacheLines } from './cache-lines.ts';
import type { CacheParams } from './cache-lines.ts';
import { ObiData } from './obi.ts';
import { laneOf, wordOf } from './obi-to-axi.ts';
import { Queue } from './queue.ts';
import { assertStays } from './stream-rules.ts';

export interface DataCacheParams extends CacheParams {
  /** Stores that wait for the memory bus. */
  readonly storeQueue: number;
}

export const dataCachePorts = (p: AxiParams) => ({
  obi: flip(ObiData),
  axi: axiManager(p),
  /** Forget all lines: somebody else has written to memory. Loads granted later see it. */
  invalidate: In(B),
  /** Every store granted before this cycle has been answered by memory. */
  drained: Out(B),
  /** Memory refused a store that has been answered already. */
  lostStore: Out(B),
});

/** Bits of the number of stores between grant and memory's answer. */
const IN_FLIGHT_BITS = 4;
const StoreEntry = bundle('StoreEntry', { word: U(30), be: U(4), wdata: U(32) });

export function DataCache(p: DataCacheParams): ModuleDef<ReturnType<typeof dataCachePorts>> {
  const shape = cacheLines(p);
  const { lines, beats } = shape;
  return hw('DataCache', dataCachePorts(p), (m, io) => {
    m.doc(`${p.bytes} bytes, direct mapped, ${lines} lines of ${p.lineBytes} bytes, write-through.`);
    const { obi, axi } = io;
    const r = m.regs({
      /** The request below has been granted and not answered. */
      pending: Flag(false), word: U(30), we: B, be: U(4), wdata: U(32),
      /** A burst or word has been asked for and has not come completely. */
      asked: Flag(false),
      /** What is on its way must not become valid. */
      spoiled: B,
      inFlight: U(IN_FLIGHT_BITS, 0),
      valid: vec(Flag(false), lines),
    });
    const { address } = m.let({ address: cat(r.word, U(2).lit(0)) });
    io.drained = r.inFlight.eq(0);
    const { drained } = io;

    // --- lookup, in the cycle after the grant ---
    const tags = m.mem('tags', U<number>(shape.tagBits), lines, { style: 'block', collisionFree: true });
    const data = m.mem('data', U<number>(8 * p.dataBytes), lines * beats, { style: 'block', collisionFree: true });
    const foundTag = tags.readSync('foundTag', shape.index(obi.addr), obi.gnt);
    const foundData = data.readSync('foundData', shape.place(obi.addr), obi.gnt.and(obi.we.not()).named('reads'));
    const { cacheable } = m.let({ cacheable: shape.isCacheable(address) });
    const { looksUp } = m.let({ looksUp: r.pending.and(r.asked.not()) });
    const { hit } = m.let({ hit: looksUp.and(cacheable).and(r.valid.at(shape.index(address))).and(foundTag.eq(shape.tag(address))) });

    // --- answers ---
    const counter = beats === 1 ? undefined : m.regs({ beat: U<number>(indexWidth(beats)) });
    const wanted = shape.beat(address);
    const isWanted = counter && wanted ? cacheable.not().or(counter.beat.eq(wanted)) : bool(true);
    const failed = axi.r.bits.resp.bit(1);
    const { arrives, acknowledged } = m.let({
      arrives: r.pending.and(r.asked).and(axi.r.valid).and(isWanted),
      // Memory answers stores in order: the last one is the one that waits.
      acknowledged: looksUp.and(r.we).and(cacheable.not()).and(axi.b.valid).and(r.inFlight.eq(1)),
    });
    const { answers } = m.let({ answers: hit.or(looksUp.and(r.we).and(cacheable)).or(arrives).or(acknowledged) });
    obi.rvalid = answers;
    obi.rdata = wordOf(r.asked.mux(axi.r.bits.data, foundData).named('beat'), laneOf(address, p.dataBytes));
    obi.err = arrives.and(failed).or(acknowledged.and(axi.b.bits.resp.bit(1)));

    // --- grants: nothing while a line arrives, and no load of what a store may be writing into the line ---
    const { room } = m.let({ room: r.inFlight.andR().not() });
    const writing = r.pending.and(r.we).and(shape.place(obi.addr).eq(shape.place(address)));
    const stores = m.inst('stores', Queue(StoreEntry, p.storeQueue));
    const { mayStore } = m.let({ mayStore: room.and(stores.enq.ready) });
    obi.gnt = obi.req.and(r.asked.not()).and(r.pending.not().or(answers)).and(obi.we.mux(mayStore, writing.not()));
    m.when(obi.gnt, () => {
      r.word = obi.addr.slice(31, 2);
      r.we = obi.we;
      r.be = obi.be;
      r.wdata = obi.wdata;
    });
    m.when(obi.gnt.or(answers), () => {
      r.pending = obi.gnt;
    });

    // --- a line, or a word from outside of the cacheable part ---
    const single = valueOf(axiAddress(p), { id: 0, addr: address, len: 0, size: 2, burst: AXI_BURST_INCR });
    axi.ar.valid = looksUp.and(r.we.not()).and(hit.not()).and(drained);
    axi.ar.bits = named('request', cacheable.mux(shape.burst(address), single));
    axi.r.ready = bool(true);
    const { fills, ends } = m.let({ fills: r.asked.and(axi.r.valid).and(cacheable), ends: axi.r.valid.and(axi.r.bits.last) });
    const { completes } = m.let({ completes: fills.and(axi.r.bits.last).and(r.spoiled.or(failed).not()) });
    m.when(axi.ar.fire.or(ends), () => {
      r.asked = axi.ar.fire;
    });
    r.spoiled = axi.ar.fire.not().and(r.spoiled).or(io.invalidate).or(axi.r.valid.and(failed));
    if (counter) {
      m.when(axi.ar.fire, () => {
        counter.beat = U<number>(counter.beat.width).lit(0);
      }).elseWhen(axi.r.valid, () => {
        counter.beat = counter.beat.addWrap(1);
      });
    }

    // --- what the memories keep ---
    const lanes = p.dataBytes / 4;
    const lane = laneOf(address, p.dataBytes);
    const strobes = (be: UInt, at: UInt | undefined): UInt =>
      cat(...Array.from({ length: lanes }, (_, i) => (at ? at.eq(i).mux<UInt>(be, 0) : be)).reverse());
    const { updates } = m.let({ updates: hit.and(r.we) });
    m.when(fills.or(updates).named('writesData'), () => {
      const place = fills.mux(shape.placeOf(address, counter?.beat), shape.place(address)).named('place');
      const mask = repeat(fills, p.dataBytes).or(strobes(r.be, lane)).named('mask');
      data.writeMasked(place, fills.mux(axi.r.bits.data, repeat(r.wdata, lanes)).named('kept'), mask);
    });
    m.when(completes, () => tags.write(shape.index(address), shape.tag(address)));
    m.when(axi.ar.fire.and(cacheable).or(completes), () => r.valid.put(shape.index(address), completes));
    m.when(io.invalidate, () => {
      r.valid = vecOf(Array.from({ length: lines }, () => bool(false)));
    });

    // --- stores on their way to memory: address and data are taken in any order ---
    stores.enq.valid = obi.gnt.and(obi.we);
    stores.enq.bits = valueOf(StoreEntry, { word: obi.addr.slice(31, 2), be: obi.be, wdata: obi.wdata });
    const w = m.regs({ addressDone: Flag(false), dataDone: Flag(false) });
    const head = stores.deq.bits;
    const target = cat(head.word, U(2).lit(0));
    axi.aw.valid = stores.deq.valid.and(w.addressDone.not());
    axi.aw.bits = valueOf(axiAddress(p), { id: 0, addr: target, len: 0, size: 2, burst: AXI_BURST_INCR });
    axi.w.valid = stores.deq.valid.and(w.dataDone.not());
    const strb = strobes(head.be, laneOf(target, p.dataBytes));
    axi.w.bits = valueOf(axiWriteData(p), { data: repeat(head.wdata, lanes), strb, last: true });
    const addressEnds = w.addressDone.or(axi.aw.fire).named('addressEnds');
    const dataEnds = w.dataDone.or(axi.w.fire).named('dataEnds');
    stores.deq.ready = addressEnds.and(dataEnds);
    w.addressDone = addressEnds.and(dataEnds.not());
    w.dataDone = dataEnds.and(addressEnds.not());
    axi.b.ready = bool(true);
    const { enters } = m.let({ enters: obi.gnt.and(obi.we) });
    m.when(enters.ne(axi.b.valid), () => {
      r.inFlight = enters.mux(r.inFlight.addWrap(1), r.inFlight.subWrap(1));
    });
    io.lostStore = axi.b.valid.and(axi.b.bits.resp.bit(1)).and(acknowledged.not());

    m.assert('expected', axi.r.valid.not().or(r.asked), 'a beat without a request');
    m.assert('acknowledgeExpected', axi.b.valid.not().or(drained.not()), 'memory acknowledged a store that was not sent');
    if (counter) m.assert('wholeLine', fills.not().or(axi.r.bits.last.eq(counter.beat.andR())), 'a line ends early or late');
    assertStays(m, 'request', obi.req, obi.gnt);
    assertStays(m, 'line', axi.ar.valid, axi.ar.ready);
    assertStays(m, 'storeAddress', axi.aw.valid, axi.aw.ready);
    assertStays(m, 'storeData', axi.w.valid, axi.w.ready);
    m.cover('hits', hit);
    m.cover('misses', axi.ar.fire.and(cacheable));
    m.cover('spoils', fills.and(axi.r.bits.last).and(completes.not()));
  });
}
