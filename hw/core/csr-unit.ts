/**
 * Control and status registers, trap entry and return, and the choice of an interrupt. What exists, resets and is writable
 * comes from `hw/isa/csr.ts`. Must not know instructions nor the pipeline.
 */
import { B, Flag, In, Out, U, bool, cat, hw, repeat } from '../../gen/index.ts';
import type { Bool, Builder, Inside, UInt } from '../../gen/index.ts';
import { CSR, INTERRUPT, INTERRUPT_ORDER, MCOUNTINHIBIT, MSTATUS, csrByAddress, csrsOf, misaValue } from '../isa/csr.ts';
import type { Csr } from '../isa/csr.ts';
import { bitIndex, bitsAt, countBits, fieldBits, gather, scatter } from '../lib/bit-fields.ts';
import { constant } from '../lib/constants.ts';
import type { Cube } from '../lib/cubes.ts';
import { decoderFor, isAnyOf } from '../lib/match.ts';
import type { CoreConfig } from './config.ts';
import { pmpRegionsShape, pmpRegisters } from './pmp.ts';
import { withOnly } from '../lib/with-only.ts';
import { Word, allOf, oneHot } from './word.ts';

const portsOf = (config: CoreConfig) => ({
  /** An instruction may be accessing a register; otherwise `readData` is 0. */
  active: In(B),
  /** Its access. `readData` and `allowed` answer at once; the write happens when `commit` is 1. */
  address: In(U<number>(12)),
  operand: In(Word),
  /** The instruction writes; otherwise it only reads. */
  writes: In(B),
  /** csrrw: the operand replaces the value. Otherwise its bits are set, or with `clear` cleared. */
  replace: In(B),
  clear: In(B),
  commit: In(B),
  allowed: Out(B),
  readData: Out(Word),

  /** A trap is taken at the end of this cycle. */
  trap: In(B),
  trapPc: In(Word),
  trapValue: In(Word),
  trapInterrupt: In(B),
  /** Cause of an exception; interrupts have `interruptCause`. */
  trapCause: In(U<number>(5)),
  /** mret is done at the end of this cycle. */
  trapReturn: In(B),
  /** Where the trap goes, and where mret goes. */
  handler: Out(Word),
  returnPc: Out(Word),

  irqSoftware: In(B), irqTimer: In(B), irqExternal: In(B),
  /** An interrupt is pending and enabled in mie, whatever mstatus says. */
  wakeUp: Out(B),
  /** It is to be taken. */
  interrupt: Out(B),
  interruptCause: Out(U<number>(5)),

  /** An instruction completes. Present if config.counters. */
  complete: In(B),
  /** With three stages: the instruction that completed last failed in the write stage; no other completes until `trap` is taken for it. */
  fail: In(B),
  /** Present if config.isa.zicntr. */
  mtime: In(U<number>(64)),
  /** What memory protection shall check. Present if config.pmpRegions. */
  regions: Out(pmpRegionsShape(config.pmpRegions)),
});

export function CsrUnit(config: CoreConfig) {
  const lateFaults = config.counters && config.stages === 3;
  const present = {
    complete: config.counters, fail: lateFaults, mtime: config.isa.zicntr, regions: config.pmpRegions > 0,
  };
  return hw('CsrUnit', withOnly(portsOf(config), present), (m, io) => {
    m.doc('Machine-mode control and status registers.');
    const existing = csrsOf({ zicntr: config.isa.zicntr, counters: config.counters, pmpRegions: config.pmpRegions });
    const cubes = new Map(existing.map((c) => [c.address, { match: c.address, mask: 0xfff }]));
    const cubesOf = (list: readonly Csr[]) => list.flatMap((c) => cubes.get(c.address) ?? []);
    const names = new Map(existing.map((c) => [cubes.get(c.address), c.name]));
    const wording = { gathered: true, label: (c: Cube): string => names.get(c) ?? '' };
    const isCsr = decoderFor(io.address, [...cubes.values()], wording);
    // Registers whose address says so.
    const isReadOnly = io.address.slice(11, 10).eq(3);

    const mepcBits = config.isa.c ? CSR.mepc.writable : (CSR.mepc.writable & ~2) >>> 0;
    const stored = { mie: CSR.mie.writable, mtvec: CSR.mtvec.writable, mepc: mepcBits, mcause: CSR.mcause.writable };
    const r = m.regs({
      mstatusMie: Flag(false), mstatusMpie: Flag(false),
      mie: U<number>(countBits(stored.mie), 0), mtvec: U<number>(countBits(stored.mtvec), 0), mscratch: Word,
      mepc: U<number>(countBits(stored.mepc)), mcause: U<number>(countBits(stored.mcause)), mtval: Word,
    });
    const { mieWord, mtvecWord, mepcWord } = m.let({
      mieWord: scatter(r.mie, stored.mie), mtvecWord: scatter(r.mtvec, stored.mtvec), mepcWord: scatter(r.mepc, stored.mepc),
    });
    const lines = [[INTERRUPT.software, io.irqSoftware], [INTERRUPT.timer, io.irqTimer], [INTERRUPT.external, io.irqExternal]] as const;
    const { mip } = m.let({ mip: bitsAt(lines) });
    const mstatus = bitsAt([
      [bitIndex(MSTATUS.MIE), r.mstatusMie], [bitIndex(MSTATUS.MPIE), r.mstatusMpie],
      ...fieldBits(MSTATUS.MPP).map((bit) => [bit, bool(true)] as const),
    ]);

    const { wanted } = m.let({ wanted: mieWord.and(mip) });
    const causeWidth = io.interruptCause.width;
    io.wakeUp = wanted.ne(0);
    io.interrupt = r.mstatusMie.and(io.wakeUp);
    const causes = INTERRUPT_ORDER.map((name) => constant<number>(causeWidth, INTERRUPT[name], 'interrupt', name));
    io.interruptCause = causes.reduceRight((rest, cause, i) => wanted.bit(INTERRUPT[INTERRUPT_ORDER[i]]).mux(cause, rest));
    const base = cat(mtvecWord.slice(31, 2), U(2).lit(0));
    const offset = io.trapInterrupt.and(mtvecWord.bit(0)).mux(cat(io.interruptCause, U(2).lit(0)).zext(32), Word.lit(0));
    io.handler = base.addWrap(offset);
    io.returnPc = mepcWord;

    const words: (readonly [Csr, UInt])[] = [
      [CSR.mstatus, mstatus], [CSR.misa, constant(32, misaValue(config.isa), 'misa')], [CSR.mimpid, constant(32, CSR.mimpid.reset, 'mimpid')], [CSR.mie, mieWord],
      [CSR.mip, mip], [CSR.mtvec, mtvecWord], [CSR.mscratch, r.mscratch], [CSR.mepc, mepcWord],
      [CSR.mcause, scatter(r.mcause, stored.mcause)],
      [CSR.mtval, r.mtval],
    ];
    const { writeData } = m.let({
      writeData: io.replace.mux(io.operand, io.clear.mux(io.readData.and(io.operand.not()), io.readData.or(io.operand))),
    });
    const { write } = m.let({ write: io.commit.and(io.writes) });
    const writes: [Csr, () => void][] = [];
    const whenWritten = (csr: Csr, body: () => void): void => void writes.push([csr, body]);

    whenWritten(CSR.mstatus, () => {
      r.mstatusMie = writeData.bit(bitIndex(MSTATUS.MIE));
      r.mstatusMpie = writeData.bit(bitIndex(MSTATUS.MPIE));
    });
    whenWritten(CSR.mie, () => {
      r.mie = gather(writeData, stored.mie);
    });
    whenWritten(CSR.mtvec, () => {
      r.mtvec = gather(writeData, stored.mtvec);
    });
    whenWritten(CSR.mscratch, () => {
      r.mscratch = writeData;
    });
    whenWritten(CSR.mepc, () => {
      r.mepc = gather(writeData, stored.mepc);
    });
    whenWritten(CSR.mcause, () => {
      r.mcause = gather(writeData, stored.mcause);
    });
    whenWritten(CSR.mtval, () => {
      r.mtval = writeData;
    });
    m.when(io.trapReturn, () => {
      r.mstatusMie = r.mstatusMpie;
      r.mstatusMpie = bool(true);
    });
    m.when(io.trap, () => {
      r.mstatusMie = bool(false);
      r.mstatusMpie = r.mstatusMie;
      r.mepc = gather(io.trapPc, stored.mepc);
      r.mcause = cat(io.trapInterrupt, io.trapInterrupt.mux(io.interruptCause, io.trapCause));
      r.mtval = io.trapValue;
    });
    m.assert('trapIsNoAccess', io.trap.and(io.commit).not(), 'an instruction that traps must not write a CSR');

    if (config.counters) words.push(...counters(m, io, writeData, whenWritten, config));
    if (config.isa.zicntr) words.push([CSR.time, io.mtime.slice(31, 0)], [CSR.timeh, io.mtime.slice(63, 32)]);
    if (config.pmpRegions > 0) {
      const protection = pmpRegisters(m, config.pmpRegions, writeData, whenWritten);
      io.regions = protection.regions;
      words.push(...protection.words);
    }
    // Addresses are told apart only for an instruction that has one: the engines then skip it for all others.
    const known = [...new Set([...words, ...writes].map(([csr]) => csr))];
    const { exists } = m.let({ exists: io.active.and(isAnyOf(io.address, [...cubes.values()], wording)) });
    const selected = m.let(Object.fromEntries(known.map((csr) =>
      [`is${capitalised(csr.name)}`, io.active.and(isCsr(...cubesOf([csr, ...aliasesOf(csr)])))])));
    const isSelected = ({ name }: Csr): Bool => selected[`is${capitalised(name)}`];
    io.allowed = exists.and(io.writes.and(isReadOnly).not());
    io.readData = repeat(io.active, 32).and(oneHot(words.map(([csr, word]) => [isSelected(csr), word] as const)));
    for (const [csr, body] of writes) m.when(write.and(isSelected(csr)), body);
  });
}

const capitalised = (name: string): string => `${name[0].toUpperCase()}${name.slice(1)}`;

/** Counters that unprivileged software reads under another address. */
function aliasesOf(csr: Csr): Csr[] {
  const alias = csrByAddress(csr.address - CSR.mcycle.address + CSR.cycle.address);
  return csr.access === 'rw' && alias?.access === 'r' ? [alias] : [];
}

type CsrIo = Inside<ReturnType<typeof portsOf>>;

/** mcycle, minstret and mcountinhibit. */
function counters(
  m: Builder, io: CsrIo, writeData: UInt, whenWritten: (csr: Csr, body: () => void) => void, config: CoreConfig,
): (readonly [Csr, UInt])[] {
  const r = m.regs({ mcycle: U<number>(64, 0), minstret: U<number>(64, 0), stopCycle: Flag(false), stopInstret: Flag(false) });
  m.when(r.stopCycle.not(), () => {
    r.mcycle = r.mcycle.addWrap(1);
  });
  // Of an instruction that writes minstret only the written value counts: that write comes after this.
  const { counts } = m.let({ counts: io.complete.and(r.stopInstret.not()) });
  if (config.stages === 3) {
    // It is counted when it completes, so that who reads the counter in the next cycle has it in a register; an access that fails
    // later is taken back. Which of the two it is, is known early: nothing that is decided late runs through the carry chain.
    const { takenBack } = m.let({ takenBack: allOf(io.fail, io.trap, r.stopInstret.not()) });
    m.when(counts.or(takenBack), () => {
      r.minstret = r.minstret.addWrap(cat(repeat(io.fail, 63), U(1).lit(1)));
    });
    m.assert('failsAlone', io.fail.and(io.complete).not(), 'an instruction completes behind one that failed');
  } else {
    m.when(counts, () => {
      r.minstret = r.minstret.addWrap(1);
    });
  }
  const lower = (word: UInt): UInt => word.slice(31, 0);
  const upper = (word: UInt): UInt => word.slice(63, 32);
  whenWritten(CSR.mcycle, () => {
    r.mcycle = cat(upper(r.mcycle), writeData);
  });
  whenWritten(CSR.mcycleh, () => {
    r.mcycle = cat(writeData, lower(r.mcycle));
  });
  whenWritten(CSR.minstret, () => {
    r.minstret = cat(upper(r.minstret), writeData);
  });
  whenWritten(CSR.minstreth, () => {
    r.minstret = cat(writeData, lower(r.minstret));
  });
  whenWritten(CSR.mcountinhibit, () => {
    r.stopCycle = writeData.bit(bitIndex(MCOUNTINHIBIT.CY));
    r.stopInstret = writeData.bit(bitIndex(MCOUNTINHIBIT.IR));
  });
  return [
    [CSR.mcycle, lower(r.mcycle)], [CSR.mcycleh, upper(r.mcycle)], [CSR.minstret, lower(r.minstret)], [CSR.minstreth, upper(r.minstret)],
    [CSR.mcountinhibit, bitsAt([[bitIndex(MCOUNTINHIBIT.CY), r.stopCycle], [bitIndex(MCOUNTINHIBIT.IR), r.stopInstret]])],
  ];
}
