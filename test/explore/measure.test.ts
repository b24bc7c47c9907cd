import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measurePoint } from '../../explore/measure.ts';
import type { PointTask } from '../../explore/point.ts';
import { loadConfig } from '../../hw/soc/config.ts';
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
});
