/**
 * Why a chip waits for ever, in words: which unit, which command, what for. Must not know engines but by their ports, nor how
 * a watchdog counts.
 */
import { TENSOR } from '../../hw/isa/tensor.ts';
import { TENSOR_UNITS } from '../../hw/isa/tensor-rows.ts';
import { decodeTensor } from '../../hw/isa/tensor-decode.ts';
import { commandUnderWay, watched } from '../../hw/tensor/watch.ts';
import type { TensorWatch } from '../../hw/tensor/watch.ts';
import type { GoldenModel } from '../model/golden-model.ts';
import type { Simulator } from '../simulator.ts';

const count = (n: number): string => n.toLocaleString('en-GB');

/** What a board's watchdog has found; undefined: nothing. */
export function hangOfBoard(simulator: Pick<Simulator, 'peek'>): string | undefined {
  const get = (port: string): number => Number(simulator.peek(port));
  const is = (port: string): boolean => get(port) === 1;
  if (is('isStill')) {
    return stillText({
      busy: get('watch_busy'), blocked: get('watch_blocked'), form: get('watch_form'), awaitsRead: is('watch_awaitsRead'),
      awaitsWrite: is('watch_awaitsWrite'), waits: is('watch_waits'), instr: get('watch_instr'),
    }, get('stillCycles'));
  }
  return is('asksInVain') ? vainText(mnemonic(get('watch_instr')), get('watch_value'), get('answers')) : undefined;
}

/** What the golden model has found: its unit never waits, so only the program can. */
export function hangOfModel({ vainQuestion }: Pick<GoldenModel, 'vainQuestion'>): string | undefined {
  return vainQuestion && vainText(TENSOR[vainQuestion.op].mnemonic, vainQuestion.value, vainQuestion.answers);
}

/** The unit has something to do, and nothing has moved for so many cycles. */
export function stillText(watch: TensorWatch, cycles: number): string {
  const core = watch.waits ? `; the core waits for ${mnemonic(watch.instr)}` : '';
  return `the tensor unit waits for ever: ${culprit(watch, count(cycles))}${core}`;
}

/** A program has got the same answer so many times, and nothing was under way that could have changed it. */
export function vainText(question: string, value: number, answers: number): string {
  return `the program waits for ever: ${question} has given 0x${value.toString(16)} ${count(answers)} times one after the other, and the tensor unit has `
    + 'nothing to do that could change it; give a command before, or wait for something else';
}

const mnemonic = (word: number): string => decodeTensor(word)?.instruction.mnemonic ?? `0x${word.toString(16)}`;

/** Who does not go on, of those who do not wait for others. */
function culprit(watch: TensorWatch, cycles: string): string {
  const { busy, blocked, awaitsRead, awaitsWrite } = watch;
  const of = (unit: (typeof TENSOR_UNITS)[number]): string => `its ${unit} unit, at ${TENSOR[commandUnderWay(watch, unit)].mnemonic}`;
  if (awaitsRead) return `${of('load')}, has had no answer of main memory to a read for ${cycles} cycles`;
  if (awaitsWrite) return `${of('store')}, has had no answer of main memory to a write for ${cycles} cycles`;
  const free = TENSOR_UNITS.find((unit) => watched(busy, unit) && !watched(blocked, unit));
  if (free) return `${of(free)}, has done nothing for ${cycles} cycles, and waits neither for main memory nor for another unit`;
  const waiting = TENSOR_UNITS.filter((unit) => watched(busy, unit));
  if (waiting.length > 0) return `its units ${waiting.join(' and ')} wait for each other, for ${cycles} cycles`;
  return `it has no command, and has not answered for ${cycles} cycles`;
}
