/**
 * Large vectors of registers that are written at an index: they stay an array in memory, into which each assignment stores, as into a
 * memory. Otherwise every element would have a next value of its own, chosen by comparing the index with its number. Must not know
 * modules or schedules.
 */
import type { Expr } from '../../gen/ir/expr.ts';
import { fieldPlace } from '../../gen/ir/leaves.ts';
import type { Assign, Signal } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Type } from '../../gen/ir/types.ts';
import type { WriteAction, WritePart } from './actions.ts';
import { storesOf } from './actions.ts';
import type { Context, Placed } from './context.ts';
import { leafRanges } from './context.ts';
import type { Guard } from './drivers.ts';
import type { Lowering } from './lower.ts';
import type { Node } from './nodes.ts';
import { RopeReader } from './rope.ts';
import { storageBytes } from './slots.ts';

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
  const placed = ctx.register(reg);
  return ctx.drivers.of(reg).guarded.map(({ assign, guards }) => write(low, ctx, reg, placed, assign, guards));
}

function write(low: Lowering, ctx: Context, reg: Signal, placed: readonly Placed[], assign: Assign, guards: readonly Guard[]): WriteAction {
  const g = low.graph;
  const target = targetOf(reg.type, assign.path);
  if (!target || reg.type.kind !== 'vec') throw new Error(`engine: ${reg.name} is no array`);
  const { slot, address } = placed[0].box;
  const leaves = leafRanges(reg.type.element);
  const stride = leaves.reduce((n, l) => n + storageBytes(l.width), 0);
  let offset: Node = g.constant('i32', 0);
  let enable = low.guard(ctx, guards);
  if (target.dynamic) {
    const { index, inside } = low.dynamic.bounded(low.whole(ctx, target.dynamic), reg.type.length, 0);
    offset = g.binary('mul', index, g.constant('i32', stride));
    enable = g.binary('and', enable, inside);
  }
  const width = widthOf(target.type);
  const value = new RopeReader(low.whole(ctx, assign.value));
  const parts: WritePart[] = [];
  // Leaves follow each other in memory as their bits do in the value.
  const elementWidth = widthOf(reg.type.element);
  const first = Math.floor(target.lo / elementWidth);
  for (let element = first; element * elementWidth < target.lo + width; element++) {
    let at = address + element * stride;
    for (const leaf of leaves) {
      const bytes = storageBytes(leaf.width);
      const from = element * elementWidth + leaf.lo - target.lo;
      if (from >= 0 && from < width) {
        const box = { slot, base: 'dynamic' as const, dynamic: offset, address: at, width: leaf.width, bytes };
        const stores = storesOf(low.arithmetic.words, value.slice(from, leaf.width), box, true);
        for (const s of stores) parts.push({ address: s.address, bytes: s.bytes, value: s.value });
      }
      at += bytes;
    }
  }
  return { kind: 'write', slot, enable, offset, parts, full: [] };
}
