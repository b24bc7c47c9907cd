/** Hash-consing: equal expressions are one node. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, elaborate, hw, vec } from '../../../gen/index.ts';
import { Consing } from '../../../gen/ir/consing.ts';
import type { Expr } from '../../../gen/ir/expr.ts';
import { walkUp } from '../../../gen/ir/expr.ts';
import { expressionsOf, walkStatements } from '../../../gen/ir/leaves.ts';
import { moduleText } from '../../../gen/ir/text.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { RandomExpressions } from '../random-expressions.ts';
import { Rng } from '../rng.ts';

const bytes = { a: In(U(8)), b: In(U(8)) };

describe('equal expressions', () => {
  it('become one, with the first hint, whatever was between them', () => {
    const design = elaborate(hw('Twice', { ...bytes, x: Out(U(8)), y: Out(U(8)), both: Out(B) }, (_m, io) => {
      io.x = io.a.addWrap(io.b).slice(7, 1).zext(8);
      io.both = io.a.addWrap(io.b).named('total').orR();
      io.y = io.a.addWrap(io.b).named('other').xor(io.b);
    }));
    const [{ text }] = printDesign(design);
    expect(text.match(/a \+ b/g)).toHaveLength(1);
    expect(text).toContain('assign total = a + b;');
    expect(text).not.toContain('other');
  });

  it('are told apart by everything that is part of what they mean', () => {
    const written = (e: Expr): string => JSON.stringify(e, function (this: { readonly op?: string }, key, v: unknown) {
      if (key === 'site' || (key === 'hint' && this.op !== 'lit')) return undefined;
      return typeof v === 'bigint' ? `${v}n` : v;
    });
    const nodes = new Set<Expr>();
    hw('Random', { u: In(U(8)), s: In(S(9)), b: In(B), v: In(vec(U(5), 3)) }, (_m, io) => {
      const maker = new RandomExpressions(new Rng(1), { uints: [io.u], sints: [io.s], bools: [io.b], vectors: [io.v] });
      for (let i = 0; i < 500; i++) walkUp(maker.any(1 + (i % 3)).expr, (e) => nodes.has(e), (e) => nodes.add(e));
    }).elaborate();
    const consing = new Consing();
    const ones = new Set<Expr>();
    for (const e of nodes) {
      const one = consing.one(e);
      expect(written(one)).toBe(written(e));
      ones.add(one);
    }
    expect(new Set([...nodes].map(written)).size).toBe(ones.size);
    expect(ones.size).toBeLessThan(nodes.size);
  });

  it('are no fewer for what is only named apart', () => {
    const of = (hint: string): Expr => ({ op: 'lit', type: { kind: 'uint', width: 8 }, value: 3n, hint });
    const consing = new Consing();
    expect(consing.one(of('ONE'))).not.toBe(consing.one(of('OTHER')));
    expect(consing.one(of('ONE'))).toBe(consing.one(of('ONE')));
  });

  it('stay one through all passes of a module', () => {
    const design = elaborate(hw('Many', { ...bytes, x: Out(U(8)) }, (_m, io) => {
      // 2^20 uses of 20 values, each of them written twice.
      let value = io.a;
      for (let i = 0; i < 20; i++) value = value.xor(io.b).addWrap(value.xor(io.b));
      io.x = value;
    }));
    const distinct = new Set<Expr>();
    walkStatements(design.top.body, (s) => {
      for (const root of expressionsOf(s)) walkUp(root, (e) => distinct.has(e), (e) => distinct.add(e));
    });
    expect(distinct.size).toBeLessThan(50);
    expect(moduleText(design.top).split('\n').length).toBeLessThan(60);
  });
});
