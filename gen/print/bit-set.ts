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
}
