/**
 * Tells that a simulated chip waits for ever: the tensor unit has something to do and does nothing, or the program asks it again and
 * again what can no more change. How long is too long follows from the memory's latency, so that slow memory raises no alarm.
 * Must not know the unit's inside nor who is told; `sim/debug/hang.ts` finds the words.
 */
import { B, Flag, In, Out, U, bool, hw, indexWidth } from '../gen/index.ts';
import { ALL_FEATURES } from '../hw/isa/tensor-rows.ts';
import { TENSOR_AWAITED_OPS } from '../hw/isa/tensor.ts';
import { tensorDecoder } from '../hw/tensor/decode.ts';
import { MOST_BETWEEN } from './patience.ts';
import type { Patience } from './patience.ts';

/** Of the instructions of any unit. */
const decoder = tensorDecoder(ALL_FEATURES);

export const Watchdog = ({ stillCycles, answers }: Patience) => hw('Watchdog', {
  /** A unit holds commands; something of a command is done in this cycle; the core waits for the answer to an instruction. */
  busy: In(B), moves: In(B), waits: In(B),
  /** An instruction is answered, and with what; a command is taken. */
  answers: In(B), instr: In(U(32)), value: In(U(32)), takes: In(B),
  /** An instruction retires; a trap is taken or a byte comes or goes, after which a program may ask anew. */
  retires: In(B), disturbs: In(B),
  /** Nothing has moved for too long. Stays. */
  isStill: Out(B),
  /** The same has been asked too often. Stays. */
  asksInVain: Out(B),
}, (m, io) => {
  m.doc(`Waits ${stillCycles} cycles for a movement, ${answers} questions for another answer.`);
  const r = m.regs({
    still: U(indexWidth(stillCycles + 1), 0), same: U(indexWidth(answers + 1), 0), between: U(indexWidth(MOST_BETWEEN + 1), 0),
    lastInstr: U(32, 0), lastValue: U(32, 0), foundStill: Flag(false), foundVain: Flag(false),
  });
  // A program that polls moves nothing of the commands that it waits for.
  const stands = io.busy.or(io.waits.and(io.answers.or(io.takes).not()));
  r.still = stands.and(io.moves.not()).mux(r.still.addWrap(1), r.still.lit(0));
  m.when(r.still.eq(stillCycles), () => {
    r.foundStill = bool(true);
  });

  const isAwaited = decoder.is(decoder.key(io.instr))(...TENSOR_AWAITED_OPS);
  const { isSame } = m.let({ isSame: isAwaited.and(io.instr.eq(r.lastInstr)).and(io.value.eq(r.lastValue)) });
  const { askedLongAgo } = m.let({ askedLongAgo: r.between.eq(MOST_BETWEEN) });
  m.when(io.busy.or(io.takes).or(io.disturbs).or(askedLongAgo), () => {
    r.same = r.same.lit(0);
  }).elseWhen(io.answers, () => {
    r.same = isSame.mux(r.same.addWrap(1), r.same.lit(0));
  });
  m.when(io.answers, () => {
    r.lastInstr = io.instr;
    r.lastValue = io.value;
    r.between = r.between.lit(0);
  }).elseWhen(io.retires.and(askedLongAgo.not()), () => {
    r.between = r.between.addWrap(1);
  });
  m.when(r.same.eq(answers), () => {
    r.foundVain = bool(true);
  });
  io.isStill = r.foundStill;
  io.asksInVain = r.foundVain;
});
