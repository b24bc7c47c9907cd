/**
 * What a hart did, one event at a time, whatever engine it ran on: an instruction that retired, or a trap taken instead of one.
 * Must not know where events come from nor who looks at them.
 */
import { EXCEPTION, INTERRUPT } from '../../hw/isa/csr.ts';
import type { StepResult } from '../model/golden-model.ts';

interface Event {
  /** Clock cycle since reset; for `model`, instructions retired before. */
  readonly cycle: number;
  /** The instruction; for an interrupt the one that it came before. */
  readonly pc: number;
  /** 16 bits of a compressed instruction, else 32; of no use for an interrupt or a failed fetch. */
  readonly word: number;
}

export interface RetiredEvent extends Event {
  readonly kind: 'retired';
  /** Register written; 0: none. */
  readonly rd: number;
  /** What was written, 0…2³²−1. */
  readonly value: number;
}

export interface TrapEvent extends Event {
  readonly kind: 'trap';
  readonly interrupt: boolean;
  /** Number without the interrupt bit. */
  readonly cause: number;
  readonly tval: number;
}

export type HartEvent = RetiredEvent | TrapEvent;

export function eventOfStep(step: StepResult, cycle: number): HartEvent {
  const { pc, word } = step;
  if (step.kind === 'retired') return { kind: 'retired', cycle, pc, word, rd: step.rd, value: step.value };
  return { kind: 'trap', cycle, pc, word, interrupt: step.interrupt, cause: step.cause, tval: step.tval };
}

/** `illegalInstruction` → `illegal instruction`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const EXCEPTION_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(EXCEPTION).map(([name, { cause }]) => [cause, words(name)]));
const EXCEPTION_SUMMARIES: ReadonlyMap<number, string> = new Map(Object.values(EXCEPTION).map(({ cause, summary }) => [cause, summary]));
const INTERRUPT_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(INTERRUPT).map(([name, cause]) => [cause, `${words(name)} interrupt`]));

/** `load fault`, `timer interrupt`. */
export function causeName(cause: number, interrupt: boolean): string {
  return (interrupt ? INTERRUPT_NAMES : EXCEPTION_NAMES).get(cause) ?? `${interrupt ? 'interrupt' : 'exception'} ${cause}`;
}

/** What an exception means, in a few words; '' where nothing is known of it. */
export const causeSummary = (cause: number): string => EXCEPTION_SUMMARIES.get(cause) ?? '';
