// The program `systole`.
// Must not know: verbs.
import { watchStandardStreams } from '../gen/standard-streams.ts';
import { usersFolder } from '../gen/users-folder.ts';
import { runSystole } from './program.ts';

/** How the scripts of package.json run it. */
const OWN_SCRIPT = 'node bin/systole.js';

watchStandardStreams('systole');
const folder = usersFolder(process.env, OWN_SCRIPT);
if (folder !== undefined) process.chdir(folder);
await runSystole(process.argv.slice(2));
