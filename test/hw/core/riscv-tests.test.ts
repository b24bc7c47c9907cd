/**
 * The public riscv-tests (riscv-software-src/riscv-tests, environment p). SYSTOLE_RISCV_TESTS names a directory of their ELFs; the
 * same built without 16-bit instructions stands beside it in a directory with `-noc` after the name.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { balancedCore, fastCore, smallCore } from '../../../hw/core/config.ts';
import type { CoreConfig } from '../../../hw/core/config.ts';
import { parseElf } from '../../../sim/elf.ts';
import { createBench, runElf } from '../../support/core-runner.ts';

const directory = process.env.SYSTOLE_RISCV_TESTS;
if (!directory) console.log('riscv-tests skipped: set SYSTOLE_RISCV_TESTS to a directory of their ELF files');

const GROUPS: Readonly<Record<string, (isa: CoreConfig['isa']) => boolean>> = {
  rv32ui: () => true, rv32mi: () => true, rv32um: (isa) => isa.m, rv32uc: (isa) => isa.c,
  rv32uzba: (isa) => isa.zba, rv32uzbb: (isa) => isa.zbb, rv32uzbs: (isa) => isa.zbs,
};

describe.skipIf(!directory)('riscv-tests pass', { timeout: 60_000 }, () => {
  const smallWithMC = { ...smallCore, isa: { ...smallCore.isa, m: true, c: true } };
  for (const [name, config] of Object.entries({ smallCore, smallWithMC, balancedCore, fastCore })) {
    for (const stalls of [false, true]) {
      it(`on ${name}${stalls ? ' with slow memories' : ''}`, () => {
        const from = config.isa.c ? `${directory}` : `${directory}-noc`;
        expect(existsSync(from), from).toBe(true);
        const files = readdirSync(from)
          .filter((f) => GROUPS[f.split('-')[0]]?.(config.isa) && (config.isa.zicntr || !f.endsWith('-zicntr')));
        const sim = createBench(config, { ramWords: 32_768, stalls });
        const failed = files.filter((f) => runElf(sim, parseElf(readFileSync(`${from}/${f}`), f), 200_000).exit !== 0);
        expect(failed).toEqual([]);
        expect(files.length).toBeGreaterThan(50);
      });
    }
  }
});
