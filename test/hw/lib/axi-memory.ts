/**
 * A memory on an AXI4 manager's ports that takes its time: every step waits at random, a read may look at the content anywhere
 * between its address and its data, a write may land anywhere between its data and its response. Checks the manager's side of
 * the protocol. Must not know what the manager is.
 */
import { expect } from 'vitest';
import type { Simulator } from '../../../sim/simulator.ts';
import type { Dice } from './bench.ts';
import { isSet } from './bench.ts';

export interface AxiMemoryOptions {
  /** Prefix of the port's names, with the underscore. */
  readonly prefix: string;
  readonly dataBytes: number;
  readonly base: number;
  readonly bytes: number;
  /** Probability of every step in a cycle. */
  readonly rate: number;
  /** Beats and stores that are answered with an error and do nothing. */
  readonly isBad?: (address: number) => boolean;
  /** The manager has no write channels. */
  readonly readOnly?: boolean;
}

interface Burst {
  readonly id: number;
  readonly addr: number;
  readonly len: number;
  readonly size: number;
}
interface WriteBeat {
  readonly data: bigint;
  readonly strb: bigint;
  readonly last: boolean;
}
interface Write {
  readonly burst: Burst;
  /** Beats that have landed. */
  landed: number;
}
interface Beat {
  readonly id: number;
  readonly data: bigint;
  readonly resp: number;
  readonly last: number;
}

const FIELDS = { ar: ['id', 'addr', 'len', 'size', 'burst'], aw: ['id', 'addr', 'len', 'size', 'burst'], w: ['data', 'strb', 'last'] } as const;
type Channel = keyof typeof FIELDS;
interface ChannelPorts {
  readonly valid: string;
  readonly ready: string;
  /** Each field with its port. */
  readonly fields: readonly (readonly [string, string])[];
}
const RESPONSE = { okay: 0, decodeError: 3 } as const;

export class AxiMemory {
  readonly content: Uint8Array;
  readonly bursts: Burst[] = [];
  private readonly reads: { readonly burst: Burst; beat: number }[] = [];
  private readonly writes: Write[] = [];
  private readonly dataBeats: WriteBeat[] = [];
  private readonly beats: Beat[] = [];
  private readonly waiting = new Map<Channel, string>();
  private response: { readonly id: number; readonly resp: number } | undefined;
  private offered: Beat | undefined;

  /** Names of ports, which are asked in every cycle. */
  private readonly ports: Readonly<Record<Channel, ChannelPorts>>;

  constructor(private readonly sim: Simulator, private readonly dice: Dice, private readonly o: AxiMemoryOptions) {
    const of = (channel: Channel): ChannelPorts => {
      const port = (name: string): string => `${o.prefix}${channel}_${name}`;
      return { valid: port('valid'), ready: port('ready'), fields: FIELDS[channel].map((f) => [f, port(`bits_${f}`)]) };
    };
    this.ports = { ar: of('ar'), aw: of('aw'), w: of('w') };
    this.content = new Uint8Array(o.bytes);
  }

  /** Every input of the manager that this memory drives. */
  static idle(prefix: string, readOnly = false): Record<string, number> {
    const reads = ['ar_ready', 'r_valid', 'r_bits_id', 'r_bits_data', 'r_bits_resp', 'r_bits_last'];
    const ports = readOnly ? reads : [...reads, 'aw_ready', 'w_ready', 'b_valid', 'b_bits_id', 'b_bits_resp'];
    return Object.fromEntries(ports.map((p) => [`${prefix}${p}`, 0]));
  }

  get isIdle(): boolean {
    return this.reads.length + this.beats.length === 0 && !this.offered && !this.isWriting;
  }
  /** A write has begun to arrive and has not been answered. */
  get isWriting(): boolean {
    return this.writes.length + this.dataBeats.length > 0 || this.response !== undefined;
  }

  private get channels(): readonly Channel[] {
    return this.o.readOnly ? ['ar'] : ['ar', 'aw', 'w'];
  }

  private poke(port: string, value: number | bigint): void {
    this.sim.poke(`${this.o.prefix}${port}`, value);
  }

  /** When the inputs of a cycle can be set. */
  before(): void {
    const { dice, o: { rate } } = this;
    for (const channel of this.channels) this.poke(`${channel}_ready`, dice.chance(rate) ? 1 : 0);
    this.look();
    if (!this.offered && dice.chance(rate)) this.offered = this.beats.shift();
    this.poke('r_valid', this.offered ? 1 : 0);
    for (const [field, value] of Object.entries(this.offered ?? {})) this.poke(`r_bits_${field}`, value as number | bigint);
    if (this.o.readOnly) return;
    this.land();
    if (!this.response && this.writes.length > 0 && this.writes[0].landed > this.writes[0].burst.len && dice.chance(rate)) {
      const { burst } = this.writes.shift() as Write;
      this.response = { id: burst.id, resp: this.isBad(burst.addr) ? RESPONSE.decodeError : RESPONSE.okay };
    }
    this.poke('b_valid', this.response ? 1 : 0);
    for (const [field, value] of Object.entries(this.response ?? {})) this.poke(`b_bits_${field}`, value);
  }

  /** When all inputs are set. */
  after(): void {
    const ar = this.taken('ar');
    if (ar) this.reads.push({ burst: this.checked(ar), beat: 0 });
    if (this.offered && isSet(this.sim, `${this.o.prefix}r_ready`)) this.offered = undefined;
    if (this.o.readOnly) return;
    const aw = this.taken('aw');
    if (aw) this.writes.push({ burst: this.checked(aw), landed: 0 });
    const w = this.taken('w');
    if (w) this.dataBeats.push({ data: w.data, strb: w.strb, last: w.last === 1n });
    if (this.response && isSet(this.sim, `${this.o.prefix}b_ready`)) this.response = undefined;
  }

  /** The transfer of a channel in this cycle; an offer must not change before it is taken. */
  private taken(channel: Channel): Record<string, bigint> | undefined {
    const { sim, ports: { [channel]: { valid, ready, fields } } } = this;
    const bits = isSet(sim, valid) ? Object.fromEntries(fields.map(([f, port]) => [f, sim.peek(port)])) : undefined;
    const shown = bits ? Object.values(bits).join() : 'withdrawn';
    const before = this.waiting.get(channel);
    if (before !== undefined && shown !== before) expect(shown, `offer on ${channel}`).toBe(before);
    this.waiting.delete(channel);
    if (!bits || isSet(sim, ready)) return bits;
    this.waiting.set(channel, shown);
    return undefined;
  }

  private checked(bits: Record<string, bigint>): Burst {
    const { dataBytes } = this.o;
    const [id, addr, len, size, burst] = FIELDS.ar.map((f) => Number(bits[f]));
    expect(burst, 'incrementing').toBe(1);
    expect(2 ** size, 'no wider than the bus').toBeLessThanOrEqual(dataBytes);
    expect(addr % 2 ** size, 'aligned to its beats').toBe(0);
    if (len > 0) expect(2 ** size, 'beats of a burst are whole').toBe(dataBytes);
    expect((addr % 4096) + (len + 1) * 2 ** size, 'within 4 KiB').toBeLessThanOrEqual(4096);
    const checked = { id, addr, len, size };
    this.bursts.push(checked);
    return checked;
  }

  private isBad(address: number): boolean {
    const offset = address - this.o.base;
    return offset < 0 || offset >= this.o.bytes || (this.o.isBad?.(address) ?? false);
  }

  /** Beats whose address is there too, in their order. */
  private land(): void {
    for (const write of this.writes) {
      const { addr, size, len } = write.burst;
      while (write.landed <= len) {
        const beat = this.dataBeats[0];
        if (!beat || !this.dice.chance(this.o.rate)) return;
        this.dataBeats.shift();
        expect(beat.last, 'the last beat is marked').toBe(write.landed === len);
        this.store(addr + write.landed++ * 2 ** size, 2 ** size, beat);
      }
    }
  }

  private store(address: number, bytes: number, { data, strb }: WriteBeat): void {
    const from = address - (address % this.o.dataBytes);
    for (let i = 0; i < this.o.dataBytes; i++) {
      if (((strb >> BigInt(i)) & 1n) === 0n) continue;
      const isInside = from + i >= address && from + i < address + bytes;
      if (!isInside) expect(isInside, 'strobes are within the transfer').toBe(true);
      if (!this.isBad(address)) this.content[from + i - this.o.base] = Number((data >> BigInt(8 * i)) & 0xffn);
    }
  }

  /** The oldest read looks at its next beat. */
  private look(): void {
    const read = this.reads[0];
    if (!read || !this.dice.chance(this.o.rate)) return;
    const { id, addr, len, size } = read.burst;
    const at = addr + read.beat * 2 ** size;
    const beat = at - (at % this.o.dataBytes);
    let data = 0n;
    for (let i = this.o.dataBytes - 1; i >= 0; i--) {
      data = (data << 8n) | BigInt(this.isBad(at) ? 0xee : (this.content[beat + i - this.o.base] ?? 0));
    }
    this.beats.push({ id, data, resp: this.isBad(at) ? RESPONSE.decodeError : RESPONSE.okay, last: read.beat === len ? 1 : 0 });
    if (read.beat++ === len) this.reads.shift();
  }
}
