/** The exploration's public face. */
export { progressLine, tellSweep } from './progress.ts';
export type { SweepProgress } from './progress.ts';
export { csvOf } from './report/csv.ts';
export { htmlOf } from './report/html.ts';
export { jsonOf } from './report/json.ts';
export type { JsonPoint, SweepJson } from './report/json.ts';
export { tableOf } from './report/table.ts';
export { runSweep } from './sweep.ts';
export type { SweepOptions, SweepResult } from './sweep.ts';
export { readSweep } from './sweep-file.ts';
export type { Sweep } from './sweep-file.ts';
