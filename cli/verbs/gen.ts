// `systole gen`: the chip as SystemVerilog, with all that is generated beside it.
// Must not know: what a chip consists of.
import { join } from 'node:path';
import type { Command } from 'commander';
import { readKeptText } from '../../gen/files/input.ts';
import { removeFiles, writeFolder } from '../../gen/files/output.ts';
import { numberText } from '../../gen/number-text.ts';
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

const FILE_LIST = 'filelist.f';
/** What the sources read: there only if they read something. */
const DATA_LIST = 'datalist.txt';
/** Some hundred names. */
const MOST_LIST_BYTES = 2 ** 20;

/**
 * Modules of the chip that was written here before: one that this chip lacks would be compiled with it by everybody who takes all
 * files of the folder. Nothing else is ours to remove.
 */
function formerSources(folder: string): readonly string[] {
  const listed = (list: string): string[] => (readKeptText(join(folder, list), MOST_LIST_BYTES) ?? '').split('\n');
  const data = listed(DATA_LIST).filter((name) => /^\w+\.\w+\.hex$/.test(name));
  return [...listed(FILE_LIST).filter((name) => /^\w+\.sv$/.test(name)), ...data, ...(data.length > 0 ? [DATA_LIST] : [])];
}

async function generate(options: GenOptions): Promise<void> {
  const config = configOf(options);
  checkFolder('--out', options.out);
  // The whole of the hardware: other verbs start without it.
  const { elaborate } = await import('../../gen/index.ts');
  const { filesOf, printDesign } = await import('../../gen/print/systemverilog.ts');
  const { Chip } = await import('../../hw/soc/chip.ts');
  const { cHeader } = await import('../../sw/firmware/c-header.ts');
  const { isaManual } = await import('../../sw/firmware/isa-manual.ts');
  const start = performance.now();
  const design = elaborate(Chip(config));
  const sources = printDesign(design);
  const summary = summariseDesign(design);
  const files = new Map<string, string>(filesOf(sources).map(({ name, text }) => [name, text]));
  files.set(FILE_LIST, sources.map(({ name }) => `${name}\n`).join(''));
  const data = sources.flatMap((s) => s.data ?? []);
  if (data.length > 0) files.set(DATA_LIST, data.map(({ name }) => `${name}\n`).join(''));
  files.set('design.json', `${JSON.stringify({ config: config.name, ...summary }, null, 2)}\n`);
  files.set('systole.h', cHeader(config));
  files.set('isa.md', isaManual());
  const former = formerSources(options.out);
  const written = writeFolder(options.out, files);
  removeFiles(options.out, former.filter((name) => !files.has(name)));
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
