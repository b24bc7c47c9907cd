/**
 * Where things are in the chip's address space: the one source for the RTL's decoder, the golden model, the C header and
 * the linker script. Addresses follow what RISC-V simulators and small SoCs commonly use (CLINT at 0x0200_0000 as in the
 * SiFive FE310 manual, RAM at 0x8000_0000).
 */

export interface Region {
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  readonly summary: string;
}

export interface Register {
  readonly name: string;
  readonly region: 'clint' | 'uart';
  readonly offset: number;
  readonly access: 'rw' | 'r' | 'w';
  readonly summary: string;
}

export const RAM_BASE = 0x8000_0000;

export const REGIONS = {
  clint: { name: 'clint', base: 0x0200_0000, bytes: 0x1_0000, summary: 'timer and software interrupt' },
  uart: { name: 'uart', base: 0x1000_0000, bytes: 0x1000, summary: 'serial port' },
} as const satisfies Record<string, Region>;

/** Registers are 32 bits wide, at word-aligned offsets; sub-word stores write the whole register's addressed bytes. */
export const REGISTERS = {
  msip: { name: 'msip', region: 'clint', offset: 0x0000, access: 'rw', summary: 'bit 0: software interrupt pending' },
  mtimecmpLo: { name: 'mtimecmpLo', region: 'clint', offset: 0x4000, access: 'rw', summary: 'timer compare, low word' },
  mtimecmpHi: { name: 'mtimecmpHi', region: 'clint', offset: 0x4004, access: 'rw', summary: 'timer compare, high word' },
  mtimeLo: { name: 'mtimeLo', region: 'clint', offset: 0xbff8, access: 'rw', summary: 'timer, low word; counts clock cycles' },
  mtimeHi: { name: 'mtimeHi', region: 'clint', offset: 0xbffc, access: 'rw', summary: 'timer, high word' },
  uartData: { name: 'uartData', region: 'uart', offset: 0x0, access: 'rw',
    summary: 'write: send the low byte; read: received byte in bits 7:0, bit 31 set if there was none' },
  uartStatus: { name: 'uartStatus', region: 'uart', offset: 0x4, access: 'r', summary: 'bit 0: can take a byte to send; bit 1: a received byte waits' },
} as const satisfies Record<string, Register>;

/** Absolute address of a register. */
export function addressOf(name: keyof typeof REGISTERS): number {
  const r = REGISTERS[name];
  return REGIONS[r.region].base + r.offset;
}
