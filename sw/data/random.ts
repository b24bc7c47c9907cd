// Random numbers that are the same on every machine and in every run: a seed is always given, never taken from a clock.
// Must not know: what the numbers are for.

/**
 * xoshiro128++ 1.0 (D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2019): four 32-bit words of state,
 * filled from the seed by a Weyl sequence and MurmurHash3's finaliser, so that near-by seeds give unrelated streams.
 */
export class Random {
  private readonly state = new Uint32Array(4);

  /** @param seed any integer; its low 32 bits count */
  constructor(seed: number) {
    for (let index = 0; index < 4; index += 1) this.state[index] = mix32((seed + Math.imul(index + 1, 0x9e3779b9)) | 0);
  }

  /** The next 32 bits, as an integer in 0..2^32-1. */
  uint32(): number {
    const s = this.state;
    const result = (rotateLeft(s[0] + s[3] | 0, 7) + s[0]) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A number in [0, 1), a multiple of 2^-32. */
  unit(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer in 0..bound-1, `bound` at most 2^32. Rejects the uneven rest of the range, so every value is equally likely. */
  below(bound: number): number {
    const even = 2 ** 32 - 2 ** 32 % bound;
    let value = this.uint32();
    while (value >= even) value = this.uint32();
    return value % bound;
  }

  /** Shuffles in place (Fisher and Yates, from the end). Returns its argument. */
  shuffle<T extends { [index: number]: number; readonly length: number }>(items: T): T {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [items[last], items[other]] = [items[other], items[last]];
    }
    return items;
  }
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

function mix32(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
