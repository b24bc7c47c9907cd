/**
 * Yosys, wherever it comes from: the WebAssembly package of the FPGA room first, because its version is fixed and counts are
 * the same on every machine; a Yosys of the system where that cannot be installed. Must not know what is synthesised.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../gen/user-error.ts';
import { ToolError, installTools, runTool, toolVersion } from '../../fpga/tools.ts';
import { NO_SUCH_PROGRAM, askProgram, runProgram } from '../../sim/processes/children.ts';

/** A Yosys that runs here, as data. */
export interface Yosys {
  readonly kind: 'package' | 'system';
  /** Names the tool and its version in reports. */
  readonly version: string;
}

/** Finds Yosys, and installs the package if it can. @throws UserError where there is none */
export async function findYosys(onNote: (line: string) => void, install = installTools, systemVersion = versionOfSystem): Promise<Yosys> {
  try {
    await install(onNote);
    const version = toolVersion('yosys');
    if (version === undefined) throw new UserError('fpga tools: Yosys is not installed; run npm ci --prefix fpga');
    return { kind: 'package', version: `@yowasp/yosys ${version}` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const version = await systemVersion();
    if (version === undefined) throw new UserError(`${error.message}; or install a Yosys (Debian: apt install yosys)`);
    onNote(`${error.message}; going on with the system's ${version}`);
    return { kind: 'system', version };
  }
}

/** `Yosys 0.23`, or undefined: there is none. */
export async function versionOfSystem(): Promise<string | undefined> {
  const run = await askProgram('yosys', ['-V']).catch(() => undefined);
  return run?.match(/^Yosys \S+/)?.[0];
}

/**
 * Runs a script over `files` and gives the text of the file `output` that it writes.
 * @throws Error with Yosys' own words where it fails
 */
export async function runYosys(
  yosys: Yosys, script: string, files: Readonly<Record<string, string>>, output: string, onLine: (line: string) => void = () => {},
): Promise<string> {
  if (yosys.kind === 'package') {
    try {
      const result = await runTool('yosys', ['-q', '-p', script], files, onLine);
      return new TextDecoder().decode(result.files[output]);
    } catch (error) {
      if (error instanceof ToolError) throw new Error(`synthesis failed: ${lastWords(error.log) ?? error.message}`);
      throw error;
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'systole-yosys-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'script.ys'), script.split('; ').join('\n'));
    await runSystem(folder, onLine);
    return readFileSync(join(folder, output), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the script in `folder` with the system's Yosys. */
async function runSystem(folder: string, onLine: (line: string) => void): Promise<void> {
  const log: string[] = [];
  let rest = '';
  const status = await runProgram('yosys', ['-q', 'script.ys'], (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    log.push(...lines);
    lines.forEach(onLine);
  }, { cwd: folder, scratch: folder });
  if (status === NO_SUCH_PROGRAM) throw new Error('Yosys cannot be started: there is no such program');
  if (status !== 0) throw new Error(`synthesis failed: ${lastWords([...log, rest]) ?? `Yosys ended with status ${status}`}`);
}

/** The line of a log that tells what went wrong. */
function lastWords(log: readonly string[]): string | undefined {
  return log.filter((line) => /error/i.test(line)).slice(-1)[0]?.trim();
}
