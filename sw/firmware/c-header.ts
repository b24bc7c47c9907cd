// The C header `systole.h`: intrinsics of the tensor instructions, operand packing, indices, memory map. All from the tables.
// Must not know: compilers, files, the firmware library.
import type { ExtensionInstruction, OperandField } from '../../hw/isa/instruction.ts';
import { CHANNEL_RECORD, CHANNEL_RECORD_BYTES, TENSOR, TENSOR_COUNTERS, TENSOR_INFO, TENSOR_VERSION } from '../../hw/isa/tensor.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { RAM_BASE, REGIONS, REGISTERS, addressOf } from '../../hw/soc/memory-map.ts';

/** `scratchpadRows` → `SCRATCHPAD_ROWS` and `scratchpad_rows`. */
export const upperSnake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
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
    ['/* Version of the instruction set that this header describes. */', `#define TN_VERSION ${hex(TENSOR_VERSION)}`],
    ...(config === undefined ? [] : [chip(config)]),
    channelRecord(),
    ...Object.entries(TENSOR).map(([name, instruction]) => intrinsic(name, instruction)),
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

function channelRecord(): string[] {
  const fields = Object.entries(CHANNEL_RECORD);
  const words = CHANNEL_RECORD_BYTES / 4;
  const parameters = fields.map(([name, { signed }]) => `${signed ? 'int32_t' : 'uint32_t'} ${lowerSnake(name)}`).join(', ');
  const expression = (word: number): string => {
    const parts = fields.filter(([, field]) => field.word === word).map(([name, { lo, width }]) => packed(lowerSnake(name), lo, width));
    return parts.length === 0 ? '0' : parts.join(' | ');
  };
  return [
    '/* A channel record of tn_ldp and tn_rq. */',
    `typedef struct { uint32_t word[${words}]; } tn_channel_t;`,
    '',
    `static inline tn_channel_t tn_channel(${parameters})`,
    '{',
    '  tn_channel_t record;',
    ...Array.from({ length: words }, (_, word) => `  record.word[${word}] = ${expression(word)};`),
    '  return record;',
    '}',
  ];
}

function packed(value: string, lo: number, width: number): string {
  const masked = width === 32 ? `(uint32_t)(${value})` : `((uint32_t)(${value}) & ${hex(2 ** width - 1)})`;
  return lo === 0 ? masked : `${masked} << ${lo}`;
}

/** An address is given as a pointer. */
const isAddress = ({ name }: OperandField): boolean => name === 'address';
const parameter = (field: OperandField): string => `${isAddress(field) ? 'const volatile void *' : 'uint32_t '}${lowerSnake(field.name)}`;
const operandWord = (fields: readonly OperandField[]): string =>
  fields.map((field) => {
    const name = lowerSnake(field.name);
    return isAddress(field) ? `(uint32_t)(uintptr_t)${name}` : packed(name, field.lo, field.width);
  }).join(' | ');

function intrinsic(name: string, { mnemonic, summary, match, writesRd, rs1, rs2, semantics }: ExtensionInstruction): string[] {
  const operands = [rs1, rs2].filter((fields) => fields.length > 0);
  const parameters = [...rs1, ...rs2].map(parameter).join(', ') || 'void';
  const [opcode, funct3, funct7] = [match & 0x7f, (match >>> 12) & 7, match >>> 25];
  const first = writesRd ? 1 : 0;
  const registers = [writesRd ? '%0' : 'x0', rs1.length > 0 ? `%${first}` : 'x0', rs2.length > 0 ? `%${first + 1}` : 'x0'].join(', ');
  const inputs = operands.map((fields) => `"r"(${operandWord(fields)})`).join(', ');
  const insn = `".insn r 0x${opcode.toString(16)}, ${funct3}, ${funct7}, ${registers}"`;
  return [
    `/* ${mnemonic}: ${summary}`,
    ...semantics.map((line) => ` *   ${line}`),
    ' */',
    `static inline ${writesRd ? 'uint32_t' : 'void'} tn_${lowerSnake(name)}(${parameters})`,
    '{',
    ...(writesRd ? ['  uint32_t rd;'] : []),
    `  __asm__ volatile(${insn} : ${writesRd ? '"=r"(rd)' : ''} : ${inputs} : "memory");`,
    ...(writesRd ? ['  return rd;'] : []),
    '}',
  ];
}
