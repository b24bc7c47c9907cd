/** All 4096 CSR addresses: RTL and golden model have the same registers, allow the same accesses and give the same values. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../gen/index.ts';
import { CORE_PRESETS } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { CsrUnit } from '../../../hw/core/csr-unit.ts';
import { CSR, INTERRUPT, MCOUNTINHIBIT } from '../../../hw/isa/csr.ts';
import { loadConfig, presetNames } from '../../../hw/soc/config-file.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { parseElf } from '../../../sim/elf.ts';
import type { ElfImage } from '../../../sim/elf.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { CsrFile } from '../../../sim/model/csr-file.ts';
import { GoldenModel } from '../../../sim/model/golden-model.ts';
import { hartOptions } from '../../../sim/model/hart-options.ts';
import { assemble, programToElf } from '../../../sw/assembler/index.ts';
import { createBench, loadElf, runElf } from '../../support/core-runner.ts';

const ADDRESSES = 4096;
const withIsa = (config: CoreConfig, isa: Partial<CoreConfig['isa']>): CoreConfig => ({ ...config, isa: { ...config.isa, ...isa } });
const { small, balanced, fast } = CORE_PRESETS;

/** The presets of cores and those of chips that differ from them. */
const PRESETS: Readonly<Record<string, CoreConfig>> = {
  ...CORE_PRESETS,
  ...Object.fromEntries(presetNames().map((name) => [`of ${name}`, loadConfig(name).core] as const)
    .filter(([, core]) => !Object.values(CORE_PRESETS).some((preset) => isDeepStrictEqual(preset, core)))),
};
const VARIANTS: Readonly<Record<string, CoreConfig>> = {
  ...PRESETS,
  'small with counters': { ...small, counters: true },
  'small with unprivileged counters that do not count': withIsa(small, { zicntr: true }),
  'small with 16-bit instructions and 16 regions': { ...withIsa(small, { c: true }), pmpRegions: 16 },
  'balanced without unprivileged counters': withIsa(balanced, { zicntr: false }),
  'balanced with 4 regions': { ...balanced, pmpRegions: 4 },
  'fast with 8 regions': { ...fast, pmpRegions: 8 },
};
const PATTERNS = [0xffff_ffff, 0x5555_5555, 0xaaaa_aaaa, 0x9f1b_0d87, 0] as const;
const MTIME = 0x1234_5678_9abc_def0n;

describe.each(Object.entries(VARIANTS))('the CSR unit of the core %s', (_, config) => {
  const sim = createWasmSimulator(elaborate(CsrUnit(config)));
  const reset = (): void => {
    sim.poke('rst', 1);
    sim.step();
    sim.poke('rst', 0);
    for (const port of ['writes', 'replace', 'commit', 'clear', 'trap', 'trapReturn']) sim.poke(port, 0);
    if (config.isa.zicntr) sim.poke('mtime', MTIME);
    sim.poke('active', 1);
    sim.poke('irqTimer', 1);
  };
  const hooks = { retired: () => 0, time: () => MTIME, lines: () => 1 << INTERRUPT.timer };
  const model = (): CsrFile => new CsrFile(hartOptions(config).isa, hooks, config.pmpRegions);
  const read = (address: number): number | undefined => {
    sim.poke('address', address);
    sim.poke('writes', 0);
    return sim.peek('allowed') === 1n ? Number(sim.peek('readData')) : undefined;
  };
  const mayWrite = (address: number): boolean => {
    sim.poke('address', address);
    sim.poke('writes', 1);
    return sim.peek('allowed') === 1n;
  };
  const write = (address: number, value: number): void => {
    sim.poke('address', address);
    sim.poke('operand', value);
    for (const port of ['writes', 'replace', 'commit']) sim.poke(port, 1);
    sim.step();
    for (const port of ['writes', 'replace', 'commit']) sim.poke(port, 0);
  };
  /** Counters stand still, so that they can be compared. */
  const still = (csrs: CsrFile): void => {
    const both = MCOUNTINHIBIT.CY | MCOUNTINHIBIT.IR;
    write(CSR.mcountinhibit.address, both);
    csrs.write(CSR.mcountinhibit.address, both);
    for (const { address } of [CSR.mcycle, CSR.minstret]) {
      write(address, 0);
      csrs.write(address, 0);
    }
  };

  it('has the model\'s registers and lets be written what the model does', () => {
    reset();
    const csrs = model();
    still(csrs);
    for (let address = 0; address < ADDRESSES; address++) {
      const value = csrs.read(address);
      const probe = model();
      const name = `CSR 0x${address.toString(16)}`;
      // What was never written holds anything.
      const isUnset = [CSR.mscratch, CSR.mepc, CSR.mcause, CSR.mtval].some((csr) => csr.address === address);
      if (isUnset) expect(read(address), name).toBeDefined();
      else expect(read(address), name).toBe(value);
      expect(mayWrite(address), name).toBe(value !== undefined && probe.write(address, value));
    }
  });

  it.each(PATTERNS.map((pattern) => [pattern.toString(16), pattern] as const))('keeps of 0x%s what the model keeps', (_text, pattern) => {
    reset();
    const csrs = model();
    still(csrs);
    // From the highest address down: regions of memory get their addresses before their settings can lock them.
    for (let address = ADDRESSES - 1; address >= 0; address--) {
      if (csrs.read(address) === undefined || !csrs.write(address, pattern)) continue;
      write(address, pattern);
      expect(read(address), `CSR 0x${address.toString(16)}`).toBe(csrs.read(address));
      if (address === CSR.mcountinhibit.address) still(csrs);
    }
  });
});

/** Words that the program leaves for each address: what a read gives, what a write leaves, and traps among its accesses. */
const RESULT_WORDS = 3;
const RAM_BYTES = 512 * 1024;
const COUNTING = [CSR.mcycle, CSR.cycle, CSR.time].map(({ address }) => address);

/** Reads, writes and restores every CSR; those that count time only have to be 0 or not. */
const everyCsr = (): string => {
  const each = Array.from({ length: ADDRESSES }, (_, i) => ADDRESSES - 1 - i).map((address) => `
    mv    a0, s3
    mv    a2, s3
    csrrs a0, ${address}, zero
    csrrw a1, ${address}, s2
    csrrw a2, ${address}, a0
    csrrci zero, ${address}, 0
    ${COUNTING.includes(address) ? 'snez a0, a0\nli a2, 0' : ''}
    sw    a0, 0(s0)
    sw    a2, 4(s0)
    sw    s1, 8(s0)
    addi  s0, s0, ${4 * RESULT_WORDS}`);
  return `
    .globl _start
    _start:
    la    t0, handler
    csrw  mtvec, t0
    csrw  mscratch, zero
    csrw  mcause, zero
    csrw  mtval, zero
    csrw  mepc, zero
    la    s0, results
    la    t0, pattern
    lw    s2, 0(t0)
    li    s1, 0
    li    s3, 0x0badc0de
    ${each.join('\n')}
    li    a0, 1
    la    t0, tohost
    sw    a0, 0(t0)
    end: j end
    .align 2
    handler:
    csrr  t1, mcause
    slli  t1, t1, 16
    addi  t1, t1, 1
    add   s1, s1, t1
    csrr  t1, mepc
    addi  t1, t1, 4
    csrw  mepc, t1
    csrw  mcause, zero
    csrw  mtval, zero
    mret
    .data
    .globl tohost
    tohost: .word 0
    .globl pattern
    pattern: .word 0
    .bss
    .align 2
    .globl results
    results: .space ${4 * RESULT_WORDS * ADDRESSES}`;
};

describe('every CSR address in a program', () => {
  const elf: ElfImage = parseElf(programToElf(assemble(everyCsr())), 'csrs.elf');
  const at = (symbol: string): number => elf.symbols.get(symbol)! - RAM_BASE;
  const cores: Readonly<Record<string, CoreConfig>> = {
    ...PRESETS, 'fast with 8 regions': { ...fast, pmpRegions: 8 }, 'small with all counters': { ...withIsa(small, { zicntr: true }), counters: true },
  };

  it.each(Object.entries(cores))('does on the core %s what it does on the model', (_, config) => {
    const sim = createBench(config, { ramWords: RAM_BYTES / 4, stalls: false });
    for (const pattern of [0xffff_ffff, 0xaaaa_aaaa]) {
      const word = new Uint8Array(Uint32Array.of(pattern).buffer);
      const model = new GoldenModel({ ...hartOptions(config), ramBytes: RAM_BYTES });
      model.load(elf);
      model.write(RAM_BASE + at('pattern'), word);
      expect(model.run(2_000_000).exit).toBe(0);
      const patched = { ...elf, segments: elf.segments.map((segment) => ({ ...segment, bytes: withWord(segment.bytes, segment.address, at('pattern') + RAM_BASE, word) })) };
      loadElf(sim, patched);
      expect(runElf(sim, patched, 4_000_000).exit).toBe(0);
      const simulated = new Uint32Array(sim.memory('ram').read(at('results'), 4 * RESULT_WORDS * ADDRESSES).slice().buffer);
      const expected = new Uint32Array(model.read(RAM_BASE + at('results'), 4 * RESULT_WORDS * ADDRESSES).buffer);
      const wrong = simulated.findIndex((value, i) => value !== expected[i]);
      const place = `CSR 0x${(ADDRESSES - 1 - Math.floor(wrong / RESULT_WORDS)).toString(16)}, word ${wrong % RESULT_WORDS}`;
      expect(wrong < 0 ? 'the same' : `${place}: 0x${simulated[wrong].toString(16)}, not 0x${expected[wrong].toString(16)}`).toBe('the same');
    }
    sim.close();
  });
});

/** The bytes of a segment with a word put at an address, if it lies there. */
function withWord(bytes: Uint8Array, from: number, address: number, word: Uint8Array): Uint8Array {
  if (address < from || address + 4 > from + bytes.length) return bytes;
  const changed = bytes.slice();
  changed.set(word, address - from);
  return changed;
}
