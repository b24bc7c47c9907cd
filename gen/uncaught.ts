/**
 * How a design's own mistake ends a program that does not catch it: with its one line on stderr and exit status 2, without the
 * twenty lines of stack and source that Node adds. Other errors, and programs that have a way of their own, are left alone.
 * Must not know designs.
 */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { UserError } from './user-error.ts';

const BAD_INPUT = 2;

if (isMainThread) process.on('uncaughtExceptionMonitor', endInOneLine);

function endInOneLine(error: unknown): void {
  const isHandled = process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
  if (!(error instanceof UserError) || isHandled) return;
  try {
    writeSync(process.stderr.fd, `${error.message}\n`);
  } finally {
    process.exit(BAD_INPUT);
  }
}
