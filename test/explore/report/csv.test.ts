import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted } from '../../../explore/report/csv.ts';

/** Fields of one line, read by the rules of RFC 4180. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? plain);
}

describe('a field of CSV', () => {
  it('is quoted where it must be', () => {
    expect(['plain', 'rows=4 columns=8', 'a,b', 'say "x"', 'two\nlines', ''].map(quoted)).toEqual(['plain', 'rows=4 columns=8', '"a,b"', '"say ""x"""', '"two\nlines"', '']);
  });

  it('reads back as it was', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') });
    fc.assert(fc.property(fc.array(field, { minLength: 1 }), (fields) => {
      expect(fieldsOf(fields.map(quoted).join(','))).toEqual(fields);
    }));
  });
});
