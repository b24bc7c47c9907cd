import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findBoard } from '../../fpga/boards.ts';
import type { Board } from '../../fpga/boards.ts';
import { implement, synthesise } from '../../fpga/flow.ts';
import { installTools, runTool } from '../../fpga/tools.ts';
import { B, In, Out, U, cat, elaborate, hw } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { DualMultiplier } from '../../hw/lib/ice40.ts';
import { UartPhy, uartDivisor } from '../../hw/soc/uart-phy.ts';
import { Rng } from '../gen/rng.ts';
import { someOf } from '../support/effort.ts';

// Installing 260 MB is the flow's affair when a user wants a bitstream, and the whole test run's with CI=true.
const ROOM = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'fpga');
const canRun = process.env.CI === 'true' || existsSync(join(ROOM, 'node_modules', '@yowasp', 'yosys'));
const icebreaker = findBoard('icebreaker') as Board;

/** As many as one block RAM holds, and more than stand in a module: their file must reach synthesis. */
const rng = new Rng(9);
const WORDS = Array.from({ length: 256 }, () => rng.bits(16));

/** A board's design that sends back what it receives; a lamp shows the bits of a memory, one after the other. */
const BoardTop = hw('BoardTop', { txLine: Out(B), rxLine: In(B), txLamp: Out(B), rxLamp: Out(B) }, (m, io) => {
  const phy = m.inst('phy', UartPhy(uartDivisor(24e6, 115200)));
  m.connect(phy.rx, phy.tx);
  phy.rxLine = io.rxLine;
  io.txLine = phy.txLine;
  const r = m.regs({ at: U(12, 0), shift: U(16) });
  r.at = r.at.addWrap(1);
  const word = m.mem('code', U(16), WORDS.length, { init: WORDS, style: 'block' }).readSync('word', r.at.slice(11, 4));
  r.shift = r.at.slice(3, 0).eq(0).mux(word, r.shift.shr(1));
  io.txLamp = r.shift.bit(0);
  io.rxLamp = io.rxLine;
});

/** The block RAMs of an image that are not empty, each as its 256 words of 16 bits. */
async function memoriesOf(image: Uint8Array): Promise<bigint[][]> {
  const { files } = await runTool('iceunpack', ['in.bin', 'out.asc'], { 'in.bin': image });
  const rows = /^\.ram_data \d+ \d+\n((?:[0-9a-f]{64}\n){16})/gm;
  return [...new TextDecoder().decode(files['out.asc']).matchAll(rows)]
    .map(([, hex]) => hex.trim().split('\n').flatMap((row) => Array.from({ length: 16 }, (_, i) => BigInt(`0x${row.slice(60 - 4 * i, 64 - 4 * i)}`))))
    .filter((words) => words.some((w) => w !== 0n));
}

/** The bits at place `i` of all words. The device holds each word's bits in an order of its own, the same for all words. */
const column = (words: readonly bigint[], i: number): string => words.map((w) => (w >> BigInt(i)) & 1n).join('');
const columns = (words: readonly bigint[]): string[] => Array.from({ length: 16 }, (_, i) => column(words, i)).sort();

/** More flip-flops than the device has cells. */
const Shift = hw('BoardTop', { txLine: Out(B), rxLine: In(B), txLamp: Out(B), rxLamp: Out(B) }, (m, io) => {
  const r = m.regs({ bits: U(6000, 0) });
  r.bits = cat(io.rxLine, r.bits.slice(5999, 1)).exact(6000);
  io.txLine = r.bits.bit(0);
  io.txLamp = io.rxLine;
  io.rxLamp = io.rxLine;
});

/** One block RAM more than the device has. */
const WIDTH = 16 * (icebreaker.device.bram + 1);
const Rams = hw('BoardTop', { txLine: Out(B), rxLine: In(B), txLamp: Out(B), rxLamp: Out(B) }, (m, io) => {
  const r = m.regs({ at: U(8, 0) });
  r.at = r.at.addWrap(1);
  const words = m.mem('words', U(WIDTH), 256, { style: 'block' });
  const word = words.readSync('word', r.at);
  words.write(r.at, cat(io.rxLine, word.slice(WIDTH - 1, 1)).exact(WIDTH));
  io.txLine = word.bit(0);
  io.txLamp = io.rxLine;
  io.rxLamp = io.rxLine;
});

describe.skipIf(!canRun)('the FPGA flow', () => {
  it('makes a bitstream, with what memories hold at the start', async () => {
    await installTools(() => undefined);
    const lines: string[] = [];
    const result = await implement({ name: 'echo', file: 'echo.toml', clockHz: 24e6, modules: printDesign(elaborate(BoardTop)) },
      icebreaker, { start: (what) => ({ at: () => undefined, end: () => lines.push(what) }), note: (line) => lines.push(line) });
    expect(result).toMatchObject({ board: 'icebreaker', dsp: 0, bram: 1, spram: 0, clockMHz: 24 });
    expect(result.cells).toBeGreaterThan(80);
    expect(result.cells).toBeLessThan(140);
    expect(result.fmaxMHz).toBeGreaterThan(24);
    // Size of an UP5K image, whatever is in it.
    expect(result.image.length).toBe(104090);
    expect(lines).toEqual(['synthesis of echo', 'place and route for icebreaker']);
    expect((await memoriesOf(result.image)).map(columns)).toEqual([columns(WORDS)]);
  }, 180_000);

  const LARGE = [[Shift, '60\\d\\d of 5280 logic cells'], [Rams, '31 of 30 block RAMs']] as const;
  // Flip-flops take ten seconds longer to synthesise.
  it.each(someOf(LARGE, 1))('says in one line what a board lacks', async (Large, lacking) => {
    await expect(implement({ name: 'large', file: 'large.toml', clockHz: 12e6, modules: printDesign(elaborate(Large)) }, icebreaker))
      .rejects.toThrow(new RegExp(`^large\\.toml: large does not fit icebreaker: needs ${lacking}; make the chip smaller or use a larger board$`));
  }, 180_000);

  it('stops where synthesis does not leave the DSP cells as the design sets them', async () => {
    const text = `module Top (input logic [15:0] a, b, output logic [31:0] o);
      SB_MAC16 #(.MODE_8x8(1'b1)) used (.A(a), .B(b), .O(o));
      SB_MAC16 #(.MODE_8x8(1'b1)) unread (.A(b), .B(a));
    endmodule`;
    await expect(synthesise({ files: [{ name: 'Top.sv', text }], top: 'Top' }))
      .rejects.toThrow(/^Top: synthesis left 1 of 2 SB_MAC16 in mode 8x8; every one that a design asks for must stay$/);
  }, 180_000);

  it('counts cells: two products in one DSP', async () => {
    const counts = await synthesise({ files: printDesign(elaborate(DualMultiplier('ice40'))), top: 'DualMultiplier' });
    expect(counts).toEqual({ luts: 0, flipFlops: 0, carries: 0, dsp: 1, bram: 0, spram: 0 });
  }, 180_000);
});
