// Chips with every option of the tensor unit, the bus and the memory that matters for time.
import { parseConfig } from '../../hw/soc/config.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { Rng } from '../gen/rng.ts';

/** A chip whose tensor unit and memory have random sizes. */
export function randomTensorChip(seed: number): ChipConfig {
  const random = new Rng(seed);
  const of = <T>(...all: readonly T[]): T => all[random.below(all.length)];
  const [rows, columns, bus] = [of(4, 8, 16), of(4, 8, 16), of(4, 8, 16, 32)];
  const scratchpadBanks = of(1, 2, 4);
  const instructionCache = of(0, 512, 4096);
  const preset = of('fast', 'balanced', 'clocked');
  const scratchpad = rows * of(128, 256, 1024);
  const accumulators = 4 * columns * of(64, 256);
  const [accumulatorBanks, channels, vectorLanes] = [of(1, 2), of(16, 64), of(1, 4)];
  const [queueDepth, hazardBlocks] = [of(1, 2, 4, 8), of(8, 16, 32)];
  const latency = of(1, 2, 5, 30);
  const hazards = of('', `hazardBlocks = ${hazardBlocks}`);
  const [pipelineEvery, line, instructionPrefetch] = [of(1, 1, 2, 4), of(1, 1, 2, 4) * bus, instructionCache > 0 && of(true, false)];
  const outstanding = of(16, 16, 64, 2);
  const scatter = of(true, false);
  return parseConfig(`
[chip]
name = "timing${seed}"
[soc]
instructionCache = ${instructionCache}
instructionCacheLine = ${instructionCache === 0 ? 0 : line}
instructionPrefetch = ${instructionPrefetch}
[bus]
bytes = ${bus}
[core]
preset = "${preset}"
[tensor]
rows = ${rows}
columns = ${columns}
scratchpad = ${scratchpad}
scratchpadBanks = ${scratchpadBanks}
accumulators = ${accumulators}
accumulatorBanks = ${accumulatorBanks}
channels = ${channels}
vectorLanes = ${vectorLanes}
queueDepth = ${queueDepth}
${hazards}
pipelineEvery = ${pipelineEvery}
scatter = ${scatter}
overlap = "full"
[simulation]
ram = "1 MiB"
latency = ${latency}
outstanding = ${outstanding}
`, 'timing.toml');
}
