/**
 * The passes that every module goes through, in this order, each with what it promises. All of them take and give modules that
 * `ir/verify.ts` finds right, keep what every output and every named register shows in every cycle, and find nothing more to do in their
 * own results. Must not know how modules are found nor what is done with them afterwards.
 */
import type { Module } from '../ir/module.ts';
import { carryConstants } from './carry-constants.ts';
import { removeDead } from './dead-code.ts';
import { placeLoops } from './place-loops.ts';
import { simplify } from './simplify.ts';
import { splitLoops } from './split-loops.ts';

export interface Pass {
  /** As `--dump after:NAME` takes it. */
  readonly name: string;
  /** What holds of its result. */
  readonly promises: string;
  run(m: Module): Module;
}

export const PASSES: readonly Pass[] = [
  { name: 'simplify', promises: 'operators of constants are constants, and no operator stands that its operands make needless', run: simplify },
  { name: 'carry-constants', promises: 'who reads a wire that holds a constant reads the constant, but for checks that nothing else decides', run: carryConstants },
  { name: 'split-loops', promises: 'no wire, output or input of an instance depends on itself within a cycle, not even in different parts', run: splitLoops },
  { name: 'remove-dead', promises: 'every wire, register and memory is needed by an output, an instance or a check, or is a wire that holds a constant', run: removeDead },
  { name: 'place-loops', promises: 'every loop stands at the top or directly in another, and nothing else drives what a round of it drives', run: placeLoops },
];

/** Where a module can be looked at: as its body has described it, after each pass, and in the design, where equal modules are one. */
export const STAGES: readonly string[] = ['describe', ...PASSES.map((p) => p.name), 'share'];

/** Called with a module at each stage. */
export type Watch = (stage: string, m: Module) => void;
