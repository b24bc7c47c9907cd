/** Memories with initial contents: in the module if they are small, else in a file that every tool reads from any folder. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { In, Out, U, elaborate, hw } from '../../../gen/index.ts';
import type { ModuleDef, PortMap } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { createVerilatorSimulator, missingTools } from '../../../sim/verilator/index.ts';
import { IS_LONG } from '../../support/effort.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';

const word = (i: number): bigint => BigInt((i * 2654435761) % 2 ** 32) & 0x1fffffn;

/** 21-bit words; the last tenth of them has no contents. */
function rom(depth: number): ModuleDef<PortMap> {
  const bits = Math.max(1, Math.ceil(Math.log2(depth)));
  return hw('Rom', { addr: In(U(bits)), data: Out(U(21)) }, (m, io) => {
    const words = m.mem('words', U(21), depth, { init: Array.from({ length: Math.ceil(depth * 0.9) }, (_, i) => word(i)) });
    io.data = words.readSync('fetched', io.addr);
  });
}

const expected = (depth: number, i: number): bigint => (i < Math.ceil(depth * 0.9) ? word(i) : 0n);

const testbench = (depth: number, addresses: readonly number[]): string => {
  const bits = Math.ceil(Math.log2(depth));
  return `module tb;
  logic clk = 0, rst = 0;
  logic [${bits - 1}:0] addr;
  logic [20:0] data;
  Rom dut (.clk(clk), .rst(rst), .addr(addr), .data(data));
  initial begin
${addresses.map((a) => `    addr = ${a}; #1 clk = 1; #1 clk = 0; $display("%0d", data);`).join('\n')}
    $finish;
  end
endmodule
`;
};

const LARGE = 2000;
const ADDRESSES = [0, 1, 63, 64, 1799, 1800, 1999];
const WORDS = ADDRESSES.map((a) => String(expected(LARGE, a)));

describe('the contents of a memory', () => {
  it('stand in the module up to 64 words, and in a file of their own beyond', () => {
    const [small] = printDesign(elaborate(rom(64)));
    expect(small.data).toBeUndefined();
    expect(small.text).toContain(`words[1] = 21'h${word(1).toString(16)};`);
    const [large] = printDesign(elaborate(rom(65)));
    expect(large.data?.map((f) => f.name)).toEqual(['Rom.words.hex']);
    expect(large.text).toContain('initial $readmemh({`SYSTOLE_DATA, "Rom.words.hex"}, words);');
    const lines = large.data?.[0].text.trimEnd().split('\n') ?? [];
    expect(lines.map((l) => BigInt(`0x${l}`))).toEqual(Array.from({ length: 65 }, (_, i) => expected(65, i)));
    expect(new Set(lines.map((l) => l.length))).toEqual(new Set([6]));
  });

  it('have files of their own for memories whose names differ in case, on every file system', () => {
    const Two = hw('Two', { addr: In(U(7)), a: Out(U(8)), b: Out(U(8)) }, (m, io) => {
      io.a = m.mem('rom', U(8), 100, { init: [1n] }).read(io.addr);
      io.b = m.mem('Rom', U(8), 100, { init: [2n] }).read(io.addr);
    });
    const names = printDesign(elaborate(Two)).flatMap((f) => f.data ?? []).map((f) => f.name);
    expect(names).toEqual(['Two.rom.hex', 'Two.Rom_2.hex']);
  });

  it('are what the built-in engine reads', () => {
    const s = createWasmSimulator(elaborate(rom(LARGE)));
    for (const a of ADDRESSES) {
      s.poke('addr', a);
      s.step();
      expect(s.peek('data')).toBe(expected(LARGE, a));
    }
  });

  it.runIf(IS_LONG && missingTools() === undefined)('are what the Verilator engine reads, from whichever folder', async () => {
    const s = await createVerilatorSimulator(elaborate(rom(LARGE)), { onProgress: () => undefined });
    const here = process.cwd();
    for (const a of ADDRESSES) {
      s.poke('addr', a);
      s.step();
      expect(s.peek('data')).toBe(expected(LARGE, a));
    }
    s.close();
    process.chdir('/');
    try {
      const again = await createVerilatorSimulator(elaborate(rom(LARGE)), { onProgress: () => undefined });
      again.poke('addr', 63);
      again.step();
      expect(again.peek('data')).toBe(expected(LARGE, 63));
      again.close();
    } finally {
      process.chdir(here);
    }
  });

  it.runIf(has('iverilog'))('are what Icarus reads in the folder of the files', () => {
    expect(simulate(printDesign(elaborate(rom(LARGE))), testbench(LARGE, ADDRESSES))).toEqual(WORDS);
  });

  it.runIf(has('iverilog'))('are what Icarus reads in another folder, when it is told where they are', () => {
    const files = printDesign(elaborate(rom(LARGE)));
    const elsewhere = mkdtempSync(join(tmpdir(), 'systole-elsewhere-'));
    try {
      inDirectory(files, (dir) => {
        writeFileSync(join(elsewhere, 'Tb.sv'), testbench(LARGE, ADDRESSES));
        execFileSync('iverilog', ['-g2012', `-DSYSTOLE_DATA="${dir}/"`, '-s', 'tb', '-o', 'tb.vvp', join(dir, 'Rom.sv'), 'Tb.sv'], { cwd: elsewhere });
        const lines = execFileSync('vvp', ['-n', 'tb.vvp'], { cwd: elsewhere, encoding: 'utf8' }).trim().split('\n');
        expect(lines).toEqual(WORDS);
      });
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  it.runIf(has('iverilog') && has('yosys'))('are still there after synthesis by Yosys', () => {
    expect(simulate([throughYosys(printDesign(elaborate(rom(LARGE))))], testbench(LARGE, ADDRESSES))).toEqual(WORDS);
  });

  it.runIf(has('yosys'))('keep Yosys busy for seconds, not minutes, at 8,192 words, and please all tools', () => {
    const files = printDesign(elaborate(rom(8192)));
    inDirectory(files, (dir) => {
      expect(checkWithYosys(dir, files, 'Rom')).toBe('');
      if (has('verilator')) expect(lintWithVerilator(dir, files, 'Rom')).toBe('');
      if (has('iverilog')) expect(compileWithIcarus(dir, files, 'Rom')).toBe('');
    });
  }, 30_000);
});
