/** Every CSR that a chip has, in a debugger's hands: shown on both kinds of engine, and written as far as an instruction could. */
import { describe, expect, it } from 'vitest';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { CSR, csrsOf, misaValue } from '../../../hw/isa/csr.ts';
import type { Csr } from '../../../hw/isa/csr.ts';
import { BoardHart } from '../../../sim/debug/board-hart.ts';
import type { DebugHart } from '../../../sim/debug/debug-hart.ts';
import { readRegister, targetXml, writeRegister } from '../../../sim/debug/gdb-registers.ts';
import { ModelHart } from '../../../sim/debug/model-hart.ts';
import { createBoard, modelOptions } from '../../../sim/run-elf.ts';
import { CORES } from '../../support/core-runner.ts';
import { config, program } from './programs.ts';

const FIRST = 65;
const elf = program('  nop\nlast: j last');
/** What reads differently each time, or depends on what is connected. */
const MOVES: ReadonlySet<string> = new Set(['mcycle', 'mcycleh', 'minstret', 'minstreth', 'cycle', 'cycleh', 'instret', 'instreth', 'time', 'timeh', 'misa']);

async function harts(core: CoreConfig): Promise<Readonly<Record<'model' | 'wasm', DebugHart>>> {
  const own = { ...config, core: { ...core, xif: true, xifOverlap: false, debug: true } };
  return {
    model: new ModelHart(elf, modelOptions(own), { maxCycles: 1e7 }),
    wasm: new BoardHart(await createBoard('wasm', { config: own }), elf, own.core, { maxCycles: 1e7 }),
  };
}

/** What a register holds after the debugger has written all ones to it; undefined: it cannot be. */
const afterOnes = ({ access, reset, writable }: Csr): number | undefined =>
  (access === 'r' ? undefined : (writable | (reset & ~writable)) >>> 0);

/** One core of each kind that differs in what decides about CSRs. */
const WITH_CSRS = Object.entries(CORES).filter(([, core]) => !core.xifOverlap).filter(([, core], i, all) => {
  const kind = ({ isa, counters, pmpRegions, stages }: CoreConfig): string =>
    JSON.stringify([isa.c, isa.zicntr, counters, pmpRegions, stages]);
  return all.findIndex(([, other]) => kind(other) === kind(core)) === i;
});

describe('the CSRs of a core', () => {
  it.each(WITH_CSRS)('are those of its configuration, are named to GDB, and take what an instruction could write: %s', async (_, core) => {
    const all = await harts(core);
    for (const hart of Object.values(all)) {
      // Which there are follows from extensions and options alone, and both engines agree.
      expect(hart.csrs).toEqual(all.model.csrs);
      const xml = targetXml(hart.csrs);
      expect([...xml.matchAll(/<reg name="(\w+)" bitsize="32" regnum="(\d+)"/g)].slice(33).map(([, name, number]) => [name, Number(number)]))
        .toEqual(hart.csrs.map(({ name, address }) => [name, FIRST + address]));
      for (let address = 0; address < 4096; address++) {
        const exists = hart.csrs.some((csr) => csr.address === address);
        expect(readRegister(hart, FIRST + address) !== undefined, `CSR 0x${address.toString(16)}`).toBe(exists);
      }
    }
    const names = all.model.csrs.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['mstatus', 'mip', 'mcause', 'mhartid']));
    expect(names.includes('cycle')).toBe(core.isa.zicntr);
    expect(names.includes('pmpcfg0')).toBe(core.pmpRegions > 0);
    const known = csrsOf({ ...core, zicntr: core.isa.zicntr }).map(({ name }) => name);
    expect(names).toEqual(known);

    for (const [engine, hart] of Object.entries(all)) {
      for (const { name, address, reset } of hart.csrs) {
        if (!MOVES.has(name)) expect(readRegister(hart, FIRST + address), `${name} on ${engine}`).toBe(reset);
      }
      expect(readRegister(hart, FIRST + CSR.misa.address)).toBe(misaValue(core.isa));
      // Locks of memory protection come last: they stand until reset.
      const isLock = ({ name }: Csr): boolean => name.startsWith('pmpcfg');
      for (const csr of [...hart.csrs.filter((c) => !isLock(c)), ...hart.csrs.filter(isLock)]) {
        const what = `${csr.name} on ${engine}`;
        const expected = afterOnes(csr);
        expect(writeRegister(hart, FIRST + csr.address, 0xffff_ffff), what).toBe(expected !== undefined);
        if (expected !== undefined) {
          const own = { misa: misaValue(core.isa), mepc: core.isa.c ? 0xffff_fffe : 0xffff_fffc }[csr.name];
          expect(readRegister(hart, FIRST + csr.address), what).toBe(own ?? expected);
        }
      }
      hart.close();
    }
  });
});

it('counters go on from what was written', async () => {
  const { wasm, model } = await harts(CORES.fast);
  for (const hart of [model, wasm]) {
    expect(hart.setCsr(CSR.mcycle.address, 1000) && hart.setCsr(CSR.minstret.address, 2000)).toBe(true);
    const before = hart.csr(CSR.mcycle.address)!;
    for (let i = 0; i < 5; i++) hart.next();
    expect(hart.csr(CSR.minstret.address)).toBe(2005);
    expect(hart.csr(CSR.mcycle.address)).toBeGreaterThanOrEqual(before + 5);
    expect(hart.csr(CSR.mcycle.address)).toBeLessThan(before + 100);
    hart.close();
  }
});
