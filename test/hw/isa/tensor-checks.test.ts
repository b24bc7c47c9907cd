/** What the table says of one command: the rows that it uses, what it moves, and in whose words it is refused. */
import { describe, expect, it } from 'vitest';
import { packFields } from '../../../hw/isa/instruction.ts';
import { CommandRules, operandOf } from '../../../hw/isa/tensor-checks.ts';
import type { TensorFacts, TensorPrefixes } from '../../../hw/isa/tensor-checks.ts';
import { TENSOR } from '../../../hw/isa/tensor.ts';
import type { TensorCommandOp } from '../../../hw/isa/tensor.ts';

const FACTS: TensorFacts = { rows: 6, columns: 5, scratchpadRows: 40, accumulatorRows: 24, channels: 12, depthwiseTaps: 2, vectorLanes: 4 };
type Values = Readonly<Record<string, number>>;
type Command = readonly [number, number];
const operands = (op: TensorCommandOp, rs1: Values, rs2: Values): Command =>
  [packFields(TENSOR[op].rs1, rs1), packFields(TENSOR[op].rs2, rs2)];
const rangesOf = (op: TensorCommandOp, command: Command, facts: TensorFacts): unknown[] =>
  [...new CommandRules(op, facts).ranges(...command)];
const transferOf = (op: TensorCommandOp, command: Command, arg?: TensorPrefixes['arg']): unknown =>
  new CommandRules(op, FACTS).transfer(...command, { arg });

const win = (image: Values, window: Values): NonNullable<TensorPrefixes['win']> =>
  ({ image: packFields(TENSOR.win.rs1, image), window: packFields(TENSOR.win.rs2, window) });

describe('a command', () => {
  it('uses the rows that it names', () => {
    const mm = operands('mm', { aRow: 3, wRow: 20 }, { accRow: 7, count: 4, columnsMinus1: 2 });
    expect(rangesOf('mm', mm, FACTS)).toEqual([
      { memory: 'scratchpad', access: 'read', first: 3, count: 4 }, { memory: 'scratchpad', access: 'read', first: 20, count: 3 },
      { memory: 'accumulators', access: 'update', first: 7, count: 4 },
    ]);
    const rq = operands('rq', { accRow: 1, count: 3, columnsMinus1: 4 }, { row: 2, channel: 4 });
    const writes = (rows: number): unknown => rangesOf('rq', rq, { ...FACTS, rows }).at(-1);
    expect([1, 2, 4, 5].map(writes)).toEqual([15, 9, 6, 3].map((count) => ({ memory: 'scratchpad', access: 'write', first: 2, count })));
  });

  it('moves whole rows, or what a prefix says', () => {
    const prefix = { stride: -8, rowBytes: 4, groupRows: 0 };
    const ld = operands('ld', { address: 0x8000_0004 }, { row: 0, count: 3 });
    expect(transferOf('ld', ld)).toEqual({ address: 0x8000_0004 | 0, stride: 6, rowBytes: 6, count: 3, groupRows: 0 });
    expect(transferOf('ld', ld, prefix)).toEqual({ address: 0x8000_0004 | 0, ...prefix, count: 3 });
    const ldp = operands('ldp', { address: 64 }, { channel: 0, count: 2 });
    expect(transferOf('ldp', ldp, prefix)).toEqual({ address: 64, stride: 16, rowBytes: 16, count: 2, groupRows: 0 });
    expect(transferOf('sta', operands('sta', {}, { count: 1 }))).toMatchObject({ stride: 20, rowBytes: 20 });
    expect(transferOf('mm', operands('mm', {}, { count: 1 }), prefix)).toBeUndefined();
  });

  it('has no operand but its own', () => {
    expect(() => operandOf('mm', 'address')).toThrow('tn.mm has no operand field \'address\'');
  });
});

describe('a refusal names the operand and what it must be', () => {
  const cases: readonly (readonly [TensorCommandOp, Values, Values, TensorPrefixes | undefined, string | undefined])[] = [
    ['ld', {}, { row: 38, count: 2 }, undefined, undefined],
    ['ld', {}, { row: 38, count: 0 }, undefined, 'tn.ld: count = 0; must be at least 1'],
    ['ld', {}, { row: 39, count: 2 }, undefined, 'tn.ld: rows 39…40 of the scratchpad; there are 40'],
    ['ld', { address: 3 }, { row: 0, count: 2 }, { arg: { stride: -5, rowBytes: 7, groupRows: 0 } }, 'tn.ld: rowBytes = 7 of tn.arg; must be 1…6'],
    ['ld', { address: 3 }, { row: 0, count: 2 }, { arg: { stride: -5, rowBytes: 96, groupRows: 2 } }, undefined],
    ['ld', { address: 3 }, { row: 0, count: 2 }, { arg: { stride: 0, rowBytes: 97, groupRows: 1 } }, 'tn.ld: rowBytes = 97 of tn.arg; must be 1…96'],
    ['ld', {}, { row: 30, count: 2 }, { arg: { stride: 0, rowBytes: 12, groupRows: 8 } }, undefined],
    ['ld', {}, { row: 30, count: 2 }, { arg: { stride: 0, rowBytes: 13, groupRows: 8 } }, 'tn.ld: rows 30…47 of the scratchpad; there are 40'],
    ['st', {}, { row: 0, count: 2 }, { arg: { stride: 0, rowBytes: 6, groupRows: 8 } }, 'tn.st: groupRows = 8 of tn.arg; must be 0'],
    ['sta', {}, { accRow: 0, count: 1 }, { arg: { stride: 8, rowBytes: 6, groupRows: 0 } }, 'tn.sta: rowBytes = 6 of tn.arg; must be a multiple of 4 in 4…20'],
    ['sta', {}, { accRow: 0, count: 1 }, { arg: { stride: -6, rowBytes: 8, groupRows: 0 } }, 'tn.sta: stride = -6 of tn.arg; must be a multiple of 4'],
    ['sta', { address: 0x8000_0002 }, { accRow: 0, count: 1 }, undefined, 'tn.sta: address = 0x80000002; must be a multiple of 4'],
    ['ldp', {}, { channel: 3, count: 10 }, undefined, 'tn.ldp: rows 3…12 of the channels; there are 12'],
    ['mm', {}, { accRow: 0, count: 1, columnsMinus1: 5 }, undefined, 'tn.mm: columnsMinus1 = 5; the unit has 5 columns'],
    ['mm', { wRow: 38 }, { accRow: 0, count: 1, columnsMinus1: 2 }, undefined, 'tn.mm: rows 38…40 of the scratchpad; there are 40'],
    ['mm', { aRow: 30 }, { accRow: 0, count: 20 }, { win: win({ imageRows: 10, width: 5 }, { windowWidth: 4 }) }, undefined],
    ['mm', { aRow: 31 }, { accRow: 0, count: 1 }, { win: win({ imageRows: 10, width: 5 }, { windowWidth: 4 }) }, 'tn.mm: rows 31…40 of the scratchpad; there are 40'],
    ['mm', {}, { accRow: 0, count: 1 }, { win: win({ imageRows: 10, width: 0 }, { windowWidth: 4 }) }, 'tn.mm: width = 0 of tn.win; must be at least 1'],
    ['mm', {}, { accRow: 0, count: 1 }, { win: win({ imageRows: 10, width: 5 }, { left: -1, windowWidth: 0 }) }, 'tn.mm: windowWidth = 0 of tn.win; must be at least 1'],
    ['dl', { wRow: 38 }, { accRow: 0, count: 1 }, { win: win({ imageRows: 10, width: 5 }, { windowWidth: 4 }) }, undefined],
    ['dl', { wRow: 39 }, { accRow: 0, count: 1 }, { win: win({ imageRows: 10, width: 5 }, { windowWidth: 4 }) }, 'tn.dl: rows 39…40 of the scratchpad; there are 40'],
    ['dl', {}, { accRow: 0, count: 1 }, { arg: { stride: 8, rowBytes: 6, groupRows: 0 } }, 'tn.dl: no tn.win is pending; give one before it'],
    ['ld', {}, { row: 30, count: 9 }, { win: win({ imageRows: 40, width: 0 }, {}) }, undefined],
    ['rq', { count: 1, columnsMinus1: 1 }, { row: 0, channel: 2 }, undefined, 'tn.rq: channel = 2; must be a multiple of vectorLanes = 4'],
  ];
  it.each(cases)('%s %j %j', (op, rs1, rs2, prefix, text) => {
    expect(new CommandRules(op, FACTS).refusal(...operands(op, rs1, rs2), prefix ?? {})).toBe(text);
  });
});
