/** Programs of tensor commands by hand, and how long they take by the RTL and by the cycle model. */
import { packFields } from '../../hw/isa/instruction.ts';
import { TENSOR } from '../../hw/isa/tensor.ts';
import type { TensorOp } from '../../hw/isa/tensor.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { parseElf } from '../../sim/elf.ts';
import { runElf } from '../../sim/run-elf.ts';
import { programTime } from '../../sim/timing/program-timing.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';
import { fetchOf, memoryLatencyOf, memoryOutstandingOf } from '../../sw/compiler/chip-target.ts';
import { chipOf } from '../../sw/mnist.ts';

type Fields = Readonly<Record<string, number>>;

/** One command: its operands in t0 and t1. `address` is a place in the data. */
export function command(op: TensorOp, rs1: Fields, rs2: Fields): string {
  const { address, ...others } = rs1;
  const first = address === undefined ? `li t0, ${packFields(TENSOR[op].rs1, others) | 0}` : `la t0, data+${address}`;
  return `${first}\nli t1, ${packFields(TENSOR[op].rs2, rs2) | 0}\n${TENSOR[op].mnemonic} t0, t1`;
}

/** Cycles of commands, from before the first to the completion of all. Their data are 16 KiB of zeros. */
export async function timesOf(config: ChipConfig, commands: readonly string[]): Promise<{ readonly rtl: number; readonly model: number }> {
  const text = `.globl _start\n_start:\n.globl from\nfrom: csrr s0, mcycle\n${commands.join('\n')}\ntn.fence a0\n.globl to\nto: csrr s1, mcycle
sub s1, s1, s0\nslli s1, s1, 1\nori s1, s1, 1\nla a1, tohost\nsw s1, 0(a1)\nlast: j last
.data\n.globl tohost\ntohost: .word 0\n.align 6\ndata: .zero 16384\n`;
  const elf = parseElf(programToElf(assemble(text)), 'timed.elf');
  const { exit = 0 } = await runElf({ config, elf, engine: 'wasm', maxCycles: 100_000 });
  const [segment] = elf.segments;
  const words = new Uint32Array(segment.bytes.slice().buffer);
  const at = (symbol: string): number => elf.symbols.get(symbol) ?? 0;
  const chip = chipOf(config);
  const { cycles = 0 } = programTime({
    tensor: config.tensor, fetch: fetchOf(chip), memoryLatencyCycles: memoryLatencyOf(chip), memoryOutstanding: memoryOutstandingOf(chip),
    code: { base: segment.address, words }, entry: elf.entry, from: at('from'), to: at('to'),
  });
  return { rtl: exit, model: cycles };
}
