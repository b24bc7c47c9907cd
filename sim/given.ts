/**
 * What an engine may be given, checked in one place for all engines: values for ports, numbers of cycles, ranges of bytes, names.
 * Must not know any engine. Whatever does not fit is a `UserError` with the line that gave it; nothing is cut off silently.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { designFault } from '../gen/design-given.ts';
import { typeName, widthOf } from '../gen/ir/types.ts';
import type { Type } from '../gen/ir/types.ts';
import { hereOutside } from '../gen/site.ts';
import { UserError } from '../gen/user-error.ts';

const ROOM = dirname(fileURLToPath(import.meta.url));

/** A mistake of whoever uses a simulator: what is wrong, the line outside this room, the mend. */
export function misuse(what: string, mend?: string): UserError {
  return new UserError(`simulator: ${what}  at ${hereOutside(ROOM)}${mend === undefined ? '' : `; ${mend}`}`);
}

export function usedAfterClose(): UserError {
  return misuse('used after close()', 'create another one');
}

/** The bits to drive `port` with: those of `value`, which must be a bit pattern of the port's width, as `peek` returns them. */
export function bitsToPoke(port: string, type: Type, value: unknown): bigint {
  if (typeof value !== 'bigint' && typeof value !== 'number') throw misuse(`${port}: ${shown(value)} is no number`, 'poke a number or a bigint');
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw misuse(`${port}: ${value} is no whole number that a number holds exactly`, 'poke a whole number, from 2^53 on as a bigint');
  }
  const bits = BigInt(value);
  const width = widthOf(type);
  if (bits >= 0n && bits < 1n << BigInt(width)) return bits;
  const range = width <= 64 ? `0..${(1n << BigInt(width)) - 1n}` : `0..2^${width}-1`;
  const mend = bits < 0n ? `poke its bit pattern, BigInt.asUintN(${width}, …)` : 'poke a value in range, or widen the port';
  throw misuse(`${port}: ${shown(value)} is no bit pattern of ${typeName(type)} (${range})`, mend);
}

/** A number of cycles: whole, not negative. */
export function checkCycles(cycles: unknown): void {
  if (typeof cycles !== 'number' || !Number.isSafeInteger(cycles) || cycles < 0) throw misuse(`${shown(cycles)} is not a number of cycles`, 'give 0 or more');
}

/** Part of a memory of `bytes` bytes. */
export function checkRange(path: string, bytes: number, offset: unknown, length: unknown): void {
  if (!isCount(offset) || !isCount(length)) throw misuse(`${path}: ${shown(length)} bytes at ${shown(offset)}`, 'give whole numbers of bytes, 0 or more');
  if (offset + length > bytes) throw misuse(`${path}: bytes ${offset} to ${offset + length - 1} are outside its ${bytes} bytes`);
}

const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;

/** The bytes to write to a memory. */
export function checkBytes(path: string, data: unknown): void {
  if (!(data instanceof Uint8Array)) throw misuse(`${path}: ${shown(data)} is no Uint8Array`, 'write bytes');
}

/** A design, elaborated. */
export function checkDesign(design: unknown): void {
  const fault = designFault(design);
  if (fault) throw misuse(fault.what, fault.mend);
}

/** Names or paths. */
export function checkPaths(paths: unknown): void {
  if (!Array.isArray(paths)) throw misuse(`${shown(paths)} is no list of paths`, 'give the signals\' names in a list');
  for (const path of paths) checkPath(path);
}

/** A name or path. */
export function checkPath(path: unknown): void {
  if (typeof path !== 'string') throw misuse(`${shown(path)} is no path of a signal`, 'give its name as a string');
}

/** Names for an error, not more than a reader takes in. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const shorter = all.slice(0, 12).join(', ');
  if (all.length === 0) return 'none';
  return all.length > 12 ? `${shorter} and ${all.length - 12} more` : shorter;
}

/** `value` in an error; of a long number its size. */
function shown(value: unknown): string {
  if (typeof value === 'bigint') {
    const digits = value.toString(16).replace('-', '').length;
    return digits <= 64 ? String(value) : `a ${value < 0n ? 'negative ' : ''}number of ${4 * digits} bits`;
  }
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' && value !== null ? 'an object' : typeof value === 'function' ? 'a function' : String(value);
}
