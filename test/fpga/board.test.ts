import { describe, expect, it } from 'vitest';
import { UserError } from '../../gen/index.ts';
import { BOARDS, findBoard } from '../../fpga/boards.ts';
import { BOOT_ROM_WORDS, bootRom, loaderBytes } from '../../fpga/boot-rom.ts';
import { buildBitstream } from '../../fpga/flow.ts';
import { pllSettings } from '../../fpga/pll.ts';
import { BoardTop } from '../../fpga/top-ice40.ts';
import { pinConstraints, wrapperText } from '../../fpga/wrapper.ts';
import type { Board } from '../../fpga/boards.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { addressOf } from '../../hw/soc/memory-map.ts';
import { parseElf } from '../../sim/elf.ts';
import { assemble, programToElf } from '../../sw/assembler/index.ts';
import { isSet, start } from '../hw/lib/bench.ts';

const icebreaker = findBoard('icebreaker') as Board;

/** Prints a text that lies behind the code, and stays there. */
const HELLO = `
.globl _start
_start:
  li s0, ${addressOf('uartData')}
  la s1, text
next:
  lbu a0, 0(s1)
  beqz a0, last
  sw a0, 0(s0)
  addi s1, s1, 1
  j next
last:
  j last
.data
text: .asciz "ok!"
`;
const hello = parseElf(programToElf(assemble(HELLO)), 'hello.elf');

describe('the boot loader', () => {
  it('fits its ROM', () => {
    expect(bootRom().length).toBeLessThanOrEqual(BOOT_ROM_WORDS);
  });

  it('is sent the length and then the image', () => {
    const bytes = loaderBytes(hello, loadConfig('nano'), 128 * 1024);
    expect(new DataView(bytes.buffer).getUint32(0, true)).toBe(bytes.length - 4);
    expect(bytes.subarray(4, 8)).toEqual(hello.segments[0].bytes.subarray(0, 4));
    expect(() => loaderBytes(hello, loadConfig('nano'), 16)).toThrow(UserError);
  });

  it('takes a program from the serial line into memory and runs it', () => {
    const config = loadConfig('nano');
    // A fast line, for the test's sake; everything else is the board as it is built.
    const board = { ...icebreaker, uart: { ...icebreaker.uart, baud: 1_500_000 } };
    const bitTime = Math.round(config.soc.clockHz / board.uart.baud);
    const sim = start(BoardTop(config, board), { rxLine: 1 });
    let heard = '';
    let frame: number[] | undefined;
    let countdown = 0;
    const step = (): void => {
      // Listens to the transmit pin in the middle of each bit.
      const line = isSet(sim, 'txLine') ? 1 : 0;
      if (!frame && line === 0) [frame, countdown] = [[], bitTime + Math.floor(bitTime / 2)];
      else if (frame && --countdown === 0) {
        frame.push(line);
        countdown = bitTime;
        if (frame.length === 9) {
          heard += String.fromCharCode(frame.slice(0, 8).reduce((byte, bit, i) => byte | (bit << i), 0));
          frame = undefined;
        }
      }
      sim.step();
    };
    const wait = (cycles: number): void => {
      for (let i = 0; i < cycles; i++) step();
    };
    // The loader polls once in a few dozen cycles, a byte takes eighty: leave it some time.
    wait(2000);
    for (const byte of loaderBytes(hello, loadConfig('nano'), board.ramBytes)) {
      for (const bit of [0, ...Array.from({ length: 8 }, (_, i) => (byte >> i) & 1), 1]) {
        sim.poke('rxLine', bit);
        wait(bitTime);
      }
      wait(60);
    }
    wait(3000);
    expect(heard).toBe('ok!');
  });
});

describe('boards', () => {
  it('have names of their own and pins used once', () => {
    expect(new Set(BOARDS.map((b) => b.name)).size).toBe(BOARDS.length);
    for (const b of BOARDS) {
      const pins = [...pinConstraints(b).matchAll(/^set_io .*?(\w+)$/gm)].map((m) => m[1]);
      expect(new Set(pins).size).toBe(pins.length);
      expect(pins.length).toBe(b.button === undefined ? 5 : 6);
    }
  });

  it('get their clock straight or through the PLL', () => {
    expect(wrapperText(12e6, icebreaker)).toContain('assign clk = pin_clk;');
    const fast = wrapperText(24e6, icebreaker);
    expect(fast).toContain('SB_PLL40_PAD');
    // As icepll gives for 12 MHz to 24 MHz.
    expect(pllSettings(12e6, 24e6)).toEqual({ divr: 0, divf: 63, divq: 5, filterRange: 1, outHz: 24e6 });
    expect(() => pllSettings(12e6, 3e6)).toThrow(UserError);
  });

  it('that are unknown are refused with the known ones', async () => {
    await expect(buildBitstream(loadConfig('nano'), 'ice', 'nowhere')).rejects.toThrow('board ice: unknown; use icebreaker or hx8k-breakout');
  });
});
