import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../gen/user-error.ts';
import type { CompiledProgram } from '../../../sw/compiler/build.ts';
import type { ChipTarget } from '../../../sw/compiler/chip-target.ts';
import { compileModel } from '../../../sw/compiler/compile.ts';
import { executeInt8 } from '../../../sw/reference/int8-executor.ts';
import { runProgram } from '../../../sw/runtime/driver.ts';
import { goldenMachine } from '../../../sw/runtime/golden-machine.ts';
import { chip, network, randomInput } from './networks.ts';
import { checkProperty } from '../../support/property.ts';
import { expectSame } from '../../support/same.ts';

const machineOf = (target: ChipTarget) => goldenMachine({ tensor: target.tensor, ramBytes: target.ramBytes });

async function expectExact(
  sizes: readonly number[], batch: number, target: ChipTarget, seed = 1, rowsPerItem = 1,
): Promise<CompiledProgram> {
  const graph = network(sizes, seed, rowsPerItem);
  const program = compileModel(graph, target, { batch });
  const input = randomInput(graph, batch, seed);
  const { output } = await runProgram(machineOf(target), program, input);
  expectSame(new Int8Array(new Uint8Array(output).buffer), executeInt8(graph, input, batch), 'output');
  return program;
}

const divides = (lanes: number, ...sizes: number[]): boolean => sizes.every((size) => size % lanes === 0);

describe('compileModel', () => {
  it('computes what the integer reference computes, on chips and networks of every shape', async () => {
    const shape = fc.record({
      rows: fc.constantFrom(4, 5, 8, 12, 16, 24, 64, 128), columns: fc.constantFrom(4, 6, 8, 12, 16, 20, 128),
      vectorLanes: fc.constantFrom(1, 2, 4), channels: fc.constantFrom(16, 64, 1024),
      scratchpadRows: fc.constantFrom(128, 300, 1024, 8192), accumulatorRows: fc.constantFrom(16, 72, 256, 1024),
      hazardBlocks: fc.constantFrom(1, 4, 16), busBytes: fc.constantFrom(4, 8, 16), queueDepth: fc.constantFrom(1, 4), overlap: fc.constantFrom('full' as const, 'serial' as const),
    }).filter(({ rows, columns, vectorLanes, channels, scratchpadRows }) =>
      divides(vectorLanes, rows, columns) && channels >= columns && scratchpadRows > 2 * columns + rows);
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 2, maxLength: 4 });
    await checkProperty(fc.asyncProperty(shape, sizes, fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 2 }), fc.nat(),
      async (tensor, layers, batch, rowsPerItem, seed) => {
        await expectExact(layers, batch, chip(tensor), seed, rowsPerItem);
        // The golden model never gives up the processor, and the test runner wants to hear of its worker.
        await setImmediate();
      }), { runs: 60, seed: 7 });
  });

  it('fits a network into a scratchpad of 4 KiB by streaming both operands', async () => {
    const nano = chip({
      rows: 4, columns: 4, scratchpadRows: 1024, accumulatorRows: 256, channels: 256, scratchpadBanks: 1, accumulatorBanks: 1,
      hazardBlocks: 4, queueDepth: 1, busBytes: 4,
    });
    const { report } = await expectExact([196, 260, 10], 100, nano);
    expect(report.layers[0].residency).toContain('input streamed');
  });

  it('keeps activations in the scratchpad between layers where they fit', async () => {
    const { report } = await expectExact([64, 48, 32, 10], 20, chip());
    expect(report.layers.slice(1).map(({ residency }) => residency.startsWith('input from the scratchpad'))).toEqual([true, true]);
  });

  it('sends activations through main memory where they do not fit', async () => {
    const target = chip({ rows: 8, columns: 8, scratchpadRows: 64, accumulatorRows: 64, hazardBlocks: 1 });
    const { report } = await expectExact([200, 190, 180], 3, target);
    expect(report.layers).toHaveLength(2);
  });

  it('loads weights once where they fit and the batch does not', async () => {
    const { report } = await expectExact([32, 16], 1000, chip({ scratchpadRows: 512, accumulatorRows: 128 }));
    expect(report.layers[0].residency).toContain('weights resident');
  });

  it('reloads channel records where a layer has more channels than the chip', async () => {
    await expectExact([20, 150, 7], 9, chip({ rows: 4, columns: 8, channels: 16, vectorLanes: 4 }));
  });

  it('needs a long branch where a chunk of many layers is one loop', async () => {
    const sizes = Array.from({ length: 18 }, (_, index) => 33 + index);
    const program = await expectExact(sizes, 40, chip({ scratchpadRows: 1024, accumulatorRows: 32 }));
    expect(program.report.codeBytes).toBeGreaterThan(8000);
  });

  it('gives the same bytes for the same input', () => {
    const [first, second] = [1, 2].map(() => compileModel(network([50, 30, 10], 3), chip(), { batch: 10 }));
    expect(Buffer.compare(first.elf, second.elf)).toBe(0);
  });

  it('ends with a verdict of its own on another chip', async () => {
    const program = compileModel(network([16, 8], 1), chip(), { batch: 1 });
    const other = machineOf(chip({ rows: 8 }));
    await expect(runProgram(other, program, new Int8Array(16))).rejects.toThrow(
      'compiled program: ended with code 4: the program was compiled for another chip; compile it with this chip\'s configuration',
    );
    const none = goldenMachine({ ramBytes: 8 * 2 ** 20 });
    await expect(runProgram(none, program, new Int8Array(16))).rejects.toThrow('ended with code 5: an instruction trapped');
  });

  it('runs on a chip with more memory than it was compiled for', async () => {
    const graph = network([40, 24], 2);
    const program = compileModel(graph, chip(), { batch: 5 });
    const input = randomInput(graph, 5, 2);
    const { output } = await runProgram(machineOf(chip({ scratchpadRows: 8192, channels: 2048 })), program, input);
    expect(new Int8Array(new Uint8Array(output).buffer)).toEqual(executeInt8(graph, input, 5));
  });

  it('reports every layer and their sums', () => {
    const { report, symbols, elf } = compileModel(network([64, 48, 10], 1), chip(), { batch: 4 });
    expect(report.layers.map(({ name, macs, tiles }) => [name, macs, tiles])).toEqual([['v1', 4 * 64 * 48, 12], ['v2', 4 * 48 * 10, 3]]);
    expect(report.macs).toBe(4 * (64 * 48 + 48 * 10));
    expect(report.bytes).toBeLessThan(2 * elf.length);
    for (const name of ['_start', 'tohost', 'fromhost', 'input', 'output', 'batch', 'cycles']) expect(symbols.has(name)).toBe(true);
  });

  it('says which layer does not fit, what it needs and what there is', () => {
    const compile = (target: ChipTarget, batch = 1) => () => compileModel(network([16, 40], 1), target, { batch });
    expect(compile(chip({ scratchpadRows: 16, hazardBlocks: 1 }))).toThrow(new UserError(
      'network random: layer v1: needs at least 18 rows (288 bytes) of scratchpad and the chip has 16 rows (256 bytes); raise tensor.scratchpad',
    ));
    expect(compile(chip({ columns: 32, channels: 16 }))).toThrow(new UserError(
      'network random: layer v1: needs 32 channel records at once and the chip has 16; raise tensor.channels',
    ));
    expect(compile(chip({}, 65536),
      2000)).toThrow(/^network random: program and data for a batch of 2000 take \d+ bytes and the chip has 65536 of RAM; make the batch smaller or raise simulation.ram$/);
    expect(compile(chip(), 0)).toThrow(new UserError('batch 0: is not a whole number from 1; give one'));
  });

  it('takes chains of layers only', () => {
    const graph = network([4, 4, 4], 1);
    const forked = { ...graph, layers: [graph.layers[0], { ...graph.layers[1], input: 'v0' }] };
    expect(() => compileModel(forked, chip(), { batch: 1 })).toThrow('layer v2: reads v0, not the layer before it; only chains of layers can be compiled');
  });
});
