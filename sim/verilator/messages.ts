/** What a verilated design prints when one of its checks fails, as a failure of the interface. Pure. */
import type { AssertionFailure } from '../simulator.ts';
import { pathOfReportedScope } from './hierarchy.ts';

/** `[0] %Error: Core.sv:31: Assertion failed in <scope>: TOP.SystoleShell.Chip.core.pcAligned: message`; the printer writes the end. */
const FAILURE = /%Error: [^:]+:\d+: Assertion failed in [^:]+: ([^:\s]+): (.*)/g;

/** The failures in `text`, which the design printed at the edge that ended `cycle`; at least one. */
export function parseFailures(text: string, cycle: number): AssertionFailure[] {
  const found = [...text.matchAll(FAILURE)];
  if (found.length === 0) return [{ path: '?', message: text.trim() || 'the design called $stop', cycle }];
  return found.map(([, path, message]) => ({ path: pathOfReportedScope(path), message: message.trimEnd(), cycle }));
}
