/**
 * Main memory for simulations, on AXI4: takes a read and a write beat in every cycle, holds several requests, and answers a
 * fixed number of cycles after a request at the earliest. Must not know who asks nor what the words mean.
 */
import { B, Flag, Out, U, bool, bundle, cat, hw, indexWidth, valueOf } from '../gen/index.ts';
import type { Bool, Builder, ModuleDef, UInt } from '../gen/index.ts';
import { AXI_BURST_INCR, AXI_RESP_DECERR, AXI_RESP_OKAY, axiReadData, axiSubordinate, axiWriteResponse } from '../hw/lib/axi4.ts';
import type { AxiParams } from '../hw/lib/axi4.ts';
import { Queue } from '../hw/lib/queue.ts';

export interface AxiRamParams extends AxiParams {
  /** First address: a multiple of `bytes`. */
  readonly base: number;
  /** Size: a power of two. */
  readonly bytes: number;
  /** Cycles from a request to its first beat, and from the last beat of a write to its response; at least 1. */
  readonly latencyCycles: number;
  /** Requests held in each direction. */
  readonly outstanding: number;
}

/** Clock cycles, for the age of requests. Wraps; ages stay far below half of it. */
const TIME_BITS = 32;

export const axiRamPorts = (p: AxiParams) => ({
  bus: axiSubordinate(p),
  /** The beat written in this cycle. */
  wrote: Out(B),
  wroteAddress: Out(U(32)),
  wroteData: Out(U(8 * p.dataBytes)),
  wroteStrobe: Out(U(p.dataBytes)),
});

/** Content: memory `cells`, word i at `base + i * dataBytes`. Addresses outside are answered with an error and not written. */
export function AxiRam(p: AxiRamParams): ModuleDef<ReturnType<typeof axiRamPorts>> {
  const beatBits = Math.log2(p.dataBytes);
  const sizeBits = Math.log2(p.bytes);
  const words = p.bytes / p.dataBytes;
  const Index = U(indexWidth(words));
  const indexOf = (address: UInt): UInt => address.slice(sizeBits - 1, beatBits);
  const isOutside = (address: UInt): Bool => address.slice(31, sizeBits).ne(Math.floor(p.base / p.bytes));
  const Request = bundle('Request', { id: U(p.idBits), index: Index, len: U(8), outside: B, due: U(TIME_BITS) });
  const Response = bundle('Response', { id: U(p.idBits), outside: B, due: U(TIME_BITS) });

  return hw('AxiRam', axiRamPorts(p), (m, io) => {
    m.doc(`${p.bytes} bytes, first answer after ${p.latencyCycles} cycles.`);
    const { ar, r, aw, w, b } = io.bus;
    const cells = m.mem('cells', U(8 * p.dataBytes), words, { style: 'block' });
    const clock = p.latencyCycles === 1 ? undefined : m.regs({ now: U(TIME_BITS, 0) });
    if (clock) clock.now = clock.now.addWrap(1);
    const now = clock ? clock.now : U(TIME_BITS).lit(0);
    const isDue = (due: UInt): Bool => (clock ? (due as UInt<32>).subGrow(now as UInt<32>).trunc(TIME_BITS).le(0) : bool(true));

    // --- reads: a queue of requests, the burst under way, the beat at the output ---
    const waiting = m.inst('waiting', Queue(Request, p.outstanding, { flow: true }));
    waiting.enq.valid = ar.valid;
    waiting.enq.bits = valueOf(Request, {
      id: ar.bits.id, index: indexOf(ar.bits.addr), len: ar.bits.len, outside: isOutside(ar.bits.addr),
      due: now.addWrap(p.latencyCycles - 1),
    });
    ar.ready = waiting.enq.ready;
    const burst = m.regs({ reading: Flag(false), readIndex: Index, readLeft: U(8), readId: U(p.idBits), readOutside: B });
    const beat = m.regs({ beatValid: Flag(false), beatId: U(p.idBits), beatLast: B, beatOutside: B });
    const { moves, starts } = m.let({
      moves: beat.beatValid.not().or(r.ready),
      starts: burst.reading.not().and(waiting.deq.valid).and(isDue(waiting.deq.bits.due)),
    });
    const head = waiting.deq.bits;
    const { index, left, issues } = m.let({
      index: burst.reading.mux<UInt>(burst.readIndex, head.index),
      left: burst.reading.mux<UInt>(burst.readLeft, head.len),
      issues: moves.and(burst.reading.or(starts)),
    });
    const id = burst.reading.mux<UInt>(burst.readId, head.id);
    const outside = burst.reading.mux(burst.readOutside, head.outside);
    waiting.deq.ready = starts.and(moves);
    const data = cells.readSync('beatData', index, issues);
    m.when(moves, () => {
      beat.beatValid = burst.reading.or(starts);
    });
    m.when(issues, () => {
      burst.reading = left.ne(0);
      burst.readIndex = index.addWrap(1);
      burst.readLeft = left.exact(8).subWrap(1);
      burst.readId = id;
      burst.readOutside = outside;
      beat.beatId = id;
      beat.beatLast = left.eq(0);
      beat.beatOutside = outside;
    });
    r.valid = beat.beatValid;
    r.bits = valueOf(axiReadData(p), { id: beat.beatId, data, resp: response(beat.beatOutside), last: beat.beatLast });

    // --- writes: the burst under way, a queue of responses ---
    const answers = m.inst('answers', Queue(Response, p.outstanding));
    const write = m.regs({ writing: Flag(false), writeIndex: Index, writeId: U(p.idBits), writeOutside: B });
    const { writing } = write;
    aw.ready = writing.not();
    w.ready = writing.or(aw.valid).and(answers.enq.ready);
    const target = m.let({
      writeTo: writing.mux<UInt>(write.writeIndex, indexOf(aw.bits.addr)),
      writeAs: writing.mux<UInt>(write.writeId, aw.bits.id),
      writeMisses: writing.mux(write.writeOutside, isOutside(aw.bits.addr)),
    });
    const takes = m.let({ takes: w.fire }).takes;
    m.when(aw.fire.or(takes), () => {
      write.writing = takes.and(w.bits.last).not();
      write.writeIndex = target.writeTo.addWrap(takes.asUInt().zext(Index.width));
      write.writeId = target.writeAs;
      write.writeOutside = target.writeMisses;
    });
    m.when(takes.and(target.writeMisses.not()), () => cells.writeMasked(target.writeTo, w.bits.data, w.bits.strb));
    answers.enq.valid = w.valid.and(writing.or(aw.valid)).and(w.bits.last);
    answers.enq.bits = valueOf(Response, { id: target.writeAs, outside: target.writeMisses, due: now.addWrap(p.latencyCycles) });
    const answered = m.let({ answered: isDue(answers.deq.bits.due) }).answered;
    b.valid = answers.deq.valid.and(answered);
    answers.deq.ready = b.ready.and(answered);
    b.bits = valueOf(axiWriteResponse(p), { id: answers.deq.bits.id, resp: response(answers.deq.bits.outside) });

    io.wrote = takes.and(target.writeMisses.not());
    io.wroteAddress = cat(U(32 - sizeBits).lit(Math.floor(p.base / p.bytes)), target.writeTo, U(beatBits).lit(0)).exact(32);
    io.wroteData = w.bits.data;
    io.wroteStrobe = w.bits.strb;

    for (const [name, a] of [['read', ar], ['write', aw]] as const) checkAddress(m, name, a, beatBits);
  });
}

interface Offer {
  readonly valid: Bool;
  readonly bits: { readonly addr: UInt; readonly len: UInt; readonly size: UInt; readonly burst: UInt };
}

/** What this memory relies on: incrementing bursts of whole beats (a single beat may be narrower) within 4 KiB. */
function checkAddress(m: Builder, name: string, { valid, bits }: Offer, beatBits: number): void {
  const ends = bits.addr.slice(11, beatBits).addGrow(bits.len.zext(Math.max(8, 12 - beatBits)) as UInt);
  m.assert(`${name}Increments`, valid.not().or(bits.burst.eq(AXI_BURST_INCR)), 'only incrementing bursts');
  m.assert(`${name}Whole`, valid.not().or(bits.len.eq(0)).or(bits.size.eq(beatBits)), 'a burst of narrow beats');
  m.assert(`${name}InPage`, valid.not().or(ends.shr(12 - beatBits).eq(0)), 'a burst across a 4 KiB boundary');
}

const response = (outside: Bool): UInt<2> => outside.mux<UInt<2>>(U(2).lit(AXI_RESP_DECERR), AXI_RESP_OKAY);
