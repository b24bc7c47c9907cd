import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted } from '../../../explore/report/csv.ts';
import { checkProperty } from '../../support/property.ts';

/** Fields of one line, read by the rules of RFC 4180. */
function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  for (let rest = `,${line}`; rest !== '';) {
    const [whole, inQuotes, plain] = /^,(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(rest) as unknown as [string, string | undefined, string];
    fields.push(inQuotes?.replaceAll('""', '"') ?? plain);
    rest = rest.slice(whole.length);
  }
  return fields;
}

describe('a field of CSV', () => {
  it('is quoted where it must be', () => {
    expect(['plain', 'rows=4 columns=8', 'a,b', 'say "x"', 'two\nlines', ''].map(quoted)).toEqual(['plain', 'rows=4 columns=8', '"a,b"', '"say ""x"""', '"two\nlines"', '']);
  });

  it('reads back as it was', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') });
    checkProperty(fc.property(fc.array(field, { minLength: 1 }), (fields) => {
      expect(fieldsOf(fields.map(quoted).join(','))).toEqual(fields);
    }));
  });
});
