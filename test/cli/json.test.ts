/** What every verb prints with `--json`: names from one table, values of the kind that it says, the configuration, nothing that is null. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CONFIG_NAMES, JSON_FIELDS, isConfigKey, jsonManual } from '../../cli/json-fields.ts';
import type { Field, FieldKind } from '../../cli/json-fields.ts';
import { VERSION } from '../../cli/version.ts';
import type * as exploration from '../../explore/index.ts';
import type { CoreFpgaFigures } from '../../fpga/core-figures.ts';
import type { BitstreamResult } from '../../fpga/flow.ts';
import { CORE_PRESETS } from '../../hw/core/config.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { YOSYS, fakeMeasure, sweepFile } from '../explore/fakes.ts';
import { FINISH, elfBytes } from '../sim/debug/programs.ts';
import { systole, withFolder } from './command-line.ts';

const MODEL = 'models/mnist-fc.gguf';
const hasCompiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const IS: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  count: (value) => Number.isSafeInteger(value),
  number: (value) => Number.isFinite(value),
  share: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  text: (value) => typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  list: (value) => Array.isArray(value),
  object: isObject,
  map: isObject,
};

/** What is wrong with the names and values of an object. */
function faultsOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => (isObject(item) ? faultsOf(item, `${path}[${i}]`) : []));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = `${path}.${name}`;
    if (!Object.hasOwn(JSON_FIELDS, name)) return [`${at}: not in the table`];
    const { kind } = (JSON_FIELDS as Readonly<Record<string, Field>>)[name];
    if (!IS[kind](inner)) return [`${at}: ${JSON.stringify(inner)} is no ${kind}`];
    if (name === 'config') return configFaults(inner, '');
    return kind === 'map' ? [] : faultsOf(inner, at);
  });
}

function configFaults(value: unknown, path: string): string[] {
  if (!isObject(value)) return value === null || isConfigKey(path) || Object.hasOwn(CONFIG_NAMES, path) ? [] : [`config.${path}: neither a key nor in the table`];
  return Object.entries(value).flatMap(([name, inner]) => configFaults(inner, path === '' ? name : `${path}.${name}`));
}

/** Runs a verb and looks at all that it prints. */
async function json(verb: string, ...args: string[]): Promise<Json> {
  const { stdout, stderr } = await systole(...verb.split(' '), ...args, '--json');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
  expect(stdout).not.toContain('null');
  const result = JSON.parse(stdout) as Json;
  expect(result).toMatchObject({ verb, version: VERSION });
  expect(faultsOf(result, verb)).toEqual([]);
  return result;
}

afterEach(() => {
  for (const file of ['fpga/flow.ts', 'fpga/core-figures.ts', 'explore/index.ts', 'sim/run-core.ts', 'sw/train/train-mnist-fc.ts']) vi.doUnmock(`../../${file}`);
});

describe('docs/json.md', () => {
  it('is the table', () => {
    expect(readFileSync(fileURLToPath(new URL('../../docs/json.md', import.meta.url)), 'utf8')).toBe(jsonManual());
  });
});

describe('--json of', () => {
  it('gen', async () => {
    await withFolder(async (folder) => {
      expect(await json('gen', '--config', 'nano', '--out', folder)).toMatchObject({ config: loadConfig('nano'), top: 'Chip', counts: { modules: expect.any(Number) } });
    });
  });

  it('design, and its dump', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'wire.ts');
      const language = JSON.stringify(fileURLToPath(new URL('../../gen/index.ts', import.meta.url)));
      writeFileSync(file, `import { B, In, Out, hw } from ${language};\nexport const Wire = hw('Wire', { a: In(B), b: Out(B) }, (_m, io) => void (io.b = io.a));\n`);
      const sources = { 'Wire.sv': expect.stringContaining('module Wire (') };
      expect(await json('design', file)).toMatchObject({ top: 'Wire', counts: { modules: 1, registerBits: 0 }, sources });
      expect(await json('design', file, '--dump', 'after:share')).toMatchObject({ top: 'Wire', dump: 'module Wire\n  input a: Bool\n  output b: Bool\n  b = a\n' });
      expect(await json('design', file, '--out', join(folder, 'out'))).toMatchObject({ files: ['Wire.sv', 'filelist.f'].map((name) => join(folder, 'out', name)) });
    });
  });

  it('mnist, with cycles and without', async () => {
    const { config, accuracy, floatAccuracy, cycles } = await json('mnist', '--images', '2', '--config', 'edge');
    expect({ config, accuracy, floatAccuracy }).toEqual({ config: loadConfig('edge'), accuracy: 1, floatAccuracy: 1 });
    expect(cycles).toBeGreaterThan(2 * 397_000 / 64);
    const timeless = await json('mnist', '--images', '2', '--engine', 'model');
    for (const name of ['cycles', 'cyclesPerImage', 'utilization', 'cyclesPerSecond']) expect(timeless).not.toHaveProperty(name);
  });

  it('mnist, and says of a model from elsewhere that it may know the digits', async () => {
    await withFolder(async (folder) => {
      const copy = join(folder, 'copy.gguf');
      writeFileSync(copy, readFileSync(MODEL));
      expect(await json('mnist', '--images', '1', '--engine', 'model', '--model', copy)).toMatchObject({ trainedOn: 'none' });
      const other = readFileSync(MODEL);
      other[other.length - 1] ^= 1;
      writeFileSync(copy, other);
      expect(await json('mnist', '--images', '1', '--engine', 'model', '--model', copy)).toMatchObject({ trainedOn: 'unknown', model: copy });
      const { stdout } = await systole('mnist', '--images', '1', '--engine', 'model', '--model', copy);
      expect(stdout).toMatch(/^digits +1 held out of Systole's training; whether this model was trained on them is not known$/m);
    });
  });

  it('compile, and sim of what it writes', async () => {
    await withFolder(async (folder) => {
      const elf = join(folder, 'mnist.elf');
      expect(await json('compile', MODEL, '-o', elf)).toMatchObject({ config: loadConfig('base'), model: MODEL, files: [elf], batch: 1 });
      const run = await json('sim', '--elf', elf, '--engine', 'model');
      expect(run).toMatchObject({ config: loadConfig('base'), elf, exit: 0, stopped: 'tohost', files: [], instructions: expect.any(Number) });
      for (const name of ['cycles', 'cyclesPerSecond']) expect(run).not.toHaveProperty(name);
    });
  });

  it('sim, of a program that passes, one that crashes, and one that does not end', async () => {
    await withFolder(async (folder) => {
      const elf = join(folder, 'a.elf');
      const sim = async (code: string, ...more: string[]): Promise<Json> => {
        writeFileSync(elf, elfBytes(code));
        const { stdout } = await systole('sim', '--elf', elf, '--config', 'nano', ...more, '--json');
        expect(stdout).not.toContain('null');
        expect(faultsOf(JSON.parse(stdout), 'sim')).toEqual([]);
        return JSON.parse(stdout) as Json;
      };
      const log = join(folder, 'a.log');
      expect(await sim(`li a0, 1\n${FINISH}`, '--trace', log)).toMatchObject({ exit: 0, cycles: expect.any(Number), instructions: expect.any(Number), files: [log] });
      const crashed = await sim('lw a0, 0(zero)');
      expect(crashed).toMatchObject({ stopped: 'stuck', crash: { reason: 'stuck', cause: 5 } });
      expect(crashed).not.toHaveProperty('exit');
      expect(await sim('a: j a', '--max-cycles', '100')).toMatchObject({ stopped: 'limit', cycles: 100, crash: { reason: 'limit' } });
    });
  });

  it('bench gemm', async () => {
    expect(await json('bench gemm', '--shapes', '4x4x4', '--config', 'nano')).toMatchObject({
      config: loadConfig('nano'), engine: 'wasm', result: 'int8', shapes: [{ m: 4, n: 4, k: 4, macs: 64, cycles: expect.any(Number) }],
    });
    const { shapes } = await json('bench gemm', '--shapes', '4x4x4', '--engine', 'model') as { shapes: readonly Json[] };
    expect(shapes[0]).not.toHaveProperty('cycles');
    expect(shapes[0]).not.toHaveProperty('utilization');
  });

  it('bench layers', async () => {
    const { networks } = await json('bench layers', '--networks', 'ad01', '--engine', 'model') as { networks: readonly { layers: readonly Json[] }[] };
    expect(networks).toMatchObject([{ name: 'ad01', macs: 264_192, idealCycles: 4128 }]);
    expect(networks[0].layers).toHaveLength(10);
    expect(networks[0].layers[0]).toMatchObject({ name: 'dense1', operation: 'dense', shape: '640 → 128', macs: 81_920, bound: 'bus' });
    expect(networks[0].layers[0]).not.toHaveProperty('cycles');
    const refused = await systole('bench', 'layers', '--networks', 'ad01,ad01');
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('--networks ad01,ad01: names ad01 twice; name each once') });
  });

  it('bench gen', async () => {
    expect(await json('bench gen', '--only', 'chain, wide word', '--percent', '1')).toMatchObject({ constructs: [
      { name: 'chain', size: 1000, unit: 'operations', elaborateSeconds: expect.any(Number), ratioToHalf: expect.any(Number) }, { name: 'wide word', size: 41 },
    ] });
  });

  it('bench core of a program, on an FPGA and on both engines', async () => {
    const figures: CoreFpgaFigures = {
      core: { luts: 1, flipFlops: 2, carries: 3, bram: 4, cells: 5 }, systemCells: 6, clocks: [{ seed: 1, fmaxMHz: 20 }], bestMHz: 20,
    };
    vi.doMock('../../fpga/core-figures.ts', () => ({ coreFpgaFigures: () => Promise.resolve(figures) }));
    const ended = { exit: 0, cycles: 100, instret: 50, seconds: 5, marks: [], text: '' };
    const openCoreBench = (_: unknown, engine: string): Promise<unknown> =>
      Promise.resolve({ engine, run: () => ended, close: () => undefined });
    vi.doMock('../../sim/run-core.ts', () => ({ openCoreBench, checkCoreProgram: () => undefined }));
    await withFolder(async (folder) => {
      const elf = join(folder, 'a.elf');
      writeFileSync(elf, elfBytes('nop'));
      // The kernels are built for the engines' sake.
      const engines = hasCompiler ? ['--engines'] : [];
      const run = await json('bench core', '--elf', elf, '--core', 'small', '--fpga', ...engines);
      const [core] = run.cores as readonly Json[];
      expect(core).toMatchObject({
        name: 'small', config: { core: CORE_PRESETS.small }, program: { elf, exit: 0, cycles: 100, instructions: 50, ipc: 0.5 },
        fpga: {
          cells: { lut: 1, ff: 2, carry: 3, bram: 4, logicCells: 5 }, system: { cells: { logicCells: 6 } },
          clocks: [{ seed: 1, fmaxHz: 20e6 }], fmaxHz: 20e6,
        },
        ...(hasCompiler ? { engines: { wasm: { cyclesPerSecond: 20 }, verilator: { cyclesPerSecond: 20 }, ratio: 1 } } : {}),
      });
    });
  });

  it.runIf(hasCompiler)('bench core of kernels, on the core of a chip', async () => {
    const { config, kernels, interrupt } = await json('bench core', '--config', 'nano') as { config: unknown; kernels: readonly Json[]; interrupt: Json };
    expect(config).toEqual(loadConfig('nano'));
    expect(Object.keys(kernels[0])).toEqual(['name', 'cycles', 'instructions', 'ipc']);
    expect(interrupt).toMatchObject({ entry: { min: expect.any(Number) } });
  });

  it('train', async () => {
    vi.doMock('../../sw/train/train-mnist-fc.ts', () => ({
      trainMnistFc: () => ({ heldOutCount: 1500, heldOutCorrect: 1470, content: { keyValues: [], tensors: [] } }),
    }));
    await withFolder(async (folder) => {
      const out = join(folder, 'a.gguf');
      expect(await json('train', '--epochs', '1', '--out', out)).toMatchObject({ floatAccuracy: 0.98, images: 1500, epochs: 1, seed: 1, files: [out] });
    });
  });

  it('fpga', async () => {
    const made: BitstreamResult = {
      board: 'icebreaker', cells: 3657, dsp: 8, bram: 29, spram: 4, fmaxMHz: 12.43, clockMHz: 12, bitstream: 'build/fpga/nano.bin', bytes: 104_090,
    };
    vi.doMock('../../fpga/flow.ts', () => ({ buildBitstream: () => Promise.resolve(made) }));
    expect(await json('fpga', '--board', 'icebreaker')).toMatchObject({
      config: loadConfig('nano'), board: 'icebreaker', cells: { logicCells: 3657, dsp: 8, bram: 29, spram: 4 }, fmaxHz: 12.43e6, clockHz: 12e6, bitstreamBytes: 104_090,
    });
  });

  it('explore, with a point that fails and an objective without a value', async () => {
    const real = await vi.importActual<typeof exploration>('../../explore/index.ts');
    const findTool = (): Promise<typeof YOSYS> => Promise.resolve(YOSYS);
    const runSweep: typeof real.runSweep = (file, options) => real.runSweep(file, { ...options, measure: fakeMeasure, findTool });
    vi.doMock('../../explore/index.ts', () => ({ ...real, runSweep }));
    const sweep = sweepFile('name = "two"\nbase = "nano"\n[[point]]\nname = "good"\n[[point]]\nname = "bad"\n[report]\nnone = "1 / (rows - rows)"\narea = "lut"\n');
    await withFolder(async (folder) => {
      const { points, failedPoints } = await json('explore', sweep, '--out', folder) as { points: readonly Json[]; failedPoints: number };
      expect(failedPoints).toBe(1);
      expect(points[0]).toMatchObject({ name: 'good', config: { tensor: { rows: 4 } }, cells: { lut: expect.any(Number) }, onFront: true });
      expect(Object.keys(points[0].objectives as Json)).toEqual(['area']);
      expect(points[1]).toMatchObject({ name: 'bad', error: 'the network does not fit' });
      expect(faultsOf(JSON.parse(readFileSync(join(folder, 'points.json'), 'utf8')), 'points.json')).toEqual([]);
    });
  });
});
