import { describe, expect, it } from 'vitest';
import { wholeNumber } from '../../cli/options.ts';

describe('a whole number of an option', () => {
  it('lies between its limits', () => {
    const read = wholeNumber(2, 10);
    const parse = (text: string): number => read(text, '--images');
    expect(['2', '10', '007'].map(parse)).toEqual([2, 10, 7]);
    for (const text of ['1', '11', '-3', '2.5', '1e1', '', 'two', '99999999999999999999']) {
      expect(() => parse(text), text).toThrow(`--images ${text === '' ? '\'\'' : text}: is not a whole number from 2 to 10; give one`);
    }
  });
});
