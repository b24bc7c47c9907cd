/**
 * The instruments of a real sweep: the generator, the built-in simulator with digits, and Yosys. Must not know sweeps,
 * processes nor how results are kept.
 */
import { elaborate } from '../gen/index.ts';
import { printDesign } from '../gen/print/systemverilog.ts';
import { Chip } from '../hw/soc/chip.ts';
import { runMnist } from '../sw/mnist.ts';
import { boardMachine } from '../sw/runtime/board-machine.ts';
import { progressOf, readCells } from './estimators/cells.ts';
import { runYosys } from './estimators/yosys.ts';
import type { Instruments } from './measure.ts';

export const INSTRUMENTS: Instruments = {
  print(config) {
    const design = elaborate(Chip(config));
    return {
      files: Object.fromEntries(printDesign(design).map(({ name, text }) => [name, text])),
      top: design.top.name,
      gridCells: [...new Set(design.modules.flatMap((m) => m.grids.map((g) => g.module.name)))].sort(),
    };
  },
  async simulate(config, { model, images, batch }, onProgress) {
    const run = await runMnist({
      model, images, config, open: (chip) => boardMachine(chip, 'wasm'), progress: { start: () => ({ at: onProgress, end: () => undefined }), note: () => undefined },
      ...(batch === undefined ? {} : { batch }),
    });
    const { cycles, cyclesPerImage, macs, utilization, accuracy, agreement } = run;
    if (cycles === undefined || cyclesPerImage === undefined || utilization === undefined) throw new Error('the simulator told no cycles');
    return { images, cycles, cyclesPerImage, macs, utilization, accuracy, agreement };
  },
  synthesise: runYosys,
  readCells,
  progressOf,
};
