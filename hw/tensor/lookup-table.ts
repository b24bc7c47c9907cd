/**
 * The table of `tn.tb`: a byte for every byte, a copy for each lane of the vector stage, so that all lanes look up at once. It is written
 * in pieces of 16 bytes as the load unit has them, a word of each in a cycle. Must not know what the bytes mean.
 */
import { B, In, Out, S, U, fromBits, hw, vec } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { CHANNEL_RECORD_BYTES, TABLE_BYTES } from '../isa/tensor.ts';
import { TABLE_PIECE_BITS } from './commands.ts';
import type { TensorParams } from './params.ts';

const WORD_BYTES = 4;
/** Cycles in which a piece is written. */
export const TABLE_PIECE_CYCLES = CHANNEL_RECORD_BYTES / WORD_BYTES;

export const lookupTablePorts = (p: TensorParams) => ({
  /** `piece` number of the table stays until it is granted. */
  load: { request: In(B), piece: In(U(TABLE_PIECE_BITS)), bytes: In(U(8 * CHANNEL_RECORD_BYTES)), grant: Out(B) },
  /** The bytes of `index` are there in the next cycle. */
  read: In(B),
  index: In(vec(S(8), p.vectorLanes)),
  values: Out(vec(S(8), p.vectorLanes)),
});

/** One copy. */
const TableLane = hw(
  'TableLane',
  {
    write: In(B), word: In(U(Math.log2(TABLE_BYTES / WORD_BYTES))), data: In(U(8 * WORD_BYTES)),
    read: In(B), index: In(S(8)), value: Out(S(8)),
  },
  (m, io) => {
    m.doc(`${TABLE_BYTES} bytes in words, of which one byte is read.`);
    const byteBits = Math.log2(WORD_BYTES);
    const cells = m.mem('cells', U(8 * WORD_BYTES), TABLE_BYTES / WORD_BYTES, { collisionFree: true });
    const index = io.index.asUInt();
    const word = cells.readSync('wordNow', index.slice(7, byteBits), io.read);
    m.when(io.write, () => cells.write(io.word, io.data));
    const r = m.regs({ byteNow: U(byteBits) });
    m.when(io.read, () => {
      r.byteNow = index.slice(byteBits - 1, 0);
    });
    io.value = fromBits(vec(S(8), WORD_BYTES), word).at(r.byteNow);
  },
);

export function LookupTable(p: TensorParams): ModuleDef<ReturnType<typeof lookupTablePorts>> {
  return hw('LookupTable', lookupTablePorts(p), (m, io) => {
    m.doc(`A table of ${TABLE_BYTES} bytes for each of ${p.vectorLanes} lane(s).`);
    const r = m.regs({ part: U(Math.log2(TABLE_PIECE_CYCLES), 0) });
    const { request, piece, bytes } = io.load;
    m.when(request, () => {
      r.part = r.part.addWrap(1);
    });
    io.load.grant = request.and(r.part.eq(TABLE_PIECE_CYCLES - 1));
    const words = Array.from({ length: TABLE_PIECE_CYCLES }, (_, i) => bytes.slice(8 * WORD_BYTES * (i + 1) - 1, 8 * WORD_BYTES * i));
    const word = words.slice(0, -1).reduceRight<UInt>((rest, x, i) => r.part.eq(i).mux(x, rest), words[TABLE_PIECE_CYCLES - 1]);
    const grid = m.grid('lane', TableLane, 1, p.vectorLanes);
    grid.all('write', request);
    grid.all('word', piece.cat(r.part).exact(TABLE_PIECE_BITS + r.part.width));
    grid.all('data', word.exact(8 * WORD_BYTES));
    grid.all('read', io.read);
    grid.cell('index', io.index);
    io.values = grid.allOut('value');
  });
}
