/** Whatever a file says: a chip that is accepted can be built, one that is refused is refused in one line about a line of the file. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError, elaborate } from '../../../gen/index.ts';
import { Chip } from '../../../hw/soc/chip.ts';
import { parseConfig } from '../../../hw/soc/config.ts';
import type { ChipConfig } from '../../../hw/soc/config.ts';
import { TensorUnit } from '../../../hw/tensor/tensor-unit.ts';
import { checkProperty } from '../../support/property.ts';
import { randomToml } from '../../support/random-toml.ts';

const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** The chip, or the line in which it is refused; any other error goes on. */
function read(text: string): ChipConfig | string {
  try {
    return parseConfig(text, 'x.toml');
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** The first chips from a seed on that are accepted. */
function chipsFrom(first: number, count: number): ChipConfig[] {
  const chips: ChipConfig[] = [];
  for (let next = first; chips.length < count; next++) {
    const chip = read(randomToml(next % 2 ** 31));
    if (typeof chip !== 'string') chips.push(chip);
  }
  return chips;
}

describe('a random chip', () => {
  it('is refused, if it is, in one line that blames a line of the file and says what to do', () => {
    let accepted = 0;
    checkProperty(fc.property(seed, (number) => {
      const text = randomToml(number);
      const said = read(text);
      if (typeof said !== 'string') {
        accepted++;
        return;
      }
      const [, line, key] = /^x\.toml:(\d+): \w+\.(\w+): [^\n]+; [^\n]+$/.exec(said) ?? [];
      expect(text.split('\n')[Number(line) - 1], said).toMatch(new RegExp(`^${key} = `));
    }), { runs: 600, shrinks: false });
    expect(accepted).toBeGreaterThan(60);
  });

  it('that is accepted has a tensor unit', () => {
    checkProperty(fc.property(seed, (number) => {
      for (const { tensor } of chipsFrom(number, 1)) elaborate(TensorUnit(tensor));
    }), { runs: 6, shrinks: false, seconds: 120 });
  }, 300_000);

  // All that such a memory holds may be less than one burst.
  it.each([4, 8, 16, 32, 64])('has a tensor unit with the smallest memories that are accepted for a bus of %i bytes', (bytes) => {
    let accepted = 0;
    for (const [rows, columns] of [[2, 2], [4, 4], [2, 16], [16, 2]]) {
      for (const size of [64, 128, 256, 512, 1024]) {
        const chip = read(`[chip]\nname = "small"\n[bus]\nbytes = ${bytes}\n[core]\npreset = "fast"\n[tensor]\nrows = ${rows}\ncolumns = ${columns}
scratchpad = "${size} B"\naccumulators = "${4 * size} B"\nchannels = 16\n`);
        if (typeof chip === 'string') continue;
        accepted++;
        elaborate(TensorUnit(chip.tensor));
        break;
      }
    }
    expect(accepted).toBe(4);
  });

  it('that is accepted can be elaborated as a whole', () => {
    checkProperty(fc.property(seed, (number) => {
      for (const chip of chipsFrom(number, 1)) elaborate(Chip(chip));
    }), { runs: 2, shrinks: false, seconds: 120 });
  }, 300_000);
});
