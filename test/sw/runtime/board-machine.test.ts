import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { buildGemm, parseShapes } from '../../../sw/compiler/gemm.ts';
import { chipOf } from '../../../sw/mnist.ts';
import { boardMachine } from '../../../sw/runtime/board-machine.ts';
import { runGemm } from '../../../sw/runtime/gemm-run.ts';

describe('a board as a machine', () => {
  it('takes the same cycles for a program whatever ran before it', async () => {
    const config = loadConfig('base');
    const machine = await boardMachine(config, 'wasm');
    const cycles = async (shape: string): Promise<number | undefined> =>
      (await runGemm(machine, buildGemm(parseShapes(shape)[0], chipOf(config)))).cycles;
    const shapes = ['64x64x64', '12x12x12', '16x16x8'];
    const first: (number | undefined)[] = [];
    for (const shape of shapes) first.push(await cycles(shape));
    // The same branches lie at other addresses in other programs.
    expect(await cycles(shapes[0])).toBe(first[0]);
  });
});
