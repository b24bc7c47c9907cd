/**
 * Cuts the words from fetch into instructions of 16 and 32 bits and expands the short ones. Keeps the upper half of a word that
 * is not used up. Must not know what instructions do.
 */
import { B, Flag, In, Out, U, bool, cat, hw } from '../../gen/index.ts';
import { Expander } from './expander.ts';
import { Word } from './word.ts';

export const Aligner = hw('Aligner', {
  wordValid: In(B),
  word: In(Word),
  wordError: In(B),
  takeWord: Out(B),

  /** Next instruction, expanded to 32 bits; of an illegal short one the lower half, unexpanded. Goes at the end of a cycle with `take`. */
  valid: Out(B),
  instr: Out(Word),
  /** As it stands in memory. */
  raw: Out(Word),
  compressed: Out(B),
  error: Out(B),
  /** The error is in the upper half of an instruction that crosses a word boundary. */
  errorInSecondHalf: Out(B),
  take: In(B),

  /** Everything here is from before a redirection; the next word counts from its upper half on if `atUpperHalf`. */
  redirect: In(B),
  atUpperHalf: In(B),
}, (m, io) => {
  m.doc('From words to instructions.');
  /** `held`: the upper half of the last word is still to come; `skip`: the lower half of the next one is not wanted. */
  const r = m.regs({ held: Flag(false), skip: Flag(false), half: U<number>(16), halfError: B });
  const upper = io.word.slice(31, 16);
  const lower = io.word.slice(15, 0);
  const { first } = m.let({ first: r.held.mux(r.half, r.skip.mux(upper, lower)) });
  const { second } = m.let({ second: r.held.mux(lower, upper) });
  const firstError = r.held.mux(r.halfError, io.wordError);
  const { isShort } = m.let({ isShort: first.slice(1, 0).ne(3) });
  // A long instruction that starts in an upper half needs the next word, too.
  const { incomplete } = m.let({ incomplete: r.skip.and(isShort.not()) });
  const { needsWord } = m.let({ needsWord: r.held.not().or(isShort.not()) });
  io.valid = needsWord.not().or(io.wordValid.and(incomplete.not()));

  const expander = m.inst('expander', Expander);
  expander.half = first;
  io.instr = isShort.and(expander.legal).mux(expander.instr, cat(second, first));
  io.raw = isShort.mux(first.zext(32), cat(second, first));
  io.compressed = isShort;
  const secondError = r.held.and(isShort.not()).and(io.wordError);
  io.error = firstError.or(secondError);
  io.errorInSecondHalf = firstError.not().and(secondError);

  const { usesUp } = m.let({ usesUp: io.wordValid.and(needsWord).and(io.take.or(incomplete)) });
  io.takeWord = usesUp;
  m.when(usesUp, () => {
    r.half = upper;
    r.halfError = io.wordError;
    // Left over: after a short instruction in the lower half, and whenever an instruction crosses into this word.
    r.held = r.held.or(r.skip.ne(isShort));
    r.skip = bool(false);
  }).elseWhen(io.take.and(needsWord.not()), () => {
    r.held = bool(false);
  });
  m.when(io.redirect, () => {
    r.held = bool(false);
    r.skip = io.atUpperHalf;
  });
});
