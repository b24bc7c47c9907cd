/**
 * What a chip needs of a board, before minutes of synthesis: everything that stands in the way, each with its numbers. Counts only
 * what synthesis cannot save: DSP cells and RAM that the design asks for, bits that registers and memories hold. What fits here may
 * still not fit after synthesis; what does not fit here never would. Must not know tools.
 */
import { UserError, elaborate } from '../gen/index.ts';
import type { Design, Module, Signal, Statement } from '../gen/ir/module.ts';
import { widthOf } from '../gen/ir/types.ts';
import { Chip } from '../hw/soc/chip.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { uartDivisor } from '../hw/soc/uart-phy.ts';
import { SPRAM_WORDS } from '../hw/lib/ice40.ts';
import type { Board } from './boards.ts';
import { pllSettings } from './pll.ts';
import { onBoard } from './top-ice40.ts';

const BRAM_BITS = 4096;
/** Widest bus that four RAM blocks of 16 bits side by side make. */
const WIDEST_SPRAM_BYTES = 8;

/** The least that a design takes of a device. */
export interface Needs {
  readonly dsp: number;
  readonly bram: number;
  /** Bits of registers, and of memories that are made of registers. */
  readonly flipFlops: number;
}

/** How often each module occurs below the top module. */
function occurrences({ top, modules }: Design): ReadonlyMap<Module, number> {
  const counts = new Map<Module, number>([[top, 1]]);
  const add = (module: Module, count: number): void => void counts.set(module, (counts.get(module) ?? 0) + count);
  // Children stand before parents: from the top down every parent's count is known before its children's.
  for (const module of [...modules].reverse()) {
    const own = counts.get(module) ?? 0;
    for (const { module: child } of module.instances) add(child, own);
    for (const { module: child, rows, columns } of module.grids) add(child, own * rows * columns);
  }
  return counts;
}

/** Registers that hold what a block RAM has read: they lie in it. */
function outputsOfBlocks(body: readonly Statement[]): ReadonlySet<Signal> {
  return new Set(body.flatMap((s): Signal[] => {
    switch (s.kind) {
      case 'assign': return s.value.op === 'memRead' && s.value.mem.style === 'block' ? [s.target] : [];
      case 'when': return [...outputsOfBlocks(s.then), ...outputsOfBlocks(s.else)];
      case 'switch': return [...s.cases.flatMap((c) => [...outputsOfBlocks(c.body)]), ...outputsOfBlocks(s.default)];
      case 'for': return [...outputsOfBlocks(s.body)];
      case 'memWrite': return [];
    }
  }));
}

export function needsOf(design: Design): Needs {
  let [dsp, bram, flipFlops] = [0, 0, 0];
  for (const [module, count] of occurrences(design)) {
    if (module.blackBox) {
      if (module.blackBox.cell === 'SB_MAC16') dsp += count;
      continue;
    }
    const ofBlocks = outputsOfBlocks(module.body);
    flipFlops += count * module.regs.reduce((sum, reg) => sum + (ofBlocks.has(reg) ? 0 : widthOf(reg.type)), 0);
    for (const { type, depth, style } of module.memories) {
      const bits = widthOf(type) * depth;
      if (style === 'registers') flipFlops += count * bits;
      if (style === 'block') bram += count * Math.ceil(bits / BRAM_BITS);
    }
  }
  return { dsp, bram, flipFlops };
}

/** What a message says of a rule that throws. */
function problemOf(check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof UserError) return [error.message];
    throw error;
  }
}

/** All that keeps a chip from a board, in words; empty: nothing that can be known before synthesis. */
export function obstaclesTo(config: ChipConfig, board: Board): string[] {
  const { device } = board;
  const { clockHz } = config.soc;
  const isSpram = board.ram === 'spram';
  const { dsp, bram, flipFlops } = needsOf(elaborate(Chip(onBoard(config, board))));
  const ramBlocks = isSpram ? 0 : Math.ceil((8 * board.ramBytes) / BRAM_BITS);
  const more = (need: number, there: number, what: string): string[] => (need > there ? [`needs ${need} of ${there} ${what}`] : []);
  const mostHz = device.pll.outMaxHz;
  return [
    ...(clockHz > mostHz ? [`soc.clock: is ${clockHz / 1e6} MHz, and the board's loop makes ${mostHz / 1e6} MHz at most`] : []),
    ...(clockHz === board.clock.hz || clockHz > mostHz ? [] : problemOf(() => pllSettings(board.clock.hz, clockHz))),
    ...problemOf(() => uartDivisor(clockHz, board.uart.baud)),
    ...(isSpram && config.bus.bytes > WIDEST_SPRAM_BYTES
      ? [`bus.bytes: is ${config.bus.bytes}, and ${device.spram} RAM blocks of ${SPRAM_WORDS} × 16 bits make a bus of at most ${WIDEST_SPRAM_BYTES}`] : []),
    ...more(dsp, device.dsp, 'DSP cells'),
    ...more(bram + ramBlocks, device.bram, ramBlocks === 0 ? 'block RAMs' : `block RAMs (${ramBlocks} of them main memory)`),
    ...more(flipFlops, device.cells, 'logic cells for the bits that it holds in flip-flops'),
  ];
}
