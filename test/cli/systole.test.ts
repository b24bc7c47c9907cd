import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseElf } from '../../sim/elf.ts';
import { systole, withFolder } from './command-line.ts';

const MODEL = 'models/mnist-fc.gguf';
const BASE = 'configs/base.toml';

/** Runs with bad input: status 2, nothing on stdout, one line on stderr. */
async function refusal(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await systole(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^systole: [^\n]+\n$/);
  return stderr.slice('systole: '.length).trimEnd();
}

describe('bad input', () => {
  it('is told in one line with exit status 2', async () => {
    await withFolder(async (folder) => {
      const write = (name: string, content: string | Uint8Array): string => {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      };
      const badKey = write('bad.toml', `${readFileSync(BASE, 'utf8')}\n[nonsense]\nx = 1\n`);
      expect(await refusal('compile', MODEL, '-o', join(folder, 'x.elf'), '--config', badKey)).toMatch(/bad\.toml.*nonsense: unknown section/);
      const truncated = write('cut.gguf', readFileSync(MODEL).subarray(0, 1000));
      expect(await refusal('mnist', '--model', truncated, '--engine', 'model')).toContain('cut.gguf');
      const model = readFileSync(MODEL);
      const foreign = write('foreign.gguf', Buffer.from(model.toString('latin1').replace('mnist-fc', 'mnist-xx'), 'latin1'));
      expect(await refusal('compile', foreign, '-o', join(folder, 'x.elf'))).toContain('unknown architecture "mnist-xx"; known are: mnist-fc');
      const elf64 = new Uint8Array(64);
      elf64.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
      expect(await refusal('sim', '--elf', write('rv64.elf', elf64), '--engine', 'model')).toContain('rv64.elf: a 64-bit ELF; the core is RV32');
      expect(existsSync(join(folder, 'x.elf'))).toBe(false);
    });
    expect(await refusal('sim', '--elf', 'nowhere.elf')).toBe('nowhere.elf: does not exist; give a linked RISC-V program');
    expect(await refusal('mnist', '--model', 'nowhere.gguf', '--engine', 'model')).toContain('nowhere.gguf');
    expect(await refusal('mnist', '--config', 'nowhere.toml')).toContain('nowhere.toml: does not exist');
    expect(await refusal('bench', 'gemm', '--shapes', '4x4x4,100000x100000x100000', '--engine', 'model')).toMatch(/^shape "100000x100000x100000": operands and result take/);
    expect(await refusal('bench', 'gemm', '--shapes', '4x4', '--engine', 'model')).toContain('shape "4x4": is not MxNxK');
  });
});

describe('gen', () => {
  it('writes sources, file list, header, manual and summary', async () => {
    await withFolder(async (folder) => {
      const { stdout, status } = await systole('gen', '--config', 'nano', '--out', folder, '--json');
      expect(status).toBe(0);
      const result: unknown = JSON.parse(stdout);
      expect(result).toMatchObject({ top: 'Chip', config: { name: 'nano', tensor: { rows: 4 } } });
      const names = readdirSync(folder);
      expect(names).toEqual(expect.arrayContaining(['Chip.sv', 'filelist.f', 'design.json', 'systole.h', 'isa.md']));
      expect(names.some((name) => name.endsWith('.tmp'))).toBe(false);
      const list = readFileSync(join(folder, 'filelist.f'), 'utf8').trimEnd().split('\n');
      expect(list).toEqual(expect.arrayContaining(names.filter((name) => name.endsWith('.sv'))));
      expect(readFileSync(join(folder, 'systole.h'), 'utf8')).toContain('#define SYSTOLE_CHIP_ROWS 4u');
      expect(readFileSync(join(folder, 'isa.md'), 'utf8')).toContain('`tn.mm rs1, rs2`');
      const summary = JSON.parse(readFileSync(join(folder, 'design.json'),
        'utf8')) as { counts: { modules: number }; modules: { name: string; count: number }[] };
      expect(summary.counts.modules).toBe(summary.modules.length);
      expect(summary.modules.find(({ name }) => name === 'Chip')?.count).toBe(1);
      expect(Math.min(...summary.modules.map(({ count }) => count))).toBeGreaterThan(0);
    });
  });
});

describe('gen over another chip', () => {
  it('leaves no module of it, and what the user has put there', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'mine.sv'), 'module mine; endmodule\n');
      await systole('gen', '--out', folder);
      const former = readdirSync(folder);
      const other = join(folder, 'other');
      await systole('gen', '--config', 'nano', '--out', other);
      await systole('gen', '--config', 'nano', '--out', folder);
      const names = readdirSync(other);
      expect(names).not.toEqual(expect.arrayContaining(former.filter((name) => name !== 'mine.sv')));
      expect(readdirSync(folder).sort()).toEqual([...names, 'mine.sv', 'other'].sort());
    });
  });
});

describe('mnist', () => {
  it('tells what a batch larger than the images costs, and names models by the way from here', async () => {
    const { stdout } = await systole('mnist', '--engine', 'model', '--images', '20', '--batch', '1000');
    expect(stdout).toMatch(/^batch +1,000 images a run; blank ones in the last run: 980, and their cycles count$/m);
    const json = JSON.parse((await systole('mnist', '--engine', 'model', '--images', '1', '--json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ model: 'models/mnist-fc.gguf', config: { file: 'configs/base.toml' } });
  });

  it('recognises digits on the model and says so in one JSON object', async () => {
    const { stdout, stderr, status } = await systole('mnist', '--engine', 'model', '--images', '20', '--json');
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ images: 20, macs: 7_940_000, engine: 'model', split: { heldOut: 20, training: 0 }, trainedOn: 'none' });
    for (const name of ['cycles', 'cyclesPerImage', 'cyclesPerSecond', 'utilization']) expect(result).not.toHaveProperty(name);
    expect(result.accuracy).toBeGreaterThan(0.9);
    expect(result.agreement).toBeGreaterThan(0.9);
    expect(stderr).toBe('');
  });
});

describe('compile', () => {
  it('writes an executable and reports on every layer', async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'mnist.elf');
      const { stdout } = await systole('compile', MODEL, '-o', out, '--batch', '10', '--json');
      const result = JSON.parse(stdout) as { layers: { name: string }[]; macs: number; symbols: Record<string, number> };
      expect(result.layers.map(({ name }) => name)).toEqual(['fc1', 'logits']);
      expect(result.macs).toBe(3_970_000);
      expect(parseElf(readFileSync(out)).symbols.get('input')).toBe(result.symbols.input);
      expect((await systole('sim', '--elf', out, '--engine', 'model')).status).toBe(0);
      // A program for another chip fails, and that is no bad input.
      expect((await systole('sim', '--elf', out, '--engine', 'model', '--config', 'edge')).status).toBe(1);
    });
  });
});

describe('bench gemm', () => {
  it('lists shapes with their figures', async () => {
    const { stdout } = await systole('bench', 'gemm', '--engine', 'model', '--shapes', '4x8x16,5x6x7', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ shapes: [{ m: 4, n: 8, k: 16 }, { m: 5, n: 6, k: 7 }] });
    expect(stdout).not.toContain('"cycles"');
    const text = (await systole('bench', 'gemm', '--engine', 'model', '--shapes', '4x8x16', '--config', 'nano')).stdout;
    expect(text).toMatch(/^chip +nano\nengine +model\nmesh +4 x 4\nresult +int8\n\n *M +N +K/);
  });

  it('measures cycles on the RTL', async () => {
    const { stdout } = await systole('bench', 'gemm', '--shapes', '8x8x8', '--json', '--config', 'nano');
    const { shapes } = JSON.parse(stdout) as { shapes: { cycles: number; utilization: number }[] };
    expect(shapes[0].cycles).toBeGreaterThan(32);
    expect(shapes[0].utilization).toBeCloseTo(32 / shapes[0].cycles);
  });
});
