/** How declarations stand below each other. */
import { describe, expect, it } from 'vitest';
import { aligned, grouped } from '../../../gen/print/columns.ts';

describe('declarations', () => {
  it('have their names in one column', () => {
    expect(aligned([{ type: 'logic', name: 'a' }, { type: 'logic [7:0]', name: 'b', rest: ' [0:3]' }])).toEqual([
      '  logic       a', '  logic [7:0] b [0:3]',
    ]);
  });

  it('are not pushed to the right by one long type', () => {
    const long = 'a_type_with_quite_a_long_name_t';
    expect(aligned([{ type: 'logic', name: 'a' }, { type: long, name: 'b' }, { type: 'logic [3:0]', name: 'c' }])).toEqual([
      '  logic       a', `  ${long} b`, '  logic [3:0] c',
    ]);
  });

  it('stand under the comment of their group where there are several', () => {
    const wires = (...names: readonly string[]) => names.map((name) => ({ type: 'logic', name }));
    const text = (...names: readonly string[]): string[] => names.map((name) => `  logic ${name};`);
    const many = Array.from({ length: 10 }, (_, i) => `w${i}`);
    expect(grouped([{ comment: 'One.', of: wires('a') }, { comment: 'None.', of: [] }, { comment: 'Many.', of: wires(...many) }])).toEqual([
      '  // One.', ...text('a'), '', '  // Many.', ...text(...many),
    ]);
    expect(grouped([{ comment: 'One.', of: wires('a') }, { comment: 'Two.', of: wires('b') }])).toEqual(text('a', 'b'));
    expect(grouped([{ comment: 'Many.', of: wires(...many) }])).toEqual(text(...many));
    expect(grouped([])).toEqual([]);
  });
});
