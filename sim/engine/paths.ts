/**
 * Names of things in a running design: `core.fetch.pc`, `mesh[2][3].acc`, `queue.slots[1].valid`. Resolves a path to a
 * place in the hierarchy, a signal or memory there, and a range of its bits. Must not know simulation.
 */
import { findField } from '../../gen/ir/leaves.ts';
import type { Memory, Signal } from '../../gen/ir/module.ts';
import type { Type } from '../../gen/ir/types.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Context } from './context.ts';

export interface SignalPath {
  readonly ctx: Context;
  readonly signal: Signal;
  readonly lo: number;
  readonly width: number;
}

interface Segment {
  readonly name: string;
  readonly indices: readonly number[];
}

function segmentsOf(path: string): Segment[] | undefined {
  const out: Segment[] = [];
  for (const text of path.split('.')) {
    const m = /^([^[\]]+)((?:\[\d+\])*)$/.exec(text);
    if (!m) return undefined;
    out.push({ name: m[1], indices: [...m[2].matchAll(/\d+/g)].map((x) => Number(x[0])) });
  }
  return out;
}

/** Walks down instances and grid cells as far as the segments name them, leaving at least one. */
function descend(top: Context, segments: readonly Segment[]): { ctx: Context; rest: readonly Segment[] } {
  let ctx = top;
  let i = 0;
  for (; i < segments.length - 1; i++) {
    const { name, indices } = segments[i];
    const grid = ctx.module.grids.find((g) => g.name === name);
    if (indices.length === 0 && ctx.module.instances.some((x) => x.name === name)) ctx = ctx.instance(name);
    else if (grid && indices.length === 2 && indices[0] < grid.rows && indices[1] < grid.columns)
      ctx = ctx.cell(grid, indices[0], indices[1]);
    else break;
  }
  return { ctx, rest: segments.slice(i) };
}

export function findSignal(top: Context, path: string): SignalPath | undefined {
  const segments = segmentsOf(path);
  if (!segments) return undefined;
  const { ctx, rest } = descend(top, segments);
  const signal = [...ctx.module.ports, ...ctx.module.regs, ...ctx.module.wires].find((s) => s.name === rest[0].name);
  if (!signal) return undefined;
  let lo = 0;
  let type: Type = signal.type;
  for (const [i, s] of rest.entries()) {
    if (i > 0) {
      const field = findField(type, s.name);
      if (!field) return undefined;
      lo += field.lo;
      type = field.type;
    }
    for (const k of s.indices) {
      if (type.kind !== 'vec' || k >= type.length) return undefined;
      lo += k * widthOf(type.element);
      type = type.element;
    }
  }
  return { ctx, signal, lo, width: widthOf(type) };
}

export function findMemory(top: Context, path: string): { ctx: Context; memory: Memory } | undefined {
  const segments = segmentsOf(path);
  if (!segments) return undefined;
  const { ctx, rest } = descend(top, segments);
  if (rest.length !== 1 || rest[0].indices.length > 0) return undefined;
  const memory = ctx.module.memories.find((m) => m.name === rest[0].name);
  return memory && { ctx, memory };
}
