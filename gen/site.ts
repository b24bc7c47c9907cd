/**
 * Source positions. A `Site` remembers the call stack of the user's line cheaply (about 2 µs) and formats it only when an
 * error or a comment needs it, because source-map look-ups cost ten times as much as the capture. Knows stacks as Node and browsers
 * write them, and nothing of either: the language runs wherever JavaScript does.
 */
export interface Position {
  /** Path relative to the project's root (or to the working directory for a design that lives elsewhere), with `/`; `?`: unknown. */
  readonly file: string;
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
    private readonly trace: { readonly stack?: string },
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

  /** Not so where the user's program and the language are one file. */
  get isKnown(): boolean {
    return this.frame !== '';
  }

  private look(): Resolved {
    return (this.resolved ??= resolve(this.trace.stack ?? '', this.inside));
  }

  toString(): string {
    const p = this.position;
    return `${p.file}:${p.line}`;
  }
}

/** Captures the position of the caller of the language. */
export function here(): Site {
  return new Site(traceFrom(here));
}

/** The same for the interface of another room, whose folder is `directory`: the position of the caller of both. */
export function hereOutside(directory: string): Site {
  return new Site(traceFrom(hereOutside), directory.replaceAll('\\', '/'));
}

/** Not all browsers have it. */
const { captureStackTrace } = Error as { readonly captureStackTrace?: typeof Error.captureStackTrace };

/** Without the frame of `self`: how many are kept is limited, and the user's line must be among them. */
function traceFrom(self: (...args: never[]) => Site): { readonly stack?: string } {
  if (!captureStackTrace) return new Error();
  const trace = { stack: '' };
  captureStackTrace(trace, self);
  return trace;
}

interface Frame {
  readonly path: string;
  readonly line: number;
}

/** `at name (place)`, `at place` or `name@place`: a place may hold spaces and parentheses, as folders do. */
function frameOf(line: string): Frame | undefined {
  const text = line.trim().replace(/^at (?:async )?/, '');
  const location = text.endsWith(')') ? text.slice(text.indexOf(' (') + 2, -1) : text.replace(/^[\w$.<>/]*@/, '');
  const m = /^(.+):(\d+):\d+$/.exec(location);
  return m ? { path: pathOf(m[1].replace(/\?.*$/, '')), line: Number(m[2]) } : undefined;
}

/** A file's path with `/`, or the address of what is no file. */
function pathOf(place: string): string {
  if (!place.startsWith('file://')) return /^[A-Za-z]:\\/.test(place) ? place.replaceAll('\\', '/') : place;
  return decodeURIComponent(place.slice('file://'.length)).replace(/^\/(?=[A-Za-z]:\/)/, '');
}

/** Where this file is, as stacks say it: in a bundle that is the bundle. */
const OWN_PATH = (new Error().stack ?? '').split('\n').map(frameOf).find((frame) => frame !== undefined)?.path ?? '';
const [, ROOT = undefined] = /^(.*\/|)gen\/site\.ts$/.exec(OWN_PATH) ?? [];
/** What begins so is not the user's. */
const OWN = ROOT === undefined ? OWN_PATH : `${ROOT}gen/`;

function resolve(stack: string, inside?: string): Resolved {
  for (const text of stack.split('\n')) {
    const frame = frameOf(text);
    if (!frame) continue;
    const { path, line } = frame;
    if (path.startsWith('node:') || path.startsWith(OWN) || (inside !== undefined && path.startsWith(`${inside}/`))) continue;
    return { file: shortPath(path), line, frame: text };
  }
  return { file: '?', line: 0, frame: '' };
}

function shortPath(path: string): string {
  if (ROOT && path.startsWith(ROOT)) return path.slice(ROOT.length);
  const folder = workingDirectory();
  return folder === undefined ? path : relativePath(folder, path);
}

function workingDirectory(): string | undefined {
  const { process } = globalThis as { readonly process?: { cwd?(): string } };
  return process?.cwd?.().replaceAll('\\', '/');
}

/** The way from one folder to a path; the path itself where nothing leads from one to the other. */
function relativePath(from: string, to: string): string {
  const [start, end] = [from, to].map((path) => path.split('/').filter((part) => part !== ''));
  if (!to.startsWith('/') && start[0] !== end[0]) return to;
  let shared = 0;
  while (shared < start.length && shared < end.length - 1 && start[shared] === end[shared]) shared++;
  return [...start.slice(shared).map(() => '..'), ...end.slice(shared)].join('/');
}
