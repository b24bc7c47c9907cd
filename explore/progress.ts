/** What a sweep tells while it runs, as lines for people. Must not know how points are measured. */
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

/** Hands on a line where something new is to be said: a new state, or another tenth of a stage. */
export function progressLines(write: (line: string) => void): (progress: SweepProgress) => void {
  const said = new Map<string, string>();
  return (progress) => {
    const news = `${progress.state} ${progress.share === undefined ? '' : Math.floor(10 * progress.share)}`;
    if (said.get(progress.point) === news) return;
    said.set(progress.point, news);
    write(progressLine(progress));
  };
}

export function oneLine(text: string): string {
  return text.trim().split(/[\r\n]+/)[0];
}
