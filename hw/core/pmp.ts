/**
 * Physical memory protection (privileged specification, section "Physical Memory Protection"): the registers of the regions,
 * and whether they deny an access. The core knows machine mode only, which a region binds once it is locked; without a match
 * everything is allowed. A granule is a word, and an access never leaves its word: it lies in a region as a whole or not at all.
 * Must not know instructions nor how a denied access ends.
 */
import { B, Flag, In, Out, U, bool, bundle, cat, enumeration, fromBits, hw, vec } from '../../gen/index.ts';
import type { Bool, Builder, Shape, UInt } from '../../gen/index.ts';
import { PMP_CFG, PMP_MODES, pmpAddresses, pmpConfigs } from '../isa/csr.ts';
import type { Csr, PmpRegions } from '../isa/csr.ts';
import { bitIndex, fieldBits } from '../lib/bit-fields.ts';
import { Word } from './word.ts';

/** Which words a region holds: none, those from the address before on, one, a block. */
export const PmpMode = enumeration('PmpMode', ...PMP_MODES);

/**
 * The regions of a core as their registers have them, region 0 first. `address` holds bits 33:2 of an address; `open` tells which of
 * them mode NAPOT leaves open (the trailing ones and the zero above them), worked out when the address is written. Of a core without
 * protection it is the shape of a port that is left out.
 */
export const pmpRegionsShape = (regions: PmpRegions) => {
  const each = <V>(shape: Shape<V>) => vec(shape, Math.max(1, regions));
  return bundle('PmpRegions', {
    address: each(U<number>(32, 0)), open: each(U<number>(32, 1)),
    locked: each(Flag(false)), mode: each(PmpMode.resetTo('off')),
    execute: each(Flag(false)), write: each(Flag(false)), read: each(Flag(false)),
  });
};

/** The bits that an address of mode NAPOT leaves open. */
const openOf = (address: UInt): UInt => address.xor(address.addWrap(1));

/**
 * Declares the registers of the regions. `whenWritten` tells of a CSR access that writes `writeData`. Returns the regions, and
 * what their CSRs read as.
 */
export function pmpRegisters(m: Builder, regions: PmpRegions, writeData: UInt, whenWritten: (csr: Csr, body: () => void) => void) {
  const each = Array.from({ length: regions }, (_, i) => i);
  const { pmp } = m.regs({ pmp: pmpRegionsShape(regions) });
  const { writeOpen } = m.let({ writeOpen: openOf(writeData) });
  const configs = pmpConfigs(regions);
  const addresses = pmpAddresses(regions);
  const [modeLow] = fieldBits(PMP_CFG.A);
  for (const i of each) {
    const byte = writeData.slice(8 * (i % 4) + 7, 8 * (i % 4));
    const field = (mask: number): Bool => byte.bit(bitIndex(mask));
    whenWritten(configs[i >> 2], () => {
      m.when(pmp.locked.at(i).not(), () => {
        pmp.locked.put(i, field(PMP_CFG.L));
        pmp.mode.put(i, fromBits(PmpMode, byte.slice(modeLow + 1, modeLow)));
        pmp.execute.put(i, field(PMP_CFG.X));
        // Writable but not readable is reserved: it becomes neither.
        pmp.write.put(i, field(PMP_CFG.W).and(field(PMP_CFG.R)));
        pmp.read.put(i, field(PMP_CFG.R));
      });
    });
    // A locked range that begins here needs this address, too.
    const beginsRange = i + 1 < regions ? pmp.locked.at(i + 1).and(pmp.mode.at(i + 1).eq('tor')) : bool(false);
    whenWritten(addresses[i], () => {
      m.when(pmp.locked.at(i).or(beginsRange).not(), () => {
        pmp.address.put(i, writeData);
        pmp.open.put(i, writeOpen);
      });
    });
  }
  const byteOf = (i: number): UInt =>
    cat(pmp.locked.at(i), U(2).lit(0), pmp.mode.at(i).asUInt(), pmp.execute.at(i), pmp.write.at(i), pmp.read.at(i));
  const words: (readonly [Csr, UInt])[] = [
    ...configs.slice(0, regions / 4).map((csr, n) => [csr, cat(...[3, 2, 1, 0].map((k) => byteOf(4 * n + k)))] as const),
    ...each.map((i) => [addresses[i], pmp.address.at(i)] as const),
  ];
  return { regions: pmp, words };
}

/** Decides about one access: a load, or a store or fetch if told so. */
export const PmpCheck = (regions: PmpRegions) => hw('PmpCheck', {
  regions: In(pmpRegionsShape(regions)),
  /** Of the word in which the access is. */
  wordAddress: In(U<number>(30)),
  isStore: In(B),
  isFetch: In(B),
  denied: Out(B),
}, (m, io) => {
  m.doc('The first region that holds the word decides, if it is locked.');
  const { address: bounds, open, locked, mode, execute, write, read } = io.regions;
  const { address } = m.let({ address: cat(U(2).lit(0), io.wordAddress) });
  const below = m.map('below', regions, (i) => address.lt(bounds.at(i)));
  const matching = m.map('matching', regions, (i) => {
    // One comparison for both: a block of mode NA4 has no open bits.
    const { openBits } = m.let({ openBits: mode.at(i).eq('napot').mux(open.at(i), Word.lit(0)) });
    const { inBlock } = m.let({ inBlock: address.xor(bounds.at(i)).and(openBits.not()).eq(0) });
    const inRange = below.at(i).and(below.near(i, -1, bool(false)).not());
    return mode.at(i).eq('tor').mux(inRange, mode.at(i).ne('off').and(inBlock));
  });
  const denying = m.map('denying', regions, (i) => locked.at(i).and(io.isFetch.mux(execute.at(i), io.isStore.mux(write.at(i), read.at(i))).not()));
  /** Of `count` regions from `from` on: one matches, and the first that does denies. A tree, because a chain would be 16 deep. */
  const first = (from: number, count: number): { matches: Bool; denies: Bool } => {
    if (count === 1) return { matches: matching.at(from), denies: denying.at(from) };
    const [a, b] = [first(from, count / 2), first(from + count / 2, count / 2)];
    const matches = a.matches.or(b.matches).named(`matches${from}to${from + count - 1}`);
    return { matches, denies: a.matches.mux(a.denies, b.denies) };
  };
  const { matches, denies } = first(0, regions);
  io.denied = matches.and(denies);
});

/**
 * Watches the requests of fetch and tells with each answer whether its word may be executed. That is decided after the request
 * has gone out: the address comes too late to hold it back, and a word that is read but not executed has no effect. The decision
 * is by the regions as they stand then: what was fetched before they change has to be fetched again.
 */
export const FetchCheck = (regions: PmpRegions, mostUnanswered: 1 | 2) => hw('FetchCheck', {
  regions: In(pmpRegionsShape(regions)),
  /** A request is granted, and this is its address. */
  granted: In(B),
  wordAddress: In(U<number>(30)),
  /** The oldest unanswered request is answered: its word must not be executed if `denied`. */
  answered: In(B),
  denied: Out(B),
}, (m, io) => {
  m.doc('Memory protection of instruction fetch.');
  const r = m.regs({ lastAddress: U<number>(30) });
  const check = m.inst('check', PmpCheck(regions));
  check.regions = io.regions;
  check.wordAddress = r.lastAddress;
  check.isStore = bool(false);
  check.isFetch = bool(true);
  m.when(io.granted, () => {
    r.lastAddress = io.wordAddress;
  });
  if (mostUnanswered === 1) {
    io.denied = check.denied;
  } else {
    // Of two unanswered requests the older one has been checked before the newer one was granted.
    const older = m.regs({ unanswered: U(2, 0), olderDenied: B });
    older.unanswered = older.unanswered.addWrap(io.granted.asUInt().zext(2)).subWrap(io.answered.asUInt().zext(2));
    m.when(io.granted, () => {
      older.olderDenied = check.denied;
    });
    io.denied = older.unanswered.bit(1).mux(older.olderDenied, check.denied);
  }
});
