/**
 * How a direct-mapped cache cuts addresses: tag, line, beat of the line. Shared by the caches; must not know what they do with it.
 */
import { U, UserError, bool, cat, valueOf } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { AXI_BURST_INCR, axiAddress } from './axi4.ts';
import type { AxiParams } from './axi4.ts';
import { isPowerOfTwo } from './power-of-two.ts';

export interface CacheParams extends AxiParams {
  /** Size: a power of two. */
  readonly bytes: number;
  /** Bytes of a line, fetched as one burst: a power of two, from one beat to the whole cache, at most 256 beats and 4 KiB. */
  readonly lineBytes: number;
  /** First address of the part that may be cached. */
  readonly cacheableBase: number;
  /** Its size: a power of two larger than the cache, of which `cacheableBase` is a multiple. */
  readonly cacheableBytes: number;
}

export interface CacheLines {
  readonly lines: number;
  /** Beats of a line. */
  readonly beats: number;
  readonly tagBits: number;
  readonly tag: (address: UInt) => UInt;
  /** Number of the line that holds the address, as address of a memory of `lines` words. */
  readonly index: (address: UInt) => UInt;
  /** Number of the beat that holds the address, among all beats of the cache. */
  readonly place: (address: UInt) => UInt;
  /** Number of beat `beat` of the address's line, among all beats of the cache. */
  readonly placeOf: (address: UInt, beat: UInt | undefined) => UInt;
  /** Number of the address's beat in its line; undefined if a line is one beat. */
  readonly beat: (address: UInt) => UInt | undefined;
  readonly isCacheable: (address: UInt) => Bool;
  /** The burst that fetches the line of the address: incrementing, from its first beat. */
  readonly burst: (address: UInt) => ReturnType<typeof lineBurst>;
}

/** The first size that is wrong, and what is wrong with it; undefined: none. */
export function problemWithCache(p: CacheParams): readonly [keyof CacheParams, string] | undefined {
  for (const size of ['bytes', 'lineBytes', 'cacheableBytes'] as const) {
    if (!isPowerOfTwo(p[size])) return [size, `${p[size]} is not a power of two`];
  }
  if (p.lineBytes < p.dataBytes) return ['lineBytes', `${p.lineBytes} bytes are less than a beat of the bus; use at least ${p.dataBytes}`];
  const longest = Math.min(4096, 256 * p.dataBytes);
  if (p.lineBytes > longest) return ['lineBytes', `${p.lineBytes} bytes are more than one burst; use at most ${longest}`];
  if (p.lineBytes > p.bytes) return ['lineBytes', `${p.lineBytes} bytes are more than the cache has; use at most ${p.bytes}`];
  if (p.bytes < p.cacheableBytes) return undefined;
  return ['bytes', `${p.bytes} bytes hold all of the ${p.cacheableBytes} that may be cached; use at most ${p.cacheableBytes / 2}`];
}

function lineBurst(p: CacheParams, address: UInt) {
  const low = Math.log2(p.lineBytes);
  const addr = cat(address.slice(31, low), U(low).lit(0));
  return valueOf(axiAddress(p), { id: 0, addr, len: p.lineBytes / p.dataBytes - 1, size: Math.log2(p.dataBytes), burst: AXI_BURST_INCR });
}

export function cacheLines(p: CacheParams): CacheLines {
  const problem = problemWithCache(p);
  if (problem) throw new UserError(`cache: ${problem.join(': ')}`);
  const lines = p.bytes / p.lineBytes;
  const beats = p.lineBytes / p.dataBytes;
  const [beatFrom, lineFrom, tagFrom, tagEnd] = [p.dataBytes, p.lineBytes, p.bytes, p.cacheableBytes].map(Math.log2);
  const field = (address: UInt, end: number, from: number): UInt | undefined => (end > from ? address.slice(end - 1, from) : undefined);
  /** Of a memory of one word, which has an address of one bit all the same. */
  const only = U<number>(1).lit(0);
  return {
    lines, beats, tagBits: tagEnd - tagFrom,
    tag: (address) => address.slice(tagEnd - 1, tagFrom),
    index: (address) => field(address, tagFrom, lineFrom) ?? only,
    place: (address) => field(address, tagFrom, beatFrom) ?? only,
    placeOf: (address, beat) => {
      const parts = [field(address, tagFrom, lineFrom), beat].filter((x) => x !== undefined);
      return parts.length > 0 ? cat(...parts) : only;
    },
    beat: (address) => field(address, lineFrom, beatFrom),
    isCacheable: (address) => (tagEnd >= 32 ? bool(true) : address.slice(31, tagEnd).eq(Math.floor(p.cacheableBase / p.cacheableBytes))),
    burst: (address) => lineBurst(p, address),
  };
}
