import { describe, expect, it } from 'vitest';
import { CHANNEL_RECORD_BYTES } from '../../../hw/isa/tensor.ts';
import { blocksOf, denseGroups, packRecords, packWeights, tileColumns, tileGroups } from '../../../sw/compiler/layout.ts';

describe('groups', () => {
  it('are dense from memory and begin anew with every tile from tn.rq', () => {
    expect(denseGroups(10, 4)).toEqual([{ first: 0, lanes: 4 }, { first: 4, lanes: 4 }, { first: 8, lanes: 2 }]);
    expect(tileGroups(10, 6, 4)).toEqual([{ first: 0, lanes: 4 }, { first: 4, lanes: 2 }, { first: 6, lanes: 4 }]);
    expect(tileGroups(5, 2, 4)).toEqual([{ first: 0, lanes: 2 }, { first: 2, lanes: 2 }, { first: 4, lanes: 1 }]);
  });
});

describe('packWeights', () => {
  it('lays tiles one after the other in the order of use', () => {
    // Three outputs of three inputs; two columns a tile, two lanes a row, one tile a block.
    const weights = Int8Array.of(1, 2, 3, 11, 12, 13, 21, 22, 23);
    const blocks = blocksOf(3, 2, 1);
    expect(tileColumns(blocks, 1)).toEqual([1]);
    const packed = packWeights({ weights, inputs: 3, outputs: 3 }, denseGroups(3, 2), blocks, 2);
    expect([...packed]).toEqual([1, 2, 11, 12, 3, 0, 13, 0, 21, 22, 23, 0]);
  });
});

describe('packRecords', () => {
  it('fills the fields of the table', () => {
    const bytes = packRecords({
      outputs: 2, bias: Int32Array.of(-1, 5), multiplier: Int32Array.of(2 ** 31 - 1, 3), shift: Uint8Array.of(62, 1), outputZeroPoint: -3,
      clampMin: -128, clampMax: 127,
    });
    expect(bytes).toHaveLength(2 * CHANNEL_RECORD_BYTES);
    expect([...new Uint32Array(bytes.buffer)]).toEqual([0xffff_ffff, 0x7fff_ffff, 0x7f80_fd3e, 0, 5, 3, 0x7f80_fd01, 0]);
  });
});
