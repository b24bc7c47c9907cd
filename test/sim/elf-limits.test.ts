/** Sizes in a segment's header at and beyond their limits, to the byte. */
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseElf } from '../../sim/elf.ts';
import { readElf } from '../../sim/elf-file.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';

interface Sizes {
  readonly fileBytes?: (n: number, rest: number) => number;
  readonly memoryBytes?: (n: number) => number;
}

/** A program whose one segment says that it has so many bytes in the file and in memory; undefined: as it is. */
function elf({ fileBytes, memoryBytes }: Sizes): Uint8Array {
  const bytes = programToElf(assemble('.globl _start\n_start: nop\nnop\nj _start\n')).slice();
  const view = new DataView(bytes.buffer);
  const header = view.getUint32(28, true);
  const size = view.getUint32(header + 16, true);
  const rest = bytes.length - view.getUint32(header + 4, true);
  view.setUint32(header + 16, fileBytes?.(size, rest) ?? size, true);
  view.setUint32(header + 20, memoryBytes?.(size) ?? view.getUint32(header + 16, true), true);
  return bytes;
}

it('a segment may be larger in memory than in the file, not smaller, and must lie in the file', () => {
  expect(parseElf(elf({ memoryBytes: (n) => n + 1 })).segments[0].memSize).toBe(13);
  expect(parseElf(elf({ memoryBytes: (n) => n })).segments[0].memSize).toBe(12);
  expect(() => parseElf(elf({ memoryBytes: (n) => n - 1 }))).toThrow('12 bytes in the file but 11 in memory');
  expect(parseElf(elf({ fileBytes: (_, rest) => rest })).segments).toHaveLength(1);
  expect(() => parseElf(elf({ fileBytes: (_, rest) => rest + 1 }))).toThrow('past the end');
});

it.runIf(existsSync('/proc/self/io'))('a large file that is no program is not read to its end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'systole-elf-'));
  try {
    const file = join(folder, 'zeros');
    writeFileSync(file, '');
    truncateSync(file, 2 ** 28);
    const bytesRead = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
    const before = bytesRead();
    expect(() => readElf(file)).toThrow(`${file}: not an ELF file (no 7f 45 4c 46 at its start); give a linked RISC-V program`);
    expect(bytesRead() - before).toBeLessThan(2 ** 24);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
