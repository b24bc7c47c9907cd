import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CoreSystem } from '../../fpga/core-system.ts';
import { elaborate } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { CORE_PRESETS } from '../../hw/core/config.ts';
import { encode } from '../../hw/isa/encoding.ts';
import { RV32I } from '../../hw/isa/riscv.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';

const hasVerilator = spawnSync('verilator', ['--version']).error === undefined;

describe('the core with memory, for figures on an FPGA', () => {
  const cores = { ...CORE_PRESETS, 'small with a debug port': { ...CORE_PRESETS.small, debug: true } };
  for (const [name, config] of Object.entries(cores)) {
    it(`runs a program on ${name}: from pins to pins by way of the memory`, () => {
      const sim = createWasmSimulator(elaborate(CoreSystem(config)));
      const { lui, lb, sb, addi, jal } = RV32I;
      const program = [
        encode(lui, { rd: 1, imm: 0x4000_0000 }), encode(lb, { rd: 2, rs1: 1, imm: 0 }), encode(addi, { rd: 2, rs1: 2, imm: 1 }),
        encode(sb, { rs1: 0, rs2: 2, imm: 0x700 }), encode(lb, { rd: 3, rs1: 0, imm: 0x700 }), encode(sb, { rs1: 1, rs2: 3, imm: 0 }),
        encode(jal, { rd: 0, imm: -20 }),
      ];
      sim.memory('ram').write(0, new Uint8Array(new Uint32Array(program).buffer));
      sim.poke('rst', 1);
      sim.step(2);
      sim.poke('rst', 0);
      for (const pins of [0x2c, 0x34]) {
        sim.poke('pinsIn', pins);
        sim.step(60);
        expect(sim.peek('pinsOut')).toBe(BigInt(pins + 1));
      }
    });

    it.skipIf(!hasVerilator)(`prints SystemVerilog without a warning of Verilator for ${name}`, () => {
      const directory = mkdtempSync(join(tmpdir(), 'systole-core-system-'));
      try {
        const files = printDesign(elaborate(CoreSystem(config))).map((f) => {
          writeFileSync(join(directory, f.name), f.text);
          return join(directory, f.name);
        });
        const { stderr } = spawnSync('verilator', ['--lint-only', '-Wall', '--top-module', 'CoreSystem', ...files], { encoding: 'utf8' });
        expect(stderr).toBe('');
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
});
