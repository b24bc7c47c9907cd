/**
 * Finds the tensor instruction that a 32-bit word encodes. Apart from `tensor.ts`, which is pure data.
 * Must not know the standard instruction set.
 */
import type { ExtensionInstruction } from './instruction.ts';
import { makeDecoder } from './encoding.ts';
import { TENSOR, TENSOR_INSTRUCTIONS } from './tensor.ts';
import type { TensorOp } from './tensor.ts';

export interface DecodedTensor {
  readonly name: TensorOp;
  readonly instruction: ExtensionInstruction;
}

const find = makeDecoder(TENSOR_INSTRUCTIONS);
const RESULTS: ReadonlyMap<string, DecodedTensor> = new Map(
  (Object.keys(TENSOR) as TensorOp[]).map((name) => [TENSOR[name].mnemonic, { name, instruction: TENSOR[name] }]),
);

/** The tensor instruction of a word; undefined: there is none, which traps as an illegal instruction. */
export function decodeTensor(word: number): DecodedTensor | undefined {
  const instruction = find(word);
  return instruction && RESULTS.get(instruction.mnemonic);
}
