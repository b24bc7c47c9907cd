// The program `systole`.
// Must not know: verbs.
import { whyUnwritable } from '../gen/files/system-error.ts';
import { BAD_INPUT, runSystole } from './program.ts';
import { usersFolder } from './users-folder.ts';

// A reader such as `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`systole: standard output: ${whyUnwritable(error.code ?? error.message)}\n`);
  process.exit(BAD_INPUT);
});
// Where notes cannot be written there is nobody to tell, and the result is still worth having.
process.stderr.on('error', () => undefined);

const folder = usersFolder(process.env);
if (folder !== undefined) process.chdir(folder);
await runSystole(process.argv.slice(2));
