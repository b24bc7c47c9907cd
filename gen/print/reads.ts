/** Which bits of each declared name something reads. Must not know what reads them. */
import { BitSet } from './bit-set.ts';

export class Reads {
  private readonly read = new Map<string, BitSet>();

  add(name: string, lo: number, width: number): void {
    let bits = this.read.get(name);
    if (!bits) this.read.set(name, (bits = new BitSet()));
    bits.add(lo, width);
  }

  /** As if nothing had been read. */
  forget(name: string): void {
    this.read.delete(name);
  }

  of(name: string): BitSet | undefined {
    return this.read.get(name);
  }
}
