/**
 * The FPGA tools as functions from files to files. They are WebAssembly packages of `fpga/package.json`, installed on first
 * use and run in processes of their own. Must not know designs nor boards.
 */
import { fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../gen/index.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = { yosys: '@yowasp/yosys', 'nextpnr-ice40': '@yowasp/nextpnr-ice40', icepack: '@yowasp/nextpnr-ice40' } as const;
export type Tool = keyof typeof PACKAGES;
export type Files = Readonly<Record<string, string | Uint8Array>>;
export type Progress = (line: string) => void;

/** What a worker is told and what it answers. */
export interface ToolJob {
  readonly module: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly files: Files;
}
export type ToolMessage =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'done'; readonly files: Readonly<Record<string, Uint8Array>> }
  | { readonly kind: 'failed'; readonly reason: string };

export interface ToolResult {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What the tool printed. */
  readonly log: readonly string[];
}

/** A tool ended with an error; its caller knows what that means for the user. */
export class ToolError extends Error {
  constructor(
    readonly tool: Tool,
    reason: string,
    readonly log: readonly string[],
  ) {
    super(`${tool}: ${reason}`);
  }
}

function isInstalled(): boolean {
  return Object.values(PACKAGES).every((name) => existsSync(join(HERE, 'node_modules', name, 'package.json')));
}

let installing: Promise<void> | undefined;

/** Installs the tools unless they are there. Throws UserError when that fails. */
export function installTools(onProgress: Progress): Promise<void> {
  if (isInstalled()) return Promise.resolve();
  const command = `npm ci --prefix ${relative(process.cwd(), HERE) || '.'}`;
  installing ??= new Promise((done, fail) => {
    onProgress(`fpga: installing synthesis, place and route (once, 260 MB on disk): ${command}`);
    const npm = spawn('npm', ['ci', '--prefix', HERE, '--no-audit', '--no-fund'], { stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' });
    let errors = '';
    npm.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    npm.once('error', (error) => fail(new UserError(`fpga tools: npm cannot be started (${error.message}); run ${command}`)));
    npm.once('close', (code) => {
      if (code === 0 && isInstalled()) {
        onProgress('fpga: tools installed');
        done();
        return;
      }
      const reason = errors.split('\n').find((l) => /npm (error|ERR!)/.test(l))?.replace(/^npm (error|ERR!)\s*/, '') ?? `exit status ${code}`;
      fail(new UserError(`fpga tools: installation failed (${reason}); connect to the npm registry and run ${command}`));
    });
  });
  return installing.catch((error: unknown) => {
    installing = undefined;
    throw error;
  });
}

/** Runs a tool on `files`. Throws ToolError. */
export async function runTool(tool: Tool, args: readonly string[], files: Files, onLine?: (text: string) => void): Promise<ToolResult> {
  // The worker is TypeScript like the rest; the loader is the one that runs the command line.
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const worker = fork(join(HERE, 'tool-worker.ts'), [], { execArgv: ['--import', loader], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const log: string[] = [];
  return new Promise<ToolResult>((done, fail) => {
    let answered = false;
    worker.on('message', (message: ToolMessage) => {
      if (message.kind === 'line') {
        log.push(message.text);
        onLine?.(message.text);
        return;
      }
      answered = true;
      if (message.kind === 'done') done({ files: message.files, log });
      else fail(new ToolError(tool, message.reason, log));
    });
    worker.once('error', (error) => fail(new ToolError(tool, error.message, log)));
    worker.once('exit', (code, signal) => {
      if (!answered) fail(new ToolError(tool, `the process ended (${signal ?? code}), perhaps for want of memory`, log));
    });
    const job: ToolJob = { module: PACKAGES[tool], command: tool, args, files };
    worker.send(job);
  });
}
