#!/usr/bin/env -S npx tsx
// The program `systole`.
// Must not know: verbs.
import { runSystole } from './program.ts';

// A reader such as `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

await runSystole(process.argv.slice(2));
