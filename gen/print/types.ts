/** How hardware types are declared in SystemVerilog, and the text of literals. */
import { widthOf } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import type { TextNames } from '../names/text-names.ts';

/** Declaration without a typedef: `logic signed [7:0]`. */
export function plainType(t: Type): string {
  const w = widthOf(t);
  if (t.kind === 'sint') return w === 1 ? 'logic signed' : `logic signed [${w - 1}:0]`;
  return w === 1 ? 'logic' : `logic [${w - 1}:0]`;
}

export type Base = 'decimal' | 'hex';

/** In what all of several numbers below or beside each other are written, by the largest; nothing for what stands alone. */
export function baseOf(values: readonly bigint[]): Base | undefined {
  return values.length < 2 ? undefined : values.every((v) => v < 100n) ? 'decimal' : 'hex';
}

/** `8'd5`, `-8'sd3`, `1'b1`, `LIGHT_RED`. */
export function literalText(t: Type, value: bigint, names: TextNames, base?: Base): string {
  const w = widthOf(t);
  const name = t.kind === 'enum' ? names.member(t, value) : undefined;
  if (name !== undefined) return name;
  if (w === 1) return t.kind === 'sint' ? `1'sb${value}` : `1'b${value}`;
  if (t.kind === 'sint') {
    const negative = value >> BigInt(w - 1) === 1n;
    if (!negative) return `${w}'sd${value}`;
    const magnitude = (1n << BigInt(w)) - value;
    // The most negative number has no positive counterpart of its width.
    return magnitude === 1n << BigInt(w - 1) ? `${w}'sh${value.toString(16)}` : `-${w}'sd${magnitude}`;
  }
  return (base ?? (value < 10n || (w <= 8 && value < 100n) ? 'decimal' : 'hex')) === 'decimal' ? `${w}'d${value}` : `${w}'h${value.toString(16)}`;
}
