/** How addresses and values are written for people. Must not know files nor engines. */
import { printable } from '../../gen/printable.ts';
import type { SymbolPlace } from '../elf.ts';

/** Whatever can name an address, for instance an `ElfImage`. */
export interface Symbols {
  nearestSymbol(address: number): SymbolPlace | undefined;
}

/** Eight lower-case digits. */
export const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** `main+0x4`, `main`; '' where nothing is near. */
export function placeOf(address: number, symbols: Symbols | undefined): string {
  const place = symbols?.nearestSymbol(address);
  if (!place) return '';
  const name = printable(place.name);
  return place.offset === 0 ? name : `${name}+0x${place.offset.toString(16)}`;
}

/** `0x80000010 <main+0x4>`, or the address alone. */
export function addressText(address: number, symbols: Symbols | undefined): string {
  const place = placeOf(address, symbols);
  return `0x${hex32(address)}${place === '' ? '' : ` <${place}>`}`;
}
