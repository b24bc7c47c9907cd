import { describe, expect, it } from 'vitest';
import { parseFailures } from '../../../sim/verilator/messages.ts';

const failed = (scope: string, text: string): string => `[0] %Error: File.sv:31: Assertion failed in ${scope}: ${scope}.${text}\n`;
const top = 'TOP.SystoleShell.Chip';

describe('messages of a verilated design', () => {
  it('become a failure with the path of the assertion', () => {
    const text = failed(`${top}.core`, 'pcAligned: pc must be even: always');
    expect(parseFailures(text, 7)).toEqual([{ path: 'core.pcAligned', message: 'pc must be even: always', cycle: 7 }]);
  });

  it('name a grid cell by row and column', () => {
    expect(parseFailures(failed(`${top}.mesh_row[2].mesh_col[11].cell_i`, 'small: no'), 1)[0].path).toBe('mesh[2][11].small');
  });

  it('name an assertion of the top module by its own name', () => {
    expect(parseFailures(failed(top, 'bounded: '), 0)).toEqual([{ path: 'bounded', message: '', cycle: 0 }]);
  });

  it('report every check that failed in a cycle', () => {
    expect(parseFailures(failed(top, 'first: no') + failed(top, 'second: no'), 4).map((f) => f.path)).toEqual(['first', 'second']);
  });

  it('keep a text that is not understood', () => {
    expect(parseFailures('something else\n', 2)).toEqual([{ path: '?', message: 'something else', cycle: 2 }]);
  });
});
