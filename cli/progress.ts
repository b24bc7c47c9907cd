// Shows the progress of tasks: on a terminal one line that is rewritten, elsewhere a line now and then. Work of less than two
// seconds is not shown.
// Must not know: any kind of work.
import { printable } from '../gen/printable.ts';
import type { Progress, Task } from '../gen/progress.ts';

/** Where progress is shown. */
export interface Display {
  readonly write: (text: string) => void;
  /** Lines can be rewritten. */
  readonly isTerminal: boolean;
  /** Characters of a line. */
  readonly columns: () => number;
  /** Milliseconds. */
  readonly now: () => number;
}

export interface ShownProgress extends Progress {
  /** Makes room for other text: the line that is rewritten disappears until the next time. */
  clear(): void;
}

/** Work is shown from this age on. */
const QUIET_SECONDS = 2;
/** Between two looks of a terminal's line. */
const REFRESH_SECONDS = 0.2;
/** Ages at which a task gets a line where lines cannot be rewritten; then one every so often. */
const LINE_SECONDS = [QUIET_SECONDS, 5, 10, 20, 40] as const;
const LINE_EVERY_SECONDS = 40;
/** Below this share, what is left cannot be told from it. */
const SMALLEST_SHARE = 0.01;
/** Work that takes longer than usual stays at this share until it ends. */
const MOST_GUESSED = 0.95;

/** Age at which line `n` of a task, from 0, is due. */
export function lineAge(n: number): number {
  const last = LINE_SECONDS.length - 1;
  return n <= last ? LINE_SECONDS[n] : LINE_SECONDS[last] + LINE_EVERY_SECONDS * (n - last);
}

interface Live {
  readonly what: string;
  readonly start: number;
  readonly expectedSeconds: number | undefined;
  share: number | undefined;
  detail: string;
  lines: number;
}

export function showProgress({ write, isTerminal, columns, now }: Display): ShownProgress {
  const live = new Set<Live>();
  let timer: NodeJS.Timeout | undefined;
  let shown = '';
  let refreshed = -Infinity;

  const clear = (): void => {
    if (shown !== '') write(`\r${' '.repeat(shown.length)}\r`);
    shown = '';
  };
  const line = (text: string): void => {
    clear();
    write(`${printable(text)}\n`);
  };
  const age = (task: Live): number => (now() - task.start) / 1000;

  const refresh = (): void => {
    if (isTerminal) {
      if (now() - refreshed < 1000 * REFRESH_SECONDS) return;
      refreshed = now();
      const text = [...live].filter((task) => age(task) >= QUIET_SECONDS).map((task) => progressText(task, age(task))).map(printable).join(' | ').slice(0, columns() - 1);
      write(`\r${text.padEnd(shown.length)}`);
      shown = text;
      return;
    }
    for (const task of live) {
      if (age(task) < lineAge(task.lines)) continue;
      line(progressText(task, age(task)));
      while (age(task) >= lineAge(task.lines)) task.lines++;
    }
  };

  const start: Progress['start'] = (what, { expectedSeconds } = {}): Task => {
    const task: Live = { what, start: now(), expectedSeconds, share: undefined, detail: '', lines: 0 };
    live.add(task);
    // A process that has nothing else to do ends.
    timer ??= setInterval(refresh, 1000 * REFRESH_SECONDS).unref();
    return {
      at(share, detail = '') {
        task.share = Math.max(task.share ?? 0, Math.min(1, share));
        task.detail = detail;
        refresh();
      },
      end() {
        if (!live.delete(task)) return;
        if (age(task) >= QUIET_SECONDS) line(`${what}: took ${durationText(age(task))}`);
        if (live.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        clear();
      },
    };
  };
  return { start, note: line, clear };
}

/** `synthesis of nano: 40 %, 12 s, about 18 s left`. */
function progressText({ what, share, expectedSeconds, detail }: Live, age: number): string {
  const done = share ?? (expectedSeconds === undefined ? 0 : Math.min(age / expectedSeconds, MOST_GUESSED));
  const isLate = share === undefined && done >= MOST_GUESSED;
  const left = isLate ? 'longer than usual' : done < SMALLEST_SHARE ? undefined : `about ${durationText(age * (1 - done) / done)} left`;
  const percent = done >= SMALLEST_SHARE && !isLate ? `${Math.floor(100 * done)} %` : undefined;
  const parts = [percent, detail === '' ? undefined : detail, durationText(age), left];
  return `${what}: ${parts.filter((part) => part !== undefined).join(', ')}`;
}

/** `8 s`, `3 min`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
