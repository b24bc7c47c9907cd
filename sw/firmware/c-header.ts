// The C header `systole.h`: intrinsics of the tensor instructions, operand packing, indices, memory map. All from the tables.
// Must not know: compilers, files, the firmware library.
import { rangeOfField } from '../../hw/isa/instruction.ts';
import type { ExtensionInstruction, OperandField } from '../../hw/isa/instruction.ts';
import {
  ARG_PENDING_BIT, CHANNEL_RECORD, CHANNEL_RECORD_BYTES, TENSOR, TENSOR_COUNTERS, TENSOR_INFO, TENSOR_STATE, TENSOR_STATUS, TENSOR_VERSION,
  WIN_PENDING_BIT,
} from '../../hw/isa/tensor.ts';
import { TENSOR_FEATURES } from '../../hw/isa/tensor-rows.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { RAM_BASE, REGIONS, REGISTERS, addressOf } from '../../hw/soc/memory-map.ts';

/** `scratchpadRows` → `SCRATCHPAD_ROWS` and `scratchpad_rows`. */
export const upperSnake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z])([A-Z][a-z])/g, '$1_$2').toUpperCase();
const lowerSnake = (name: string): string => upperSnake(name).toLowerCase();
const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}u`;

/** The header's text. With a chip, its sizes too: for programs that are made for that chip alone. */
export function cHeader(config?: ChipConfig): string {
  const sections = [
    ['/* Systole: tensor instructions and memory map for C. Generated from hw/isa/tensor.ts and hw/soc/memory-map.ts; do not edit. */',
      '#ifndef SYSTOLE_H', '#define SYSTOLE_H', '', '#include <stdint.h>'],
    memoryMap(),
    indices('Facts of the chip, for tn_info', 'TN_INFO', TENSOR_INFO),
    indices('Performance counters, for tn_count', 'TN_COUNT', TENSOR_COUNTERS),
    indices('What is kept between instructions, for tn_state', 'TN_STATE', TENSOR_STATE),
    ['/* Optional instructions: bits of fact TN_INFO_FEATURES. */',
      ...TENSOR_FEATURES.map((name, bit) => `#define TN_FEATURE_${upperSnake(name)} ${2 ** bit}u`)],
    ['/* Version of the instruction set that this header describes. */', `#define TN_VERSION ${hex(TENSOR_VERSION)}`],
    ...(config === undefined ? [] : [chip(config)]),
    REFUSAL,
    channelRecord(),
    ...Object.entries(TENSOR).map(([name, instruction]) => intrinsic(name, instruction)),
    status(),
    context(),
    ['#endif'],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function memoryMap(): string[] {
  return [
    '/* Memory map. */',
    `#define SYSTOLE_RAM_BASE ${hex(RAM_BASE)}`,
    ...Object.values(REGIONS).map(({ name, base, summary }) => `#define SYSTOLE_${upperSnake(name)}_BASE ${hex(base)} /* ${summary} */`),
    ...Object.values(REGISTERS).map(({ name, summary }) => `#define SYSTOLE_${upperSnake(name)} ${hex(addressOf(name))} /* ${summary} */`),
    '#define SYSTOLE_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))',
  ];
}

function indices(title: string, prefix: string, table: readonly { readonly name: string; readonly summary: string }[]): string[] {
  const lines = table.map(({ name, summary }, index) => `#define ${prefix}_${upperSnake(name)} ${index}u /* ${summary} */`);
  return [`/* ${title}. */`, ...lines];
}

function chip({ name, tensor }: ChipConfig): string[] {
  const sizes = ['rows', 'columns', 'scratchpadRows', 'accumulatorRows', 'channels', 'busBytes', 'vectorLanes', 'queueDepth'] as const;
  return [
    `/* The chip "${name}". A program that asks tn_info instead runs on others too. */`,
    ...sizes.map((size) => `#define SYSTOLE_CHIP_${upperSnake(size)} ${tensor[size]}u`),
  ];
}

/**
 * Operands that do not fit their field are never cut. What the compiler knows is refused by it; the rest is turned into a command that
 * the unit refuses and counts in its status.
 */
const REFUSAL = [
  '/* An operand out of range: a constant is refused by the compiler, anything else by the unit, which counts it in its status. */',
  '#if defined(__OPTIMIZE__) && defined(__has_attribute)',
  '#if __has_attribute(error)',
  '#define TN_REFUSE(name, message, value, test) \\',
  '  do { \\',
  '    extern void name(void) __attribute__((error(message))); \\',
  '    if (__builtin_constant_p(value) && (test)) name(); \\',
  '  } while (0)',
  '#endif',
  '#endif',
  '#ifndef TN_REFUSE',
  '#define TN_REFUSE(name, message, value, test) do { } while (0)',
  '#endif',
  '#define TN_INLINE static inline __attribute__((always_inline))',
];

interface Range {
  readonly least: number;
  readonly most: number;
}

/** A statement that lets the compiler refuse a constant whose `value` is out of range; none where every one is in range. */
function compileTimeCheck(of: string, parameter: string, range: Range, isSigned: boolean, value = parameter): string[] {
  const test = beyond(value, range, isSigned);
  if (test === undefined) return [];
  return [`  TN_REFUSE(tn_refuse_${of}_${parameter}, "tn_${of}: ${parameter} must be ${range.least}..${range.most}", ${parameter}, ${test});`];
}

/** A condition for `parameter`, an int32_t or uint32_t, to be out of range; undefined: it cannot be. */
function beyond(parameter: string, { least, most }: Range, isSigned: boolean): string | undefined {
  const [lowest, highest] = isSigned ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  const suffix = isSigned ? '' : 'u';
  const tests = [...(least > lowest ? [`${parameter} < ${least}${suffix}`] : []), ...(most < highest ? [`${parameter} > ${most}${suffix}`] : [])];
  return tests.length === 0 ? undefined : tests.join(' || ');
}

function channelRecord(): string[] {
  const fields = Object.entries(CHANNEL_RECORD).map(([name, field]) => ({ ...field, name: lowerSnake(name) }));
  const words = CHANNEL_RECORD_BYTES / 4;
  const parameters = fields.map(({ name, signed }) => `${signed ? 'int32_t' : 'uint32_t'} ${name}`).join(', ');
  const expression = (word: number): string => {
    const parts = fields.filter((field) => field.word === word).map(({ name, lo, width }) => packed(name, lo, width));
    return parts.length === 0 ? '0' : parts.join(' | ');
  };
  const flagged = Object.values(CHANNEL_RECORD).flatMap((field) => ('flag' in field ? [field.flag] : []));
  // What a flag may be added to is checked without it.
  const checked = fields.map((field) => ({ ...field, value: 'flag' in field ? `(${field.name} & ~TN_DOUBLE_ROUNDING)` : field.name }));
  const tests = checked.flatMap(({ value, signed, ...range }) => beyond(value, range, signed) ?? []);
  return [
    `/* Added to the shift of a channel record: double rounding, by units with TN_FEATURE_${upperSnake('doubleRounding')}. */`,
    ...flagged.map((flag) => `#define TN_DOUBLE_ROUNDING ${flag}u`),
    '',
    '/* A channel record of tn_ldp and tn_rq. */',
    `typedef struct { uint32_t word[${words}]; } tn_channel_t;`,
    '',
    `TN_INLINE tn_channel_t tn_channel(${parameters})`,
    '{',
    '  tn_channel_t record;',
    ...checked.flatMap(({ name, value, signed, ...range }) => compileTimeCheck('channel', name, range, signed, value)),
    ...Array.from({ length: words }, (_, word) => `  record.word[${word}] = ${expression(word)};`),
    '  /* A record with shift 0 is one that the unit refuses. */',
    `  if (${tests.join(' || ')}) record.word[${CHANNEL_RECORD.shift.word}] = 0;`,
    '  return record;',
    '}',
  ];
}

function packed(value: string, lo: number, width: number): string {
  const masked = width === 32 ? `(uint32_t)${value}` : `((uint32_t)${value} & ${hex(2 ** width - 1)})`;
  return lo === 0 ? masked : `${masked} << ${lo}`;
}

/** An address is given as a pointer. */
const isAddress = ({ name }: OperandField): boolean => name === 'address';
const typeOf = (field: OperandField): string => (isAddress(field) ? 'const volatile void *' : field.signed ? 'int32_t ' : 'uint32_t ');
const parameter = (field: OperandField): string => `${typeOf(field)}${lowerSnake(field.name)}`;
const rangeOf = (field: OperandField): Range => ({ ...rangeOfField(field), ...(field.least === undefined ? {} : { least: field.least }) });
const operandWord = (fields: readonly OperandField[]): string =>
  fields.map((field) => {
    const name = lowerSnake(field.name);
    if (isAddress(field)) return `(uint32_t)(uintptr_t)${name}`;
    if (field.signed) return packed(name, field.lo, field.width);
    return field.lo === 0 ? name : `${name} << ${field.lo}`;
  }).join(' | ');

function intrinsic(name: string, { mnemonic, summary, match, writesRd, waits, rs1, rs2, semantics }: ExtensionInstruction): string[] {
  const operands = [{ register: 'rs1', fields: rs1 }, { register: 'rs2', fields: rs2 }].filter(({ fields }) => fields.length > 0);
  const all = [...rs1, ...rs2];
  const parameters = all.map(parameter).join(', ') || 'void';
  const [opcode, funct3, funct7] = [match & 0x7f, (match >>> 12) & 7, match >>> 25];
  const first = writesRd ? 1 : 0;
  const registers = [writesRd ? '%0' : 'x0', rs1.length > 0 ? `%${first}` : 'x0', rs2.length > 0 ? `%${first + 1}` : 'x0'].join(', ');
  // Where a core goes on while the unit works, only the use of a result waits for it.
  const use = waits ? String.raw`\n\tmv %0, %0` : '';
  const insn = `".insn r 0x${opcode.toString(16)}, ${funct3}, ${funct7}, ${registers}${use}"`;
  const inputs = operands.map(({ register }) => `"r"(${register})`).join(', ');
  return [
    `/* ${mnemonic}: ${summary}`,
    ...semantics.map((line) => ` *   ${line}`),
    ' */',
    `TN_INLINE ${writesRd ? 'uint32_t' : 'void'} tn_${lowerSnake(name)}(${parameters})`,
    '{',
    ...all.filter((field) => !isAddress(field)).flatMap((field) =>
      compileTimeCheck(lowerSnake(name), lowerSnake(field.name), rangeOf(field), field.signed ?? false)),
    ...operands.map(({ register, fields }) => `  uint32_t ${register} = ${operandWord(fields)};`),
    ...refusal(mnemonic, operands),
    ...(writesRd ? ['  uint32_t rd;'] : []),
    `  __asm__ volatile(${insn} : ${writesRd ? '"=r"(rd)' : ''} : ${inputs} : "memory");`,
    ...(writesRd ? ['  return rd;'] : []),
    '}',
  ];
}

/** Where a value does not fit its field, the operand becomes 0 in which that would be a number of no things. */
function refusal(mnemonic: string, operands: readonly { readonly register: string; readonly fields: readonly OperandField[] }[]): string[] {
  const narrow = operands.flatMap(({ fields }) => fields.filter(({ width }) => width < 32));
  if (narrow.length === 0) return [];
  const refused = operands.find(({ fields }) => fields.some(({ least = 0 }) => least > 0));
  if (refused === undefined) throw new Error(`${mnemonic}: has no operand by which a value that does not fit could be refused`);
  const beyondField = ({ name, width, signed }: OperandField): string =>
    (signed ? `((uint32_t)${lowerSnake(name)} + ${2 ** (width - 1)}u) >> ${width}` : `${lowerSnake(name)} >> ${width}`);
  const cut = narrow.map(beyondField).join(' | ');
  return [`  if ((${cut}) != 0) ${refused.register} = 0;`];
}

function status(): string[] {
  const fields = Object.entries(TENSOR_STATUS);
  const names = fields.map(([name], bit) => `#define TN_${upperSnake(name)} ${2 ** bit}u`);
  const grown = fields.map(([, { lo, width }], bit) => `((changed & ${hex((2 ** width - 1) * 2 ** lo)}) != 0 ? ${2 ** bit}u : 0)`);
  return [
    '/* What has gone wrong from one status to a later one, both of tn_fence: a status that did not wait lacks what is still under way. */',
    ...fields.map(([, { summary }], bit) => `${names[bit]} /* ${summary} */`),
    'TN_INLINE uint32_t tn_errors(uint32_t before, uint32_t after)',
    '{',
    '  uint32_t changed = before ^ after;',
    `  return ${grown.join(' | ')};`,
    '}',
    '',
    '/* The status now, without waiting. */',
    'TN_INLINE uint32_t tn_status(void)',
    '{',
    '  return tn_state(TN_STATE_STATUS);',
    '}',
  ];
}

function context(): string[] {
  const { rs1, rs2 } = TENSOR.win;
  const winFields = [...rs1.map((field) => unpacked('image', field)), ...rs2.map((field) => unpacked('window', field))].join(', ');
  return [
    '/* What an interrupt handler that gives commands, or a switch of tasks, saves and restores beside the registers: pending prefixes. */',
    'typedef struct { uint32_t arg_stride, arg_row_bytes, arg_group_rows, win_image, win_window; } tn_context_t;',
    '',
    'TN_INLINE tn_context_t tn_save(void)',
    '{',
    '  tn_context_t context = {',
    '    tn_state(TN_STATE_ARG_STRIDE), tn_state(TN_STATE_ARG_ROW_BYTES), tn_state(TN_STATE_ARG_GROUP_ROWS), tn_state(TN_STATE_WIN_IMAGE),',
    '    tn_state(TN_STATE_WIN_WINDOW),',
    '  };',
    '  return context;',
    '}',
    '',
    'TN_INLINE void tn_restore(tn_context_t context)',
    '{',
    '  uint32_t pending = context.arg_row_bytes, image = context.win_image, window = context.win_window;',
    `  if ((pending >> ${ARG_PENDING_BIT} & 1) != 0) tn_arg(context.arg_stride, ${unpacked('pending', TENSOR.arg.rs2[0])}, context.arg_group_rows);`,
    `  if ((pending >> ${WIN_PENDING_BIT} & 1) != 0) tn_win(${winFields});`,
    '}',
  ];
}

/** A field of an operand word. */
function unpacked(word: string, { lo, width, signed }: OperandField): string {
  if (signed) return `(int32_t)(${word} << ${32 - lo - width}) >> ${32 - width}`;
  return `${word} >> ${lo} & ${2 ** width - 1}u`;
}
