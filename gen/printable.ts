/**
 * Text from outside made safe to show: names in programs, models and configurations may hold what a terminal obeys. Must not know
 * where the text comes from.
 */

/** Control, format, unassigned and private characters, halves of pairs, and the separators of lines that are no line feed. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** `text` on one line, with `\u{1b}` for what must not reach a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same for text of several lines: line feeds stay. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON of the same value in which no character is left that a terminal obeys. */
export function printableJson(json: string): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(UNSAFE, (character) => (character === '\n' ? character : character.split('').map(escaped).join('')));
}
