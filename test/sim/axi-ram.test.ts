import { describe, expect, it } from 'vitest';
import { AxiRam } from '../../sim/axi-ram.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { AssertionError } from '../../sim/simulator.ts';
import { isSet, start } from '../hw/lib/bench.ts';

const BASE = 0x8000_0000;
const idle = Object.fromEntries([
  ...['ar', 'aw'].flatMap((c) => ['valid', 'bits_id', 'bits_addr', 'bits_len', 'bits_size', 'bits_burst'].map((f) => [`bus_${c}_${f}`, 0])),
  ...['valid', 'bits_data', 'bits_strb', 'bits_last'].map((f) => [`bus_w_${f}`, 0]), ['bus_r_ready', 1], ['bus_b_ready', 1],
]) as Record<string, number>;

const make = (latencyCycles: number): Simulator =>
  start(AxiRam({ dataBytes: 8, idBits: 3, base: BASE, bytes: 4096, latencyCycles, outstanding: 4 }), idle);
function ask(sim: Simulator, channel: 'ar' | 'aw', addr: number, len: number, id = 0): void {
  for (const [f, v] of Object.entries({ bits_id: id, bits_addr: addr, bits_len: len, bits_size: 3, bits_burst: 1, valid: 1 })) sim.poke(`bus_${channel}_${f}`, v);
}

describe('the simulated memory', () => {
  it('answers a read after exactly its latency, then one beat a cycle', () => {
    for (const latency of [1, 2, 7, 40]) {
      const sim = make(latency);
      sim.memory('cells').write(0, Uint8Array.from({ length: 256 }, (_, i) => i));
      ask(sim, 'ar', BASE, 7, 5);
      const beats: number[] = [];
      for (let cycle = 0; cycle < latency + 12; cycle++) {
        if (isSet(sim, 'bus_r_valid')) {
          beats.push(cycle);
          expect(Number(sim.peek('bus_r_bits_data') & 255n)).toBe(8 * (beats.length - 1));
          expect([sim.peek('bus_r_bits_id'), isSet(sim, 'bus_r_bits_last')]).toEqual([5n, beats.length === 8]);
        }
        sim.step();
        sim.poke('bus_ar_valid', 0);
      }
      expect(beats).toEqual(Array.from({ length: 8 }, (_, i) => latency + i));
    }
  });

  it('takes further requests while one is under way and loses no cycle between bursts', () => {
    const sim = make(5);
    let asked = 0;
    let beats = 0;
    let first = 0;
    for (let cycle = 0; cycle < 200; cycle++) {
      ask(sim, 'ar', BASE + 32 * (asked % 8), 3, asked % 8);
      if (isSet(sim, 'bus_ar_ready')) asked++;
      if (isSet(sim, 'bus_r_valid')) {
        first ||= cycle;
        beats++;
      }
      sim.step();
    }
    expect(first).toBe(5);
    expect(beats).toBe(200 - 5);
  });

  it('takes a write beat a cycle and answers each burst after its latency', () => {
    for (const latency of [1, 6]) {
      const sim = make(latency);
      const answers: number[] = [];
      for (let cycle = 0; cycle < 30; cycle++) {
        const burst = Math.floor(cycle / 2);
        ask(sim, 'aw', BASE + 16 * burst, 1, burst % 8);
        sim.poke('bus_aw_valid', cycle < 8 && cycle % 2 === 0 ? 1 : 0);
        for (const [f, v] of Object.entries({ valid: cycle < 8 ? 1 : 0, bits_data: cycle + 1, bits_strb: 255, bits_last: cycle % 2 })) sim.poke(`bus_w_${f}`, v);
        if (cycle < 8) expect([isSet(sim, 'bus_w_ready'), cycle % 2 === 1 || isSet(sim, 'bus_aw_ready')]).toEqual([true, true]);
        if (isSet(sim, 'bus_b_valid')) answers.push(cycle);
        sim.step();
      }
      expect(answers).toEqual([1, 3, 5, 7].map((c) => c + latency));
      expect([...sim.memory('cells').read(0, 64)].filter((_, i) => i % 8 === 0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  it('answers with an error outside of it, and writes nothing there', () => {
    const sim = make(1);
    ask(sim, 'ar', BASE + 4096, 0);
    ask(sim, 'aw', 0x4000_0000, 0);
    for (const [f, v] of Object.entries({ valid: 1, bits_data: 255, bits_strb: 255, bits_last: 1 })) sim.poke(`bus_w_${f}`, v);
    sim.step();
    expect([sim.peek('bus_r_bits_resp'), sim.peek('bus_b_bits_resp')]).toEqual([3n, 3n]);
    expect(sim.memory('cells').read(0, 8)).toEqual(new Uint8Array(8));
  });

  it('insists on bursts that it can serve', () => {
    const sim = make(1);
    ask(sim, 'ar', BASE + 4088, 1);
    expect(() => sim.step()).toThrow(AssertionError);
  });
});
