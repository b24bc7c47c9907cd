// The manual `isa.md` of a chip's programmer: tensor instructions, facts, counters, CSRs, memory map. All from the tables.
// Must not know: files.
import { CSR, EXCEPTION } from '../../hw/isa/csr.ts';
import type { ExtensionInstruction, OperandField } from '../../hw/isa/instruction.ts';
import { RISCV_INSTRUCTIONS } from '../../hw/isa/riscv.ts';
import { TENSOR_FEATURES } from '../../hw/isa/tensor-rows.ts';
import type { RowUse, TensorCommand, TensorInstruction, TensorPrefix } from '../../hw/isa/tensor-rows.ts';
import {
  CHANNEL_RECORD, CHANNEL_RECORD_BYTES, TENSOR, TENSOR_COUNTERS, TENSOR_INFO, TENSOR_STATE, TENSOR_STATUS, TENSOR_VERSION,
} from '../../hw/isa/tensor.ts';
import { RAM_BASE, REGIONS, REGISTERS, addressOf } from '../../hw/soc/memory-map.ts';

const hex = (value: number, digits = 8): string => `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

/** The manual's text. */
export function isaManual(): string {
  const parts = [
    '# Instruction set',
    'Generated from the tables in `hw/isa/` and `hw/soc/memory-map.ts`; do not edit.',
    `## Tensor instructions (version ${(TENSOR_VERSION >>> 8) & 0xff}.${TENSOR_VERSION & 0xff})`,
    'R: rows of the mesh, int8 lanes of a scratchpad row. C: columns of the mesh, int32 lanes of an accumulator row. '
    + '`sp[r][b]`: a byte of the scratchpad; `acc[r][n]`: a lane of the accumulators; `ch[i]`: a channel record; '
    + '`mem[a]`: a byte of main memory; T: weights that tn.dl takes for each lane. All instructions are of R-type. '
    + 'Commands run in the order in which they are given, as far as anyone can tell.',
    table(['instruction', 'opcode', 'funct3', 'funct7', 'does'], Object.values(TENSOR).map((i) =>
      [`\`${syntax(i)}\``, hex(i.match & 0x7f, 2), String((i.match >>> 12) & 7), String(i.match >>> 25), i.summary])),
    ...Object.values(TENSOR).map(section),
    '### Channel records',
    `${CHANNEL_RECORD_BYTES} bytes in main memory, four little-endian words; what is not listed is ignored. `
    + 'Every bit pattern has a meaning, the same on every unit: a field that is not legal is kept as the last column says, and the tn.ldp '
    + 'that brought it counts once as refused. A unit without feature `doubleRounding` has single rounding only. Where the clamps are crossed, clampMax wins. Records that were never loaded are whatever '
    + 'the memory holds after power-up.',
    table(['field', 'word', 'bits', 'signed', 'legal', 'otherwise kept'], Object.entries(CHANNEL_RECORD).map(([name, field]) =>
      [name, String(field.word), `${field.lo + field.width - 1}:${field.lo}`, field.signed ? 'yes' : 'no', `${field.least}…${field.most}${'flag' in field ? `, or ${field.flag} more for double rounding` : ''}`,
        'otherwise' in field ? field.otherwise : ''])),
    '### Status',
    'Nothing clears it: whoever wants to know what went wrong in a while compares the status after it with the one before.',
    table(['bits', 'name', 'counts, modulo 65536'], Object.entries(TENSOR_STATUS).map(([name, { lo, width, summary }]) =>
      [`${lo + width - 1}:${lo}`, name, summary])),
    '### State (`tn.state`)',
    table(['index', 'name', 'meaning'], TENSOR_STATE.map(({ name, summary }, index) => [String(index), name, summary])),
    '### Facts (`tn.info`)',
    table(['index', 'name', 'meaning'], TENSOR_INFO.map(({ name, summary }, index) => [String(index), name, summary])),
    '### Counters (`tn.count`)',
    table(['index', 'name', 'counts cycles in which'], TENSOR_COUNTERS.map(({ name, summary }, index) => [String(index), name, summary])),
    '## Standard instructions',
    table(['extension', 'instructions'], standard()),
    '## Control and status registers',
    table(['name', 'address', 'access', 'meaning'],
      Object.values(CSR).map(({ name, address, access, summary }) => [name, hex(address, 3), access, summary])),
    '## Exceptions',
    table(['cause', 'when', 'mtval'], Object.values(EXCEPTION).map(({ cause, summary, mtval }) => [String(cause), summary, mtval])),
    '## Memory map',
    table(['region', 'base', 'bytes', 'meaning'], [
      ...Object.values(REGIONS).map(({ name, base, bytes, summary }) => [name, hex(base), String(bytes), summary]),
      ['ram', hex(RAM_BASE), 'as configured', 'main memory'],
    ]),
    table(['register', 'address', 'access', 'meaning'], Object.values(REGISTERS).map(({ name, access, summary }) => [name,
      hex(addressOf(name)), access, summary])),
  ];
  return `${parts.join('\n\n')}\n`;
}

function syntax({ mnemonic, writesRd, rs1, rs2 }: ExtensionInstruction): string {
  const operands = [writesRd ? 'rd' : '', rs1.length > 0 ? 'rs1' : '', rs2.length > 0 ? 'rs2' : ''].filter((operand) => operand !== '');
  return `${mnemonic} ${operands.join(', ')}`.trim();
}

const ACCESS = { read: 'reads', write: 'writes', update: 'reads and writes' } as const;
const FACT_LETTER: Readonly<Record<string, string>> = { rows: 'R', columns: 'C' };

/** What a command does to memories, and what its operands must be, in the manual's notation. */
function effects({ unit, uses, table: ofTable, mainMemory, limits, rs1, rs2 }: TensorCommand): string[] {
  const last = ({ first, rows }: RowUse<string>): string => {
    if ('fixed' in rows) return first;
    if ('fact' in rows) return `${first} + T - 1`;
    if ('lastOf' in rows) return `${first} + ${rows.lastOf}`;
    if ('orImage' in rows && rows.orImage === 'needed') return `${first} + imageRows - 1 of the tn.win that it needs,`;
    if ('groups' in rows) return `vectorLanes*(${first} + ${rows.groups}) - 1`;
    if ('each' in rows) return `${first} + ${rows.count}*C - 1`;
    if ('orImage' in rows) return `${first} + ${rows.count} - 1, or imageRows of a tn.win from ${first} on,`;
    return `${first} + ${rows.count}${'partsOf' in rows ? `*ceil((${rows.partsOf} + 1)/R)` : ''} - 1`;
  };
  const elements = mainMemory && (FACT_LETTER[mainMemory.elements] ?? String(mainMemory.elements));
  const bytes = mainMemory?.elementBytes === 1 ? elements : `${mainMemory?.elementBytes}*${elements}`;
  const prefix = mainMemory?.takesPrefix ? '; tn.arg may say otherwise' : '';
  return [
    `Executed by the ${unit} unit.`,
    ...(mainMemory ? [`It ${ACCESS[mainMemory.access]} main memory: rows of ${bytes} bytes, one behind the other${prefix}.`] : []),
    ...uses.map((use) => {
      const rows = 'fixed' in use.rows ? `row ${use.first}` : `rows ${use.inGroups ? 'vectorLanes*' : ''}${use.first} … ${last(use)}`;
      return `It ${ACCESS[use.access]} ${rows} of the ${use.memory}, which must be there.`;
    }),
    ...(ofTable ? [`It ${ACCESS[ofTable]} the table.`] : []),
    ...[...rs1, ...rs2].flatMap(({ name, least = 0 }) => (least > 0 ? [`${name} must be at least ${least}.`] : [])),
    ...limits.map((limit) => ('below' in limit
      ? `${limit.field} must be less than ${FACT_LETTER[limit.below] ?? limit.below}.` : `${limit.field} must be a multiple of ${limit.multipleOf}.`)),
    ...(mainMemory && mainMemory.elementBytes > 1 ? [`address, and what a tn.arg gives, must be multiples of ${mainMemory.elementBytes}.`] : []),
  ];
}

/** A prefix is kept whatever it says. */
const demands = ({ rs1, rs2 }: TensorPrefix): string[] => [...rs1, ...rs2].flatMap(({ name, least = 0 }) =>
  (least > 0 ? [`${name} must be at least ${least}: otherwise the command that takes the prefix is refused.`] : []));

function section(instruction: TensorInstruction): string {
  const fields = (register: string, list: readonly OperandField[]): string[][] =>
    list.map(({ name, lo, width, signed, summary }) =>
      [register, `${lo + width - 1}:${lo}`, name, signed ? `${summary} (two's complement)` : summary]);
  const rows = [...fields('rs1', instruction.rs1), ...fields('rs2', instruction.rs2)];
  return [
    `### \`${syntax(instruction)}\``,
    instruction.summary,
    ...(rows.length === 0 ? [] : [table(['operand', 'bits', 'field', 'meaning'], rows)]),
    ['```', ...instruction.semantics, '```'].join('\n'),
    ...(instruction.kind !== 'question' && instruction.feature
      ? [`Units that lack it do not know it: fact \`features\`, bit ${TENSOR_FEATURES.indexOf(instruction.feature)}.`] : []),
    ...(instruction.kind === 'command' ? [effects(instruction).map((line) => `- ${line}`).join('\n')] : []),
    ...(instruction.kind === 'prefix' ? [demands(instruction).map((line) => `- ${line}`).join('\n')] : []),
  ].join('\n\n');
}

function standard(): string[][] {
  const extensions = [...new Set(RISCV_INSTRUCTIONS.map(({ extension }) => extension))];
  return extensions.map((extension) =>
    [extension, RISCV_INSTRUCTIONS.filter((i) => i.extension === extension).map(({ mnemonic }) => `\`${mnemonic}\``).join(' ')]);
}
