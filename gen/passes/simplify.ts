/**
 * Constant folding and local simplification: constants by the table of operators (`ir/fold.ts`), operations by their laws (`laws.ts`),
 * and here what selects from what was put together. Rules only remove work: they never change a width, a name or what a reader
 * of the printed module would call the structure. All arithmetic is on unsigned bit patterns.
 */
import { Consing } from '../ir/consing.ts';
import type { Cat, Expr, Lit } from '../ir/expr.ts';
import { rewriter } from '../ir/expr.ts';
import { BINARY_VALUE, UNARY_VALUE } from '../ir/fold.ts';
import { fieldPlace, mapStatements } from '../ir/leaves.ts';
import type { Module } from '../ir/module.ts';
import { isScalar, numeric, sameType, uintType, widthOf } from '../ir/types.ts';
import type { ScalarType, Type } from '../ir/types.ts';
import { BINARY_LAWS, CAT_LAWS, MUX_LAWS, UNARY_LAWS, byLaw, lit } from './laws.ts';

/** Simplifier with a memory: equal nodes become one. `settle`: what else is known of a node whose operands are simplified. */
export function simplifier(settle: (e: Expr) => Expr = (e) => e): (e: Expr) => Expr {
  const consing = new Consing();
  return rewriter((e) => {
    for (let from = e; ;) {
      const to = simplifyNode(settle(from));
      const one = consing.one(to);
      if (to === from || one === from) return one;
      // Of operands that have become one node there may be more to say.
      from = one;
    }
  });
}

export function simplify(m: Module): Module {
  const f = simplifier();
  return { ...m, body: mapStatements(m.body, f), checks: m.checks.map((c) => ({ ...c, cond: f(c.cond) })) };
}

/** One node whose operands are simplified. */
export function simplifyNode(e: Expr): Expr {
  switch (e.op) {
    case 'unary':
      if (e.a.op === 'lit') return lit(e.type, UNARY_VALUE[e.fn](e.a.value, widthOf(e.a.type)));
      return again(e, byLaw(UNARY_LAWS[e.fn], e));
    case 'binary':
      if (e.a.op === 'lit' && e.b.op === 'lit') return lit(e.type, BINARY_VALUE[e.fn](numeric(e.a.type, e.a.value), numeric(e.b.type, e.b.value)));
      return again(e, byLaw(BINARY_LAWS[e.fn], e));
    case 'mux':
      return again(e, byLaw(MUX_LAWS, e));
    case 'slice':
      return rewriteSlice(e);
    case 'cast':
      if (sameType(e.of.type, e.type)) return e.of;
      if (e.of.op === 'cast') return simplifyNode({ ...e, of: e.of.of });
      return constantPart(e.of, 0, e.type) ?? e;
    case 'extend':
      if (e.of.op === 'extend') return { ...e, of: e.of.of };
      return e.of.op === 'lit' ? lit(e.type, numeric(e.of.type, e.of.value)) : e;
    case 'cat':
      if (e.parts.every((p): p is Lit => p.op === 'lit')) return lit(e.type, joinBits(e.parts.map((p) => p.value), e.parts.map((p) => widthOf(p.type))));
      return again(e, byLaw(CAT_LAWS, e) ?? joinNeighbours(e));
    case 'field': {
      if (e.of.op !== 'bundle') return constantPart(e.of, fieldPlace(e.of.type, e.name).lo, e.type) ?? e;
      return e.of.fields[fieldPlace(e.of.type, e.name).at];
    }
    case 'index': {
      if (typeof e.index !== 'number') {
        if (e.index.op !== 'lit' || e.of.type.kind !== 'vec') return e;
        if (e.index.value >= BigInt(e.of.type.length)) return isScalar(e.type) ? lit(e.type, 0n) : simplifyNode({ op: 'cast', type: e.type,
          of: lit(uintType(widthOf(e.type)), 0n) });
        return simplifyNode({ ...e, index: Number(e.index.value) });
      }
      return e.of.op === 'vec' ? e.of.items[e.index] : (constantPart(e.of, e.index * widthOf(e.type), e.type) ?? partOfJoined(e, e.index) ?? e);
    }
    default:
      return e;
  }
}

/** What a node became, simplified in its turn; the node itself where nothing did. */
function again(e: Expr, result: Expr | undefined): Expr {
  return result ? simplifyNode(result) : e;
}

/** Parts that follow each other in one value are one part of it. */
function joinNeighbours(e: Cat): Expr | undefined {
  const parts: Expr[] = [];
  for (const part of e.parts) {
    const last = parts.at(-1);
    const isNext = last?.op === 'slice' && part.op === 'slice' && last.of === part.of && last.lo === part.lo + widthOf(part.type)
      && [last, part].every((p) => p.note === undefined && p.hint === undefined);
    if (isNext) parts[parts.length - 1] = { ...part, type: uintType(widthOf(last.type) + widthOf(part.type)) };
    else parts.push(part);
  }
  return parts.length === e.parts.length ? undefined : { ...e, parts };
}

/** An element of joined numbers that are seen as a vector: the bits of one of them. */
function partOfJoined(e: Expr & { op: 'index' }, index: number): Expr | undefined {
  if (e.of.op !== 'cast' || e.of.of.op !== 'cat') return undefined;
  const w = widthOf(e.type);
  const bits: Expr = { op: 'slice', type: uintType(w), of: e.of.of, lo: index * w, ...(e.site ? { site: e.site } : {}) };
  const part = simplifyNode(bits);
  const isSpread = part.op === 'slice' && part.of === e.of.of;
  return isSpread ? undefined : simplifyNode({ op: 'cast', type: e.type, of: part });
}

/** The bits from `lo` on of what is made of constants, as a literal of `type`. */
function constantPart(of: Expr, lo: number, type: Type): Lit | undefined {
  const bits = isScalar(type) ? constantBits(of) : undefined;
  return bits === undefined ? undefined : lit(type as ScalarType, bits >> BigInt(lo));
}

/** The bits of what is made of constants. */
export function constantBits(e: Expr): bigint | undefined {
  if (e.op === 'lit') return e.value;
  if (e.op === 'cast') return constantBits(e.of);
  if (e.op !== 'bundle' && e.op !== 'vec') return undefined;
  const parts = e.op === 'bundle' ? e.fields : e.items;
  const values: bigint[] = [];
  for (const part of parts) {
    const v = constantBits(part);
    if (v === undefined) return undefined;
    values.push(v);
  }
  const widths = parts.map((p) => widthOf(p.type));
  return e.op === 'bundle' ? joinBits(values, widths) : joinBits(values.reverse(), widths.reverse());
}

/** Values side by side, the first most significant. Half by half: part by part would copy all bits before once a part. */
function joinBits(values: readonly bigint[], widths: readonly number[]): bigint {
  const join = (from: number, to: number): { bits: bigint; width: number } => {
    if (to - from === 1) return { bits: values[from], width: widths[from] };
    const middle = (from + to) >> 1;
    const [high, low] = [join(from, middle), join(middle, to)];
    return { bits: (high.bits << BigInt(low.width)) | low.bits, width: high.width + low.width };
  };
  return join(0, values.length).bits;
}

function rewriteSlice(e: Expr & { op: 'slice' }): Expr {
  const w = widthOf(e.type);
  const { of } = e;
  if (e.lo === 0 && w === widthOf(of.type)) return simplifyNode({ op: 'cast', type: e.type, of });
  if (of.op === 'lit') return lit(e.type, of.value >> BigInt(e.lo));
  if (of.op === 'slice') return rewriteSlice({ ...e, of: of.of, lo: e.lo + of.lo });
  if (of.op === 'cast' && isScalar(of.of.type)) return rewriteSlice({ ...e, of: of.of });
  if (of.op === 'extend' && e.lo + w <= widthOf(of.of.type)) return rewriteSlice({ ...e, of: of.of });
  if (of.op === 'extend' && of.of.type.kind === 'uint') {
    // What was put before it is zeros.
    const left = widthOf(of.of.type) - e.lo;
    return left <= 0 ? lit(e.type, 0n) : simplifyNode({ op: 'extend', type: e.type, of: rewriteSlice({ ...e, type: uintType(left), of: of.of }) });
  }
  const part = partAround(of, e.lo, w);
  if (!part) return e;
  const scalar: Expr = isScalar(part.e.type) ? part.e : { op: 'cast', type: uintType(widthOf(part.e.type)), of: part.e };
  return rewriteSlice({ ...e, of: scalar, lo: e.lo - part.lo });
}

/** Part of a concatenation, a bundle or a vector that was made of parts in which `width` bits from `lo` on lie, and where it begins. */
function partAround(of: Expr, lo: number, width: number): { readonly e: Expr; readonly lo: number } | undefined {
  const { parts, ends } = packedParts(of);
  // The first part that ends above `lo`.
  let [from, to] = [0, parts.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ends[middle] > lo) to = middle;
    else from = middle + 1;
  }
  const e = parts.at(from);
  if (from === parts.length || !e || lo + width > ends[from]) return undefined;
  return { e, lo: ends[from] - widthOf(e.type) };
}

interface PackedParts {
  /** The least significant first. */
  readonly parts: readonly Expr[];
  /** Where each one ends. */
  readonly ends: readonly number[];
}
const NO_PARTS: PackedParts = { parts: [], ends: [] };
const packed = new WeakMap<Expr, PackedParts>();

function packedParts(e: Expr): PackedParts {
  if (e.op !== 'cat' && e.op !== 'cast') return NO_PARTS;
  let known = packed.get(e);
  if (!known) {
    const parts = partsUpwards(e);
    let at = 0;
    packed.set(e, (known = { parts, ends: parts.map((p) => (at += widthOf(p.type))) }));
  }
  return known;
}

function partsUpwards(e: Expr): readonly Expr[] {
  if (e.op === 'cat') return [...e.parts].reverse();
  if (e.op !== 'cast') return [];
  return e.of.op === 'bundle' ? [...e.of.fields].reverse() : e.of.op === 'vec' ? e.of.items : [];
}
