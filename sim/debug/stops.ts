/** Breakpoints and watchpoints over any hart: going on until there is a reason to stop. Must not know the debugger's protocol. */
import type { DebugHart, End } from './debug-hart.ts';
import type { Access } from './shadow-hart.ts';

export type WatchKind = 'write' | 'read' | 'access';

export interface Watchpoint {
  readonly kind: WatchKind;
  readonly address: number;
  readonly bytes: number;
}

export type Stop =
  | { readonly kind: 'step' | 'breakpoint' | 'interrupted' }
  | { readonly kind: 'watchpoint'; readonly watch: Watchpoint; readonly address: number }
  | { readonly kind: 'end'; readonly end: End };

/** Most breakpoints, and most watchpoints, kept at a time. */
export const MOST_POINTS = 1024;
/** Events between two looks at the clock. */
const EVENTS_A_LOOK = 32;

export class Stops {
  private readonly breakpoints = new Map<string, number>();
  private addresses: ReadonlySet<number> = new Set();
  private readonly watchpoints = new Map<string, Watchpoint>();

  constructor(readonly hart: DebugHart) {}

  /** Breakpoints of different kinds at one address are different. False: there are too many. */
  setBreakpoint(kind: string, address: number): boolean {
    if (this.breakpoints.size >= MOST_POINTS) return false;
    this.breakpoints.set(`${kind}:${address}`, address);
    this.addresses = new Set(this.breakpoints.values());
    return true;
  }

  clearBreakpoint(kind: string, address: number): void {
    this.breakpoints.delete(`${kind}:${address}`);
    this.addresses = new Set(this.breakpoints.values());
  }

  setWatchpoint(watch: Watchpoint): boolean {
    if (this.watchpoints.size >= MOST_POINTS) return false;
    this.watchpoints.set(JSON.stringify(watch), watch);
    this.hart.watching = true;
    return true;
  }

  clearWatchpoint(watch: Watchpoint): void {
    this.watchpoints.delete(JSON.stringify(watch));
    this.hart.watching = this.watchpoints.size > 0;
  }

  clear(): void {
    this.breakpoints.clear();
    this.addresses = new Set();
    this.watchpoints.clear();
    this.hart.watching = false;
  }

  /** Goes on for about `milliseconds`; undefined: there was no reason to stop. */
  goOn(isStep: boolean, milliseconds: number): Stop | undefined {
    const { hart } = this;
    const until = performance.now() + milliseconds;
    const isFree = !isStep && this.addresses.size === 0 && this.watchpoints.size === 0;
    do {
      if (isFree) hart.run();
      for (let i = 0; !isFree && i < EVENTS_A_LOOK; i++) {
        const done = hart.next();
        if (!done) break;
        const watch = done.access && this.watched(done.access);
        if (watch) return { kind: 'watchpoint', watch, address: Math.max(watch.address, done.access!.address) };
        if (hart.end) break;
        if (this.addresses.has(hart.pc)) return { kind: 'breakpoint' };
        if (isStep) return { kind: 'step' };
      }
      const { end } = hart;
      if (end) return { kind: 'end', end };
    } while (performance.now() < until);
    return undefined;
  }

  private watched(access: Access): Watchpoint | undefined {
    for (const watch of this.watchpoints.values()) {
      const overlaps = access.address < watch.address + watch.bytes && access.address + access.bytes > watch.address;
      if (overlaps && (watch.kind === 'access' || (watch.kind === 'write') === access.isStore)) return watch;
    }
    return undefined;
  }
}
