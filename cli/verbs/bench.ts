// `systole bench`: the figures by which chips and engines are compared.
// Must not know: how products are scheduled, how engines work.
import type { Command } from 'commander';
import { Option } from 'commander';
import { during } from '../../gen/progress.ts';
import { openMachine } from '../engines.ts';
import type { EngineName } from '../engines.ts';
import { common, configOf, withEngine } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { reporter, table } from '../output.ts';
import { addBenchCore } from './bench-core.ts';

interface GemmOptions extends CommonOptions {
  readonly shapes: string;
  readonly engine: EngineName;
  readonly result: 'int8' | 'int32';
}

const DEFAULT_SHAPES = '4x4x4,8x8x8,12x12x12,16x16x8,16x16x16,64x64x64';

export function addBench(program: Command): void {
  const bench = program.command('bench').description('measure the chip or its core');
  withEngine(common(bench.command('gemm').description('int8 matrix products, operands and result in main memory'), [
    'systole bench gemm', 'systole bench gemm --shapes 64x64x64,100x500x784 --result int32', 'systole bench gemm --config nano --json',
  ]))
    .option('--shapes <list>', 'MxNxK, separated by commas: [M,K] · [K,N]', DEFAULT_SHAPES)
    .addOption(new Option('--result <type>', 'what is stored: requantised int8, or the sums').choices(['int8', 'int32']).default('int8'))
    .action((options: GemmOptions) => benchGemm(options));
  addBenchCore(bench);
}

interface GemmFigures {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** null where the engine knows no time. */
  readonly cycles: number | null;
  readonly utilization: number | null;
  readonly idealCycles: number;
  readonly estimatedCycles: number;
}

async function benchGemm(options: GemmOptions): Promise<void> {
  const config = configOf(options);
  const { buildGemm, mustBePossible, parseShapes } = await import('../../sw/compiler/gemm.ts');
  const { chipOf } = await import('../../sw/mnist.ts');
  const { runGemm } = await import('../../sw/runtime/gemm-run.ts');
  const { rows, columns } = config.tensor;
  const report = reporter(options.json === true);
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
      const ideal = (shape.m * shape.n * shape.k) / (rows * columns);
      results.push({ ...shape, cycles: cycles ?? null, utilization: cycles === undefined ? null : ideal / cycles, idealCycles: ideal,
        estimatedCycles });
    }
    report.result({ config: config.name, engine: machine.engine, result: options.result, rows, columns, shapes: results }, () =>
      table(['M', 'N', 'K', 'cycles', 'utilization', 'ideal', 'estimate'], results.map((r) =>
        [r.m, r.n, r.k, r.cycles ?? '-', r.utilization === null ? '-' : r.utilization, r.idealCycles, r.estimatedCycles])));
  } finally {
    machine.close?.();
  }
}
