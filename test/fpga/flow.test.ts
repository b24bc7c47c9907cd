import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findBoard } from '../../fpga/boards.ts';
import type { Board } from '../../fpga/boards.ts';
import { implement, synthesise } from '../../fpga/flow.ts';
import { B, In, Out, U, cat, elaborate, hw } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { DualMultiplier } from '../../hw/lib/ice40.ts';
import { UartPhy, uartDivisor } from '../../hw/soc/uart-phy.ts';

// Installing 260 MB is the flow's affair when a user wants a bitstream, and the whole test run's with CI=true.
const ROOM = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'fpga');
const canRun = process.env.CI === 'true' || existsSync(join(ROOM, 'node_modules', '@yowasp', 'yosys'));
const icebreaker = findBoard('icebreaker') as Board;

/** A board's design that sends back what it receives. */
const BoardTop = hw('BoardTop', { txLine: Out(B), rxLine: In(B), txLamp: Out(B), rxLamp: Out(B) }, (m, io) => {
  const phy = m.inst('phy', UartPhy(uartDivisor(24e6, 115200)));
  m.connect(phy.rx, phy.tx);
  phy.rxLine = io.rxLine;
  io.txLine = phy.txLine;
  io.txLamp = phy.txLine;
  io.rxLamp = io.rxLine;
});

/** More flip-flops than the device has cells. */
const Large = hw('BoardTop', { txLine: Out(B), rxLine: In(B), txLamp: Out(B), rxLamp: Out(B) }, (m, io) => {
  const r = m.regs({ bits: U(6000, 0) });
  r.bits = cat(io.rxLine, r.bits.slice(5999, 1)).exact(6000);
  io.txLine = r.bits.bit(0);
  io.txLamp = io.rxLine;
  io.rxLamp = io.rxLine;
});

describe.skipIf(!canRun)('the FPGA flow', () => {
  it('makes a bitstream', async () => {
    const lines: string[] = [];
    const result = await implement({ name: 'echo', file: 'echo.toml', clockHz: 24e6, modules: printDesign(elaborate(BoardTop)) },
      icebreaker, { start: (what) => ({ at: () => undefined, end: () => lines.push(what) }), note: (line) => lines.push(line) });
    expect(result).toMatchObject({ board: 'icebreaker', dsp: 0, bram: 0, spram: 0, clockMHz: 24 });
    expect(result.cells).toBeGreaterThan(40);
    expect(result.cells).toBeLessThan(120);
    expect(result.fmaxMHz).toBeGreaterThan(24);
    // Size of an UP5K image, whatever is in it.
    expect(result.image.length).toBe(104090);
    expect(lines).toEqual(['synthesis of echo', 'place and route for icebreaker']);
  }, 180_000);

  it('says in one line what a board lacks', async () => {
    await expect(implement({ name: 'large', file: 'large.toml', clockHz: 12e6, modules: printDesign(elaborate(Large)) }, icebreaker))
      .rejects.toThrow(/^large\.toml: large does not fit icebreaker: needs 60\d\d of 5280 logic cells; make the chip smaller or use a larger board$/);
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
