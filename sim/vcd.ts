/**
 * Waves in the VCD format (IEEE 1364-2005, clause 18): every signal of a simulator, or those chosen, one sample a clock
 * cycle, changes only. Works with any `Simulator`; must not know an engine.
 */
import { openOutput } from '../gen/files/output.ts';
import { UserError } from '../gen/user-error.ts';
import type { Simulator } from './simulator.ts';

export interface VcdOptions {
  /** Only signals in these scopes, and scopes below them, by path; `''` is the top module itself without what is below it. Default: all. */
  readonly scopes?: readonly string[];
  /** Only signals for which this holds. */
  readonly signals?: (path: string) => boolean;
  /** Nanoseconds a clock cycle; default 10. */
  readonly cycleNs?: number;
  /** Name of the outermost scope; default `top`. */
  readonly top?: string;
}

export interface VcdWriter {
  /** Records the settled values of the present cycle. Call it before each step, after the inputs are poked. */
  sample(): void;
  /** Records the last cycle's end and closes the file. */
  close(): void;
}

interface Wave {
  readonly path: string;
  readonly width: number;
  readonly id: string;
}

/** A level of the hierarchy: its variables by name, and the scopes in it. */
interface Scope {
  readonly waves: { readonly name: string; readonly wave: Wave }[];
  readonly inner: Map<string, Scope>;
}

const FIRST_ID = 33;
const ID_COUNT = 94;
/** Characters gathered before they are written to the file. */
const BUFFER_CHARACTERS = 1 << 16;

/** Identifiers are strings of printable characters, shortest first. */
function identifier(n: number): string {
  let id = '';
  for (let rest = n; ; rest = Math.floor(rest / ID_COUNT) - 1) {
    id += String.fromCharCode(FIRST_ID + (rest % ID_COUNT));
    if (rest < ID_COUNT) return id;
  }
}

function isChosen(path: string, options: VcdOptions): boolean {
  if (options.signals && !options.signals(path)) return false;
  return (
    !options.scopes || options.scopes.some((s) => (s === '' ? !path.includes('.') : path.startsWith(`${s}.`) || path.startsWith(`${s}[`)))
  );
}

function scopeTree(waves: readonly Wave[]): Scope {
  const root: Scope = { waves: [], inner: new Map() };
  for (const wave of waves) {
    const parts = wave.path.split('.');
    let scope = root;
    for (const p of parts.slice(0, -1)) {
      let next = scope.inner.get(p);
      if (!next) scope.inner.set(p, (next = { waves: [], inner: new Map() }));
      scope = next;
    }
    scope.waves.push({ name: parts[parts.length - 1], wave });
  }
  return root;
}

function declarations(name: string, scope: Scope, out: string[]): void {
  out.push(`$scope module ${name} $end`);
  for (const { name: n, wave } of scope.waves) {
    const range = wave.width > 1 ? ` [${wave.width - 1}:0]` : '';
    out.push(`$var wire ${wave.width} ${wave.id} ${n}${range} $end`);
  }
  for (const [inner, s] of scope.inner) declarations(inner, s, out);
  out.push('$upscope $end');
}

function change(w: Wave, value: bigint): string {
  return w.width === 1 ? `${value}${w.id}\n` : `b${value.toString(2)} ${w.id}\n`;
}

/** Opens `path` and writes the header. Throws UserError if the file cannot be written or nothing was chosen. */
export function openVcd(path: string, simulator: Simulator, options: VcdOptions = {}): VcdWriter {
  const waves = simulator
    .signals()
    .filter((s) => isChosen(s.path, options))
    .map((s, i): Wave => ({ path: s.path, width: s.width, id: identifier(i) }));
  if (waves.length === 0) throw new UserError(`${path}: no signal of the design is chosen; use other scopes`);
  const clock: Wave = { path: '', width: 1, id: identifier(waves.length) };
  const tree = scopeTree(waves);
  tree.waves.unshift({ name: 'clk', wave: clock });
  const watch = simulator.watch(waves.map((wave) => wave.path));
  const file = openOutput(path);
  const cycleNs = options.cycleNs ?? 10;
  let buffer = '';
  const write = (text: string): void => {
    buffer += text;
    if (buffer.length >= BUFFER_CHARACTERS) flush();
  };
  const flush = (): void => {
    const text = buffer;
    buffer = '';
    file.write(text);
  };
  const header = ['$timescale 1ns $end'];
  declarations(options.top ?? 'top', tree, header);
  write(`${header.join('\n')}\n$enddefinitions $end\n`);

  let end = 0;
  return {
    sample() {
      const time = simulator.cycle * cycleNs;
      let text = `#${time}\n0${clock.id}\n`;
      watch.changes((index, value) => {
        text += change(waves[index], value);
      });
      // The edge is at the end of the cycle: values settle while the clock is low.
      write(`${text}#${time + cycleNs / 2}\n1${clock.id}\n`);
      end = time + cycleNs;
    },
    close() {
      write(`#${end}\n`);
      flush();
      file.close();
    },
  };
}
