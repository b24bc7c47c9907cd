/**
 * A process with children of every kind, each of which adds its number to LOG as a line: `parent.ts LOG KIND…`.
 * With the kind `ends` it ends by itself as soon as all others are there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endScript, forkScript, runProgram, runProgramNow } from '../../../sim/processes/children.ts';
import { until } from '../../support/until.ts';

const [log, ...kinds] = process.argv.slice(2);
const SCRIPT = new URL('./busy-script.ts', import.meta.url);
const sleeper = `sh -c 'echo $$ >> ${log}; exec sleep 1000'`;
const ignore = (): void => undefined;

const START: Readonly<Record<string, () => void>> = {
  /** A program with children. */
  tree: () => void runProgram('sh', ['-c', `echo $$ >> ${log}; ${sleeper} & ${sleeper} & wait`], ignore, { scratch: `${log}.scratch` }),
  /** One that ends only by force. */
  stubborn: () => void runProgram('sh', ['-c', `trap "" TERM INT HUP; echo $$ >> ${log}; while :; do sleep 0.1; done`], ignore),
  /** One that puts its children into groups of their own. */
  ninja: () => {
    const cwd = dirname(log);
    writeFileSync(join(cwd, 'build.ninja'), `rule sleep\n  command = ${sleeper.replaceAll('$', () => '$$')}\nbuild out: sleep\n`);
    void runProgram('ninja', [], ignore, { cwd });
  },
  /** One that a broken pipe ends as soon as nobody listens, before anybody has looked. */
  talks: () => void runProgram('sh', ['-c', `echo $$ >> ${log}; exec yes`], ignore, { scratch: `${log}.scratch` }),
  busy: () => void forkScript(SCRIPT, 'ignore').send({ log, mode: 'busy' }),
  waits: () => void forkScript(SCRIPT, 'ignore').send({ log, mode: 'waits' }),
  ends: () => void until('all are there', () => readFileSync(log, 'utf8').split('\n').length > 6).then(() => process.exit(0)),
  /** Ends what is busy itself. */
  ender: () => {
    const script = forkScript(SCRIPT, 'ignore');
    script.send({ log, mode: 'busy' });
    void until('it is there', () => readFileSync(log, 'utf8').includes('\n')).then(() => endScript(script));
  },
};

writeFileSync(log, '');
writeFileSync(`${log}.scratch`, '');
for (const kind of kinds) START[kind]?.();
// Nothing else happens any more.
if (kinds.includes('now')) runProgramNow('sh', ['-c', `echo $$ >> ${log}; ${sleeper} & wait`]);
