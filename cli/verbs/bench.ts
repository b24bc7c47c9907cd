// `systole bench`: the figures by which chips and engines are compared.
// Must not know: how products are scheduled, how engines work.
import type { Command } from 'commander';
import { during } from '../../gen/progress.ts';
import { CONFIG_KEYS } from '../../hw/soc/config-keys.ts';
import { openMachine } from '../engines.ts';
import type { EngineName } from '../engines.ts';
import { SHARED, configOf, oneOf, someText, valued, wholeNumber } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { pairs, reporter, table } from '../output.ts';
import type { Column } from '../output.ts';
import { addVerb } from '../verb.ts';
import { addBenchCore } from './bench-core.ts';
import { addBenchGen } from './bench-gen.ts';
import { addBenchLayers } from './bench-layers.ts';

const RESULTS = ['int8', 'int32'] as const;

interface GemmOptions extends ChipOptions {
  readonly shapes: string;
  readonly engine: EngineName;
  readonly result: (typeof RESULTS)[number];
  readonly latency?: number;
}

const latencyKey = CONFIG_KEYS.simulation.latency;
const DEFAULT_SHAPES = '4x4x4,8x8x8,12x12x12,16x16x8,16x16x16,64x64x64';

export function addBench(program: Command): void {
  const bench = program.command('bench').description('measure the chip, its core, or the hardware language');
  addVerb(bench, 'gemm', {
    summary: 'int8 matrix products, operands and result in main memory',
    examples: ['systole bench gemm', 'systole bench gemm --shapes 64x64x64,100x500x784 --result int32', 'systole bench gemm --config nano --json'],
    options: [
      SHARED.config({ value: 'base' }), SHARED.engine(),
      valued('--shapes <list>', 'MxNxK, separated by commas: [M,K] · [K,N]', someText, { value: DEFAULT_SHAPES }),
      valued('--latency <cycles>', 'of main memory, in place of the chip\'s', wholeNumber(latencyKey.min, latencyKey.max)),
      valued('--result <type>', 'what is stored: int8, requantised, or int32, the sums', oneOf(RESULTS), { value: 'int8' }),
      SHARED.json(),
    ],
  })
    .action((options: GemmOptions) => benchGemm(options));
  addBenchLayers(bench);
  addBenchCore(bench);
  addBenchGen(bench);
}

const COLUMNS: readonly Column[] = [
  { title: 'M', look: 'count' }, { title: 'N', look: 'count' }, { title: 'K', look: 'count' }, { title: 'cycles', look: 'count' },
  { title: 'utilization', look: 'share' }, { title: 'ideal', look: 'decimal' }, { title: 'estimate', look: 'count' },
];

interface GemmFigures {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly macs: number;
  /** These two are absent where the engine knows no time. */
  readonly cycles?: number;
  readonly utilization?: number;
  readonly idealCycles: number;
  readonly estimatedCycles: number;
}

async function benchGemm(options: GemmOptions): Promise<void> {
  const file = configOf(options);
  const { latency: latencyCycles = file.simulation.latencyCycles } = options;
  const config = { ...file, simulation: { ...file.simulation, latencyCycles } };
  const { buildGemm, mustBePossible, parseShapes } = await import('../../sw/compiler/gemm.ts');
  const { chipOf } = await import('../../sw/mnist.ts');
  const { runGemm } = await import('../../sw/runtime/gemm-run.ts');
  const { rows, columns } = config.tensor;
  const report = reporter('bench gemm', options.json === true);
  const shapes = parseShapes(options.shapes);
  // All of them before the first is measured.
  for (const shape of shapes) mustBePossible(shape, chipOf(config), options.result);
  const machine = await openMachine(config, options.engine, report.note);
  try {
    const results: GemmFigures[] = [];
    for (const shape of shapes) {
      const gemm = buildGemm(shape, chipOf(config), { result: options.result });
      const { estimatedCycles } = gemm.program.report;
      const { cycles } = await during(report, `product ${shape.m}x${shape.n}x${shape.k}`, (task) =>
        runGemm(machine, gemm, { onProgress: (count) => task.at(Math.min(count / estimatedCycles, 1)) }));
      const macs = shape.m * shape.n * shape.k;
      const idealCycles = macs / (rows * columns);
      const measured = cycles === undefined ? {} : { cycles, utilization: idealCycles / cycles };
      results.push({ ...shape, macs, ...measured, idealCycles, estimatedCycles });
    }
    report.result({ config, engine: machine.engine, result: options.result, shapes: results }, () => [
      pairs({ chip: config.name, engine: machine.engine, mesh: `${rows} x ${columns}`, 'memory latency': latencyCycles, result: options.result }),
      table(COLUMNS, results.map((r) => [r.m, r.n, r.k, r.cycles, r.utilization, r.idealCycles, r.estimatedCycles])),
    ].join('\n\n'));
  } finally {
    machine.close?.();
  }
}
