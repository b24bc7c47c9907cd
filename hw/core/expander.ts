/**
 * From a 16-bit instruction to the 32-bit one that it stands for, made from the table of the C extension: every bit of the
 * result is a constant or one bit of the halfword, by instruction. Must not know any particular instruction.
 */
import { B, In, Out, U, cat, hw, repeat } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { encode } from '../isa/encoding.ts';
import { COMPRESSED, compressedOperands } from '../isa/riscv-compressed.ts';
import type { CompressedInstruction } from '../isa/riscv-compressed.ts';
import { subtract } from '../lib/cubes.ts';
import type { Cube } from '../lib/cubes.ts';
import { decoderFor, isAnyOf } from '../lib/match.ts';
import { Word, oneHot } from './word.ts';

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

/** Fields of the result, by the names that they have in format R; other formats have immediates in their places. */
const FIELDS = [
  ['funct7', 31, 25], ['rs2', 24, 20], ['rs1', 19, 15], ['funct3', 14, 12], ['rd', 11, 7], ['opcode', 6, 0],
] as const;

/** What instructions have in a field: bits of the halfword and constants, highest first. */
interface Content {
  readonly sources: readonly Source[];
  readonly entries: CompressedInstruction[];
}

/** What there is in a field, by content; the instructions that have only zeros there are left out. */
function contentsOf(hi: number, lo: number): Content[] {
  const contents = new Map<string, Content>();
  for (const entry of COMPRESSED) {
    const sources = Array.from({ length: hi - lo + 1 }, (_, i) => sourceOf(entry, hi - i));
    if (sources.every((s) => 'constant' in s && s.constant === 0)) continue;
    const key = JSON.stringify(sources);
    const known = contents.get(key);
    if (known) known.entries.push(entry);
    else contents.set(key, { sources, entries: [entry] });
  }
  return [...contents.values()];
}

/** A run of the halfword's bits, one of its bits repeated, or constants. */
type Piece =
  | { readonly top: number; readonly width: number }
  | { readonly repeated: number; readonly times: number }
  | { readonly constant: string };

function piecesOf(sources: readonly Source[]): Piece[] {
  const pieces: Piece[] = [];
  for (const source of sources) {
    const last = pieces.pop();
    const joined = last && join(last, source);
    if (last && !joined) pieces.push(last);
    pieces.push(joined ?? ('bit' in source ? { top: source.bit, width: 1 } : { constant: String(source.constant) }));
  }
  return pieces;
}

/** A piece with one bit more; undefined where that is another piece. */
function join(piece: Piece, source: Source): Piece | undefined {
  if ('constant' in source) return 'constant' in piece ? { constant: `${piece.constant}${source.constant}` } : undefined;
  const { bit } = source;
  if ('repeated' in piece) return piece.repeated === bit ? { repeated: bit, times: piece.times + 1 } : undefined;
  if ('constant' in piece) return undefined;
  if (bit === piece.top - piece.width) return { top: piece.top, width: piece.width + 1 };
  return piece.width === 1 && bit === piece.top ? { repeated: bit, times: 2 } : undefined;
}

function pieceName(piece: Piece): string {
  if ('constant' in piece) return `b${piece.constant}`;
  if ('repeated' in piece) return `${piece.repeated}x${piece.times}`;
  return piece.width === 1 ? `${piece.top}` : `${piece.top}to${piece.top - piece.width + 1}`;
}

/** Instructions that are named one by one where they have something in common; more are named after what that is. */
const MOST_NAMED = 3;
const upper = (name: string): string => name.replace(/(?:^|\.)(.)/g, (_, first: string) => first.toUpperCase());

export const Expander = hw('Expander', {
  half: In(U<number>(16)),
  /** Undefined where `legal` is 0. */
  instr: Out(Word),
  legal: Out(B),
}, (m, io) => {
  m.doc(`Expansion of 16-bit instructions. A field of the result is the or of what the instructions have in it. Conditions are minimised:
    they hold for legal halfwords only.`);
  const cubes = new Map(COMPRESSED.map((entry) => [entry, cubesOf(entry)]));
  const all = [...cubes.values()].flat();
  const names = new Map([...cubes].flatMap(([entry, own]) => own.map((c) => [c, entry.mnemonic])));
  const wording = { label: (c: Cube): string => names.get(c) ?? '' };
  const decode = decoderFor(io.half, all, wording);
  const is = (entries: readonly CompressedInstruction[]): Bool => decode(...entries.flatMap((entry) => cubes.get(entry) ?? []));
  io.legal = isAnyOf(io.half, all, wording);

  const conditions = new Map<string, Bool>();
  /** The instruction is one of these. They are called by their names if they are few, else by what they have in the field. */
  const isOneOf = (field: string, { entries }: Content, pieces: readonly Piece[]): Bool => {
    const key = entries.map(({ mnemonic }) => mnemonic).join();
    const known = conditions.get(key);
    if (known) return known;
    const name = entries.length <= MOST_NAMED ? `is${entries.map((e) => upper(e.mnemonic)).join('Or')}` : `${field}From${pieces.map(pieceName).join('_')}`;
    const condition = m.let({ [name]: is(entries) })[name];
    conditions.set(key, condition);
    return condition;
  };
  const fields = FIELDS.map(([name, hi, lo]) => {
    const contents = contentsOf(hi, lo);
    const isConstant = contents.every(({ sources }) => sources.every((s) => 'constant' in s));
    const value = isConstant ? constantField(contents) : oneHot(contents.map((content) => {
      const pieces = piecesOf(content.sources);
      return [isOneOf(name, content, pieces), cat(...pieces.map(pieceValue))];
    }));
    return m.let({ [name]: value })[name];
  });
  io.instr = cat(...fields);

  function pieceValue(piece: Piece): UInt {
    if ('constant' in piece) return U<number>(piece.constant.length).lit(parseInt(piece.constant, 2));
    if ('repeated' in piece) return repeat(io.half.bit(piece.repeated), piece.times);
    return io.half.slice(piece.top, piece.top - piece.width + 1);
  }
  /** Constants are told apart bit by bit: there are more of them than they have bits. */
  function constantField(contents: readonly Content[]): UInt {
    return cat(...contents[0].sources.map((_, i) => is(contents.flatMap(({ sources, entries }) => {
      const source = sources[i];
      return 'constant' in source && source.constant === 1 ? entries : [];
    }))));
  }
});
