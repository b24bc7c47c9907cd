import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../sw/compiler/compile.ts';
import { executeInt8 } from '../../../sw/reference/int8-executor.ts';
import { runBatches, runProgram } from '../../../sw/runtime/driver.ts';
import { goldenMachine } from '../../../sw/runtime/golden-machine.ts';
import { chip, network, randomInput } from '../compiler/networks.ts';

const target = chip();
const graph = network([30, 20, 10], 4);
const machine = () => goldenMachine({ tensor: target.tensor, ramBytes: target.ramBytes });

describe('runBatches', () => {
  it('runs as often as the batch size asks for and fills the last run up', async () => {
    const program = compileModel(graph, target, { batch: 4 });
    const input = randomInput(graph, 10, 5);
    const seen: number[] = [];
    const run = await runBatches(machine(), program, input, 10, (share) => seen.push(share));
    expect(run.output).toEqual(executeInt8(graph, input, 10));
    expect(run.runs).toBe(3);
    expect(seen).toEqual([0.4, 0.8, 1]);
    expect(run.cycles).toBeUndefined();
  });
});

describe('runProgram', () => {
  it('gives up after the cycles allowed', async () => {
    const program = compileModel(graph, target, { batch: 1 });
    await expect(runProgram(machine(), program, randomInput(graph, 1, 1),
      { maxCycles: 20 })).rejects.toThrow('did not end within 20 cycles allowed; allow more');
  });
});
