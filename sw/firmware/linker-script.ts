// The linker script for C programs: everything in RAM, whose place comes from the memory map.
// Must not know: files, any program.
import { RAM_BASE } from '../../hw/soc/memory-map.ts';

/** A script for a chip with `ramBytes` of RAM; the stack grows down from its end. */
export function linkerScript(ramBytes: number): string {
  return `/* Generated from hw/soc/memory-map.ts; do not edit. */
OUTPUT_ARCH(riscv)
ENTRY(_start)
MEMORY { ram (rwx) : ORIGIN = 0x${RAM_BASE.toString(16)}, LENGTH = ${ramBytes} }
SECTIONS
{
  .text : { KEEP(*(.text.start)) *(.text .text.*) } > ram
  .rodata : ALIGN(16) { *(.rodata .rodata.* .srodata .srodata.*) } > ram
  .tohost : ALIGN(64) { KEEP(*(.tohost)) } > ram
  .data : ALIGN(16) { *(.data .data.*) __global_pointer$ = . + 0x800; *(.sdata .sdata.*) } > ram
  .bss (NOLOAD) : ALIGN(16) { __bss_start = .; *(.sbss .sbss.* .bss .bss.* COMMON) . = ALIGN(16); __bss_end = .; } > ram
  __stack_top = ORIGIN(ram) + LENGTH(ram);
  /* What the program says of its exit values: for the host, not for memory. */
  .note.systole 0 : { KEEP(*(.note.systole)) }
  /DISCARD/ : { *(.comment .note .note.* .eh_frame) }
}
`;
}
