import { describe, expect, it } from 'vitest';
import { hw } from '../../../gen/index.ts';
import { AxiReadArbiter, AxiWriteArbiter, axiReadArbiterPorts, axiWriteArbiterPorts } from '../../../hw/lib/axi-arbiter.ts';
import type { AxiArbiterParams } from '../../../hw/lib/axi-arbiter.ts';
import { AxiRam } from '../../../sim/axi-ram.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Dice, Producer, isSet, start } from './bench.ts';

const BASE = 0x8000_0000;
const BYTES = 64 * 1024;
const MANAGERS = 3;
const params = (dataBytes: number): AxiArbiterParams => ({ dataBytes, idBits: 2, managerBits: 2, managers: MANAGERS });

/** Three managers' reads and writes on one memory. */
const Bench = (dataBytes: number, latencyCycles: number) => {
  const p = params(dataBytes);
  return hw('Bench', { read: axiReadArbiterPorts(p).managers, write: axiWriteArbiterPorts(p).managers }, (m, io) => {
    const reads = m.inst('reads', AxiReadArbiter(p));
    const writes = m.inst('writes', AxiWriteArbiter(p));
    const ram = m.inst('ram', AxiRam({ dataBytes, idBits: 4, base: BASE, bytes: BYTES, latencyCycles, outstanding: 4 }));
    for (let i = 0; i < MANAGERS; i++) {
      m.connect(io.read[`m${i}`].ar, reads.managers[`m${i}`].ar);
      m.connect(reads.managers[`m${i}`].r, io.read[`m${i}`].r);
      m.connect(io.write[`m${i}`].aw, writes.managers[`m${i}`].aw);
      m.connect(io.write[`m${i}`].w, writes.managers[`m${i}`].w);
      m.connect(writes.managers[`m${i}`].b, io.write[`m${i}`].b);
    }
    m.connect(reads.out.ar, ram.bus.ar);
    m.connect(ram.bus.r, reads.out.r);
    m.connect(writes.out.aw, ram.bus.aw);
    m.connect(writes.out.w, ram.bus.w);
    m.connect(ram.bus.b, writes.out.b);
  });
};

const CHANNELS = ['id', 'addr', 'len', 'size', 'burst'];
function idlePorts(): Record<string, number> {
  const ports: Record<string, number> = {};
  for (let i = 0; i < MANAGERS; i++) {
    for (const channel of [`read_m${i}_ar`, `write_m${i}_aw`]) {
      ports[`${channel}_valid`] = 0;
      for (const f of CHANNELS) ports[`${channel}_bits_${f}`] = 0;
    }
    for (const f of ['valid', 'bits_data', 'bits_strb', 'bits_last']) ports[`write_m${i}_w_${f}`] = 0;
    ports[`read_m${i}_r_ready`] = 0;
    ports[`write_m${i}_b_ready`] = 0;
  }
  return ports;
}

type Burst = Readonly<Record<'id' | 'addr' | 'len' | 'size' | 'burst', number>>;

/** A burst within a part of memory, not across 4 KiB. */
function burst(dice: Dice, dataBytes: number, from: number, bytes: number): Burst {
  const start = from + dataBytes * dice.roll(bytes / dataBytes);
  const room = Math.min((from + bytes - start) / dataBytes, (4096 - (start % 4096)) / dataBytes, 12);
  return { id: dice.roll(4), addr: BASE + start, len: dice.roll(room), size: Math.log2(dataBytes), burst: 1 };
}

const beatOf = (data: Uint8Array, at: number, bytes: number): bigint =>
  data.subarray(at, at + bytes).reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);

class Reader {
  private readonly requests: Producer;
  private readonly expected: { id: number; at: number; last: boolean }[] = [];
  beats = 0;
  constructor(
    private readonly sim: Simulator,
    private readonly index: number,
    private readonly dice: Dice,
    private readonly dataBytes: number,
    private readonly memory: Uint8Array,
    rate: number,
  ) {
    this.requests = new Producer(sim, `read_m${index}_ar`, dice, rate);
  }
  before(mayAsk: boolean): void {
    this.requests.offer(() => (mayAsk ? burst(this.dice, this.dataBytes, 0, 8192) : undefined));
    this.sim.poke(`read_m${this.index}_r_ready`, this.dice.chance(0.7) ? 1 : 0);
  }
  after(): void {
    const { sim, index } = this;
    const r = `read_m${index}_r`;
    if (isSet(sim, `${r}_valid`) && isSet(sim, `${r}_ready`)) {
      const want = this.expected.shift();
      expect(want, `manager ${index} asked for this`).toBeDefined();
      if (!want) return;
      expect([sim.peek(`${r}_bits_id`), sim.peek(`${r}_bits_data`), sim.peek(`${r}_bits_resp`), isSet(sim, `${r}_bits_last`)])
        .toEqual([BigInt(want.id), beatOf(this.memory, want.at, this.dataBytes), 0n, want.last]);
      this.beats++;
    }
    const taken = this.requests.taken() as { id: number; addr: number; len: number } | undefined;
    if (!taken) return;
    for (let i = 0; i <= taken.len; i++) {
      this.expected.push({ id: taken.id, at: taken.addr - BASE + i * this.dataBytes, last: i === taken.len });
    }
  }
  get isIdle(): boolean {
    return this.requests.isIdle && this.expected.length === 0;
  }
}

class Writer {
  private readonly requests: Producer;
  private readonly data: Producer;
  /** Beats of bursts whose data may be sent: before, with or after their address. */
  private readonly beats: { data: bigint; strb: number; last: number; at: number }[] = [];
  private readonly answers: number[] = [];
  done = 0;
  constructor(
    private readonly sim: Simulator,
    private readonly index: number,
    private readonly dice: Dice,
    private readonly dataBytes: number,
    private readonly memory: Uint8Array,
    rate: number,
  ) {
    this.requests = new Producer(sim, `write_m${index}_aw`, dice, rate);
    this.data = new Producer(sim, `write_m${index}_w`, dice, 0.8);
  }
  before(mayAsk: boolean): void {
    const { dice, dataBytes, index } = this;
    this.requests.offer(() => {
      if (!mayAsk) return undefined;
      // Every manager writes a part of memory of its own, so that the order between managers does not matter.
      const b = burst(dice, dataBytes, 16384 * (index + 1), 4096);
      for (let i = 0; i <= b.len; i++) {
        const bytes = Uint8Array.from({ length: dataBytes }, () => dice.roll(256));
        const strb = dice.chance(0.5) ? 2 ** Math.min(dataBytes, 30) - 1 : dice.roll(2 ** Math.min(dataBytes, 30));
        this.beats.push({ data: beatOf(bytes, 0, dataBytes), strb, last: i === b.len ? 1 : 0, at: b.addr - BASE + i * dataBytes });
      }
      this.answers.push(b.id);
      return b;
    });
    this.data.offer(() => {
      const beat = this.beats.shift();
      if (!beat) return undefined;
      for (let i = 0; i < dataBytes; i++) if ((beat.strb >> i) & 1) this.memory[beat.at + i] = Number((beat.data >> BigInt(8 * i)) & 255n);
      return { data: beat.data, strb: beat.strb, last: beat.last };
    });
    this.sim.poke(`write_m${index}_b_ready`, dice.chance(0.7) ? 1 : 0);
  }
  after(): void {
    const { sim, index } = this;
    if (isSet(sim, `write_m${index}_b_valid`) && isSet(sim, `write_m${index}_b_ready`)) {
      expect(Number(sim.peek(`write_m${index}_b_bits_id`))).toBe(this.answers.shift());
      expect(sim.peek(`write_m${index}_b_bits_resp`)).toBe(0n);
      this.done++;
    }
    this.requests.taken();
    this.data.taken();
  }
  get isIdle(): boolean {
    return this.requests.isIdle && this.data.isIdle && this.beats.length === 0 && this.answers.length === 0;
  }
}

describe('the AXI arbiters', () => {
  for (const [dataBytes, latency] of [[4, 1], [8, 3], [16, 1]]) {
    it(`give every manager its own answers: beats of ${dataBytes} bytes, latency ${latency}`, () => {
      const sim = start(Bench(dataBytes, latency), idlePorts());
      const dice = new Dice(dataBytes + latency);
      const memory = Uint8Array.from({ length: BYTES }, () => dice.roll(256));
      sim.memory('ram.cells').write(0, memory);
      const rates = [0.02, 0.05, 0.5];
      const readers = rates.map((rate, i) => new Reader(sim, i, dice, dataBytes, memory, rate));
      const writers = rates.map((rate, i) => new Writer(sim, i, dice, dataBytes, memory, rate));
      const all = [...readers, ...writers];
      for (let cycle = 0; cycle < 2500 || !all.every((x) => x.isIdle); cycle++) {
        expect(cycle).toBeLessThan(6000);
        for (const x of all) x.before(cycle < 2500);
        for (const x of all) x.after();
        sim.step();
      }
      expect(Math.min(...readers.map((r) => r.beats))).toBeGreaterThan(100);
      expect(Math.min(...writers.map((w) => w.done))).toBeGreaterThan(20);
      expect(Buffer.compare(sim.memory('ram.cells').read(0, BYTES), memory)).toBe(0);
    });
  }
});
