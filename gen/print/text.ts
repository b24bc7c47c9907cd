/** Text that a designer gave, as SystemVerilog: in strings for `$error` and in comments. Must not know modules. */
import { printable } from '../printable.ts';

/** Words by which a tool takes a comment for an order: Yosys leaves out what follows `synthesis translate_off`. */
const ORDERS = /^(?=(synthesis|synopsys|pragma|verilator)\b)/iu;

const LINE_BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/u;

/**
 * Inside of a format string of a system task that prints exactly `text`, in UTF-8: what is no printable ASCII stands as octal digits,
 * which every tool reads alike.
 */
export function formatText(text: string): string {
  let result = '';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    if (character === '%') result += '%%';
    else if (character === '"' || character === '\\') result += `\\${character}`;
    else if (byte >= 0x20 && byte < 0x7f) result += character;
    else result += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return result;
}

/** `text` as a comment inside of a line; none can end it early. */
function inlineComment(text: string): string {
  return `/* ${printable(text.trim()).replaceAll(/\s+/gu, ' ').replaceAll('*/', '* /').replaceAll('/*', '/ *').replace(ORDERS, 'note: ')} */`;
}

/** SystemVerilog with what the designer notes beside it. */
export function noted(text: string, note: string | undefined): string {
  return note === undefined ? text : `${text} ${inlineComment(note)}`;
}

/** `text` as lines of comment; none can end the comment early. */
export function commentLines(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : trimmed.split(LINE_BREAK).map((line) => printable(line.trim()).replace(ORDERS, 'note: '));
}
