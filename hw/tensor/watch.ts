/**
 * What a watchdog sees of the tensor unit: who is busy with what, whether anything moves, and what is waited for. It exists in
 * simulations only; a unit that is not watched has none of it. Must not know how long is too long.
 */
import { B, Flag, In, Out, U, bool, hw, indexWidth } from '../../gen/index.ts';
import type { UInt } from '../../gen/index.ts';
import { TENSOR_UNITS } from '../isa/tensor-rows.ts';
import type { TensorUnitName } from '../isa/tensor-rows.ts';
import { commandsOf } from '../isa/tensor.ts';
import type { TensorCommandOp } from '../isa/tensor.ts';
import { FORM, FORMS } from './commands.ts';
import type { Form } from './commands.ts';

const Units = U<number>(TENSOR_UNITS.length);
const FORM_BITS = indexWidth(FORMS.length);
/** Number of a form. */
export const FormIndex = U<number>(FORM_BITS);
export const formIndex = (form: Form): UInt => FormIndex.lit(FORMS.indexOf(form));

/** By the unit itself. Bits for each unit are in the order of `TENSOR_UNITS`. */
export const unitWatchPorts = () => ({
  /** Holds commands. */
  busy: Out(Units),
  /** Its next command waits for one of another unit. */
  blocked: Out(Units),
  /** Of which form the command is that it began last: for each unit a number of `FORMS`, that of the first in the lowest bits. */
  form: Out(U<number>(FORM_BITS * TENSOR_UNITS.length)),
  /** Something of a command is done in this cycle, be it a word moved. A unit that works never pauses for more than some hundred cycles. */
  moves: Out(B),
  /** Main memory owes data, or has not taken the request for them; the same for writes. */
  awaitsRead: Out(B), awaitsWrite: Out(B),
});

/** With the core's side. */
export const tensorWatchPorts = () => ({
  ...unitWatchPorts(),
  /** An instruction is offered or in hand that has no result yet. */
  waits: Out(B),
  /** The last one, be it answered. */
  instr: Out(U(32)),
  /** It is answered in this cycle, with a value or without. */
  answers: Out(B), takes: Out(B),
  value: Out(U(32)),
});

/** Follows the instructions on the core's port, of which at most one is in hand. */
export const InstructionWatch = hw('InstructionWatch', {
  offered: In(B), accepted: In(B), offeredInstr: In(U(32)), answered: In(B),
  waits: Out(B), instr: Out(U(32)),
}, (m, io) => {
  m.doc('The tensor instruction under way.');
  const r = m.regs({ inHand: Flag(false), last: U(32, 0) });
  m.when(io.accepted, () => {
    r.inHand = bool(true);
    r.last = io.offeredInstr;
  }).elseWhen(io.answered, () => {
    r.inHand = bool(false);
  });
  io.waits = r.inHand.or(io.offered);
  io.instr = r.inHand.not().and(io.offered).mux(io.offeredInstr, r.last);
});

/** What the ports say at a time. */
export interface TensorWatch {
  readonly busy: number;
  readonly blocked: number;
  readonly form: number;
  readonly awaitsRead: boolean;
  readonly awaitsWrite: boolean;
  readonly waits: boolean;
  readonly instr: number;
}

/** Whether a unit's bit is set. */
export const watched = (bits: number, unit: TensorUnitName): boolean => ((bits >>> TENSOR_UNITS.indexOf(unit)) & 1) === 1;

/** The command that a busy unit has begun. */
export function commandUnderWay({ form: forms }: TensorWatch, unit: TensorUnitName): TensorCommandOp {
  const form = FORMS[(forms >>> (FORM_BITS * TENSOR_UNITS.indexOf(unit))) % 2 ** FORM_BITS];
  const op = commandsOf(unit).find((name) => FORM[name] === form);
  if (op === undefined) throw new RangeError(`the ${unit} unit has no command of the form ${form ?? forms}`);
  return op;
}
