/**
 * Tells that a program asks the tensor unit again and again what can no more change: the model's unit is never busy, so that only a
 * command, a handler or another hand could change an answer. Must not know the hart.
 */
import { TENSOR, TENSOR_AWAITED_OPS, TENSOR_OPS } from '../../hw/isa/tensor.ts';
import type { TensorOp } from '../../hw/isa/tensor.ts';
import { MOST_BETWEEN } from '../patience.ts';

export interface VainQuestion {
  readonly op: TensorOp;
  /** The answer, 0…2³²−1, and how often it has come. */
  readonly value: number;
  readonly answers: number;
}

const AWAITED: ReadonlySet<TensorOp> = new Set(TENSOR_AWAITED_OPS);
/** By number of TENSOR_OPS: whether it counts, and whether it begins anew. */
const isAwaited = TENSOR_OPS.map((op) => AWAITED.has(op));
const isCommand = TENSOR_OPS.map((op) => TENSOR[op].kind !== 'question');

export class VainQuestions {
  /** Set once, and stays. */
  found: VainQuestion | undefined;
  private op = -1;
  private value = 0;
  private at = 0;
  private same = 0;

  /** @param answers how often the same answer may come one after the other */
  constructor(private readonly answers: number) {}

  /** Instruction number `op` of TENSOR_OPS has given `value`, as the `now`th instruction. True: just now it was once too often. */
  executed(op: number, value: number, now: number): boolean {
    if (!isAwaited[op]) {
      if (isCommand[op]) this.disturbed();
      return false;
    }
    const isSame = op === this.op && value === this.value && now - this.at <= MOST_BETWEEN;
    this.op = op;
    this.value = value;
    this.at = now;
    this.same = isSame ? this.same + 1 : 0;
    if (this.same !== this.answers) return false;
    this.found = { op: TENSOR_OPS[op]!, value: value >>> 0, answers: this.answers };
    return true;
  }

  /** Something has happened after which a program may ask anew. */
  disturbed(): void {
    this.same = 0;
  }
}
