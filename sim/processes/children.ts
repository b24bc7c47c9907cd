/**
 * The one place from which this project starts other processes. Each ends with the process that started it, however that ends: by
 * itself, by a signal, by kill -9. Programs run behind `guard.js`; scripts of our own watch for themselves (`end-with-parent.ts`).
 * All lead process groups of their own, so that Ctrl-C reaches only the process that decides what becomes of the others.
 * Must not know what the programs do.
 */
import { execFile, fork, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const GUARD = fileURLToPath(new URL('./guard.js', import.meta.url));
/** Milliseconds that a program may take to answer a question such as `--version`. */
const ANSWER_MILLISECONDS = 60_000;

/** Exit status that says: there is no such program. */
export const NO_SUCH_PROGRAM = 127;

export interface ProgramOptions {
  readonly cwd?: string;
  /** A file or folder that nobody needs when the program is ended before its time. */
  readonly scratch?: string;
  /** Default: as this process has it. */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the program, and all that it has started, with the status TOO_LATE; default: no limit. */
  readonly limitSeconds?: number;
}

/** Exit status of a program that took longer than it may; as `timeout` of coreutils has it. */
export const TOO_LATE = 124;

const guarded = (program: string, args: readonly string[], { scratch = '' }: ProgramOptions): string[] =>
  [GUARD, String(process.pid), scratch, program, ...args];

/** Runs a program to its end and gives its exit status: 128 + n where signal n ended it, NO_SUCH_PROGRAM where there is none. */
export function runProgram(
  program: string, args: readonly string[], onOutput: (chunk: Buffer) => void, options: ProgramOptions = {},
): Promise<number> {
  const { cwd, env, limitSeconds } = options;
  return new Promise((resolve, reject) => {
    const guard = spawn(process.execPath, guarded(program, args, options), {
      ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }), stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    });
    let isLate = false;
    const timer = limitSeconds === undefined ? undefined : setTimeout(() => {
      isLate = true;
      endGroup(guard);
    }, 1000 * limitSeconds);
    guard.stdout.on('data', onOutput);
    guard.stderr.on('data', onOutput);
    guard.once('error', reject);
    guard.once('exit', (_, signal) => {
      if (signal !== null) endGroup(guard);
    });
    guard.once('close', (code) => {
      clearTimeout(timer);
      resolve(isLate ? TOO_LATE : code ?? 128);
    });
  });
}

/** The same where nothing else can be done meanwhile. */
export function runProgramNow(
  program: string, args: readonly string[], options: ProgramOptions = {},
): { readonly status: number; readonly stdout: string; readonly stderr: string } {
  // The types do not tell that `detached` works here too.
  const spawning = {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore' as const, 'pipe' as const, 'pipe' as const], encoding: 'utf8' as const, maxBuffer: 2 ** 28, detached: true,
  };
  const { status, stdout, stderr, error } = spawnSync(process.execPath, guarded(program, args, options), spawning);
  if (error) throw error;
  return { status: status ?? 128, stdout, stderr };
}

/** What a program answers to a question and where it says it; rejects where there is none, or none that answers. */
export function askProgram(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: ANSWER_MILLISECONDS, killSignal: 'SIGKILL' }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

/**
 * Starts a TypeScript file as a process that messages are exchanged with; the file calls `endWithParent` first.
 * @param stderr whether what it says there is shown
 */
export function forkScript(file: URL, stderr: 'inherit' | 'ignore'): ChildProcess {
  // The loader is the one that runs the command line.
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return fork(fileURLToPath(file), [String(process.pid)], {
    execArgv: ['--import', loader], serialization: 'advanced', stdio: ['ignore', 'ignore', stderr, 'ipc'], detached: true,
  });
}

/** Ends a process of `forkScript` at once, whatever it is doing; what it has started itself then ends too. */
export function endScript(script: ChildProcess): void {
  script.kill('SIGKILL');
}

/** What a guard leaves that has been killed itself. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}
