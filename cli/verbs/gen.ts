// `systole gen`: the chip as SystemVerilog, with all that is generated beside it.
// Must not know: what a chip consists of.
import type { Command } from 'commander';
import { writeFolder } from '../../gen/files/output.ts';
import { elaborate } from '../../gen/index.ts';
import { numberText } from '../../gen/number-text.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { Chip } from '../../hw/soc/chip.ts';
import { cHeader } from '../../sw/firmware/c-header.ts';
import { isaManual } from '../../sw/firmware/isa-manual.ts';
import { summariseDesign } from '../design-summary.ts';
import { SHARED, configOf } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';
import { checkFolder } from '../places.ts';
import { addVerb } from '../verb.ts';

interface GenOptions extends ChipOptions {
  readonly out: string;
}

export function addGen(program: Command): void {
  addVerb(program, 'gen', {
    summary: 'write the chip as SystemVerilog, with C header, manual and summary',
    examples: ['systole gen', 'systole gen --config nano --out build/nano', 'systole gen --json | jq .counts'],
    options: [SHARED.config({ value: 'base' }), SHARED.outFolder('build/gen'), SHARED.json()],
  })
    .action((options: GenOptions) => generate(options));
}

function generate(options: GenOptions): void {
  const config = configOf(options);
  checkFolder('--out', options.out);
  const start = performance.now();
  const design = elaborate(Chip(config));
  const sources = printDesign(design);
  const summary = summariseDesign(design);
  const files = new Map<string, string>(sources.map(({ name, text }) => [name, text]));
  files.set('filelist.f', sources.map(({ name }) => `${name}\n`).join(''));
  files.set('design.json', `${JSON.stringify({ config: config.name, ...summary }, null, 2)}\n`);
  files.set('systole.h', cHeader(config));
  files.set('isa.md', isaManual());
  const written = writeFolder(options.out, files);
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
