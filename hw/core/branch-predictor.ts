/**
 * Remembers, by the word in which a branch ends, where it went and how often: a direct-mapped branch target buffer with a
 * two-bit saturating counter an entry (J. E. Smith, "A study of branch prediction strategies", 1981). Everything it says is
 * checked in the execute stage, so that partial tags, old entries and contents of the power-up state cost cycles, not results.
 */
import { B, Flag, In, Out, U, bool, bundle, cat, hw, valueOf } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { constant } from '../lib/constants.ts';
import type { CoreConfig } from './config.ts';
import { allOf } from './word.ts';

/** Bits above the index that an entry compares: enough for programs of tens of KiB to meet few strangers. */
const TAG_BITS = 8;

/** What a branch did before. */
const history = {
  /** Its instruction ends in the upper half of the word. */
  upper: B,
  counter: U<number>(2),
  /** Address of the half word that follows if it jumps. */
  target: U<number>(31),
};

/** What is known of a word; without `hit` nothing. */
export const Prediction = bundle('Prediction', { hit: B, ...history });
const Entry = bundle('Entry', { tag: U<number>(TAG_BITS), ...history });

interface Told {
  readonly hit: Bool;
  readonly upper: Bool;
  readonly counter: UInt;
  readonly target: UInt;
}

/** The counter expects the instruction to jump: nothing that stands behind it in the word follows it. */
export const isTaken = ({ hit, counter }: Told): Bool => hit.and(counter.bit(1)).named('isTaken');

/** The same prediction, of which something else decides whether it counts. */
export const withHit = (hit: Bool, { upper, counter, target }: Told) => valueOf(Prediction, { hit, upper, counter, target });

/** Counter of an entry that no instruction shall follow, and that of a new one. */
export const COUNTER = { never: constant<number>(2, 0, 'counter', 'never'), likely: constant<number>(2, 2, 'counter', 'likely') } as const;

/** What the execute stage teaches. */
export const predictorUpdate = {
  /** Write the entry of the word at `updateAddress`. */
  update: In(B),
  /** With `update`: the entry must go. */
  clear: In(B),
  updateAddress: In(U<number>(30)),
  updateUpper: In(B),
  updateCounter: In(U<number>(2)),
  updateTarget: In(U<number>(31)),
};

export function BranchPredictor(config: CoreConfig) {
  return hw('BranchPredictor', {
    /** Ask about the word at `address` (in words), of which execution starts in its upper half if `fromUpper`. */
    lookup: In(B),
    address: In(U<number>(30)),
    fromUpper: In(B),
    /** The answer, in the next cycle; 0 where nothing was asked. */
    prediction: Out(Prediction),

    ...predictorUpdate,
  }, (m, io) => {
    m.doc('Branch target buffer, read while the word is fetched.');
    const indexBits = Math.log2(config.predictorEntries);
    const style = config.registerFile === 'block' ? 'block' : 'auto';
    const entries = m.mem('entries', Entry, config.predictorEntries, { style, collisionFree: true });
    const index = (address: UInt): UInt => address.slice(indexBits - 1, 0);
    const tag = (address: UInt): UInt => address.slice(indexBits + TAG_BITS - 1, indexBits);
    const asked = m.regs({ known: Flag(false), askedTag: U<number>(TAG_BITS), fromUpperHalf: B });

    // What the execute stage decides comes late in its cycle: it is written in the next one, or in the first one after that in
    // which the entry is not read. What comes meanwhile is lost, but for
    // the clearing of an entry: without it the same would happen again.
    const waiting = m.regs({ waits: Flag(false), place: U<number>(indexBits), content: Entry });
    const { collides } = m.let({ collides: io.lookup.and(index(io.address).eq(waiting.place)) });
    waiting.waits = io.clear.or(waiting.waits.mux(collides, io.update));
    m.when(io.clear.or(waiting.waits.not()), () => {
      waiting.place = index(io.updateAddress);
      waiting.content = {
        tag: tag(io.updateAddress), upper: io.updateUpper, counter: io.updateCounter, target: io.updateTarget,
      };
    });
    m.when(waiting.waits.and(collides.not()).named('writes'), () => {
      entries.write(waiting.place, waiting.content);
    });
    const entry = entries.readSync('entry', index(io.address), io.lookup);
    // The instruction that an entry misled is fetched again: not with the same entry, though it may still wait to be cleared.
    const isCleared = waiting.content.counter.eq(COUNTER.never);
    asked.known = io.lookup.and(allOf(waiting.waits, collides, isCleared).not());
    m.when(io.lookup, () => {
      asked.askedTag = tag(io.address);
      asked.fromUpperHalf = io.fromUpper;
    });
    // A branch in the lower half is not met when execution starts in the upper one.
    const { hit } = m.let({
      hit: asked.known.and(entry.tag.eq(asked.askedTag)).and(entry.upper.or(asked.fromUpperHalf.not())),
    });
    // Power-up contents must not make an odd half of a target where there are no halves.
    const target = config.isa.c ? entry.target : cat(entry.target.slice(30, 1), bool(false));
    io.prediction = { hit, upper: entry.upper, counter: entry.counter, target };
  });
}
