/** Literals: which stand under the name that the designer gave, and in which base the others are. Must not know what they stand in. */
import type { Lit } from '../ir/expr.ts';
import { widthOf } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import type { TextNames } from '../names/text-names.ts';
import type { Declaration } from '../verilog/form.ts';
import { noted } from './text.ts';
import { baseOf, literalText, plainType } from './types.ts';
import type { Base } from './types.ts';

interface Constant {
  readonly type: Type;
  readonly value: bigint;
  readonly name: string;
}

export class Constants {
  private readonly named = new Map<string, Constant>();

  constructor(private readonly pool: TextNames) {}

  /** Text of a literal: its name, if it has one. */
  text(type: Type, value: bigint, name?: string, base?: Base): string {
    return name === undefined || type.kind === 'enum' ? literalText(type, value, this.pool, base) : this.constant(type, value, name);
  }

  /** Text of a literal beside others, with its note. */
  noted(l: Lit, base: Base | undefined): string {
    return noted(this.text(l.type, l.value, l.hint, base), l.note);
  }

  /** Labels of the branches of a `case`, in one base. */
  labels(branches: readonly (readonly Lit[])[]): string[][] {
    const base = baseOfAll(branches.flat());
    return branches.map((all) => all.map((l) => this.noted(l, base)));
  }

  private constant(type: Type, value: bigint, wish: string): string {
    const text = literalText(type, value, this.pool);
    const key = `${wish} ${plainType(type)} ${text}`;
    let known = this.named.get(key);
    if (!known) {
      known = { type, value, name: this.pool.fresh(wish) };
      this.named.set(key, known);
    }
    return known.name;
  }

  /** Literals that the designer has named, those of one type in one base. */
  get declarations(): readonly Declaration[] {
    const all = [...this.named.values()];
    const values = new Map<string, bigint[]>();
    for (const { type, value } of all) {
      const known = values.get(plainType(type));
      if (known) known.push(value);
      else values.set(plainType(type), [value]);
    }
    return all.map(({ type, value, name }) => {
      // A byte that means something is a number.
      const base = widthOf(type) <= 8 ? 'decimal' : baseOf(values.get(plainType(type)) ?? []);
      return { lead: 'localparam ', type: plainType(type), name, rest: ` = ${literalText(type, value, this.pool, base)}` };
    });
  }
}

/** The one base of those that stand as numbers in the text. */
export function baseOfAll(all: readonly Lit[]): Base | undefined {
  return baseOf(all.flatMap((l) => (l.hint === undefined && l.type.kind === 'uint' ? [l.value] : [])));
}
