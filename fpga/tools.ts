/**
 * The FPGA tools as functions from files to files. They are WebAssembly packages of `fpga/package.json`, installed on first
 * use and run in processes of their own. Must not know designs nor boards.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readKeptText } from '../gen/files/input.ts';
import { UserError } from '../gen/index.ts';
import { NO_SUCH_PROGRAM, forkScript, runProgram } from '../sim/processes/children.ts';
import { takeLock } from '../sim/processes/file-lock.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = {
  yosys: '@yowasp/yosys', 'nextpnr-ice40': '@yowasp/nextpnr-ice40', icepack: '@yowasp/nextpnr-ice40', iceunpack: '@yowasp/nextpnr-ice40',
} as const;
export type Tool = keyof typeof PACKAGES;
const TOOLS: readonly Tool[] = ['yosys', 'nextpnr-ice40', 'icepack'];
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

/** A package's description of itself has some kilobytes. */
const MOST_BYTES = 2 ** 20;

/** Version of a tool's package; undefined: it is not installed, or not in such a way that it says so. */
export function toolVersion(tool: Tool, folder = HERE): string | undefined {
  try {
    const { version } = JSON.parse(readKeptText(join(folder, 'node_modules', PACKAGES[tool], 'package.json'), MOST_BYTES) ?? '') as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** npm writes its list of what is there when all of it is; a package that has a version may still lack files. */
function isInstalled(): boolean {
  return existsSync(join(HERE, 'node_modules', '.package-lock.json')) && TOOLS.every((tool) => toolVersion(tool) !== undefined);
}

let installing: Promise<void> | undefined;

/** Installs the tools unless they are there. Throws UserError when that fails. */
export function installTools(onProgress: Progress): Promise<void> {
  if (isInstalled()) return Promise.resolve();
  const command = `npm ci --prefix ${relative(process.cwd(), HERE) || '.'}`;
  installing ??= install(command, onProgress);
  return installing.catch((error: unknown) => {
    installing = undefined;
    throw error;
  });
}

/** One process installs; others that want the tools meanwhile wait for it. */
async function install(command: string, onProgress: Progress): Promise<void> {
  const release = await takeLock(join(HERE, '.installing'), () => onProgress('fpga: another process installs synthesis, place and route'))
    .catch((error: unknown) => {
      throw new UserError(`fpga tools: installation failed (${error instanceof Error ? error.message : String(error)}); run ${command} as who may write there`);
    });
  try {
    if (!isInstalled()) await installNow(command, onProgress);
  } finally {
    await release();
  }
}

async function installNow(command: string, onProgress: Progress): Promise<void> {
  onProgress(`fpga: installing synthesis, place and route (once, 260 MB on disk): ${command}`);
  let said = '';
  const status = await runProgram('npm', ['ci', '--prefix', HERE, '--no-audit', '--no-fund'], (chunk) => (said += chunk.toString()));
  if (status === NO_SUCH_PROGRAM) throw new UserError(`fpga tools: npm cannot be started (there is no such program); run ${command}`);
  if (status !== 0 || !isInstalled()) {
    const reason = said.split('\n').find((l) => /npm (error|ERR!)/.test(l))?.replace(/^npm (error|ERR!)\s*/, '') ?? `exit status ${status}`;
    throw new UserError(`fpga tools: installation failed (${reason}); connect to the npm registry and run ${command}`);
  }
  onProgress('fpga: tools installed');
}

/** Runs a tool on `files`. Throws ToolError. */
export async function runTool(tool: Tool, args: readonly string[], files: Files, onLine?: (text: string) => void): Promise<ToolResult> {
  const worker = forkScript(new URL('./tool-worker.ts', import.meta.url), 'ignore');
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
