/**
 * Text of one machine instruction: standard, compressed or tensor, in the notation of the RISC-V assembly manual without
 * pseudo-instructions, so that our assembler gives the same word back. Must not know memory nor how instructions execute.
 */
import type { Instruction } from '../../hw/isa/instruction.ts';
import { csrByAddress } from '../../hw/isa/csr.ts';
import { ABI_NAMES, immediateOf, rdOf, rs1Of, rs2Of } from '../../hw/isa/encoding.ts';
import { decode, decodeCompressed, expandCompressed } from '../../hw/isa/riscv.ts';
import type { CompressedInstruction, CompressedRegister } from '../../hw/isa/riscv-compressed.ts';
import type { CompressedOperands } from '../../hw/isa/riscv-compressed.ts';
import { decodeTensor } from '../../hw/isa/tensor-decode.ts';

export interface DisassembleOptions {
  /** Address of the instruction; makes jump targets absolute, else they are written `. + offset`. */
  readonly pc?: number;
  /** Names targets, for instance an `ElfImage`. */
  readonly symbols?: { nearestSymbol(address: number): { readonly name: string; readonly offset: number } | undefined };
  /** Shows a compressed instruction as the 32-bit one that it stands for. */
  readonly expand?: boolean;
}

const hex = (value: number, digits = 0): string => `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
const name = (register: number): string => ABI_NAMES[register]!;

function target(offset: number, { pc, symbols }: DisassembleOptions): string {
  if (pc === undefined) return offset < 0 ? `. - ${-offset}` : `. + ${offset}`;
  const address = (pc + offset) >>> 0;
  const place = symbols?.nearestSymbol(address);
  if (!place) return hex(address);
  return `${hex(address)} <${place.name}${place.offset ? `+${hex(place.offset)}` : ''}>`;
}

/** The letters of a fence's predecessor or successor set. */
const accesses = (bits: number): string => ['i', 'o', 'r', 'w'].filter((_, i) => bits & (8 >> i)).join('') || '0';

function standard(instruction: Instruction, word: number, options: DisassembleOptions): string {
  const { mnemonic, format } = instruction;
  const [rd, rs1, rs2, imm] = [name(rdOf(word)), name(rs1Of(word)), name(rs2Of(word)), immediateOf(format, word)];
  const csr = (): string => csrByAddress(imm)?.name ?? hex(imm);
  const operands = (): string[] => {
    switch (format) {
      case 'R': return [rd, rs1, rs2];
      case 'I': return mnemonic === 'jalr' ? [rd, `${imm}(${rs1})`] : [rd, rs1, String(imm)];
      case 'shift': return [rd, rs1, String(imm)];
      case 'unary': return [rd, rs1];
      case 'load': return [rd, `${imm}(${rs1})`];
      case 'store': return [rs2, `${imm}(${rs1})`];
      case 'branch': return [rs1, rs2, target(imm, options)];
      case 'U': return [rd, hex(imm >>> 12)];
      case 'J': return [rd, target(imm, options)];
      case 'csr': return [rd, csr(), rs1];
      case 'csri': return [rd, csr(), String(rs1Of(word))];
      case 'fence': return [accesses((imm >>> 4) & 15), accesses(imm & 15)];
      case 'none': return [];
    }
  };
  return [mnemonic, operands().join(', ')].join(' ').trim();
}

function compressed(entry: CompressedInstruction, operands: CompressedOperands, options: DisassembleOptions): string {
  const { format } = entry.expandsTo;
  const isField = (source: CompressedRegister | undefined): boolean => source !== undefined && 'at' in source;
  const isSp = (source: CompressedRegister | undefined): boolean => source !== undefined && 'constant' in source && source.constant === 2;
  const out: string[] = [];
  if (isField(entry.rd) || isSp(entry.rd)) out.push(name(operands.rd));
  if (format === 'load' || format === 'store') {
    if (isField(entry.rs2)) out.push(name(operands.rs2));
    return `${entry.mnemonic} ${[...out, `${operands.imm}(${name(operands.rs1)})`].join(', ')}`;
  }
  // A source that is also the destination is written once.
  const isOwnRd = entry.rs1 === entry.rd;
  if (!isOwnRd && (isField(entry.rs1) || isSp(entry.rs1))) out.push(name(operands.rs1));
  if (isField(entry.rs2)) out.push(name(operands.rs2));
  if (format === 'J' || format === 'branch') out.push(target(operands.imm, options));
  else if (format === 'U') out.push(hex((operands.imm >>> 12) & 0xf_ffff));
  else if (entry.immediate.length > 0 && (isField(entry.rd) || isSp(entry.rd) || operands.imm !== 0)) out.push(String(operands.imm));
  return [entry.mnemonic, out.join(', ')].join(' ').trim();
}

/**
 * The text of an instruction. If the two low bits of `word` are not 3, its low 16 bits are taken as a compressed one.
 * What is no instruction becomes `.half 0x…` or `.word 0x…`.
 */
export function disassemble(word: number, options: DisassembleOptions = {}): string {
  if ((word & 3) !== 3) {
    const full = options.expand ? expandCompressed(word) : undefined;
    if (full !== undefined) return disassemble(full, options);
    const found = decodeCompressed(word);
    return found ? compressed(found.entry, found.operands, options) : `.half ${hex(word & 0xffff, 4)}`;
  }
  const instruction = decode(word);
  if (instruction) return standard(instruction, word, options);
  const tensor = decodeTensor(word)?.instruction;
  if (!tensor) return `.word ${hex(word, 8)}`;
  const operands: number[] = [];
  if (tensor.writesRd) operands.push(rdOf(word));
  if (tensor.rs1.length > 0) operands.push(rs1Of(word));
  if (tensor.rs2.length > 0) operands.push(rs2Of(word));
  return `${tensor.mnemonic} ${operands.map(name).join(', ')}`.trim();
}
