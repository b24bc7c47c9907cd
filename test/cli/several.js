/**
 * Runs several command lines one after the other in one process, as `bin/systole.js` runs one: through the same loader and the same
 * function, each in its folder. For those that neither end the process nor keep it: to start one takes longer than what they do.
 *
 *     node several.js '[{ "folder": …, "args": […] }, …]'
 *
 * Says on stdout, as JSON, what each has said and how it ended. Must not know verbs.
 */
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
process.env.TSX_TSCONFIG_PATH = tsconfig;
register({ tsconfig });
const { runSystole } = await import('../../cli/program.ts');

const write = process.stdout.write.bind(process.stdout);
const ended = [];
for (const { folder, args } of JSON.parse(process.argv[2])) {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    process[stream].write = (chunk) => {
      said[stream] += chunk;
      return true;
    };
  }
  process.chdir(folder);
  process.exitCode = undefined;
  await runSystole(args);
  ended.push({ status: process.exitCode ?? 0, ...said });
}
process.exitCode = 0;
write(JSON.stringify(ended));
