/** The process behind `workers.ts`: takes a point by message, measures it, answers. Must not know sweeps. */
import { endWithParent } from '../sim/processes/end-with-parent.ts';
import { INSTRUMENTS } from './instruments.ts';
import { measurePoint } from './measure.ts';
import type { PointTask } from './point.ts';
import type { WorkerMessage } from './workers.ts';

endWithParent();

const send = (message: WorkerMessage): void => void process.send?.(message);

process.on('message', (task: PointTask) => {
  measurePoint(task, INSTRUMENTS, (stage, share) => send({ kind: 'stage', stage, ...(share === undefined ? {} : { share }) })).then(
    (measured) => send({ kind: 'done', measured }),
    (error: unknown) => send({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
// Nobody waits for the result any more.
process.on('disconnect', () => process.exit());
