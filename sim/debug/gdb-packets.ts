/**
 * Packets of GDB's remote serial protocol (GDB manual, appendix "GDB Remote Serial Protocol", "Overview"): from bytes that
 * nobody vouches for to requests, and back. Keeps at most one packet of bounded size. Must not know what requests mean.
 * Bytes are held as characters 0…255 of strings.
 */

/** Longest packet understood, between `$` and `#`; told to the debugger as PacketSize. */
export const PACKET_BYTES = 16 * 1024;

/** ack, nak: `+` and `-`; interrupt: Ctrl-C; bad: its checksum is wrong; tooLong: it has been thrown away. */
export type Token = { readonly kind: 'packet'; readonly data: string } | { readonly kind: 'ack' | 'nak' | 'interrupt' | 'bad' | 'tooLong' };

const ESCAPE = '}';
const ESCAPE_BIT = 0x20;
const INTERRUPT = '\x03';

/** Two hexadecimal digits: the sum of all characters modulo 256. */
function checksum(data: string): string {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum = (sum + data.charCodeAt(i)) & 0xff;
  return sum.toString(16).padStart(2, '0');
}

const unescape = (data: string): string =>
  data.includes(ESCAPE) ? data.replace(/\}([^])/g, (_, c: string) => String.fromCharCode(c.charCodeAt(0) ^ ESCAPE_BIT)) : data;
const escape = (data: string): string => data.replace(/[#$}*]/g, (c) => ESCAPE + String.fromCharCode(c.charCodeAt(0) ^ ESCAPE_BIT));

/** A packet around a reply. */
export function frame(reply: string): string {
  const data = escape(reply);
  return `$${data}#${checksum(data)}`;
}

/** Cuts what comes over a connection into tokens, however it was cut into pieces before. */
export class PacketReader {
  private state: 'between' | 'data' | 'checksum' = 'between';
  private data = '';
  private digits = '';
  private isTooLong = false;

  /** What is complete by now. Characters between packets that mean nothing are dropped, and so is a packet cut off by the next `$`. */
  push(bytes: Uint8Array): Token[] {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const tokens: Token[] = [];
    for (let at = 0; at < text.length;) at = this.take(text, at, tokens);
    return tokens;
  }

  /** Takes a run of characters and returns where the next one begins. */
  private take(text: string, at: number, tokens: Token[]): number {
    const c = text[at];
    if (c === '$') {
      this.begin();
      return at + 1;
    }
    if (this.state === 'between') {
      if (c === '+') tokens.push({ kind: 'ack' });
      else if (c === '-') tokens.push({ kind: 'nak' });
      else if (c === INTERRUPT) tokens.push({ kind: 'interrupt' });
      return at + 1;
    }
    if (this.state === 'data') {
      let end = at;
      while (end < text.length && text[end] !== '#' && text[end] !== '$') end++;
      if (this.data.length + end - at > PACKET_BYTES) this.isTooLong = true;
      this.data = this.isTooLong ? '' : this.data + text.slice(at, end);
      if (text[end] !== '#') return end;
      this.state = 'checksum';
      return end + 1;
    }
    this.digits += c;
    if (this.digits.length === 2) {
      tokens.push(this.finished());
      this.state = 'between';
    }
    return at + 1;
  }

  private begin(): void {
    this.state = 'data';
    this.data = '';
    this.digits = '';
    this.isTooLong = false;
  }

  private finished(): Token {
    if (this.isTooLong) return { kind: 'tooLong' };
    if (this.digits.toLowerCase() !== checksum(this.data)) return { kind: 'bad' };
    return { kind: 'packet', data: unescape(this.data) };
  }
}

/** Bytes as pairs of hexadecimal digits. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** The bytes that pairs of hexadecimal digits stand for; undefined: they are none. */
export function fromHex(digits: string): Uint8Array | undefined {
  return digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits) ? new Uint8Array(Buffer.from(digits, 'hex')) : undefined;
}

/** A 32-bit value as the target holds it: little-endian. */
export const wordToHex = (value: number): string => toHex(Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));

/** Inverse of `wordToHex`. */
export function hexToWord(digits: string): number | undefined {
  const bytes = digits.length === 8 ? fromHex(digits) : undefined;
  return bytes && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
