import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../gen/user-error.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { parseElf } from '../../sim/elf.ts';
import { checkProgram } from '../../sim/load-program.ts';
import { writeElf } from '../../sw/elf-writer.ts';
import { gnuDisassembleElf, gnuReadelf, hasGnuToolchain } from '../hw/isa/gnu-toolchain.ts';
import { checkProperty } from '../support/property.ts';

const gnu = hasGnuToolchain();

const INPUT = {
  entry: 0x8000_0000,
  segments: [
    { name: '.text', address: 0x8000_0000, bytes: new Uint8Array([0x13, 0x05, 0x50, 0x00, 0x33, 0x25, 0xb5, 0x20]), executable: true },
    { name: '.data', address: 0x8000_1002, bytes: new Uint8Array([1, 2, 3]), memSize: 100, writable: true },
    { name: '.bss', address: 0x8000_2000, bytes: new Uint8Array(0), memSize: 64, writable: true },
  ],
  symbols: [
    { name: 'tohost', value: 0x8000_1002, kind: 'object' as const },
    { name: '_start', value: 0x8000_0000, kind: 'function' as const },
    { name: 'second', value: 0x8000_0004 },
    { name: 'size', value: 5 },
    { name: 'end', value: 0x8000_2040 },
    { name: '__proto__', value: 7 },
  ],
  arch: 'rv32i2p1_m2p0_zba1p0_zbb1p0_zbs1p0',
  exitReasons: [{ first: 4, last: 4, text: 'the chip is another one' }, { first: 1000, last: 1031, text: 'a trap came' }],
};
const GOOD = writeElf(INPUT);
const CHIP = loadConfig('base');

/** GOOD with bytes changed. */
function changed(edits: Readonly<Record<number, number>>): Uint8Array {
  const bytes = GOOD.slice();
  for (const [at, value] of Object.entries(edits)) bytes[Number(at)] = value;
  return bytes;
}

describe('an ELF file that we write', () => {
  it('reads back with the same segments, symbols and entry', () => {
    const elf = parseElf(GOOD, 'good.elf');
    expect(elf.entry).toBe(0x8000_0000);
    expect(elf.segments.map((s) => [s.address, [...s.bytes], s.memSize, s.executable, s.writable])).toEqual([
      [0x8000_0000, [0x13, 0x05, 0x50, 0x00, 0x33, 0x25, 0xb5, 0x20], 8, true, false],
      [0x8000_1002, [1, 2, 3], 100, false, true],
      [0x8000_2000, [], 64, false, true],
    ]);
    expect(new Map([...elf.symbols].sort())).toEqual(new Map(INPUT.symbols.map((s): [string, number] => [s.name, s.value]).sort()));
    expect(elf.usesCompressed).toBe(false);
    expect(elf.arch).toBe(INPUT.arch);
    expect(elf.exitReasons).toEqual(INPUT.exitReasons);
  });

  it('names the symbol before an address, inside the same segment only', () => {
    const { nearestSymbol } = parseElf(GOOD);
    expect(nearestSymbol(0x8000_0000)).toEqual({ name: '_start', offset: 0 });
    expect(nearestSymbol(0x8000_0007)).toEqual({ name: 'second', offset: 3 });
    expect(nearestSymbol(0x8000_1060)).toEqual({ name: 'tohost', offset: 0x5e });
    expect(nearestSymbol(0x8000_2000)).toBeUndefined();
    expect(nearestSymbol(5)).toBeUndefined();
  });

  it('does not depend on anything but its input', () => {
    expect(writeElf({ ...INPUT, segments: [...INPUT.segments].reverse(), symbols: [...INPUT.symbols].reverse() })).toEqual(GOOD);
  });

  it('is refused when segments overlap or leave the address space', () => {
    const [text] = INPUT.segments;
    expect(() => writeElf({ ...INPUT, segments: [text!, { ...text!, name: '.b', address: 0x8000_0004 }] }))
      .toThrow('section .b: at 0x80000004 overlaps the section before it; move it');
    expect(() => writeElf({ ...INPUT, segments: [{ ...text!, address: 0xffff_fffc }] }))
      .toThrow('section .text: 8 bytes at 0xfffffffc leave the 32-bit address space; move it');
  });

  it.skipIf(!gnu)('is understood by GNU readelf and objdump', () => {
    const text = gnuReadelf(GOOD, ['-W', '-h', '-l', '-S', '-s', '-A']);
    const parts = ['0x80000000', 'EXEC (Executable file)', 'FUNC    GLOBAL DEFAULT    1 _start', 'ABS size', 'zbs1p0'];
    for (const part of parts) expect(text).toContain(part);
    expect(text).toMatch(/LOAD +0x[0-9a-f]+ 0x80001002 0x80001002 0x00003 0x00064 RW/);
    expect(gnuDisassembleElf(GOOD)).toMatch(/80000000 <_start>:\n.*addi\ta0,zero,5\n\n80000004 <second>:\n.*sh1add\ta0,a0,a1/);
  });
});

describe('an ELF file that is not for us', () => {
  const errors: readonly [string, Uint8Array, string][] = [
    ['text', new TextEncoder().encode('hello'), 'x.elf: not an ELF file (no 7f 45 4c 46 at its start); give a linked RISC-V program'],
    ['empty', new Uint8Array(0), 'x.elf: not an ELF file (no 7f 45 4c 46 at its start); give a linked RISC-V program'],
    ['64-bit', changed({ 4: 2 }), 'x.elf: a 64-bit ELF; the core is RV32: build with -march=rv32imc_zicsr_zifencei -mabi=ilp32'],
    ['big-endian', changed({ 5: 2 }), 'x.elf: a big-endian ELF; build for little-endian RISC-V (riscv64-unknown-elf-gcc -march=rv32imc…)'],
    ['x86', changed({ 18: 62 }),
      'x.elf: built for ELF machine 62, not RISC-V (243); build with a RISC-V compiler (riscv64-unknown-elf-gcc)'],
    ['relocatable', changed({ 16: 1 }),
      'x.elf: ELF type 1, not an executable (2); link it to fixed addresses (not -c, -r, -shared or -pie)'],
    ['cut in the header', GOOD.slice(0, 40),
      'x.elf: ends after 40 bytes, inside the ELF header; the file is cut off or damaged: build or copy it again'],
    ['without segments', changed({ 44: 0 }), 'x.elf: has no segment to load; link it to fixed addresses with a linker script'],
    ['with a huge segment', changed({ 72: 0xff, 73: 0xff, 74: 0xff, 75: 0xff }),
      'x.elf: segment 0 (4294967295 bytes at 0x80000000) leaves the 32-bit address space; mend the linker script'],
    ['with more in the file than in memory', changed({ 68: 200 }),
      'x.elf: segment 0 has 200 bytes in the file but 8 in memory; the file is cut off or damaged: build or copy it again'],
  ];
  it.each(errors)('(%s) gets one clear line', (_, bytes, message) => {
    expect(() => parseElf(bytes, 'x.elf')).toThrow(new UserError(message));
  });

  it('is refused wherever it is cut off, without any other error', () => {
    for (let length = 0; length < GOOD.length; length++) expect(() => parseElf(GOOD.subarray(0, length), 'x')).toThrow(UserError);
  });

  it('never causes another error, whatever its bytes', () => {
    const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0xff), fc.nat(255));
    const edits = fc.array(fc.tuple(fc.nat(GOOD.length - 1), byte), { minLength: 1, maxLength: 6 });
    checkProperty(fc.property(edits, (list) => {
      try {
        const elf = parseElf(changed(Object.fromEntries(list)), 'x');
        elf.nearestSymbol(elf.entry);
        checkProgram(elf, CHIP);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }), { runs: 13_000, seconds: 30 });
  });

  it('is refused when its attributes are damaged, at once', () => {
    const mend = '; build it again, or take them out (riscv64-unknown-elf-objcopy -R .riscv.attributes)';
    const at = GOOD.findIndex((_, i) => new TextDecoder().decode(GOOD.subarray(i + 5, i + 10)) === 'riscv');
    const damages: readonly [Record<number, number>, string][] = [
      [{ [at]: 0x42 }, 'unknown format'],
      [{ [at + 1]: 3 }, 'a length that leaves the section'],
      [{ [at + 1]: 255 }, 'a length that leaves the section'],
      [{ [at + 4]: 255 }, 'a length that leaves the section'],
      [{ [at + 12]: 200 }, 'a length that leaves the section'],
      [{ [at + 11]: 255, [at + 12]: 255, [at + 13]: 255, [at + 14]: 255, [at + 15]: 255 }, 'a number of more than 32 bits'],
    ];
    for (const [edits, what] of damages) {
      expect(() => parseElf(changed(edits), 'x.elf')).toThrow(new UserError(`x.elf: its build attributes are damaged: ${what}${mend}`));
    }
    // Those of another vendor, and of single sections, say nothing of the program.
    expect(parseElf(changed({ [at + 5]: 0x78 }), 'x').arch).toBeUndefined();
    expect(parseElf(changed({ [at + 11]: 2 }), 'x').arch).toBeUndefined();
  });

  it('cannot blow up memory with symbol names that share bytes', () => {
    const count = 60_000;
    const names = 4000;
    const bytes = new Uint8Array(GOOD.length + 16 * count + names + 1).fill(0x61);
    bytes.set(GOOD);
    bytes[bytes.length - 1] = 0;
    const view = new DataView(bytes.buffer);
    const sections = view.getUint32(32, true);
    const at = (index: number, field: number): number => sections + 40 * index + field;
    const symtab = Array.from({ length: view.getUint16(48, true) }, (_, i) => i).find((i) => view.getUint32(at(i, 4), true) === 2)!;
    view.setUint32(at(symtab, 16), GOOD.length, true);
    view.setUint32(at(symtab, 20), 16 * count, true);
    view.setUint32(at(symtab + 1, 16), GOOD.length + 16 * count, true);
    view.setUint32(at(symtab + 1, 20), names + 1, true);
    for (let i = 0; i < count; i++) {
      view.setUint32(GOOD.length + 16 * i, i % 100, true);
      view.setUint32(GOOD.length + 16 * i + 12, 0x0001_0010, true);
    }
    expect(() => parseElf(bytes, 'x')).toThrow(
      'x: symbol names of more than 67108864 bytes; strip the program (riscv64-unknown-elf-strip)',
    );
  });
});
