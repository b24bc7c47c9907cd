/** The figures of docs/caches.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findYosys, runYosys } from '../../../explore/estimators/yosys.ts';
import { corePreset } from '../../../firmware/bench.ts';
import { buildCoremark } from '../../../firmware/coremark.ts';
import { buildExamples } from '../../../firmware/programs.ts';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { Chip } from '../../../hw/soc/chip.ts';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { int, tableFigures, textFigures } from '../figure.ts';
import type { Figure } from '../figure.ts';
import { Answer, folderOf, measurement, systole } from '../measurement.ts';
import type { Context, FolderName, Measurement } from '../measurement.ts';

const PAGE = 'docs/caches.md';

/** The columns of the table: keys that differ from `configs/base.toml`. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  'no cache': { instructionCache: 0, latency: 20 },
  'instruction cache, lines of 16': { latency: 20 },
  'both, lines of 32': { instructionCacheLine: '32 B', dataCache: '4 KiB', dataCacheLine: '32 B', latency: 20 },
  'memory of 1 cycle, instruction cache': {},
  'the same and a data cache': { dataCache: '4 KiB', dataCacheLine: '32 B' },
};

/** The file of a chip that is `base` but for some keys. */
function chipFile({ root, out }: Context, column: string): string {
  let text = readFileSync(join(root, 'configs/base.toml'), 'utf8');
  for (const [key, value] of Object.entries(COLUMNS[column])) {
    const line = `${key} = ${JSON.stringify(value)}`;
    const there = new RegExp(`^${key} = .*$`, 'm');
    text = there.test(text) ? text.replace(there, line) : text.replace('[soc]\n', `[soc]\n${line}\n`);
  }
  mkdirSync(out, { recursive: true });
  const file = join(out, `${column.replace(/\W+/g, '-')}.toml`);
  writeFileSync(file, text);
  return file;
}

const example = (name: string) => (context: Context): readonly string[] => {
  const file = buildExamples(loadConfig('base'), { outDir: join(context.out, 'firmware') }).get(name);
  if (file === undefined) throw new Error(`there is no example ${name}`);
  return ['sim', '--elf', file];
};

interface Program {
  readonly command: string;
  readonly args: (context: Context) => readonly string[];
  readonly needs?: readonly FolderName[];
}

/** The rows: what is run on each of them. */
const PROGRAMS: readonly Program[] = [
  { command: 'npm run mnist -- --images 20', args: () => ['mnist', '--images', '20'] },
  { command: 'npm run sim -- --elf build/firmware/hello.elf', args: example('hello') },
  { command: 'npm run sim -- --elf build/firmware/matmul.elf', args: example('matmul') },
];
const COREMARK: Program = {
  command: 'CoreMark, `build/firmware/coremark/fast.elf`', needs: ['coremark'],
  args: (context) => ['sim', '--elf', buildCoremark({
    source: folderOf(context, 'coremark'), isa: corePreset('fast').isa, out: join(context.out, 'coremark', 'fast.elf'),
  })],
};

const onChip = ({ command, args, needs = [] }: Program, column: string): Measurement<Answer> =>
  measurement(`${command} --config F, F being base with ${JSON.stringify(COLUMNS[column])}`, (context) =>
    systole(context, [...args(context), '--config', chipFile(context, column)]).answer, needs);

const programs = [...PROGRAMS.map((p) => ({ ...p, row: `\`${p.command}\`` })), { ...COREMARK, row: COREMARK.command }].flatMap((program) =>
  Object.keys(COLUMNS).flatMap((column) => tableFigures(PAGE, 'Figures', [{ row: [program.row], of: onChip(program, column) }], {
    [column]: (a) => int(a.number('cycles')),
  })));

const dataCache = measurement('Yosys, synth_ecp5 of DataCache in the chip with both caches', async (context) => {
  const files = Object.fromEntries(printDesign(elaborate(Chip(loadConfig(chipFile(context, 'both, lines of 32'))))).map((f) => [f.name, f.text]));
  const yosys = await findYosys(context.note);
  const script = `read_verilog -sv ${Object.keys(files).join(' ')}; synth_ecp5 -top DataCache; tee -q -o cells.json stat -json`;
  const statistics = await runYosys(yosys, script, files, 'cells.json');
  return new Answer(JSON.parse(statistics), 'Yosys').at('design', 'num_cells_by_type');
});
const cells = textFigures(PAGE, 'makes {luts} LUTs, {ff} flip-flops and {bram} block RAMs of the data cache', dataCache, {
  luts: (a) => int(a.number('LUT4')), ff: (a) => int(a.number('TRELLIS_FF')), bram: (a) => int(a.number('DP16KD')),
});

export const CACHES: readonly Figure[] = [...programs, ...cells];
