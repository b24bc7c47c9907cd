import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { balancedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { Core } from '../../../hw/core/core.ts';
import { EXCEPTION, INTERRUPT, MSTATUS, PMP_MODE, pmpAddresses, pmpConfigs } from '../../../hw/isa/csr.ts';
import type { Csr } from '../../../hw/isa/csr.ts';
import { RAM_BASE, addressOf } from '../../../hw/soc/memory-map.ts';
import { Pmp } from '../../../sim/model/pmp.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Random } from '../../../sw/data/random.ts';
import { createBench } from '../../support/core-runner.ts';
import { runLockstep } from '../../support/lockstep.ts';
import { imageOf } from '../../sim/model/programs.ts';

const RAM_BYTES = 0x4000;
/** 256 bytes of code to jump to, and 256 of data. */
const CODE = RAM_BASE + 0x2000;
const DATA = RAM_BASE + 0x3000;
const AREA = 0x100;
const RESULTS = RAM_BASE + 0x3400;
const JR_S11 = 0x000d_8067;
const C_JR_S11 = 0x8d82;
const C_NOP = 0x0001;
const { instructionFault, loadFault, storeFault } = EXCEPTION;

const withIsa = (config: CoreConfig, isa: Partial<CoreConfig['isa']>): CoreConfig => ({ ...config, isa: { ...config.isa, ...isa } });
const CONFIGS: Readonly<Record<string, CoreConfig>> = {
  'small, 4 regions': { ...smallCore, pmpRegions: 4 },
  'small with 16-bit instructions and a two-word queue, 8 regions': { ...withIsa(smallCore, { c: true }), prefetch: 2, pmpRegions: 8 },
  'balanced, 16 regions': { ...balancedCore, pmpRegions: 16 },
  'balanced with late redirection, 4 regions': { ...balancedCore, redirect: 'registered', pmpRegions: 4 },
  'fast, 8 regions': { ...fastCore, pmpRegions: 8 },
  'fast without 16-bit instructions, with late redirection, 16 regions': {
    ...withIsa(fastCore, { c: false }), redirect: 'registered', predictorEntries: 16, pmpRegions: 16,
  },
};

/** A bench is built once for all tests of a configuration. */
const benches = new Map<string, Simulator>();
function benchOf(name: string, stalls: boolean): Simulator {
  const key = `${name} ${stalls}`;
  const bench = benches.get(key) ?? createBench({ ...CONFIGS[name], trace: true }, { ramWords: RAM_BYTES / 4, stalls });
  benches.set(key, bench);
  return bench;
}

/**
 * `body` between a start and a trap handler that counts access faults in s9, leaves mcause and mtval in s8 and s7, and goes on at
 * s11 after a failed fetch, else behind the instruction.
 */
const program = (body: string): string => `
  _start: la t0, handler
  csrw mtvec, t0
  li s6, ${RESULTS}
  ${['s7', 's8', 's9', 'a0', 'a1', 'a2', 'a3', 't2'].map((register) => `li ${register}, 0`).join('\n')}
  ${body}
  la t0, tohost
  li t1, 1
  sw t1, 0(t0)
  j .
  .balign 4
  handler: csrr s8, mcause
  andi t5, s8, 1
  add s9, s9, t5
  csrr s7, mtval
  bltz s8, interrupt
  li t5, ${instructionFault.cause}
  bne s8, t5, over
  csrw mepc, s11
  mret
  over: csrr t5, mepc
  addi t5, t5, 4
  csrw mepc, t5
  mret
  interrupt: li t5, ${addressOf('mtimecmpLo')}
  sw x0, 0(t5)
  mret
  .balign 16
  tohost: .word 0`;

/** Runs on core and model side by side; returns the words that the program stored from RESULTS on. */
function run(name: string, source: string, code = returns(), { stalls = false, interrupts = false, seed = 1 } = {}): Uint32Array {
  const config = { ...CONFIGS[name], trace: true };
  const sim = benchOf(name, stalls);
  const image = imageOf(program(source), RAM_BYTES);
  image.bytes.set(code, CODE - RAM_BASE);
  runLockstep(sim, config, image, { interrupts, seed, maxCycles: 200_000 });
  const bytes = sim.memory('ram').read(RESULTS - RAM_BASE, 0x400);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

const bytesOf = (halves: readonly number[]): Uint8Array => new Uint8Array(Uint16Array.from(halves).buffer);
/** Every word jumps back. */
const returns = (): Uint8Array => bytesOf(Array.from({ length: AREA / 4 }, () => [JR_S11 & 0xffff, JR_S11 >>> 16]).flat());

type Kind = 'load' | 'store' | 'fetch';
let labels = 0;
/** Lines that access an address and store the cause (0: none) and mtval. What is stored there is what stands there. */
function probe(kind: Kind, address: number): string {
  const label = `p${labels++}`;
  const lines = { load: 'lw a0, 0(a1)', store: 'sw a0, 0(a1)', fetch: 'jr a1' };
  return `
    la s11, ${label}
    li a0, ${JR_S11}
    li a1, ${address}
    li s8, 0
    li s7, 0
    ${lines[kind]}
    ${label}: sw s8, 0(s6)
    sw s7, 4(s6)
    addi s6, s6, 8`;
}
const write = (csr: string, value: number): string => `li t0, ${value >>> 0}\ncsrw ${csr}, t0\n`;
const readBack = (...csrs: string[]): string => csrs.map((csr) => `csrr t0, ${csr}\nsw t0, 0(s6)\naddi s6, s6, 4\n`).join('');

const CAUSE: Readonly<Record<Kind, number>> = { load: loadFault.cause, store: storeFault.cause, fetch: instructionFault.cause };
const KINDS: readonly Kind[] = ['load', 'store', 'fetch'];
const [R, W, X, L] = [1, 2, 4, 0x80];
const mode = (name: keyof typeof PMP_MODE): number => PMP_MODE[name] << 3;

describe.each(Object.keys(CONFIGS))('memory protection (%s)', (name) => {
  const { pmpRegions, isa } = CONFIGS[name];

  it('has registers that keep what may be written, and those of missing regions read 0', () => {
    const names = [...pmpConfigs(pmpRegions), ...pmpAddresses(pmpRegions)].map((csr) => csr.name);
    const before = run(name, readBack(...names)).slice(0, names.length);
    expect([...before]).toEqual(names.map(() => 0));
    const addresses = pmpAddresses(pmpRegions).map((csr) => csr.name);
    const kept = run(name, addresses.map((csr, i) => write(csr, 0xffff_fff0 - i) + readBack(csr)).join('')).slice(0, 16);
    expect([...kept]).toEqual(addresses.map((_, i) => (i < pmpRegions ? 0xffff_fff0 - i : 0)));
    // Without L: bits 6:5 are 0, and W without R is not stored.
    const bytes = [0x7f, 0x62, 0x06, 0x1b].reduce((word, b, i) => word | (b << (8 * i)), 0);
    const configs = pmpConfigs(pmpRegions).map((csr) => csr.name);
    const stored = run(name, configs.map((csr) => write(csr, bytes) + readBack(csr)).join('')).slice(0, 4);
    expect([...stored]).toEqual(configs.map((_, n) => (4 * n < pmpRegions ? 0x1b04_001f : 0)));
  });

  it('locks a region, and the address before a locked range, until reset', () => {
    const results = run(name, `
      ${write('pmpaddr0', 0x111)} ${write('pmpaddr1', 0x222)} ${write('pmpaddr2', 0x333)} ${write('pmpaddr3', 0x444)}
      ${write('pmpcfg0', (L | mode('napot')) << 24 | (L | mode('tor') | R) << 8 | R)}
      ${write('pmpaddr0', 1)} ${write('pmpaddr1', 2)} ${write('pmpaddr2', 3)} ${write('pmpaddr3', 4)}
      ${write('pmpcfg0', 0x0707_0007)}
      ${readBack('pmpaddr0', 'pmpaddr1', 'pmpaddr2', 'pmpaddr3', 'pmpcfg0')}
      li t0, -1
      csrrc t1, pmpcfg0, t0
      ${readBack('pmpcfg0')}`);
    // Region 3 is locked, but no range: the address before it can be changed.
    expect([...results.slice(0, 6)]).toEqual([0x111, 0x222, 3, 0x444, 0x9807_8907, 0x9800_8900]);
    expect([...run(name, readBack('pmpcfg0', 'pmpaddr1')).slice(0, 2)]).toEqual([0, 0]);
  });

  it('allows what the locked region allows, in every mode', () => {
    const at = CODE + 0x40;
    const places = [-4, 0, 4, 12, 16, 28, 32];
    const sizes: Readonly<Record<keyof typeof PMP_MODE, number>> = { off: 0, tor: 16, na4: 4, napot: 32 };
    for (const a of ['off', 'tor', 'na4', 'napot'] as const) {
      for (let permissions = 0; permissions < 8; permissions++) {
        const stored = permissions & R ? permissions : permissions & ~W;
        const last = { off: at, tor: at + 16, na4: at, napot: at + 12 }[a];
        const results = run(name, `
          ${write('pmpaddr0', at / 4)} ${write('pmpaddr1', last / 4)} ${write('pmpcfg0', (L | mode(a) | permissions) << 8)}
          ${places.flatMap((offset) => KINDS.map((kind) => probe(kind, at + offset))).join('')}`);
        const expected = places.flatMap((offset) => KINDS.map((kind) => {
          const isInside = offset >= 0 && offset < sizes[a];
          const isDenied = isInside && (stored & { load: R, store: W, fetch: X }[kind]) === 0;
          return isDenied ? [CAUSE[kind], at + offset] : [0, 0];
        })).flat();
        expect([a, permissions, ...results.slice(0, expected.length)]).toEqual([a, permissions, ...expected]);
      }
    }
  });

  it('allows everything while nothing is locked, and lets the first region that matches decide', () => {
    const at = CODE + 0x80;
    const block = (at + 12) / 4;
    const setUp = (first: number, second: number): string =>
      `${write('pmpaddr2', block)} ${write('pmpaddr3', block)} ${write('pmpcfg0', (first << 16 | second << 24) >>> 0)}`;
    const causes = (source: string): number[] => {
      const results = run(name, source + KINDS.map((kind) => probe(kind, at + 8)).join(''));
      return [results[0], results[2], results[4]];
    };
    const all = KINDS.map((kind) => CAUSE[kind]);
    expect(causes(setUp(mode('napot'), mode('napot')))).toEqual([0, 0, 0]);
    expect(causes(setUp(mode('napot'), L | mode('napot')))).toEqual([0, 0, 0]);
    expect(causes(setUp(mode('off'), L | mode('napot')))).toEqual(all);
    expect(causes(setUp(L | mode('napot') | R | W, L | mode('napot') | X))).toEqual([0, 0, instructionFault.cause]);
    expect(causes(setUp(L | mode('napot') | X, L | mode('napot') | R | W))).toEqual([loadFault.cause, storeFault.cause, 0]);
    // A range that ends before it starts holds nothing.
    const empty = `${write('pmpaddr0', 0xffff_ffff)} ${write('pmpaddr1', block)} ${write('pmpcfg0', (L | mode('tor')) << 8)}`;
    expect(causes(empty)).toEqual([0, 0, 0]);
    // Region 0 as a range starts at address 0.
    const upTo = (end: number): string => `${write('pmpaddr0', end / 4)} ${write('pmpaddr1', block)}
      ${write('pmpcfg0', L | mode('tor') | R | W | X | (L | mode('napot')) << 8)}`;
    expect(causes(upTo(at + 8))).toEqual(all);
    expect(causes(upTo(at + 12))).toEqual([0, 0, 0]);
    // The largest block is everything; the program itself and its data come before it.
    const everything = `${write('pmpaddr0', CODE / 4)} ${write('pmpaddr1', DATA / 4 | 0x1ff)} ${write('pmpaddr2', 0xffff_ffff)}
      ${write('pmpcfg0', mode('tor') | mode('napot') << 8 | (L | mode('napot') | R) << 16)}`;
    expect(causes(everything)).toEqual([0, storeFault.cause, instructionFault.cause]);
  });

  it('says misaligned of an access that is both misaligned and denied', () => {
    const results = run(name, `
      ${write('pmpaddr0', DATA / 4)} ${write('pmpcfg0', L | mode('na4'))}
      li s10, ${DATA}
      lw a0, 1(s10)
      sw s8, 0(s6)
      sh a0, 3(s10)
      sw s8, 4(s6)
      lb a0, 3(s10)
      sw s8, 8(s6)
      sw s7, 12(s6)
      sb a0, 2(s10)
      sw s8, 16(s6)
      sw s7, 20(s6)
      lhu a0, 4(s10)
      sw s9, 24(s6)`);
    expect([...results.slice(0, 7)]).toEqual([4, 6, 5, DATA + 3, 7, DATA + 2, 2]);
  });

  it('binds the instructions right behind the one that sets it up', () => {
    for (let k = 1; k < 8; k++) {
      const code = new Uint8Array(returns());
      const view = new DataView(code.buffer);
      for (let i = 0; i < 16; i++) view.setUint32(4 * i, 0x0000_0013, true);
      view.setUint32(0, 0x3a02_9073, true); // csrw pmpcfg0, t0
      const results = run(name, `
        ${write('pmpaddr0', CODE / 4 + k)}
        la s11, back
        li a1, ${CODE}
        li t0, ${L | mode('na4') | R | W}
        jr a1
        back: sw s8, 0(s6)
        sw s7, 4(s6)`, code);
      expect([...results.slice(0, 2)]).toEqual([instructionFault.cause, CODE + 4 * k]);
    }
  });

  it.runIf(isa.c)('checks both halves of an instruction that crosses a word boundary', () => {
    const code = returns();
    // c.nop, an addi that crosses, c.jr
    code.set(bytesOf([C_NOP, 0x0613, 0x0016, C_JR_S11]), 0x40);
    const at = CODE + 0x40;
    const deny = (address: number): string => `${write('pmpaddr3', address / 4)} ${write('pmpcfg0', (L | mode('na4') | R | W) << 24)}`;
    const jumps = [0, 2, 6].map((offset) => probe('fetch', at + offset)).join('');
    const fault = instructionFault.cause;
    expect([...run(name, deny(at) + jumps, code).slice(0, 6)]).toEqual([fault, at, fault, at + 2, 0, 0]);
    expect([...run(name, deny(at + 4) + jumps, code).slice(0, 6)]).toEqual([fault, at + 4, fault, at + 4, fault, at + 6]);
    expect([...run(name, deny(at + 8) + jumps, code).slice(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('agrees with the model on random settings and accesses', () => {
    let faults = 0;
    for (const stalls of [false, true]) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { source, code } = randomAccesses(seed, CONFIGS[name]);
        faults += run(name, source, code, { stalls, seed })[0];
        const enabled = 1 << INTERRUPT.timer | 1 << INTERRUPT.external;
        run(name, `li t0, ${enabled}\ncsrw mie, t0\ncsrsi mstatus, ${MSTATUS.MIE}\n${source}`, code, { stalls, interrupts: true, seed });
      }
    }
    expect(faults).toBeGreaterThan(2 * SEEDS);
  });
});

type Access = readonly [mnemonic: string, size: number];
const LOADS: readonly Access[] = [['lb', 1], ['lbu', 1], ['lh', 2], ['lhu', 2], ['lw', 4]];
const STORES: readonly Access[] = [['sb', 1], ['sh', 2], ['sw', 4]];
const SEEDS = Number(process.env.SYSTOLE_LOCKSTEP_SEEDS ?? 3);

/**
 * A program that sets up regions at random in and around the two areas, and loads, stores and jumps there. What would take the
 * program itself its right to run is left out.
 */
function randomAccesses(seed: number, { pmpRegions, isa }: CoreConfig): { source: string; code: Uint8Array } {
  const random = new Random(seed);
  const below = (n: number): number => random.uint32() % n;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const around = (): number => pick([CODE, DATA]) - 16 + below(AREA + 32);
  const addresses = pmpAddresses(pmpRegions);
  const configs = pmpConfigs(pmpRegions);
  const lines: string[] = [];
  const done: [csr: number, value: number][] = [];

  const replay = (writes: readonly [number, number][]): Pmp => {
    const pmp = new Pmp(pmpRegions);
    for (const [csr, value] of writes) pmp.write(csr, value);
    return pmp;
  };
  const goesOn = (pmp: Pmp): boolean => {
    for (let address = RAM_BASE; address < RAM_BASE + 0x1800; address += 4) if (!pmp.allows(address, 4, 'fetch')) return false;
    return [RESULTS, addressOf('mtimecmpLo'), ...toHostArea].every((address) => pmp.allows(address, 4, 'store'));
  };
  const toHostArea = Array.from({ length: 0x600 }, (_, i) => RAM_BASE + 4 * i);
  /** A byte beside where a region may start or end. */
  const edge = (): number => {
    const pmp = replay(done);
    const near = addresses.map((csr) => 4 * (pmp.read(csr.address) ?? 0)).filter((a) => a >= CODE - 16 && a < DATA + AREA);
    return near.length === 0 ? around() : pick(near) - 8 + below(16);
  };
  /** A region of up to 64 words around a place of an area. */
  const block = (): number => {
    const open = 2 ** below(6) - 1;
    return (((around() >>> 2) & ~(2 * open + 1)) | open) >>> 0;
  };
  const anyAddress = (): number => {
    switch (below(6)) {
      case 0: return random.uint32();
      case 1: return pick([0, 0xffff_ffff, 0x3fff_ffff, 0x1fff_ffff, 0x7fff_ffff]);
      case 2: case 3: return block();
      default: return around() >>> 2;
    }
  };
  const configByte = (a: number, percentLocked: number): number =>
    (below(8) & below(8)) | (a << 3) | (below(4) << 5) | (below(100) < percentLocked ? L : 0);
  const csrWrite = ({ name, address }: Csr, operand: number): void => {
    const old = replay(done).read(address) ?? 0;
    const [mnemonic, value] = pick([['csrrw', operand], ['csrrw', operand], ['csrrs', old | operand], ['csrrc', old & ~operand]] as const);
    if (!goesOn(replay([...done, [address, value >>> 0]]))) return;
    done.push([address, value >>> 0]);
    lines.push(`li t0, ${operand}`, `${mnemonic} t1, ${name}, t0`, `csrr t2, ${name}`);
  };
  const anyWrite = (): void => {
    if (below(100) < 60) csrWrite(pick(addresses), anyAddress());
    else csrWrite(pick(configs), [0, 1, 2, 3].reduce((word, k) => word | (configByte(below(4), 3) << (8 * k)), 0) >>> 0);
  };
  const setUp = (): void => {
    const region = below(pmpRegions);
    const a = pick([PMP_MODE.off, PMP_MODE.tor, PMP_MODE.tor, PMP_MODE.na4, PMP_MODE.napot, PMP_MODE.napot, PMP_MODE.napot]);
    if (a === PMP_MODE.tor && region > 0) csrWrite(addresses[region - 1], around() >>> 2);
    csrWrite(addresses[region], a === PMP_MODE.napot ? block() : around() >>> 2);
    const csr = configs[region >> 2];
    const shift = 8 * (region % 4);
    const byte = configByte(a, a === PMP_MODE.off ? 3 : 30);
    csrWrite(csr, (((replay(done).read(csr.address) ?? 0) & ~(0xff << shift)) | (byte << shift)) >>> 0);
  };
  // With C: blocks of 16 bytes with instructions that cross words; the last one goes back. Else instructions and returns in turn.
  const starts = isa.c ? [0, 4, 6, 10, 12] : [0, 4, 8, 12];
  const addi = [0x0613, 0x0016];
  const inner = isa.c ? [...addi, C_NOP, ...addi, C_NOP] : [...addi, ...addi, ...addi];
  const back = [JR_S11 & 0xffff, JR_S11 >>> 16];
  const code = bytesOf(Array.from({ length: AREA / 16 }, (_, i) => [...inner, ...(i % 4 === 3 ? back : addi)]).flat());
  const access = (): void => {
    const isLoad = below(2) === 0;
    const [mnemonic, size] = pick(isLoad ? LOADS : STORES);
    const anywhere = below(3) === 0 ? around() : edge();
    // Code stays as it is.
    const address = isLoad || anywhere >= DATA - 16 ? anywhere : anywhere - CODE + DATA;
    lines.push(`li a1, ${below(10) === 0 ? address : address - (address % size)}`, `${mnemonic} a2, 0(a1)`);
  };
  const jump = (): void => {
    const label = `r${labels++}`;
    lines.push(`la s11, ${label}`, `li a1, ${(edge() & -16 & (AREA - 1)) + CODE + pick(starts)}`, 'jr a1', `${label}: addi a3, a3, 1`);
  };
  for (let n = 0; n < 150 && lines.length < 700; n++) pick([setUp, anyWrite, access, access, access, jump, jump])();
  return { source: `${lines.join('\n')}\nsw s9, 0(s6)`, code };
}

describe('a core with 16 regions', () => {
  const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;
  const cores = Object.entries({ smallCore, balancedCore, fastCore });
  it.each(cores)('printed from %s has no warning in Verilator and is read by Icarus', (_, config) => {
    const directory = mkdtempSync(join(tmpdir(), 'systole-pmp-'));
    try {
      const files = printDesign(elaborate(Core({ ...config, pmpRegions: 16 }))).map(({ name: file, text }) => {
        writeFileSync(join(directory, file), text);
        return join(directory, file);
      });
      const complaints = (tool: string, ...options: string[]): string =>
        spawnSync(tool, [...options, ...files], { encoding: 'utf8' }).stderr;
      if (has('verilator')) expect(complaints('verilator', '--lint-only', '-Wall', '--top-module', 'Core')).toBe('');
      if (has('iverilog')) expect(complaints('iverilog', '-g2012', '-o', '/dev/null')).toBe('');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
