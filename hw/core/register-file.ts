/**
 * Thirty-two registers, two reads and one write a cycle. Register numbers are given one cycle before the values are needed;
 * the values then include everything written up to that clock edge. Must not know instructions.
 */
import { B, Flag, In, Out, hw } from '../../gen/index.ts';
import type { CoreConfig } from './config.ts';
import { withOnly } from '../lib/with-only.ts';
import { RegisterNumber, Word } from './word.ts';

const ports = {
  /** Registers whose values shall appear in the next cycle. */
  next1: In(RegisterNumber),
  next2: In(RegisterNumber),
  write: In(B),
  rd: In(RegisterNumber),
  value: In(Word),
  /** A value shall appear as `rs1` in the next cycle, whatever is written. Present with the serial shifter. */
  feedback: In(B),
  /** The value for `feedback`; with two stages it is `value`. */
  feedbackValue: In(Word),
  rs1: Out(Word),
  rs2: Out(Word),
};

export function RegisterFile(config: CoreConfig) {
  const hasFeedback = config.shifter === 'serial';
  return hw('RegisterFile', withOnly(ports, { feedback: hasFeedback, feedbackValue: hasFeedback && config.stages === 3 }), (m, io) => {
    m.doc('Register x0 is never written and reads 0.');
    m.assert('x0IsNeverWritten', io.write.not().or(io.rd.ne(0)), 'x0 must stay 0');
    const lastValue = hasFeedback && config.stages === 3 ? io.feedback.mux(io.feedbackValue, io.value) : io.value;
    if (config.registerFile === 'block') {
      // A register that is written at the edge of its read comes from `lastValue`; the memories need not settle such collisions.
      const { fresh1, fresh2 } = m.let({ fresh1: io.write.and(io.rd.eq(io.next1)), fresh2: io.write.and(io.rd.eq(io.next2)) });
      const copy1 = m.mem('copy1', Word, 32, { style: 'block', init: [0n], collisionFree: true });
      const copy2 = m.mem('copy2', Word, 32, { style: 'block', init: [0n], collisionFree: true });
      const read1 = copy1.readSync('read1', io.next1, fresh1.not());
      const read2 = copy2.readSync('read2', io.next2, fresh2.not());
      const last = m.regs({ lastValue: Word, isRs1: Flag(false), isRs2: Flag(false) });
      m.when(io.write, () => {
        copy1.write(io.rd, io.value);
        copy2.write(io.rd, io.value);
      });
      last.lastValue = lastValue;
      last.isRs1 = hasFeedback ? fresh1.or(io.feedback) : fresh1;
      last.isRs2 = fresh2;
      io.rs1 = last.isRs1.mux(last.lastValue, read1);
      io.rs2 = last.isRs2.mux(last.lastValue, read2);
      return;
    }
    const cells = m.mem('cells', Word, 32);
    const number = m.regs({ number1: RegisterNumber, number2: RegisterNumber });
    number.number1 = io.next1;
    number.number2 = io.next2;
    m.when(io.write, () => cells.write(io.rd, io.value));
    const zero = Word.lit(0);
    const stored1 = number.number1.eq(0).mux(zero, cells.read(number.number1));
    io.rs2 = number.number2.eq(0).mux(zero, cells.read(number.number2));
    if (!hasFeedback) {
      io.rs1 = stored1;
      return;
    }
    const last = m.regs({ lastValue: Word, isRs1: Flag(false) });
    last.lastValue = lastValue;
    last.isRs1 = io.feedback;
    io.rs1 = last.isRs1.mux(last.lastValue, stored1);
  });
}
