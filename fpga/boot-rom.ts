/**
 * How a program gets into a board's memory: a loader of 15 instructions in a boot ROM. After reset it takes from the UART
 *
 *   4 bytes: length of the program, little-endian, at least 1
 *   length bytes: the program, from the start of RAM on
 *
 * and jumps to the start of RAM. It answers nothing; what comes back are the program's own bytes. Must not know boards.
 */
import type { ChipConfig } from '../hw/soc/config.ts';
import { RAM_BASE, addressOf } from '../hw/soc/memory-map.ts';
import type { ElfImage } from '../sim/elf.ts';
import { checkExtensions, hartOf, planLoad } from '../sim/load-program.ts';
import { assemble } from '../sw/assembler/index.ts';

/** Where the ROM is seen: below RAM, where nothing else on the memory bus is, so that the instruction cache leaves it alone. */
export const BOOT_ROM_BASE = 0x0000_1000;
export const BOOT_ROM_WORDS = 16;

// The length is received like any other four bytes, to the start of RAM, and read back from there.
const LOADER = `
    .globl _start
_start:
    li    s0, ${addressOf('uartData')}
    li    s1, ${RAM_BASE}         # start of RAM
    addi  s2, s1, 4               # end of what is being received
    li    s3, 0                   # 0: the length is being received
restart:
    mv    s4, s1                  # next place
next:
    lw    a0, 0(s0)
    bltz  a0, next                # bit 31: no byte yet
    sb    a0, 0(s4)
    addi  s4, s4, 1
    bne   s4, s2, next
    bnez  s3, done
    lw    s3, 0(s1)
    add   s2, s1, s3
    j     restart
done:
    jr    s1
`;

/** The loader's instructions. */
export function bootRom(): number[] {
  const text = assemble(LOADER, { base: BOOT_ROM_BASE, file: 'boot ROM' }).sections[0];
  const words = [...new Uint32Array(text.bytes.slice().buffer)];
  if (words.length > BOOT_ROM_WORDS) throw new Error(`the boot loader has ${words.length} instructions, room is for ${BOOT_ROM_WORDS}`);
  return words;
}

/**
 * The bytes to send to a board that waits in its loader, with this chip and so much memory. Throws UserError when the chip lacks what the
 * program was built for, or when the program breaks a rule or does not fit.
 */
export function loaderBytes(elf: ElfImage, chip: ChipConfig, ramBytes: number): Uint8Array {
  checkExtensions(elf, hartOf(chip));
  const { pieces, end } = planLoad(elf, { ramBytes, more: 'make the program smaller: the board has no more' });
  // Zeros between and after segments are sent too: memory is not clear after power-up.
  const bytes = new Uint8Array(4 + end);
  new DataView(bytes.buffer).setUint32(0, end, true);
  for (const piece of pieces) bytes.set(piece.bytes, 4 + piece.offset);
  return bytes;
}
