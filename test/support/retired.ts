/** What a core retires, and what each instruction costs, in the test bench. */
import type { CoreConfig } from '../../hw/core/config.ts';
import { RV32I, encode } from '../../hw/isa/riscv.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { createBench, reset } from './core-runner.ts';

const RAM_WORDS = 4096;
const nop = encode(RV32I.addi);

export interface Retired {
  readonly pc: number;
  readonly cycle: number;
  readonly rd: number;
  readonly value: number;
  readonly trap: boolean;
  readonly cause: number;
  readonly tval: number;
}

/** Runs the words from the boot address and returns the first `count` events; the timer asks for an interrupt from a cycle on. */
export function trace(sim: Simulator, words: readonly number[], count: number, timerFrom = Infinity): Retired[] {
  const image = new Uint32Array(RAM_WORDS).fill(nop);
  image.set(words);
  sim.memory('ram').write(0, new Uint8Array(image.buffer));
  reset(sim);
  const events: Retired[] = [];
  const get = (name: string): number => Number(sim.peek(`trace_${name}`));
  for (let cycle = 0; events.length < count && cycle < 2000; cycle++) {
    if (get('valid') === 1) {
      events.push({
        cycle, pc: get('pc'), rd: get('rdWrite') === 1 ? get('rd') : 0, value: get('rdValue'),
        trap: get('trap') === 1, cause: get('cause'), tval: get('tval'),
      });
    }
    if (cycle >= timerFrom) sim.poke('irqTimer', 1);
    sim.step();
  }
  sim.poke('irqTimer', 0);
  return events;
}

export const bench = (config: CoreConfig, stalls = false): Simulator =>
  createBench({ ...config, trace: true }, { ramWords: RAM_WORDS, stalls });

/** Cycles from the retirement of the instruction before to that of each of the last ones. */
export function costs(sim: Simulator, words: readonly number[], count: number): number[] {
  const events = trace(sim, words, count + 6).slice(5);
  return events.slice(1).map((e, i) => e.cycle - events[i].cycle);
}
