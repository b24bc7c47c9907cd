/**
 * Walks the design's hierarchy and collects what happens at a clock edge: next values of registers, memory writes,
 * assertions and covers, and loops over grids. Must not know schedules or code.
 */
import { pushAll } from '../../gen/collections.ts';
import type { Check, Module } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import type { Action, Store, WriteAction, WritePart } from './actions.ts';
import { groupStores, storesOf } from './actions.ts';
import { arrayWrites, isArray } from './arrays.ts';
import type { Context } from './context.ts';
import type { GuardedWrite } from './drivers.ts';
import { GridLoop } from './grid-loop.ts';
import type { Lowering } from './lower.ts';
import type { Node } from './nodes.ts';
import { RopeReader, concatRopes, sliceRope } from './rope.ts';
import type { Task } from './schedule.ts';
import type { AccessBytes, Arena, Slot } from './slots.ts';

export interface CheckPoint {
  readonly path: string;
  readonly check: Check;
}

export interface Collected {
  readonly tasks: readonly Task[];
  readonly asserts: readonly CheckPoint[];
  readonly covers: readonly (CheckPoint & { readonly address: number })[];
}

/** Where the number of a failed assertion is left, and a word that is 1 while the design is in reset. */
export interface Flags {
  readonly failed: number;
  readonly reset: Node;
}

export class Collector {
  private readonly stores: (Store & { readonly present: Node })[] = [];
  private readonly writes = new Map<Slot, Action[]>();
  private readonly loops: Action[] = [];
  private readonly copies: Action[] = [];
  private readonly fails: Node[] = [];
  private readonly asserts: CheckPoint[] = [];
  private readonly covers: (CheckPoint & { address: number })[] = [];
  private readonly coverActions: Action[] = [];
  private readonly haveChecks = new Map<Module, boolean>();

  constructor(
    private readonly lowering: Lowering,
    private readonly arena: Arena,
    private readonly flags: Flags,
  ) {}

  collect(top: Context): Collected {
    this.visit(top);
    const g = this.lowering.graph;
    const tasks: Task[] = groupStores(g, this.stores).map((a) => [a]);
    for (const list of this.writes.values()) tasks.push(list);
    for (const l of [...this.loops, ...this.copies]) tasks.push([l]);
    for (const c of this.coverActions) tasks.push([c]);
    if (this.fails.length > 0) {
      const any = this.fails.reduce((a, b) => g.binary('or', a, b));
      tasks.push([{ kind: 'checks', any: g.binary('and', any, g.not(this.flags.reset)), fails: this.fails, address: this.flags.failed }]);
    }
    return { tasks, asserts: this.asserts, covers: this.covers };
  }

  private visit(ctx: Context): void {
    this.registers(ctx);
    for (const w of ctx.drivers.writes) this.write(ctx, w);
    this.checks(ctx);
    for (const i of ctx.module.instances) this.visit(ctx.instance(i.name));
    for (const grid of ctx.module.grids) {
      const loop = new GridLoop(this.lowering, this.arena, ctx, grid).lower();
      if (loop) this.loops.push(loop);
      const withChecks = this.hasChecks(grid.module);
      if (loop && !withChecks) continue;
      for (let r = 0; r < grid.rows; r++) {
        for (let c = 0; c < grid.columns; c++) {
          const cell = ctx.cell(grid, r, c);
          if (loop) this.checksBelow(cell);
          else this.visit(cell);
        }
      }
    }
  }

  private hasChecks(m: Module): boolean {
    let known = this.haveChecks.get(m);
    if (known === undefined) {
      const inner = m.blackBox?.behaviour ?? m;
      known = inner.checks.length > 0 || [...inner.instances, ...inner.grids].some((i) => this.hasChecks(i.module));
      this.haveChecks.set(m, known);
    }
    return known;
  }

  private checksBelow(ctx: Context): void {
    this.checks(ctx);
    for (const c of ctx.children()) this.checksBelow(c);
  }

  private registers(ctx: Context): void {
    const words = this.lowering.arithmetic.words;
    const { actions, done } = this.lowering.run(() => this.lowering.lanes.commits(ctx, ctx.module.regs));
    pushAll(this.copies, actions);
    for (const reg of ctx.module.regs) {
      if (done.has(reg)) continue;
      if (isArray(ctx, reg)) {
        const list = this.lowering.run(() => arrayWrites(this.lowering, ctx, reg));
        const possible = list.filter((a) => !this.lowering.graph.isConst(a.enable, 0n));
        if (possible.length > 0) this.writes.set(possible[0].slot, possible);
        continue;
      }
      const next = this.lowering.run(() => this.lowering.nextState(ctx, reg));
      if (!next) continue;
      const reader = new RopeReader(next);
      for (const p of ctx.register(reg)) for (const s of storesOf(words, reader.slice(p.lo, p.width), p.box)) this.stores.push(s);
    }
  }

  private checks(ctx: Context): void {
    const g = this.lowering.graph;
    for (const check of ctx.module.checks) {
      const cond = this.lowering.run(() => this.lowering.word(ctx, check.cond));
      const path = ctx.pathOf(check.name);
      if (check.kind === 'assert') {
        this.fails.push(g.not(cond));
        this.asserts.push({ path, check });
      } else {
        const address = this.arena.allocate(8);
        this.covers.push({ path, check, address });
        this.coverActions.push({ kind: 'cover', hit: g.binary('and', cond, g.not(this.flags.reset)), address });
      }
    }
  }

  private write(ctx: Context, w: GuardedWrite): void {
    const action = this.lowering.run(() => this.writeAction(ctx, w));
    if (this.lowering.graph.isConst(action.enable, 0n)) return;
    const list = this.writes.get(action.slot);
    if (list) list.push(action);
    else this.writes.set(action.slot, [action]);
  }

  private writeAction(ctx: Context, { write, guards }: GuardedWrite): WriteAction {
    const low = this.lowering;
    const g = low.graph;
    const words = low.arithmetic.words;
    const storage = ctx.memory(write.mem);
    const { offset, inside } = low.address(ctx, write.mem, write.addr);
    const enable = g.binary('and', low.guard(ctx, guards), inside);
    const data = low.whole(ctx, write.data);
    const width = widthOf(write.mem.type);
    const box = {
      slot: storage.slot,
      base: 'dynamic' as const,
      dynamic: offset,
      address: storage.address,
      width,
      bytes: storage.elementBytes,
    };
    const full: WritePart[] = storesOf(words, data, box, true).map(({ address, bytes, value }) => ({ address, bytes, value }));
    const base = { kind: 'write' as const, slot: storage.slot, enable, offset };
    if (!write.mask) return { ...base, parts: full, full: [] };

    const lanes = widthOf(write.mask.type);
    const mask = low.whole(ctx, write.mask);
    const lane = width / lanes;
    const bit = (i: number): Node => words.word(sliceRope(mask, i, 1));
    const isFull = words.word(low.arithmetic.unary('andR', mask));
    if (lane % 8 === 0 && (storage.elementBytes * 8 === width || lanes === 1)) {
      const parts = Array.from({ length: lanes }, (_, i) => {
        const laneBox = {
          ...box,
          address: storage.address + (i * lane) / 8,
          width: lane,
          bytes: lanes === 1 ? storage.elementBytes : lane / 8,
        };
        return laneStores(lane, laneBox.bytes).map((c) => ({
          address: laneBox.address + c.lo / 8,
          bytes: c.bytes,
          value: words.word(sliceRope(data, i * lane + c.lo, c.width), c.bytes === 8 ? 'i64' : 'i32'),
          condition: bit(i),
        }));
      }).flat();
      return lanes >= 4 && !g.isConst(isFull, 0n) ? { ...base, parts, isFull, full } : { ...base, parts, full: [] };
    }
    // Lanes that are not bytes: merged under the mask's bits, each repeated over its lane.
    const spread = concatRopes(Array.from({ length: lanes }, (_, i) => low.arithmetic.extend(sliceRope(mask, i, 1), lane, true)));
    const limbs =
      storage.elementBytes <= 8
        ? [{ lo: 0, width }]
        : Array.from({ length: storage.elementBytes / 8 }, (_, i) => ({ lo: i * 64, width: Math.min(64, width - i * 64) }));
    const parts = limbs.map(({ lo, width: w }): WritePart => {
      const bytes = (storage.elementBytes <= 8 ? storage.elementBytes : 8) as AccessBytes;
      const type = bytes === 8 ? 'i64' : 'i32';
      return {
        address: storage.address + lo / 8,
        bytes,
        value: words.word(sliceRope(data, lo, w), type),
        bits: words.word(sliceRope(spread, lo, w), type),
      };
    });
    return { ...base, parts, isFull, full };
  }
}

/** Powers of two that make up a lane of whole bytes. */
function laneStores(width: number, bytes: number): { lo: number; width: number; bytes: AccessBytes }[] {
  if (width !== bytes * 8) {
    const out: { lo: number; width: number; bytes: AccessBytes }[] = [];
    const size = (bytes > 8 ? 8 : bytes) as AccessBytes;
    for (let lo = 0; lo < width; lo += size * 8) out.push({ lo, width: Math.min(size * 8, width - lo), bytes: size });
    return out;
  }
  const out: { lo: number; width: number; bytes: AccessBytes }[] = [];
  for (let lo = 0; lo < width;) {
    const left = width - lo;
    const w = left >= 64 ? 64 : left >= 32 ? 32 : left >= 16 ? 16 : 8;
    out.push({ lo, width: w, bytes: (w / 8) as AccessBytes });
    lo += w;
  }
  return out;
}
