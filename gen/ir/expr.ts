/**
 * Expressions of the intermediate representation: typed, word level, immutable but for what the designer calls them and notes beside
 * them. Widths are explicit: an operator never extends its operands silently (`extend` does), so printer and engines agree by
 * construction.
 */
import type { Lanes } from './lanes.ts';
import type { Base, Lit } from './literal.ts';
import type { Memory, Signal } from './signal.ts';
import type { BundleType, ScalarType, VecType } from './types.ts';

export type { Lit } from './literal.ts';

export type UnaryFn = 'not' | 'neg' | 'andR' | 'orR' | 'xorR';
/**
 * `add sub and or xor`: both operands and the result have one type (arithmetic modulo 2^width).
 * `mul`: result width is the sum of the operands' widths; both operands have the result's signedness.
 * `shl shr`: result has the type of `a`; `b` is UInt of any width; shifting out everything gives 0 (or the sign).
 * `eq ne lt le`: operands have one type, the result is Bool; order is signed for SInt.
 */
export type BinaryFn = 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'eq' | 'ne' | 'lt' | 'le';

export interface Ref extends Base {
  readonly op: 'ref';
  readonly signal: Signal;
}
export interface Field extends Base {
  readonly op: 'field';
  readonly of: Expr;
  readonly name: string;
}
/** Element of a vector. A dynamic index past the end reads element 0 of a zero-extended vector: 0. */
export interface Index extends Base {
  readonly op: 'index';
  readonly of: Expr;
  readonly index: Expr | number;
}
export interface Unary extends Base<ScalarType> {
  readonly op: 'unary';
  readonly fn: UnaryFn;
  readonly a: Expr;
}
export interface Binary extends Base<ScalarType> {
  readonly op: 'binary';
  readonly fn: BinaryFn;
  readonly a: Expr;
  readonly b: Expr;
}
export interface Mux extends Base {
  readonly op: 'mux';
  readonly cond: Expr;
  readonly a: Expr;
  readonly b: Expr;
}
/** Bits `lo + width - 1 .. lo` of a scalar, as UInt. */
export interface Slice extends Base<ScalarType> {
  readonly op: 'slice';
  readonly of: Expr;
  readonly lo: number;
}
/** Concatenation, most significant part first, as UInt. */
export interface Cat extends Base<ScalarType> {
  readonly op: 'cat';
  readonly parts: readonly Expr[];
}
/** The same bits seen as another type of the same width (scalars, bundles and vectors alike). */
export interface Cast extends Base {
  readonly op: 'cast';
  readonly of: Expr;
}
/** Sign extension of SInt, zero extension of UInt, to the wider `type`. */
export interface Extend extends Base<ScalarType> {
  readonly op: 'extend';
  readonly of: Expr;
}
/** Asynchronous read. A synchronous read is a register that is assigned this. An address past the end reads 0. */
export interface MemRead extends Base {
  readonly op: 'memRead';
  readonly mem: Memory;
  readonly addr: Expr;
}
export interface BundleLit extends Base<BundleType> {
  readonly op: 'bundle';
  /** In the order of the type's fields. */
  readonly fields: readonly Expr[];
}
export interface VecLit extends Base<VecType> {
  readonly op: 'vec';
  readonly items: readonly Expr[];
}
/** `scale * round + offset`: a constant in each round of a `for`, never negative, as UInt in which the largest fits. */
export interface LaneIndex extends Base<ScalarType> {
  readonly op: 'lane';
  readonly lanes: Lanes;
  readonly scale: number;
  readonly offset: number;
}
export type Expr =
  | Lit | LaneIndex | Ref | Field | Index | Unary | Binary | Mux | Slice | Cat | Cast | Extend | MemRead | BundleLit | VecLit;

/** Range of an index over all lanes. */
export function laneRange({ lanes, scale, offset }: LaneIndex): { readonly least: number; readonly most: number } {
  return { least: offset, most: scale * (lanes.count - 1) + offset };
}

/** Names a value, and what it is only another view of. What has a name of its own (a signal, a lane) keeps that. */
export function giveHint(value: Expr, hint: string): void {
  for (let e = value; e.op !== 'ref' && e.op !== 'lane'; e = e.of) {
    if (e === value || e.hint === undefined) e.hint = hint;
    if (e.op !== 'cast') return;
  }
}

/** `to`, which a pass puts in the place of `from`: under the same name and note, unless it has its own or turned out to be constant. */
export function keepHint(from: Expr, to: Expr): Expr {
  // Others may read the same value for another reason: what is noted beside it is said here only.
  if (from.note !== undefined && to.note === undefined && mayHaveNote(to)) return keepHint(from, { ...to, note: from.note });
  if (from !== to && from.hint !== undefined && to.hint === undefined && to.op !== 'lit') giveHint(to, from.hint);
  return to;
}

/** Whether a note can stand beside it: not beside what has a name of its own or is a constant. */
export function mayHaveNote(e: Expr): boolean {
  return e.op !== 'ref' && e.op !== 'lit' && e.op !== 'lane';
}

/** Whether an index selects the element of a lane: one that exists in every round. Others are looked for, and 0 where there is none. */
export function isLaneIndex(index: Expr | number, of: Expr['type']): index is LaneIndex {
  return typeof index !== 'number' && index.op === 'lane' && of.kind === 'vec' && laneRange(index).most < of.length;
}

const laneDependence = new WeakMap<Expr, boolean>();

/** Whether an expression has another value in each round of a loop. */
export function dependsOnLane(root: Expr): boolean {
  walkUp(root, (e) => laneDependence.has(e), (e) => laneDependence.set(e, e.op === 'lane' || operands(e).some((o) => laneDependence.get(o))));
  return laneDependence.get(root) === true;
}

const stateReading = new WeakMap<Expr, boolean>();

/** Whether an expression reads a signal or a memory: without, it is known before anything runs. */
export function readsState(root: Expr): boolean {
  const isRead = ({ op }: Expr): boolean => op === 'ref' || op === 'memRead';
  walkUp(root, (e) => stateReading.has(e), (e) => stateReading.set(e, isRead(e) || operands(e).some((o) => stateReading.get(o))));
  return stateReading.get(root) === true;
}

/** Direct operands of an expression. */
export function operands(e: Expr): readonly Expr[] {
  switch (e.op) {
    case 'lit':
    case 'lane':
    case 'ref':
      return [];
    case 'field':
    case 'slice':
    case 'cast':
    case 'extend':
      return [e.of];
    case 'index':
      return typeof e.index === 'number' ? [e.of] : [e.of, e.index];
    case 'unary':
      return [e.a];
    case 'binary':
      return [e.a, e.b];
    case 'mux':
      return [e.cond, e.a, e.b];
    case 'cat':
      return e.parts;
    case 'memRead':
      return [e.addr];
    case 'bundle':
      return e.fields;
    case 'vec':
      return e.items;
  }
}

/** The same node with its direct operands replaced by `f(operand)`; the node itself if nothing changed. */
export function mapOperands(e: Expr, f: (x: Expr) => Expr): Expr {
  switch (e.op) {
    case 'lit':
    case 'lane':
    case 'ref':
      return e;
    case 'field':
    case 'slice':
    case 'cast':
    case 'extend': {
      const of = f(e.of);
      return of === e.of ? e : { ...e, of };
    }
    case 'index': {
      const of = f(e.of);
      const index = typeof e.index === 'number' ? e.index : f(e.index);
      return of === e.of && index === e.index ? e : { ...e, of, index };
    }
    case 'unary': {
      const a = f(e.a);
      return a === e.a ? e : { ...e, a };
    }
    case 'binary': {
      const a = f(e.a);
      const b = f(e.b);
      return a === e.a && b === e.b ? e : { ...e, a, b };
    }
    case 'mux': {
      const cond = f(e.cond);
      const a = f(e.a);
      const b = f(e.b);
      return cond === e.cond && a === e.a && b === e.b ? e : { ...e, cond, a, b };
    }
    case 'cat': {
      const parts = e.parts.map(f);
      return parts.every((p, i) => p === e.parts[i]) ? e : { ...e, parts };
    }
    case 'memRead': {
      const addr = f(e.addr);
      return addr === e.addr ? e : { ...e, addr };
    }
    case 'bundle': {
      const fields = e.fields.map(f);
      return fields.every((p, i) => p === e.fields[i]) ? e : { ...e, fields };
    }
    case 'vec': {
      const items = e.items.map(f);
      return items.every((p, i) => p === e.items[i]) ? e : { ...e, items };
    }
  }
}

/**
 * Rewrites expressions from the operands up, each distinct node once: equal nodes stay shared. `rewrite` is given a node whose operands
 * are rewritten already; what takes a node's place keeps its hint. Without recursion: expressions may be deeper than the JavaScript stack.
 */
export function rewriter(rewrite: (e: Expr) => Expr): (root: Expr) => Expr {
  const done = new Map<Expr, Expr>();
  const known = (e: Expr): Expr => done.get(e) as Expr;
  return (root) => {
    walkUp(root, (e) => done.has(e), (e) => done.set(e, keepHint(e, rewrite(mapOperands(e, known)))));
    return known(root);
  };
}

/** Calls `visit` for every node that `isDone` does not hold for, operands first and in their order; `visit` must make it hold. */
export function walkUp(root: Expr, isDone: (e: Expr) => boolean, visit: (e: Expr) => void): void {
  const stack: { readonly e: Expr; readonly of: readonly Expr[]; next: number }[] = [];
  const enter = (e: Expr): void => {
    if (!isDone(e)) stack.push({ e, of: operands(e), next: 0 });
  };
  enter(root);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next < top.of.length) {
      enter(top.of[top.next++]);
      continue;
    }
    stack.pop();
    if (!isDone(top.e)) visit(top.e);
  }
}
