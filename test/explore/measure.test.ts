import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measurePoint } from '../../explore/measure.ts';
import type { PointTask } from '../../explore/point.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { until } from '../support/until.ts';
import { fakeInstruments, taskOf, temporaryFolder } from './fakes.ts';

const quiet = (): void => {};

describe('measuring a point', () => {
  it('simulates, synthesises and keeps the result', async () => {
    const folder = temporaryFolder();
    const instruments = fakeInstruments();
    const stages: string[] = [];
    const { measurement, key, isReused } = await measurePoint(taskOf(folder), instruments, (stage, share) => stages.push(`${stage} ${share ?? ''}`));
    expect(instruments.calls).toEqual(['simulate 4', 'synthesise']);
    expect(stages).toEqual(['elaborating ', 'simulating 0', 'simulating 1', 'synthesising 0', 'synthesising 0.5']);
    expect(isReused).toBe(false);
    expect(measurement.cells.lut).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'points'))).toEqual([`${key}.json`]);
  });

  it('does nothing twice', async () => {
    const folder = temporaryFolder();
    const first = await measurePoint(taskOf(folder), fakeInstruments(), quiet);
    const instruments = fakeInstruments();
    const second = await measurePoint(taskOf(folder, { point: { name: 'another name', config: { ...loadConfig('nano'), file: 'elsewhere.toml' } } }), instruments, quiet);
    expect(instruments.calls).toEqual([]);
    expect(second).toEqual({ ...first, isReused: true, seconds: second.seconds });
  });

  const { point, workload } = taskOf('');
  const slower = { ...point, config: { ...point.config, simulation: { ...point.config.simulation, latencyCycles: 9 } } };
  const larger = { ...point, config: { ...point.config, tensor: { ...point.config.tensor, rows: 8 } } };
  const changes: [string, Partial<PointTask>, string[]][] = [
    ['another memory latency: only simulates again', { point: slower }, ['simulate 4']],
    ['another number of images: only simulates again', { workload: { ...workload, images: 11 } }, ['simulate 4']],
    ['another model: only simulates again', { modelHash: 'other' }, ['simulate 4']],
    ['another Systole with the same circuit: only simulates again', { sourcesHash: 'other' }, ['simulate 4']],
    ['another Yosys: only synthesises again', { yosys: { kind: 'system', version: 'Yosys 9' } }, ['synthesise']],
    ['another chip: does both again', { point: larger }, ['simulate 8', 'synthesise']],
    ['another path to the same model: does nothing again', { workload: { ...workload, model: 'elsewhere.gguf' } }, []],
  ];
  it.each(changes)('%s', async (_, change, calls) => {
    const folder = temporaryFolder();
    await measurePoint(taskOf(folder), fakeInstruments(), quiet);
    const instruments = fakeInstruments();
    await measurePoint(taskOf(folder, change), instruments, quiet);
    expect(instruments.calls).toEqual(calls);
  });

  it('keeps the simulation of a point whose synthesis failed', async () => {
    const folder = temporaryFolder();
    const failing = { ...fakeInstruments(), synthesise: () => Promise.reject(new Error('no memory')) };
    await expect(measurePoint(taskOf(folder), failing, quiet)).rejects.toThrow('no memory');
    expect(existsSync(join(folder, 'points'))).toBe(false);
    const instruments = fakeInstruments();
    await measurePoint(taskOf(folder), instruments, quiet);
    expect(instruments.calls).toEqual(['synthesise']);
  });

  it('takes two circuits that differ in comments alone for one', async () => {
    const folder = temporaryFolder();
    const first = await measurePoint(taskOf(folder), fakeInstruments(), quiet);
    const renamed = { ...point, config: { ...point.config, name: 'a name in a comment' } };
    const second = await measurePoint(taskOf(folder, { point: renamed }), fakeInstruments(), quiet);
    expect(second).toMatchObject({ key: first.key, isReused: true });
  });

  it('synthesises a netlist once for points that are measured side by side', async () => {
    const folder = temporaryFolder();
    const instruments = fakeInstruments();
    let waiting = 0;
    const slow = {
      ...instruments,
      synthesise: async (...args: Parameters<typeof instruments.synthesise>) => {
        await until('the others wait', () => waiting === 2);
        return instruments.synthesise(...args);
      },
    };
    const onStage = (stage: string): void => {
      if (stage === 'waiting') waiting++;
    };
    const latency = (latencyCycles: number): Partial<PointTask> =>
      ({ point: { ...point, config: { ...point.config, simulation: { ...point.config.simulation, latencyCycles } } } });
    const measured = await Promise.all([1, 2, 3].map((cycles) => measurePoint(taskOf(folder, latency(cycles)), slow, onStage)));
    expect(instruments.calls.filter((call) => call === 'synthesise')).toHaveLength(1);
    expect(instruments.calls.filter((call) => call === 'simulate 4')).toHaveLength(3);
    expect(new Set(measured.map(({ key }) => key)).size).toBe(3);
    expect(new Set(measured.map(({ measurement }) => measurement.cells.total)).size).toBe(1);
  });

  it('measures again what is stored in another shape', async () => {
    const folder = temporaryFolder();
    const { measurement, key } = await measurePoint(taskOf(folder), fakeInstruments(), quiet);
    const [run, cells] = ['runs', 'cells'].map((kind) => join(folder, kind, readdirSync(join(folder, kind))[0]));
    const spoil = (file: string, change: (result: Record<string, unknown>) => unknown): void => {
      const stored = JSON.parse(readFileSync(file, 'utf8')) as { result: Record<string, unknown> };
      writeFileSync(file, JSON.stringify({ ...stored, result: change(stored.result) }));
    };
    const changes: readonly ((result: Record<string, unknown>) => unknown)[] = [
      () => ({}), () => null, () => [1], () => 'x',
      (r) => ({ ...r, cycles: '7', total: '7' }), (r) => ({ ...r, cells: null, types: null, macs: null }),
      (r) => ({ ...r, cells: { lut: 1 }, lut: undefined, images: undefined }), (r) => ({ ...r, more: 1 }),
      (r) => ({ ...r, cycles: -1, lut: -1 }),
    ];
    for (const change of changes) {
      for (const file of [join(folder, 'points', `${key}.json`), run, cells]) spoil(file, change);
      const instruments = fakeInstruments();
      const again = await measurePoint(taskOf(folder), instruments, quiet);
      expect(again).toMatchObject({ measurement, key, isReused: false });
      expect(instruments.calls, String(change)).toEqual(['simulate 4', 'synthesise']);
    }
  });
});
