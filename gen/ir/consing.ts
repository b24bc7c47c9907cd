/**
 * Hash-consing: equal expressions become one node, so that what a designer has written twice is named, printed and evaluated once. Nodes
 * that differ in their site or hint alone are equal; the first hint stays. A note says what a value is for in one place, and is told
 * apart. Must not know what expressions are for.
 */
import { giveHint, mapOperands, operands } from './expr.ts';
import type { Expr } from './expr.ts';
import type { Type } from './types.ts';

/** The one node for each value; operands of what is given need not be such nodes. */
export class Consing {
  private readonly nodes = new Map<string, Expr>();
  private readonly numbers = new Map<object, number>();

  /** Only literals that are named apart stay apart. */
  one(e: Expr): Expr {
    if (this.numbers.has(e)) return e;
    const known = operands(e).every((o) => this.numbers.has(o)) ? e : mapOperands(e, (o) => this.one(o));
    const key = known.note === undefined ? this.key(known) : `${this.key(known)} // ${known.note}`;
    const first = this.nodes.get(key);
    if (first) {
      if (e.hint !== undefined && first.hint === undefined) giveHint(first, e.hint);
      return first;
    }
    this.nodes.set(key, known);
    this.number(known);
    return known;
  }

  private number(x: object): number {
    let n = this.numbers.get(x);
    if (n === undefined) this.numbers.set(x, (n = this.numbers.size));
    return n;
  }

  private type(t: Type): string {
    switch (t.kind) {
      case 'bool':
        return 'b';
      case 'uint':
        return `u${t.width}`;
      case 'sint':
        return `s${t.width}`;
      case 'vec':
        return `${t.length}x${this.type(t.element)}`;
      case 'enum':
      case 'bundle':
        return `t${this.number(t)}`;
    }
  }

  private key(e: Expr): string {
    const n = (x: object): number => this.number(x);
    switch (e.op) {
      case 'lit':
        return `lit ${this.type(e.type)} ${e.value.toString(36)} ${e.hint ?? ''}`;
      case 'lane':
        return `lane ${this.type(e.type)} ${n(e.lanes)} ${e.scale} ${e.offset}`;
      case 'ref':
        return `ref ${n(e.signal)}`;
      case 'field':
        return `field ${n(e.of)} ${e.name}`;
      case 'index':
        return typeof e.index === 'number' ? `at ${n(e.of)} ${e.index}` : `index ${n(e.of)} ${n(e.index)}`;
      case 'unary':
        return `${e.fn} ${n(e.a)} ${this.type(e.type)}`;
      case 'binary':
        return `${e.fn} ${n(e.a)} ${n(e.b)} ${this.type(e.type)}`;
      case 'mux':
        return `mux ${n(e.cond)} ${n(e.a)} ${n(e.b)}`;
      case 'slice':
        return `slice ${n(e.of)} ${e.lo} ${this.type(e.type)}`;
      case 'cast':
      case 'extend':
        return `${e.op} ${n(e.of)} ${this.type(e.type)}`;
      case 'memRead':
        return `memRead ${n(e.mem)} ${n(e.addr)}`;
      case 'cat':
        return `cat ${e.parts.map(n).join(' ')}`;
      case 'bundle':
        return `bundle ${this.type(e.type)} ${e.fields.map(n).join(' ')}`;
      case 'vec':
        return `vec ${this.type(e.type)} ${e.items.map(n).join(' ')}`;
    }
  }
}
