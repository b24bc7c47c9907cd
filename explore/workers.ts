/**
 * Processes that measure points, one each at a time. A process that dies takes only its point with it. Must not know what is
 * measured nor in which order.
 */
import type { ChildProcess } from 'node:child_process';
import { endScript, forkScript } from '../sim/processes/children.ts';
import type { MeasuredPoint, OnStage, PointTask, Stage } from './point.ts';

/** What a worker answers. */
export type WorkerMessage =
  | { readonly kind: 'stage'; readonly stage: Stage; readonly share?: number }
  | { readonly kind: 'done'; readonly measured: MeasuredPoint }
  | { readonly kind: 'failed'; readonly reason: string };

const WORKER = new URL('./worker.ts', import.meta.url);

/** Processes that are started when they are first needed and used again. */
export class Workers {
  private readonly idle: ChildProcess[] = [];
  private readonly all = new Set<ChildProcess>();

  /** As many processes work as calls are under way. */
  measure(task: PointTask, onStage: OnStage): Promise<MeasuredPoint> {
    const worker = this.idle.pop() ?? this.start();
    return new Promise((done, fail) => {
      const answered = (message: WorkerMessage): void => {
        if (message.kind === 'stage') {
          onStage(message.stage, message.share);
          return;
        }
        settle();
        this.idle.push(worker);
        if (message.kind === 'done') done(message.measured);
        else fail(new Error(message.reason));
      };
      const failed = (error: Error): void => {
        settle();
        fail(new Error(`the measuring process failed: ${error.message}`));
      };
      const exited = (code: number | null, signal: string | null): void => {
        settle();
        fail(new Error(`the measuring process ended (${signal ?? `exit status ${code}`}), perhaps for want of memory; try --jobs 1`));
      };
      const settle = (): void => void worker.off('message', answered).off('error', failed).off('exit', exited);
      worker.on('message', answered).on('error', failed).on('exit', exited);
      worker.send(task);
    });
  }

  /** Ends all processes, what they do included. */
  close(): void {
    for (const worker of this.all) endScript(worker);
    this.all.clear();
    this.idle.length = 0;
  }

  private start(): ChildProcess {
    const worker = forkScript(WORKER, 'inherit');
    this.all.add(worker);
    worker.on('exit', () => this.forget(worker));
    worker.on('error', () => {
      endScript(worker);
      this.forget(worker);
    });
    return worker;
  }

  private forget(worker: ChildProcess): void {
    this.all.delete(worker);
    const at = this.idle.indexOf(worker);
    if (at >= 0) this.idle.splice(at, 1);
  }
}
