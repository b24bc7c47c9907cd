/** Modules have no parameters, because hardly any two differ in numbers only: what docs/language.md says about that is counted here. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alikeIn, withoutNumbers } from '../../tools/alike-modules.ts';

const PAGE = readFileSync(new URL('../../docs/language.md', import.meta.url), 'utf8');

describe('modules of one text but for numbers', () => {
  it.each([['base', [['Queue4x16', 'Queue4x8']]], ['edge', [['LoadBursts', 'StoreBursts'], ['Queue4x15', 'Queue4x8']]], ['nano', []], ['fast', []]] as const)('are few in %s', (name, known) => {
    const { modules, families, inNumbersOnly } = alikeIn(name);
    expect(inNumbersOnly).toEqual(known);
    expect(PAGE).toContain(`| \`${name}\` | ${modules} | ${families.map((f) => f.map((n) => `\`${n}\``).join(' ')).join('; ') || 'none'} |`);
  });

  it('are told from others', () => {
    const counter = (name: string, width: number, operator: string): string =>
      `// ${name}\nmodule ${name} (\n  output logic${width > 1 ? ` [${width - 1}:0]` : ''} n\n);\n  assign n = n ${operator} ${width}'d1;\nendmodule\n`;
    const plain = (name: string, width: number, operator: string): string => withoutNumbers(counter(name, width, operator), name);
    expect(plain('A8', 8, '+')).toBe(plain('B12', 12, '+'));
    expect(plain('A8', 8, '+')).toBe(plain('A', 1, '+'));
    expect(plain('A8', 8, '+')).not.toBe(plain('B8', 8, '-'));
  });
});
