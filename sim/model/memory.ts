/**
 * The golden model's address space: RAM at RAM_BASE and devices by the memory map. Tells its owner when a store touches
 * bytes that have been decoded as instructions or that are watched (`tohost`). Must not know the hart nor what instructions
 * mean. Little-endian; assumes a little-endian host for the typed views, as everything that Node runs on is.
 */
import { UserError } from '../../gen/user-error.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import type { Device } from './devices.ts';

/** Size of the pages by which stores are filtered. */
export const PAGE_BITS = 12;
const PAGE_BYTES = 1 << PAGE_BITS;
/** The page holds decoded instructions. */
const PAGE_CODE = 1;
/** The page holds the watched word. */
const PAGE_WATCH = 2;

export interface MemoryHooks {
  /** Decoded bytes [offset, offset + length) of RAM have been overwritten. */
  codeChanged(offset: number, length: number): void;
  /** The watched word holds a new value (0…2³²−1). Only stores of the hart are watched, and only those of the whole word. */
  watchedWritten(value: number): void;
}

export class Memory {
  readonly ram: Uint8Array;
  readonly ram8: Int8Array;
  readonly ram16: Int16Array;
  readonly ramU16: Uint16Array;
  readonly ram32: Int32Array;
  /** Not 0: stores to this page must go through `storeFlagged`. */
  readonly pageFlags: Uint8Array;
  private watched = -1;

  /** @param ramBytes bytes of RAM, a multiple of 4 up to 2³¹ − 4096 */
  constructor(readonly ramBytes: number, private readonly devices: readonly Device[], private readonly hooks: MemoryHooks) {
    if (!Number.isInteger(ramBytes) || ramBytes <= 0 || ramBytes % 4 !== 0 || ramBytes > 2 ** 31 - PAGE_BYTES) {
      throw new UserError(`RAM of ${ramBytes} bytes: must be a multiple of 4 from 4 to ${2 ** 31 - PAGE_BYTES}; change the memory size`);
    }
    // Whole pages, so that the hart can decode up to a page's end without asking; only ramBytes of it can be addressed.
    const buffer = new ArrayBuffer(Math.ceil(ramBytes / PAGE_BYTES) * PAGE_BYTES);
    this.ram = new Uint8Array(buffer);
    this.ram8 = new Int8Array(buffer);
    this.ram16 = new Int16Array(buffer);
    this.ramU16 = new Uint16Array(buffer);
    this.ram32 = new Int32Array(buffer);
    this.pageFlags = new Uint8Array(buffer.byteLength / PAGE_BYTES);
  }

  /** Offset in RAM of [address, address + length), or -1 when not all of it is RAM. */
  ramOffset(address: number, length: number): number {
    const offset = (address >>> 0) - RAM_BASE;
    return offset >= 0 && offset + length <= this.ramBytes ? offset : -1;
  }

  /** Asks for `codeChanged` when the page of this RAM offset is written. */
  markCode(offset: number): void {
    this.pageFlags[offset >>> PAGE_BITS]! |= PAGE_CODE;
  }

  /** Watches the word at an address, a multiple of 4 in RAM; undefined: none. Throws RangeError when it is not in RAM. */
  watch(address: number | undefined): void {
    for (let i = 0; i < this.pageFlags.length; i++) this.pageFlags[i]! &= ~PAGE_WATCH;
    this.watched = -1;
    if (address === undefined) return;
    const offset = this.ramOffset(address, 4);
    if (offset < 0 || offset % 4 !== 0) throw new RangeError(`0x${address.toString(16)} is no word of RAM`);
    this.watched = offset;
    this.pageFlags[offset >>> PAGE_BITS]! |= PAGE_WATCH;
  }

  /** To be called after a store of the hart to a flagged page. */
  storeFlagged(offset: number, size: number): void {
    if (this.pageFlags[offset >>> PAGE_BITS]! & PAGE_CODE) this.hooks.codeChanged(offset, size);
    // As on the simulated board, which sees one write at a time: the whole word or nothing.
    if (offset === this.watched && size === 4) this.hooks.watchedWritten(this.word(this.watched));
  }

  /** Aligned load of 1, 2 or 4 bytes from a device, zero-extended; undefined when there is none. */
  loadDevice(address: number, size: number): number | undefined {
    const device = this.deviceAt(address);
    if (!device) return undefined;
    const offset = (address >>> 0) - device.region.base;
    const word = device.read(offset & ~3);
    return (size === 4 ? word : (word >>> (8 * (offset & 3))) & (size === 1 ? 0xff : 0xffff)) >>> 0;
  }

  /** Aligned store of 1, 2 or 4 bytes to a device; false when there is none. */
  storeDevice(address: number, size: number, value: number): boolean {
    const device = this.deviceAt(address);
    if (!device) return false;
    const offset = (address >>> 0) - device.region.base;
    const lane = offset & 3;
    device.write(offset & ~3, (value << (8 * lane)) >>> 0, ((1 << size) - 1) << lane);
    return true;
  }

  /** Copies bytes out of RAM; false (nothing copied) when not all of them are RAM. For bus masters and tools. */
  readBlock(address: number, into: Uint8Array): boolean {
    const offset = this.ramOffset(address, into.length);
    if (offset < 0) return false;
    into.set(this.ram.subarray(offset, offset + into.length));
    return true;
  }

  /** Copies bytes into RAM; false (nothing copied) when not all of it is RAM. For bus masters and tools. */
  writeBlock(address: number, bytes: Uint8Array): boolean {
    const offset = this.ramOffset(address, bytes.length);
    if (offset < 0) return false;
    this.ram.set(bytes, offset);
    this.written(offset, bytes.length);
    return true;
  }

  /** Zeroes RAM; false (nothing changed) when not all of it is RAM. */
  clearBlock(address: number, length: number): boolean {
    const offset = this.ramOffset(address, length);
    if (offset < 0) return false;
    this.ram.fill(0, offset, offset + length);
    this.written(offset, length);
    return true;
  }

  private written(offset: number, length: number): void {
    for (let page = offset >>> PAGE_BITS; page << PAGE_BITS < offset + length; page++) {
      if (!(this.pageFlags[page]! & PAGE_CODE)) continue;
      const start = Math.max(offset, page << PAGE_BITS);
      this.hooks.codeChanged(start, Math.min(offset + length, (page + 1) << PAGE_BITS) - start);
    }
  }

  private word(offset: number): number {
    const r = this.ram;
    return (r[offset]! | (r[offset + 1]! << 8) | (r[offset + 2]! << 16) | (r[offset + 3]! << 24)) >>> 0;
  }

  private deviceAt(address: number): Device | undefined {
    const a = address >>> 0;
    return this.devices.find(({ region }) => a >= region.base && a < region.base + region.bytes);
  }
}
