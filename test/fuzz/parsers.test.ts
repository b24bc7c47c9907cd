/**
 * Damaged inputs for everything that reads what users give: each is taken or refused with one line, in bounded time and memory.
 * `SYSTOLE_FUZZ` says how many for each reader (`npm run test:long`: 100,000), `SYSTOLE_FUZZ_SEED` where their seeds begin; a failure
 * names the seed, and `SYSTOLE_FUZZ=1 SYSTOLE_FUZZ_SEED=<seed>` repeats it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { isMeasurement } from '../../explore/shapes.ts';
import { Store, sealed } from '../../explore/store.ts';
import { parseSweep } from '../../explore/sweep-file.ts';
import { UserError } from '../../gen/user-error.ts';
import { parseConfig } from '../../hw/soc/config.ts';
import { GdbSession } from '../../sim/debug/gdb-session.ts';
import { PacketReader, frame } from '../../sim/debug/gdb-packets.ts';
import { ModelHart } from '../../sim/debug/model-hart.ts';
import { Stops } from '../../sim/debug/stops.ts';
import { parseElf } from '../../sim/elf.ts';
import { modelOptions } from '../../sim/run-elf.ts';
import { assemble } from '../../sw/assembler/index.ts';
import { isFloatTensorType, parseGguf, tensorAsF32, tensorBytes } from '../../sw/formats/gguf.ts';
import { importGguf } from '../../sw/frontends/import-model.ts';
import { COUNTING, COUNTING_DATA, config, elfBytes, program } from '../sim/debug/programs.ts';
import { SAMPLE_BYTES } from '../sw/formats/gguf-samples.ts';
import { mutate } from './mutate.ts';

const RUNS = Number(process.env.SYSTOLE_FUZZ ?? 300);
const FIRST_SEED = Number(process.env.SYSTOLE_FUZZ_SEED ?? 1);
/** For one input; a busy machine and a collection of garbage included. */
const MOST_MILLISECONDS = 4000;
/** For all inputs of a reader together, above what the process had before. */
const MOST_BYTES = 768 * 2 ** 20;

const utf8 = new TextDecoder();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const fileBytes = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
const words = (...texts: string[]): Uint8Array[] => texts.map(bytesOf);

interface Reader {
  readonly samples: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
  readonly read: (bytes: Uint8Array) => void;
}

const folder = mkdtempSync(join(tmpdir(), 'systole-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SWEEP = `name = "x"
base = "../base.toml"
[set]
tensor.columns = "rows"
[axes]
tensor.rows = [4, 8]
[report]
score = "1e9 / (cyclesPerImage * cells)"
[plot]
x = "cells"
[[point]]
name = "p"
soc.uartQueue = 2
`;
const FORMULAS = `[chip]
name = "x"
[bus]
bytes = 8
[tensor]
rows = "columns / 2 + bus.bytes / 2"
columns = "2^3 + mod(9, 3)"
scratchpad = "4 KiB + 60 * 1 KiB"
accumulators = "max(64, 4) * 4 * columns * 1 B"
`;
const ASSEMBLY = `.globl _start
_start: la sp, top # comment
1: addi a0, a0, -(1 << 3) + 'x'
  beq a0, zero, 1b ; lui t0, %hi(data)
  lw a1, %lo(data)(t0)
  .option norvc
.data
.align 2
data: .word 1, 2 + 3*4, data - 4
  .byte 1, 0xff
  .string "text\\n"
  .zero 16
.globl top
top: .word 0
`;
const GDB = ['qSupported:xmlRegisters=i386', '?', 'g', 'p20', 'P0=12345678', 'm80000000,40', 'M80000000,2:abcd', 'X80000000,2:}\x03a', 'Z0,80000000,4', 'z2,80000100,4',
  'vCont;c:1', 'qXfer:features:read:target.xml:0,fff', 'qRcmd,72657365', 'G00', 'vCont?', 'Hg0', 's80000004'];

const READERS: Readonly<Record<string, () => Reader>> = {
  'a program (ELF)': () => ({
    samples: [elfBytes(COUNTING, COUNTING_DATA)], words: [],
    read: (bytes) => void parseElf(bytes, 'f').nearestSymbol(0x8000_0010),
  }),
  'a chip (TOML)': () => ({
    samples: [...['configs/base.toml', 'configs/nano.toml'].map(fileBytes), bytesOf(FORMULAS)],
    words: words('"', '[', ']', '{', '=', '"""', '\'\'\'', '"64 Kib"', '"rows * columns"', '[tensor]', '0x7fffffff', '1e400', 'nan', '-inf', '1979-05-27', '#', '.', '\u001b', '(', '^', '!'),
    read: (bytes) => void parseConfig(utf8.decode(bytes), 'f'),
  }),
  'a sweep (TOML)': () => ({
    samples: [bytesOf(SWEEP), fileBytes('configs/sweeps/first.toml')],
    words: words('"', '[', ']', '[[point]]', '[axes]', '[set]', '{', '=', 'tensor.rows', '0', '1e400', '"nano"', '"../edge.toml"', '"/"', '"/dev/zero"', '#', '.'),
    read: (bytes) => void parseSweep(utf8.decode(bytes), 'configs/sweeps/f'),
  }),
  'a model (GGUF)': () => ({
    samples: [SAMPLE_BYTES, fileBytes('models/mnist-fc.gguf').slice(0, 1 << 12)],
    words: words('GGUF', 'general.alignment', 'general.architecture', 'mnist-fc', 'split.count', 'fc1.weight'),
    read: (bytes) => {
      const file = parseGguf(bytes, 'f');
      for (const { name, type } of file.tensors.values()) {
        if (isFloatTensorType(type)) tensorAsF32(file, name);
        else tensorBytes(file, name);
      }
      importGguf(file);
    },
  }),
  assembly: () => ({
    samples: [bytesOf(ASSEMBLY)],
    words: words('(', ')', ',', ':', '%hi(', '.zero 4294967295', '.align 40', '.word', '0x', '"', '\'', '/*', '/', '%', '<<', '~', '1f', '1b', '.section', 'jal', '-2147483649'),
    read: (bytes) => void assemble(utf8.decode(bytes), { file: 'f' }),
  }),
  'a debugger': () => {
    const hart = new ModelHart(program(COUNTING, COUNTING_DATA), modelOptions(config), { maxCycles: 1000 });
    return {
      samples: [bytesOf(GDB.map(frame).join('+'))], words: words('$', '#', '}', ';', ',', ':', 'ffffffff', '*', '\x03', 'vCont', 'qXfer:', 'Z0,', 'm0,ffffffff'),
      read: (bytes) => {
        const session = new GdbSession(new Stops(hart));
        for (const token of new PacketReader().push(bytes)) {
          if (token.kind === 'packet') session.handle(token.data);
        }
        // Damage mostly breaks the checksum: what requests then do is seen only with the right one.
        for (const request of Buffer.from(bytes).toString('latin1').split(/[$#]/)) session.handle(request);
      },
    };
  },
  'a stored result (JSON)': () => {
    const store = new Store(folder, 'points', isMeasurement);
    const path = join(folder, 'points', 'k.json');
    mkdirSync(dirname(path), { recursive: true });
    return {
      samples: [bytesOf(JSON.stringify({ key: 'k', from: { a: [1, 2] }, result: { cycles: 5, text: 'x\u00e9' } }, null, 2))], words: words('{', '[', '"', 'null', '1e999', '\\u0000', ',', '__proto__'),
      read: (bytes) => {
        // Damage breaks the hash: what is behind that is seen only with the right one.
        for (const content of [bytes, sealed(Buffer.from(bytes).toString())]) {
          writeFileSync(path, content);
          store.get('k');
        }
      },
    };
  },
};

describe.each(Object.entries(READERS))('%s', (_, make) => {
  it('that is damaged is taken, or refused in one line, in bounded time and memory', async () => {
    const { samples, words: pieces, read } = make();
    // What is loaded when it is first needed does not count.
    for (const sample of samples) taken(read, sample, 0);
    const before = process.resourceUsage().maxRSS;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      answer(read, mutate(samples[seed % samples.length], seed, pieces), seed);
      // So that the test runner is heard in between.
      if (seed % 1000 === 0) await setImmediate();
    }
    expect(1024 * (process.resourceUsage().maxRSS - before)).toBeLessThan(MOST_BYTES);
  }, 3_600_000);
});

function answer(read: Reader['read'], bytes: Uint8Array, seed: number): void {
  const start = performance.now();
  taken(read, bytes, seed);
  const took = performance.now() - start;
  if (took > MOST_MILLISECONDS) throw new Error(`seed ${seed}: took ${took.toFixed(0)} ms`);
}

/** Reads; an error that is not one line for the user goes on. */
function taken(read: Reader['read'], bytes: Uint8Array, seed: number): void {
  try {
    read(bytes);
  } catch (error) {
    const isOneLine = error instanceof UserError && /^[^\n\p{C}]+[:;] [^\n\p{C}]+$/u.test(error.message);
    if (!isOneLine) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
  }
}
