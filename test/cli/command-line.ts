// Runs the command line inside the test's own process and catches what it says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { runSystole } from '../../cli/program.ts';

export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function systole(...args: string[]): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const listen = (stream: 'stdout' | 'stderr') => vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
    said[stream] += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    return true;
  });
  const spies = [listen('stdout'), listen('stderr')];
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await runSystole(args);
    return { ...said, status: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

/** A folder that the callback may fill; it is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'systole-cli-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
