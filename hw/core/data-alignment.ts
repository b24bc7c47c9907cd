/** Between registers and the words of the data bus: byte lanes of stores, and selection and extension of loads. */
import { B, In, Out, U, cat, hw, repeat } from '../../gen/index.ts';
import type { UInt } from '../../gen/index.ts';
import { Word } from './word.ts';

/** log2 of the bytes of an access, as funct3 of loads and stores has it. */
export const AccessSize = U<number>(2);

export const StoreLanes = hw('StoreLanes', {
  size: In(AccessSize),
  /** Low bits of the address. */
  offset: In(U<number>(2)),
  value: In(Word),
  be: Out(U<number>(4)),
  wdata: Out(Word),
  /** The address is no multiple of the size. */
  misaligned: Out(B),
}, (m, io) => {
  m.doc('Puts the bytes of a store into the lanes of their address.');
  const { isHalf, isWord } = m.let({ isHalf: io.size.bit(0), isWord: io.size.bit(1) });
  io.misaligned = isWord.and(io.offset.ne(0)).or(isHalf.and(io.offset.bit(0)));
  const upper = io.offset.bit(1);
  const odd = io.offset.bit(0);
  const inPair = [odd.not().or(isHalf).named('inLowPair'), odd.or(isHalf).named('inHighPair')];
  io.be = cat(...[3, 2, 1, 0].map((lane) => isWord.or(inPair[lane % 2].and(lane < 2 ? upper.not() : upper))));
  const byte = (i: number): UInt => io.value.slice(8 * i + 7, 8 * i);
  const lowPair = cat(isHalf.or(isWord).mux(byte(1), byte(0)), byte(0)).named('lowPair');
  io.wdata = cat(isWord.mux(io.value.slice(31, 16), lowPair), lowPair);
});

export const LoadValue = hw('LoadValue', {
  size: In(AccessSize),
  zeroExtend: In(B),
  offset: In(U<number>(2)),
  rdata: In(Word),
  value: Out(Word),
}, (m, io) => {
  m.doc('Selects the bytes of a load and extends them.');
  const { isHalf, isWord } = m.let({ isHalf: io.size.bit(0), isWord: io.size.bit(1) });
  const { half } = m.let({ half: io.offset.bit(1).mux(io.rdata.slice(31, 16), io.rdata.slice(15, 0)) });
  const { low } = m.let({ low: io.offset.bit(0).mux(half.slice(15, 8), half.slice(7, 0)) });
  const { sign } = m.let({ sign: io.zeroExtend.not().and(isHalf.mux(half.bit(15), low.bit(7))) });
  const second = isHalf.or(isWord).mux(half.slice(15, 8), repeat(sign, 8));
  io.value = cat(isWord.mux(io.rdata.slice(31, 16), repeat(sign, 16)), second, low);
});
