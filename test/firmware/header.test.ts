/** Operands of the C header that do not fit: constants are refused by the compiler, all others by the unit, for every field. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OWN_CODE, compileProgram } from '../../firmware/compiler.ts';
import type { OperandField } from '../../hw/isa/instruction.ts';
import { TENSOR_FEATURES } from '../../hw/isa/tensor-rows.ts';
import type { TensorFeature, TensorInstruction } from '../../hw/isa/tensor-rows.ts';
import { CHANNEL_RECORD, TENSOR } from '../../hw/isa/tensor.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import { parseElf } from '../../sim/elf.ts';
import { runElf } from '../../sim/run-elf.ts';
import { cHeader } from '../../sw/firmware/c-header.ts';

const folder = mkdtempSync(join(tmpdir(), 'systole-header-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const COMPILER = 'riscv64-unknown-elf-gcc';
const hasCompiler = spawnSync(COMPILER, ['--version']).status === 0;

const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z])([A-Z][a-z])/g, '$1_$2').toLowerCase();

interface Parameter {
  readonly name: string;
  /** A value that is legal on every chip. */
  readonly good: string;
  readonly least: number;
  readonly most: number;
  readonly isSigned: boolean;
}

const ofField = ({ name, width, signed, least = signed ? -(2 ** (width - 1)) : 0 }: OperandField): Parameter => ({
  name: snake(name), good: name === 'address' ? 'memory' : name === 'stride' ? '8' : name === 'rowBytes' ? '4' : String(least),
  least, most: signed ? 2 ** (width - 1) - 1 : 2 ** width - 1, isSigned: signed ?? false,
});
/** Intrinsics with operands, and `tn_channel`, with their parameters. */
const CALLS: readonly (readonly [string, readonly Parameter[]])[] = [
  ...Object.entries(TENSOR).map(([op, { rs1, rs2 }]): [string, Parameter[]] => [`tn_${op}`, [...rs1, ...rs2].map(ofField)]),
  ['tn_channel', Object.entries(CHANNEL_RECORD).map(([name, { least, most, signed }]) =>
    ({ name: snake(name), good: String(Math.max(least, 1)), least, most, isSigned: signed }))],
];

/** What a unit must have for it. */
const FEATURE_OF: ReadonlyMap<string, TensorFeature | undefined> = new Map(Object.entries<TensorInstruction>(TENSOR).map(([op, row]) =>
  [`tn_${op}`, row.kind === 'question' ? undefined : row.feature]));

/** Every parameter that has a value out of range, with such values and those at the ends of its range. */
const EDGES = CALLS.flatMap(([call, parameters]) => parameters.flatMap((parameter, index) => {
  const { least, most, isSigned } = parameter;
  const [lowest, highest] = isSigned ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  const bad = [least - 1, lowest, most + 1, highest, ...(most < 2 ** 30 ? [2 * (most + 1) + least] : [])]
    .filter((value) => (value < least || value > most) && value >= lowest && value <= highest);
  const called = (value: string): string => `${call}(${parameters.map(({ good }, i) => (i === index ? value : good)).join(', ')})`;
  return parameter.good === 'memory' || bad.length === 0 ? [] : [{ call, ...parameter, bad: [...new Set(bad)], called }];
}));
const literal = (value: number): string => (value === -(2 ** 31) ? '(-2147483647 - 1)' : value > 2 ** 31 - 1 ? `${value}u` : String(value));

function compile(text: string, flags: readonly string[]): string {
  const file = join(folder, 'program.c');
  writeFileSync(file, text);
  writeFileSync(join(folder, 'systole.h'), cHeader());
  const all = ['-march=rv32im_zicsr', '-mabi=ilp32', '-ffreestanding', '-Wall', '-Wextra', '-Werror', ...flags];
  const { status, stderr } = spawnSync(COMPILER, [...all, `-I${folder}`, '-S', '-o', '/dev/null', file], { encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

const BEGIN = '#include <systole.h>\nchar memory[64];\n';

describe.runIf(hasCompiler)('the C header', () => {
  it('lets the compiler refuse every constant operand that does not fit, and says the range', () => {
    const functions = EDGES.flatMap(({ called, bad }, i) => bad.map((value, k) => `void f${i}_${k}(void) { ${called(literal(value))}; }`));
    const errors = compile(BEGIN + functions.join('\n'), ['-O2']);
    // "inlined from 'f3_1' at …" and then the error, whose function is named by what it refuses.
    const found = [...errors.matchAll(/(?:inlined from|In function) .(f\d+_\d+)[^]*?declared with attribute error: (.*)/g)];
    const refused = new Map(found.map(([, at, message]) => [at, message]));
    for (const [i, { call, name, least, most, bad }] of EDGES.entries()) {
      for (const k of bad.keys()) {
        expect(refused.get(`f${i}_${k}`), `${call}: ${name} = ${bad[k]}`).toBe(`${call}: ${name} must be ${least}..${most}`);
      }
    }
    expect(EDGES.length).toBe(71);
  });

  it.each(['-O0', '-Os', '-O2'])('takes what fits, at both ends of the range, with %s', (flag) => {
    const functions = EDGES.flatMap(({ called, least, most }, i) =>
      [least, most].map((value, k) => `void f${i}_${k}(void) { ${called(literal(value))}; }`));
    expect(compile(BEGIN + functions.join('\n'), [flag])).toBe('');
  });

  /** Gives every bad value at run time; ends with the number of the first that is not counted once as refused. */
  const program = `${BEGIN}#include "uart.h"
    static volatile uint32_t given;
    static tn_channel_t record;
    static int isCounted(uint32_t before) { return tn_fence() - before == 1; }
    int main(void) {
      ${EDGES.flatMap(({ call, isSigned, called, name, bad }) => bad.map((value) => {
        const used = called(isSigned ? '(int32_t)given' : 'given');
        const action = call === 'tn_channel' ? `record = ${used}; tn_ldp(&record, 0, 1);` : call === 'tn_arg' ? `${used}; tn_ld(memory, 0, 1);`
          : call === 'tn_win' ? `${used}; tn_mm(0, 0, 0, 1, 0, 0);` : `${used};`;
        const feature = FEATURE_OF.get(call);
        const tried = feature === undefined ? action
          : `if (tn_info(TN_INFO_FEATURES) & ${2 ** TENSOR_FEATURES.indexOf(feature)}) { ${action} } else tn_ld(memory, 65535, 2);`;
        return `{ uint32_t before = tn_status(); given = (uint32_t)${literal(value)}; ${tried}
        if (!isCounted(before)) { uart_puts("${call}: ${name} = ${value}"); return 1; } }`;
      })).join('\n')}
      return 0;
    }`;

  it.each([['model', 'base', '-O2'], ['model', 'nano', '-O0'], ['wasm', 'edge', '-O2'], ['wasm', 'nano', '-Os']] as const)(
    'lets the unit refuse and count every other one: %s of %s, %s', async (engine, preset, flag) => {
      const source = join(folder, `bad${flag}.c`);
      const out = join(folder, `bad${flag}.elf`);
      writeFileSync(source, program);
      compileProgram({ name: 'bad', sources: [source], march: 'rv32im_zicsr', flags: [...OWN_CODE, flag], out });
      const { core, ...config } = loadConfig(preset);
      let said = '';
      const run = await runElf({
        config: { ...config, core: { ...core, isa: { ...core.isa, m: true } } }, elf: parseElf(readFileSync(out), out), engine,
        maxCycles: 2_000_000, onUart: (bytes) => { said += Buffer.from(bytes).toString(); },
      });
      expect(said).toBe('');
      expect(run.exit).toBe(0);
    });
});
