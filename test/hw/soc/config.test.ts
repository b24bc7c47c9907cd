import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../gen/index.ts';
import { smallCore } from '../../../hw/core/config.ts';
import { loadConfig, presetNames } from '../../../hw/soc/config-file.ts';
import { configKeys, parseConfig } from '../../../hw/soc/config.ts';

const GOOD = `[chip]
name = "test"
[bus]
bytes = 16
[tensor]
rows = 12
columns = 16
scratchpad = "4096 * rows"
accumulators = "64 KiB"
`;

/** The message for a configuration in which `from` has been replaced by `to`. */
function messageOf(from: string, to: string, text = GOOD): string {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  try {
    parseConfig(changed, 'x.toml');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error(`no error for ${to}`);
}

describe('the presets', () => {
  it('are nano, edge and base, and all are valid', () => {
    expect(presetNames()).toEqual(expect.arrayContaining(['base', 'edge', 'nano']));
    for (const name of presetNames()) expect(loadConfig(name).name).toBe(name);
  });

  it('have the sizes that they promise', () => {
    const sizes = ['nano', 'edge', 'base'].map((n) => {
      const { tensor: t, bus } = loadConfig(n);
      return [t.rows, t.columns, bus.bytes, t.scratchpadRows * t.rows, t.accumulatorRows * 4 * t.columns, t.busBytes];
    });
    expect(sizes).toEqual([[4, 4, 4, 4096, 4096, 4], [8, 8, 8, 65536, 16384, 8], [16, 16, 16, 262144, 65536, 16]]);
    expect(loadConfig('nano').core).toEqual(smallCore);
  });
});

describe('a configuration', () => {
  it('computes formulas over keys of its own and of other sections', () => {
    const config = parseConfig(`${GOOD}vectorLanes = "bus.bytes / 4"\nchannels = "vectorLanes * 2^6"\n[soc]\nclock = "12.5 MHz * 2"\n[simulation]\nram = "tensor.accumulators * 16"\n`, 'x.toml');
    expect(config.tensor).toMatchObject({ scratchpadRows: 4096, accumulatorRows: 1024, vectorLanes: 4, channels: 256 });
    expect(config.soc.clockHz).toBe(25e6);
    expect(config.simulation.ramBytes).toBe(2 ** 20);
  });

  it('has a default for most keys', () => {
    const config = parseConfig(GOOD, 'x.toml');
    expect(config.tensor).toMatchObject({ vectorLanes: 4, channels: 1024, requantiser: 'pipelined', counters: true });
    expect(config.soc).toEqual({
      clockHz: 100e6, instructionCacheBytes: 4096, instructionLineBytes: 16, instructionPrefetch: false, cacheableBytes: 2 ** 31,
      dataCacheBytes: 0, dataLineBytes: 32, dataCacheableBytes: 2 ** 26, uartQueue: 4,
    });
  });

  it('has lines of at least one beat', () => {
    const lines = (bus: number): number[] => {
      const { soc } = parseConfig(`${GOOD.replace('bytes = 16', `bytes = ${bus}`)}[soc]\ndataCache = "1 KiB"\n`, 'x.toml');
      return [soc.instructionLineBytes, soc.dataLineBytes];
    };
    expect([4, 16, 64].map(lines)).toEqual([[4, 32], [16, 32], [64, 64]]);
  });

  it('takes the core from a preset and changes what is given', () => {
    expect(parseConfig(`${GOOD}[core]\npreset = "small"\nm = true\n`, 'x.toml').core).toEqual({ ...smallCore, isa: { ...smallCore.isa, m: true } });
  });

  it.each<[string, string, string, string?]>([
    ['rows = 12', 'rwos = 12', 'x.toml:6: tensor.rwos: unknown key; did you mean rows?'],
    ['rows = 12', 'rows = 12\nclock = 1', 'x.toml:7: tensor.clock: unknown key; it belongs into section [soc]'],
    ['[tensor]', '[tensr]', 'x.toml:5: tensr: unknown section; did you mean tensor?'],
    ['[chip]\n', '', 'x.toml:1: name: unknown key; it belongs into section [chip]'],
    ['rows = 12', 'rows = 1', 'x.toml:6: tensor.rows: 1 is out of range; use 2 to 128'],
    ['rows = 12', 'rows = 12.5', 'x.toml:6: tensor.rows: 12.5 is not a whole number; change it'],
    ['rows = 12', 'rows = true', 'x.toml:6: tensor.rows: true is no count; write a number or a formula in quotes'],
    ['rows = 12', 'rows = "columns + x"', 'x.toml:6: tensor.rows: \'x\' is neither a key nor a unit; name a key of this section, or section.key'],
    ['rows = 12', 'rows = "12 B"', 'x.toml:6: tensor.rows: "12 B" is no count; give a count, such as 16 or "rows * columns"'],
    ['"64 KiB"', '"64 MHz"', 'x.toml:9: tensor.accumulators: "64 MHz" is no size; give a size, such as "64 KiB"'],
    ['"64 KiB"', '"1 GiB"', 'x.toml:9: tensor.accumulators: 1073741824 (1 GiB) is out of range; use 256 bytes to 2 MiB'],
    ['"64 KiB"', '"1 MiB"', 'x.toml:9: tensor.accumulators: accumulatorRows is 16384; use a whole number 4…4096'],
    ['"64 KiB"', '"import(1)"', 'x.toml:9: tensor.accumulators: function \'import\' is unknown; use abs, ceil, floor, gcd, round, log2, max, min, mod, sqrt'],
    ['"4096 * rows"', '"64 KiB"', 'x.toml:8: tensor.scratchpad: 65536 bytes are 5461.33 rows of 12 bytes; write "4096 * rows"'],
    ['bytes = 16', 'bytes = 12', 'x.toml:4: bus.bytes: 12 is not a power of two; use 8 or 16'],
    ['name = "test"', '', 'x.toml:1: chip.name: missing; add it (name of the chip in reports and files)'],
    ['name = "test"', 'name = 5', 'x.toml:2: chip.name: 5 is no text; write it in quotes'],
    ['rows = 12', 'rows = 12\nrequantiser = "fast"', 'x.toml:7: tensor.requantiser: "fast" is not one of its values; use "pipelined" or "iterative"'],
    ['rows = 12', 'rows = 12\ncounters = 1', 'x.toml:7: tensor.counters: 1 is no flag; write true or false'],
    ['[bus]', '[soc]\ndataCache = "3 KiB"\n[bus]', 'x.toml:4: soc.dataCache: 3072 (3 KiB) is not a power of two; use 2048 or 4096'],
    ['[bus]', '[core]\npreset = "small"\nstages = 3\nprefetch = 1\n[bus]', 'x.toml:6: core.prefetch: 1 needs core.stages = 2; use 2'],
    ['[bus]', '[core]\ndebug = true\nxifOverlap = true\n[bus]', 'x.toml:4: core.debug: true needs core.xifOverlap = false; use false for one of them'],
    ['[bus]', '[soc]\ndataCache = 32\n[bus]', 'x.toml:4: soc.dataCache: 32 is out of range; use 0 or 64 bytes to 64 KiB'],
    ['[bus]', '[soc]\ndataCache = 64\ndataCacheLine = 8\n[bus]', 'x.toml:5: soc.dataCacheLine: 8 bytes are less than a beat of the bus; use at least 16'],
    ['[bus]', '[soc]\ndataCache = 64\ndataCacheLine = 128\n[bus]', 'x.toml:5: soc.dataCacheLine: 128 bytes are more than the cache has; use at most 64'],
    ['[bus]', '[soc]\ninstructionCache = 64\ninstructionCacheLine = 128\n[bus]',
      'x.toml:5: soc.instructionCacheLine: 128 bytes are more than the cache has; use at most 64'],
    ['[bus]', '[soc]\ninstructionCache = 0\ninstructionPrefetch = true\n[bus]',
      'x.toml:5: soc.instructionPrefetch: true needs an instruction cache of at least two lines; use instructionCache = 32 or more'],
    ['[bus]', '[soc]\ninstructionCache = 64\ninstructionCacheLine = 64\ninstructionPrefetch = true\n[bus]',
      'x.toml:6: soc.instructionPrefetch: true needs an instruction cache of at least two lines; use instructionCache = 128 or more'],
    ['[bus]', '[simulation]\nram = "64 KiB"\n[soc]\ndataCache = "64 KiB"\n[bus]',
      'x.toml:6: soc.dataCache: 65536 bytes hold all of the 65536 that may be cached; use at most 32768'],
    ['"64 KiB"', '"64 Kib"', 'x.toml:9: tensor.accumulators: \'Kib\' is no unit here: sizes are in bytes, not bits, and frequencies in hertz; write KiB'],
    ['"64 KiB"', '"4K"', 'x.toml:9: tensor.accumulators: \'K\' is no unit here: sizes are in bytes, not bits, and frequencies in hertz; write KiB'],
    ['"64 KiB"', '"0.5 megabits"', 'x.toml:9: tensor.accumulators: \'megabits\' is no unit here: sizes are in bytes, not bits, and frequencies in hertz; write MiB'],
    ['[bus]', '[soc]\nclock = "100 mhz"\n[bus]', 'x.toml:4: soc.clock: \'mhz\' is no unit here: sizes are in bytes, not bits, and frequencies in hertz; write MHz'],
    ['"64 KiB"', '"1 m"', 'x.toml:9: tensor.accumulators: \'m\' is no unit here: sizes are in bytes, not bits, and frequencies in hertz; write MiB'],
    ['"64 KiB"', '"1 s"', 'x.toml:9: tensor.accumulators: \'s\' is neither a key nor a unit; name a key of this section, or section.key'],
    ['rows = 12', 'rows = "tensor.columns.x"', 'x.toml:6: tensor.rows: \'tensor.columns.x\' is neither a key nor a unit; name a key of this section, or section.key'],
    ['rows = 12', `rows = "${'1 + '.repeat(300)}1"`, 'x.toml:6: tensor.rows: has 1201 characters, more than any formula; give a count, such as 16 or "rows * columns"'],
    ['"64 KiB"', '"256 B"\nhazardBlocks = 8192', 'x.toml:10: tensor.hazardBlocks: is 8192; there cannot be more blocks than rows'],
    ['columns = 16', 'columns = 32', 'x.toml:8: tensor.scratchpad: scratchpadRows is 24; the weights of columns = 32 take as many rows', GOOD.replace('4096 *', '24 *')],
    ['rows = 12', 'rows = 16\nscratchpadBanks = 16', 'x.toml:7: tensor.scratchpadBanks: is 16; a bank has at least two of the 16 rows', GOOD.replace('4096 *', '16 *')],
    ['rows = 12', 'rows = 16\nvectorLanes = 16\nchannels = 16', 'x.toml:7: tensor.vectorLanes: is 16; use at most half of channels = 16'],
    ['columns = 16', 'columns = 127', 'x.toml:9: tensor.accumulators: 65536 bytes are 129.01 rows of 508 bytes; write "128 * 4 * columns"'],
    ['"test"', '"../../x"', 'x.toml:2: chip.name: "../../x" cannot be used; write at most 60 letters, digits, spaces and . _ + -, a letter or digit first'],
    ['rows = 12', 'rows = 12\nvectorLanes = 8', 'x.toml:7: tensor.vectorLanes: is 8; it must divide rows = 12'],
  ])('with %j replaced by %j is refused', (from, to, message, text = GOOD) => {
    expect(messageOf(from, to, text)).toBe(message);
  });

  it('that goes in a circle is refused with the circle', () => {
    expect(messageOf('rows = 12', 'rows = "columns"', GOOD.replace('columns = 16', 'columns = "rows"')))
      .toBe('x.toml:6: tensor.rows: depends on itself (tensor.rows → tensor.columns → tensor.rows); give one of them a number');
  });

  it('that is no TOML is refused with the line', () => {
    expect(messageOf('rows = 12', 'rows == 12')).toMatch(/^x\.toml:6: not valid TOML: .*; mend the line$/);
  });

  it('that cannot be found is refused with the presets', () => {
    expect(() => loadConfig('nowhere.toml')).toThrow('nowhere.toml: does not exist; give a TOML file or one of the presets base, edge, nano');
  });

  it('is read from a file of any name', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'own.toml');
    writeFileSync(file, GOOD);
    expect(loadConfig(file)).toMatchObject({ name: 'test', file });
  });
});

describe('a key that is not given', () => {
  const tensorOf = (more: string, from = '"64 KiB"', to = '"64 KiB"') => parseConfig(GOOD.replace(from, to) + more, 'x.toml').tensor;

  it('follows the keys that it depends on, so that no rule is broken by it', () => {
    expect(tensorOf('', '"64 KiB"', '"256 B"')).toMatchObject({ accumulatorRows: 4, hazardBlocks: 4096, accumulatorBanks: 2 });
    expect(tensorOf('', '"64 KiB"', '"5 * 4 * columns"')).toMatchObject({ accumulatorRows: 5, accumulatorBanks: 1 });
    expect(tensorOf('', '"4096 * rows"', '"22 * rows"')).toMatchObject({ scratchpadRows: 22, scratchpadBanks: 1, hazardBlocks: 32 });
    expect(tensorOf('channels = 16', 'rows = 12', 'rows = 16')).toMatchObject({ vectorLanes: 8 });
    expect(tensorOf('requantiser = "iterative"')).toMatchObject({ vectorLanes: 1 });
    expect(tensorOf('overlap = "serial"', 'bytes = 16', 'bytes = 4')).toMatchObject({
      scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1, requantiser: 'iterative', queueDepth: 1, counters: false,
    });
    expect(parseConfig(`${GOOD}[core]\npreset = "small"\nstages = 3\n`, 'x.toml').core).toMatchObject({ stages: 3, prefetch: 2 });
  });
});

describe('the table of keys', () => {
  it('describes every key', () => {
    for (const { section, key, spec } of configKeys()) expect(spec.summary, `${section}.${key}`).toMatch(/^\S.+[^.]$/);
  });
});
