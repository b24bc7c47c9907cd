import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import type { Line } from '../../../sw/compiler/codegen.ts';
import { EXIT, buildImage } from '../../../sw/compiler/image.ts';
import { goldenMachine } from '../../../sw/runtime/golden-machine.ts';

const { tensor } = loadConfig('nano');
/** A command without rows, and one that loads from where there is no memory. */
const REFUSED: readonly Line[] = [{ mnemonic: 'tn.ld', operands: ['sp', 'zero'] }];
const FAILED: readonly Line[] = [{ mnemonic: 'li', operands: ['s0', 0x10000] }, { mnemonic: 'tn.ld', operands: ['zero', 's0'] }];

async function exitOf(lines: readonly Line[]): Promise<number | undefined> {
  const { elf } = buildImage({ tensor, lines, data: [], words: {}, timerInLines: false, countsCycles: true });
  const machine = goldenMachine({ tensor, ramBytes: 65536 });
  await machine.loadElf(elf);
  return (await machine.run({ maxCycles: 10_000 })).exit;
}

describe('the verdict of a compiled program', () => {
  it.each([
    ['nothing', [], EXIT.passed],
    ['a refused command', REFUSED, EXIT.outOfRange],
    ['several', [...REFUSED, ...REFUSED], EXIT.outOfRange],
    ['a failed one', FAILED, EXIT.memoryError],
    ['both', [...FAILED, ...REFUSED], EXIT.outOfRangeAndMemoryError],
  ])('after %s says so', async (_, lines, exit) => {
    expect(await exitOf(lines)).toBe(exit);
  });
});
