/**
 * Random programs for lockstep runs: pieces of `programs/` between a start that sets everything up and a trap handler that goes on
 * behind the instruction that trapped. They always end, by a store to `tohost`, as long as interrupt lines do not stay high for
 * ever. Must not know how they are run.
 */
import { CSR, EXCEPTION, INTERRUPT, MSTATUS } from '../../hw/isa/csr.ts';
import type { CoreIsa } from '../../hw/core/config.ts';
import { RAM_BASE, addressOf } from '../../hw/soc/memory-map.ts';
import { Builder, DATA, GP, RAM_BYTES, S0, S0_OFFSET, S10, S11, SP, T5, T6, TAIL_BYTES, TOHOST, TP } from './programs/builder.ts';
import { calls, denseBranches, jump, jumpTable, loop, overlapping, skip, tightLoop } from './programs/control-flow.ts';
import { loadUse, longOperations, memoryLoop, pointers } from './programs/data-flow.ts';
import { patchAhead, patchLoop, patchLoopBranch } from './programs/self-modifying.ts';
import {
  VECTORS, counting, csrs, enabledInterrupts, masking, protection, softwareInterrupt, trapReturn, traps, vectors, waitForInterrupt,
} from './programs/system.ts';

export { RAM_BYTES, TOHOST } from './programs/builder.ts';

/** What a program is made of, and how often, in parts of all weights. */
const PIECES = {
  straight: { weight: 14, make: (b: Builder) => b.some(10) },
  skip: { weight: 14, make: skip },
  loop: { weight: 8, make: (b: Builder) => loop(b) },
  tightLoop: { weight: 4, make: tightLoop },
  jump: { weight: 5, make: jump },
  calls: { weight: 2, make: calls },
  jumpTable: { weight: 2, make: jumpTable },
  denseBranches: { weight: 5, make: denseBranches },
  overlapping: { weight: 5, make: overlapping },
  loadUse: { weight: 7, make: loadUse },
  pointers: { weight: 4, make: pointers },
  memoryLoop: { weight: 3, make: memoryLoop },
  longOperations: { weight: 2, make: longOperations },
  patchAhead: { weight: 4, make: patchAhead },
  patchLoop: { weight: 3, make: patchLoop },
  patchLoopBranch: { weight: 2, make: patchLoopBranch },
  csrs: { weight: 8, make: csrs },
  counting: { weight: 3, make: counting },
  vectors: { weight: 2, make: vectors },
  protection: { weight: 1, make: protection },
  masking: { weight: 2, make: (b: Builder, options: ProgramOptions) => masking(b, options.interrupts) },
  traps: { weight: 9, make: traps },
  trapReturn: { weight: 2, make: trapReturn },
  softwareInterrupt: { weight: 3, make: softwareInterrupt },
  wait: { weight: 3, make: (b: Builder, options: ProgramOptions) => (options.interrupts ? waitForInterrupt(b) : b.one()) },
} as const satisfies Record<string, { readonly weight: number; readonly make: (b: Builder, options: ProgramOptions) => void }>;

export type PieceName = keyof typeof PIECES;
export const PIECE_NAMES = Object.keys(PIECES) as PieceName[];
/** Each name as often as its weight says. */
const WEIGHTED = PIECE_NAMES.flatMap((name) => Array.from({ length: PIECES[name].weight }, () => name));
/** Names of the pieces that every other piece may stand between. */
const FILLERS: readonly PieceName[] = ['straight', 'skip', 'loop', 'traps'];

export interface ProgramOptions {
  readonly isa: CoreIsa;
  /** Pieces of the program; some twenty instructions each. */
  readonly pieces: number;
  /** Interrupt lines may change at any time: the program enables interrupts and waits for them. */
  readonly interrupts: boolean;
  /** How often all of it is done; default once. Later rounds meet what the predictor has learnt. */
  readonly rounds?: number;
  /** Mostly this one. */
  readonly piece?: PieceName;
}

export interface RandomProgram {
  /** Image of RAM from its start. */
  readonly bytes: Uint8Array;
  /** So many of them, from the start, are code (there may be some more at the end of RAM); left out: all. */
  readonly codeBytes?: number;
  readonly tohost: number;
}

export function randomProgram(seed: number, options: ProgramOptions): RandomProgram {
  const b = new Builder(seed, options.isa);
  emitStart(b, enabledInterrupts(options.interrupts));
  b.loadConstant(TP, options.rounds ?? 1);
  b.e.label('round');
  for (let n = 0; n < options.pieces; n++) {
    const name = options.piece ? (b.chance(80) ? options.piece : b.pick(FILLERS)) : b.pick(WEIGHTED);
    PIECES[name].make(b, options);
  }
  b.e.add('addi', { rd: TP, rs1: TP, imm: -1 });
  b.e.toLabel('beq', 'end', { rs1: TP, rs2: 0 });
  b.e.toLabel('jal', 'round', { rd: 0 });
  b.e.label('end');
  emitEnd(b);
  emitHandler(b);
  return finish(b);
}

/** Sets the trap vector, the data pointers, all other registers to random values, and the enabled interrupts. */
export function emitStart(b: Builder, enabled: number): void {
  const { e } = b;
  b.loadAddress(5, 'vector');
  if (b.chance(50)) e.add('addi', { rd: 5, rs1: 5, imm: 1 });
  e.add('csrrw', { rd: 0, rs1: 5, imm: CSR.mtvec.address });
  b.loadConstant(SP, DATA);
  b.loadConstant(S0, DATA + S0_OFFSET);
  const corners = [0, 1, -1, 0x7fff_ffff, -0x8000_0000];
  const fixed = [SP, S0, GP, TP];
  for (let r = 1; r < 32; r++) if (!fixed.includes(r)) b.loadConstant(r, b.chance(30) ? b.pick(corners) : b.uint32() | 0);
  e.add('csrrwi', { rd: 0, rs1: 0, imm: CSR.mscratch.address });
  for (const csr of [CSR.mepc, CSR.mcause, CSR.mtval]) e.add('csrrw', { rd: 0, rs1: 0, imm: csr.address });
  b.loadConstant(T5, enabled);
  e.add('csrrw', { rd: 0, rs1: T5, imm: CSR.mie.address });
  e.add('addi', { rd: GP, rs1: 0, imm: 0 });
}

export function emitEnd(b: Builder): void {
  const { e } = b;
  e.add('csrrci', { rd: 0, rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  b.loadConstant(S10, TOHOST);
  e.add('addi', { rd: S11, rs1: 0, imm: 1 });
  e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
  e.label('forever');
  e.toLabel('jal', 'forever', { rd: 0 });
}

/**
 * Goes on behind what trapped; after a failed fetch at s11. Takes requests for interrupts away, and then does `onInterrupt`. Changes t5
 * and t6.
 */
export function emitHandler(b: Builder, onInterrupt?: () => void): void {
  const { e } = b;
  for (const vector of VECTORS) {
    if (b.isa.c && e.offset % 4 !== 0) e.half(NOP);
    e.label(vector);
    // Vectored interrupts land on a jump of their own.
    for (let n = 0; n < 12; n++) e.toLabel('jal', n === 0 ? 'exception' : `interrupt${n}`, { rd: 0 });
  }
  e.label('exception');
  // In direct mode interrupts come here, too.
  e.add('csrrs', { rd: T5, rs1: 0, imm: CSR.mcause.address });
  e.toLabel('blt', 'interrupt', { rs1: T5, rs2: 0 });
  e.add('addi', { rd: T6, rs1: 0, imm: EXCEPTION.instructionFault.cause });
  e.toLabel('bne', 'skip', { rs1: T5, rs2: T6 });
  e.add('csrrw', { rd: 0, rs1: S11, imm: CSR.mepc.address });
  e.add('mret');
  e.label('skip');
  e.add('csrrs', { rd: T5, rs1: 0, imm: CSR.mepc.address });
  if (b.isa.c) {
    e.add('lhu', { rd: T6, rs1: T5, imm: 0 });
    e.add('xori', { rd: T6, rs1: T6, imm: -1 });
    e.add('andi', { rd: T6, rs1: T6, imm: 3 });
    e.add('addi', { rd: T5, rs1: T5, imm: 2 });
    e.toLabel('bne', 'back', { rs1: T6, rs2: 0 });
    e.add('addi', { rd: T5, rs1: T5, imm: 2 });
    e.label('back');
  } else e.add('addi', { rd: T5, rs1: T5, imm: 4 });
  e.add('csrrw', { rd: 0, rs1: T5, imm: CSR.mepc.address });
  e.add('csrrs', { rd: T6, rs1: 0, imm: CSR.mtval.address });
  e.add('mret');
  for (let n = 1; n < 12; n++) if (n !== INTERRUPT.software) e.label(`interrupt${n}`);
  e.label('interrupt');
  // Requests from outside are taken away by a store to the timer's comparison.
  b.loadConstant(T5, addressOf('mtimecmpLo'));
  e.add('addi', { rd: T6, rs1: 0, imm: -1 });
  e.add('sw', { rs1: T5, rs2: T6, imm: 0 });
  e.label(`interrupt${INTERRUPT.software}`);
  b.loadConstant(T5, addressOf('msip'));
  e.add('sw', { rs1: T5, rs2: 0, imm: 0 });
  e.add('lw', { rd: T6, rs1: T5, imm: 0 });
  onInterrupt?.();
  e.add('mret');
}

/** Code at the start of RAM and at its end, random data everywhere else. */
export function finish(b: Builder): RandomProgram {
  const code = b.e.finish();
  if (code.length > DATA - 1024 - RAM_BASE) throw new Error(`program of ${code.length} bytes`);
  const bytes = new Uint8Array(RAM_BYTES);
  const words = new Uint32Array(bytes.buffer);
  for (let i = 0; i < words.length; i++) words[i] = b.uint32();
  bytes.set(code);
  const tail = new Uint16Array(bytes.buffer, RAM_BYTES - TAIL_BYTES);
  for (let i = 0; i < tail.length; i++) tail[i] = NOP;
  if (b.isa.c) {
    for (let i = 0; i < tail.length; i++) if (b.chance(70)) tail[i] = b.shortInstruction();
    // Half of it lies behind the end.
    if (b.chance(70)) tail[tail.length - 1] = b.arithmeticInstruction() & 0xffff;
  } else new Uint32Array(bytes.buffer, RAM_BYTES - TAIL_BYTES).forEach((_, i, all) => (all[i] = b.arithmeticInstruction()));
  return { bytes, codeBytes: code.length, tohost: TOHOST };
}

/** c.nop */
const NOP = 1;
