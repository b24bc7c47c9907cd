/**
 * The registers that a debugger sees, with GDB's numbers and names for them (GDB manual, "RISC-V Features"): x0…x31, pc, and
 * those CSRs that tell of traps. Must not know the protocol.
 */
import { CSR } from '../../hw/isa/csr.ts';
import type { CsrName } from '../../hw/isa/csr.ts';
import { ABI_NAMES } from '../../hw/isa/encoding.ts';
import type { DebugHart } from './debug-hart.ts';

/** General registers come first, then pc. */
export const PC_NUMBER = ABI_NAMES.length;
/** GDB's number of the CSR at address 0. */
const FIRST_CSR = 65;
const SHOWN_CSRS: readonly CsrName[] = ['mstatus', 'misa', 'mie', 'mtvec', 'mscratch', 'mepc', 'mcause', 'mtval'];

const ADDRESSES: ReadonlyMap<number, number> = new Map(SHOWN_CSRS.map((name) => [FIRST_CSR + CSR[name].address, CSR[name].address]));

/** The value of a register by GDB's number; undefined: there is none. */
export function readRegister(hart: DebugHart, number: number): number | undefined {
  if (number < PC_NUMBER) return hart.register(number);
  if (number === PC_NUMBER) return hart.pc;
  const csr = ADDRESSES.get(number);
  return csr === undefined ? undefined : hart.csr(csr);
}

/** False: there is none, or the engine cannot write it. */
export function writeRegister(hart: DebugHart, number: number, value: number): boolean {
  if (number < PC_NUMBER) return hart.setRegister(number, value);
  if (number === PC_NUMBER) return hart.setPc(value);
  const csr = ADDRESSES.get(number);
  return csr !== undefined && hart.setCsr(csr, value);
}

function register(name: string, number: number, type: string): string {
  return `<reg name="${name}" bitsize="32" regnum="${number}" type="${type}"/>`;
}

/** GDB's description of the target, as XML. */
export const TARGET_XML = [
  '<?xml version="1.0"?>',
  '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
  '<target version="1.0">',
  '<architecture>riscv:rv32</architecture>',
  '<feature name="org.gnu.gdb.riscv.cpu">',
  ...ABI_NAMES.map((name, number) => register(name, number, name === 'ra' ? 'code_ptr' : name === 'sp' ? 'data_ptr' : 'int')),
  register('pc', PC_NUMBER, 'code_ptr'),
  '</feature>',
  '<feature name="org.gnu.gdb.riscv.csr">',
  ...SHOWN_CSRS.map((name) => register(name, FIRST_CSR + CSR[name].address, 'int')),
  '</feature>',
  '</target>',
  '',
].join('\n');
