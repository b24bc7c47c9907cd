/** Which of many compromises nothing else beats. Must not know what the numbers mean. */

export interface Cost {
  readonly x: number;
  readonly y: number;
}

/**
 * Marks the Pareto front: costs that no other undercuts in one number without exceeding it in the other. Less is better in
 * both; equal costs are both on the front. null is not on it.
 */
export function paretoFront(costs: readonly (Cost | null)[]): boolean[] {
  const beats = (a: Cost, b: Cost): boolean => a.x <= b.x && a.y <= b.y && (a.x < b.x || a.y < b.y);
  return costs.map((cost) => cost !== null && !costs.some((other) => other !== null && beats(other, cost)));
}
