/** Which declarations stand together under a comment. Must not know what is declared. */
import type { Declaration, DeclarationGroup } from '../verilog/form.ts';

/** Of fewer declarations everybody sees what is what. */
const FEW = 10;

/** Groups under their comments; few declarations, or those of one group, without. */
export function grouped(groups: readonly { readonly comment: string; readonly of: readonly Declaration[] }[]): DeclarationGroup[] {
  const some = groups.filter((g) => g.of.length > 0);
  const all = some.flatMap((g) => g.of);
  if (all.length === 0) return [];
  return some.length < 2 || all.length < FEW ? [{ of: all }] : some;
}
