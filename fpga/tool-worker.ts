/**
 * Runs one WebAssembly tool in a process of its own, because a tool's gigabyte of memory is only given back when its process
 * ends. Takes one job by message, answers with lines of the tool's output, then with its files. Must not know designs.
 */
import { endWithParent } from '../sim/processes/end-with-parent.ts';
import type { ToolJob, ToolMessage } from './tools.ts';

endWithParent();

type Files = Readonly<Record<string, string | Uint8Array>>;
type Command = (
  args: readonly string[],
  files: Files,
  options: { stdout: (bytes: Uint8Array | null) => void; stderr: (bytes: Uint8Array | null) => void; decodeASCII: boolean },
) => Promise<Files>;

const send = (message: ToolMessage, then?: () => void): void => {
  process.send?.(message, undefined, undefined, then);
};
/** The last message: many megabytes, which must be out before the process ends. */
const finish = (message: ToolMessage): void => send(message, () => process.disconnect());

/** Cuts a stream of bytes into lines. */
function lines(): (bytes: Uint8Array | null) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (bytes) => {
    if (bytes === null) {
      if (rest !== '') send({ kind: 'line', text: rest });
      return;
    }
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const text of parts) send({ kind: 'line', text });
  };
}

process.once('message', (job: ToolJob) => {
  void run(job);
});

async function run({ module, command, args, files }: ToolJob): Promise<void> {
  try {
    const { commands } = (await import(module)) as { commands: Readonly<Record<string, Command>> };
    const made = await commands[command](args, files, { stdout: lines(), stderr: lines(), decodeASCII: false });
    finish({ kind: 'done', files: flat(made) });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    finish({ kind: 'failed', reason: typeof code === 'number' ? `exit status ${code}` : String((error as Error).message) });
  }
}

/** Files of the top folder only; tools here make no others. */
function flat(files: Files): Record<string, Uint8Array> {
  const encoder = new TextEncoder();
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, f]) => (typeof f === 'string' ? [[name, encoder.encode(f)]] : f instanceof Uint8Array ? [[name, f]] : [])),
  );
}
