/** For scripts started by `forkScript`: they end when the process that started them is gone. Must not know what they do. */
import { Worker } from 'node:worker_threads';

/** In a thread of its own, because the main one may be busy for minutes, for example in WebAssembly. */
const WATCH = `
const { workerData: parent } = require('node:worker_threads');
const look = () => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); };
look();
setInterval(look, 100);
`;

/** To be called first. The process that started this one has told its number. */
export function endWithParent(): void {
  new Worker(WATCH, { eval: true, execArgv: [], workerData: Number(process.argv[2]) }).unref();
}
