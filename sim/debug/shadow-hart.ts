/**
 * The architectural state of a hart that one can only watch: its registers, CSRs and the address of its next instruction,
 * worked out from the events of its trace alone. Exact at every event, because all results come from the events themselves:
 * only where the hart goes next, and what a CSR holds after a write, is computed here. Must not know engines.
 */
import { immediateOf, rs1Of, rs2Of } from '../../hw/isa/encoding.ts';
import type { Instruction } from '../../hw/isa/instruction.ts';
import type { PmpRegions } from '../../hw/isa/csr.ts';
import { RISCV, decode, expandCompressed } from '../../hw/isa/riscv.ts';
import { CsrFile } from '../model/csr-file.ts';
import type { IsaOptions } from '../model/csr-file.ts';
import type { HartEvent } from './hart-event.ts';

/** A load or store of an instruction. */
export interface Access {
  readonly address: number;
  readonly bytes: number;
  readonly isStore: boolean;
}

const BRANCHES: ReadonlyMap<string, (a: number, b: number) => boolean> = new Map([
  [RISCV.beq.mnemonic, (a, b) => a === b],
  [RISCV.bne.mnemonic, (a, b) => a !== b],
  [RISCV.blt.mnemonic, (a, b) => (a | 0) < (b | 0)],
  [RISCV.bge.mnemonic, (a, b) => (a | 0) >= (b | 0)],
  [RISCV.bltu.mnemonic, (a, b) => a >>> 0 < b >>> 0],
  [RISCV.bgeu.mnemonic, (a, b) => a >>> 0 >= b >>> 0],
]);
const BYTES: ReadonlyMap<string, number> = new Map([
  [RISCV.lb, 1], [RISCV.lbu, 1], [RISCV.lh, 2], [RISCV.lhu, 2], [RISCV.lw, 4], [RISCV.sb, 1], [RISCV.sh, 2], [RISCV.sw, 4],
].map(([instruction, bytes]) => [(instruction as Instruction).mnemonic, bytes as number]));

const isCompressed = (word: number): boolean => (word & 3) !== 3;
const expanded = (word: number): number => (isCompressed(word) ? expandCompressed(word) ?? 0 : word);

/** What an instruction will load or store, given the registers before it; undefined: nothing. */
export function accessOf(word: number, register: (n: number) => number): Access | undefined {
  const full = expanded(word);
  const instruction = decode(full);
  const bytes = instruction && BYTES.get(instruction.mnemonic);
  if (bytes === undefined) return undefined;
  return { address: (register(rs1Of(full)) + immediateOf(instruction!.format, full)) >>> 0, bytes, isStore: instruction!.format === 'store' };
}

export class ShadowHart {
  /** x0…x31, 0…2³²−1. */
  readonly x = new Uint32Array(32);
  readonly csrs: CsrFile;
  private instret = 0;

  /** @param pc the next instruction: at first that after reset */
  constructor(isa: IsaOptions, public pc: number, pmpRegions: PmpRegions = 0) {
    this.csrs = new CsrFile(isa, { retired: () => this.instret, time: () => 0n, lines: () => 0 }, pmpRegions);
  }

  apply(event: HartEvent): void {
    if (event.kind === 'trap') {
      this.pc = this.csrs.enterTrap(event.pc, event.cause, event.tval, event.interrupt);
      return;
    }
    const full = expanded(event.word);
    const instruction = decode(full);
    this.pc = (this.target(instruction, full, event.pc) ?? event.pc + (isCompressed(event.word) ? 2 : 4)) >>> 0;
    if (instruction?.format === 'csr' || instruction?.format === 'csri') this.writeCsr(instruction, full, event.rd === 0 ? undefined : event.value);
    this.instret++;
    if (event.rd !== 0) this.x[event.rd] = event.value;
  }

  /** Where an instruction goes; undefined: on to the next one. */
  private target(instruction: Instruction | undefined, word: number, pc: number): number | undefined {
    switch (instruction?.mnemonic) {
      case undefined: return undefined;
      case RISCV.jal.mnemonic: return pc + immediateOf('J', word);
      case RISCV.jalr.mnemonic: return (this.x[rs1Of(word)] + immediateOf('I', word)) & ~1;
      case RISCV.mret.mnemonic: return this.csrs.leaveTrap();
    }
    const isTaken = BRANCHES.get(instruction!.mnemonic)?.(this.x[rs1Of(word)], this.x[rs2Of(word)]) ?? false;
    return isTaken ? pc + immediateOf('branch', word) : undefined;
  }

  /** `seen`: the value before, where the instruction has shown it. */
  private writeCsr({ mnemonic, format }: Instruction, word: number, seen: number | undefined): void {
    const address = immediateOf(format, word);
    const operand = format === 'csri' ? rs1Of(word) : this.x[rs1Of(word)];
    const replaces = mnemonic === RISCV.csrrw.mnemonic || mnemonic === RISCV.csrrwi.mnemonic;
    if (!replaces && rs1Of(word) === 0) return;
    const sets = mnemonic === RISCV.csrrs.mnemonic || mnemonic === RISCV.csrrsi.mnemonic;
    const old = seen ?? this.csrs.read(address) ?? 0;
    this.csrs.write(address, (replaces ? operand : sets ? old | operand : old & ~operand) >>> 0, 1);
  }
}
