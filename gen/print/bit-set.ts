/** A set of bit positions, added to range by range. Must not know what the bits are. */
export class BitSet {
  private words = new Uint32Array(1);
  /** Everything below this is in the set: what is read as a whole is often read as a whole again. */
  private full = 0;

  add(lo: number, width: number): void {
    const end = lo + width;
    if (end <= this.full) return;
    if (end > this.words.length * 32) {
      const grown = new Uint32Array(Math.max(2 * this.words.length, Math.ceil(end / 32)));
      grown.set(this.words);
      this.words = grown;
    }
    for (let at = Math.max(lo, this.full); at < end;) {
      const next = Math.min(end, (Math.floor(at / 32) + 1) * 32);
      const count = next - at;
      this.words[at >> 5] |= count === 32 ? 0xffffffff : ((1 << count) - 1) << (at & 31);
      at = next;
    }
    if (lo <= this.full) this.full = end;
  }

  has(bit: number): boolean {
    return bit < this.full || (bit < this.words.length * 32 && ((this.words[bit >> 5] >>> (bit & 31)) & 1) === 1);
  }

  /** Ranges of bits below `end` that are not in the set, as long as they can be, ascending. */
  gaps(end: number): { readonly lo: number; readonly hi: number }[] {
    const ranges: { readonly lo: number; readonly hi: number }[] = [];
    for (let lo = this.next(0, end, false); lo < end;) {
      const after = this.next(lo, end, true);
      ranges.push({ lo, hi: after - 1 });
      lo = this.next(after, end, false);
    }
    return ranges;
  }

  /** The first bit from `at` on that is in the set, or is not; `end` if none is. */
  private next(at: number, end: number, isIn: boolean): number {
    const same = isIn ? 0 : 0xffffffff;
    let bit = isIn ? at : Math.max(at, this.full);
    while (bit < end && this.has(bit) !== isIn) {
      // Whole words at once.
      bit += (bit & 31) === 0 && (this.words[bit >> 5] ?? 0) === same ? 32 : 1;
    }
    return Math.min(bit, end);
  }
}
