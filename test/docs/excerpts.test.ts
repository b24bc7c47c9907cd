/** Excerpts of our SystemVerilog in pages are what is printed, and the sizes beside them those of the modules. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { moduleText, withExcerpts } from '../../tools/excerpts.ts';

const PAGE = readFileSync(new URL('../../docs/beside-ibex.md', import.meta.url), 'utf8');
const MODULES = ['Alu', 'MulDiv', 'Expander', 'CsrUnit', 'PmpCheck'];

describe('excerpts of modules', () => {
  it('on the page beside Ibex are what is printed: npx tsx tools/write-docs.ts', () => {
    expect(withExcerpts(PAGE)).toBe(PAGE);
    for (const module of MODULES) expect(PAGE).toContain(`<!-- ${module} of balanced`);
    // Every block has its comment.
    expect(PAGE.match(/^```systemverilog$/gm)?.length).toBe(PAGE.match(/^<!-- .* -->\n```systemverilog$/gm)?.length);
  });

  const block = (comment: string, lines: string): string => `text\n\n<!-- ${comment} -->\n\`\`\`systemverilog\n${lines}\`\`\`\nmore\n`;
  it('are renewed, and nothing else of the page', () => {
    const given = 'RegisterFile of fast: "module RegisterFile", "next1," to "rd,", "always_ff" to end';
    const page = withExcerpts(block(given, 'old\n'));
    const text = moduleText('RegisterFile', 'fast');
    const parts = page.split('```')[1].replace('systemverilog\n', '').split('// …\n');
    expect(page).toBe(block(given, parts.join('// …\n')));
    expect(parts.map((part) => text.includes(part))).toEqual([true, true, true]);
    expect(parts[0]).toBe('module RegisterFile (\n');
    expect(parts[1].trim().split(/,\s*/).map((line) => line.split(' ').at(-1))).toEqual(['next1', 'next2', 'write', 'rd', '']);
    expect(parts[2]).toMatch(/^ {2}always_ff [^]*\n {2}end\n$/);
    expect(withExcerpts(page)).toBe(page);
  });

  it('have their lines counted in tables', () => {
    const given = `| a | \`StoreLanes\` | 7 | 0 |\n| b | \`Other\` | 7 |\n${block('StoreLanes of nano: "endmodule"', 'endmodule\n')}`;
    const page = withExcerpts(given);
    expect(page.replace(/\d\d/, '7')).toBe(given);
    expect(page).toMatch(/^\| a \| `StoreLanes` \| [1-9]\d \| 0 \|/);
  });

  it('name what is there', () => {
    expect(() => withExcerpts(block('Nothing of fast: "x"', ''))).toThrow('fast has no module Nothing; it has ');
    expect(() => withExcerpts(block('RegisterFile of fast: "x y z"', ''))).toThrow('RegisterFile has no line with "x y z"');
    expect(() => withExcerpts(block('RegisterFile of fast: "endmodule" to "module"', ''))).not.toThrow();
    expect(() => withExcerpts(block('RegisterFile of fast: "endmodule" to "logic"', ''))).toThrow('RegisterFile has no line with "logic" after "endmodule"');
  });
});
