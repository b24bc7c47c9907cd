/** A part on the built-in engine, out of reset, and streams of random traffic through its ports. Must not know which part. */
import { bool, elaborate, valueOf } from '../../../gen/index.ts';
import type { Inside, ModuleDef } from '../../../gen/index.ts';
import type { PortMap } from '../../../gen/lang/ports.ts';
import { axiAddress, axiWriteData } from '../../../hw/lib/axi4.ts';
import type { AxiParams, axiWriteManager } from '../../../hw/lib/axi4.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import type { Simulator } from '../../../sim/simulator.ts';

/** Linear congruential numbers, the same in every run. */
export class Dice {
  constructor(private state: number) {}
  /** 0 ≤ result < n. */
  roll(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * n);
  }
  chance(p: number): boolean {
    return this.roll(1000) < 1000 * p;
  }
  word(): number {
    return ((this.roll(65536) << 16) | this.roll(65536)) >>> 0;
  }
}

export function start<P extends PortMap>(def: ModuleDef<P>, idle: Readonly<Record<string, number>> = {}): Simulator {
  const design = elaborate(def);
  const sim = createWasmSimulator(design);
  for (const [port, value] of Object.entries(idle)) sim.poke(port, value);
  if (design.top.clocked) {
    sim.poke('rst', 1);
    sim.step(2);
    sim.poke('rst', 0);
  }
  return sim;
}

export const isSet = (sim: Simulator, port: string): boolean => sim.peek(port) === 1n;

/** Offers entries at a stream's input; what is offered stays until it is taken. */
export class Producer {
  private offered: Readonly<Record<string, bigint | number>> | undefined;
  constructor(
    private readonly sim: Simulator,
    private readonly port: string,
    private readonly dice: Dice,
    private readonly rate: number,
  ) {}
  get isIdle(): boolean {
    return this.offered === undefined;
  }
  /** Before the edge: offers `next()` with probability `rate`. Fields by name, `''` for a stream of a scalar. */
  offer(next: () => Readonly<Record<string, bigint | number>> | undefined): void {
    if (!this.offered && this.dice.chance(this.rate)) this.offered = next();
    this.sim.poke(`${this.port}_valid`, this.offered ? 1 : 0);
    for (const [field, value] of Object.entries(this.offered ?? {})) this.sim.poke(`${this.port}_bits${field === '' ? '' : `_${field}`}`, value);
  }
  /** Still before the edge, when all inputs are set: what is being taken. */
  taken(): Readonly<Record<string, bigint | number>> | undefined {
    if (!this.offered || !isSet(this.sim, `${this.port}_ready`)) return undefined;
    const entry = this.offered;
    this.offered = undefined;
    return entry;
  }
}

/** Drives the write channels of a memory that is only read. */
export function noWrites(p: AxiParams, bus: Inside<ReturnType<typeof axiWriteManager>>): void {
  bus.aw.valid = bool(false);
  bus.aw.bits = valueOf(axiAddress(p), { id: 0, addr: 0, len: 0, size: 0, burst: 1 });
  bus.w.valid = bool(false);
  bus.w.bits = valueOf(axiWriteData(p), { data: 0, strb: 0, last: false });
  bus.b.ready = bool(true);
}
