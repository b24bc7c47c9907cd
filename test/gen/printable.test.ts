import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableLines } from '../../gen/printable.ts';
import { UserError } from '../../gen/user-error.ts';
import { checkProperty } from '../support/property.ts';

const OBEYED = /[\p{C}\p{Zl}\p{Zp}]/u;
const any = fc.string({ unit: 'binary' });
/** ESC, the one-character CSI of C1, DEL, carriage return, a change of direction, half a pair, a tag beyond 16 bits. */
const EVIL = '\u001b[2J\u009b31m\u007f\r\u202e\ud800\u{e0041}';

describe('text that is shown', () => {
  it('holds nothing that a terminal obeys', () => {
    expect(printable(EVIL)).toBe('\\u{1b}[2J\\u{9b}31m\\u{7f}\\u{d}\\u{202e}\\u{d800}\\u{e0041}');
    checkProperty(fc.property(any, (text) => {
      expect(printable(text)).not.toMatch(OBEYED);
      expect(printableLines(text).replaceAll('\n', '')).not.toMatch(OBEYED);
      expect(printableLines(text).split('\n')).toHaveLength(text.split('\n').length);
    }));
    expect(printable('Größe 4 × 4 → 日本')).toBe('Größe 4 × 4 → 日本');
  });

  it('stays the same value where it is JSON', () => {
    checkProperty(fc.property(fc.anything({ values: [any], withNullPrototype: false }), (value) => {
      const json = JSON.stringify({ value });
      const safe = printableJson(json);
      expect(safe).not.toMatch(OBEYED);
      expect(JSON.parse(safe)).toEqual(JSON.parse(json));
    }));
  });
});

describe('an error of the user', () => {
  it('is one line of bounded length that a terminal does not obey', () => {
    expect(new UserError(`a\n\tb${EVIL}c`).message).toBe(`a b${printable(EVIL).replace('\\u{d}', ' ')}c`);
    checkProperty(fc.property(any, (text) => {
      expect(new UserError(text).message).not.toMatch(OBEYED);
    }));
    const { message } = new UserError(`file: ${'x'.repeat(1e6)}; mend it`);
    expect(message.length).toBeLessThan(4100);
    expect(message).toMatch(/^file: x+…x+; mend it$/);
  });
});
