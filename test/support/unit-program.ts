/**
 * Random straight-line programs that mix the instructions of `StreamUnit` with the core's own, and what they compute: for cores
 * whose unit works beside them, where the golden model knows nothing of the unit.
 */
import { expect } from 'vitest';
import { encode } from '../../hw/isa/encoding.ts';
import { PRIVILEGED, RV32I, ZICSR } from '../../hw/isa/riscv.ts';
import { CSR } from '../../hw/isa/csr.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { Random } from '../../sw/data/random.ts';
import { reset } from './core-runner.ts';
import { STREAM_UNIT } from './stream-unit.ts';

export const RAM_WORDS = 4096;
const { lui, addi, add, xor, lw, sw, beq, jal } = RV32I;
/** Registers of the random program; x1 points to its data, x2 is its handler's. */
const FIRST = 3;
const LAST = 15;
const DATA = RAM_BASE + 0x2000;
const HANDLER = 0x100;
const START = 0x200;

export interface UnitProgram {
  readonly image: Uint32Array;
  /** Values of x0…x15 in the end. */
  readonly registers: readonly number[];
  readonly traps: number;
}

/** Straight-line code of about `length` instructions that mixes the unit's instructions with the core's own, and what it computes. */
export function randomUnitProgram(seed: number, length: number): UnitProgram {
  const random = new Random(seed);
  const below = (n: number): number => random.uint32() % n;
  const x = new Array<number>(16).fill(0);
  const memory = new Array<number>(16).fill(0);
  let sum = 0;
  let traps = 0;
  const code: number[] = [encode(lui, { rd: 1, imm: DATA })];
  x[1] = DATA | 0;
  // The registers keep what they held before the reset.
  for (let i = FIRST; i <= LAST; i++) code.push(encode(addi, { rd: i, rs1: 0, imm: 0 }));
  const set = (rd: number, value: number): void => {
    x[rd] = rd === 0 ? 0 : value | 0;
  };
  for (let i = 0; i < length; i++) {
    // Few registers, so that most instructions depend on one of the last ones.
    const any = (): number => FIRST + below(below(2) ? 3 : LAST - FIRST + 1);
    const [rd, rs1, rs2] = [below(12) ? any() : 0, any(), any()];
    const imm = below(4096) - 2048;
    const place = below(16);
    switch (below(11)) {
      case 0: case 1: case 2:
        code.push(encode(STREAM_UNIT.product, { rd, rs1, rs2 }));
        set(rd, Math.imul(x[rs1], x[rs2]));
        break;
      case 3:
        code.push(encode(STREAM_UNIT.note, { rd, rs1, rs2 }));
        sum = (sum + x[rs1] + x[rs2]) | 0;
        break;
      case 4:
        code.push(encode(STREAM_UNIT.sum, { rd }));
        set(rd, sum);
        break;
      case 5:
        code.push(encode(addi, { rd, rs1, imm }));
        set(rd, x[rs1] + imm);
        break;
      case 6:
        code.push(encode(add, { rd, rs1, rs2 }));
        set(rd, x[rs1] + x[rs2]);
        break;
      case 7:
        code.push(encode(xor, { rd, rs1, rs2 }));
        set(rd, x[rs1] ^ x[rs2]);
        break;
      case 8:
        code.push(encode(lw, { rd, rs1: 1, imm: 4 * place }));
        set(rd, memory[place]);
        break;
      case 9:
        code.push(encode(sw, { rs1: 1, rs2, imm: 4 * place }));
        memory[place] = x[rs2];
        break;
      case 10:
        // The unit refuses funct3 = 7: the handler goes on behind it.
        if (below(3) === 0) {
          code.push((encode(STREAM_UNIT.product, { rd, rs1, rs2 }) | 0x7000) >>> 0);
          traps++;
        } else {
          code.push(encode(beq, { rs1, rs2, imm: 8 }), encode(addi, { rd, rs1, imm }));
          if (x[rs1] !== x[rs2]) set(rd, x[rs1] + imm);
        }
    }
  }
  // Every register to memory, then the end.
  for (let i = FIRST; i <= LAST; i++) code.push(encode(sw, { rs1: 1, rs2: i, imm: 0x100 + 4 * i }));
  code.push(encode(addi, { rd: 3, rs1: 0, imm: 1 }), encode(sw, { rs1: 1, rs2: 3, imm: END - DATA }));
  const image = new Uint32Array(RAM_WORDS);
  image.set([
    encode(lui, { rd: 2, imm: RAM_BASE }), encode(addi, { rd: 2, rs1: 2, imm: HANDLER }),
    encode(ZICSR.csrrw, { rd: 0, imm: CSR.mtvec.address, rs1: 2 }), encode(jal, { rd: 0, imm: START - 12 }),
  ]);
  image.set([
    encode(ZICSR.csrrs, { rd: 2, imm: CSR.mepc.address, rs1: 0 }), encode(addi, { rd: 2, rs1: 2, imm: 4 }),
    encode(ZICSR.csrrw, { rd: 0, imm: CSR.mepc.address, rs1: 2 }), encode(PRIVILEGED.mret, {}),
  ], HANDLER / 4);
  code.push(encode(jal, { rd: 0, imm: 0 }));
  image.set(code, START / 4);
  return { image, registers: x, traps };
}

/** Where the program writes its end: within reach of x1. */
const END = DATA + 0x700;

/** Runs a program to its end and compares the registers. Returns the cycles. */
export function runUnitProgram(sim: Simulator, program: UnitProgram, seed: number): number {
  const ram = sim.memory('ram');
  ram.write(0, new Uint8Array(program.image.buffer));
  sim.poke('tohostAddress', END);
  reset(sim);
  const { cycles, stopped } = sim.runUntil('finished', 100_000);
  expect(stopped, `seed ${seed}: no end`).toBe(true);
  const saved = new Int32Array(ram.read(DATA - RAM_BASE + 0x100, 64).slice().buffer);
  for (let i = FIRST; i <= LAST; i++) {
    if (saved[i] !== program.registers[i]) throw new Error(`seed ${seed}: x${i} is ${saved[i]}, should be ${program.registers[i]}`);
  }
  return cycles;
}
