// `systole compile`: a model to one executable for one chip, with its report.
// Must not know: how models are compiled.
import type { Command } from 'commander';
import { mustDiffer, writeWhole } from '../../gen/files/output.ts';
import { numberText } from '../../gen/number-text.ts';
import { SHARED, configOf, path, positional } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { pairs, reporter, table } from '../output.ts';
import { checkFile } from '../places.ts';
import { addVerb, required } from '../verb.ts';
import type { Given } from '../verb.ts';

interface CompileVerbOptions extends ChipOptions {
  readonly out: string;
  readonly batch: number;
}

const SYMBOLS = ['_start', 'tohost', 'fromhost', 'input', 'output', 'batch', 'cycles'] as const;

export function addCompile(program: Command): void {
  addVerb(program, 'compile', {
    summary: 'compile a model for a chip',
    examples: ['systole compile models/mnist-fc.gguf -o build/mnist.elf', 'systole compile models/mnist-fc.gguf -o mnist.elf --batch 10 --config nano --json'],
    options: [
      SHARED.config({ value: 'base' }), SHARED.outFile('the executable to write'),
      SHARED.batch('items that one run computes', { value: 1 }), SHARED.json(),
    ],
  })
    .addArgument(positional('model', 'a GGUF file', path('a GGUF file')))
    .action((model: string, options: Given<CompileVerbOptions, 'out'>) =>
      compile(model, { ...options, out: required(options.out, '-o, --out <file>', 'compile') }));
}

async function compile(model: string, options: CompileVerbOptions): Promise<void> {
  const config = configOf(options);
  mustDiffer({ 'the model': model, '--config': options.config, '--out': options.out });
  checkFile('--out', options.out);
  const { chipOf, loadDigitNetwork } = await import('../../sw/mnist.ts');
  const { compileModel } = await import('../../sw/compiler/compile.ts');
  const { quantised } = loadDigitNetwork(model, config.simulation.ramBytes);
  const { elf, report, symbols } = compileModel(quantised, chipOf(config), { batch: options.batch });
  writeWhole(options.out, elf);
  const named = Object.fromEntries(SYMBOLS.map((name) => [name, symbols.get(name)]));
  const { rows, columns } = config.tensor;
  const estimatedUtilization = report.macs / (report.estimatedCycles * rows * columns);
  const json = {
    config, model, batch: options.batch, macs: report.macs, programBytes: report.bytes, codeBytes: report.codeBytes,
    commands: report.commands, estimatedCycles: report.estimatedCycles, estimatedUtilization,
    layers: report.layers.map(({ bytes: movedBytes, ...layer }) => ({ ...layer, movedBytes })),
    symbols: named, files: [options.out],
  };
  reporter('compile', options.json === true).result(json, () => [
    table([
      { title: 'layer' }, { title: 'MACs', look: 'count' }, { title: 'tiles', look: 'count' }, { title: 'bytes moved', look: 'count' },
      { title: 'cycles', look: 'count' }, { title: 'rows', look: 'count' }, { title: 'residency' },
    ], report.layers.map((layer) =>
      [layer.name, layer.macs, layer.tiles, layer.bytes, layer.estimatedCycles, layer.rowsPerChunk, layer.residency])),
    pairs({
      chip: config.name, batch: options.batch,
      'bytes of RAM': report.bytes, 'bytes of code': report.codeBytes, 'tensor commands': report.commands,
      'estimated cycles': report.estimatedCycles, 'estimated utilization': numberText(estimatedUtilization, 'share'),
      executable: options.out,
    }),
  ].join('\n\n'));
}
