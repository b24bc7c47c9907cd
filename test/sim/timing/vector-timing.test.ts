/**
 * The cycle model knows what the vector unit takes whose operands lie in the scratchpad: random commands that get in each other's way,
 * beside the RTL; and how long long ones take.
 */
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../hw/soc/config.ts';
import type { ChipConfig } from '../../../hw/soc/config.ts';
import { Rng } from '../../gen/rng.ts';
import { command, timesOf } from '../../support/timed-program.ts';

/** Without an instruction cache's misses, so that the unit alone decides. */
const chip = (tensor: string, bus = 16, latency = 1): ChipConfig => parseConfig(`
[chip]
name = "vectors"
[soc]
instructionCacheLine = 64
[bus]
bytes = ${bus}
[tensor]
scratchpad = "4 KiB"
accumulators = "4 KiB"
channels = 64
${tensor}
[simulation]
ram = "1 MiB"
latency = ${latency}
`, 'vectors.toml');

const CHIPS: Readonly<Record<string, ChipConfig>> = {
  'as many lanes as rows': chip('rows = 8\ncolumns = 8'),
  'a quarter of the lanes': chip('rows = 8\ncolumns = 4\nvectorLanes = 2\nscratchpadBanks = 1\nqueueDepth = 2', 8, 5),
  'one bank, rows longer than columns': chip('rows = 16\ncolumns = 8\nvectorLanes = 8\nscratchpadBanks = 1', 32),
  'many rows of a beat': chip('rows = 4\ncolumns = 4\nhazardBlocks = 16', 16, 20),
};

/** Commands of all units on a few rows of the scratchpad. */
function drawn(random: Rng, { tensor: { rows, columns, vectorLanes } }: ChipConfig): string[] {
  const row = (): number => random.below(48);
  const count = (): number => 1 + random.below(24);
  const kinds: readonly (() => string)[] = [
    () => command('ld', { address: rows * random.below(64) }, { row: row(), count: count() }),
    () => command('ldp', { address: 8192 }, { channel: 0, count: 3 * vectorLanes }),
    () => command('ad', { aRow: row(), bRow: row() }, { row: row(), count: count(), recordGroup: 0 }),
    () => command('mu', { aRow: row(), bRow: row() }, { row: row(), count: count(), recordGroup: 0 }),
    () => command('tb', { aRow: row(), count: count() }, { row: row() }),
    () => command('tb', { aRow: row(), count: count() }, { row: row() }),
    () => `la t0, data+${random.below(4096)}\ntn.ldt t0`,
    () => command('mm', { aRow: row(), wRow: row() }, { accRow: random.below(8), count: count(), columnsMinus1: columns - 1 }),
    () => command('rq', { accRow: random.below(8), count: count(), columnsMinus1: columns - 1 }, { row: row(), channel: 0 }),
    () => command('st', { address: 4096 + rows * random.below(64) }, { row: row(), count: count() }),
  ];
  return Array.from({ length: 16 }, () => kinds[random.below(kinds.length)]());
}

describe.each(Object.entries(CHIPS))('a vector unit with %s', (_, config) => {
  it('takes as long as the model says, whatever gets in its way', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const commands = drawn(new Rng(seed), config);
      const { rtl, model } = await timesOf(config, commands);
      expect(Math.abs(model - rtl), `seed ${seed}: model ${model}, RTL ${rtl}\n${commands.join('\n')}`).toBeLessThanOrEqual(Math.max(2, 0.01 * rtl));
    }
  });

  it('takes three cycles for each group of lanes with two operands, and one to look it up', async () => {
    const { rows, vectorLanes } = config.tensor;
    const most = 3 * (rows / vectorLanes);
    for (const op of ['ad', 'mu'] as const) {
      const [short, long] = await Promise.all([4, 44].map((count) =>
        timesOf(config, [command(op, { aRow: 0, bRow: 50 }, { row: 100, count, recordGroup: 0 })])));
      expect(long.rtl - short.rtl).toBe(40 * most);
    }
    const [short, long] = await Promise.all([4, 44].map((count) => timesOf(config, [command('tb', { aRow: 0, count }, { row: 100 })])));
    expect(long.rtl - short.rtl).toBe(40 * (rows / vectorLanes));
  });
});
