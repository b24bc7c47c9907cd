/** Declarations as people write them: names below each other, related ones together under a comment. */

export interface Declaration {
  /** What stands before the type: a direction, attributes. */
  readonly lead?: string;
  readonly type: string;
  readonly name: string;
  /** What follows the name: dimensions. */
  readonly rest?: string;
}

/** A type that is longer does not push the names of all others to the right. */
const WIDEST = 24;

/** One text a declaration, without its end. */
export function aligned(declarations: readonly Declaration[]): string[] {
  const width = Math.max(0, ...declarations.map((d) => d.type.length).filter((n) => n <= WIDEST));
  return declarations.map(({ lead = '', type, name, rest = '' }) => `  ${lead}${type.padEnd(width)} ${name}${rest}`);
}

/** Of fewer declarations everybody sees what is what. */
const FEW = 10;

/** Groups under their comments; few declarations, or those of one group, without. */
export function grouped(groups: readonly { readonly comment: string; readonly of: readonly Declaration[] }[]): string[] {
  const some = groups.filter((g) => g.of.length > 0);
  const all = some.flatMap((g) => g.of);
  if (some.length < 2 || all.length < FEW) return aligned(all).map((line) => `${line};`);
  return some.flatMap((g, i) => [...(i > 0 ? [''] : []), `  // ${g.comment}`, ...aligned(g.of).map((line) => `${line};`)]);
}
