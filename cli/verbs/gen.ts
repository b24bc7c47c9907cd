// `systole gen`: the chip as SystemVerilog, with all that is generated beside it.
// Must not know: what a chip consists of.
import { Option } from 'commander';
import type { Command } from 'commander';
import { numberText } from '../../gen/number-text.ts';
import { summariseDesign } from '../design-summary.ts';
import { SHARED, configOf } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';
import { checkFolder } from '../places.ts';
import { addVerb } from '../verb.ts';

interface GenOptions extends ChipOptions {
  readonly out: string;
  readonly positions?: boolean;
}

export function addGen(program: Command): void {
  addVerb(program, 'gen', {
    summary: 'write the chip as SystemVerilog, with C header, manual and summary',
    examples: ['systole gen', 'systole gen --config nano --out build/nano', 'systole gen --json | jq .counts'],
    options: [
      SHARED.config({ value: 'base' }), SHARED.outFolder('build/gen'),
      new Option('--positions', 'comments that say from which line of TypeScript each module and block comes'), SHARED.json(),
    ],
  })
    .action((options: GenOptions) => generate(options));
}

async function generate(options: GenOptions): Promise<void> {
  const config = configOf(options);
  checkFolder('--out', options.out);
  // The whole of the hardware: other verbs start without it.
  const { elaborate } = await import('../../gen/index.ts');
  const { printDesign } = await import('../../gen/print/systemverilog.ts');
  const { writeDesign } = await import('../design-folder.ts');
  const { Chip } = await import('../../hw/soc/chip.ts');
  const { cHeader } = await import('../../sw/firmware/c-header.ts');
  const { isaManual } = await import('../../sw/firmware/isa-manual.ts');
  const start = performance.now();
  const design = elaborate(Chip(config));
  const sources = printDesign(design, { positions: options.positions });
  const summary = summariseDesign(design);
  const written = writeDesign(options.out, sources, {
    'design.json': `${JSON.stringify({ config: config.name, ...summary }, null, 2)}\n`, 'systole.h': cHeader(config), 'isa.md': isaManual(),
  });
  const seconds = (performance.now() - start) / 1000;
  const { counts } = summary;
  reporter('gen', options.json === true).result(
    { config, top: summary.top, counts, files: written, seconds },
    () => pairs({
      chip: config.name, top: summary.top, modules: counts.modules, instances: counts.instances,
      'register bits': counts.registerBits, 'memory bits': counts.memoryBits,
      files: `${written.length} in ${options.out}`, seconds: numberText(seconds, 'seconds'),
    }),
  );
}
