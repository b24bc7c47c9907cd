import { describe, expect, it } from 'vitest';
import { at, command, countCommands, cursor, flip, roll, scope, toggle } from '../../../sw/compiler/program.ts';
import { generate } from '../../../sw/compiler/codegen.ts';

const text = (nodes: Parameters<typeof generate>[0]): string[] => generate(nodes).map(({ mnemonic, operands }) => [mnemonic, ...operands].join(' '));

describe('roll', () => {
  const rows = cursor('rows');
  const store = (offset: number) => [command('mm', at(rows, offset), at(rows, offset + 1))];

  it('makes a loop of bodies that differ by even distances, and leaves others alone', () => {
    const nodes = roll(5, (index) => (index === 0 ? 'first' : 'rest'), (index) => store(index === 0 ? 100 : 8 * index));
    expect(nodes.map(({ kind }) => kind)).toEqual(['command', 'loop']);
    expect(nodes[1]).toMatchObject({ count: 4, strides: new Map([[rows, 8]]) });
    expect(countCommands(nodes)).toBe(5);
  });

  it('notices bodies that do not move evenly', () => {
    expect(() => roll(4, () => '', (index) => store(index * index))).toThrow('cursor rows does not move evenly');
    expect(() => roll(3, () => '', (index) => [...store(index), ...store(2 * index)])).toThrow('cursor rows moves by 1 and by 2');
    expect(() => roll(2, () => '', (index) => (index === 0 ? store(0) : [...store(0), ...store(0)]))).toThrow('bodies of one loop differ');
  });
});

describe('generate', () => {
  it('moves registers by additions and counts loops down', () => {
    const [a, b] = [cursor('a', 'table'), cursor('b')];
    const body = roll(10, () => '', (index) => [command('ld', at(a, 64 * index), at(b, 7))]);
    expect(text([scope('s', body)])).toEqual([
      'li s0 table + 0', 'li s1 7', 'li a0 10', ': .Lloop1', 'tn.ld s0 s1', 'addi s0 s0 64', 'addi a0 a0 -1', 'bnez a0 .Lloop1',
    ]);
  });

  it('knows the buffer at every place outside of loops', () => {
    const side = toggle('side');
    const a = cursor('a', undefined, [[side, 100]]);
    const b = cursor('b');
    const use = command('mm', at(a, 1), at(b, 2));
    expect(text([scope('s', [use, flip(side), use, flip(side), use])])).toEqual([
      'li s0 1', 'li s1 2', 'tn.mm s0 s1', 'addi s0 s0 100', 'tn.mm s0 s1', 'addi s0 s0 -100', 'tn.mm s0 s1',
    ]);
  });

  it('swings between buffers inside loops', () => {
    const side = toggle('side');
    const a = cursor('a', undefined, [[side, 100]]);
    const b = cursor('b');
    const lines = text([scope('s', roll(3, () => '', () => [command('mm', at(a, 1), at(b, 2)), flip(side)]))]);
    expect(lines).toEqual(['li s0 1', 'li s1 2', 'li a0 100', 'li a1 3', ': .Lloop1', 'tn.mm s0 s1', 'add s0 s0 a0', 'neg a0 a0', 'addi a1 a1 -1', 'bnez a1 .Lloop1']);
  });
});
