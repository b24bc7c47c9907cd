/** The smallest chip that has every form of tensor unit: what tests of programs run where the size does not matter. */

export interface SmallChip {
  readonly name: string;
  /** Key `overlap` of `[tensor]`. */
  readonly overlap: string;
  readonly queueDepth?: number;
  /** Of main memory, in cycles. */
  readonly latency?: number;
}

/** Text of its TOML file. */
export function smallChip({ name, overlap, queueDepth = 1, latency = 1 }: SmallChip): string {
  return `[chip]
name = "${name}"
[bus]
bytes = 4
[core]
preset = "small"
[tensor]
rows = 4
columns = 4
scratchpad = "1 KiB"
accumulators = "1 KiB"
channels = 16
vectorLanes = 1
queueDepth = ${queueDepth}
counters = false
requantiser = "iterative"
scratchpadBanks = 1
accumulatorBanks = 1
overlap = "${overlap}"
[simulation]
ram = "64 KiB"
latency = ${latency}
`;
}
