// Runs what a user has written, inside of ours: however that goes wrong, it is told in one line; what it prints is no result of ours, and
// while it keeps the process busy, somebody tells that it is alive.
// Must not know: what the program does.
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Site } from '../gen/site.ts';
import { UserError } from '../gen/user-error.ts';
import { durationText, lineAge } from './progress.ts';

const BAD_INPUT = 2;
/** What stands here is not the user's either. */
const HERE = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');

export interface UsersProgram {
  readonly file: string;
  /** No progress. */
  readonly isQuiet: boolean;
}

/** @throws UserError whatever the program throws, but for faults of Systole itself */
export async function runUsers<T>(program: UsersProgram, work: () => T | Promise<T>): Promise<T> {
  const { file } = program;
  const alive = program.isQuiet ? undefined : watch(`running ${file}`);
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr);
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const end = (reason: string): void => {
    // Nothing but this is done any more while a process ends.
    writeSync(process.stderr.fd, `systole: ${new UserError(`${file}: ${reason}`).message}\n`);
    process.exitCode = BAD_INPUT;
  };
  const exits = (): void => end('ends the process before the module is there; leave out process.exit()');
  const starves = (): void => {
    process.off('exit', exits);
    end('waits at its top level for what never comes; mend the program');
    process.exit();
  };
  process.on('unhandledRejection', fail).on('uncaughtException', fail).on('exit', exits).on('beforeExit', starves);
  try {
    return await Promise.race([failed, settled(work)]);
  } catch (error) {
    // What else is rejected for the same reason is told already.
    await turn();
    throw error instanceof UserError || isOurs(error) ? error : new UserError(`${file}: ${reasonOf(error)}`);
  } finally {
    process.off('unhandledRejection', fail).off('uncaughtException', fail).off('exit', exits).off('beforeExit', starves);
    process.stdout.write = write;
    alive?.();
  }
}

/** With what has been rejected meanwhile and nobody has looked at. */
async function settled<T>(work: () => T | Promise<T>): Promise<T> {
  const result = await work();
  await turn();
  return result;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lines that may follow each other; the last comes after more than an hour. */
const MOST_LINES = 100;

/** In a thread of its own: the main one may be busy. */
const WATCH = `
const { writeSync } = require('node:fs');
for (const { text, age } of require('node:worker_threads').workerData) {
  setTimeout(() => { try { writeSync(2, text); } catch {} }, 1000 * age);
}
`;

function watch(what: string): () => void {
  const start = performance.now();
  const lines = Array.from({ length: MOST_LINES }, (_, i) => lineAge(i)).map((age) => ({ age, text: `${what}: ${durationText(age)}\n` }));
  const worker = new Worker(WATCH, { eval: true, execArgv: [], workerData: lines });
  worker.unref();
  return () => {
    void worker.terminate();
    const seconds = (performance.now() - start) / 1000;
    if (seconds >= lineAge(0)) process.stderr.write(`${what}: took ${durationText(seconds)}\n`);
  };
}

/** What was thrown in Systole's own files, unless it is the end of a stack that others have filled. */
function isOurs(error: unknown): boolean {
  if (!(error instanceof Error) || isStackFull(error)) return false;
  const [innermost = ''] = (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line) && !/\(?node:|<anonymous>\)?$/.test(line));
  return innermost !== '' && new Site({ stack: innermost }, HERE).frame === '';
}

const isStackFull = (error: Error): boolean => error instanceof RangeError && error.message.includes('call stack');

/** What is wrong with a program, and its mend: the translator's first message, or what the program has thrown. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `throws ${typeof error === 'object' && error !== null ? 'an object that is no Error' : String(error)}; mend the program`;
  const translated = /:(\d+):\d+: (?:ERROR|error): (.+)/.exec(error.message);
  if (translated) return `line ${translated[1]}: ${translated[2]}; mend the program`;
  const [said] = error.message.split('\n');
  const { code } = error as NodeJS.ErrnoException;
  const site = new Site(error, HERE);
  return `${code === 'ERR_MODULE_NOT_FOUND' ? said : `throws ${error.name}: ${said}${site.isKnown ? `  at ${site}` : ''}`}; mend the program`;
}
