/**
 * The one path of the serial unit between main memory and its own: whatever moves goes through the same four bytes and the
 * same rotator. Loads and requantised bytes come out for the lanes of the scratchpad, stores for the bytes of the bus.
 * Combinational; must not know addresses.
 */
import { B, In, Out, S, U, cat, hw, indexWidth, vec, vecOf } from '../../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt } from '../../../gen/index.ts';
import { rowBytesBits } from '../params.ts';
import type { TensorParams } from '../params.ts';
import { rotateDown } from '../rotate.ts';
import { isAtLeast } from './compare.ts';

/** Bytes of a word: of a beat, of an accumulator, of a word of a channel record. */
export const WORD_BYTES = 4;
/** Steps within a row: words that a row may touch, or columns. */
export const stepBits = (p: TensorParams): number => indexWidth(Math.max(p.columns, Math.floor((p.rows + 2) / WORD_BYTES) + 1, WORD_BYTES));

export const byteLanePorts = (p: TensorParams) => ({
  isRowLoad: In(B), isStore: In(B), isRequantise: In(B), isAccumulatorStore: In(B),
  /** Which word of the row, and where the row starts within its first word. */
  step: In(U(stepBits(p))), offset: In(U(2)),
  /** Last byte of a row; for strobes: that this is the row's last word and where the row ends in it. */
  lastByte: In(U(rowBytesBits(p))), endsRow: In(B), endOffset: In(U(2)),
  /** Lane of the requantised byte. */
  lane: In(U(indexWidth(p.rows))),
  fromMemory: In(U(32)), fromScratchpad: In(vec(S(8), p.rows)), fromAccumulators: In(U(32)), fromRequantiser: In(S(8)),
  word: Out(U(32)),
  strobe: Out(U(WORD_BYTES)),
  /** For the scratchpad: bytes of all lanes, 0 where the row has none, and the lanes to write. */
  row: Out(vec(S(8), p.rows)),
  rowLanes: Out(U(p.rows)),
});

export function ByteLanes(p: TensorParams): ModuleDef<ReturnType<typeof byteLanePorts>> {
  return hw('ByteLanes', byteLanePorts(p), (m, io) => {
    m.doc('One rotator for loads, stores and requantised bytes.');
    const bytes = Array.from({ length: WORD_BYTES }, (_, i) => i);
    const step = io.step;
    /** Whether byte i of a row lies in the next word, because the row starts at `offset`. */
    const { spills } = m.let({ spills: vecOf(bytes.map((i) => (isAtLeast(io.offset, WORD_BYTES - i)))) });
    const byteOf = (word: UInt, i: number): SInt<8> => word.slice(8 * i + 7, 8 * i).asSInt().exact(8);
    const stored = io.fromScratchpad;
    // One select for both pairs, so that a bit is a multiplexer of four.
    const { isWide } = m.let({ isWide: io.isAccumulatorStore.or(io.isRequantise) });
    const source = bytes.map((i): SInt<8> => {
      const mine = stored.toArray().filter((_, lane) => lane % WORD_BYTES === i);
      const group = spills.at(i).mux(step.subWrap(1), step);
      // Rows may be shorter than a word.
      const chosen = mine.length === 0 ? S(8).lit(0) : mine.length === 1 ? mine[0] : vecOf(mine).at(group);
      const onChip = isWide.mux(byteOf(io.fromAccumulators, i), chosen);
      const incoming = isWide.mux(io.fromRequantiser, byteOf(io.fromMemory, i));
      return io.isStore.mux(onChip, incoming).named(`source${i}`);
    });
    // Loads turn by the offset, stores back; requantised bytes stand everywhere.
    const high = io.offset.bit(1).xor(io.isStore.and(io.offset.bit(0))).named('high');
    const turned = rotateDown(m, 'turned', vecOf(source), cat(high, io.offset.bit(0)));
    const { isFirst } = m.let({ isFirst: step.eq(0) });
    const strobe = bytes.map((j): Bool => {
      const hasBegun = isFirst.not().or(isAtLeast(io.offset, j + 1).not());
      return hasBegun.and(io.endsRow.not().or(isAtLeast(io.endOffset, j)));
    });
    io.strobe = vecOf(strobe).asUInt().exact(WORD_BYTES);

    // The first write of a row covers all lanes, so that those without a byte become 0. What is no row passes whole.
    const laneBits = indexWidth(p.rows);
    const on = Array.from({ length: p.rows }, (_, lane): Bool => {
      const group = Math.floor(lane / WORD_BYTES);
      const here = lane % WORD_BYTES === 0 ? step.eq(group) : spills.at(lane % WORD_BYTES).mux(step.eq(group + 1), step.eq(group));
      const loaded = here.and(isAtLeast(io.lastByte.slice(laneBits - 1, 0), lane));
      return io.isRequantise.mux(io.lane.eq(lane), loaded.or(io.isRowLoad.not()));
    });
    const { isOn } = m.let({ isOn: vecOf(on) });
    const firstLane = io.isRequantise.mux(io.lane.eq(0), isFirst).named('firstLane');
    const { gated } = m.let({ gated: vecOf(on.map((_, lane) => isOn.at(lane).mux(turned.at(lane % WORD_BYTES), S(8).lit(0)))) });
    io.row = gated;
    io.word = vecOf(bytes.map((i) => (i < p.rows ? gated : turned).at(i))).asUInt().exact(32);
    io.rowLanes = vecOf(on.map((_, lane) => firstLane.or(isOn.at(lane)))).asUInt();
  });
}
