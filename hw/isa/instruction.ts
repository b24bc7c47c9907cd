/**
 * How an instruction set is written down: as data. One table entry is the only place where an instruction's bits are
 * stated; decoders, assembler, disassembler, golden model, C header and manual are generated from it.
 * Knows nothing of any particular instruction set.
 */

/** Operand formats of the RISC-V base encodings (unprivileged specification, chapter "RV32I", figure of formats). */
export type Format =
  | 'R' // rd, rs1, rs2
  | 'I' // rd, rs1, imm[11:0]
  | 'shift' // rd, rs1, shamt[4:0]
  | 'unary' // rd, rs1 (rs2 is part of the opcode)
  | 'load' // rd, imm(rs1)
  | 'store' // rs2, imm(rs1)
  | 'branch' // rs1, rs2, label
  | 'U' // rd, imm[31:12]
  | 'J' // rd, label
  | 'csr' // rd, csr, rs1
  | 'csri' // rd, csr, uimm[4:0]
  | 'fence' // pred, succ
  | 'none'; // no operands

/** One 32-bit instruction: `word & mask === match` decides. */
export interface Instruction {
  readonly mnemonic: string;
  readonly extension: string;
  readonly format: Format;
  readonly match: number;
  readonly mask: number;
  /** One sentence for the manual. */
  readonly summary: string;
}

/** A named bit field of a 32-bit operand register. */
export interface OperandField {
  readonly name: string;
  readonly lo: number;
  readonly width: number;
  readonly summary: string;
  /** Smallest legal value, if not 0. A command whose field is less is refused. */
  readonly least?: number;
  /** A number in two's complement. */
  readonly signed?: true;
}

/** An instruction of an extension unit: R-type with operands that are packed records rather than plain numbers. */
export interface ExtensionInstruction extends Instruction {
  /** True if the unit returns a value in `rd`. */
  readonly writesRd: boolean;
  readonly rs1: readonly OperandField[];
  readonly rs2: readonly OperandField[];
  /** True if a program may rely on its having ended when the next instruction runs: it returns when others have ended. */
  readonly waits: boolean;
  /** Exact meaning, in the manual's notation. */
  readonly semantics: readonly string[];
}

/** What fits a field, be it legal or not. */
export function rangeOfField({ width, signed }: OperandField): { readonly least: number; readonly most: number } {
  return signed ? { least: -(2 ** (width - 1)), most: 2 ** (width - 1) - 1 } : { least: 0, most: 2 ** width - 1 };
}

/** Packs field values into a 32-bit operand word. Throws RangeError when a value does not fit its field. */
export function packFields(fields: readonly OperandField[], values: Readonly<Record<string, number>>): number {
  let word = 0;
  for (const [name, value] of Object.entries(values)) {
    const field = fields.find((f) => f.name === name);
    if (!field) throw new RangeError(`no operand field '${name}'; there are ${fields.map((f) => f.name).join(', ')}`);
    const { least, most } = rangeOfField(field);
    if (!Number.isInteger(value) || value < least || value > most) throw new RangeError(`${name} = ${value} does not fit ${field.width} bits`);
    word += (value < 0 ? value + 2 ** field.width : value) * 2 ** field.lo;
  }
  return word >>> 0;
}

/** Extracts one field from an operand word. */
export function unpackField(fields: readonly OperandField[], name: string, word: number): number {
  const field = fields.find((f) => f.name === name);
  if (!field) throw new RangeError(`no operand field '${name}'; there are ${fields.map((f) => f.name).join(', ')}`);
  const bits = Math.floor((word >>> 0) / 2 ** field.lo) % 2 ** field.width;
  return bits > rangeOfField(field).most ? bits - 2 ** field.width : bits;
}
