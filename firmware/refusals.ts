// Why the compiler has made no program, in one line: a limit that it has met, what prevents it from writing, or the source.
// Must not know: how it is called.
import { tmpdir } from 'node:os';
import { whyUnwritable } from '../gen/files/system-error.ts';
import { UserError } from '../gen/user-error.ts';
import { mostFileBytes, TOO_LATE, TOO_TALKATIVE } from '../sim/processes/children.ts';
import type { ProgramLimits } from '../sim/processes/children.ts';

/** Bytes: of a file as much as the largest memory of a chip, of memory many times what any program here takes. */
export const COMPILER_LIMITS: ProgramLimits = { fileBytes: 2 ** 30, memoryBytes: 2 ** 31 };
/** Seconds; the longest program here takes five. */
export const COMPILER_SECONDS = 300;
/** Characters of the compiler's own words that are shown; the first errors tell most. */
const SHOWN = 2 ** 16;

const ENDLESS = 'shorten the sources; look for what has no end: an #include of a device or a pipe, a .rept, a huge array';

/** How lines begin that the compiler's programs say of themselves; of sources they say the line's number too. */
const OWN_LINE = String.raw`^(?:\{standard input\}|[^\s:]+): (?:.*?: |.* )?`;
const own = (what: string): RegExp => new RegExp(OWN_LINE + what, 'm');

/** What its programs say that get no more memory, or that the system has ended for want of it. */
const NO_MEMORY = [own('out of memory allocating'), own('Killed signal terminated program'), own('Cannot allocate memory'), /^(?:.*: )?(?:virtual )?memory exhausted/m];
const NO_SPACE = [
  { pattern: own('File size limit exceeded'), code: 'EFBIG' },
  { pattern: own('File too large'), code: 'EFBIG' },
  { pattern: own('No space left on device'), code: 'ENOSPC' },
  { pattern: own('Disk quota exceeded'), code: 'EDQUOT' },
] as const;

export interface Refusal {
  /** What is built, for messages. */
  readonly name: string;
  readonly compiler: string;
  readonly status: number;
  readonly stderr: string;
  /** Where the program was to be written. */
  readonly out: string;
  readonly limitSeconds: number;
}

/** @param onSaid where the compiler's reasons are shown in full; undefined: they are part of the message */
export function refusalOf(refusal: Refusal, onSaid?: (text: string) => void): UserError {
  const reached = limitMet(refusal);
  if (reached !== undefined) return new UserError(reached);
  const { name, compiler, status, stderr } = refusal;
  if (onSaid) show(stderr, onSaid);
  const reason = onSaid && stderr !== '' ? ', for the reasons above' : `: ${stderr.trim() || `exit status ${status}`}`;
  return new UserError(`${name}: ${compiler} refused it${reason}; mend the source`);
}

/** What the compiler says, cut where nobody would read on. */
export function show(said: string, onSaid: (text: string) => void): void {
  if (said !== '') onSaid(said.length <= SHOWN ? said : `${said.slice(0, SHOWN)}…\n`);
}

function limitMet({ name, compiler, status, stderr, out, limitSeconds }: Refusal): string | undefined {
  const needs = (what: string): string => `${name}: ${compiler} ${what}; ${ENDLESS}`;
  if (status === TOO_LATE) return needs(`took longer than ${limitSeconds} s`);
  if (status === TOO_TALKATIVE) return needs('has more to say than can be kept');
  if (NO_MEMORY.some((pattern) => pattern.test(stderr))) return needs(`needs more memory than there is, or than the ${COMPILER_LIMITS.memoryBytes / 2 ** 30} GiB that it may take`);
  const code = NO_SPACE.find(({ pattern }) => pattern.test(stderr))?.code;
  if (code === undefined) return undefined;
  if (code !== 'EFBIG') return `${tmpdir()}: ${whyUnwritable(code)}`;
  // Larger than the user lets any file be, or than we let it be?
  return mostFileBytes() < COMPILER_LIMITS.fileBytes ? `${out}: ${whyUnwritable(code)}` : needs(`makes a file of more than ${COMPILER_LIMITS.fileBytes / 2 ** 30} GiB`);
}
