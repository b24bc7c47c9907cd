/** What a sweep tells while it runs, as lines for people. Must not know how points are measured. */
import type { Progress, Task } from '../gen/progress.ts';
import type { Stage } from './point.ts';

export interface SweepProgress {
  /** Name of the point. */
  readonly point: string;
  /** Its place in the sweep, from 1. */
  readonly number: number;
  readonly of: number;
  readonly state: Stage | 'done' | 'reused' | 'failed';
  /** Share of the stage that is done, where it is known: 0 to 1. */
  readonly share?: number;
  /** Of a point that is done. */
  readonly seconds?: number;
  /** Why it failed. */
  readonly error?: string;
}

/** `[2/3] edge: simulating 40 %`. */
export function progressLine({ point, number, of, state, share, seconds, error }: SweepProgress): string {
  const head = `[${String(number).padStart(String(of).length)}/${of}] ${point}: `;
  switch (state) {
    case 'done':
      return `${head}done in ${(seconds ?? 0).toFixed(1)} s`;
    case 'reused':
      return `${head}already measured, result reused`;
    case 'failed':
      return `${head}failed: ${oneLine(error ?? 'unknown reason')}`;
    default:
      return `${head}${state}${share === undefined ? '' : ` ${Math.floor(100 * share)} %`}`;
  }
}

/** Of the time that a chip takes: where a stage begins and where it ends. Nearly all of it goes into simulation and synthesis. */
const SPANS: Readonly<Record<Stage, readonly [from: number, to: number]>> = {
  elaborating: [0, 0.02], simulating: [0.02, 0.4], synthesising: [0.4, 1], waiting: [0.4, 0.4],
};

export interface ToldSweep {
  readonly tell: (news: SweepProgress) => void;
  /** No more news will come. */
  readonly end: () => void;
}

/** Tells of a sweep as of one task, with a line for each chip that is done. Results that were there already do not count as work. */
export function tellSweep(progress: Progress): ToldSweep {
  const shares = new Map<number, number>();
  let task: Task | undefined;
  let reused = 0;
  return {
    tell(news) {
      const { number, of, point, state } = news;
      if (state === 'done' || state === 'reused' || state === 'failed') {
        progress.note(progressLine(news));
        if (state === 'reused') reused++;
        shares.set(number, state === 'reused' ? 0 : 1);
      } else {
        const [from, to] = SPANS[state];
        shares.set(number, Math.max(shares.get(number) ?? 0, from + (to - from) * (news.share ?? 0)));
      }
      task ??= progress.start(of === 1 ? 'measuring one chip' : `measuring ${of} chips`);
      const work = of - reused;
      const done = [...shares.values()].reduce((sum, share) => sum + share, 0);
      if (work > 0) task.at(done / work, `${point} ${state}`);
    },
    end: () => task?.end(),
  };
}

export function oneLine(text: string): string {
  return text.trim().split(/[\r\n]+/)[0];
}
