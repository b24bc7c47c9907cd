import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBoard } from '../../fpga/boards.ts';
import type { Board } from '../../fpga/boards.ts';
import { buildBitstream } from '../../fpga/flow.ts';
import { needsOf, obstaclesTo } from '../../fpga/needs.ts';
import { B, In, Out, U, elaborate, hw } from '../../gen/index.ts';
import { SILENT } from '../../gen/progress.ts';
import type { Progress } from '../../gen/progress.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { DualMultiplier } from '../../hw/lib/ice40.ts';

const [icebreaker, hx8k] = ['icebreaker', 'hx8k-breakout'].map((name) => findBoard(name) as Board);
const nano = loadConfig('nano');
const base = loadConfig('base');

/** Twice a part of one DSP cell, a block RAM and some bits, and a grid of parts of three bits. */
const Part = hw('Part', { a: In(U(8)), q: Out(U(16)) }, (m, io) => {
  const two = m.inst('two', DualMultiplier('ice40'));
  const cells = m.mem('cells', U(16), 257, { style: 'block' });
  const few = m.mem('few', U(4), 2, { style: 'registers' });
  const r = m.regs({ held: U(8, 0) });
  r.held = io.a;
  Object.assign(two, { a0: r.held.asSInt(), b0: io.a.asSInt(), a1: io.a.asSInt(), b1: r.held.asSInt() });
  m.when(io.a.bit(0), () => {
    cells.write(U(9).lit(3), io.a.zext(16));
    few.write(U(1).lit(1), io.a.slice(3, 0));
  });
  io.q = cells.readSync('word', r.held.zext(9)).xor(two.p0.asUInt()).xor(two.p1.asUInt()).xor(few.read(io.a.slice(0, 0)).zext(16)).exact(16);
});
const Top = hw('Top', { a: In(U(8)), q: Out(U(16)), any: Out(B) }, (m, io) => {
  const [one, other] = [m.inst('one', Part), m.inst('other', Part)];
  one.a = io.a;
  other.a = io.a;
  io.q = one.q.xor(other.q).exact(16);
  io.any = one.q.orR();
});

describe('what a chip needs of a board', () => {
  it('is counted over all places where a module stands', () => {
    // A block RAM of 16 × 257 bits is two of 4096; what it has read last stands in it.
    expect(needsOf(elaborate(Top))).toEqual({ dsp: 2, bram: 4, flipFlops: 2 * (8 + 8) });
  });

  it('is there for the chip that was made for the board', () => {
    expect(obstaclesTo(nano, icebreaker)).toEqual([]);
  });

  it('is told in one answer, each with its numbers', () => {
    const obstacles = obstaclesTo(base, icebreaker);
    expect(obstacles).toContain('bus.bytes: is 16, and 4 RAM blocks of 16384 × 16 bits make a bus of at most 8');
    expect(obstacles).toContain('needs 128 of 8 DSP cells');
    expect(obstacles).toContainEqual(expect.stringMatching(/^needs \d{3,} of 30 block RAMs$/));
    expect(obstacles).toContainEqual(expect.stringMatching(/^needs \d{4,} of 5280 logic cells for the bits that it holds in flip-flops$/));
    expect(obstaclesTo(base, hx8k)).toContainEqual(expect.stringMatching(/^needs \d{3,} of 32 block RAMs \(8 of them main memory\)$/));
  });

  it('holds the clock and the serial line', () => {
    const at = (clockHz: number): string[] => obstaclesTo({ ...nano, soc: { ...nano.soc, clockHz } }, icebreaker);
    expect(at(24e6)).toEqual([]);
    expect(at(5e6)).toEqual(["soc.clock: 5 MHz cannot be made from the board's 12 MHz; use 12 MHz or more than 16 MHz"]);
    expect(at(400e6)).toEqual(["soc.clock: is 400 MHz, and the board's loop makes 275 MHz at most"]);
    expect(at(0.5e6)).toEqual([expect.stringMatching(/^soc\.clock: 0\.5 MHz/), expect.stringMatching(/^UART at 115200 baud: a clock of 500000 Hz/)]);
  });

  it('stops the flow before its tools start, and so does a folder that cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'systole-fpga-'));
    try {
      const started: string[] = [];
      const progress: Progress = {
        start: (what) => (started.push(what), SILENT.start(what)), note: (line) => void started.push(line),
      };
      await expect(buildBitstream(base, 'icebreaker', join(folder, 'out'), progress))
        .rejects.toThrow(/^[^\n]*base\.toml: base does not fit icebreaker: [^\n]*128 of 8 DSP cells; [^\n]*; change the chip or use another board$/);
      writeFileSync(join(folder, 'file'), '');
      await expect(buildBitstream(nano, 'icebreaker', join(folder, 'file'), progress)).rejects.toThrow(/^[^\n]*file: cannot be written/);
      expect(started).toEqual([]);
      expect(existsSync(join(folder, 'file', 'nano-icebreaker.bin'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
