import { NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RISCV, encode } from '../../../hw/isa/riscv.ts';
import type { Mnemonic } from '../../../hw/isa/riscv.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { GoldenModel } from '../../../sim/model/golden-model.ts';
import { runSource, stepSource } from './programs.ts';
import { checkProperty } from '../../support/property.ts';
import { expectSame } from '../../support/same.ts';

const MASK = 0xffff_ffffn;
const s = (v: bigint): bigint => BigInt.asIntN(32, v);
const u = (v: bigint): bigint => BigInt.asUintN(32, v);
const bit = (yes: boolean): bigint => (yes ? 1n : 0n);
const bits = (v: bigint): string => u(v).toString(2).padStart(32, '0');
const rotateRight = (a: bigint, by: bigint): bigint => u((u(a) << 32n | u(a)) >> (by & 31n));
const mapBytes = (a: bigint, f: (byte: bigint, i: bigint) => bigint): bigint =>
  [0n, 1n, 2n, 3n].reduce((sum, i) => sum | f((u(a) >> (8n * i)) & 255n, i), 0n);

/** What each instruction computes from unsigned 32-bit a and b (register or immediate as unsigned bits), by the specification's words. */
const MEANING: Partial<Record<Mnemonic, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b, sub: (a, b) => a - b, sll: (a, b) => a << (b & 31n), slt: (a, b) => bit(s(a) < s(b)), sltu: (a, b) => bit(a < b),
  xor: (a, b) => a ^ b, srl: (a, b) => a >> (b & 31n), sra: (a, b) => s(a) >> (b & 31n), or: (a, b) => a | b, and: (a, b) => a & b,
  mul: (a, b) => a * b, mulh: (a, b) => (s(a) * s(b)) >> 32n, mulhsu: (a, b) => (s(a) * b) >> 32n, mulhu: (a, b) => (a * b) >> 32n,
  div: (a, b) => (b === 0n ? -1n : s(a) / s(b)), divu: (a, b) => (b === 0n ? MASK : a / b),
  rem: (a, b) => (b === 0n ? a : s(a) % s(b)), remu: (a, b) => (b === 0n ? a : a % b),
  sh1add: (a, b) => (a << 1n) + b, sh2add: (a, b) => (a << 2n) + b, sh3add: (a, b) => (a << 3n) + b,
  andn: (a, b) => a & ~b, orn: (a, b) => a | ~b, xnor: (a, b) => ~(a ^ b),
  clz: (a) => BigInt(bits(a).indexOf('1') < 0 ? 32 : bits(a).indexOf('1')),
  ctz: (a) => BigInt(a === 0n ? 32 : 31 - bits(a).lastIndexOf('1')),
  cpop: (a) => BigInt([...bits(a)].filter((c) => c === '1').length),
  'sext.b': (a) => BigInt.asIntN(8, a), 'sext.h': (a) => BigInt.asIntN(16, a), 'zext.h': (a) => BigInt.asUintN(16, a),
  min: (a, b) => (s(a) < s(b) ? a : b), minu: (a, b) => (a < b ? a : b),
  max: (a, b) => (s(a) > s(b) ? a : b), maxu: (a, b) => (a > b ? a : b),
  rol: (a, b) => rotateRight(a, 32n - (b & 31n)), ror: rotateRight, rori: rotateRight,
  'orc.b': (a) => mapBytes(a, (byte, i) => (byte === 0n ? 0n : 255n << (8n * i))),
  rev8: (a) => mapBytes(a, (byte, i) => byte << (24n - 8n * i)),
  bclr: (a, b) => a & ~(1n << (b & 31n)), bext: (a, b) => (a >> (b & 31n)) & 1n,
  binv: (a, b) => a ^ (1n << (b & 31n)), bset: (a, b) => a | (1n << (b & 31n)),
};
const SAME_AS: Partial<Record<Mnemonic, Mnemonic>> = {
  addi: 'add', slti: 'slt', sltiu: 'sltu', xori: 'xor', ori: 'or', andi: 'and', slli: 'sll', srli: 'srl', srai: 'sra',
  bclri: 'bclr', bexti: 'bext', binvi: 'binv', bseti: 'bset',
};
const meaningOf = (name: Mnemonic): ((a: bigint, b: bigint) => bigint) | undefined => MEANING[name] ?? MEANING[SAME_AS[name] ?? name];
const COMPUTING = (Object.keys(RISCV) as Mnemonic[]).filter((name) => meaningOf(name));

const special = fc.constantFrom(0, 1, 2, 31, 32, -1, -2, 0x7fff_ffff, -0x8000_0000, 0x8000, 0xffff, 0x80, 0x0100_8000);
const word = fc.oneof(special, fc.integer()).map((v) => v | 0);

describe('every computing instruction', () => {
  it('is covered: only jumps, memory, system and control instructions are left out', () => {
    const rest = (Object.keys(RISCV) as Mnemonic[]).filter((name) => !COMPUTING.includes(name));
    expect(rest.join(' ')).toBe('lui auipc jal jalr beq bne blt bge bltu bgeu lb lh lw lbu lhu sb sh sw fence ecall ebreak '
      + 'csrrw csrrs csrrc csrrwi csrrsi csrrci fence.i mret wfi');
  });

  const model = new GoldenModel({ ramBytes: 4096 });
  it.each(COMPUTING)('%s computes what the specification says', (name) => {
    const instruction = RISCV[name];
    checkProperty(fc.property(word, word, fc.integer({ min: 1, max: 31 }), (a, b, rd) => {
      const imm = instruction.format === 'shift' ? b & 31 : instruction.format === 'I' ? (b << 20) >> 20 : 0;
      const operand = instruction.format === 'R' ? b : imm;
      model.write(RAM_BASE, new Uint8Array(new Uint32Array([encode(instruction, { rd, rs1: 5, rs2: 6, imm })]).buffer));
      model.setRegister(5, a);
      model.setRegister(6, b);
      model.pc = RAM_BASE;
      const result = model.step();
      expect(result).toMatchObject({ kind: 'retired', rd, nextPc: RAM_BASE + 4 });
      expect(model.register(rd)).toBe(Number(u(meaningOf(name)!(u(BigInt(a)), u(BigInt(operand))))));
    }), { runs: 60 });
  });
});

describe('jumps and branches', () => {
  it.each([
    ['beq', (a: number, b: number) => a === b], ['bne', (a: number, b: number) => a !== b],
    ['blt', (a: number, b: number) => a < b], ['bge', (a: number, b: number) => a >= b],
    ['bltu', (a: number, b: number) => a >>> 0 < b >>> 0], ['bgeu', (a: number, b: number) => a >>> 0 >= b >>> 0],
  ] as const)('%s goes where it should', (name, holds) => {
    const model = new GoldenModel({ ramBytes: 8192 });
    checkProperty(fc.property(word, fc.oneof(word, fc.constant(undefined)), (a, other) => {
      const b = other ?? a;
      model.write(RAM_BASE + 4096, new Uint8Array(new Uint32Array([encode(RISCV[name], { rs1: 5, rs2: 6, imm: -2046 })]).buffer));
      model.setRegister(5, a);
      model.setRegister(6, b);
      model.pc = RAM_BASE + 4096;
      expect(model.step().nextPc).toBe(RAM_BASE + 4096 + (holds(a, b) ? -2046 : 4));
    }), { runs: 60 });
  });

  it('jal and jalr link, and jalr may overwrite its own source', () => {
    const { model } = stepSource('_start: jal ra, 1f; 1: addi t0, ra, 9; jalr t0, 2(t0)', 3);
    expect([model.register('ra'), model.register('t0'), model.pc]).toEqual([RAM_BASE + 4, RAM_BASE + 12, RAM_BASE + 14]);
  });

  it('lui and auipc fill the upper bits', () => {
    const { model } = stepSource('lui a0, 0xfffff; auipc a1, 0x80000', 2);
    expect([model.register('a0'), model.register('a1')]).toEqual([0xffff_f000, 4]);
  });
});

describe('loads and stores', () => {
  it('extend and place bytes as they should', () => {
    const { model } = stepSource(`
      la a0, data; lb a1, 3(a0); lbu a2, 3(a0); lh a3, 2(a0); lhu a4, 2(a0); lw a5, 0(a0)
      sb a5, 5(a0); sh a5, 6(a0); lw a6, 4(a0)
      data: .word 0x89abcdef, 0x11223344`, 11);
    const loaded = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'].map((r) => model.register(r));
    expect(loaded).toEqual([0xffff_ff89, 0x89, 0xffff_89ab, 0x89ab, 0x89ab_cdef, 0xcdef_ef44]);
  });

  it('report a store to whoever steps', () => {
    const { results } = stepSource('li a0, 0x80000100; li a1, -2; sh a1, 6(a0)', 4);
    expect(results[3]).toMatchObject({ kind: 'retired', rd: 0, value: 0, store: { address: 0x8000_0106, size: 2, value: 0xfffe } });
  });

  it('never change x0', () => {
    const { model, results } = stepSource('addi x0, x0, 5; mv a0, x0; lw x0, 0(x0)', 2);
    expect([results[0], model.register('a0')]).toMatchObject([{ rd: 0, value: 0 }, 0]);
  });
});

describe('code that changes itself', () => {
  it('runs what was stored, also within the same page and into the first half of an instruction', () => {
    // Twice round: the second time, the addi has become addi a0, a0, 64.
    const { model } = runSource(`
      li a0, 0; li a2, 0
      1: addi a0, a0, 1
      la t0, 1b; li t1, 0x04050513; sw t1, 0(t0); fence.i
      addi a2, a2, 1; li t2, 2; bne a2, t2, 1b`, 23);
    expect(model.register('a0')).toBe(65);
  });

  it('sees a store to the second half of an instruction that crosses a page', () => {
    const model = new GoldenModel({ ramBytes: 8192 });
    const put = (address: number, value: number): void => model.write(address, new Uint8Array(new Uint32Array([value]).buffer));
    const at = RAM_BASE + 4094;
    for (const imm of [1, 1029]) {
      put(at, encode(RISCV.addi, { rd: 10, rs1: 0, imm }));
      model.pc = at;
      model.step();
      expect(model.register('a0')).toBe(imm);
    }
    model.setRegister('t0', at);
    model.setRegister('t1', (encode(RISCV.addi, { rd: 10, rs1: 0, imm: 77 }) >>> 16));
    put(RAM_BASE, encode(RISCV.sh, { rs1: 5, rs2: 6, imm: 2 }));
    model.pc = RAM_BASE;
    model.step();
    model.pc = at;
    model.step();
    expect(model.register('a0')).toBe(77);
  });
});

describe('any bytes at all', () => {
  it('run without a fault of the model, and alike whether stepped or run', () => {
    const registers = fc.array(word, { minLength: 31, maxLength: 31 });
    checkProperty(fc.property(fc.uint8Array({ minLength: 64, maxLength: 512 }), registers, (bytes, values) => {
      const [ran, stepped] = [0, 1].map(() => {
        const model = new GoldenModel({ ramBytes: 4096 });
        model.write(RAM_BASE, bytes);
        model.setCsr('mtvec', RAM_BASE + 32);
        values.forEach((value, i) => model.setRegister(i + 1, i % 2 ? value : RAM_BASE + (value & 1023)));
        return model;
      }) as [GoldenModel, GoldenModel];
      const { stopped } = ran.run(200);
      for (let i = 0; i < 200; i++) stepped.step();
      if (stopped === 'stuck') return;
      const state = (model: GoldenModel): number[] => [model.pc, model.instret, model.csr('mepc'), model.csr('mcause')];
      expect(state(stepped)).toEqual(state(ran));
      const registersOf = (model: GoldenModel): number[] => Array.from({ length: 31 }, (_, i) => model.register(i + 1));
      expect(registersOf(stepped)).toEqual(registersOf(ran));
      expectSame(stepped.read(RAM_BASE, 4096), ran.read(RAM_BASE, 4096), 'memory');
    }), { runs: 300 });
  });
});

describe('extensions that are switched off', () => {
  it.each([
    ['m', 'mul a0, a0, a0'], ['m', 'remu a0, a0, a0'], ['zba', 'sh2add a0, a0, a0'],
    ['zbb', 'rev8 a0, a0'], ['zbb', 'zext.h a0, a0'], ['zbs', 'bexti a0, a0, 1'],
  ] as const)('%s: %s is illegal', (extension, source) => {
    expect(stepSource(source, 1).results[0]).toMatchObject({ kind: 'retired' });
    expect(stepSource(source, 1, { isa: { [extension]: false } }).results[0]).toMatchObject({ kind: 'trap', cause: 2, interrupt: false });
  });

  it('c: a 16-bit instruction is illegal, and reported with the whole word', () => {
    const source = '.half 0x0505, 0x1234';
    const [first] = stepSource(source, 1).results;
    expect(first).toMatchObject({ kind: 'retired', word: 0x0505, length: 2, rd: 10, value: 1, nextPc: RAM_BASE + 2 });
    const [trap] = stepSource(source, 1, { isa: { c: false } }).results;
    expect(trap).toMatchObject({ kind: 'trap', cause: 2, tval: 0x1234_0505, word: 0x1234_0505 });
  });

  it('tensor: without a unit its instructions are illegal; with one, unknown encodings are', () => {
    const sizes = { rows: 4, columns: 4, scratchpadRows: 8, accumulatorRows: 8, channels: 8 };
    const tensor = { ...sizes, busBytes: 8, queueDepth: 2, vectorLanes: 4, counters: 12, ...NO_FEATURES };
    expect(stepSource('tn.poll a0', 1).results[0]).toMatchObject({ kind: 'trap', cause: 2, tval: 0x0000_250b });
    expect(stepSource('tn.poll a0', 1, { tensor }).results[0]).toMatchObject({ kind: 'retired', rd: 10, value: 0 });
    expect(stepSource('.word 0x0000550b', 1, { tensor }).results[0]).toMatchObject({ kind: 'trap', cause: 2, tval: 0x0000_550b });
    expect(stepSource('.word 0x0200250b', 1, { tensor }).results[0]).toMatchObject({ kind: 'trap', cause: 2 });
  });
});
