/**
 * Breaks long lines where a person would, with the continuation indented. The rule: of the places at which a line is not too long it ends
 * at the loosest, the one inside of the fewest brackets and, of those, before the operator that binds least or after a comma; of equals at
 * the last. It never ends inside of a string or of an index, nor where hardly anything would be left for the next line. Where there is no
 * such place it ends before a comment, or else behind the sign of an assignment. Must not know what the line says.
 */
/** Characters of a line. */
export const LIMIT = 120;

/** Characters that stand on a line of their own at least: `+ 1;` does not. */
const LEAST_REST = 8;

/** What a line may end before, the loosest first; after a comma it may end, too, as the loosest of all. */
const OPERATORS: readonly string[] = [':', '?', '||', '&&', '|', '^', '&', '<<', '>>', '>>>', '+', '-'];
const COMMA = 0;
const COMMENT = OPERATORS.length + 1;
/** Everything that stands in brackets holds together better than what does not. */
const DEEPER = COMMENT + 1;
/** Looser than nothing. */
const ASSIGNMENT = Infinity;

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
  const breaks = placesOf(line).breaks.filter(({ at, rank }) => rank === ASSIGNMENT || line.length - at > LEAST_REST);
  const lines: string[] = [];
  let lead = before;
  let from = 0;
  let next = 0;
  while (lead.length + line.length - from > LIMIT) {
    let best = -1;
    for (; next < breaks.length && lead.length + breaks[next].at - from < LIMIT; next++) {
      // None in what only continues the indentation.
      if (lead.length + breaks[next].at - from >= indent.length + 8 && (best < 0 || breaks[next].rank <= breaks[best].rank)) best = next;
    }
    // Too long in one piece: it ends at the first place that there is.
    if (best < 0) best = next;
    if (best === breaks.length) break;
    next = best + 1;
    lines.push(lead + line.slice(from, breaks[best].at).trimEnd());
    from = breaks[best].at;
    while (line[from] === ' ') from++;
    lead = `${indent}    `;
  }
  return [...lines, lead + line.slice(from)];
}

function piecesAt(line: string, spaces: readonly number[]): string[] {
  return [0, ...spaces.map((at) => at + 1)].map((from, i) => line.slice(from, spaces[i] ?? line.length));
}

/** A space at which a line may end, the more gladly the lower its rank. */
interface Place {
  readonly at: number;
  readonly rank: number;
}

interface Places {
  readonly breaks: readonly Place[];
  readonly notes: number;
  /** Spaces behind a comment. */
  readonly afterNotes: readonly number[];
}

/** Outside of strings, in which `\"` is no end, and of comments. */
function placesOf(line: string): Places {
  const breaks: Place[] = [];
  const afterNotes: number[] = [];
  let notes = 0;
  let depth = 0;
  let indices = 0;
  let isAssigned = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (c === '"') {
      for (i++; i < line.length && line[i] !== '"'; i++) if (line[i] === '\\') i++;
    } else if (line.startsWith('/*', i)) {
      if (line[i - 1] === ' ' && indices === 0) breaks.push({ at: i - 1, rank: depth * DEEPER + COMMENT });
      const end = line.indexOf('*/', i + 2);
      i = end < 0 ? line.length : end + 1;
      notes++;
      const behind = /^[)}]*,? /u.exec(line.slice(i + 1, i + 12));
      if (behind) afterNotes.push(i + behind[0].length);
    } else if (c === '[') indices++;
    else if (c === ']') indices--;
    else if (c === '(' || c === '{') depth++;
    else if (c === ')' || c === '}') depth--;
    else if (c === ' ' && indices === 0) {
      const sign = line.slice(i - 3, i).trimStart();
      if (depth === 0 && !isAssigned && (sign === '=' || sign === '<=')) {
        isAssigned = true;
        breaks.push({ at: i, rank: ASSIGNMENT });
      } else if (line[i - 1] === ',') breaks.push({ at: i, rank: depth * DEEPER + COMMA });
      else {
        const operator = OPERATORS.indexOf(/^\S{1,3}(?= )/.exec(line.slice(i + 1, i + 5))?.[0] ?? '');
        if (operator >= 0) breaks.push({ at: i, rank: depth * DEEPER + operator + 1 });
      }
    }
  }
  return { breaks, notes, afterNotes };
}
