import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildGemm, mustBePossible, parseShapes } from '../../../sw/compiler/gemm.ts';
import { runGemm } from '../../../sw/runtime/gemm-run.ts';
import { goldenMachine } from '../../../sw/runtime/golden-machine.ts';
import { chip } from './networks.ts';
import { checkProperty } from '../../support/property.ts';

describe('buildGemm', () => {
  it('multiplies matrices of any size, to int8 and to int32', async () => {
    const size = fc.integer({ min: 1, max: 80 });
    const target = fc.constantFrom(
      chip(),
      chip({ rows: 4, columns: 4, scratchpadRows: 1024, accumulatorRows: 256, channels: 256, hazardBlocks: 4, queueDepth: 1, busBytes: 4 }),
      chip({ rows: 12, columns: 20 }), chip({ rows: 32, columns: 8, accumulatorRows: 16 }),
    );
    await checkProperty(fc.asyncProperty(target, size, size, size, fc.constantFrom('int8' as const, 'int32' as const), async (on, m, n, k, result) => {
      // runGemm compares every element.
      await runGemm(goldenMachine({ tensor: on.tensor, ramBytes: on.ramBytes }), buildGemm({ m, n, k }, on, { result }));
    }), { runs: 40, seed: 3 });
  });

  it('spreads requantised results over int8', () => {
    const { expected } = buildGemm({ m: 64, n: 64, k: 64 }, chip());
    const mean = [...expected].reduce((sum, value) => sum + Math.abs(value), 0) / expected.length;
    expect(mean).toBeGreaterThan(10);
    expect(mean).toBeLessThan(60);
  });
});

describe('a shape that nobody can run', () => {
  it('is refused before anything is made for it', () => {
    expect(() => buildGemm({ m: 100_000, n: 100_000, k: 100_000 }, chip()))
      .toThrow(/^shape "100000x100000x100000": operands and result take 30000000000 bytes and the chip has \d+ of RAM; make it smaller or raise simulation\.ram$/);
    expect(() => mustBePossible({ m: 4096, n: 4096, k: 4096 }, { ramBytes: 2 ** 30 }))
      .toThrow('shape "4096x4096x4096": has 68719476736 multiply-accumulates; use a shape of at most 4294967296');
    expect(() => mustBePossible({ m: 1024, n: 1024, k: 1 }, { ramBytes: 2 ** 21 })).not.toThrow();
    expect(() => mustBePossible({ m: 1024, n: 1024, k: 1 }, { ramBytes: 2 ** 21 }, 'int32')).toThrow('operands and result take 4196352 bytes');
    expect(() => parseShapes('4x4x4,'.repeat(1001))).toThrow('--shapes: has more than 1000 shapes; measure some of them');
  });
});

describe('parseShapes', () => {
  it('reads M, N and K', () => {
    expect(parseShapes('4x8x16, 1x2x3')).toEqual([{ m: 4, n: 8, k: 16 }, { m: 1, n: 2, k: 3 }]);
  });

  it('refuses what is no shape', () => {
    for (const text of ['4x4', 'x', '0x1x1', '4x4x99999999']) expect(() => parseShapes(text)).toThrow(/is not MxNxK with sizes from 1 to 1048576/);
    expect(() => parseShapes('4x4x4,')).toThrow('--shapes: shape 2 of 2 is empty; write MxNxK between commas');
  });
});
