/**
 * Constant folding and local simplification. Rules only remove work: they never change a width, a name or what a reader
 * of the printed module would call the structure. All arithmetic is on unsigned bit patterns.
 */
import type { Binary, Expr, Lit } from '../ir/expr.ts';
import { mapOperands } from '../ir/expr.ts';
import { leafRange, leavesOf, mapStatements } from '../ir/leaves.ts';
import type { Module } from '../ir/module.ts';
import { indexWidth, isScalar, numeric, sameType, uintType, widthOf } from '../ir/types.ts';
import type { ScalarType, Type } from '../ir/types.ts';

const mask = (w: number): bigint => (1n << BigInt(w)) - 1n;

function lit(type: ScalarType, value: bigint): Lit {
  return { op: 'lit', type, value: value & mask(widthOf(type)) };
}

/** Simplifier with a memory: equal nodes stay shared. */
export function simplifier(): (e: Expr) => Expr {
  const done = new Map<Expr, Expr>();
  const visit = (e: Expr): Expr => {
    const known = done.get(e);
    if (known) return known;
    const result = rewrite(mapOperands(e, visit));
    done.set(e, result);
    return result;
  };
  return visit;
}

export function simplify(m: Module): Module {
  const f = simplifier();
  return { ...m, body: mapStatements(m.body, f), checks: m.checks.map((c) => ({ ...c, cond: f(c.cond) })) };
}

function rewrite(e: Expr): Expr {
  switch (e.op) {
    case 'unary':
      return e.a.op === 'lit' ? foldUnary(e.fn, e.type, e.a) : e.fn === 'not' && e.a.op === 'unary' && e.a.fn === 'not' ? e.a.a : e;
    case 'binary':
      return rewriteBinary(e);
    case 'mux':
      if (e.cond.op === 'lit') return e.cond.value === 1n ? e.a : e.b;
      if (e.a === e.b) return e.a;
      if (e.cond.op === 'unary' && e.cond.fn === 'not') return { ...e, cond: e.cond.a, a: e.b, b: e.a };
      if (e.type.kind === 'bool' && e.a.op === 'lit' && e.b.op === 'lit' && e.a.value === 1n && e.b.value === 0n) return e.cond;
      return e;
    case 'slice':
      return rewriteSlice(e);
    case 'cast':
      if (sameType(e.of.type, e.type)) return e.of;
      if (e.of.op === 'cast') return rewrite({ ...e, of: e.of.of });
      return constantPart(e.of, 0, e.type) ?? e;
    case 'extend':
      if (e.of.op === 'extend') return { ...e, of: e.of.of };
      return e.of.op === 'lit' ? lit(e.type, numeric(e.of.type, e.of.value)) : e;
    case 'cat':
      if (e.parts.every((p) => p.op === 'lit')) {
        return lit(e.type, e.parts.reduce((v, p) => (v << BigInt(widthOf(p.type))) | (p as Lit).value, 0n));
      }
      return e;
    case 'field': {
      if (e.of.op !== 'bundle') return constantPart(e.of, fieldLo(e.of.type, e.name), e.type) ?? e;
      return e.of.fields[e.of.type.fields.findIndex((f) => f.name === e.name)];
    }
    case 'index': {
      if (typeof e.index !== 'number') {
        if (e.index.op !== 'lit' || e.of.type.kind !== 'vec') return e;
        if (e.index.value >= BigInt(e.of.type.length)) return isScalar(e.type) ? lit(e.type, 0n) : rewrite({ op: 'cast', type: e.type,
          of: lit(uintType(widthOf(e.type)), 0n) });
        return rewrite({ ...e, index: Number(e.index.value) });
      }
      return e.of.op === 'vec' ? e.of.items[e.index] : (constantPart(e.of, e.index * widthOf(e.type), e.type) ?? e);
    }
    default:
      return e;
  }
}

/** The bits from `lo` on of what is made of constants, as a literal of `type`. */
function constantPart(of: Expr, lo: number, type: Type): Lit | undefined {
  const bits = isScalar(type) ? constantBits(of) : undefined;
  return bits === undefined ? undefined : lit(type as ScalarType, bits >> BigInt(lo));
}

function constantBits(e: Expr): bigint | undefined {
  if (e.op === 'lit') return e.value;
  if (e.op === 'cast') return constantBits(e.of);
  if (e.op !== 'bundle' && e.op !== 'vec') return undefined;
  let bits = 0n;
  for (const part of e.op === 'bundle' ? e.fields : [...e.items].reverse()) {
    const v = constantBits(part);
    if (v === undefined) return undefined;
    bits = (bits << BigInt(widthOf(part.type))) | v;
  }
  return bits;
}

function fieldLo(type: Type, name: string): number {
  const { start, end } = leafRange(type, [{ field: name }]);
  return Math.min(...leavesOf(type).slice(start, end).map((l) => l.lo));
}

function foldUnary(fn: string, type: ScalarType, a: Lit): Lit {
  const w = widthOf(a.type);
  switch (fn) {
    case 'not':
      return lit(type, ~a.value);
    case 'neg':
      return lit(type, -a.value);
    case 'andR':
      return lit(type, a.value === mask(w) ? 1n : 0n);
    case 'orR':
      return lit(type, a.value === 0n ? 0n : 1n);
    default: {
      let v = a.value;
      let parity = 0n;
      for (; v > 0n; v >>= 1n) parity ^= v & 1n;
      return lit(type, parity);
    }
  }
}

function rewriteBinary(e: Binary): Expr {
  const { a, b, type, fn } = e;
  if (a.op === 'lit' && b.op === 'lit') return foldBinary(e, a, b);
  const w = widthOf(type);
  const isLit = (x: Expr, v: bigint): boolean => x.op === 'lit' && x.value === v;
  switch (fn) {
    case 'and':
      if (isLit(a, 0n) || isLit(b, 0n)) return lit(type, 0n);
      if (isLit(a, mask(w)) || a === b) return b;
      return isLit(b, mask(w)) ? a : e;
    case 'or':
      if (isLit(a, mask(w)) || isLit(b, mask(w))) return lit(type, mask(w));
      if (isLit(a, 0n) || a === b) return b;
      return isLit(b, 0n) ? a : e;
    case 'xor':
    case 'add':
      if (isLit(a, 0n)) return b;
      return isLit(b, 0n) ? a : e;
    case 'sub':
      return isLit(b, 0n) ? a : e;
    case 'mul':
      return isLit(a, 0n) || isLit(b, 0n) ? lit(type, 0n) : e;
    case 'shl':
    case 'shr': {
      if (isLit(b, 0n) || isLit(a, 0n)) return a;
      if (b.op !== 'lit') return e;
      // Amounts in as many bits as they need; tools refuse wide ones.
      const keepsSign = fn === 'shr' && type.kind === 'sint';
      if (b.value >= BigInt(w) && !keepsSign) return lit(type, 0n);
      const amount = b.value < BigInt(w) ? b.value : BigInt(w - 1);
      return amount === 0n ? a : { ...e, b: lit(uintType(indexWidth(w)), amount) };
    }
    case 'eq':
    case 'ne': {
      // A Bool compared with a constant is the Bool or its negation.
      if (a.type.kind !== 'bool' || b.op !== 'lit') return e;
      const same = (b.value === 1n) === (fn === 'eq');
      return same ? a : { op: 'unary', fn: 'not', type: e.type, a, ...(e.site ? { site: e.site } : {}) };
    }
    case 'lt':
    case 'le': {
      // Nothing is less than the smallest value or more than the largest.
      const isLow = (x: Expr): boolean => x.op === 'lit' && numeric(x.type, x.value) === lowest(x.type);
      const isHigh = (x: Expr): boolean => x.op === 'lit' && numeric(x.type, x.value) === highest(x.type);
      if (fn === 'lt' && (isLow(b) || isHigh(a))) return lit(type, 0n);
      return fn === 'le' && (isLow(a) || isHigh(b)) ? lit(type, 1n) : e;
    }
    default:
      return e;
  }
}

const lowest = (t: ScalarType): bigint => (t.kind === 'sint' ? -(1n << BigInt(t.width - 1)) : 0n);
const highest = (t: ScalarType): bigint => (t.kind === 'sint' ? mask(t.width - 1) : mask(widthOf(t)));

function foldBinary(e: Binary, a: Lit, b: Lit): Lit {
  const x = numeric(a.type, a.value);
  const y = numeric(b.type, b.value);
  const t = e.type;
  const wide = b.value > 65536n;
  switch (e.fn) {
    case 'add':
      return lit(t, x + y);
    case 'sub':
      return lit(t, x - y);
    case 'mul':
      return lit(t, x * y);
    case 'and':
      return lit(t, x & y);
    case 'or':
      return lit(t, x | y);
    case 'xor':
      return lit(t, x ^ y);
    case 'shl':
      return lit(t, wide ? 0n : x << b.value);
    case 'shr':
      return lit(t, wide ? (x < 0n ? -1n : 0n) : x >> b.value);
    case 'eq':
      return lit(t, x === y ? 1n : 0n);
    case 'ne':
      return lit(t, x === y ? 0n : 1n);
    case 'lt':
      return lit(t, x < y ? 1n : 0n);
    case 'le':
      return lit(t, x <= y ? 1n : 0n);
  }
}

function rewriteSlice(e: Expr & { op: 'slice' }): Expr {
  const w = widthOf(e.type);
  const { of } = e;
  if (e.lo === 0 && w === widthOf(of.type)) return rewrite({ op: 'cast', type: e.type, of });
  if (of.op === 'lit') return lit(e.type, of.value >> BigInt(e.lo));
  if (of.op === 'slice') return rewriteSlice({ ...e, of: of.of, lo: e.lo + of.lo });
  if (of.op === 'cast' && isScalar(of.of.type)) return rewriteSlice({ ...e, of: of.of });
  if (of.op === 'extend' && e.lo + w <= widthOf(of.of.type)) return rewriteSlice({ ...e, of: of.of });
  const parts = packedParts(of);
  let top = widthOf(of.type);
  for (const p of parts) {
    top -= widthOf(p.type);
    if (e.lo < top || e.lo + w > top + widthOf(p.type)) continue;
    const part: Expr = isScalar(p.type) ? p : { op: 'cast', type: uintType(widthOf(p.type)), of: p };
    return rewriteSlice({ ...e, of: part, lo: e.lo - top });
  }
  return e;
}

/** Parts of a concatenation, a bundle or a vector that was made of parts, most significant first; else none. */
function packedParts(e: Expr): readonly Expr[] {
  if (e.op === 'cat') return e.parts;
  if (e.op !== 'cast') return [];
  return e.of.op === 'bundle' ? e.of.fields : e.of.op === 'vec' ? [...e.of.items].reverse() : [];
}
