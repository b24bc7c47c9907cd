import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { RULES_OF_SPLIT, XIF_RULES, XifChecker } from '../../../hw/lib/cv-x-if-checker.ts';
import type { XifRule } from '../../../hw/lib/cv-x-if-checker.ts';
import type { XifParams } from '../../../hw/lib/cv-x-if.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { AssertionError } from '../../../sim/simulator.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Random } from '../../../sw/data/random.ts';
import { RandomCore } from '../../support/xif/random-core.ts';
import type { Item } from '../../support/xif/random-core.ts';
import { RandomUnit, isKnown, randomInstruction, valueOf, writesOf } from '../../support/xif/random-unit.ts';
import { JOINED, SPLIT, pokeCore, pokeUnit, rdOf } from '../../support/xif/signals.ts';

const SEEDS = Number(process.env.SYSTOLE_LOCKSTEP_SEEDS ?? 2) * 10;
const INTERFACES: Readonly<Record<string, XifParams>> = { joined: JOINED, split: SPLIT };
const LIMIT = 5000;

function randomItems(random: Random, count: number): Item[] {
  let left = 0;
  return Array.from({ length: count }, () => {
    if (left > 0) left--;
    else if (random.below(5) === 0) left = 1 + random.below(4);
    return { instr: randomInstruction(random), rs: [random.uint32(), random.uint32()] as const, doomed: left > 0 };
  });
}

function restart(sim: Simulator): void {
  sim.poke('rst', 1);
  sim.step(2);
  sim.poke('rst', 0);
}

/** A random core and a random unit with the checker between them. Returns whether the fault, if any, came about. */
function meet(sim: Simulator, p: XifParams, seed: number, fault?: XifRule): boolean {
  const random = new Random(seed);
  restart(sim);
  const items = randomItems(random, 60);
  const answers = new Map<Item, number>();
  const core = new RandomCore(p, items, random, (item, { data, rd, we }) => {
    expect({ data, rd, we }).toEqual({ data: valueOf(item.instr, item.rs), rd: rdOf(item.instr), we: writesOf(item.instr) });
    answers.set(item, (answers.get(item) ?? 0) + 1);
  }, fault && XIF_RULES[fault] === 'P' ? fault : undefined);
  const unit = new RandomUnit(p, random, fault && XIF_RULES[fault] === 'C' ? fault : undefined);
  for (let cycle = 0; !core.done; cycle++) {
    if (cycle > LIMIT) throw new Error(`seed ${seed}: no end`);
    const theirs = core.drive();
    pokeCore(sim, theirs, random, '');
    const ours = unit.drive(theirs);
    pokeUnit(sim, ours, random, '');
    sim.step();
    if (core.faulty || unit.faulty) return true;
    core.clock(ours);
    unit.clock(theirs);
  }
  for (const item of items) expect(answers.get(item) ?? 0, `seed ${seed}`).toBe(!item.doomed && isKnown(item.instr) ? 1 : 0);
  return false;
}

for (const [name, p] of Object.entries(INTERFACES)) {
  describe(`the checker of CV-X-IF, ${name}`, () => {
    const sim = createWasmSimulator(elaborate(XifChecker(p)));

    it('has nothing to say when a random core and a random unit use what the standard allows', () => {
      for (let seed = 1; seed <= SEEDS; seed++) meet(sim, p, seed);
    });

    const others = RULES_OF_SPLIT[p.split ? 'joined' : 'split'];
    for (const rule of (Object.keys(XIF_RULES) as XifRule[]).filter((r) => !others.includes(r))) {
      it(`sees that ${rule} is broken`, () => {
        for (let seed = 1; seed <= 50; seed++) {
          try {
            if (meet(sim, p, seed, rule)) throw new Error(`seed ${seed}: the checker let it pass`);
          } catch (error) {
            if (!(error instanceof AssertionError)) throw error;
            expect(error.failure.path.split('.').at(-1)).toBe(rule);
            return;
          }
        }
        throw new Error('no seed in which the rule could be broken');
      });
    }
  });
}
