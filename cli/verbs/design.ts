// `systole design`: a module of a user's own file as SystemVerilog, or what a pass has made of it.
// Must not know: what the module does.
import type { Argument, Command } from 'commander';
import type { Design } from '../../gen/ir/module.ts';
import { STAGES } from '../../gen/passes/passes.ts';
import type { Watch } from '../../gen/passes/passes.ts';
import { UserError } from '../../gen/user-error.ts';
import { SHARED, path, positional, short, someText, valued } from '../options.ts';
import { pairs, reporter } from '../output.ts';
import type { Reporter } from '../output.ts';
import { checkFolder } from '../places.ts';
import { addVerb } from '../verb.ts';

interface DesignOptions {
  readonly export?: string;
  readonly dump?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const DUMP = `after:${STAGES.join('|')}`;

export function addDesign(program: Command): void {
  addVerb(program, 'design', {
    summary: 'a module of your own TypeScript file as SystemVerilog, or what a pass has made of it',
    examples: [
      'systole design counter.ts', 'systole design parts.ts --export Queue --out build/queue', 'systole design counter.ts --dump after:simplify',
    ],
    options: [
      valued('--export <name>', 'the module, where the file exports several', someText),
      valued('--dump <stage>', `the modules as they are ${DUMP}: docs/language.md`, stageOf),
      SHARED.outFolder(), SHARED.json(),
    ],
  })
    .addArgument(fileArgument())
    .action((file: string, options: DesignOptions) => show(file, options));
}

const fileArgument = (): Argument => positional('file', 'a TypeScript file that exports a module', path('a TypeScript file'));

function stageOf(text: string, option: string): string {
  const stage = STAGES.find((known) => text === `after:${known}`);
  if (stage === undefined) throw new UserError(`${option} ${short(text)}: is not one of ${STAGES.map((known) => `after:${known}`).join(', ')}; give one`);
  return stage;
}

async function show(file: string, options: DesignOptions): Promise<void> {
  const { dump, out, json = false } = options;
  if (out !== undefined && dump !== undefined) throw new UserError('--dump: is printed, not written; leave out --out or --dump');
  if (out !== undefined) checkFolder('--out', out);
  // The language and all that reads it: other verbs start without it.
  const { loadModule } = await import('../module-file.ts');
  const { runUsers } = await import('../users-program.ts');
  const { elaborate } = await import('../../gen/passes/elaborate.ts');
  const report = reporter('design', json);
  const elaborated = (watch?: Watch): Promise<Design> =>
    runUsers({ file, isQuiet: json }, async () => elaborate(await loadModule(file, options.export), watch));
  if (dump === undefined) await print(await elaborated(), out, report);
  else await dumpAfter(dump, elaborated, report);
}

async function dumpAfter(stage: string, elaborated: (watch: Watch) => Promise<Design>, report: Reporter): Promise<void> {
  const { moduleText } = await import('../../gen/ir/text.ts');
  const { verify } = await import('../../gen/ir/verify.ts');
  const texts: string[] = [];
  const design = await elaborated((at, m) => {
    verify(m, at);
    if (at === stage) texts.push(moduleText(m));
  });
  report.result({ top: design.top.name, dump: texts.join('\n') }, () => texts.join('\n').trimEnd());
}

async function print(design: Design, out: string | undefined, report: Reporter): Promise<void> {
  const { filesOf, printDesign } = await import('../../gen/print/systemverilog.ts');
  const { summariseDesign } = await import('../design-summary.ts');
  const sources = printDesign(design);
  const { counts } = summariseDesign(design);
  if (out === undefined) {
    const texts = Object.fromEntries(filesOf(sources).map((f) => [f.name, f.text]));
    report.result({ top: design.top.name, counts, sources: texts }, () => sources.map((f) => f.text.trimEnd()).join('\n\n'));
    return;
  }
  const { writeDesign } = await import('../design-folder.ts');
  const files = writeDesign(out, sources);
  report.result({ top: design.top.name, counts, files }, () => pairs({
    top: design.top.name, modules: counts.modules, instances: counts.instances, 'register bits': counts.registerBits,
    'memory bits': counts.memoryBits, files: `${files.length} in ${out}`,
  }));
}
