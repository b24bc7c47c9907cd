/** Folding computes what the IR says, and rules remove work without changing a value. */
import { describe, expect, it } from 'vitest';
import { S, U, bool, vecOf } from '../../../gen/index.ts';
import type { UInt, Value } from '../../../gen/index.ts';
import type { Expr } from '../../../gen/ir/expr.ts';
import { operands } from '../../../gen/ir/expr.ts';
import type { Signal } from '../../../gen/ir/module.ts';
import { simplifier } from '../../../gen/passes/simplify.ts';
import { here } from '../../../gen/site.ts';
import { wrap } from '../../../gen/lang/handles.ts';
import { evaluate } from '../evaluate.ts';
import type { State } from '../evaluate.ts';
import { RandomExpressions } from '../random-expressions.ts';
import type { Leaves } from '../random-expressions.ts';
import { Rng } from '../rng.ts';

const EMPTY: State = { signals: new Map(), memories: new Map() };

function leaves(uints: readonly Value[], sints: readonly Value[], bools: readonly Value[]): Leaves {
  return { uints, sints, bools, vectors: [vecOf(uints.slice(0, 1)), vecOf(sints.slice(0, 1))] } as unknown as Leaves;
}

const nodes = (e: Expr): number => 1 + operands(e).reduce((n, o) => n + nodes(o), 0);

describe('folding', () => {
  it('turns every expression of constants into the constant that it is worth', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const rng = new Rng(seed);
      const uints = [1, 8, 33, 70].map((w) => U(w).lit(rng.bits(w)));
      const sints = [1, 8, 33, 70].map((w) => S(w).lit(BigInt.asIntN(w, rng.bits(w))));
      const e = new RandomExpressions(rng, leaves(uints, sints, [bool(rng.chance(0.5))])).any(4).expr;
      const folded = simplifier()(e);
      expect({ seed, op: folded.op, value: evaluate(folded, EMPTY) }).toEqual({ seed, op: 'lit', value: evaluate(e, EMPTY) });
    }
  });

  it('takes bits that were put before a number for zeros, and what lies across its end for the rest of it, extended', () => {
    const signal: Signal = { name: 'a', kind: 'input', type: { kind: 'uint', width: 3 }, site: here() };
    const wide = (wrap({ op: 'ref', type: signal.type, signal }) as UInt).zext(8);
    const [above, across, within] = [wide.slice(7, 3), wide.slice(5, 1), wide.slice(2, 1)].map(({ expr }) => simplifier()(expr));
    expect([above.op, across.op, within.op]).toEqual(['lit', 'extend', 'slice']);
    expect(above).toMatchObject({ value: 0n, type: { width: 5 } });
    expect(across).toMatchObject({ type: { width: 5 }, of: { op: 'slice', lo: 1, type: { width: 2 } } });
  });

  it('joins neighbours of one value, and nothing else', () => {
    const [a, b] = ['a', 'b'].map((name): Signal => ({ name, kind: 'input', type: { kind: 'uint', width: 8 }, site: here() }));
    const ref = (signal: Signal): UInt => wrap({ op: 'ref', type: signal.type, signal }) as UInt;
    const [x, y] = [ref(a), ref(b)];
    const partsOf = (v: Value): number => {
      const e = simplifier()(v.expr);
      return e.op === 'cat' ? e.parts.length : 1;
    };
    expect(partsOf(x.slice(7, 4).cat(x.slice(3, 2), x.slice(1, 0)))).toBe(1);
    expect(partsOf(x.slice(5, 4).cat(x.slice(3, 2), y.slice(1, 0)))).toBe(2);
    const bit = (of: UInt, i: number): UInt => of.slice(i, i);
    for (const [high, low] of [[bit(x, 3), bit(x, 3)], [bit(x, 4), bit(x, 2)], [bit(x, 2), bit(x, 3)], [bit(x, 3), bit(y, 2)]]) {
      expect(partsOf(high.cat(low))).toBe(2);
    }
  });

  it('keeps the value and the type of expressions of signals, and adds no work', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const rng = new Rng(seed);
      const state: State = { signals: new Map(), memories: new Map() };
      const signal = (type: Signal['type']): Value => {
        const s: Signal = { name: `s${state.signals.size}`, kind: 'input', type, site: here() };
        state.signals.set(s, 0n);
        return wrap({ op: 'ref', type, signal: s }) as Value;
      };
      const uints = [1, 5, 8, 33].map((width) => signal({ kind: 'uint', width }));
      const sints = [1, 5, 8, 33].map((width) => signal({ kind: 'sint', width }));
      const e = new RandomExpressions(rng, leaves(uints, sints, [signal({ kind: 'bool' })])).any(4).expr;
      const simple = simplifier()(e);
      expect(simple.type).toEqual(e.type);
      expect(nodes(simple)).toBeLessThanOrEqual(nodes(e));
      for (let run = 0; run < 5; run++) {
        for (const s of state.signals.keys()) state.signals.set(s, rng.bits(s.type.kind === 'uint' || s.type.kind === 'sint' ? s.type.width : 1));
        expect({ seed, value: evaluate(simple, state) }).toEqual({ seed, value: evaluate(e, state) });
      }
    }
  });

  it('knows what special constants do to every operation, on either side', () => {
    for (const kind of ['uint', 'sint'] as const) {
      for (const width of [1, 2, 5]) {
        const type = { kind, width } as const;
        const signal: Signal = { name: 's', kind: 'input', type, site: here() };
        const ref: Expr = { op: 'ref', type, signal };
        const half = 1n << BigInt(width - 1);
        const specials = [0n, 1n, -1n, half, half - 1n].map((v) => BigInt.asUintN(width, v));
        for (const fn of ['and', 'or', 'xor', 'add', 'sub', 'eq', 'ne', 'lt', 'le'] as const) {
          for (const value of specials) {
            const constant: Expr = { op: 'lit', type, value };
            for (const [a, b] of [[ref, constant], [constant, ref]]) {
              const e: Expr = { op: 'binary', fn, type: ['eq', 'ne', 'lt', 'le'].includes(fn) ? { kind: 'bool' } : type, a, b };
              const simple = simplifier()(e);
              for (let v = 0n; v < 1n << BigInt(width); v++) {
                const state: State = { signals: new Map([[signal, v]]), memories: new Map() };
                expect({ fn, value, v, is: evaluate(simple, state) }).toEqual({ fn, value, v, is: evaluate(e, state) });
              }
            }
          }
        }
      }
    }
  });
});
