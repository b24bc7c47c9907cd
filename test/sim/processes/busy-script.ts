/** A process that is busy for ever and never looks at its messages, and one that a program works for: `parent.ts` starts them. */
import { appendFileSync } from 'node:fs';
import { runProgram } from '../../../sim/processes/children.ts';
import { endWithParent } from '../../../sim/processes/end-with-parent.ts';

endWithParent();

process.once('message', ({ log, mode }: { log: string; mode: 'busy' | 'waits' }) => {
  if (mode === 'waits') {
    void runProgram('sh', ['-c', `echo $$ >> ${log}; exec sleep 1000`], () => undefined);
    appendFileSync(log, `${process.pid}\n`);
    return;
  }
  appendFileSync(log, `${process.pid}\n`);
  for (;;) Math.sqrt(2);
});
