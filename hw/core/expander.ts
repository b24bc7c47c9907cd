/**
 * From a 16-bit instruction to the 32-bit one that it stands for, made from the table of the C extension: every bit of the
 * result is a constant or one bit of the halfword, by instruction. Must not know any particular instruction.
 */
import { B, In, Out, U, bool, cat, hw } from '../../gen/index.ts';
import type { Bool } from '../../gen/index.ts';
import { encode } from '../isa/encoding.ts';
import { COMPRESSED, compressedOperands } from '../isa/riscv-compressed.ts';
import type { CompressedInstruction } from '../isa/riscv-compressed.ts';
import { subtract } from '../lib/cubes.ts';
import type { Cube } from '../lib/cubes.ts';
import { decoderFor, isAnyOf } from '../lib/match.ts';
import { Word } from './word.ts';

/** A bit of the expansion: constant, or a bit of the halfword. */
type Source = { readonly constant: 0 | 1 } | { readonly bit: number };

const expansion = (entry: CompressedInstruction, half: number): number => encode(entry.expandsTo, compressedOperands(entry, half));

/** The halfwords for which an entry is meant. */
function cubesOf(entry: CompressedInstruction): Cube[] {
  const operandBits = Array.from({ length: 16 }, (_, i) => 2 ** i).filter((bit) => (entry.mask & bit) === 0);
  /** The halfwords whose operand has this value. */
  const withOperand = (name: 'imm' | 'rd' | 'rs1' | 'rs2', value: number): Cube => {
    const zero = compressedOperands(entry, entry.match)[name];
    const own = operandBits.filter((bit) => compressedOperands(entry, entry.match | bit)[name] !== zero);
    const set = own.filter((bit) => (compressedOperands(entry, entry.match | bit)[name] & value) !== 0);
    const all = (bits: readonly number[]): number => bits.reduce((a, b) => a | b, 0);
    return { match: entry.match | all(set), mask: entry.mask | all(own) };
  };
  const excluded = [...entry.nonZero.map((name) => withOperand(name, 0)), ...(entry.rdNotSp ? [withOperand('rd', 2)] : [])];
  return excluded.reduce((cubes, x) => cubes.flatMap((c) => subtract(c, x)), [{ match: entry.match, mask: entry.mask }]);
}

function sourceOf(entry: CompressedInstruction, bit: number): Source {
  const at = (half: number): number => (expansion(entry, half) >>> bit) & 1;
  const base = at(entry.match);
  const free = Array.from({ length: 16 }, (_, i) => i).filter((i) => ((entry.mask >>> i) & 1) === 0);
  const from = free.find((i) => at(entry.match | (1 << i)) !== base);
  return from === undefined ? { constant: base === 1 ? 1 : 0 } : { bit: from };
}

/** Parts of the result, as they are named in the emitted module. */
const FIELDS = [
  ['funct7', 31, 25], ['field2', 24, 20], ['field1', 19, 15], ['funct3', 14, 12], ['field0', 11, 7], ['opcode', 6, 0],
] as const;

export const Expander = hw('Expander', {
  half: In(U<number>(16)),
  /** Undefined where `legal` is 0. */
  instr: Out(Word),
  legal: Out(B),
}, (m, io) => {
  m.doc('Expansion of 16-bit instructions.');
  const entries = COMPRESSED.map((entry) => ({ entry, cubes: cubesOf(entry) }));
  const all = entries.flatMap((e) => e.cubes);
  const is = decoderFor(io.half, all);
  io.legal = isAnyOf(io.half, all);

  const expandedBit = (bit: number): Bool => {
    const bySource = new Map<string, { source: Source; cubes: Cube[] }>();
    for (const { entry, cubes } of entries) {
      const source = sourceOf(entry, bit);
      const key = JSON.stringify(source);
      const group = bySource.get(key);
      if (group) group.cubes.push(...cubes);
      else bySource.set(key, { source, cubes: [...cubes] });
    }
    const groups = [...bySource.values()].filter(({ source }) => !('constant' in source && source.constant === 0));
    return groups
      .map(({ source, cubes }) => ('bit' in source ? is(...cubes).and(io.half.bit(source.bit)) : is(...cubes)))
      .reduce((a, b) => a.or(b), bool(false));
  };
  const fields = FIELDS.map(([name, hi, lo]) => {
    const bits = Array.from({ length: hi - lo + 1 }, (_, i) => expandedBit(hi - i));
    return m.let({ [name]: cat(...bits) })[name];
  });
  io.instr = cat(...fields);
});
