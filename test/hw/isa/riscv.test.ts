import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Format, Instruction } from '../../../hw/isa/instruction.ts';
import { ABI_NAMES, IMMEDIATE_RANGES, encode, fitsImmediate, immediateOf, packImmediate } from '../../../hw/isa/encoding.ts';
import { RISCV, RISCV_INSTRUCTIONS, decode } from '../../../hw/isa/riscv.ts';
import { TENSOR, TENSOR_INSTRUCTIONS } from '../../../hw/isa/tensor.ts';
import { decodeTensor } from '../../../hw/isa/tensor-decode.ts';
import { disassemble } from '../../../sim/model/disassemble.ts';
import { assemble } from '../../../sw/assembler/index.ts';
import { gnuAssemble, hasGnuToolchain } from './gnu-toolchain.ts';
import { checkProperty } from '../../support/property.ts';

const gnu = hasGnuToolchain();
const formats = Object.keys(IMMEDIATE_RANGES) as Format[];

/** Operand values that reach every bit of every field. */
function samples(instruction: Instruction): number[] {
  const { min, max, multipleOf } = IMMEDIATE_RANGES[instruction.format];
  const csrAddress = instruction.format === 'csr' || instruction.format === 'csri';
  const fence = instruction.format === 'fence';
  const ordinary = [0, min, max, 21 * multipleOf, -11 * multipleOf, 42 * multipleOf];
  const immediates = csrAddress ? [0x300, 0xc82] : fence ? [0xff, 0x8e, 0x21] : ordinary;
  return immediates
    .filter((imm) => fitsImmediate(instruction.format, imm))
    .map((imm, i) => encode(instruction, { rd: (7 * i + 10) % 32, rs1: (11 * i + 5) % 32, rs2: (13 * i + 17) % 32, imm }));
}

function words(bytes: Uint8Array): number[] {
  return [...new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))];
}

describe('the instruction tables', () => {
  it('decode every entry from its own bits', () => {
    for (const instruction of RISCV_INSTRUCTIONS) expect(decode(instruction.match)).toBe(instruction);
    for (const [name, instruction] of Object.entries(TENSOR)) expect(decodeTensor(instruction.match)).toEqual({ name, instruction });
  });

  it('name each instruction once, under its mnemonic', () => {
    for (const [key, instruction] of Object.entries(RISCV)) expect(instruction.mnemonic).toBe(key);
  });

  it('never let two entries match the same word', () => {
    const all = [...RISCV_INSTRUCTIONS, ...TENSOR_INSTRUCTIONS];
    for (const a of all) {
      expect((a.match & ~a.mask) >>> 0).toBe(0);
      for (const b of all) if (a !== b) expect((a.match ^ b.match) & a.mask & b.mask, `${a.mnemonic} and ${b.mnemonic}`).not.toBe(0);
    }
  });

  it('agree in decoding with a search through the whole table', () => {
    checkProperty(fc.property(fc.integer(), fc.constantFrom(...RISCV_INSTRUCTIONS), (noise, near) => {
      for (const word of [noise, (near.match | (noise & ~near.mask)) >>> 0, near.match ^ (1 << (noise & 31))]) {
        expect(decode(word)).toBe(RISCV_INSTRUCTIONS.find((i) => ((word ^ i.match) & i.mask) === 0));
      }
    }));
  });

  it.skipIf(!gnu)('encode every instruction as the GNU assembler does, and our assembler likewise', () => {
    const expected = RISCV_INSTRUCTIONS.flatMap(samples);
    const source = expected.map((word) => disassemble(word)).join('\n');
    const show = (list: number[]): string[] => list.map((word) => `${word.toString(16)} ${disassemble(word)}`);
    expect(show(words(gnuAssemble(source)))).toEqual(show(expected));
    expect(show(words(assemble(source).sections[0]!.bytes))).toEqual(show(expected));
  });

  it.skipIf(!gnu)('encode every tensor instruction as GNU .insn does', () => {
    const operands = { rd: 12, rs1: 21, rs2: 30 };
    const lines = TENSOR_INSTRUCTIONS.map((i) => {
      const [rd, rs1, rs2] = [i.writesRd ? operands.rd : 0, i.rs1.length > 0 ? operands.rs1 : 0, i.rs2.length > 0 ? operands.rs2 : 0];
      const names = [i.writesRd ? rd : 0, rs1, rs2].filter((r) => r > 0).map((r) => ABI_NAMES[r]);
      const code = `${i.match & 0x7f}, ${(i.match >> 12) & 7}, ${i.match >>> 25}`;
      return { gnu: `.insn r ${code}, x${rd}, x${rs1}, x${rs2}`, ours: `${i.mnemonic} ${names.join(', ')}` };
    });
    const expected = words(gnuAssemble(lines.map((l) => l.gnu).join('\n')));
    expect(words(assemble(lines.map((l) => l.ours).join('\n')).sections[0]!.bytes)).toEqual(expected);
    expect(expected.map((word) => disassemble(word))).toEqual(lines.map((l) => l.ours.trim()));
  });
});

describe('immediates', () => {
  it('come back from the word that they were packed into', () => {
    checkProperty(fc.property(fc.constantFrom(...formats), fc.double({ min: 0, max: 1, noNaN: true }), (format, where) => {
      const { min, max, multipleOf } = IMMEDIATE_RANGES[format];
      const value = Math.round((min + where * (max - min)) / multipleOf) * multipleOf;
      const expected = format === 'U' ? value | 0 : value;
      expect(immediateOf(format, packImmediate(format, value))).toBe(expected === 0 ? 0 : expected);
    }));
  });

  it('are refused when they do not fit', () => {
    expect(() => encode(RISCV.addi, { imm: 2048 })).toThrow('immediate 2048 does not fit: -2048…2047');
    expect(() => encode(RISCV.beq, { imm: 3 })).toThrow('immediate 3 does not fit: -4096…4094, a multiple of 2');
    expect(() => encode(RISCV.add, { rd: 32 })).toThrow('32 does not fit a 5-bit operand: 0…31');
  });
});
