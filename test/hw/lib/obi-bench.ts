/** Random requests on an OBI manager port, with its rules checked. Must not know what answers. */
import { expect } from 'vitest';
import type { Simulator } from '../../../sim/simulator.ts';
import type { Dice } from './bench.ts';
import { isSet } from './bench.ts';

export interface ObiRequest {
  readonly addr: number;
  readonly we?: boolean;
  readonly be?: number;
  readonly wdata?: number;
}
export interface ObiResponse {
  readonly rdata: number;
  readonly err: boolean;
  /** Cycles from the grant to the response. */
  readonly latency: number;
}

/** One manager: call `before` when its inputs can be set, `after` when all are, then step. */
export class ObiManager {
  private offered: ObiRequest | undefined;
  private readonly waiting: { readonly request: ObiRequest; readonly since: number }[] = [];
  private now = 0;
  granted = 0;
  answered = 0;

  constructor(
    private readonly sim: Simulator,
    /** Prefix of the port's names, with the underscore if there is one. */
    private readonly prefix: string,
    private readonly dice: Dice,
    private readonly rate: number,
    private readonly next: () => ObiRequest | undefined,
    private readonly check: (request: ObiRequest, response: ObiResponse) => void,
    private readonly onGrant: (request: ObiRequest) => void = () => undefined,
  ) {}

  get isIdle(): boolean {
    return !this.offered && this.waiting.length === 0;
  }

  before(mayAsk = true): void {
    if (!this.offered && mayAsk && this.dice.chance(this.rate)) this.offered = this.next();
    const { sim, prefix, offered } = this;
    sim.poke(`${prefix}req`, offered ? 1 : 0);
    if (!offered) return;
    sim.poke(`${prefix}addr`, offered.addr);
    if (offered.we === undefined) return;
    sim.poke(`${prefix}we`, offered.we ? 1 : 0);
    sim.poke(`${prefix}be`, offered.be ?? 15);
    sim.poke(`${prefix}wdata`, offered.wdata ?? 0);
  }

  after(): void {
    const { sim, prefix } = this;
    if (isSet(sim, `${prefix}rvalid`)) {
      const first = this.waiting.shift();
      expect(first, 'a response needs a request').toBeDefined();
      if (first) this.check(first.request, { rdata: Number(sim.peek(`${prefix}rdata`)), err: isSet(sim, `${prefix}err`), latency: this.now - first.since });
      this.answered++;
    }
    if (this.offered && isSet(sim, `${prefix}gnt`)) {
      this.onGrant(this.offered);
      this.waiting.push({ request: this.offered, since: this.now });
      this.granted++;
      this.offered = undefined;
    }
    this.now++;
  }
}

/** Bytes of `old` replaced by those of `data` that `be` enables. */
export function mergeBytes(old: number, data: number, be: number): number {
  let mask = 0;
  for (let i = 0; i < 4; i++) if (be & (1 << i)) mask |= 0xff << (8 * i);
  return ((old & ~mask) | (data & mask)) >>> 0;
}
