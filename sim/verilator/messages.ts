/** What a verilated design prints when its checks fail, as failures of the interface. Pure. */
import type { AssertionFailure } from '../simulator.ts';

/** `[0] %Error: Core.sv:31: Assertion failed in <scope>: TOP.SystoleShell.Chip.core.pcAligned: message`; the printer writes the end. */
const FAILURE = /\[\d+\] %Error: [^:\n]+:\d+: Assertion failed in [^:\n]+: ([^:\s]+)(?:: )?/g;

/** Printed lines are cut at 4 KiB: so much of a longer text has surely come. */
const SURELY_PRINTED = 1000;

/**
 * The failures in `text`, which the design printed at the edge that ended `cycle`; at least one. `pathOf`: path of an assertion as
 * Verilator reports it; `messageOf`: its text. It tells where a message ends, which may hold anything, lines that look like a failure
 * included.
 */
export function parseFailures(
  text: string, cycle: number, pathOf: (reported: string) => string, messageOf: (path: string) => string | undefined,
): AssertionFailure[] {
  const failures: AssertionFailure[] = [];
  FAILURE.lastIndex = 0;
  for (let found = FAILURE.exec(text); found; found = FAILURE.exec(text)) {
    const path = pathOf(found[1]);
    const known = messageOf(path) ?? '';
    const printed = commonLength(text, FAILURE.lastIndex, known);
    const after = text[FAILURE.lastIndex + printed];
    const isWhole = printed >= SURELY_PRINTED || (printed === known.length && (after === '\n' || after === undefined));
    const message = isWhole ? known : text.slice(FAILURE.lastIndex).split('\n', 1)[0];
    failures.push({ path, message, cycle });
    FAILURE.lastIndex += isWhole ? printed : message.length;
  }
  return failures.length > 0 ? failures : [{ path: '?', message: text.trim() || 'the design called $stop', cycle }];
}

/** How many characters of `text` from `from` on are those at the beginning of `known`. */
function commonLength(text: string, from: number, known: string): number {
  let n = 0;
  while (n < known.length && text[from + n] === known[n]) n++;
  return n;
}
