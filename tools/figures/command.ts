/** The command line of `npm run figures`. Must not know particular pages. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeWhole } from '../../gen/files/output.ts';
import { UserError } from '../../gen/user-error.ts';
import { compareAll, written } from './compare.ts';
import type { Outcome } from './compare.ts';
import type { Figure, Tolerance } from './figure.ts';
import { FOLDERS } from './measurement.ts';
import type { Context, FolderName } from './measurement.ts';
import type { Page } from './page.ts';
import { FIGURES } from './pages/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folderNames = Object.keys(FOLDERS) as readonly FolderName[];

const HELP = `usage: npm run figures [-- options]

Measures again every figure that stands in README.md and docs/, and says which differ. The whole takes an hour or more.

  --only PATTERN      only figures whose page, name or command matches this regular expression
  --list              what there is, and how it is measured
  --write             mends the pages
  --json              one JSON object on stdout
${folderNames.map((name) => `  ${`--${name} DIR`.padEnd(19)} ${FOLDERS[name]}`).join('\n')}

Figures of programs whose folder is not given are told as not measured. Exit status: 0, none differs; 1, some do, or a measurement
failed; 2, bad input.
`;

interface Options {
  readonly figures: readonly Figure[];
  readonly isList: boolean;
  readonly isWrite: boolean;
  readonly isJson: boolean;
  readonly folders: Context['folders'];
}

function optionsOf(args: string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const folderOptions = Object.fromEntries(folderNames.map((name) => [name, text]));
  const options = { ...folderOptions, only: text, list: flag, write: flag, json: flag, help: flag };
  const { values } = orUserError(() => parseArgs({ args, options }));
  if (values.help === true) return undefined;
  const folders = Object.fromEntries(folderNames.flatMap((name) => {
    const folder: unknown = Object.entries(values).find(([key]) => key === name)?.[1];
    if (typeof folder !== 'string') return [];
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new UserError(`--${name} ${folder}: is no folder; give ${FOLDERS[name]}`);
    return [[name, folder] as const];
  }));
  const only = values.only;
  const pattern = typeof only === 'string' ? orUserError(() => new RegExp(only)) : /(?:)/;
  const figures = FIGURES.filter(({ page, name, measurement: { command } }) => [page, name, command].some((t) => pattern.test(t)));
  if (figures.length === 0) throw new UserError(`--only ${String(only)}: matches no figure; --list tells all`);
  return { figures, folders, isList: values.list === true, isWrite: values.write === true, isJson: values.json === true };
}

function orUserError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}; --help tells what there is`);
  }
}

const toleranceText = ({ share, isNoisy }: Tolerance): string =>
  share === 0 ? 'exact' : `within ${Math.round(100 * share)} %${isNoisy ? ', noisy' : ''}`;

function list(figures: readonly Figure[]): string {
  const commands = [...new Set(figures.map((f) => f.measurement.command))];
  return commands.map((command) => {
    const mine = figures.filter((f) => f.measurement.command === command);
    const needs = mine[0].measurement.needs.map((n) => ` --${n}`).join('');
    return [`${command}${needs === '' ? '' : `   (needs${needs})`}`, ...mine.map((f) => `  ${f.page}: ${f.name}: ${toleranceText(f.tolerance)}`)].join('\n');
  }).join('\n');
}

function lineOf({ figure: { page, name, tolerance }, state, line, said, measured, why }: Outcome): string {
  const place = `${page}:${line}: ${name}`;
  if (state === 'same') return `same          ${place}: ${said}${said === measured ? '' : `, measured ${measured} (${toleranceText(tolerance)})`}`;
  if (state === 'differs') return `DIFFERS       ${place}: ${said}, measured ${measured} (${toleranceText(tolerance)})`;
  return `${state === 'failed' ? 'FAILED       ' : 'not measured '} ${place}: ${why}`;
}

/** Where text goes: results, and what is going on. */
export interface Streams {
  out(text: string): void;
  err(text: string): void;
}

/** Runs one command line; returns the exit status. */
export async function runFigures(args: readonly string[], streams: Streams): Promise<number> {
  try {
    return await run(args, streams);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    streams.err(`figures: ${error.message}\n`);
    return 2;
  }
}

async function run(args: readonly string[], { out, err }: Streams): Promise<number> {
  const options = optionsOf([...args]);
  if (options === undefined) {
    out(HELP);
    return 0;
  }
  const { figures, isList, isWrite, isJson, folders } = options;
  if (isList) {
    out(`${list(figures)}\n`);
    return 0;
  }
  const files = [...new Set(figures.map((f) => f.page))];
  const pages = new Map(files.map((file): [string, Page] => [file, { file, text: readFileSync(join(ROOT, file), 'utf8') }]));
  const note = (line: string): void => err(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
  const context: Context = { root: ROOT, out: join(ROOT, 'build/figures'), folders, note };
  const outcomes = await compareAll(figures, pages, context, (outcome) => {
    if (!isJson) out(`${lineOf(outcome)}\n`);
  });
  if (isWrite) {
    for (const page of written(outcomes, pages)) {
      const path = join(ROOT, page.file);
      const before = pages.get(page.file)?.text;
      if (readFileSync(path, 'utf8') !== before) throw new UserError(`${page.file}: has changed while its figures were measured; run it again`);
      writeWhole(path, page.text);
    }
  }
  const count = (state: Outcome['state']): number => outcomes.filter((o) => o.state === state).length;
  const summary = { same: count('same'), differ: count('differs'), notMeasured: count('not measured'), failed: count('failed') };
  if (isJson) {
    const rows = outcomes.map(({ figure: { page, name, measurement, tolerance }, state, line, said, measured, why }) =>
      ({ page, line, name, command: measurement.command, tolerance, state, said, measured, why }));
    out(`${JSON.stringify({ ...summary, isWritten: isWrite, figures: rows })}\n`);
  } else {
    const { same, differ, notMeasured, failed } = summary;
    out(`\n${outcomes.filter((o) => o.state !== 'same').map((o) => `${lineOf(o)}\n`).join('')}`
      + `${same} the same, ${differ} differ${isWrite ? ' (mended)' : ''}, ${notMeasured} not measured, ${failed} failed\n`);
  }
  return summary.failed > 0 || (summary.differ > 0 && !isWrite) ? 1 : 0;
}
