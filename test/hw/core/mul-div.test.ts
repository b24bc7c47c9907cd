import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { fastCore } from '../../../hw/core/config.ts';
import { GROUP } from '../../../hw/core/instruction-set.ts';
import { MulDiv } from '../../../hw/core/mul-div.ts';
import type { Instruction } from '../../../hw/isa/instruction.ts';
import { RV32M } from '../../../hw/isa/riscv.ts';
import { div, divu, mulh, mulhsu, mulhu, rem, remu } from '../../../sim/model/arithmetic.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { Random } from '../../../sw/data/random.ts';

const MEANING = { mul: Math.imul, mulh, mulhsu, mulhu, div, divu, rem, remu };
const CORNERS = [0, 1, 2, -1, -2, 0x7fff_ffff, -0x8000_0000, -0x7fff_ffff];

for (const multiplier of ['single', 'stepped', 'iterative'] as const) {
  describe(`with the ${multiplier} multiplier`, () => {
    const sim = createWasmSimulator(elaborate(MulDiv({ ...fastCore, multiplier })));
    const random = new Random(3);
    const compute = (i: Instruction, a: number, b: number): { result: number; cycles: number } => {
      const is = (group: readonly Instruction[]): number => (group.includes(i) ? 1 : 0);
      sim.poke('control_divide', is(GROUP.divide));
      sim.poke('control_upperResult', is(GROUP.upperResult));
      sim.poke('control_signedFirst', is(GROUP.signedFirst));
      sim.poke('control_signedSecond', is(GROUP.signedSecond));
      sim.poke('a', a >>> 0);
      sim.poke('b', b >>> 0);
      sim.poke('request', 1);
      const { cycles, stopped } = sim.runUntil('done', 100);
      expect(stopped).toBe(true);
      const result = Number(sim.peek('result')) | 0;
      sim.step();
      sim.poke('request', 0);
      sim.step(random.uint32() % 3);
      return { result, cycles: cycles + 1 };
    };
    for (const [name, meaning] of Object.entries(MEANING)) {
      it(`${name} is exact`, () => {
        sim.poke('rst', 1);
        sim.step();
        sim.poke('rst', 0);
        const values = [...CORNERS, ...Array.from({ length: 12 }, () => random.uint32() >> (random.uint32() % 32))];
        for (const a of values) {
          for (const b of values) {
            const { result, cycles } = compute(RV32M[name as keyof typeof RV32M], a, b);
            if (result !== (meaning(a, b) | 0)) throw new Error(`${name}(${a}, ${b}) is ${result}, should be ${meaning(a, b)}`);
            expect(cycles).toBeLessThanOrEqual(name.startsWith('mul') ? { single: 1, stepped: 4, iterative: 35 }[multiplier] : 35);
          }
        }
      });
    }
  });
}
