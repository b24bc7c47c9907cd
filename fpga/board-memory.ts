/**
 * Main memory and boot ROM of a board on AXI4, small: one single-port memory that reads or writes one beat a cycle, one burst
 * at a time, writes first. The first beat is answered in the cycle after its request. Addresses below the chip's RAM read
 * the boot ROM; RAM repeats beyond its size. Must not know pins.
 */
import { B, Flag, In, Out, U, UserError, cat, hw, indexWidth, valueOf } from '../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../gen/index.ts';
import { AXI_RESP_OKAY, axiReadData, axiSubordinate, axiWriteResponse } from '../hw/lib/axi4.ts';
import type { AxiParams } from '../hw/lib/axi4.ts';
import { SPRAM_WORDS, Spram } from '../hw/lib/ice40.ts';
import { assertStays } from '../hw/lib/stream-rules.ts';

export interface BoardMemoryParams extends AxiParams {
  readonly ram: 'spram' | 'block';
  /** A power of two. */
  readonly ramBytes: number;
  /** 32-bit words, at most 16. */
  readonly rom: readonly number[];
}

const storagePorts = (p: BoardMemoryParams) => ({
  enable: In(B),
  index: In(U(indexWidth(p.ramBytes / p.dataBytes))),
  /** Bytes to write; none: read. The word read stays until the next read. */
  write: In(U(p.dataBytes)),
  dataIn: In(U(8 * p.dataBytes)),
  dataOut: Out(U(8 * p.dataBytes)),
});

/** Words of the bus from RAM blocks: as many side by side as make a word, the rest above each other. */
function SpramStorage(p: BoardMemoryParams): ModuleDef<ReturnType<typeof storagePorts>> {
  const lanes = p.dataBytes / 2;
  const layers = p.ramBytes / p.dataBytes / SPRAM_WORDS;
  if (!Number.isInteger(layers) || lanes * layers > 4) throw new UserError(`bus.bytes: ${p.dataBytes} bytes cannot be made of four 16-bit RAM blocks; use 4 or 8 for this board`);
  return hw('SpramStorage', storagePorts(p), (m, io) => {
    m.doc(`${p.ramBytes} bytes of single-port RAM blocks.`);
    const address = io.index.slice(13, 0);
    const layer = layers === 1 ? undefined : io.index.slice(io.index.width - 1, 14);
    const outputs = Array.from({ length: layers }, (_, n) => {
      const words = Array.from({ length: lanes }, (_, lane) => {
        const block = m.inst(`block${n}${'abcd'[lane]}`, Spram);
        block.enable = layer ? io.enable.and(layer.eq(n)) : io.enable;
        block.address = address;
        block.write = io.write.slice(2 * lane + 1, 2 * lane).exact(2);
        block.dataIn = io.dataIn.slice(16 * lane + 15, 16 * lane).exact(16);
        return block.dataOut;
      });
      return cat(...words.reverse());
    });
    if (!layer) {
      io.dataOut = outputs[0].exact(8 * p.dataBytes);
      return;
    }
    const r = m.regs({ layerRead: U(layer.width) });
    m.when(io.enable.and(io.write.eq(0)), () => {
      r.layerRead = layer;
    });
    io.dataOut = outputs.reduceRight((rest, word, n) => r.layerRead.eq(n).mux<UInt>(word, rest)).exact(8 * p.dataBytes);
  });
}

function BlockStorage(p: BoardMemoryParams): ModuleDef<ReturnType<typeof storagePorts>> {
  return hw('BlockStorage', storagePorts(p), (m, io) => {
    m.doc(`${p.ramBytes} bytes of block RAM.`);
    const cells = m.mem('cells', U(8 * p.dataBytes), p.ramBytes / p.dataBytes, { style: 'block' });
    const writes = io.write.orR();
    io.dataOut = cells.readSync('word', io.index, io.enable.and(writes.not()));
    m.when(io.enable.and(writes), () => cells.writeMasked(io.index, io.dataIn, io.write));
  });
}

/** Number of the address bit that tells RAM (1) from the boot ROM (0). */
const IS_RAM = 31;

export function BoardMemory(p: BoardMemoryParams): ModuleDef<{ bus: ReturnType<typeof axiSubordinate> }> {
  const beatBits = Math.log2(p.dataBytes);
  const indexBits = indexWidth(p.ramBytes / p.dataBytes);
  return hw('BoardMemory', { bus: axiSubordinate(p) }, (m, io) => {
    m.doc(`${p.ramBytes} bytes of RAM and a boot ROM of ${p.rom.length} words, one beat a cycle.`);
    const { ar, r, aw, w, b } = io.bus;
    const storage = m.inst('storage', p.ram === 'spram' ? SpramStorage(p) : BlockStorage(p));
    /** The burst under way: its next beat. */
    const burst = m.regs({ busy: Flag(false), writing: B, index: U(indexBits), left: U(8), id: U(p.idBits), isRam: B });
    /** The beat at the output, and the response to a write. */
    const out = m.regs({
      beatValid: Flag(false), beatLast: B, beatId: U(p.idBits), beatIsRam: B, doneValid: Flag(false), doneId: U(p.idBits),
    });
    const { busy } = burst;

    const wantsWrite = m.let({ wantsWrite: busy.mux(burst.writing, aw.valid) }).wantsWrite;
    const offered = <T>(ofBurst: T, ofWrite: T, ofRead: T): T => busy.mux<T>(ofBurst, aw.valid.mux<T>(ofWrite, ofRead));
    const indexOf = (address: UInt): UInt => address.slice(beatBits + indexBits - 1, beatBits);
    const index = m.let({ beatIndex: offered<UInt>(burst.index, indexOf(aw.bits.addr), indexOf(ar.bits.addr)) }).beatIndex;
    const id = offered<UInt>(burst.id, aw.bits.id, ar.bits.id);
    const isRam = offered<Bool>(burst.isRam, aw.bits.addr.bit(IS_RAM), ar.bits.addr.bit(IS_RAM));
    const left = busy.mux<UInt>(burst.left, ar.bits.len);

    const moves = out.beatValid.not().or(r.ready);
    const responds = out.doneValid.not().or(b.ready);
    const { reads, writes } = m.let({
      reads: wantsWrite.not().and(moves).and(busy.or(ar.valid)),
      writes: wantsWrite.and(w.valid).and(responds),
    });
    ar.ready = busy.not().and(aw.valid.not()).and(moves);
    aw.ready = busy.not();
    w.ready = wantsWrite.and(responds);

    m.when(reads.or(aw.fire).or(writes), () => {
      burst.busy = wantsWrite.mux(writes.and(w.bits.last).not(), left.ne(0));
      burst.writing = wantsWrite;
      burst.index = index.addWrap(reads.or(writes).asUInt().zext(indexBits));
      burst.left = left.exact(8).subWrap(1);
      burst.id = id;
      burst.isRam = isRam;
    });
    storage.enable = reads.or(writes.and(isRam));
    storage.index = index;
    storage.write = wantsWrite.mux<UInt>(w.bits.strb, 0);
    storage.dataIn = w.bits.data;

    m.when(moves, () => {
      out.beatValid = reads;
      out.beatLast = left.eq(0);
      out.beatId = id;
      out.beatIsRam = isRam;
    });
    m.when(responds, () => {
      out.doneValid = writes.and(w.bits.last);
      out.doneId = id;
    });
    r.valid = out.beatValid;
    r.bits = valueOf(axiReadData(p), { id: out.beatId, data: withRom(storage.dataOut), resp: AXI_RESP_OKAY, last: out.beatLast });
    b.valid = out.doneValid;
    b.bits = valueOf(axiWriteResponse(p), { id: out.doneId, resp: AXI_RESP_OKAY });
    assertStays(m, 'readRequest', ar.valid, ar.ready);
    assertStays(m, 'writeRequest', aw.valid, aw.ready);

    /** The ROM is logic: smaller than a block RAM, of which there are few. */
    function withRom(ram: UInt): UInt {
      const beats = beatsOf(p);
      const bits = indexWidth(beats.length);
      const rom = m.regs({ romIndex: U(bits) });
      m.when(reads, () => {
        rom.romIndex = index.slice(bits - 1, 0);
      });
      const shape = U(8 * p.dataBytes);
      const word = beats.reduceRight<UInt>((rest, value, i) => rom.romIndex.eq(i).mux<UInt>(shape.lit(value), rest), shape.lit(0));
      return out.beatIsRam.mux<UInt>(ram, word);
    }
  });
}

/** The ROM's words as beats of the bus; always at least two, for there to be an index. */
function beatsOf(p: BoardMemoryParams): bigint[] {
  const lanes = p.dataBytes / 4;
  const count = Math.max(2, Math.ceil(p.rom.length / lanes));
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: lanes }, (_, lane) => BigInt(p.rom[i * lanes + lane] ?? 0) << BigInt(32 * lane)).reduce((a, c) => a | c),
  );
}
