/** How long a simulated chip may wait before it is taken to wait for ever. Must not know who waits nor how that is seen. */

export interface Patience {
  /** Cycles in which the unit may have something to do and do nothing. */
  readonly stillCycles: number;
  /** How often a program may get the same answer to the same question while nothing is under way that could change it. */
  readonly answers: number;
}

/** Of two questions that count as one after the other: instructions between them. */
export const MOST_BETWEEN = 64;
const ANSWERS = 1_000_000;
const STILL_CYCLES = 100_000;
/** Of the memory's latency: whoever is first in the queue of a bus that all want is served sooner. */
const STILL_LATENCIES = 1000;

/** For a memory that answers after so many cycles. */
export const patienceFor = (latencyCycles: number): Patience =>
  ({ stillCycles: Math.max(STILL_CYCLES, STILL_LATENCIES * latencyCycles), answers: ANSWERS });
