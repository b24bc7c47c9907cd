import { describe, expect, it } from 'vitest';
import { B, In, Out, flip, hw } from '../../../gen/index.ts';
import { InstructionCache } from '../../../hw/lib/instruction-cache.ts';
import type { InstructionCacheParams } from '../../../hw/lib/instruction-cache.ts';
import { ObiFetch } from '../../../hw/lib/obi.ts';
import { AxiRam } from '../../../sim/axi-ram.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { AxiMemory } from './axi-memory.ts';
import { Dice, isSet, noWrites, start } from './bench.ts';
import { ObiManager } from './obi-bench.ts';

const BASE = 0x8000_0000;
const RAM_BYTES = 8192;
/** Half of the memory may be cached. */
const CACHEABLE = 4096;

const paramsOf = (bytes: number, dataBytes: number, lineBytes: number, prefetches: boolean): InstructionCacheParams =>
  ({ bytes, lineBytes, prefetches, dataBytes, idBits: 2, cacheableBase: BASE, cacheableBytes: CACHEABLE });

const Bench = (bytes: number, dataBytes: number, latencyCycles: number, lineBytes = dataBytes, prefetches = false) =>
  hw('Bench', { obi: flip(ObiFetch), flush: In(B), flushDone: Out(B), asks: Out(B) }, (m, io) => {
    const cache = m.inst('cache', InstructionCache(paramsOf(bytes, dataBytes, lineBytes, prefetches)));
    const ram = m.inst('ram', AxiRam({ dataBytes, idBits: 2, base: BASE, bytes: RAM_BYTES, latencyCycles, outstanding: 2 }));
    cache.obi.req = io.obi.req;
    cache.obi.addr = io.obi.addr;
    io.obi.gnt = cache.obi.gnt;
    io.obi.rvalid = cache.obi.rvalid;
    io.obi.rdata = cache.obi.rdata;
    io.obi.err = cache.obi.err;
    cache.flush = io.flush;
    io.flushDone = cache.flushDone;
    m.connect(cache.axi.ar, ram.bus.ar);
    m.connect(ram.bus.r, cache.axi.r);
    noWrites({ dataBytes, idBits: 2 }, ram.bus);
    io.asks = cache.axi.ar.valid.and(cache.axi.ar.ready);
  });

type Sizes = readonly [bytes: number, dataBytes: number, lineBytes: number];
/** Every cache as it is, and, with more than one line, fetching ahead. */
const withAndWithout = (...caches: readonly Sizes[]): (readonly [...Sizes, boolean])[] => [
  ...caches.map((sizes) => [...sizes, false] as const),
  ...caches.filter(([bytes, , lineBytes]) => bytes > lineBytes).map((sizes) => [...sizes, true] as const),
];
const nameOf = (bytes: number, dataBytes: number, lineBytes: number, prefetches: boolean): string =>
  `of ${bytes} bytes with lines of ${lineBytes} on a bus of ${dataBytes}${prefetches ? ', fetched ahead,' : ''}`;

const idle = { obi_req: 0, obi_addr: 0, flush: 0 };
const valueAt = (address: number, generation: number): number => Math.imul(address + generation, 0x9e3779b1) >>> 0;

function fill(sim: Simulator, generation: number): void {
  const words = Uint32Array.from({ length: RAM_BYTES / 4 }, (_, i) => valueAt(BASE + 4 * i, generation));
  sim.memory('ram.cells').write(0, new Uint8Array(words.buffer));
}

/** Waits until the walk through the tags is over. */
function settle(sim: Simulator): void {
  for (let i = 0; !isSet(sim, 'flushDone'); i++) {
    expect(i).toBeLessThan(2000);
    sim.step();
  }
}

/** Cycles, and requests that went to memory. */
interface Followed {
  readonly cycles: number;
  readonly asked: number;
}

/** Goes on for so many cycles, at most 5,000. */
function follow(sim: Simulator, manager: ObiManager, goesOn: (cycle: number) => boolean): Followed {
  let [cycles, asked] = [0, 0];
  for (; goesOn(cycles); cycles++) {
    if (cycles === 5000) throw new Error('the cache has come to no end');
    manager.before();
    if (isSet(sim, 'asks')) asked++;
    manager.after();
    sim.step();
  }
  return { cycles, asked };
}

describe('the instruction cache', () => {
  for (const [bytes, dataBytes, lineBytes, prefetches] of withAndWithout(
    [0, 4, 4], [0, 16, 16], [256, 4, 4], [1024, 4, 4], [256, 16, 16], [512, 8, 8],
    [256, 4, 32], [64, 4, 64], [512, 16, 32], [64, 64, 64], [1024, 64, 256],
  )) {
    it(`${nameOf(bytes, dataBytes, lineBytes, prefetches)} gives what memory holds, and nothing older than the last flush`, () => {
      const sim = start(Bench(bytes, dataBytes, 2, lineBytes, prefetches), idle);
      const dice = new Dice(bytes + lineBytes);
      let generation = 0;
      fill(sim, generation);
      settle(sim);
      let address = BASE;
      const manager = new ObiManager(sim, 'obi_', dice, 0.9, () => {
        // Mostly straight on, sometimes far away, sometimes beyond what may be cached or beyond memory.
        address = dice.chance(0.8) ? address + 4 : BASE + 4 * dice.roll((dice.chance(0.8) ? 512 : RAM_BYTES) / 4);
        if (dice.chance(0.02)) return { addr: 0x1000 + 4 * dice.roll(16) };
        if (address >= BASE + RAM_BYTES) address = BASE;
        return { addr: address };
      }, (request, response) => {
        const outside = request.addr < BASE;
        expect(response.err).toBe(outside);
        if (!outside) expect(response.rdata).toBe(valueAt(request.addr, generation));
      });
      for (let round = 0; round < 6; round++) {
        for (let cycle = 0; cycle < 800 || !manager.isIdle; cycle++) {
          manager.before(cycle < 800);
          manager.after();
          sim.step();
        }
        fill(sim, ++generation);
        sim.poke('flush', 1);
        sim.step();
        sim.poke('flush', 0);
        settle(sim);
      }
      // A miss takes longer where a line has several beats.
      expect(manager.answered).toBeGreaterThan(lineBytes === dataBytes ? 1000 : 750);
    });
  }

  for (const [bytes, dataBytes, lineBytes, prefetches] of withAndWithout([256, 4, 4], [256, 4, 32], [64, 16, 64], [256, 64, 64])) {
    it(`${nameOf(bytes, dataBytes, lineBytes, prefetches)} keeps no line with an error, whenever memory answers`, () => {
      const cache = InstructionCache(paramsOf(bytes, dataBytes, lineBytes, prefetches));
      const sim = start(cache, { ...idle, ...AxiMemory.idle('axi_', true) });
      const dice = new Dice(bytes + lineBytes);
      // Of every seven lines one fails in the middle and one in its last beat.
      const beats = lineBytes / dataBytes;
      const isBad = (address: number): boolean => {
        const [line, beat] = [Math.floor(address / lineBytes) % 7, Math.floor((address % lineBytes) / dataBytes)];
        return (line === 3 && beat === beats >> 1) || (line === 6 && beat === beats - 1);
      };
      const memory = new AxiMemory(sim, dice, { prefix: 'axi_', dataBytes, base: BASE, bytes: RAM_BYTES, rate: 0.5, isBad, readOnly: true });
      const words = new Uint32Array(memory.content.buffer);
      let errors = 0;
      let address = BASE;
      const manager = new ObiManager(sim, 'obi_', dice, 0.9, () => {
        // Also to the same line of the cache, which holds other addresses.
        const anywhere = BASE + 4 * dice.roll((dice.chance(0.8) ? 1024 : RAM_BYTES) / 4);
        const other = dice.chance(0.6) ? address + (dice.chance(0.5) ? bytes : -bytes) : anywhere;
        address = dice.chance(0.5) ? address + 4 : other;
        if (address < BASE || address >= BASE + RAM_BYTES) address = BASE;
        return { addr: address };
      }, (request, response) => {
        expect(response.err).toBe(isBad(request.addr));
        if (response.err) errors++;
        else expect(response.rdata).toBe(words[(request.addr - BASE) / 4]);
      });
      words.forEach((_, i) => {
        words[i] = dice.word();
      });
      for (let cycle = 0; cycle < 6000 || !manager.isIdle; cycle++) {
        manager.before(cycle < 6000);
        memory.before();
        manager.after();
        memory.after();
        sim.step();
      }
      expect(errors).toBeGreaterThan(5);
      expect(new Set(memory.bursts.map((b) => b.len))).toEqual(new Set([0, beats - 1]));
    });
  }

  it('answers hits in the cycle after the grant, one a cycle, without asking memory', () => {
    const sim = start(Bench(1024, 16, 3), idle);
    fill(sim, 0);
    settle(sim);
    const latencies: number[] = [];
    let next = 0;
    const manager = new ObiManager(sim, 'obi_', new Dice(1), 1, () => ({ addr: BASE + 4 * (next++ % 64) }), (_, response) => latencies.push(response.latency));
    const { asked } = follow(sim, manager, (cycle) => cycle < 1000);
    expect(asked).toBe(16);
    expect(latencies.slice(64).every((l) => l === 1)).toBe(true);
    expect(manager.granted).toBeGreaterThan(1000 - 16 * 5);
  });

  it.each([[16, 16], [16, 64], [4, 32], [4, 4]])('fetches straight code ahead: bus of %i, lines of %i', (dataBytes, lineBytes) => {
    // A word a cycle would be more than memory with its latency gives for each line on demand.
    const cyclesOf = (prefetches: boolean): { cycles: number; asked: number } => {
      const sim = start(Bench(1024, dataBytes, 12, lineBytes, prefetches), idle);
      fill(sim, 0);
      settle(sim);
      let next = 0;
      const manager = new ObiManager(sim, 'obi_', new Dice(1), 1, () => (next < 64 ? { addr: BASE + 4 * next++ } : undefined), (request, response) => {
        expect(response.rdata).toBe(valueAt(request.addr, 0));
      });
      return follow(sim, manager, () => manager.answered < 64);
    };
    const [onDemand, ahead] = [cyclesOf(false), cyclesOf(true)];
    // A line's words are given while the next line is on its way; the last line is followed by one that nobody wants.
    const saved = (256 / lineBytes - 1) * Math.max(0, lineBytes / 4 - 1 - lineBytes / dataBytes);
    expect(onDemand.cycles - ahead.cycles).toBeGreaterThanOrEqual(saved);
    expect(ahead.asked).toBeLessThanOrEqual(onDemand.asked + 1);
  });

  it('does not fetch ahead from code that it has, nor beyond what may be cached', () => {
    const sim = start(Bench(1024, 16, 3, 32, true), idle);
    fill(sim, 0);
    settle(sim);
    let next = 0;
    const places = [...Array.from({ length: 400 }, (_, i) => BASE + 4 * (i % 40)), BASE + CACHEABLE - 8, BASE + CACHEABLE - 4, BASE];
    const manager = new ObiManager(sim, 'obi_', new Dice(1), 1, () => (next < places.length ? { addr: places[next++] } : undefined), () => undefined);
    const { asked } = follow(sim, manager, (cycle) => cycle < 1000);
    expect(manager.answered).toBe(places.length);
    // Five lines of the loop and the one behind, and the last line that may be cached.
    expect(asked).toBe(7);
  });

  it('asks memory again for what lies beyond the cacheable part', () => {
    const sim = start(Bench(256, 4, 1), idle);
    fill(sim, 0);
    settle(sim);
    const manager = new ObiManager(sim, 'obi_', new Dice(1), 1, () => ({ addr: BASE + CACHEABLE }), () => undefined);
    const { asked } = follow(sim, manager, (cycle) => cycle < 40);
    expect(asked).toBe(manager.granted);
  });

  it('finishes a line that was under way when the flush came before it forgets it', () => {
    const sim = start(Bench(256, 4, 4), idle);
    fill(sim, 0);
    settle(sim);
    const seen: number[] = [];
    let requests = 1;
    const manager = new ObiManager(sim, 'obi_', new Dice(1), 1, () => (requests-- > 0 ? { addr: BASE } : undefined), (_,
      response) => seen.push(response.rdata));
    for (let cycle = 0; cycle < 100; cycle++) {
      sim.poke('flush', cycle === 2 ? 1 : 0);
      if (cycle === 20) {
        fill(sim, 1);
        requests = 1;
      }
      manager.before();
      manager.after();
      sim.step();
    }
    settle(sim);
    expect(seen).toEqual([valueAt(BASE, 0), valueAt(BASE, 1)]);
  });
});
