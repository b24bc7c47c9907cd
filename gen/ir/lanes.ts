/**
 * Lanes: the rounds of a `for`. One object stands for one loop of the design; whatever belongs to it refers to it, so that two loops of
 * equal length are not mixed up.
 */
import type { Site } from '../site.ts';

export interface Lanes {
  /** Rounds, at least 1. */
  readonly count: number;
  readonly site: Site;
}
