/**
 * A process that asks the build cache for a result, for tests of several at once and of one that is killed:
 * `build-in-cache.ts ROOT LOG MODE`. It adds `begun` to the log when it builds; with the mode `hang` it never ends that, else it
 * ends its output with `built` or `found`.
 */
import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../../sim/verilator/cache.ts';

const [root, log, mode] = process.argv.slice(2);
const { directory, hit } = await cached({ key: 'key', files: ['result'] }, async (work) => {
  await writeFile(join(work, 'result'), 'done, as ever');
  appendFileSync(log, 'begun\n');
  if (mode === 'hang') await new Promise(() => setInterval(() => undefined, 1000));
}, { root });
process.stdout.write(`${hit ? 'found' : 'built'} ${directory}\n`);
