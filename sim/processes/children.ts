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
import { systemCode } from '../../gen/files/system-error.ts';

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
  /** What the program, and each that it starts, may take where the system allows it more; default: as this process may. */
  readonly most?: ProgramLimits;
}

/** What a process may take. Who asks for more memory gets none, who writes more is ended by a signal. */
export interface ProgramLimits {
  /** Of each file that it writes. */
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

/** Exit status of a program that took longer than it may; as `timeout` of coreutils has it. */
export const TOO_LATE = 124;

/** Exit status of a program that said more than `runProgramNow` keeps; what it said is cut. */
export const TOO_TALKATIVE = 125;
const MOST_SAID_BYTES = 2 ** 26;

const guarded = (program: string, args: readonly string[], { scratch = '', most }: ProgramOptions): string[] =>
  [GUARD, String(process.pid), scratch, ...(most === undefined ? [] : limited(most)), program, ...args];

/** Lowers the limits of a process, never raises them, and becomes the program that follows. In blocks of 512 bytes, and in KiB. */
const limited = ({ fileBytes, memoryBytes }: ProgramLimits): string[] => ['sh', '-c', `
lower() {
  now=$(ulimit "$1")
  [ "$now" != unlimited ] && [ "$now" -le "$2" ] || ulimit "$1" "$2"
}
lower -f ${Math.ceil(fileBytes / FILE_BLOCK_BYTES)}
lower -v ${Math.ceil(memoryBytes / 1024)}
exec "$@"`, 'sh'];

const FILE_BLOCK_BYTES = 512;

/** The most bytes that a file may have which this process writes, or Infinity. */
export function mostFileBytes(): number {
  const answer = runProgramNow('sh', ['-c', 'ulimit -f']).stdout.trim();
  return /^\d+$/.test(answer) ? FILE_BLOCK_BYTES * Number(answer) : Infinity;
}

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
  const { cwd, env, limitSeconds } = options;
  // The types do not tell that `detached` works here too. The signal is one that the guard ends the others for.
  const spawning = {
    ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }),
    ...(limitSeconds === undefined ? {} : { timeout: 1000 * limitSeconds }),
    stdio: ['ignore' as const, 'pipe' as const, 'pipe' as const], encoding: 'utf8' as const, maxBuffer: MOST_SAID_BYTES, killSignal: 'SIGTERM' as const,
    detached: true,
  };
  const { status, stdout, stderr, error } = spawnSync(process.execPath, guarded(program, args, options), spawning);
  if (error === undefined) return { status: status ?? 128, stdout, stderr };
  const early = EARLY_ENDS.get(systemCode(error) ?? '');
  if (early === undefined) throw error;
  return { status: early, stdout, stderr };
}

/** Why `spawnSync` ends a program before its time, and the status that we give it. */
const EARLY_ENDS: ReadonlyMap<string, number> = new Map([['ETIMEDOUT', TOO_LATE], ['ENOBUFS', TOO_TALKATIVE]]);

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
