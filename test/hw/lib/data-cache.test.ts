import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { DataCache } from '../../../hw/lib/data-cache.ts';
import type { DataCacheParams } from '../../../hw/lib/data-cache.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { compileWithIcarus, has, inDirectory, lintWithVerilator } from '../../gen/tools.ts';
import { someOf } from '../../support/effort.ts';
import { AxiMemory } from './axi-memory.ts';
import { Dice, isSet, start } from './bench.ts';
import { ObiManager, mergeBytes } from './obi-bench.ts';
import type { ObiRequest, ObiResponse } from './obi-bench.ts';

const BASE = 0x8000_0000;
/** Half of the memory may be cached; behind its end nothing answers. */
const RAM_BYTES = 8192;
const CACHEABLE = 4096;
const idle = { obi_req: 0, obi_addr: 0, obi_we: 0, obi_be: 0, obi_wdata: 0, invalidate: 0, ...AxiMemory.idle('axi_') };

const paramsOf = (bytes: number, lineBytes: number, dataBytes: number): DataCacheParams => ({
  bytes, lineBytes, dataBytes, idBits: 2, cacheableBase: BASE, cacheableBytes: CACHEABLE, storeQueue: 2,
});
/** Bytes of the cache, of a line, of the bus. */
const SHAPES = [
  [64, 4, 4], [64, 32, 4], [1024, 32, 4], [2048, 256, 4], [256, 16, 8],
  [64, 16, 16], [512, 32, 16], [64, 64, 64], [1024, 64, 64], [1024, 256, 64],
] as const;

/**
 * What loads may return, by word: the last store in program order, or for words that somebody else writes too, any value that
 * was there between the last response before the load's grant and the load's answer.
 */
class Reference {
  readonly values: Set<number>[];
  constructor(content: Uint8Array) {
    this.values = [...new Uint32Array(content.buffer.slice(0))].map((v) => new Set([v]));
  }
  store(index: number, wdata: number, be: number): void {
    const [old] = this.values[index];
    this.values[index] = new Set([mergeBytes(old, wdata, be)]);
  }
}

/** The other writer: changes words of its own in memory, and tells of it some time later. */
class Device {
  private written: { readonly index: number; readonly value: number }[] = [];
  responses = 0;
  constructor(
    private readonly sim: Simulator, private readonly dice: Dice, private readonly memory: AxiMemory, private readonly reference: Reference,
    private readonly rate: number, private readonly near: () => number, private readonly onWrite: (index: number, value: number) => void,
  ) {}
  static owns(index: number): boolean {
    return index % 8 === 5;
  }
  before(active: boolean): void {
    const { dice } = this;
    if (active && dice.chance(this.rate)) {
      // Often where the core is just now.
      const index = 8 * (dice.chance(0.5) ? dice.roll(128) : (this.near() % 1024) >> 3) + 5;
      const value = dice.word();
      new DataView(this.memory.content.buffer).setUint32(4 * index, value, true);
      this.reference.values[index].add(value);
      this.written.push({ index, value });
      this.onWrite(index, value);
    }
    this.sim.poke('invalidate', this.written.length > 0 && dice.chance(0.4) ? 1 : 0);
  }
  /** After the requests granted in this cycle have been noted: those are no later than the response. */
  after(): void {
    if (!isSet(this.sim, 'invalidate')) return;
    this.responses++;
    const latest = new Map(this.written.map(({ index, value }) => [index, value]));
    for (const [index, value] of latest) this.reference.values[index] = new Set([value]);
    this.written = [];
  }
}

interface Run {
  /** Of every step of the memory, in a cycle. */
  readonly rate: number;
  readonly seed: number;
  readonly requests: number;
  /** Of a store, in a request. */
  readonly stores: number;
}

/** Random accesses with random delays on all sides, every answer checked; returns what happened. */
function run(p: DataCacheParams, { rate, seed, requests, stores }: Run) {
  const sim = start(DataCache(p), idle);
  const dice = new Dice(seed);
  const isBad = (address: number): boolean => Math.floor(address / p.dataBytes) % 23 === 5;
  const memory = new AxiMemory(sim, dice, { prefix: 'axi_', dataBytes: p.dataBytes, base: BASE, bytes: RAM_BYTES, rate, isBad });
  for (let i = 0; i < RAM_BYTES; i++) memory.content[i] = dice.roll(256);
  const reference = new Reference(memory.content);
  const seen = { errors: 0, loads: 0, fast: 0, lost: 0, lostExpected: 0 };
  let near = 0;
  const mayBe = new Map<ObiRequest, Set<number>>();
  const device = new Device(sim, dice, memory, reference, rate / 20, () => near, (index, value) => {
    for (const [request, values] of mayBe) if ((request.addr - BASE) / 4 === index) values.add(value);
  });
  const isCacheable = (address: number): boolean => address < BASE + CACHEABLE;
  const next = (): ObiRequest => {
    near = dice.chance(0.7) ? (near + dice.roll(4)) % 256 : dice.roll(dice.chance(0.8) ? 1024 : 2048);
    const nowhere = dice.chance(0.03);
    const addr = nowhere ? BASE + RAM_BYTES + 4 * dice.roll(64) : BASE + 4 * near;
    const we = dice.chance(stores) && (nowhere || !Device.owns(near));
    return { addr, we, be: we ? dice.roll(16) : 15, wdata: dice.word() };
  };
  const onGrant = (request: ObiRequest): void => {
    const index = (request.addr - BASE) / 4;
    if (index >= RAM_BYTES / 4) return;
    // Nothing can be stored in a beat that fails, and a buffered store cannot say so.
    if (request.we && isBad(request.addr)) seen.lostExpected += isCacheable(request.addr) ? 1 : 0;
    else if (request.we) reference.store(index, request.wdata ?? 0, request.be ?? 0);
    else mayBe.set(request, new Set(reference.values[index]));
  };
  const check = (request: ObiRequest, { rdata, err, latency }: ObiResponse): void => {
    const outside = request.addr >= BASE + RAM_BYTES;
    // A load fails with the beat that holds it, a store only where it is not buffered.
    const bad = outside || (isBad(request.addr) && !(request.we && isCacheable(request.addr)));
    if (err !== bad) expect(err, `error of ${JSON.stringify(request)}`).toBe(bad);
    if (err) seen.errors++;
    if (!request.we) {
      seen.loads++;
      if (latency === 1) seen.fast++;
      if (!bad && mayBe.get(request)?.has(rdata) !== true) expect([...(mayBe.get(request) ?? [])], `load of ${request.addr.toString(16)}`).toContain(rdata);
      mayBe.delete(request);
    }
  };
  const manager = new ObiManager(sim, 'obi_', dice, 0.8, next, check, onGrant);
  for (let cycle = 0; manager.answered < requests || !manager.isIdle || !memory.isIdle || !isSet(sim, 'drained'); cycle++) {
    const goesOn = manager.answered < requests;
    if (cycle === 500 * requests) expect(cycle).toBeLessThan(500 * requests);
    manager.before(goesOn);
    memory.before();
    device.before(goesOn);
    if (isSet(sim, 'lostStore')) seen.lost++;
    manager.after();
    memory.after();
    device.after();
    sim.step();
  }
  // All stores are in memory, and nothing else.
  const words = new Uint32Array(memory.content.buffer);
  for (const [i, values] of reference.values.entries()) if (!values.has(words[i])) expect([...values], `word ${i}`).toContain(words[i]);
  expect(seen.lost).toBe(seen.lostExpected);
  return { ...seen, answered: manager.answered, responses: device.responses, bursts: memory.bursts };
}

describe('the data cache', () => {
  for (const [bytes, lineBytes, dataBytes] of someOf(SHAPES, 6)) {
    const title = `of ${bytes} bytes with lines of ${lineBytes} on a bus of ${dataBytes}`;
    it(`${title} gives what was stored last, and what others wrote before their response`, () => {
      for (const [i, rate] of [0.2, 0.6, 1].entries()) {
        const seed = 100 * bytes + 10 * lineBytes + i;
        const result = run(paramsOf(bytes, lineBytes, dataBytes), { rate, seed, requests: 600, stores: 0.4 });
        expect(result.errors).toBeGreaterThan(5);
        expect(result.responses).toBeGreaterThan(20);
        expect(new Set(result.bursts.map((b) => b.len))).toEqual(new Set([0, lineBytes / dataBytes - 1]));
      }
    });
  }

  it('of 64 lines finds much of it', () => {
    const result = run(paramsOf(2048, 32, 8), { rate: 0.5, seed: 7, requests: 1000, stores: 0.1 });
    expect(result.fast / result.loads).toBeGreaterThan(0.2);
  });

  /** Runs `requests` one after the other without pauses; returns the latencies. */
  function timed(requests: readonly ObiRequest[], rate = 1, p = paramsOf(1024, 32, 8)) {
    const sim = start(DataCache(p), idle);
    const memory = new AxiMemory(sim, new Dice(3), { prefix: 'axi_', dataBytes: p.dataBytes, base: BASE, bytes: RAM_BYTES, rate });
    const latencies: number[] = [];
    let next = 0;
    const manager = new ObiManager(sim, 'obi_', new Dice(1), 1, () => requests[next++], (_, { latency }) => latencies.push(latency));
    let cycles = 0;
    for (; latencies.length < requests.length; cycles++) {
      if (cycles === 5000) expect(cycles).toBeLessThan(5000);
      manager.before();
      memory.before();
      manager.after();
      memory.after();
      sim.step();
    }
    return { latencies, cycles, bursts: memory.bursts };
  }

  it('answers hits in the cycle after the grant, one a cycle', () => {
    const load = (i: number): ObiRequest => ({ addr: BASE + 4 * (i % 64), we: false });
    const warm = timed(Array.from({ length: 64 }, (_, i) => load(i)));
    const { latencies, cycles, bursts } = timed(Array.from({ length: 264 }, (_, i) => load(i)));
    expect(latencies.slice(64).every((l) => l === 1)).toBe(true);
    expect(cycles - warm.cycles).toBe(200);
    expect(bursts).toHaveLength(8);
    expect(bursts.every((b) => b.len === 3 && b.size === 3)).toBe(true);
  });

  it('answers stores in the cycle after the grant, as long as the queue has room', () => {
    const store = (i: number): ObiRequest => ({ addr: BASE + 4 * i, we: true, wdata: i });
    expect(timed([store(0), store(1), store(2)], 0.05).latencies).toEqual([1, 1, 1]);
    const many = timed(Array.from({ length: 200 }, (_, i) => store(i)));
    expect(many.cycles).toBeLessThan(1.2 * 200 + 20);
  });

  it('does not fetch a line for a store', () => {
    const { bursts } = timed([{ addr: BASE, we: true, wdata: 1 }, { addr: BASE + 64, we: false }]);
    expect(bursts.map((b) => [b.addr, b.len])).toEqual([[BASE, 0], [BASE + 64, 3]]);
  });

  it('refuses sizes that do not go together', () => {
    const message = (p: DataCacheParams): string => {
      try {
        DataCache(p);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    expect(message(paramsOf(1024, 8, 16))).toBe('cache: lineBytes: 8 bytes are less than a beat of the bus; use at least 16');
    expect(message(paramsOf(64, 128, 16))).toBe('cache: lineBytes: 128 bytes are more than the cache has; use at most 64');
    expect(message(paramsOf(1024, 24, 8))).toBe('cache: lineBytes: 24 is not a power of two');
    expect(message(paramsOf(2048, 2048, 4))).toBe('cache: lineBytes: 2048 bytes are more than one burst; use at most 1024');
    expect(message(paramsOf(4096, 32, 8))).toBe('cache: bytes: 4096 bytes hold all of the 4096 that may be cached; use at most 2048');
  });

  for (const [bytes, lineBytes, dataBytes] of someOf(SHAPES, 6)) {
    const files = () => printDesign(elaborate(DataCache(paramsOf(bytes, lineBytes, dataBytes))));
    const title = `of ${bytes} bytes with lines of ${lineBytes} on a bus of ${dataBytes}`;
    it.skipIf(!has('verilator'))(`${title} is taken by Verilator without a warning`, () => {
      inDirectory(files(), (dir) => expect(lintWithVerilator(dir, files(), 'DataCache')).toBe(''));
    });
    it.skipIf(!has('iverilog'))(`${title} is taken by Icarus`, () => {
      inDirectory(files(), (dir) => expect(compileWithIcarus(dir, files(), 'DataCache')).toBe(''));
    });
  }
});
