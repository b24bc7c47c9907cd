/** Breaks long lines where a person would: after a comma or before an operator, with the continuation indented. */
const LIMIT = 120;

/** What has a comment behind it has a line of its own, if there are several. A text has none: what looks like one is text. */
export function wrapLine(line: string): string[] {
  const notes = line.includes('"') ? -1 : line.indexOf(NOTE_END);
  if (notes < 0 || line.indexOf(NOTE_END, notes + 1) < 0) return wrapped(line, '');
  const indent = /^ */.exec(line)?.[0] ?? '';
  const [first, ...rest] = line.split(/(?<=\*\/[)}]*,?) (?![;)}])/u);
  return [...wrapped(first, ''), ...rest.flatMap((l) => wrapped(l, `${indent}    `))];
}

const NOTE_END = '*/';

/** `lead`: what stands before the first line. */
function wrapped(line: string, before: string): string[] {
  if (before.length + line.length <= LIMIT || line.trimStart().startsWith('//')) return [before + line];
  const indent = before === '' ? (/^ */.exec(line)?.[0] ?? '') : before.slice(4);
  const lines: string[] = [];
  let lead = before;
  // Of a long line only the next piece is looked at.
  let from = 0;
  while (lead.length + line.length - from > LIMIT) {
    const piece = lead + line.slice(from, from + LIMIT + 4);
    const at = breakPoint(piece, LIMIT, indent.length + 8);
    if (at < 0) break;
    lines.push(piece.slice(0, at).trimEnd());
    from += at - lead.length;
    while (line[from] === ' ') from++;
    lead = `${indent}    `;
  }
  return [...lines, lead + line.slice(from)];
}

/** Last space before `limit` that follows a comma or precedes an operator, outside of string literals. */
function breakPoint(text: string, limit: number, from: number): number {
  let best = -1;
  let inString = false;
  for (let i = 0; i < Math.min(limit, text.length); i++) {
    if (text[i] === '"') inString = !inString;
    if (inString || i < from || text[i] !== ' ') continue;
    const next = text.slice(i + 1, i + 4);
    if (text[i - 1] === ',' || /^(\|\||&&|\? |: |\+ |- |\^ |\| |& |\? )/.test(next)) best = i;
  }
  return best;
}
