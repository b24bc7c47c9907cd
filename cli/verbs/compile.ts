// `systole compile`: a model to one executable for one chip, with its report.
// Must not know: how models are compiled.
import type { Command } from 'commander';
import { mustDiffer, writeWhole } from '../../gen/files/output.ts';
import { common, configOf, wholeNumber } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, percent, reporter, table } from '../output.ts';

interface CompileVerbOptions extends CommonOptions {
  readonly output: string;
  readonly batch: number;
}

const SYMBOLS = ['_start', 'tohost', 'fromhost', 'input', 'output', 'batch', 'cycles'] as const;

export function addCompile(program: Command): void {
  common(program.command('compile').description('compile a model for a chip'), [
    'systole compile models/mnist-fc.gguf -o build/mnist.elf',
    'systole compile models/mnist-fc.gguf -o mnist.elf --batch 10 --config nano --json',
  ])
    .argument('<model>', 'a GGUF file')
    .requiredOption('-o, --output <file>', 'the executable to write')
    .option('--batch <n>', 'items that one run computes', wholeNumber('--batch', 1, 1_000_000), 1)
    .action((model: string, options: CompileVerbOptions) => compile(model, options));
}

async function compile(model: string, options: CompileVerbOptions): Promise<void> {
  const config = configOf(options);
  mustDiffer({ 'the model': model, '--config': options.config, '--output': options.output });
  const { chipOf, loadDigitNetwork } = await import('../../sw/mnist.ts');
  const { compileModel } = await import('../../sw/compiler/compile.ts');
  const { quantised } = loadDigitNetwork(model, config.simulation.ramBytes);
  const { elf, report, symbols } = compileModel(quantised, chipOf(config), { batch: options.batch });
  writeWhole(options.output, elf);
  const named = Object.fromEntries(SYMBOLS.map((name) => [name, symbols.get(name)]));
  const { rows, columns } = config.tensor;
  const json = { ...report, config: config.name, batch: options.batch, output: options.output, symbols: named };
  reporter(options.json === true).result(json, () => [
    table(['layer', 'MACs', 'tiles', 'bytes moved', 'cycles', 'rows', 'residency'], report.layers.map((layer) =>
      [layer.name, layer.macs, layer.tiles, layer.bytes, layer.estimatedCycles, layer.rowsPerChunk, layer.residency])),
    pairs({
      chip: config.name, batch: options.batch,
      'bytes of RAM': report.bytes, 'bytes of code': report.codeBytes, 'tensor commands': report.commands,
      'estimated cycles': report.estimatedCycles, 'estimated utilization': percent(report.macs / (report.estimatedCycles * rows * columns)),
      executable: options.output,
    }),
  ].join('\n\n'));
}
