/** Declarations as people write them: names below each other. */
import { largestOf } from '../collections.ts';
import type { Declaration } from './form.ts';

/** A type that is longer does not push the names of all others to the right. */
const WIDEST = 24;

/** One text a declaration, without its end. */
export function aligned(declarations: readonly Declaration[], indent: string): string[] {
  const width = largestOf(declarations.map((d) => d.type.length).filter((n) => n <= WIDEST), 0);
  return declarations.map(({ lead = '', type, name, rest = '' }) => `${indent}${lead}${type.padEnd(width)} ${name}${rest}`);
}
