import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonOf, runSweep, tableOf } from '../../explore/index.ts';
import type { SweepProgress, SweepResult } from '../../explore/index.ts';
import type { Measure } from '../../explore/point.ts';
import { YOSYS, fakeMeasure, measurementOf, sweepFile, temporaryFolder } from './fakes.ts';

const findTool = (): Promise<typeof YOSYS> => Promise.resolve(YOSYS);
const SWEEP = `name = "sizes"
base = "base"
[workload]
model = "${resolve('models/mnist-fc.gguf')}"
[set]
tensor.columns = "rows"
tensor.vectorLanes = 4
[report]
score = "1e9 / (cyclesPerImage * cells)"
`;
const AXES = `${SWEEP}[axes]\ntensor.rows = [4, 8, 16, 32]\n`;
const ONE_BAD = `${SWEEP}[[point]]\nname = "bad one"\n[[point]]\nname = "good, one"\ntensor.rows = 8\n`;

async function run(text: string, outDir: string, measure: Measure = fakeMeasure, progress: SweepProgress[] = []): Promise<SweepResult> {
  return runSweep(sweepFile(text), { outDir, jobs: 3, measure, findTool, onProgress: (p) => progress.push(p) });
}
const reports = (outDir: string): string[] => ['points.csv', 'points.json', 'index.html'].map((name) => readFileSync(join(outDir, name), 'utf8'));

describe('a sweep', () => {
  it('gives its points in its own order, whichever is done first', async () => {
    const progress: SweepProgress[] = [];
    const outDir = temporaryFolder();
    const result = await run(AXES, outDir, fakeMeasure, progress);
    expect(progress.filter((p) => p.state === 'done')[0].point).not.toBe('rows=4');
    expect(result.points.map((p) => p.point.name)).toEqual(['rows=4', 'rows=8', 'rows=16', 'rows=32']);
    expect(result).toMatchObject({ failed: 0, reused: 0, files: ['points.csv', 'points.json', 'index.html'].map((name) => join(outDir, name)) });
    expect(jsonOf(result).points.map((p) => ('cells' in p ? [p.cyclesPerImage, p.cells.total, p.onFront] : []))).toEqual([4, 8, 16, 32].map((n) => {
      const { cyclesPerImage, cells } = measurementOf(n, n);
      return [cyclesPerImage, cells.total, true];
    }));
  });

  it('writes the same files whatever the number of jobs, without times', async () => {
    const folders = [temporaryFolder(), temporaryFolder()];
    const file = sweepFile(AXES);
    for (const [i, outDir] of folders.entries()) await runSweep(file, { outDir, jobs: i === 0 ? 1 : 4, measure: fakeMeasure, findTool });
    expect(reports(folders[0])).toEqual(reports(folders[1]));
    for (const text of reports(folders[0])) expect(text).not.toMatch(/seconds|\d\d:\d\d:\d\d|20\d\d-\d\d/);
  });

  it('never has more points under way than jobs', async () => {
    let underWay = 0;
    let most = 0;
    await run(AXES, temporaryFolder(), async (task, onStage) => {
      most = Math.max(most, ++underWay);
      const measured = await fakeMeasure(task, onStage);
      underWay -= 1;
      return measured;
    });
    expect(most).toBe(3);
  });

  it('reports a point that fails and goes on', async () => {
    const outDir = temporaryFolder();
    const progress: SweepProgress[] = [];
    const result = await run(ONE_BAD, outDir, fakeMeasure, progress);
    expect(result.failed).toBe(1);
    expect(progress.filter((p) => p.state === 'failed').map((p) => [p.point, p.error])).toEqual([['bad one', 'the network does not fit']]);
    const [csv, json, html] = reports(outDir);
    expect(csv.split('\n')[1]).toMatch(/^bad one,16,16,262144,.*,the network does not fit$/);
    expect(csv.split('\n')[2]).toMatch(/^"good, one",8,8,.*,1,$/);
    expect(JSON.parse(json)).toMatchObject({ name: 'sizes', synthesis: YOSYS.version, points: [{ name: 'bad one', error: 'the network does not fit' }, { name: 'good, one', onFront: true }] });
    expect(html).toContain('failed: the network does not fit');
    expect(tableOf(result)).toMatch(/^bad one .* failed: the network does not fit$/m);
  });

  it('that is stopped keeps what is done, and tells what is left', async () => {
    const stop = new AbortController();
    const outDir = temporaryFolder();
    const progress: SweepProgress[] = [];
    const measure: Measure = async (task, onStage) => {
      if (task.point.config.tensor.rows === 8) return fakeMeasure(task, onStage);
      // As of a process that is ended: an error that comes later, and that nobody waits for.
      if (task.point.config.tensor.rows === 16) setTimeout(() => stop.abort(), 50);
      await new Promise((resume) => stop.signal.addEventListener('abort', resume));
      throw new Error('ended');
    };
    const onProgress = (p: SweepProgress): void => void progress.push(p);
    const options = { outDir, jobs: 2, measure, findTool, onProgress, stopSignal: () => stop.signal };
    const result = await runSweep(sweepFile(AXES.replace('[4, 8, 16, 32]', '[8, 4, 16, 32]')), options);
    expect(result).toMatchObject({ left: 3, failed: 0, points: [{ point: { name: 'rows=8' }, isOnFront: true }] });
    const [csv, json, html] = reports(outDir);
    expect(csv.trim().split('\n')).toHaveLength(2);
    expect(JSON.parse(json)).toMatchObject({ left: 3, points: [{ name: 'rows=8' }] });
    expect(html).toContain('<p>Interrupted: 1 of 4 chips.</p>');
    expect(tableOf(result)).toMatch(/^1 of 4 chips, 0 of them reused, 0 failed, /m);
    await new Promise((resume) => setTimeout(resume, 20));
    expect(progress.filter((p) => p.state === 'failed')).toEqual([]);
  });

  it('that is stopped before anything is done leaves no reports', async () => {
    const stop = new AbortController();
    const outDir = temporaryFolder();
    stop.abort();
    const never: Measure = () => Promise.reject(new Error('measured'));
    const result = await runSweep(sweepFile(AXES), { outDir, measure: never, findTool, stopSignal: () => stop.signal });
    expect(result).toMatchObject({ left: 4, points: [], files: [] });
    expect(readdirSync(outDir)).toEqual(['points']);
  });

  it('tells reused points', async () => {
    const reusing: Measure = async (task, onStage) =>
      ({ ...await fakeMeasure(task, onStage), isReused: task.point.config.tensor.rows < 16 });
    const result = await run(AXES, temporaryFolder(), reusing);
    expect(result.reused).toBe(2);
    expect(tableOf(result)).toMatch(/^rows=8 .* \* reused$/m);
    expect(tableOf(result)).toMatch(/^4 chips, 2 of them reused, 0 failed, /m);
  });

  it('aligns its table', async () => {
    const lines = tableOf(await run(AXES, temporaryFolder())).split('\n');
    const [head, ...rows] = lines.slice(2, 7);
    expect(head).toMatch(/^chip +rows +columns +scratchpad +accumulators +bus +cycles +cycles\/image +utilisation +accuracy +LUT +FF +DSP +BRAM +cells +score$/);
    expect(rows.map((row) => row.indexOf(' 256 KiB'))).toEqual(Array(4).fill(head.indexOf('scratchpad') + 'scratchpad'.length - ' 256 KiB'.length));
    for (const row of rows) expect(row).toMatch(/ \* \d+\.\d s$/);
  });

  it('is refused before anything is measured or written', async () => {
    const never: Measure = () => Promise.reject(new Error('measured'));
    const outDir = join(temporaryFolder(), 'out');
    await expect(run(AXES.replace('[4,', '[5,'), outDir, never)).rejects.toThrow(/sweep\.toml:2: point rows=5: tensor\.\w+: /);
    const model = join(temporaryFolder(), 'model.gguf');
    writeFileSync(model, 'no model');
    await expect(run(AXES.replace(resolve('models/mnist-fc.gguf'), model), outDir, never)).rejects.toThrow(/model\.gguf: /);
    await expect(runSweep(sweepFile(AXES), { outDir, jobs: 0 })).rejects.toThrow('--jobs 0: is not a whole number from 1; give one');
    expect(existsSync(outDir)).toBe(false);
    writeFileSync(outDir, 'a file');
    await expect(run(AXES, outDir, never)).rejects.toThrow(/points: cannot be written: .* \(ENOTDIR\); choose another place$/);
  });
});

const canSynthesise = process.env.CI !== undefined || existsSync('fpga/node_modules/@yowasp/yosys/package.json');

describe('processes that measure', () => {
  it('hand an error over as one line', async () => {
    const file = sweepFile(`${SWEEP.replace('[set]', 'images = 1\n[set]')}simulation.ram = "64 KiB"\n[[point]]\nname = "tiny memory"\n`.replace(/\[report\]\nscore = .*\n/, ''));
    const outDir = temporaryFolder();
    const result = await runSweep(file, { outDir, jobs: 1, findTool });
    expect(result.failed).toBe(1);
    expect(result.points[0]).toMatchObject({ error: expect.stringMatching(/^[^\n]+; [^\n]+$/) as string });
    expect(readdirSync(join(outDir, 'points'))).toEqual([]);
  });

  it.skipIf(!canSynthesise)('measure a real chip once', { timeout: 900_000 }, async () => {
    const text = `name = "one"\nbase = "nano"\n[workload]\nmodel = "${resolve('models/mnist-fc.gguf')}"\nimages = 1\n[[point]]\nname = "nano"\n`;
    const outDir = temporaryFolder();
    // Somebody may be working on the sources while this runs.
    const options = { outDir, sourcesHash: 'test' };
    const first = await runSweep(sweepFile(text), options);
    const [point] = jsonOf(first).points;
    expect(point).toMatchObject({ name: 'nano', images: 1, macs: 397_000, cells: { dsp: 16 } });
    if (!('cells' in point)) throw new Error('no counts');
    expect(point.cycles).toBeGreaterThan(397_000 / 16);
    expect(point.utilization).toBeCloseTo(397_000 / 16 / point.cycles, 9);
    expect(point.cells.lut).toBeGreaterThan(2000);
    expect(point.cells.bram).toBeGreaterThan(2);
    const files = reports(outDir);
    const second = await runSweep(sweepFile(text), options);
    expect([first.reused, second.reused]).toEqual([0, 1]);
    expect(reports(outDir)).toEqual(files);
  });
});
