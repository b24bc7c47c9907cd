/**
 * Places in linear memory. A slot is one independently ordered piece of state (a register, a memory, one array of a
 * grid): the scheduler keeps loads of a slot before stores to it. Must not know expressions or code.
 */

export interface Slot {
  readonly id: number;
  readonly name: string;
}

/**
 * How a load or store finds its bytes. `abs`: at a fixed address; `dynamic`: at an address computed in the design;
 * `cell`, `row`, `column`: relative to the running indices of a loop over cells; `bit`: the bit of the cell's number, counted from an
 * address; `round`: at a fixed address, where each round of a loop
 * finds what the one before it has left.
 */
export type Base = 'abs' | 'dynamic' | 'round' | 'cell' | 'row' | 'column' | 'bit';

export type AccessBytes = 1 | 2 | 4 | 8;

/** Bytes that hold one scalar of `width` bits: a power of two up to 8, then multiples of 8. */
export function storageBytes(width: number): number {
  if (width <= 8) return 1;
  if (width <= 16) return 2;
  if (width <= 32) return 4;
  return Math.ceil(width / 64) * 8;
}

/** Bytes of 16 elements, and the same again. */
const SLACK = 256;

/** Hands out addresses and slots; everything starts at zero. */
export class Arena {
  private next = 64;
  private slots = 0;

  slot(name: string): Slot {
    return { id: this.slots++, name };
  }

  /** Address of `bytes` fresh bytes, aligned to 16 where that is large enough to matter. */
  allocate(bytes: number): number {
    const align = bytes >= 16 ? 16 : bytes > 4 ? 8 : bytes > 2 ? 4 : bytes;
    this.next = Math.ceil(this.next / align) * align;
    const address = this.next;
    this.next += bytes;
    return address;
  }

  /** Makes the next address at least this: a static offset of an instruction cannot be negative. */
  startAt(address: number): void {
    this.next = Math.max(this.next, address);
  }

  /** Bytes in use, with slack so that a wide load of the last value, or a load of 16 from the last on, stays inside. */
  get bytes(): number {
    return this.next + SLACK;
  }
}
