/** A small seeded generator of random numbers, so that a failing random design can be made again from its seed. */
export class Rng {
  private state: number;
  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in 0 .. n-1 (mulberry32). */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }

  between(lo: number, hi: number): number {
    return lo + this.below(hi - lo + 1);
  }

  chance(p: number): boolean {
    return this.below(1000) < p * 1000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** `width` random bits; often a corner: 0, 1, all ones, the sign bit alone, or all but the sign bit. */
  bits(width: number): bigint {
    const all = (1n << BigInt(width)) - 1n;
    const sign = 1n << BigInt(width - 1);
    const corner = this.below(12);
    if (corner < 5) return [0n, 1n & all, all, sign, sign - 1n][corner];
    let v = 0n;
    for (let i = 0; i < width; i += 16) v = (v << 16n) | BigInt(this.below(65536));
    return v & all;
  }
}
