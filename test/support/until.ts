/** Waiting for what another process does, on machines of any speed. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';

const MOST_MILLISECONDS = 100_000;

/** Waits until `isSo`, at most for a time in which the slowest machine gets there. @throws Error that says `what` did not happen */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + MOST_MILLISECONDS; !isSo();) {
    if (Date.now() > end) throw new Error(`in ${MOST_MILLISECONDS / 1000} s it did not happen that ${what}`);
    await new Promise((resume) => setTimeout(resume, 30));
  }
}

/** A TypeScript file as a process, as the command line runs it. */
export function startScript(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, stdio: StdioOptions = 'pipe'): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', file, ...args], { stdio, env: { ...process.env, ...env } });
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process said, once it has ended. */
export function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Whether a process runs; one that has ended and that nobody has asked about (a zombie) does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(text.slice(text.lastIndexOf(')') + 2)[0]);
  } catch {
    return process.platform !== 'linux';
  }
}
