import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../gen/user-error.ts';
import { smallCore } from '../../hw/core/config.ts';
import { parseConfig } from '../../hw/soc/config.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { RAM_BASE, addressOf } from '../../hw/soc/memory-map.ts';
import { parseElf } from '../../sim/elf.ts';
import { RAM_PATH } from '../../sim/board.ts';
import { checkProgram } from '../../sim/load-program.ts';
import { GoldenModel } from '../../sim/model/golden-model.ts';
import { createBoard, exitOf, loadBoard, modelOptions, runElf } from '../../sim/run-elf.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { missingTools } from '../../sim/verilator/index.ts';
import { checkCoreProgram } from '../../sim/run-core.ts';
import { loaderBytes } from '../../fpga/boot-rom.ts';
import { assemble } from '../../sw/assembler/index.ts';
import type { ElfInput, ElfSegmentInput } from '../../sw/elf-writer.ts';
import { boardMachine } from '../../sw/runtime/board-machine.ts';
import { goldenMachine } from '../../sw/runtime/golden-machine.ts';
import { editedElf, withManySegments } from '../support/elf-edit.ts';
import type { ElfEdits } from '../support/elf-edit.ts';

const RAM_BYTES = 64 * 1024;
const RAM_END = RAM_BASE + RAM_BYTES;
const TOHOST = 0x8000_1000;
const DATA = 0x8000_2000;

const config: ChipConfig = parseConfig(`[chip]
name = "test"
[bus]
bytes = 8
[core]
preset = "small"
[soc]
instructionCache = "256 B"
[tensor]
rows = 4
columns = 4
scratchpad = "1 KiB"
accumulators = "1 KiB"
channels = 16
vectorLanes = 4
[simulation]
ram = "64 KiB"
latency = 2
`, 'test.toml');

/** Instructions from the start of RAM. */
function code(body: string): Uint8Array {
  return assemble(body, { base: RAM_BASE }).sections[0]!.bytes;
}

/** Writes the sum of the words at these addresses plus 100, as an exit value, to tohost. */
const sumOf = (...addresses: readonly number[]): Uint8Array => code(`
  li a0, 100
  ${addresses.map((a) => `li t0, ${a}\nlw t1, 0(t0)\nadd a0, a0, t1`).join('\n')}
  slli a0, a0, 1
  ori a0, a0, 1
  li t0, ${TOHOST}
  sw a0, 0(t0)
  end: j end`);

const text = (bytes: Uint8Array): ElfSegmentInput => ({ name: '.text', address: RAM_BASE, bytes, executable: true });
const tohost = { name: '.tohost', address: TOHOST, bytes: new Uint8Array(8), writable: true } as const;
const data = (address: number, content: readonly number[], memSize = content.length): ElfSegmentInput =>
  ({ name: `.data${address}`, address, bytes: Uint8Array.from(content), memSize, writable: true });

const program = (segments: readonly ElfSegmentInput[], more: Partial<ElfInput> = {}): ElfInput =>
  ({ entry: RAM_BASE, segments, symbols: [{ name: 'tohost', value: TOHOST }], arch: 'rv32i2p1_zicsr2p0', ...more });
const withoutArch = ({ arch: _arch, ...rest }: ElfInput): ElfInput => rest;
const at = (value: number): Partial<ElfInput> => ({ symbols: [{ name: 'tohost', value }] });

const PLAIN = program([text(sumOf()), tohost, data(DATA, [1, 0, 0, 0])]);
const RAM = 'RAM 0x80000000…0x80010000';

/** What is refused, before anything is built, and in which words. */
const REFUSED: readonly (readonly [string, ElfInput, ElfEdits, string])[] = [
  ['a segment below RAM', PLAIN, { segments: { 2: { address: 0x1000 } } },
    `segment 0x1000…0x1004 is outside ${RAM}; mend the linker script or enlarge simulation.ram`],
  ['a segment beyond RAM', PLAIN, { segments: { 2: { address: RAM_END } } },
    `segment 0x80010000…0x80010004 is outside ${RAM}; mend the linker script or enlarge simulation.ram`],
  ['zeros that leave RAM', PLAIN, { segments: { 2: { memSize: RAM_BYTES } } },
    `segment 0x80002000…0x80012000 is outside ${RAM}; mend the linker script or enlarge simulation.ram`],
  ['segments that overlap', PLAIN, { segments: { 2: { address: TOHOST + 4 } } },
    'segment 0x80001004…0x80001008 overlaps segment 0x80001000…0x80001008; give each its own place in the linker script'],
  ['zeros over a later segment', PLAIN, { segments: { 1: { memSize: 0x1004 } } },
    'segment 0x80002000…0x80002004 overlaps segment 0x80001000…0x80002004; give each its own place in the linker script'],
  ['the same segment twice', PLAIN, { segments: { 2: { address: TOHOST } } },
    'segment 0x80001000…0x80001004 overlaps segment 0x80001000…0x80001008; give each its own place in the linker script'],
  ['an entry within the code', PLAIN, { entry: RAM_BASE + 4 },
    'entry 0x80000004 is not the start of RAM 0x80000000, where the core begins; put the first instruction there in the linker script and name it in ENTRY'],
  ['an odd entry', PLAIN, { entry: RAM_BASE + 1 },
    'entry 0x80000001 is not the start of RAM 0x80000000, where the core begins; put the first instruction there in the linker script and name it in ENTRY'],
  ['tohost at an odd half-word', program(PLAIN.segments, at(TOHOST + 2)), {}, 'tohost at 0x80001002 is not at a multiple of 4; align it (.align 2)'],
  ['tohost at address 0', program(PLAIN.segments, at(0)), {}, `tohost at 0x0 is outside ${RAM}; mend the linker script or enlarge simulation.ram`],
  ['tohost in a device', program(PLAIN.segments, at(addressOf('uartData'))), {},
    `tohost at 0x10000000 is outside ${RAM}; mend the linker script or enlarge simulation.ram`],
  ['tohost across the end of RAM', program(PLAIN.segments, at(RAM_END - 2)), {},
    `tohost at 0x8000fffe is outside ${RAM}; mend the linker script or enlarge simulation.ram`],
  ['multiplication on a core without', program(PLAIN.segments, { arch: 'rv32i2p1_m2p0_zicsr2p0_zmmul1p0' }), {},
    'needs M, Zmmul, which chip test lacks (it was built for rv32i2p1_m2p0_zicsr2p0_zmmul1p0); build it with -march=rv32i_zicsr_zifencei or set core.m = true in test.toml'],
  ['extensions that no core has', program(PLAIN.segments, { arch: 'rv32imafdc_zba' }), {},
    'needs M, A, F, D, C, Zba, which chip test lacks (it was built for rv32imafdc_zba); build it with -march=rv32i_zicsr_zifencei'],
  ['16-bit instructions by the header alone', PLAIN, { flags: 1, isStripped: true },
    'needs C, which chip test lacks (it has 16-bit instructions); build it with -march=rv32i_zicsr_zifencei or set core.c = true in test.toml'],
  ['another width', program(PLAIN.segments, { arch: 'rv64imac' }), {},
    'it was built for rv64imac, which is no RV32 instruction set; build it with -march=rv32i_zicsr_zifencei -mabi=ilp32'],
];

/** What runs, the same on every engine, and its exit value. */
const RUN: readonly (readonly [string, ElfInput, ElfEdits, number | undefined])[] = [
  ['a plain program', program([text(sumOf(DATA)), tohost, data(DATA, [7, 0, 0, 0])]), {}, 107],
  ['zeros after a segment\'s bytes', program([text(sumOf(DATA, DATA + 4, DATA + 96)), tohost, data(DATA, [7, 0, 0, 0], 100)]), {}, 107],
  ['segments in any order', program([text(sumOf(DATA, DATA + 256)), tohost, data(DATA, [1, 0, 0, 0]), data(DATA + 256, [2, 0, 0, 0])]), { order: [3, 0, 2, 1] }, 103],
  ['segments that touch', program([text(sumOf(DATA, DATA + 4)), tohost, data(DATA, [1, 0, 0, 0]), data(DATA + 4, [2, 0, 0, 0])]), {}, 103],
  ['segments of odd bytes at odd addresses', program([text(sumOf(DATA, DATA + 4)), tohost, data(DATA + 1, [1, 0, 0, 2, 0], 7)]), {}, 100 + 256 + 2],
  ['a segment that ends with RAM', program([text(sumOf(RAM_END - 4)), tohost, data(RAM_END - 4, [5, 0, 0, 0])]), {}, 105],
  ['empty segments anywhere', program([text(sumOf()), tohost, data(DATA, [1])]), { segments: { 2: { address: 0x10, fileBytes: 0, memSize: 0 } } }, 100],
  ['load addresses unlike virtual ones', program([text(sumOf(DATA)), tohost, data(DATA, [9, 0, 0, 0])]), { segments: { 2: { virtual: 0x4000_0000 } } }, 109],
  ['tohost among zeros', program([text(sumOf(DATA)), data(TOHOST - 16, [1], 64), data(DATA, [3, 0, 0, 0])]), {}, 103],
  ['tohost outside of all segments', program([text(sumOf(DATA)), data(DATA, [4, 0, 0, 0])]), {}, 104],
  ['a value that was there before', program([text(sumOf()), { ...tohost, bytes: Uint8Array.of(5, 0, 0, 0) }]), {}, 100],
  ['bytes, half-words and even values in tohost, which end nothing', program([text(code(`
    li t0, ${TOHOST}
    li a0, 1
    sb a0, 0(t0)
    sh a0, 0(t0)
    sb a0, 3(t0)
    sw zero, 0(t0)
    li a0, 6
    sw a0, 0(t0)
    sw a0, 4(t0)
    sw a0, -4(t0)
    li a0, 15
    sw a0, 0(t0)
    end: j end`)), tohost]), {}, 7],
  ['no tohost', program([text(sumOf()), tohost], { symbols: [] }), {}, undefined],
  ['no sections at all', program([text(sumOf()), tohost]), { isStripped: true }, undefined],
  ['half of the registers', program([text(sumOf()), tohost], { arch: 'rv32e1p9' }), {}, 100],
  ['no attributes', program([text(sumOf()), tohost], { arch: '' }), {}, 100],
  ['no attributes at all', withoutArch(program([text(sumOf()), tohost])), {}, 100],
];

const MOST_CYCLES = 5000;
const fileOf = (input: ElfInput, edits: ElfEdits): Uint8Array => editedElf(input, edits);

interface Outcome {
  readonly stopped: string;
  readonly exit: number | undefined;
  readonly ram: Uint8Array;
}

function onBoard(board: Simulator, bytes: Uint8Array): Outcome {
  loadBoard(board, parseElf(bytes, 'odd.elf'));
  const { stopped } = board.runUntil('halted', MOST_CYCLES);
  const hasExit = stopped && board.peek('stop') === 1n;
  return {
    stopped: hasExit ? 'tohost' : stopped ? 'stuck' : 'limit', exit: hasExit ? exitOf(Number(board.peek('exitValue'))) : undefined,
    ram: board.memory(RAM_PATH).read(0, RAM_BYTES),
  };
}

function onModel(bytes: Uint8Array): Outcome {
  const model = new GoldenModel(modelOptions(config));
  model.load(parseElf(bytes, 'odd.elf'));
  const { stopped, exit } = model.run(MOST_CYCLES);
  return { stopped, exit, ram: model.read(RAM_BASE, RAM_BYTES) };
}

/** Building for Verilator takes a minute: in the long run only. */
const BOARDS = process.env.SYSTOLE_LOADER_VERILATOR !== undefined && missingTools() === undefined ? ['wasm', 'verilator'] as const : ['wasm'] as const;

describe('a program that breaks a rule', () => {
  it.each(REFUSED)('is refused in one line: %s', async (_, input, edits, message) => {
    const error = new UserError(`odd.elf: ${message}`);
    const bytes = fileOf(input, edits);
    for (const engine of ['wasm', 'verilator', 'model'] as const) await expect(runElf({ config, elf: parseElf(bytes, 'odd.elf'), engine })).rejects.toThrow(error);
  });

  it('is refused by the bench of a core and by the loader of a board too', () => {
    const overlapping = parseElf(fileOf(PLAIN, { segments: { 2: { address: TOHOST } } }), 'odd.elf');
    expect(() => checkCoreProgram(overlapping, 'small', smallCore)).toThrow('odd.elf: segment 0x80001000…0x80001004 overlaps');
    expect(() => loaderBytes(overlapping, config, RAM_BYTES)).toThrow('odd.elf: segment 0x80001000…0x80001004 overlaps');
    const compressed = parseElf(fileOf({ ...PLAIN, arch: 'rv32ic' }, {}), 'odd.elf');
    expect(() => checkCoreProgram(compressed, 'small', smallCore)).toThrow(
      new UserError('odd.elf: needs C, which core small lacks (it was built for rv32ic); build it with -march=rv32i_zicsr_zifencei'));
    expect(() => loaderBytes(compressed, config, RAM_BYTES)).toThrow('odd.elf: needs C, which chip test lacks');
    const mark = parseElf(fileOf({ ...PLAIN, symbols: [...PLAIN.symbols, { name: 'mark', value: 0x8000_0001 }] }, {}), 'odd.elf');
    expect(() => checkCoreProgram(mark, 'small', smallCore)).toThrow('odd.elf: mark at 0x80000001 is not at a multiple of 4');
  });

  it('is refused at once, however many segments it has', () => {
    const start = performance.now();
    const many = parseElf(withManySegments(PLAIN, 65_000, () => RAM_BASE + 0x4000, 0x4000), 'odd.elf');
    expect(() => checkProgram(many, config)).toThrow('odd.elf: segment 0x80004000…0x80008000 overlaps segment 0x80004000…0x80008000');
    expect(() => parseElf(withManySegments(PLAIN, 0xffff - 3, () => RAM_BASE, 4), 'odd.elf')).toThrow(
      new UserError('odd.elf: has 65535 program headers or more; link it with fewer segments'));
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe.each(BOARDS)('a program that is odd but right, on %s', (engine) => {
  let board: Simulator;
  beforeAll(async () => {
    board = await createBoard(engine, { config });
  }, 240_000);
  afterAll(() => board?.close());

  it.each(RUN)('runs as on the model: %s', (_, input, edits, exit) => {
    const bytes = fileOf(input, edits);
    checkProgram(parseElf(bytes, 'odd.elf'), config);
    const [simulated, model] = [onBoard(board, bytes), onModel(bytes)];
    expect(simulated).toMatchObject({ exit, stopped: exit === undefined ? 'limit' : 'tohost' });
    expect(model).toMatchObject({ exit, stopped: simulated.stopped });
    expect(Buffer.compare(simulated.ram, model.ram)).toBe(0);
  });

  it('may have thousands of segments', () => {
    const start = performance.now();
    const many = withManySegments(program([text(sumOf(RAM_BASE + 0x8000)), tohost]), 7000, (i) => RAM_BASE + 0x8000 + 4 * i, 4);
    expect([onBoard(board, many).exit, onModel(many).exit]).toEqual([100, 100]);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe('memory that an earlier program has used', () => {
  const fills = fileOf(program([text(code(`
    li t0, ${DATA}
    li t1, ${RAM_END}
    li a0, -1
    again: sw a0, 0(t0)
    addi t0, t0, 4
    bne t0, t1, again
    li a0, 1
    li t0, ${TOHOST}
    sw a0, 0(t0)
    end: j end`)), tohost]), {});
  // Zeros of a segment, and words that no segment covers.
  const reads = fileOf(program([text(sumOf(DATA, DATA + 32, DATA + 4096, RAM_END - 4)), tohost, data(DATA, [], 64)]), {});

  it('is zero again for the next one', async () => {
    const machines = [await boardMachine(config, 'wasm'), goldenMachine({ isa: config.core.isa, ramBytes: RAM_BYTES, tensor: config.tensor })];
    for (const machine of machines) {
      const exits: unknown[] = [];
      for (const elf of [fills, reads]) {
        await machine.loadElf(elf, 'one.elf');
        exits.push((await machine.run({ maxCycles: 500_000 })).exit);
      }
      expect(exits, machine.engine).toEqual([0, 100]);
      machine.close?.();
    }
  });
});
