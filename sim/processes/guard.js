/**
 * Stands between this project and a program that knows nothing of it: runs the program, and ends it with everything that it has
 * started when the process that asked for it is gone, however that went. Plain JavaScript, because it starts in a twentieth of a
 * second; leads a process group of its own (see `children.ts`). Must not know what the program does.
 *
 *     node guard.js PARENT SCRATCH PROGRAM ARGUMENT…
 *
 * PARENT: number of the process whose end it waits for. SCRATCH: a file or folder to remove at an early end, or ''.
 * Its exit status is the program's, 128 + n for one that signal n has ended, 127 where there is no such program.
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { constants } from 'node:os';

/** Milliseconds between two looks at the parent. */
const LOOK = 100;
/** Milliseconds in which programs may end their own children, which `ninja` puts into groups of their own. */
const GRACE = 400;
/** Looks at a scratch that does not go away, before it is left. */
const MOST_LOOKS = 300;

const [parent, scratch, program, ...args] = process.argv.slice(2);
let isEnding = false;

const child = spawn(program, args, { stdio: 'inherit' });

function end() {
  if (isEnding) return;
  isEnding = true;
  process.kill(-process.pid, 'SIGTERM');
  setTimeout(() => {
    child.kill('SIGKILL');
    clear(MOST_LOOKS);
  }, GRACE);
}

/** Removes the scratch, which programs that are slow to end may still be writing to, and ends what is left. */
function clear(looks) {
  if (scratch !== '') {
    try {
      rmSync(scratch, { recursive: true, force: true });
    } catch {
      // Something came in meanwhile.
    }
    if (existsSync(scratch) && looks > 0) {
      setTimeout(clear, LOOK, looks - 1);
      return;
    }
  }
  process.kill(-process.pid, 'SIGKILL');
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end);
setInterval(() => {
  if (process.ppid !== Number(parent)) end();
}, LOOK);
child.on('error', ({ code }) => process.exit(code === 'ENOENT' ? 127 : 126));
child.on('exit', (code, signal) => {
  const leave = () => {
    if (!isEnding) process.exit(code ?? 128 + constants.signals[signal]);
  };
  // A program that talks to nobody any more ends of that, while its listener's end is not yet to be seen.
  if (code !== 0 && scratch !== '') setTimeout(leave, GRACE);
  else leave();
});
