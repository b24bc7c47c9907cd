/** Whether what a caller hands over as a design is one: `tsx` runs programs without looking at their types. Must not know who asks. */
import { describe } from './lang/value.ts';
import { nounOf } from './lang/strict.ts';

/** What is wrong and how to mend it; undefined for a design. */
export function designFault(given: unknown): { readonly what: string; readonly mend: string } | undefined {
  const mend = 'hand over what elaborate(Definition) returns';
  if (typeof given !== 'object' || given === null || nounOf(given) !== undefined) return { what: `${describe(given)} is no design`, mend };
  const { top, modules } = given as { readonly top?: unknown; readonly modules?: unknown };
  return typeof top === 'object' && top !== null && Array.isArray(modules) ? undefined : { what: `${describe(given)} is no design`, mend };
}
