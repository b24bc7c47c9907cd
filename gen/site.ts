/**
 * Source positions. A `Site` remembers the call stack of the user's line cheaply (about 2 µs) and formats it only when an
 * error or a printed comment needs it, because source-map look-ups cost ten times as much as the capture.
 */
import { dirname, relative, isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const GEN_DIR = dirname(fileURLToPath(import.meta.url));
const ROOT_DIR = dirname(GEN_DIR);

export interface Position {
  /** Path relative to the project's root (or to the working directory for a design that lives elsewhere), with `/`. */
  readonly file: string;
  /** Absolute path, for reading the source line. */
  readonly path: string;
  readonly line: number;
}

interface Resolved extends Position {
  /** As it stands in a stack. */
  readonly frame: string;
}

export class Site {
  private resolved: Resolved | undefined;
  /** `inside`: a further folder whose frames are not the user's. */
  constructor(
    private readonly trace: { readonly stack: string },
    private readonly inside?: string,
  ) {}

  /** The innermost stack frame outside `gen/`: the user's own line. */
  get position(): Position {
    return this.look();
  }

  /** That line as it stands in a stack; '' if there is none. */
  get frame(): string {
    return this.look().frame;
  }

  private look(): Resolved {
    return (this.resolved ??= resolve(this.trace.stack, this.inside));
  }

  toString(): string {
    const p = this.position;
    return `${p.file}:${p.line}`;
  }
}

/** Captures the position of the caller of the language. */
export function here(): Site {
  // Without its own frame: how many are kept is limited, and the user's line must be among them.
  const trace = { stack: '' };
  Error.captureStackTrace(trace, here);
  return new Site(trace);
}

/** The same for the interface of another room, whose folder is `directory`: the position of the caller of both. */
export function hereOutside(directory: string): Site {
  const trace = { stack: '' };
  Error.captureStackTrace(trace, hereOutside);
  return new Site(trace, directory);
}

function resolve(stack: string, inside?: string): Resolved {
  for (const line of stack.split('\n').slice(1)) {
    const m = /^(.+):(\d+):\d+$/.exec(locationOf(line));
    if (!m) continue;
    const path = m[1].startsWith('file://') ? fileURLToPath(m[1].replace(/\?.*$/, '')) : m[1].replace(/\?.*$/, '');
    if (path.startsWith('node:') || path.startsWith(GEN_DIR + sep) || (inside !== undefined && path.startsWith(inside + sep))) continue;
    return { file: shortPath(path), path, line: Number(m[2]), frame: line };
  }
  return { file: '?', path: '?', line: 0, frame: '' };
}

/** `at name (place)` or `at place`: a place may hold spaces and parentheses, as folders do. */
function locationOf(line: string): string {
  const text = line.trim().replace(/^at (?:async )?/, '');
  return text.endsWith(')') ? text.slice(text.indexOf(' (') + 2, -1) : text;
}

function shortPath(path: string): string {
  const inRoot = relative(ROOT_DIR, path);
  const short = !inRoot.startsWith('..') && !isAbsolute(inRoot) ? inRoot : relative(process.cwd(), path);
  return short.split(sep).join('/');
}
