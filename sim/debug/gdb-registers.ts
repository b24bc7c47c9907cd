/**
 * The registers that a debugger sees, with GDB's numbers and names for them (GDB manual, "RISC-V Features"): x0…x31, pc, and
 * every CSR of the hart. Must not know the protocol.
 */
import type { Csr } from '../../hw/isa/csr.ts';
import { ABI_NAMES } from '../../hw/isa/encoding.ts';
import type { DebugHart } from './debug-hart.ts';

/** General registers come first, then pc. */
export const PC_NUMBER = ABI_NAMES.length;
/** GDB's number of the CSR at address 0. */
const FIRST_CSR = 65;

/** The value of a register by GDB's number; undefined: there is none. */
export function readRegister(hart: DebugHart, number: number): number | undefined {
  if (number < PC_NUMBER) return hart.register(number);
  if (number === PC_NUMBER) return hart.pc;
  return hart.csr(number - FIRST_CSR);
}

/** False: there is none, or the engine cannot write it. */
export function writeRegister(hart: DebugHart, number: number, value: number): boolean {
  if (number < PC_NUMBER) return hart.setRegister(number, value);
  if (number === PC_NUMBER) return hart.setPc(value);
  return hart.setCsr(number - FIRST_CSR, value);
}

function register(name: string, number: number, type: string): string {
  return `<reg name="${name}" bitsize="32" regnum="${number}" type="${type}"/>`;
}

/**
 * GDB's description of a hart, as XML. Without an operating system's name GDB takes a RISC-V program for one of GNU/Linux, and steps
 * over `ecall` and `mret` as if a kernel stood behind them.
 */
export function targetXml(csrs: readonly Csr[]): string {
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
    '<target version="1.0">',
    '<architecture>riscv:rv32</architecture>',
    '<osabi>none</osabi>',
    '<feature name="org.gnu.gdb.riscv.cpu">',
    ...ABI_NAMES.map((name, number) => register(name, number, name === 'ra' ? 'code_ptr' : name === 'sp' ? 'data_ptr' : 'int')),
    register('pc', PC_NUMBER, 'code_ptr'),
    '</feature>',
    '<feature name="org.gnu.gdb.riscv.csr">',
    ...csrs.map(({ name, address }) => register(name, FIRST_CSR + address, 'int')),
    '</feature>',
    '</target>',
    '',
  ].join('\n');
}
