/**
 * How a design's own mistake ends a program that does not catch it: with its one line on stderr and exit status 2, without the
 * twenty lines of stack and source that Node adds. Other errors, and programs that have a way of their own, are left alone; so is
 * everything where there is no Node. Must not know designs.
 */
import { nodeModule, nodeProcess } from './node.ts';
import { UserError } from './user-error.ts';

const BAD_INPUT = 2;

const system = nodeProcess();
const fs = nodeModule('node:fs');
if (system && fs && nodeModule('node:worker_threads')?.isMainThread) {
  system.on('uncaughtExceptionMonitor', (error: unknown) => {
    const isHandled = system.listenerCount('uncaughtException') > 0 || system.hasUncaughtExceptionCaptureCallback();
    if (!(error instanceof UserError) || isHandled) return;
    try {
      fs.writeSync(system.stderr.fd, `${error.message}\n`);
    } finally {
      system.exit(BAD_INPUT);
    }
  });
}
