/**
 * The channel records: bias, multiplier and a word of shift, zero point and clamp for every output channel, read for
 * `vectorLanes` consecutive channels at a time.
 */
import { B, In, Out, U, cat, fromBits, hw, indexWidth, repeat, vec } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../gen/index.ts';
import { CHANNEL_RECORD } from '../isa/tensor.ts';
import { channelBits } from './params.ts';
import type { TensorParams } from './params.ts';

/** Words of a record that are kept. */
export const RECORD_WORDS = 3;

/** Where the requantisers find the shift: the bits that a legal one can have; and the bit that asks for double rounding. */
export const KEPT_SHIFT = { lo: CHANNEL_RECORD.shift.lo, width: 6 } as const;
export const DOUBLE_ROUNDING_BIT = CHANNEL_RECORD.shift.lo + Math.log2(CHANNEL_RECORD.shift.flag);

/**
 * A word of a record as it comes from memory: whether the record is out of range by it, and what is kept, which is never.
 * `mayDouble`: the unit has double rounding.
 */
export function recordWord(word: UInt, data: UInt<32>, mayDouble: boolean): { readonly kept: UInt<32>; readonly isOutOfRange: Bool } {
  const { multiplier, shift } = CHANNEL_RECORD;
  const given = data.slice(mayDouble ? DOUBLE_ROUNDING_BIT - 1 : shift.lo + shift.width - 1, shift.lo);
  const badShift = word.eq(shift.word).and(given.lt(CHANNEL_RECORD.shift.least).or(given.gt(CHANNEL_RECORD.shift.most))).named('badShift');
  const badMultiplier = word.eq(multiplier.word).and(data.bit(31)).named('badMultiplier');
  const low = badShift.mux(U(shift.width).lit(CHANNEL_RECORD.shift.most), data.slice(shift.lo + shift.width - 1, shift.lo));
  const kept = cat(data.bit(31).and(badMultiplier.not()), data.slice(30, shift.width), low).exact(32);
  return { kept, isOutOfRange: badShift.or(badMultiplier) };
}

export const channelRecordPorts = (p: TensorParams) => ({
  /** Which words are written, and all of them. */
  write: In(vec(B, RECORD_WORDS)),
  writeChannel: In(U(channelBits(p))),
  writeWords: In(vec(U(32), RECORD_WORDS)),
  read: In(B),
  /** First channel of the group: a multiple of `vectorLanes`. */
  readChannel: In(U(channelBits(p))),
  bias: Out(vec(U(32), p.vectorLanes)),
  multiplier: Out(vec(U(32), p.vectorLanes)),
  format: Out(vec(U(32), p.vectorLanes)),
});

export function ChannelRecords(p: TensorParams): ModuleDef<ReturnType<typeof channelRecordPorts>> {
  const lanes = p.vectorLanes;
  const depth = p.channels / lanes;
  const laneBits = Math.log2(lanes);
  return hw('ChannelRecords', channelRecordPorts(p), (m, io) => {
    m.doc(`${p.channels} channel records of three 32-bit words, ${lanes} at a time.`);
    const address = (channel: UInt): UInt => channel.slice(channelBits(p) - 1, laneBits).trunc(indexWidth(depth));
    const lane = laneBits === 0 ? undefined : io.writeChannel.slice(laneBits - 1, 0).named('lane');
    const laneMask = lane && m.map('laneMask', lanes, (i) => lane.eq(i)).asUInt();
    for (const [word, name] of (['bias', 'multiplier', 'format'] as const).entries()) {
      const cells = m.mem(`${name}Cells`, vec(U(32), lanes), depth, { style: 'block', collisionFree: true });
      io[name] = cells.readSync(`${name}Read`, address(io.readChannel), io.read);
      const words = fromBits(vec(U(32), lanes), repeat(io.writeWords.at(word), lanes)).named(`${name}Everywhere`);
      m.when(io.write.at(word), () => {
        if (laneMask) cells.writeMasked(address(io.writeChannel), words, laneMask);
        else cells.write(address(io.writeChannel), words);
      });
    }
  });
}
