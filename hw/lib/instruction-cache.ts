/**
 * Instruction cache between the core's fetch bus (OBI) and the memory bus (AXI4 reads): direct mapped, a line is fetched as one
 * burst. Tags and data lie in memories with synchronous read: a hit answers in the cycle after its grant, one a cycle. Must not
 * know the address map beyond the part that may be cached.
 *
 * A granted request is looked up in the next cycle and waits there until its beat has come; others wait until the line is
 * complete. With `prefetches`, when a word is given of the line that was fetched last, the line behind it is fetched too; requests
 * that hit are answered meanwhile, those for that line wait until it is complete. Lines with an error response and addresses outside
 * the cacheable part are not kept. After reset and on `flush` all tags are cleared one by one; requests wait meanwhile.
 */
import { B, Flag, In, Out, U, bool, bundle, cat, flip, hw, indexWidth, named, valueOf } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { AXI_BURST_INCR, axiAddress, axiReadManager } from './axi4.ts';
import type { AxiParams } from './axi4.ts';
import { cacheLines } from './cache-lines.ts';
import type { CacheParams } from './cache-lines.ts';
import { ObiFetch } from './obi.ts';
import { laneOf, wordOf } from './obi-to-axi.ts';
import { assertStays } from './stream-rules.ts';

/** `bytes` 0: no cache, only the adapter between the buses. */
export interface InstructionCacheParams extends CacheParams {
  /** Straight code does not wait for its next line. */
  readonly prefetches: boolean;
}

export const instructionCachePorts = (p: AxiParams) => ({
  obi: flip(ObiFetch),
  axi: axiReadManager(p),
  /** Forget everything: one cycle. Requests granted before are still answered with what they find. */
  flush: In(B),
  /** Nothing from before the last `flush` is left; valid from the cycle after `flush` on. */
  flushDone: Out(B),
});

export function InstructionCache(p: InstructionCacheParams): ModuleDef<ReturnType<typeof instructionCachePorts>> {
  return p.bytes === 0 ? FetchAdapter(p) : DirectMappedCache(p);
}

/** One whole beat: the one that holds the address. */
function readBeat(p: AxiParams, address: UInt) {
  const low = Math.log2(p.dataBytes);
  const aligned = cat(address.slice(31, low), U(low).lit(0));
  return valueOf(axiAddress(p), { id: 0, addr: aligned, len: 0, size: low, burst: AXI_BURST_INCR });
}

/** Fetch bus to memory bus without a cache; one request under way at a time. */
function FetchAdapter(p: InstructionCacheParams): ModuleDef<ReturnType<typeof instructionCachePorts>> {
  return hw('FetchAdapter', instructionCachePorts(p), (m, io) => {
    m.doc('Fetch bus to memory bus without a cache, one request under way at a time.');
    const { obi, axi } = io;
    const r = m.regs({ busy: Flag(false) });
    axi.r.ready = bool(true);
    axi.ar.valid = obi.req.and(r.busy.not().or(axi.r.valid));
    axi.ar.bits = readBeat(p, obi.addr);
    obi.gnt = axi.ar.fire;
    m.when(axi.ar.fire.or(axi.r.valid), () => {
      r.busy = axi.ar.fire;
    });
    const lane = laneOf(obi.addr, p.dataBytes);
    let asked: UInt | undefined;
    if (lane) {
      const held = m.regs({ lane: U(lane.width) });
      m.when(axi.ar.fire, () => {
        held.lane = lane;
      });
      asked = held.lane;
    }
    obi.rvalid = axi.r.valid;
    obi.rdata = wordOf(axi.r.bits.data, asked);
    obi.err = axi.r.bits.resp.bit(1);
    io.flushDone = bool(true);
    m.assert('expected', axi.r.valid.not().or(r.busy), 'a response without a request');
    assertStays(m, 'request', obi.req, obi.gnt);
  });
}

function DirectMappedCache(p: InstructionCacheParams): ModuleDef<ReturnType<typeof instructionCachePorts>> {
  const shape = cacheLines(p);
  const { lines, beats } = shape;
  const indexBits = indexWidth(lines);
  const lineBits = 32 - Math.log2(p.lineBytes);
  const Tag = bundle('Tag', { valid: B, tag: U<number>(shape.tagBits) });
  return hw('InstructionCache', instructionCachePorts(p), (m, io) => {
    const count = `${beats} ${beats === 1 ? 'beat' : 'beats'}`;
    m.doc(`${p.bytes} bytes, direct mapped, ${lines} lines of ${p.lineBytes} bytes (${count})${p.prefetches ? ', the next one fetched ahead' : ''}.`);
    const { obi, axi } = io;

    /** `pending`: the request in `address` has been granted and not answered; `asked`: its line is on its way. */
    const r = m.regs({ pending: Flag(false), asked: Flag(false), address: U(30), walking: Flag(true), walk: U(indexBits, 0) });
    const { pending, asked, walking, walk } = r;
    const address = m.let({ wholeAddress: cat(r.address, U(2).lit(0)) }).wholeAddress;
    /** Of lines of several beats: the number of the next one, and whether one before it came with an error. */
    const burst = beats === 1 ? undefined : m.regs({ beat: U<number>(indexWidth(beats)), broken: B });
    /** `line` is the one behind `newest`, which was fetched last: wanted, its request offered to memory and not taken, coming. */
    const ahead = p.prefetches
      ? m.regs({ newest: U(lineBits), line: U(lineBits), wanted: Flag(false), offered: Flag(false), coming: Flag(false) }) : undefined;
    const coming = ahead?.coming ?? bool(false);
    const aheadAddress = ahead && cat(ahead.line, U(32 - lineBits).lit(0)).exact(32).named('aheadAddress');
    /** The line that arrives belongs to this address. */
    const arriving = aheadAddress ? m.let({ arriving: coming.mux<UInt>(aheadAddress, address) }).arriving : address;

    const tags = m.mem('tags', Tag, lines, { style: 'block' });
    const data = m.mem('data', U<number>(8 * p.dataBytes), lines * beats, { style: 'block' });
    const found = tags.readSync('foundTag', shape.index(obi.addr), obi.gnt);
    const foundData = data.readSync('foundData', shape.place(obi.addr), obi.gnt);
    const cacheable = shape.isCacheable(address).named('cacheable');
    const waits = pending.and(asked.not().or(coming));
    const hit = m.let({ hit: waits.and(cacheable).and(found.valid).and(found.tag.eq(shape.tag(address))) }).hit;
    const wanted = shape.beat(address);
    const comesForIt = axi.r.valid.and(coming.not());
    const arrives = burst && wanted ? comesForIt.and(pending).and(cacheable.not().or(burst.beat.eq(wanted))) : comesForIt;
    const answers = m.let({ answers: hit.or(arrives) }).answers;

    // A request for the line that is complete in this cycle waits: block RAM need not read well what is being written.
    const ends = burst ? m.let({ ends: axi.r.valid.and(axi.r.bits.last) }).ends : axi.r.valid;
    const failed = axi.r.bits.resp.bit(1);
    const isKept = cacheable.or(coming);
    const fills = m.let({ fills: axi.r.valid.and(isKept).and(failed.not()) }).fills;
    // A line of several beats is overwritten from its first beat on: with an error in one of them nothing of it is left.
    const learns = burst ? m.let({ learns: ends.and(isKept) }).learns : fills;
    const sameLine = learns.and(coming.not()).and(shape.index(obi.addr).eq(shape.index(address)));
    const free = burst ? pending.not().or(answers).and(asked.not().or(ends).or(coming)) : pending.not().or(answers);
    // What is fetched ahead is not looked up before it is complete.
    const isAhead = ahead && aheadAddress
      && ahead.wanted.or(ahead.offered).or(coming).and(shape.index(obi.addr).eq(shape.index(aheadAddress))).named('isAhead');
    const mayAsk = walking.not().and(io.flush.not()).and(free).and(sameLine.not());
    obi.gnt = obi.req.and(isAhead ? mayAsk.and(isAhead.not()) : mayAsk);
    m.when(obi.gnt, () => {
      r.address = obi.addr.slice(31, 2);
    });
    m.when(obi.gnt.or(answers), () => {
      r.pending = obi.gnt;
    });

    const misses = pending.and(asked.not()).and(hit.not());
    const request = burst ? named('request', cacheable.mux(shape.burst(address), readBeat(p, address))) : readBeat(p, address);
    if (ahead && aheadAddress) {
      // What has been offered stays; otherwise a request comes first.
      const { asksAhead } = m.let({ asksAhead: ahead.offered.or(ahead.wanted.and(asked.not()).and(misses.not())) });
      axi.ar.valid = misses.or(asksAhead);
      axi.ar.bits = asksAhead.mux(shape.burst(aheadAddress), request);
      ahead.offered = asksAhead.and(axi.ar.ready.not());
      m.when(axi.ar.fire.or(ends), () => {
        ahead.coming = axi.ar.fire.and(asksAhead);
      });
      const line = address.slice(31, 32 - lineBits);
      const behind = line.addWrap(1).named('behind');
      const mayFollow = shape.isCacheable(cat(behind, U(32 - lineBits).lit(0)).exact(32)).and(cacheable);
      const isNext = answers.and(mayFollow).and(line.eq(ahead.newest));
      m.when(axi.ar.fire, () => {
        ahead.wanted = bool(false);
        ahead.newest = asksAhead.mux(ahead.line, line);
      });
      // It is asked for at once, or another request has come in between.
      m.when(isNext.and(asksAhead.not()), () => {
        ahead.wanted = walking.not();
        ahead.line = behind;
      });
      m.when(io.flush, () => {
        ahead.wanted = bool(false);
      });
    } else {
      axi.ar.valid = misses;
      axi.ar.bits = request;
    }
    axi.r.ready = bool(true);
    m.when(axi.ar.fire.or(ends), () => {
      r.asked = axi.ar.fire;
    });
    if (burst) {
      m.when(asked.not(), () => {
        burst.beat = U<number>(burst.beat.width).lit(0);
        burst.broken = bool(false);
      }).elseWhen(axi.r.valid, () => {
        burst.beat = burst.beat.addWrap(1);
        burst.broken = burst.broken.or(failed);
      });
    }
    obi.rvalid = answers;
    const fromMemory = asked.and(coming.not());
    obi.rdata = wordOf(fromMemory.mux(axi.r.bits.data, foundData).named('beat'), laneOf(address, p.dataBytes));
    obi.err = fromMemory.and(failed);

    // A line that is still under way was asked for before the flush: the walk starts when it is there.
    const busy = burst || ahead ? pending.or(asked) : pending;
    const idle = (ahead ? busy.or(ahead.offered) : busy).not();
    const { walks } = m.let({ walks: walking.and(idle) });
    m.when(io.flush, () => {
      r.walking = bool(true);
      r.walk = U(indexBits).lit(0);
    }).elseWhen(walks, () => {
      r.walk = walk.addWrap(1);
      r.walking = walk.andR().not();
    });
    const good = burst ? walks.or(burst.broken).or(failed).not() : walks.not();
    const written = m.let({ written: walks.mux<UInt>(walk, shape.index(arriving)) }).written;
    m.when(learns.or(walks), () => {
      tags.write(written, valueOf(Tag, { valid: good, tag: shape.tag(arriving) }));
    });
    m.when(fills, () => data.write(shape.placeOf(arriving, burst?.beat), axi.r.bits.data));
    io.flushDone = walking.not();

    m.assert('expected', axi.r.valid.not().or(asked), 'a response without a request');
    m.assert('oneAnswer', hit.and(comesForIt).not(), 'a hit and a line from memory at once');
    assertStays(m, 'request', obi.req, obi.gnt);
    assertStays(m, 'line', axi.ar.valid, axi.ar.ready);
  });
}
