/**
 * What a program has to say of its own exit values, for whoever runs it: a table that it carries along in a note section
 * `.note.systole` (ELF gABI, "Note Section"), so that every engine can tell a failure in the program's words. The note's name is
 * `Systole`, its type 1, its content lines of text: `4 the chip is another one` or, for a range of values, `1000-1031 a trap came`.
 * Must not know programs nor ELF headers. What is damaged says nothing, and what a terminal would obey is made visible.
 */
import { printable } from '../gen/printable.ts';

/** Exit values `first`…`last` and what they mean. */
export interface ExitReason {
  readonly first: number;
  readonly last: number;
  readonly text: string;
}

export const NOTE_SECTION = '.note.systole';
const NOTE_NAME = 'Systole';
const NOTE_TYPE = 1;
/** Of all notes together; nobody reads more. */
const MOST_REASONS = 1000;
const LONGEST_TEXT = 500;
const MOST_BYTES = MOST_REASONS * LONGEST_TEXT;

const padded = (length: number): number => (length + 3) & ~3;

/** The content of a section with this table. */
export function exitReasonsNote(reasons: readonly ExitReason[]): Uint8Array {
  const text = reasons.map(({ first, last, text: reason }) => `${first === last ? first : `${first}-${last}`} ${reason}\n`).join('');
  const [name, content] = [`${NOTE_NAME}\0`, text].map((part) => new TextEncoder().encode(part));
  const note = new Uint8Array(12 + padded(name.length) + padded(content.length));
  const view = new DataView(note.buffer);
  [name.length, content.length, NOTE_TYPE].forEach((word, i) => view.setUint32(4 * i, word, true));
  note.set(name, 12);
  note.set(content, 12 + padded(name.length));
  return note;
}

/** The tables in these note sections; notes of others are passed over. */
export function exitReasonsOf(sections: readonly Uint8Array[]): readonly ExitReason[] {
  const reasons: ExitReason[] = [];
  let left = MOST_BYTES;
  for (const section of sections) {
    for (const text of notesIn(section)) {
      const known = text.subarray(0, left);
      left -= known.length;
      reasons.push(...new TextDecoder().decode(known).split('\n', MOST_REASONS).flatMap(parseLine));
    }
  }
  return reasons.slice(0, MOST_REASONS);
}

/** What the program says of an exit value; the first that fits. */
export function exitReason(reasons: readonly ExitReason[], exit: number): string | undefined {
  return reasons.find(({ first, last }) => exit >= first && exit <= last)?.text;
}

/** Contents of the notes that are ours. */
function notesIn(section: Uint8Array): Uint8Array[] {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0; at + 12 <= section.length;) {
    const [nameBytes, contentBytes, type] = [0, 4, 8].map((field) => view.getUint32(at + field, true));
    const contentAt = at + 12 + padded(nameBytes);
    // Lengths near 2³² become negative in `padded`.
    if (contentAt <= at || contentAt + contentBytes > section.length) break;
    const isOurs = type === NOTE_TYPE && new TextDecoder().decode(section.subarray(at + 12, at + 12 + Math.min(nameBytes, 16))) === `${NOTE_NAME}\0`;
    if (isOurs) found.push(section.subarray(contentAt, contentAt + contentBytes));
    at = contentAt + padded(contentBytes);
  }
  return found;
}

function parseLine(line: string): ExitReason[] {
  const [, first, last, text] = /^(\d{1,10})(?:-(\d{1,10}))? (.+)$/.exec(line.slice(0, LONGEST_TEXT)) ?? [];
  return first === undefined || text === undefined ? [] : [{ first: Number(first), last: Number(last ?? first), text: printable(text) }];
}
