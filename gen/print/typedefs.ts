/** Types as the text of a module declares them: enumerations and bundles by a typedef, where tools take it. Must not know logic. */
import { pushAll } from '../collections.ts';
import type { Expr } from '../ir/expr.ts';
import { expressionsOf, walkExpressions, walkStatements } from '../ir/leaves.ts';
import type { Module, Signal } from '../ir/module.ts';
import { widthOf } from '../ir/types.ts';
import type { BundleType, EnumType, Type } from '../ir/types.ts';
import { fieldText } from '../names/text-names.ts';
import type { TextNames } from '../names/text-names.ts';
import type { Item } from '../verilog/form.ts';
import { plainType } from './types.ts';

export class DeclaredTypes {
  private readonly enumSignals: ReadonlySet<Signal>;

  constructor(private readonly m: Module, private readonly names: TextNames) {
    this.enumSignals = typedefSafe(m);
  }

  /** Type of a signal that the designer has declared. */
  ofSignal(s: Signal): string {
    return s.type.kind === 'enum' && this.enumSignals.has(s) ? this.names.type(s.type) : this.ofValue(s.type);
  }

  /** Type of what takes plain bits, too. */
  ofValue(t: Type): string {
    return t.kind === 'bundle' ? this.names.type(t) : plainType(t);
  }

  /** Typedefs for all that the module has, and for further values that its text has. */
  typedefs(values: readonly { readonly type: Type }[]): Item[] {
    const enums = new Map<string, EnumType>();
    const bundles = new Map<string, BundleType>();
    const noteType = (t: Type): void => {
      if (t.kind === 'enum') enums.set(t.name, t);
      else if (t.kind === 'vec') noteType(t.element);
      else if (t.kind === 'bundle') {
        for (const f of t.fields) noteType(f.type);
        bundles.set(this.names.type(t), t);
      }
    };
    for (const s of [...this.m.wires, ...this.m.regs, ...values]) noteType(s.type);
    const roots: Expr[] = this.m.checks.map((c) => c.cond);
    walkStatements(this.m.body, (s) => pushAll(roots, expressionsOf(s)));
    walkExpressions(roots, (e) => {
      if (e.type.kind === 'enum') enums.set(e.type.name, e.type);
    });
    return [
      ...[...enums.values()].map((t): Item => {
        const members = t.members.map((_, value) => ({ name: this.names.member(t, BigInt(value)) ?? '', value }));
        return { kind: 'enum', name: this.names.type(t), width: widthOf(t), members };
      }),
      ...[...bundles].map(([name, t]): Item => {
        const fields = t.fields.map((f) => ({ type: this.ofValue(f.type), name: fieldText(t, f.name) }));
        return { kind: 'struct', name, fields };
      }),
    ];
  }
}

/**
 * Signals of enumeration type that only ever take members or other such signals: they can be declared with the typedef,
 * because tools refuse to assign plain bits to an enumeration without a cast that not all of them parse.
 */
function typedefSafe(m: Module): Set<Signal> {
  const safe = new Set<Signal>([...m.wires, ...m.regs].filter((s) => s.type.kind === 'enum'));
  // Per signal or expression those that take its value.
  const takers = new Map<Signal | Expr, (Signal | Expr)[]>();
  const unsafe: (Signal | Expr)[] = [];
  const seen = new Set<Expr>();
  const take = (from: Signal | Expr, taker: Signal | Expr): void => {
    const list = takers.get(from);
    if (list) list.push(taker);
    else takers.set(from, [taker]);
  };
  walkStatements(m.body, (s) => {
    if (s.kind !== 'assign' || !safe.has(s.target)) return;
    take(s.value, s.target);
    walkExpressions([s.value], (e) => {
      if (e.op === 'mux') {
        take(e.a, e);
        take(e.b, e);
      } else if (e.op === 'ref' && safe.has(e.signal)) take(e.signal, e);
      else if (e.op !== 'lit' || e.type.kind !== 'enum' || e.value >= BigInt(e.type.members.length)) unsafe.push(e);
    }, seen);
  });
  for (let x = unsafe.pop(); x; x = unsafe.pop()) {
    for (const taker of takers.get(x) ?? []) {
      if ('kind' in taker && !safe.delete(taker)) continue;
      unsafe.push(taker);
    }
    takers.delete(x);
  }
  return safe;
}
