/**
 * Large vectors of registers that are written at an index: they stay an array in memory, into which each assignment stores, as into a
 * memory. Otherwise every element would have a next value of its own, chosen by comparing the index with its number. Must not know
 * modules or schedules.
 */
import { pushAll } from '../../gen/collections.ts';
import type { Expr } from '../../gen/ir/expr.ts';
import { fieldPlace } from '../../gen/ir/leaves.ts';
import type { Assign, Signal } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Type } from '../../gen/ir/types.ts';
import type { WriteAction, WritePart } from './actions.ts';
import { storesOf } from './actions.ts';
import type { Context } from './context.ts';
import type { Guard } from './drivers.ts';
import type { Lowering } from './lower.ts';
import type { Node } from './nodes.ts';
import { locate } from './offsets.ts';
import type { Storage, Term } from './offsets.ts';
import { RopeReader } from './rope.ts';

/** Elements from which a vector is an array. */
const MIN_LENGTH = 64;

/** What a path selects: `dynamic`, if it is an index that chooses an element, from `lo` bits within it. */
interface Target {
  readonly dynamic: Expr | undefined;
  readonly lo: number;
  readonly type: Type;
}

/** Undefined where a second index is dynamic too. */
function targetOf(type: Type, path: Assign['path']): Target | undefined {
  let t = type;
  let lo = 0;
  let dynamic: Target['dynamic'];
  for (const [depth, p] of path.entries()) {
    if ('field' in p) {
      const field = fieldPlace(t, p.field);
      lo += field.lo;
      t = field.type;
    } else {
      if (t.kind !== 'vec') return undefined;
      if (typeof p.index === 'number') lo += p.index * widthOf(t.element);
      else if (depth > 0) return undefined;
      else dynamic = p.index;
      t = t.element;
    }
  }
  return { dynamic, lo, type: t };
}

/** Whether a register of the context is to be an array: large, and written at an index. */
export function isArray(ctx: Context, reg: Signal): boolean {
  if (reg.type.kind !== 'vec' || reg.type.length < MIN_LENGTH || ctx.home.kind !== 'plain') return false;
  const targets = ctx.drivers.of(reg).assigned.map((s) => targetOf(reg.type, s.path));
  return targets.every((t) => t !== undefined) && targets.some((t) => t?.dynamic !== undefined);
}

/** What the assignments to an array do at the clock edge, in their order: the last one wins. */
export function arrayWrites(low: Lowering, ctx: Context, reg: Signal): WriteAction[] {
  const { slot, address } = ctx.register(reg)[0].box;
  return ctx.drivers.of(reg).guarded.flatMap(({ assign, guards }) => write(low, ctx, { slot, address, type: reg.type }, assign, guards));
}

/** One action for each place that is computed. */
function write(low: Lowering, ctx: Context, array: Storage, assign: Assign, guards: readonly Guard[]): WriteAction[] {
  const g = low.graph;
  const { type, slot } = array;
  const target = targetOf(type, assign.path);
  if (!target || type.kind !== 'vec') throw new Error(`engine: ${slot.name} is no array`);
  const terms: Term[] = [];
  let enable = low.guard(ctx, guards);
  if (target.dynamic) {
    const { index, inside } = low.dynamic.bounded(low.whole(ctx, target.dynamic), type.length, 0);
    terms.push({ index, stride: widthOf(type.element), least: 0, most: type.length - 1 });
    enable = g.binary('and', enable, inside);
  }
  const places = locate(g, array, { lo: target.lo, terms }, widthOf(target.type));
  if (!places) throw new Error(`engine: ${slot.name} is no array`);
  const value = new RopeReader(low.whole(ctx, assign.value));
  const parts = new Map<Node, WritePart[]>();
  let at = 0;
  for (const { box, width } of places) {
    const offset = box.dynamic ?? g.constant('i32', 0);
    const list = parts.get(offset) ?? [];
    parts.set(offset, list);
    const stores = storesOf(low.arithmetic.words, value.slice(at, width), box, true);
    pushAll(list, stores.map((s): WritePart => ({ address: s.address, bytes: s.bytes, value: s.value })));
    at += width;
  }
  return [...parts].map(([offset, list]): WriteAction => ({ kind: 'write', slot, enable, offset, parts: list, full: [] }));
}
