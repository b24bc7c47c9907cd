/** What becomes of a program whose stdout or stderr takes no more. Must not know programs. */
import { whyUnwritable } from './files/system-error.ts';

const BAD_OUTPUT = 2;

/** @param program its name, with which its messages begin */
export function watchStandardStreams(program: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader such as `head` that has seen enough is no error.
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`${program}: standard output: ${whyUnwritable(error.code ?? error.message)}\n`);
    process.exit(BAD_OUTPUT);
  });
  // Where notes cannot be written there is nobody to tell, and the result is still worth having.
  process.stderr.on('error', () => undefined);
}
