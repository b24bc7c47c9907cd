// A bounded reader that walks the header of a GGUF file: every read is checked against the file's end first.
// Must not know: what the values mean.
import { UserError } from '../../gen/user-error.ts';
import type { ByteSource } from './byte-source.ts';

const WINDOW_BYTES = 1 << 16;

/** No honest header comes near it (a large tokenizer has 10 MiB); it bounds the memory that a hostile one can claim. */
const MAX_HEADER_BYTES = 1 << 28;

const CUT_OFF = 'the file is cut off, get a complete copy';

/** Reads little-endian values one after another; keeps one window of the source in memory. */
export class GgufCursor {
  readonly source: ByteSource;
  /** The byte of the file that is read next. */
  offset = 0;
  private window: DataView = new DataView(new ArrayBuffer(0));
  private windowStart = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(source: ByteSource) {
    this.source = source;
  }

  get remaining(): number {
    return this.source.byteLength - this.offset;
  }

  /** A complaint about `offset`; the text says what is wrong, then `; `, then the mend. */
  error(offset: number, text: string): UserError {
    return new UserError(`${this.source.label}: byte ${offset}: ${text}`);
  }

  /** Throws unless `count` bytes are left; `count` may be a huge number that a hostile file declares. */
  require(count: number | bigint, what: string): void {
    if (count > this.remaining) {
      throw this.error(this.offset, `${what} needs ${count} bytes but ${this.remaining} are left; ${CUT_OFF}`);
    }
    if (Number(count) > MAX_HEADER_BYTES - this.offset) {
      throw this.error(this.offset, `${what} would make the header larger than ${MAX_HEADER_BYTES} bytes; use a file with a smaller one`);
    }
  }

  /** Throws unless `count` items of at least `minimumBytes` each can still follow. Returns the count as a number. */
  requireItems(count: bigint, minimumBytes: number, what: string): number {
    if (count * BigInt(minimumBytes) > BigInt(this.remaining)) {
      throw this.error(
        this.offset,
        `${count} ${what} cannot fit into the ${this.remaining} bytes that are left; the count is damaged or the file is cut off, `
        + 'get a complete copy',
      );
    }
    return Number(count);
  }

  uint32(what: string): number {
    const at = this.advance(4, what);
    return this.view(at, 4).getUint32(at - this.windowStart, true);
  }

  uint64(what: string): bigint {
    const at = this.advance(8, what);
    return this.view(at, 8).getBigUint64(at - this.windowStart, true);
  }

  /** The next `length` bytes, copied. */
  bytes(length: number, what: string): Uint8Array {
    const start = this.advance(length, what);
    if (length > WINDOW_BYTES) return this.source.read(start, length);
    const view = this.view(start, length);
    return new Uint8Array(view.buffer, view.byteOffset + start - this.windowStart, length).slice();
  }

  /** A string: its length in bytes as 64 bits, then UTF-8. */
  string(what: string, maximumBytes: number): string {
    const start = this.offset;
    const length = this.uint64(what);
    this.require(length, what);
    if (length > maximumBytes) throw this.error(start, `${what} has ${length} bytes; at most ${maximumBytes} are allowed`);
    const bytes = this.bytes(Number(length), what);
    try {
      return this.decoder.decode(bytes);
    } catch {
      throw this.error(start, `${what} is not valid UTF-8; write the file again with UTF-8 text`);
    }
  }

  /** Steps over `count` bytes that must be there; returns where they start. */
  private advance(count: number, what: string): number {
    this.require(count, what);
    const start = this.offset;
    this.offset += count;
    return start;
  }

  /** The window, moved if need be so that it holds the `count` bytes at `start`; `count` is at most its size. */
  private view(start: number, count: number): DataView {
    if (start < this.windowStart || start + count > this.windowStart + this.window.byteLength) {
      const bytes = this.source.read(start, Math.min(WINDOW_BYTES, this.source.byteLength - start));
      this.window = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.windowStart = start;
    }
    return this.window;
  }
}
