/**
 * Signals whose whole value lies in memory, leaf by leaf: registers, inputs of the design, what loops over lanes have made, and whatever
 * only shows one of these. Must not know expressions.
 */
import type { Signal } from '../../gen/ir/module.ts';
import type { Context, Placed } from './context.ts';
import { portNamed, portOf } from './grid-reads.ts';
import type { LaneLoops } from './lane-loops.ts';
import type { Memos } from './memo.ts';
import type { Storage } from './offsets.ts';

export interface Shown {
  readonly ctx: Context;
  readonly signal: Signal;
}

export class WholeSignals {
  constructor(
    private readonly lanes: LaneLoops,
    private readonly memos: Memos,
    private readonly placedInput: (signal: Signal) => readonly Placed[],
  ) {}

  /** Where a signal's value lies in memory, if it lies there as a whole. */
  storageOf(ctx: Context, signal: Signal): Storage | undefined {
    const of = (placed: readonly Placed[]): Storage => ({ slot: placed[0].box.slot, address: placed[0].box.address, type: signal.type });
    if (signal.kind === 'reg') return ctx.home.kind === 'plain' ? of(ctx.register(signal)) : undefined;
    if (signal.kind === 'input') return ctx.link.kind === 'top' ? of(this.placedInput(signal)) : undefined;
    return signal.kind === 'instOut' || signal.kind === 'gridOut' ? undefined : this.lanes.array(ctx, signal)?.storage;
  }

  /** The signal that an input or an output of an instance shows. */
  behind(ctx: Context, signal: Signal): Shown | undefined {
    if (signal.kind === 'input') {
      const { link } = ctx;
      const outer = link.kind === 'instance' ? link.connections.get(signal.name) : undefined;
      return link.kind === 'instance' && outer ? { ctx: link.parent, signal: outer } : undefined;
    }
    if (signal.kind !== 'instOut') return undefined;
    const { instance, port } = portOf(signal);
    const child = ctx.instance(instance);
    return this.memos.isRemembered(child) ? undefined : { ctx: child, signal: portNamed(child, port) };
  }

  /** As `storageOf`, also of what shows such a signal and nothing else. */
  storageBehind(ctx: Context, signal: Signal): Storage | undefined {
    const storage = this.storageOf(ctx, signal);
    if (storage) return storage;
    const behind = this.behind(ctx, signal);
    if (behind) return this.storageBehind(behind.ctx, behind.signal);
    if (signal.kind === 'reg' || signal.kind === 'input' || signal.kind === 'instOut' || signal.kind === 'gridOut') return undefined;
    const units = ctx.drivers.of(signal).units(false);
    const only = units.length === 1 && units[0].body.length === 1 ? units[0].body[0] : undefined;
    return only?.kind === 'assign' && only.path.length === 0 && only.value.op === 'ref' ? this.storageBehind(ctx, only.value.signal) : undefined;
  }
}
