/** Chips, measurements and instruments for tests of the exploration: instant, and the same every time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { countCells } from '../../explore/estimators/cells.ts';
import type { Yosys } from '../../explore/estimators/yosys.ts';
import type { Instruments } from '../../explore/measure.ts';
import type { Measure, MeasuredPoint, Measurement, PointTask } from '../../explore/point.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';

export const YOSYS: Yosys = { kind: 'package', version: '@yowasp/yosys 0.0' };

const folders: string[] = [];
/** A folder that goes away after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'systole-explore-'));
  folders.push(folder);
  return folder;
}
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A sweep's file in a folder of its own. */
export function sweepFile(text: string): string {
  const file = join(temporaryFolder(), 'sweep.toml');
  writeFileSync(file, text);
  return file;
}

/** Figures that depend on the size of the mesh as one would expect. */
export function measurementOf(rows: number, columns: number): Measurement {
  const cycles = 100 * Math.ceil(400_000 / (rows * columns));
  return {
    images: 100, cycles, cyclesPerImage: cycles / 100, macs: 39_700_000, utilization: 39_700_000 / (cycles * rows * columns),
    accuracy: 0.96, agreement: 1,
    cells: countCells({
      LUT6: 5000 + 70 * rows * columns, FDRE: 2000 + 40 * rows * columns, DSP48E1: rows * columns, RAMB36E1: 12, RAMB18E1: 1, CARRY4: 300,
    }),
  };
}

/** Points that take no time; those whose name holds `bad` fail. Later points finish first. */
export const fakeMeasure: Measure = async (task, onStage): Promise<MeasuredPoint> => {
  const { name, config } = task.point;
  onStage('elaborating');
  await new Promise((resume) => setTimeout(resume, 60 / config.tensor.rows));
  if (name.includes('bad')) throw new Error('the network does not fit\n    at some place');
  onStage('simulating', 0.5);
  return { measurement: measurementOf(config.tensor.rows, config.tensor.columns), key: `key of ${name}`, isReused: false, seconds: 60 / config.tensor.rows };
};

/** Instruments that count what they are asked to do. */
export function fakeInstruments(): Instruments & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    print: (config) => ({ files: { 'Chip.sv': `module Chip; // ${config.name}\n  ${'Pe p; '.repeat(config.tensor.rows)}\nendmodule` }, top: 'Chip', gridCells: ['Pe'] }),
    simulate(config, _, onProgress) {
      calls.push(`simulate ${config.tensor.rows}`);
      onProgress(1);
      const { cells: _cells, ...result } = measurementOf(config.tensor.rows, config.tensor.columns);
      return Promise.resolve(result);
    },
    synthesise(_, __, files, ___, onLine) {
      calls.push('synthesise');
      onLine('half');
      return Promise.resolve(String(files['Chip.sv'].length));
    },
    readCells: (statistics) => countCells({ LUT6: Number(statistics) }),
    progressOf: (line) => (line === 'half' ? 0.5 : undefined),
  };
}

export function taskOf(storeDir: string, changes: Partial<PointTask> = {}): PointTask {
  return {
    point: { name: 'nano', config: loadConfig('nano') }, workload: { model: 'models/mnist-fc.gguf', images: 10 },
    modelHash: 'model', sourcesHash: 'sources', yosys: YOSYS, storeDir, ...changes,
  };
}
