import { expect, it } from 'vitest';
import { NO_FEATURES } from '../../../hw/isa/tensor-rows.ts';
import { problemWith } from '../../../hw/tensor/params.ts';
import type { TensorParams } from '../../../hw/tensor/params.ts';

const serial: TensorParams = {
  rows: 4, columns: 4, scratchpadRows: 64, accumulatorRows: 32, channels: 32, scratchpadBanks: 1, accumulatorBanks: 1, vectorLanes: 1,
  requantiser: 'iterative', queueDepth: 1, hazardBlocks: 1, counters: false, busBytes: 4, idBits: 1, pipelineEvery: 1, ...NO_FEATURES, multiplier: 'ice40', overlap: 'serial',
};

it('a serial unit says which parameter it cannot have, and what it has instead', () => {
  expect(problemWith(serial)).toBeUndefined();
  expect(problemWith({ ...serial, queueDepth: 2 })).toEqual(['queueDepth', 'is 2; a serial unit (overlap) has 1']);
  expect(problemWith({ ...serial, busBytes: 8 })).toEqual(['busBytes', 'is 8; a serial unit (overlap) has 4']);
  expect(problemWith({ ...serial, requantiser: 'pipelined' })).toEqual(['requantiser', 'is pipelined; a serial unit (overlap) has iterative']);
  expect(problemWith({ ...serial, queueDepth: 2, overlap: 'full' })).toBeUndefined();
});

it('tiles of the mesh divide it both ways', () => {
  const full: TensorParams = { ...serial, rows: 6, columns: 4, overlap: 'full' };
  expect(problemWith({ ...full, pipelineEvery: 2 })).toBeUndefined();
  expect(problemWith({ ...full, pipelineEvery: 3 })).toEqual(['pipelineEvery', 'is 3; it must divide columns = 4']);
  expect(problemWith({ ...full, pipelineEvery: 4 })).toEqual(['pipelineEvery', 'is 4; it must divide rows = 6']);
  expect(problemWith({ ...full, pipelineEvery: 0 })).toEqual(['pipelineEvery', 'is 0; use a whole number 1…16']);
  expect(problemWith({ ...serial, pipelineEvery: 2 })).toEqual(['pipelineEvery', 'is 2; a serial unit (overlap) has 1']);
});

it('maxima are of depthwise products', () => {
  const full: TensorParams = { ...serial, overlap: 'full' };
  expect(problemWith({ ...full, convolution: true, maximum: true })).toBeUndefined();
  expect(problemWith({ ...full, maximum: true })).toEqual(['maximum', 'is true; a unit has it with convolution = true alone']);
  expect(problemWith({ ...serial, maximum: true })).toEqual(['maximum', 'is true; a serial unit (overlap) has false']);
});

it('depthwise lanes have convolutions, and no more taps than the mesh has rows or columns', () => {
  const full: TensorParams = { ...serial, rows: 6, columns: 4, convolution: true, overlap: 'full' };
  for (const depthwiseTaps of [0, 2, 4]) expect(problemWith({ ...full, depthwiseTaps })).toBeUndefined();
  expect(problemWith({ ...full, depthwiseTaps: 5 })).toEqual(['depthwiseTaps', 'is 5; use no more than rows = 6 and columns = 4']);
  expect(problemWith({ ...full, rows: 3, depthwiseTaps: 4 })).toEqual(['depthwiseTaps', 'is 4; use no more than rows = 3 and columns = 4']);
  for (const depthwiseTaps of [1, 9]) expect(problemWith({ ...full, depthwiseTaps })).toEqual(['depthwiseTaps', `is ${depthwiseTaps}; use a whole number 2…8`]);
  expect(problemWith({ ...full, convolution: false, depthwiseTaps: 2 })).toEqual(['depthwiseTaps', 'is 2; without convolution it is 0']);
  expect(problemWith({ ...serial, depthwiseTaps: 2 })).toEqual(['depthwiseTaps', 'is 2; a serial unit (overlap) has 0']);
});
