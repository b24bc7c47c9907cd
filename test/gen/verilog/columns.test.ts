/** How declarations stand below each other. */
import { describe, expect, it } from 'vitest';
import { grouped } from '../../../gen/print/declarations.ts';
import { aligned } from '../../../gen/verilog/columns.ts';

describe('declarations', () => {
  it('have their names in one column', () => {
    expect(aligned([{ type: 'logic', name: 'a' }, { type: 'logic [7:0]', name: 'b', rest: ' [0:3]' }], '  ')).toEqual([
      '  logic       a', '  logic [7:0] b [0:3]',
    ]);
  });

  it('are not pushed to the right by one long type', () => {
    const long = 'a_type_with_quite_a_long_name_t';
    expect(aligned([{ type: 'logic', name: 'a' }, { type: long, name: 'b' }, { type: 'logic [3:0]', name: 'c' }], '  ')).toEqual([
      '  logic       a', `  ${long} b`, '  logic [3:0] c',
    ]);
  });

  it('stand under the comment of their group where there are several', () => {
    const wires = (...names: readonly string[]) => names.map((name) => ({ type: 'logic', name }));
    const [one, two] = [wires('a'), wires('b')];
    const many = wires(...Array.from({ length: 10 }, (_, i) => `w${i}`));
    expect(grouped([{ comment: 'One.', of: one }, { comment: 'None.', of: [] }, { comment: 'Many.', of: many }])).toEqual([
      { comment: 'One.', of: one }, { comment: 'Many.', of: many },
    ]);
    expect(grouped([{ comment: 'One.', of: one }, { comment: 'Two.', of: two }])).toEqual([{ of: [...one, ...two] }]);
    expect(grouped([{ comment: 'Many.', of: many }])).toEqual([{ of: many }]);
    expect(grouped([])).toEqual([]);
  });
});
