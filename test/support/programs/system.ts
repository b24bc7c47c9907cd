/** Pieces of random programs about traps, CSRs and interrupts. The handler that they rely on is in `random-program.ts`. */
import { CSR, INTERRUPT, MSTATUS, csrByAddress } from '../../../hw/isa/csr.ts';
import { decode, decodeCompressed } from '../../../hw/isa/riscv.ts';
import { RAM_BASE, addressOf } from '../../../hw/soc/memory-map.ts';
import { RAM_BYTES, S10, S11, TAIL_BYTES, isOfUnit } from './builder.ts';
import type { Builder } from './builder.ts';
import { skip } from './control-flow.ts';

/** Other places to which mtvec may point: a second table of the same jumps. */
export const VECTORS = ['vector', 'vector2'];
/** Interrupts that are enabled but for a moment. */
export const enabledInterrupts = (all: boolean): number =>
  [INTERRUPT.software, ...(all ? [INTERRUPT.timer, INTERRUPT.external] : [])].reduce((mask, n) => mask | (1 << n), 0);

/** The first pmpcfg and the first pmpaddr (privileged specification, "Physical Memory Protection CSRs"). */
const PMP_CONFIG = 0x3a0;
const PMP_ADDRESS = 0x3b0;

// --- CSRs ---

function readableCsrs(b: Builder): readonly { readonly address: number }[] {
  const counters = [CSR.mcycle, CSR.mcycleh, ...(b.isa.zicntr ? [CSR.cycle, CSR.cycleh, CSR.time, CSR.timeh] : [])];
  return [
    CSR.mvendorid, CSR.marchid, CSR.mimpid, CSR.mhartid, CSR.mconfigptr, CSR.misa, CSR.mtvec, CSR.mstatush, CSR.mepc, CSR.mcause, CSR.mtval,
    CSR.mstatus, CSR.mie, CSR.mip, CSR.minstret, CSR.minstret, CSR.minstreth, CSR.mcountinhibit, ...counters,
    ...(b.isa.zicntr ? [CSR.instret, CSR.instret, CSR.instreth] : []), { address: 0xb03 }, { address: 0x323 },
  ];
}
const WRITABLE = [
  CSR.mscratch, CSR.mscratch, CSR.mepc, CSR.mcause, CSR.mtval, CSR.minstret, CSR.minstret, CSR.minstreth, CSR.mcountinhibit, CSR.misa,
  CSR.mstatush, CSR.mcycle, { address: 0xb04 }, { address: 0x325 },
];

/** One CSR instruction that does not change where traps go. */
export function csrOne(b: Builder): void {
  const { e } = b;
  if (b.chance(40)) {
    e.add(b.pick(['csrrs', 'csrrc', 'csrrsi', 'csrrci'] as const), { rd: b.destination(), rs1: 0, imm: b.pick(readableCsrs(b)).address });
  } else if (b.chance(15)) {
    e.add(b.pick(['csrrsi', 'csrrci'] as const), { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  } else if (b.chance(10)) {
    const readOnly = [CSR.mhartid, CSR.mimpid, ...(b.isa.zicntr ? [CSR.cycle, CSR.timeh, CSR.instret] : [])].map((c) => c.address);
    const missing = Array.from({ length: 8 }, () => b.below(4096)).filter((address) => !csrByAddress(address));
    const address = b.pick(b.chance(50) ? readOnly : [0x7c0, ...missing]);
    e.add(b.pick(['csrrw', 'csrrs', 'csrrwi'] as const), { rd: b.destination(), rs1: b.source(), imm: address });
  } else {
    const write = b.pick(['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci'] as const);
    e.add(write, { rd: b.destination(), rs1: b.source(), imm: b.pick(WRITABLE).address });
  }
}

/** CSR instructions in a row, mixed with what may hurry past them. */
export function csrs(b: Builder): void {
  for (let n = 1 + b.below(5); n > 0; n--) {
    csrOne(b);
    if (b.chance(40)) position(b);
  }
}

/** minstret is stopped, started, written and read around all that may or may not count. */
export function counting(b: Builder): void {
  const { e } = b;
  const counter = (): number => (b.isa.zicntr ? b.pick([CSR.minstret, CSR.instret]) : CSR.minstret).address;
  for (let n = 2 + b.below(4); n > 0; n--) {
    switch (b.below(4)) {
      case 0: e.add('csrrwi', { rd: b.destination(), rs1: b.pick([0, 4, 5]), imm: CSR.mcountinhibit.address }); break;
      case 1: e.add(b.pick(['csrrw', 'csrrs', 'csrrc'] as const), { rd: b.destination(), rs1: b.source(), imm: CSR.minstret.address }); break;
      case 2: e.add('csrrw', { rd: b.destination(), rs1: b.source(), imm: CSR.minstreth.address }); break;
      default: e.add('csrrs', { rd: b.destination(), rs1: 0, imm: counter() });
    }
    if (b.chance(60)) position(b);
    if (b.chance(20)) trapOne(b);
    e.add('csrrs', { rd: b.destination(), rs1: 0, imm: counter() });
  }
  e.add('csrrwi', { rd: 0, rs1: 0, imm: CSR.mcountinhibit.address });
}

/**
 * Regions of memory protection are read and written, none of them locked, so that none restricts anything. Without such regions
 * illegal instructions.
 */
export function protection(b: Builder): void {
  for (let n = 1 + b.below(3); n > 0; n--) {
    if (b.chance(50)) b.e.add(b.pick(['csrrw', 'csrrs', 'csrrc'] as const), { rd: b.destination(), rs1: b.source(), imm: PMP_ADDRESS + b.below(5) });
    // Five bits do not reach the lock.
    else b.e.add(b.pick(['csrrwi', 'csrrsi', 'csrrci'] as const), { rd: b.destination(), rs1: b.below(32), imm: PMP_CONFIG + b.below(2) });
    position(b);
  }
}

/** The trap vector moves, or changes its mode, and something traps. */
export function vectors(b: Builder): void {
  const { e } = b;
  if (b.chance(50)) e.add(b.pick(['csrrsi', 'csrrci'] as const), { rd: b.destination(), rs1: 1, imm: CSR.mtvec.address });
  else {
    b.loadAddress(S10, b.pick(VECTORS));
    if (b.chance(50)) e.add('ori', { rd: S10, rs1: S10, imm: b.below(4) });
    e.add('csrrw', { rd: b.destination(), rs1: S10, imm: CSR.mtvec.address });
  }
  if (b.chance(70)) trapOne(b);
}

/** Interrupts are switched off for a while, one kind of them or all. */
export function masking(b: Builder, all: boolean): void {
  const { e } = b;
  if (b.chance(50)) {
    e.add('csrrci', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    b.some(6);
    e.add('csrrsi', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    if (b.chance(50)) e.add('csrrci', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    b.maybe(3);
    e.add('csrrsi', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
    return;
  }
  e.add(b.pick(['csrrc', 'csrrw'] as const), { rd: b.destination(), rs1: b.source(), imm: CSR.mie.address });
  b.some(6);
  b.loadConstant(S10, enabledInterrupts(all));
  e.add(b.pick(['csrrw', 'csrrs'] as const), { rd: b.destination(), rs1: S10, imm: CSR.mie.address });
  // csrrs kept what other bits there were: the enabled ones are all that exist, or the program asks for those alone.
  e.add('csrrw', { rd: 0, rs1: S10, imm: CSR.mie.address });
}

/** A software interrupt that the program itself raises, and perhaps waits for. */
export function softwareInterrupt(b: Builder): void {
  const { e } = b;
  b.loadConstant(S10, addressOf('msip'));
  e.add('addi', { rd: S11, rs1: 0, imm: 1 });
  // With interrupts enabled the handler takes the request away: nothing would be left to wait for.
  const waits = b.chance(50);
  if (waits) e.add('csrrci', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('sw', { rs1: S10, rs2: S11, imm: 0 });
  if (waits) e.add('wfi');
  b.maybe(3);
  if (waits && b.chance(50)) e.add('csrrsi', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  e.add('sw', { rs1: S10, rs2: 0, imm: 0 });
}

/** Waits for an interrupt from outside, with or without taking it. */
export function waitForInterrupt(b: Builder): void {
  const { e } = b;
  const blocked = b.chance(40);
  if (blocked) e.add('csrrci', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  b.maybe(1);
  e.add('wfi');
  if (b.chance(50)) position(b);
  if (blocked) e.add('csrrsi', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
}

/** Returns from a trap that never was. Interrupts are off meanwhile: one would take mepc away. */
export function trapReturn(b: Builder): void {
  const { e } = b;
  const label = b.freshLabel();
  e.add('csrrci', { rd: b.destination(), rs1: MSTATUS.MIE, imm: CSR.mstatus.address });
  b.loadAddress(S10, label);
  e.add('csrrw', { rd: b.destination(), rs1: S10, imm: CSR.mepc.address });
  e.add('mret');
  b.maybe(2);
  e.label(label);
}

// --- traps ---

/** What stands right before or behind a trap: each kind leaves the pipeline in another state. */
export function position(b: Builder): void {
  switch (b.below(10)) {
    case 0: return skip(b);
    case 1: return b.accessOne(['lb', 'lh', 'lw', 'lhu'], 0);
    case 2: return b.accessOne(['sb', 'sh', 'sw'], 0);
    case 3: return b.mulDivOne();
    case 4: return csrOne(b);
    case 5: return b.accessOne(['lh', 'lw', 'lhu'], 80);
    case 6: return b.accessOne(['sh', 'sw'], 80);
    case 7: return trapOne(b);
    case 8: {
      const label = b.freshLabel();
      b.e.toLabel('jal', label, { rd: b.destination() });
      return b.e.label(label);
    }
    default: return b.one();
  }
}

/** A trap between two instructions that must have their effects exactly once. */
export function traps(b: Builder): void {
  for (let n = 1 + b.below(3); n > 0; n--) {
    if (b.chance(70)) position(b);
    trapOne(b);
    if (b.chance(70)) position(b);
  }
}

/** An instruction that traps. */
export function trapOne(b: Builder): void {
  const { e } = b;
  switch (b.below(b.isa.c ? 11 : 10)) {
    case 0: return e.add('ecall');
    case 1: return e.add('ebreak');
    case 2: return e.word(illegalWord(b));
    case 3: {
      b.loadConstant(S10, ((b.uint32() & 0x0fff_fffc) | 0x4000_0000) >>> 0);
      if (b.chance(50)) e.add('addi', { rd: 5, rs1: 5, imm: 1 });
      return faultingAccess(b, 0);
    }
    case 4: return fetchFault(b);
    case 5:
      e.add('fence.i');
      return e.add('fence', { imm: 0xff });
    case 6: {
      // Odd targets lose their bit 0; with bit 1 set they are misaligned without the C extension, and the handler skips the jump.
      const label = b.freshLabel();
      b.loadAddress(S10, label);
      e.add('jalr', { rd: b.destination(), rs1: S10, imm: b.pick([0, 1, ...(b.isa.c ? [] : [2, 3])]) });
      b.maybe(1);
      return e.label(label);
    }
    case 7: {
      // Around the end of RAM; what is still in RAM is only read, since code stands there.
      b.loadConstant(S10, RAM_BASE + RAM_BYTES);
      if (b.chance(50)) return e.add(b.pick(['lw', 'lh', 'lhu', 'lb'] as const), { rd: b.destination(), rs1: S10, imm: b.below(9) - 4 });
      return e.add(b.pick(['sw', 'sh', 'sb'] as const), { rs1: S10, rs2: b.source(), imm: b.below(5) });
    }
    case 8: return tail(b);
    case 9: {
      if (b.isa.c) return e.half(0x9002);
      // Taken or not, to half of an instruction.
      const at = b.freshLabel();
      e.label(at);
      return e.wordFrom(branchToHalf(b));
    }
    default: return e.half(illegalHalf(b));
  }
}

function branchToHalf(b: Builder): () => number {
  const word = 0x63 | (b.pick([0, 1, 4, 5, 6, 7]) << 12) | (b.source() << 15) | (b.source() << 20) | (6 << 7);
  return () => word >>> 0;
}

function illegalWord(b: Builder): number {
  for (;;) {
    const word = (b.uint32() | 3) >>> 0;
    if (decode(word) === undefined && !isOfUnit(word)) return word;
  }
}

function illegalHalf(b: Builder): number {
  for (;;) {
    const half = b.below(0x1_0000);
    if ((half & 3) !== 3 && decodeCompressed(half) === undefined) return half;
  }
}

/** A load or store through s10. */
function faultingAccess(b: Builder, imm: number): void {
  if (b.chance(50)) b.e.add(b.pick(['lw', 'lh', 'lb'] as const), { rd: b.destination(), rs1: S10, imm });
  else b.e.add(b.pick(['sw', 'sh', 'sb'] as const), { rs1: S10, rs2: b.source(), imm: imm + 4 });
}

/** A jump to where nothing is; the handler goes on at s11. */
function fetchFault(b: Builder): void {
  const label = b.freshLabel();
  b.loadAddress(S11, label);
  b.loadConstant(S10, 0x1000_1000);
  if (b.isa.c && b.chance(30)) b.e.half(0x8002 | (S10 << 7));
  else b.e.add('jalr', { rd: b.destination(), rs1: S10, imm: b.below(4096) - 2048 });
  b.maybe(1);
  b.e.label(label);
}

/** Runs over the end of RAM; the last instruction may lie half behind it. The handler goes on at s11. */
function tail(b: Builder): void {
  const label = b.freshLabel();
  b.loadAddress(S11, label);
  b.loadConstant(S10, RAM_BASE + RAM_BYTES - TAIL_BYTES);
  b.e.add('jalr', { rd: b.destination(), rs1: S10, imm: TAIL_BYTES - b.pick(b.isa.c ? [2, 4, 6, 8, 12, 16] : [4, 8, 12]) });
  b.maybe(1);
  b.e.label(label);
}
