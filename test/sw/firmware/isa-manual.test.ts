import { describe, expect, it } from 'vitest';
import { TENSOR, TENSOR_COMMAND_OPS, TENSOR_OPS, TENSOR_PREFIX_OPS } from '../../../hw/isa/tensor.ts';
import { isaManual } from '../../../sw/firmware/isa-manual.ts';

const sectionOf = (mnemonic: string): string => isaManual().split('\n### ').find((text) => text.startsWith(`\`${mnemonic} `) || text.startsWith(`\`${mnemonic}\``)) ?? '';

describe('the manual', () => {
  it('has a section for every tensor instruction', () => {
    expect(TENSOR_OPS.filter((op) => !sectionOf(TENSOR[op].mnemonic).includes(TENSOR[op].summary))).toEqual([]);
  });

  it.each(TENSOR_COMMAND_OPS)('says of %s who executes it, what it does to memories and what its operands must be', (op) => {
    const { mnemonic, unit, uses, table, limits, mainMemory } = TENSOR[op];
    const text = sectionOf(mnemonic);
    expect(text).toContain(`- Executed by the ${unit} unit.`);
    for (const { memory, access, first, rows, ...use } of uses) {
      const from = 'inGroups' in use ? `vectorLanes\\*${first}` : first;
      const which = 'fixed' in rows ? `row ${from}` : `rows ${from} … .*`;
      expect(text).toMatch(new RegExp(`- It ${{ read: 'reads', write: 'writes', update: 'reads and writes' }[access]} ${which} of the ${memory}`));
    }
    expect(text.includes('the table.')).toBe(table !== undefined || text.includes('Loads the table'));
    for (const { field } of limits) expect(text).toMatch(new RegExp(`- ${field} must be `));
    expect(text.includes('main memory: rows of')).toBe(mainMemory !== undefined);
    expect(text.includes('; tn.arg may say otherwise')).toBe(mainMemory?.takesPrefix ?? false);
  });

  it.each(TENSOR_PREFIX_OPS)('says of %s what makes the command behind it refused', (op) => {
    const { mnemonic, rs1, rs2 } = TENSOR[op];
    const demanding = [...rs1, ...rs2].filter((field) => 'least' in field).map(({ name }) => name);
    expect(demanding.length).toBeGreaterThan(0);
    for (const name of demanding) expect(sectionOf(mnemonic)).toContain(`- ${name} must be at least 1: otherwise the command that takes the prefix is refused.`);
  });

  it('says the last row of each use', () => {
    expect(sectionOf('tn.mm')).toContain('- It reads rows wRow … wRow + columnsMinus1 of the scratchpad');
    expect(sectionOf('tn.rq')).toContain('- It writes rows row … row + count*ceil((columnsMinus1 + 1)/R) - 1 of the scratchpad');
    expect(sectionOf('tn.sta')).toContain('rows of 4*C bytes');
  });
});
