/**
 * Instruction cache between the core's fetch bus (OBI) and the memory bus (AXI4 reads): direct mapped, a line is one beat.
 * Tags and data lie in memories with synchronous read: a hit answers in the cycle after its grant, one a cycle. Must not
 * know the address map beyond the part that may be cached.
 *
 * A granted request is looked up in the next cycle and waits there until its line has come; error responses and addresses
 * outside the cacheable part go past the memories. After reset and on `flush` all tags are cleared one by one; requests wait
 * meanwhile.
 */
import { B, Flag, In, Out, U, bool, bundle, cat, flip, hw, indexWidth, valueOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../gen/index.ts';
import { AXI_BURST_INCR, axiAddress, axiReadManager } from './axi4.ts';
import type { AxiParams } from './axi4.ts';
import { ObiFetch } from './obi.ts';
import { laneOf, wordOf } from './obi-to-axi.ts';
import { assertStays } from './stream-rules.ts';

export interface InstructionCacheParams extends AxiParams {
  /** Size: a power of two, at least two beats; 0: no cache, only the adapter between the buses. */
  readonly bytes: number;
  /** First address of the part that may be cached. */
  readonly cacheableBase: number;
  /** Its size: a power of two, of which `cacheableBase` is a multiple. */
  readonly cacheableBytes: number;
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

function readRequest(p: AxiParams, address: UInt) {
  return valueOf(axiAddress(p), { id: 0, addr: address, len: 0, size: Math.log2(p.dataBytes), burst: AXI_BURST_INCR });
}

/** Fetch bus to memory bus without a cache; one request under way at a time. */
function FetchAdapter(p: InstructionCacheParams): ModuleDef<ReturnType<typeof instructionCachePorts>> {
  return hw('FetchAdapter', instructionCachePorts(p), (m, io) => {
    m.doc('Fetch bus to memory bus without a cache, one request under way at a time.');
    const { obi, axi } = io;
    const r = m.regs({ busy: Flag(false) });
    axi.r.ready = bool(true);
    axi.ar.valid = obi.req.and(r.busy.not().or(axi.r.valid));
    const beatBits = Math.log2(p.dataBytes);
    axi.ar.bits = readRequest(p, cat(obi.addr.slice(31, beatBits), U(beatBits).lit(0)));
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
  const lines = p.bytes / p.dataBytes;
  const beatBits = Math.log2(p.dataBytes);
  const indexBits = indexWidth(lines);
  const indexEnd = beatBits + indexBits;
  const cacheableBits = Math.min(32, Math.log2(p.cacheableBytes));
  const Tag = bundle('Tag', { valid: B, tag: U(cacheableBits - indexEnd) });
  return hw('InstructionCache', instructionCachePorts(p), (m, io) => {
    m.doc(`${p.bytes} bytes, direct mapped, ${lines} lines of one beat (${p.dataBytes} bytes).`);
    const { obi, axi } = io;
    const index = (address: UInt): UInt => address.slice(indexEnd - 1, beatBits);
    const tag = (address: UInt): UInt => address.slice(cacheableBits - 1, indexEnd);
    const isCacheable = (address: UInt): Bool =>
      cacheableBits === 32 ? bool(true) : address.slice(31, cacheableBits).eq(Math.floor(p.cacheableBase / p.cacheableBytes));

    /** `pending`: the request in `address` has been granted and not answered; `asked`: its line has been asked for. */
    const r = m.regs({ pending: Flag(false), asked: Flag(false), address: U(30), walking: Flag(true), walk: U(indexBits, 0) });
    const { pending, asked, walking, walk } = r;
    const address = m.let({ wholeAddress: cat(r.address, U(2).lit(0)) }).wholeAddress;

    const tags = m.mem('tags', Tag, lines, { style: 'block' });
    const data = m.mem('data', U(8 * p.dataBytes), lines, { style: 'block' });
    const found = tags.readSync('foundTag', index(obi.addr), obi.gnt);
    const foundData = data.readSync('foundData', index(obi.addr), obi.gnt);
    const cacheable = isCacheable(address);
    const hit = m.let({ hit: pending.and(asked.not()).and(cacheable).and(found.valid).and(found.tag.eq(tag(address))) }).hit;
    const answers = m.let({ answers: hit.or(axi.r.valid) }).answers;

    // A request for the line that arrives in this cycle waits: block RAM need not read well what is being written.
    const fills = m.let({ fills: axi.r.valid.and(cacheable).and(axi.r.bits.resp.bit(1).not()) }).fills;
    const sameLine = fills.and(index(obi.addr).eq(index(address)));
    obi.gnt = obi.req.and(walking.not()).and(io.flush.not()).and(pending.not().or(answers)).and(sameLine.not());
    m.when(obi.gnt, () => {
      r.address = obi.addr.slice(31, 2);
    });
    m.when(obi.gnt.or(answers), () => {
      r.pending = obi.gnt;
    });

    axi.ar.valid = pending.and(asked.not()).and(hit.not());
    axi.ar.bits = readRequest(p, cat(address.slice(31, beatBits), U(beatBits).lit(0)));
    axi.r.ready = bool(true);
    m.when(axi.ar.fire.or(axi.r.valid), () => {
      r.asked = axi.ar.fire;
    });
    obi.rvalid = answers;
    obi.rdata = wordOf(asked.mux(axi.r.bits.data, foundData), laneOf(address, p.dataBytes));
    obi.err = asked.and(axi.r.bits.resp.bit(1));

    // A line that is still under way was asked for before the flush: the walk starts when it is there.
    m.when(io.flush, () => {
      r.walking = bool(true);
      r.walk = U(indexBits).lit(0);
    }).elseWhen(walking.and(pending.not()), () => {
      r.walk = walk.addWrap(1);
      r.walking = walk.andR().not();
    });
    const written = m.let({ written: walking.and(pending.not()).mux<UInt>(walk, index(address)) }).written;
    m.when(fills.or(walking.and(pending.not())), () => {
      tags.write(written, valueOf(Tag, { valid: walking.not().or(pending), tag: tag(address) }));
    });
    m.when(fills, () => data.write(index(address), axi.r.bits.data));
    io.flushDone = walking.not();

    m.assert('expected', axi.r.valid.not().or(asked), 'a response without a request');
    m.assert('oneAnswer', hit.and(axi.r.valid).not(), 'a hit and a line from memory at once');
    assertStays(m, 'request', obi.req, obi.gnt);
    assertStays(m, 'line', axi.ar.valid, axi.ar.ready);
  });
}
