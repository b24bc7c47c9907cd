import { describe, expect, it } from 'vitest';
import { pathOfReported } from '../../../sim/verilator/hierarchy.ts';
import { parseFailures } from '../../../sim/verilator/messages.ts';

const failed = (scope: string, text: string): string => `[0] %Error: File.sv:31: Assertion failed in ${scope}: ${scope}.${text}\n`;
const top = 'TOP.SystoleShell.Chip';
const TEXTS: Readonly<Record<string, string>> = {
  'core.pcAligned': 'pc must be even: always', 'mesh[2][11].small': 'no', bounded: '', first: 'no', second: 'no ',
  lines: `one\n\n${failed(top, 'first: no')}`, long: 'x'.repeat(10_000),
};
const SCOPES = new Map([
  ['SystoleShell.Chip', ''],
  ['SystoleShell.Chip.core', 'core.'], ['SystoleShell.Chip.mesh_row[2].mesh_col[11].cell_i', 'mesh[2][11].'],
]);
const parse = (text: string, cycle: number) =>
  parseFailures(text, cycle, (reported) => pathOfReported(reported, SCOPES), (path) => TEXTS[path]);

describe('messages of a verilated design', () => {
  it('become a failure with the path of the assertion', () => {
    const text = failed(`${top}.core`, 'pcAligned: pc must be even: always');
    expect(parse(text, 7)).toEqual([{ path: 'core.pcAligned', message: 'pc must be even: always', cycle: 7 }]);
  });

  it('name a grid cell by row and column', () => {
    expect(parse(failed(`${top}.mesh_row[2].mesh_col[11].cell_i`, 'small: no'), 1)[0].path).toBe('mesh[2][11].small');
  });

  it('name an assertion of the top module by its own name', () => {
    expect(parse(failed(top, 'bounded'), 0)).toEqual([{ path: 'bounded', message: '', cycle: 0 }]);
  });

  it('report every check that failed in a cycle, with spaces at the end of its text', () => {
    expect(parse(failed(top, 'first: no') + failed(top, 'second: no '), 4).map((f) => [f.path, f.message])).toEqual([['first', 'no'], ['second', 'no ']]);
  });

  it('end where their text ends, even if it has lines that look like a failure', () => {
    const text = failed(top, `lines: ${TEXTS.lines}`) + failed(top, 'second: no ');
    expect(parse(text, 4).map((f) => [f.path, f.message])).toEqual([['lines', TEXTS.lines], ['second', 'no ']]);
  });

  it('are whole where the tool cut them', () => {
    const text = failed(top, `long: ${TEXTS.long}`).slice(0, 4095) + failed(top, 'second: no ');
    expect(parse(text, 4).map((f) => f.path)).toEqual(['long', 'second']);
    expect(parse(text, 4)[0].message).toBe(TEXTS.long);
  });

  it('are those that were printed where these differ from the design\'s', () => {
    expect(parse(failed(top, 'first: nothing'), 0)).toEqual([{ path: 'first', message: 'nothing', cycle: 0 }]);
  });

  it('keep a text that is not understood', () => {
    expect(parse('something else\n', 2)).toEqual([{ path: '?', message: 'something else', cycle: 2 }]);
  });
});
