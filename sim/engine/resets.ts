/**
 * Reset values as bytes in memory. A reset cycle is an ordinary step after which these are written, leaf by leaf; it is
 * rare, so the step itself need not know of reset. Must not know code.
 */
import { leavesOf } from '../../gen/ir/leaves.ts';
import type { Signal } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Context, GridStorage } from './context.ts';
import { firstEndingAbove } from './drivers.ts';
import { storageBytes } from './slots.ts';

/** `bytes` go to `address`, and if `grid` is given to the same place of every cell. */
export interface ResetValue {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly grid?: GridStorage;
}

function littleEndian(value: bigint, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let v = value;
  for (let i = 0; i < bytes; i++, v >>= 8n) out[i] = Number(v & 0xffn);
  return out;
}

function valuesOf(ctx: Context, reg: Signal): ResetValue[] {
  const literals = reg.reset;
  if (!literals) return [];
  const placed = ctx.register(reg);
  return leavesOf(reg.type).flatMap((leaf, i) => {
    const lit = literals[i];
    if (!lit) return [];
    const width = widthOf(leaf.type);
    const out: ResetValue[] = [];
    for (let k = firstEndingAbove(placed, leaf.lo); k < placed.length && placed[k].lo < leaf.lo + width; k++) {
      const { lo, box } = placed[k];
      const start = Math.max(lo, leaf.lo);
      const end = Math.min(lo + box.width, leaf.lo + width);
      const bytes = littleEndian(
        BigInt.asUintN(end - start, lit.value >> BigInt(start - leaf.lo)),
        Math.min(storageBytes(width), box.bytes),
      );
      const address = box.address + (start - lo) / 8;
      out.push(ctx.home.kind === 'loop' ? { address, bytes, grid: ctx.home.storage } : { address, bytes });
    }
    return out;
  });
}

export function resetValues(ctx: Context): ResetValue[] {
  return [
    ...ctx.module.regs.flatMap((r) => valuesOf(ctx, r)),
    ...ctx.module.instances.flatMap((i) => resetValues(ctx.instance(i.name))),
    ...ctx.module.grids.flatMap((g) => {
      if (ctx.home.kind === 'plain') return resetValues(ctx.loopCell(g));
      return Array.from({ length: g.rows * g.columns }, (_, i) =>
        resetValues(ctx.cell(g, Math.floor(i / g.columns), i % g.columns)),
      ).flat();
    }),
  ];
}

export function applyResets(values: readonly ResetValue[], memory: Uint8Array): void {
  for (const { address, bytes, grid } of values) {
    if (!grid) {
      memory.set(bytes, address);
      continue;
    }
    for (let r = 0; r < grid.rows; r++) {
      for (let c = 0; c < grid.columns; c++) memory.set(bytes, address + grid.element(r, c) * bytes.length);
    }
  }
}
