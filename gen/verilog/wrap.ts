/**
 * Breaks long lines where a person would: after a comma or before an operator, with the continuation indented; never inside of a string,
 * and inside of a comment only where nothing else is left. Must not know what the line says.
 */
/** Characters of a line. */
export const LIMIT = 120;

/** What has a comment behind it has a line of its own, if there are several. */
export function wrapLine(line: string): string[] {
  if (line.trimStart().startsWith('//')) return [line];
  const places = placesOf(line);
  const [first, ...rest] = piecesAt(line, places.notes > 1 ? places.afterNotes.filter((at) => !/^[;)}]/u.test(line.slice(at + 1))) : []);
  const indent = /^ */.exec(line)?.[0] ?? '';
  return [...wrapped(first, indent, ''), ...rest.flatMap((l) => wrapped(l, indent, `${indent}    `))];
}

/** `before`: what stands before the first line. */
function wrapped(line: string, indent: string, before: string): string[] {
  if (before.length + line.length <= LIMIT) return [before + line];
  const { breaks } = placesOf(line);
  const lines: string[] = [];
  let lead = before;
  let from = 0;
  let next = 0;
  while (lead.length + line.length - from > LIMIT) {
    // The last place at which the line is not too long, but none in what only continues the indentation.
    let at = -1;
    for (; next < breaks.length && lead.length + breaks[next] - from < LIMIT; next++) {
      if (lead.length + breaks[next] - from >= indent.length + 8) at = breaks[next];
    }
    if (at < 0) {
      // Too long in one piece: it ends at the first place that there is.
      if (next === breaks.length) break;
      at = breaks[next++];
    }
    lines.push(lead + line.slice(from, at).trimEnd());
    from = at;
    while (line[from] === ' ') from++;
    lead = `${indent}    `;
  }
  return [...lines, lead + line.slice(from)];
}

function piecesAt(line: string, spaces: readonly number[]): string[] {
  return [0, ...spaces.map((at) => at + 1)].map((from, i) => line.slice(from, spaces[i] ?? line.length));
}

interface Places {
  /** Spaces at which a line may end. */
  readonly breaks: readonly number[];
  readonly notes: number;
  /** Spaces behind a comment. */
  readonly afterNotes: readonly number[];
}

/** Outside of strings, in which `\"` is no end, and of comments. */
function placesOf(line: string): Places {
  const breaks: number[] = [];
  const afterNotes: number[] = [];
  let notes = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"') {
      for (i++; i < line.length && line[i] !== '"'; i++) if (line[i] === '\\') i++;
    } else if (line.startsWith('/*', i)) {
      const end = line.indexOf('*/', i + 2);
      i = end < 0 ? line.length : end + 1;
      notes++;
      const behind = /^[)}]*,? /u.exec(line.slice(i + 1, i + 12));
      if (behind) afterNotes.push(i + behind[0].length);
    } else if (line[i] === ' ' && (line[i - 1] === ',' || /^(\|\||&&|\? |: |\+ |- |\^ |\| |& )/.test(line.slice(i + 1, i + 4)))) {
      breaks.push(i);
    }
  }
  return { breaks, notes, afterNotes };
}
