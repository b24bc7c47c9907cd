/**
 * The signature of a test of the riscv-arch-test suite: the memory that the program has filled between two symbols, in the
 * suite's reference format. Must not know engines nor files.
 */
import { UserError } from '../../gen/user-error.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import type { ElfImage } from '../elf.ts';
import { hex32 } from './symbols.ts';

export const SIGNATURE_SYMBOLS = { begin: 'begin_signature', end: 'end_signature' } as const;

export interface MemoryRange {
  readonly address: number;
  readonly bytes: number;
}

/** Where the signature will be. Throws UserError when the symbols do not enclose whole words of RAM. */
export function signatureRange(elf: ElfImage, ramBytes: number): MemoryRange {
  const { begin, end } = SIGNATURE_SYMBOLS;
  const [from, to] = [begin, end].map((name) => {
    const address = elf.symbols.get(name);
    if (address === undefined) {
      throw new UserError(`${elf.file}: has no symbol ${name}; a signature needs ${begin} and ${end}, kept in the symbol table (do not strip it)`);
    }
    return address;
  }) as [number, number];
  const where = `signature 0x${hex32(from)}…0x${hex32(to)}`;
  if (to < from) throw new UserError(`${elf.file}: ${where}: ${end} is before ${begin}; exchange the labels`);
  if ((from | to) & 3) throw new UserError(`${elf.file}: ${where} is not of whole words; align both labels to 4 bytes`);
  if (from < RAM_BASE || to > RAM_BASE + ramBytes) {
    const ram = `0x${hex32(RAM_BASE)}…0x${hex32(RAM_BASE + ramBytes)}`;
    throw new UserError(`${elf.file}: ${where} is outside RAM ${ram}; mend the linker script or enlarge simulation.ram`);
  }
  return { address: from, bytes: to - from };
}

/** 32-bit little-endian words, one a line, eight lower-case digits, in order of address. */
export function signatureText(memory: Uint8Array): string {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const lines: string[] = [];
  for (let at = 0; at < memory.length; at += 4) lines.push(`${hex32(view.getUint32(at, true))}\n`);
  return lines.join('');
}
