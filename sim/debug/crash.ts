/**
 * What to tell of a program that ended badly: where, why, and what it did last. Must not know engines: they hand in what they
 * have recorded.
 */
import type { HartEvent, TrapEvent } from './hart-event.ts';
import { causeName, causeSummary } from './hart-event.ts';
import { addressText } from './symbols.ts';
import type { Symbols } from './symbols.ts';
import { EventText, trapText } from './trace-log.ts';

/**
 * stuck: an exception came and its handler cannot run; failed: the program reported another result than success;
 * limit: it did not end in the time allowed; hang: it waits for what never comes.
 */
export type CrashReason = 'stuck' | 'failed' | 'limit' | 'hang';

export interface Crash {
  readonly reason: CrashReason;
  /** Of the last exception; where there was none, the last instruction that retired; undefined: nothing ever ran. */
  readonly pc: number | undefined;
  /** Number of the exception; undefined: there was none. An interrupt is none. */
  readonly cause: number | undefined;
  readonly causeName: string | undefined;
  readonly tval: number | undefined;
  /** The last symbol at or before `pc`. */
  readonly symbol: string | undefined;
  /** Bytes from there to `pc`. */
  readonly offset: number | undefined;
  /** For people, without line ends. */
  readonly lines: readonly string[];
}

/** What an engine knows at the end of a run. */
export interface Recorded {
  /** Latest events, oldest first, as many as there are. */
  readonly recent: readonly HartEvent[];
  /** The latest exception that was not one of the trap handler's first instruction. */
  readonly exception: Pick<TrapEvent, 'pc' | 'cause' | 'tval'> | undefined;
  readonly exit: number | undefined;
  /** Who waits for what, if a watchdog has found that. */
  readonly hang?: string | undefined;
  /** Why the tensor unit refused the last command that it refused, as far as the engine knows. */
  readonly refusal?: string | undefined;
}

/** Retired instructions that a report shows. */
export const SHOWN_INSTRUCTIONS = 8;

/** @param said what the program itself says of its exit value */
export function describeCrash(reason: CrashReason, recorded: Recorded, symbols: Symbols, said?: string): Crash {
  const { recent, exception, exit, hang, refusal } = recorded;
  const shown = lastEvents(recent);
  const lastPc = shown.findLast((event) => event.kind === 'retired')?.pc;
  const pc = exception?.pc ?? lastPc;
  const place = pc === undefined ? undefined : symbols.nearestSymbol(pc);
  const at = lastPc === undefined ? 'before its first instruction' : `at ${addressText(lastPc, symbols)}`;
  const why = exception && `${trapText({ ...exception, interrupt: false })}, at ${addressText(exception.pc, symbols)}: ${causeSummary(exception.cause)}`;
  const lines = {
    stuck: [`the program crashed: ${why ?? 'its trap handler cannot run'}`, ...handlerLines(shown, symbols)],
    failed: [`the program failed with ${exit}${said === undefined ? '' : `: ${said}`}, ${at}`, ...(why ? [`its last exception: ${why}`] : [])],
    hang: [`${hang ?? 'nothing will happen any more'}; it was stopped ${at}`, ...(why ? [`its last exception: ${why}`] : [])],
    limit: [`the program did not end; it was stopped ${at}`, ...(why ? [`its last exception: ${why}`] : [])],
  }[reason];
  const refused = refusal === undefined ? [] : [`the tensor unit refused a command, the last one: ${refusal}`];
  const text = new EventText(symbols);
  const history = shown.length === 0 ? [] : ['last instructions (cycle, address, encoding, register written):', ...shown.map((event) => `  ${text.line(event)}`)];
  return {
    reason, pc, cause: exception?.cause, causeName: exception && causeName(exception.cause, false), tval: exception?.tval,
    symbol: place?.name, offset: place?.offset, lines: [...lines, ...refused, ...history],
  };
}

/** The last instructions that retired, and the traps among and after them. */
function lastEvents(recent: readonly HartEvent[]): readonly HartEvent[] {
  let retired = 0;
  let from = recent.length;
  while (from > 0 && retired < SHOWN_INSTRUCTIONS) if (recent[--from].kind === 'retired') retired++;
  return recent.slice(from);
}

/** Why no handler ran: the last trap is that of the handler's first instruction. */
function handlerLines(shown: readonly HartEvent[], symbols: Symbols): readonly string[] {
  const last = shown.at(-1);
  if (last?.kind !== 'trap') return [];
  const isUnset = last.pc === 0;
  const what = `the trap handler's first instruction, at ${addressText(last.pc, symbols)}, traps too: ${trapText(last)}`;
  return [isUnset ? `${what}; mtvec is 0, where no handler is` : `${what}; mend the handler, or mtvec`];
}

/** The part of a report that goes into JSON. */
export function crashJson({ reason, pc, cause, causeName: name, tval, symbol, offset }: Crash): Readonly<Record<string, unknown>> {
  return { reason, pc, cause, causeName: name, tval, symbol, offset };
}
