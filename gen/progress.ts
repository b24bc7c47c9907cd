/**
 * How work that takes long tells how far it has come, in every room the same way: a task is started, says its share where it
 * knows it, and ends. Who listens decides what is shown, and when. Must not know terminals, nor any kind of work.
 */

/** Work under way. */
export interface Task {
  /**
   * How much of it is done, from 0 to 1. May be called thousands of times a second; work that keeps the event loop busy should call it
   * a few times a second, because nothing else can show that it is alive.
   * @param detail what it is at, a few words
   */
  at(share: number, detail?: string): void;
  /** It is over, well or badly. Only the first call counts. */
  end(): void;
}

export interface TaskOptions {
  /** How long it usually takes, for work that cannot say how far it is: the estimate stands on it until `at` is called. */
  readonly expectedSeconds?: number;
}

export interface Progress {
  /** @param what names the work, a few words in lower case: `synthesis of nano` */
  start(what: string, options?: TaskOptions): Task;
  /** A line on something that is no task. */
  note(line: string): void;
}

const NO_TASK: Task = { at: () => undefined, end: () => undefined };

/** Tells nobody. */
export const SILENT: Progress = { start: () => NO_TASK, note: () => undefined };

/** Does work as one task, which ends with it whether it succeeds or not. */
export async function during<T>(
  progress: Progress, what: string, work: (task: Task) => T | Promise<T>, options: TaskOptions = {},
): Promise<T> {
  const task = progress.start(what, options);
  try {
    return await work(task);
  } finally {
    task.end();
  }
}
