/**
 * Cuts the words from fetch into instructions of 16 and 32 bits and expands the short ones. Keeps the upper half of a word that
 * is not used up. Must not know what instructions do.
 */
import { B, Flag, In, Out, U, bool, cat, hw } from '../../gen/index.ts';
import { Prediction, isTaken, withHit } from './branch-predictor.ts';
import type { CoreConfig } from './config.ts';
import { Expander } from './expander.ts';
import { withOnly } from '../lib/with-only.ts';
import { Word, allOf } from './word.ts';

const ports = {
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

  /** With a predictor: what it says of the word, and of the instruction (`hit` only if the entry is about its last half). */
  wordPrediction: In(Prediction),
  prediction: Out(Prediction),
  /** The predictor expects a branch to end where this instruction goes on: what is here is no whole instruction. */
  broken: Out(B),
};

export function Aligner(config: CoreConfig) {
  const predicts = config.predictorEntries > 0;
  return hw('Aligner', withOnly(ports, { wordPrediction: predicts, prediction: predicts, broken: predicts }), (m, io) => {
    m.doc('From words to instructions.');
    /** `held`: the upper half of the last word is still to come; `skip`: the lower half of the next one is not wanted. */
    const r = m.regs({ held: Flag(false), skip: Flag(false), half: U<number>(16), halfError: B });
    const upper = io.word.slice(31, 16);
    const lower = io.word.slice(15, 0);
    const { first } = m.let({ first: r.held.mux(r.half, r.skip.mux(upper, lower)) });
    const { second } = m.let({ second: r.held.mux(lower, upper) });
    const firstError = r.held.mux(r.halfError, io.wordError).named('firstError');
    const { isShort } = m.let({ isShort: first.slice(1, 0).ne(3) });
    const word = predicts ? m.let({ told: io.wordPrediction }).told : undefined;
    const cut = word ? m.let({
      inLower: isTaken(word).and(word.upper.not()),
      inUpper: isTaken(word).and(word.upper),
    }) : { inLower: bool(false), inUpper: bool(false) };
    const last = word ? m.regs({ heldPrediction: Prediction }) : undefined;
    /** Of the word whose upper half is held. */
    const cutAfterHeld = last ? isTaken(last.heldPrediction) : bool(false);
    // A long instruction that starts in an upper half needs the next word, too: not that to which a branch is expected to go.
    const { isBroken } = m.let({ isBroken: isShort.not().and(r.held.mux(cutAfterHeld, r.skip.mux(cut.inUpper, cut.inLower))) });
    const { incomplete } = m.let({ incomplete: r.held.not().and(r.skip).and(isShort.not()).and(isBroken.not()) });
    const { needsWord } = m.let({ needsWord: r.held.not().or(isShort.not().and(isBroken.not())) });
    io.valid = needsWord.not().or(io.wordValid.and(incomplete.not()));

    const expander = m.inst('expander', Expander);
    expander.half = first;
    io.instr = isShort.and(expander.legal).mux(expander.instr, cat(second, first));
    io.raw = isShort.mux(first.zext(32), cat(second, first));
    io.compressed = isShort;
    // Of a broken instruction nothing has come but the first half.
    const secondError = allOf(r.held, isShort.not(), isBroken.not(), io.wordError).named('secondError');
    io.error = firstError.or(secondError);
    io.errorInSecondHalf = firstError.not().and(secondError);

    const { usesUp } = m.let({ usesUp: io.wordValid.and(needsWord).and(io.take.or(incomplete)) });
    io.takeWord = usesUp;
    m.when(usesUp, () => {
      r.half = upper;
      r.halfError = io.wordError;
      // Left over: after a short instruction in the lower half, and whenever an instruction crosses into this word.
      r.held = r.held.or(r.skip.ne(isShort)).and(cut.inLower.not());
      r.skip = word ? isTaken(word).and(word.target.bit(0)) : bool(false);
    }).elseWhen(io.take.and(needsWord.not()), () => {
      r.held = bool(false);
    });
    m.when(io.redirect, () => {
      r.held = bool(false);
      r.skip = io.atUpperHalf;
    });

    if (word && last) {
      m.when(usesUp, () => {
        last.heldPrediction = withHit(word.hit.and(word.upper), word);
      });
      // Where the instruction ends: in the held half, or else in the lower half of the word or in its upper one.
      const endsInHeld = r.held.and(isShort);
      const endsInLower = r.held.ne(isShort).and(r.skip.not().or(r.held));
      const endsInUpper = r.held.not().and(r.skip.eq(isShort));
      const applies = word.upper.mux(endsInUpper, endsInLower);
      const ofWord = withHit(word.hit.and(applies), word);
      io.prediction = endsInHeld.mux(last.heldPrediction, ofWord);
      io.broken = isBroken;
    }
  });
}
