/**
 * Measures one chip: prints it, runs the work on it, synthesises it, and keeps each result so that nothing is done twice.
 * The simulation and the synthesis are kept apart: chips that differ in the memory around them alone share a synthesis.
 * Must not know sweeps nor processes; what it measures with is handed in.
 */
import type { ChipConfig } from '../hw/soc/config.ts';
import { CELLS_FILE, cellsScript } from './estimators/cells.ts';
import type { CellCounts, CellsInput } from './estimators/cells.ts';
import type { Yosys } from './estimators/yosys.ts';
import type { MeasuredPoint, Measurement, OnStage, PointTask, Workload, WorkloadResult } from './point.ts';
import { isCellCounts, isMeasurement, isWorkloadResult } from './shapes.ts';
import { Store, hashOf, hashOfData } from './store.ts';

/** What chips are measured with. */
export interface Instruments {
  print(config: ChipConfig): CellsInput;
  simulate(config: ChipConfig, workload: Workload, onProgress: (share: number) => void): Promise<WorkloadResult>;
  /** Runs a script of Yosys; gives the text of the file `output`. */
  synthesise(
    yosys: Yosys, script: string, files: Readonly<Record<string, string>>, output: string, onLine: (line: string) => void,
  ): Promise<string>;
  readCells(statistics: string): CellCounts;
  progressOf(line: string): number | undefined;
}

/** Counted up when a stored result means something else than before. */
const FORMAT = 1;

/** @throws whatever the instruments throw; what was finished before is kept */
export async function measurePoint(task: PointTask, instruments: Instruments, onStage: OnStage): Promise<MeasuredPoint> {
  const start = performance.now();
  const { config } = task.point;
  const { name: _name, file: _file, ...parameters } = config;
  const { model: _model, ...workload } = task.workload;
  onStage('elaborating');
  const chip = instruments.print(config);
  const script = cellsScript(chip);

  const runFrom = { format: FORMAT, parameters, workload, model: task.modelHash, sources: task.sourcesHash };
  const cellsFrom = { format: FORMAT, systemVerilog: systemVerilogHash(chip.files), script: hashOf(script), tool: task.yosys.version };
  const runKey = hashOfData(runFrom);
  const cellsKey = hashOfData(cellsFrom);
  const key = hashOfData({ runKey, cellsKey });
  const seconds = (): number => (performance.now() - start) / 1000;

  const points = new Store<Measurement>(task.storeDir, 'points', isMeasurement);
  const known = points.get(key);
  if (known !== undefined) return { measurement: known, key, isReused: true, seconds: seconds() };

  // Chips that are measured side by side may differ in nothing that counts here.
  const onWait = (): void => onStage('waiting');
  const run = await new Store<WorkloadResult>(task.storeDir, 'runs', isWorkloadResult).once(runKey, runFrom, () => {
    onStage('simulating', 0);
    return instruments.simulate(config, task.workload, (share) => onStage('simulating', share));
  }, onWait);
  const cells = await new Store<CellCounts>(task.storeDir, 'cells', isCellCounts).once(cellsKey, cellsFrom, async () => {
    onStage('synthesising', 0);
    return instruments.readCells(await instruments.synthesise(task.yosys, script, chip.files, CELLS_FILE, (line) => {
      const share = instruments.progressOf(line);
      if (share !== undefined) onStage('synthesising', share);
    }));
  }, onWait);
  const measurement: Measurement = { ...run, cells };
  points.put(key, { ...runFrom, ...cellsFrom }, measurement);
  return { measurement, key, isReused: false, seconds: seconds() };
}

/** SHA-256 of the circuit: comments, which tell lines of the generator's source, do not count. */
function systemVerilogHash(files: Readonly<Record<string, string>>): string {
  return hashOf(Object.entries(files).map(([name, text]) => `${name}\n${text.replace(/[ \t]*\/\/.*$/gm, '')}`).join('\n'));
}
