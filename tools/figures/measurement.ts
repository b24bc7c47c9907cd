/** How a figure is measured: a command, run once however many figures it gives. Must not know pages. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../gen/user-error.ts';
import { runProgramNow } from '../../sim/processes/children.ts';

/** Programs of others, which the user fetches. */
export const FOLDERS = {
  coremark: 'a copy of github.com/eembc/coremark',
  embench: 'a copy of github.com/embench/embench-iot, tag embench-1.0',
  dhrystone: 'the folder v2.1 of a copy of github.com/Keith-S-Thompson/dhrystone',
  'riscv-tests': 'the folder built from riscv-tests (docs/verification.md)',
  'arch-tests': 'the folder built from riscv-arch-test (docs/verification.md)',
} as const;
export type FolderName = keyof typeof FOLDERS;

export interface Context {
  /** The project's folder. */
  readonly root: string;
  /** Where scratch files go. */
  readonly out: string;
  readonly folders: Readonly<Partial<Record<FolderName, string>>>;
  note(line: string): void;
}

export interface Measurement<R> {
  /** What people run to see it themselves. */
  readonly command: string;
  readonly needs: readonly FolderName[];
  /** Measures at the first call. @throws NotMeasured where a folder was not given */
  get(context: Context): Promise<R>;
}

/** Somebody's program is wanted that was not given. */
export class NotMeasured extends Error {}

export function measurement<R>(
  command: string, run: (context: Context) => R | Promise<R>, needs: readonly FolderName[] = [],
): Measurement<R> {
  let result: Promise<R> | undefined;
  const measure = async (context: Context): Promise<R> => {
    const missing = needs.find((name) => context.folders[name] === undefined);
    if (missing !== undefined) throw new NotMeasured(`give --${missing} DIR, ${FOLDERS[missing]}`);
    context.note(command);
    return run(context);
  };
  return { command, needs, get: (context) => result ??= measure(context) };
}

/** The folder of a program that the measurement needs. */
export function folderOf(context: Context, name: FolderName): string {
  const folder = context.folders[name];
  if (folder === undefined) throw new Error(`a measurement uses ${name} without needing it`);
  return folder;
}

/** A JSON answer, read by paths: what is not there is an error that names it. */
export class Answer {
  constructor(private readonly value: unknown, private readonly place: string) {}

  at(...path: readonly (string | number)[]): Answer {
    return path.reduce<Answer>((answer, key) => answer.field(key), this);
  }

  number(...path: readonly (string | number)[]): number {
    const { value, place } = this.at(...path);
    if (typeof value !== 'number') throw new Error(`${place} is no number: it is ${JSON.stringify(value)?.slice(0, 40) ?? 'not there'}`);
    return value;
  }

  text(...path: readonly (string | number)[]): string {
    const { value, place } = this.at(...path);
    if (typeof value !== 'string') throw new Error(`${place} is no text`);
    return value;
  }

  /** The one element of a list whose field has this value. */
  item(list: string, field: string, value: string | number): Answer {
    const { value: elements, place } = this.at(list);
    if (!Array.isArray(elements)) throw new Error(`${place} is no list`);
    const found = elements.map((e: unknown, i) => new Answer(e, `${place}.${i}`)).find((e) => e.at(field).value === value);
    if (found === undefined) throw new Error(`${place} has no element with ${field} ${value}`);
    return found;
  }

  list(...path: readonly (string | number)[]): readonly Answer[] {
    const { value, place } = this.at(...path);
    if (!Array.isArray(value)) throw new Error(`${place} is no list`);
    return value.map((e: unknown, i) => new Answer(e, `${place}.${i}`));
  }

  private field(key: string | number): Answer {
    const { value } = this;
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return new Answer(isThere ? (value as Readonly<Record<string, unknown>>)[key] : undefined, `${this.place}.${key}`);
  }
}

export interface Run {
  readonly answer: Answer;
  /** Largest memory that the process had. */
  readonly peakBytes: number;
}

/** A process tells its largest memory on stderr at its end. */
const TELL_PEAK = `data:text/javascript,process.on('exit',()=>console.error('peak '+process.resourceUsage().maxRSS+' KB'))`;

/** Runs a verb of the command line with `--json`. @throws Error with its last words where it fails */
export function systole({ root }: Context, args: readonly string[]): Run {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const { status, stdout, stderr } = runProgramNow(process.execPath, ['--import', loader, '--import', TELL_PEAK, 'cli/systole.ts', ...args, '--json'], { cwd: root });
  const lines = stderr.trim().split('\n').filter((line) => !line.startsWith('peak '));
  if (status !== 0) throw new UserError(`systole ${args.join(' ')}: exit status ${status}: ${lines.at(-1) ?? ''}`);
  const peak = Number(/^peak (\d+) KB$/m.exec(stderr)?.[1]);
  return { answer: new Answer(JSON.parse(stdout), `systole ${args[0]}`), peakBytes: peak * 1024 };
}

/** A verb as a measurement. */
export const verb = (...args: readonly string[]): Measurement<Answer> =>
  measurement(`npm run ${args[0]} -- ${args.slice(1).join(' ')}`, (context) => systole(context, args).answer);

/** Two measurements as one. */
export const both = <A, B>(a: Measurement<A>, b: Measurement<B>): Measurement<readonly [A, B]> => ({
  command: `${a.command}; ${b.command}`, needs: [...new Set([...a.needs, ...b.needs])],
  get: async (context) => [await a.get(context), await b.get(context)],
});
