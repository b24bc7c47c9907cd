/**
 * Vectors made lane by lane, and all elements of a vector as one value: a balanced tree with a loop for each of its levels, so that neither
 * the text nor the depth of the circuit grows as the vector does. Must not know what the elements mean.
 */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import type { PathElement } from '../ir/module.ts';
import { sameType, typeName, uintType } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import type { Site } from '../site.ts';
import { Vec } from './aggregates.ts';
import { wrap } from './handles.ts';
import type { Lane } from './lanes.ts';
import { checkedType, within } from './limits.ts';
import type { Recorder } from './recorder.ts';
import { Bool, SInt, UInt, cat } from './scalars.ts';
import { bool } from './shapes.ts';
import { describe, exprOf } from './value.ts';

/** What the designer gave no name makes way for what he names. */
interface WireName {
  readonly text: string;
  readonly isGiven: boolean;
}

interface Wire {
  readonly expr: Expr;
  drive(path: readonly PathElement[], value: Expr): void;
}

/** A wire for a value that belongs to no `when`. */
function wire(b: Recorder, name: WireName, type: Type, site: Site): Wire {
  const { nest } = b;
  const whole = nest.typeOf(type, site);
  const signal = name.isGiven ? b.addWire(name.text, whole, site) : b.addJoinedWire(name.text, whole, site);
  return { expr: nest.element({ op: 'ref', type: signal.type, signal }), drive: (path, value) => b.drive(signal, [...nest.path, ...path], value, site) };
}

export function mapOf<V>(b: Recorder, name: string, count: number, f: (lane: Lane) => V, site: Site): Vec<V> {
  within('elements', count, `map() of ${count} lanes`, site);
  let result: Expr | undefined;
  const outer = b.nest;
  b.atTop(() => b.each(count, (lane) => {
    const value = exprOf(f(lane), site);
    const vector = b.inNest(outer, () => wire(b, { text: name, isGiven: true }, checkedType({ kind: 'vec', element: value.type, length: count }, site), site));
    vector.drive([{ index: lane.expr }], value);
    result = vector.expr;
  }));
  if (!result) throw new Error('a map has a value');
  return new Vec<V>(result);
}

/** `join` makes an element of the next level of two neighbours, `alone` one of the last where their number is odd. */
function level(b: Recorder, name: WireName, from: Expr, join: (a: Expr, b: Expr) => Expr, alone: (e: Expr) => Expr, site: Site): Expr {
  if (from.type.kind !== 'vec') throw new Error('levels are vectors');
  const { element, length } = from.type;
  const at = (index: Expr | number): Expr => ({ op: 'index', type: element, of: from, index, site });
  const pairs = length >> 1;
  let result: Expr | undefined;
  b.atTop(() => {
    if (length === 1 || length === 2) {
      const value = length === 1 ? at(0) : join(at(0), at(1));
      const { expr, drive } = wire(b, name, value.type, site);
      drive([], value);
      result = expr;
      return;
    }
    const outer = b.nest;
    b.each(pairs, (lane) => {
      const value = join(at(lane.times(2).expr), at(lane.times(2).plus(1).expr));
      const vector = b.inNest(outer, () => wire(b, name, checkedType({ kind: 'vec', element: value.type, length: length - pairs }, site), site));
      vector.drive([{ index: lane.expr }], value);
      result = vector.expr;
      if (length > 2 * pairs) b.inNest(outer, () => b.atTop(() => vector.drive([{ index: pairs }], alone(at(length - 1)))));
    });
  });
  if (!result) throw new Error('a level has a value');
  return result;
}

/** Levels down to one element: `NAME_1`, `NAME_2`, …, and the result `NAME`. */
function tree(b: Recorder, name: string, values: Expr, join: (a: Expr, b: Expr) => Expr, alone: (e: Expr) => Expr, site: Site): Expr {
  let at = values;
  for (let number = 1; at.type.kind === 'vec'; number++) {
    const isLast = at.type.length <= 2;
    // What the designer names in `join` he names once, and it is there in every level.
    const joined = (x: Expr, y: Expr): Expr => (isLast ? join(x, y) : b.again(`_${number}`, () => join(x, y)));
    at = level(b, { text: isLast ? name : `${name}_${number}`, isGiven: isLast }, at, joined, alone, site);
    if (isLast) break;
  }
  return at;
}

function vectorOf(values: unknown, method: string, wanted: string, isWanted: (t: Type) => boolean, site: Site): Expr {
  if (values instanceof Vec) {
    const { expr } = values;
    if (expr.type.kind === 'vec' && isWanted(expr.type.element)) return expr;
  }
  throw new DesignError('type-mismatch', `${method}() of ${describe(values)}`, site, undefined, `give a vector of ${wanted}`);
}

export function sumOf<V>(b: Recorder, name: string, values: Vec<V>, site: Site): V extends SInt ? SInt : UInt {
  const from = vectorOf(values, 'sum', 'numbers', (t) => t.kind === 'uint' || t.kind === 'sint', site);
  const number = (e: Expr): UInt | SInt => (e.type.kind === 'sint' ? new SInt(e) : new UInt(e));
  const join = (x: Expr, y: Expr): Expr => {
    const [p, q] = [number(x), number(y)];
    return p instanceof SInt ? p.addGrow(q as SInt).expr : p.addGrow(q as UInt).expr;
  };
  const alone = (e: Expr): Expr => {
    const v = number(e);
    return v instanceof SInt ? v.sext(v.width + 1).expr : v.zext(v.width + 1).expr;
  };
  return wrap(tree(b, name, from, join, alone, site)) as V extends SInt ? SInt : UInt;
}

export function foldOf<V>(b: Recorder, name: string, values: Vec<V>, f: (a: V, b: V) => V, site: Site): V {
  const from = vectorOf(values, 'fold', 'values', () => true, site);
  const join = (x: Expr, y: Expr): Expr => {
    const made = f(wrap(x) as V, wrap(y) as V);
    const expr = exprOf(made, site);
    if (!sameType(expr.type, x.type)) {
      const what = `fold() of ${typeName(x.type)} by a function that makes ${typeName(expr.type)}`;
      throw new DesignError('type-mismatch', what, site, undefined, 'make a value of the same type; sum() grows');
    }
    return expr;
  };
  return wrap(tree(b, name, from, join, (e) => e, site)) as V;
}

export function firstOf(b: Recorder, name: string, flags: Vec<Bool>, site: Site): { readonly valid: Bool; readonly index: UInt } {
  const from = vectorOf(flags, 'first', 'truth values', (t) => t.kind === 'bool', site);
  // An element: whether one is set, above the number of the lowest that is. Each level adds the bit that tells the halves apart.
  const parts = (e: Expr): { readonly valid: Bool; readonly index: UInt[] } => {
    if (e.type.kind === 'bool') return { valid: new Bool(e), index: [] };
    const word = new UInt(e);
    return { valid: word.bit(word.width - 1), index: word.width > 1 ? [word.slice(word.width - 2, 0)] : [] };
  };
  const join = (x: Expr, y: Expr): Expr => {
    const [low, high] = [parts(x), parts(y)];
    const below = low.index.map((i, k) => low.valid.mux<UInt>(i, high.index[k]));
    return cat(low.valid.or(high.valid), high.valid.and(low.valid.not()), ...below).expr;
  };
  const alone = (e: Expr): Expr => {
    const { valid, index } = parts(e);
    return cat(valid, bool(false), ...index).expr;
  };
  const { valid, index } = parts(tree(b, name, from, join, alone, site));
  // Of a single flag there is nothing to tell apart.
  return { valid, index: index[0] ?? new UInt({ op: 'lit', type: uintType(1), value: 0n, site }) };
}
