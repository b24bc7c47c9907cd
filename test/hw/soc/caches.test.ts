/** Chips with both caches: the same results as the golden model, which has none, in fewer cycles than without. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildExamples } from '../../../firmware/programs.ts';
import { elaborate } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { Chip } from '../../../hw/soc/chip.ts';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { parseConfig } from '../../../hw/soc/config.ts';
import type { ChipConfig } from '../../../hw/soc/config.ts';
import { RAM_BASE, REGIONS, addressOf } from '../../../hw/soc/memory-map.ts';
import { parseElf } from '../../../sim/elf.ts';
import type { ElfImage } from '../../../sim/elf.ts';
import { runElf } from '../../../sim/run-elf.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { assemble, programToElf } from '../../../sw/assembler/index.ts';
import { runMnist } from '../../../sw/mnist.ts';
import { boardMachine } from '../../../sw/runtime/board-machine.ts';
import { compileWithIcarus, has, inDirectory, lintWithVerilator } from '../../gen/tools.ts';
import { IS_LONG, someOf } from '../../support/effort.ts';
import { AxiMemory } from '../lib/axi-memory.ts';
import { Dice, isSet, start } from '../lib/bench.ts';

interface Shape {
  readonly core: 'small' | 'balanced' | 'fast';
  readonly bus: number;
  readonly overlap: 'full' | 'serial';
  readonly latency: number;
  /** Keys of [soc] that say what is cached. */
  readonly caches: string;
  /** The core goes on while the tensor unit works. */
  readonly xifOverlap?: boolean;
}

const NO_CACHES = 'instructionCache = 0';
const configOf = ({ core, bus, overlap, latency, caches, xifOverlap = false }: Shape): ChipConfig => parseConfig(`[chip]
name = "caches"
[soc]
${caches}
[bus]
bytes = ${bus}
[core]
preset = "${core}"
xifOverlap = ${xifOverlap}
[tensor]
rows = 4
columns = 4
scratchpad = "1 KiB"
accumulators = "1 KiB"
channels = 16
vectorLanes = ${overlap === 'serial' ? 1 : 4}
requantiser = "${overlap === 'serial' ? 'iterative' : 'pipelined'}"
overlap = "${overlap}"
scratchpadBanks = ${overlap === 'serial' ? 1 : 4}
accumulatorBanks = ${overlap === 'serial' ? 1 : 2}
counters = ${overlap === 'full'}
queueDepth = ${overlap === 'serial' ? 1 : 4}
[simulation]
ram = "64 KiB"
latency = ${latency}
`, 'caches.toml');

/** Bytes of data that the program works on. */
const DATA_BYTES = 1024;
const RAM_END = 0x8001_0000;

/**
 * A random straight-line program, run three times over: loads and stores of all sizes, copies by the tensor unit of what has just
 * been stored, accesses to nowhere, code that changes itself, bytes to the serial port. Every result goes into a checksum in s0.
 */
function randomProgram(dice: Dice, steps: number): string {
  const lines: string[] = [];
  const mix = (register: string): void => void lines.push('slli t6, s0, 5', 'add s0, s0, t6', `xor s0, s0, ${register}`);
  const step: readonly (() => void)[] = [
    () => {
      const [store, bytes] = ([['sb', 1], ['sh', 2], ['sw', 4]] as const)[dice.roll(3)];
      lines.push('addi s0, s0, 77', `${store} s0, ${bytes * dice.roll(DATA_BYTES / bytes)}(s2)`);
    },
    () => {
      const [load, bytes] = ([['lb', 1], ['lbu', 1], ['lh', 2], ['lhu', 2], ['lw', 4]] as const)[dice.roll(5)];
      lines.push(`${load} t0, ${bytes * dice.roll(DATA_BYTES / bytes)}(s2)`);
      mix('t0');
    },
    // A store, at once its copy by the unit, at once the copy's load.
    () => {
      const [rows, from, to] = [1 + dice.roll(8), 4 * dice.roll(100), 512 + 4 * dice.roll(100)];
      lines.push(`lw t0, ${to}(s2)`, `sw s0, ${from}(s2)`, `addi t1, s2, ${from}`, `li t2, ${rows * 65536 + dice.roll(16)}`, 'tn.ld t1, t2');
      lines.push(`addi t1, s2, ${to}`, 'tn.st t1, t2', 'tn.fence t3', 'add s0, s0, t3', `lw t0, ${to}(s2)`);
      mix('t0');
    },
    () => {
      const nowhere = [0x4000_0000, RAM_END, RAM_END + 0x1000, 0x9000_0000][dice.roll(4)];
      lines.push(`sw s0, ${4 * dice.roll(64)}(s2)`, `li t1, ${nowhere}`, `${dice.chance(0.5) ? 'sw s0' : 'lw t0'}, ${4 * dice.roll(16)}(t1)`);
    },
    // An instruction with another immediate in the place of one that has run before.
    () => {
      const at = `patch${lines.length}`;
      lines.push(`la t1, ${at}`, 'lw t2, 0(t1)', `li t3, ${(1 + dice.roll(15)) << 20}`, 'xor t2, t2, t3', 'sw t2, 0(t1)', 'fence.i');
      lines.push('.p2align 2', `${at}: addi s0, s0, 1`);
    },
    () => lines.push('andi t0, s0, 63', 'addi t0, t0, 32', 'sw t0, 0(s3)'),
  ];
  const weights = [5, 6, 2, 1, 1, 1];
  const choices = weights.flatMap((weight, i) => Array.from({ length: weight }, () => step[i]));
  for (let i = 0; i < steps; i++) choices[dice.roll(choices.length)]();
  return `
.globl _start
_start:
  la t0, trap
  csrw mtvec, t0
  la s2, bytes
  li s3, ${addressOf('uartData')}
  la s4, faults
  li s0, 0
  li s5, 3
again:
${lines.join('\n')}
  addi s5, s5, -1
  beqz s5, done
  la t0, again
  jr t0
done:
  la t0, sum
  sw s0, 0(t0)
  la a1, tohost
  li a0, 1
  sw a0, 0(a1)
last: wfi
  j last
.p2align 2
trap:
  csrr t4, mepc
  sw t4, 0(s4)
  addi t4, t4, 4
  csrw mepc, t4
  csrr t4, mcause
  sw t4, 4(s4)
  csrr t4, mtval
  sw t4, 8(s4)
  lw t4, 12(s4)
  addi t4, t4, 1
  sw t4, 12(s4)
  mret
.data
.p2align 6
.globl bytes
bytes: .space ${DATA_BYTES}
faults: .space 16
sum: .word 0
.globl tohost
tohost: .word 0
`;
}

async function run(config: ChipConfig, elf: ElfImage, engine: 'wasm' | 'model') {
  let said = '';
  const address = elf.symbols.get('bytes');
  const keep = address === undefined ? {} : { keep: { address, bytes: DATA_BYTES + 20 } };
  const onUart = (bytes: Uint8Array): void => void (said += Buffer.from(bytes).toString());
  const result = await runElf({ config, elf, engine, maxCycles: 2_000_000, onUart, ...keep });
  return { cycles: result.cycles, seen: { exit: result.exit, said, memory: Buffer.from(result.kept ?? []).toString('hex') } };
}

const BOTH = 'instructionCache = "512 B"\ninstructionCacheLine = 64\ndataCache = "512 B"';
const SHAPES: readonly Shape[] = [
  { core: 'small', bus: 4, overlap: 'serial', latency: 1, caches: BOTH },
  { core: 'small', bus: 4, overlap: 'serial', latency: 20, caches: BOTH },
  { core: 'balanced', bus: 8, overlap: 'full', latency: 20, caches: BOTH },
  { core: 'fast', bus: 16, overlap: 'full', latency: 1, caches: BOTH },
  { core: 'fast', bus: 16, overlap: 'full', latency: 20, caches: BOTH },
  { core: 'fast', bus: 64, overlap: 'full', latency: 20, caches: BOTH },
  { core: 'fast', bus: 16, overlap: 'full', latency: 9, caches: BOTH, xifOverlap: true },
  { core: 'fast', bus: 64, overlap: 'full', latency: 5, caches: 'instructionCache = "64 B"\ndataCache = "64 B"' },
  { core: 'fast', bus: 4, overlap: 'full', latency: 3, caches: 'instructionCache = "64 B"\ninstructionCacheLine = 4\ndataCache = "64 B"\ndataCacheLine = 4' },
  { core: 'balanced', bus: 4, overlap: 'full', latency: 7, caches: `${NO_CACHES}\ndataCache = "4 KiB"\ndataCacheLine = 256` },
];

describe('a chip with caches', () => {
  for (const [i, shape] of someOf([...SHAPES.entries()], 5)) {
    const { core, bus, latency, caches, xifOverlap } = shape;
    const kind = xifOverlap ? `${core} core that goes on` : `${core} core`;
    it(`with ${caches.replaceAll('\n', ', ')}, ${kind}, bus of ${bus} bytes and latency ${latency} computes what the model does`, async () => {
      const config = configOf(shape);
      const plain = configOf({ ...shape, caches: NO_CACHES });
      for (let seed = 0; seed < (IS_LONG ? 3 : 2); seed++) {
        const elf = parseElf(programToElf(assemble(randomProgram(new Dice(10 * i + seed), 150))), 'random.elf');
        const model = await run(config, elf, 'model');
        const chip = await run(config, elf, 'wasm');
        expect(model.seen.exit).toBe(0);
        expect(chip.seen).toEqual(model.seen);
        if (latency >= 20) expect(chip.cycles).toBeLessThan((await run(plain, elf, 'wasm')).cycles);
      }
    }, 60_000);
  }

  /** The chip on a memory that takes its time at random; returns when the program has ended and memory is at rest. */
  function runOn(config: ChipConfig, elf: ElfImage, dice: Dice, rate: number, each: (sim: Simulator, memory: AxiMemory) => void) {
    const sim = start(Chip(config), { uartTx_ready: 1, uartRx_valid: 0, uartRx_bits: 0, ...AxiMemory.idle('mem_') });
    const memory = new AxiMemory(sim, dice, { prefix: 'mem_', dataBytes: config.bus.bytes, base: RAM_BASE, bytes: config.simulation.ramBytes, rate });
    for (const { address, bytes } of elf.segments) memory.content.set(bytes, address - RAM_BASE);
    const tohost = (elf.symbols.get('tohost') ?? 0) - RAM_BASE;
    for (let cycles = 0; memory.content[tohost] === 0 || memory.isWriting; cycles++) {
      expect(cycles).toBeLessThan(200_000);
      memory.before();
      each(sim, memory);
      memory.after();
      sim.step();
    }
    return memory.content;
  }

  for (const shape of someOf([SHAPES[1], SHAPES[2], SHAPES[4], SHAPES[6], SHAPES[7]], 3)) {
    const { core, bus, xifOverlap } = shape;
    const kind = xifOverlap ? `${core} core that goes on` : `${core} core`;
    it(`with a ${kind} and a bus of ${bus} bytes does the same whenever memory answers, and keeps the order to devices`, async () => {
      const config = configOf(shape);
      for (const [seed, rate] of [0.25, 0.7].entries()) {
        const elf = parseElf(programToElf(assemble(randomProgram(new Dice(bus + seed), 60))), 'random.elf');
        const model = await run(config, elf, 'model');
        let said = '';
        const content = runOn(config, elf, new Dice(seed), rate, (sim, memory) => {
          if (!isSet(sim, 'uartTx_valid')) return;
          said += String.fromCharCode(Number(sim.peek('uartTx_bits')));
          // The byte was stored in the cycle before, with all stores before it in memory; a later one cannot be there yet.
          expect(memory.isWriting, `stores under way while the ${core} core sends`).toBe(false);
        });
        const from = (elf.symbols.get('bytes') ?? 0) - RAM_BASE;
        expect({ said, memory: Buffer.from(content.subarray(from, from + DATA_BYTES + 20)).toString('hex') })
          .toEqual({ said: model.seen.said, memory: model.seen.memory });
      }
    }, 60_000);
  }

  for (const bus of someOf([4, 16, 64], 1)) {
    const files = () => printDesign(elaborate(Chip(configOf({ core: 'fast', bus, overlap: 'full', latency: 1, caches: BOTH }))));
    it.skipIf(!has('verilator'))(`and a bus of ${bus} bytes is taken by Verilator without a warning`, () => {
      inDirectory(files(), (dir) => expect(lintWithVerilator(dir, files(), 'Chip')).toBe(''));
    }, 60_000);
  }
  it.skipIf(!has('iverilog'))('is taken by Icarus', () => {
    const files = printDesign(elaborate(Chip(configOf(SHAPES[0]))));
    inDirectory(files, (dir) => expect(compileWithIcarus(dir, files, 'Chip')).toBe(''));
  }, 60_000);

  const slow = (caches: Partial<ChipConfig['soc']>): ChipConfig => {
    const base = loadConfig('base');
    return { ...base, soc: { ...base.soc, ...caches }, simulation: { ...base.simulation, latencyCycles: 20 } };
  };
  const without = slow({ instructionCacheBytes: 0 });
  const withBoth = slow({ instructionLineBytes: 32, dataCacheBytes: 4096 });

  it('recognises the same digits from slow memory, in fewer cycles', async () => {
    const options = { model: 'models/mnist-fc.gguf', images: 10, open: (config: ChipConfig) => boardMachine(config, 'wasm', {}) };
    const slowly = await runMnist({ ...options, config: without });
    const fast = await runMnist({ ...options, config: withBoth });
    expect([fast.correct, fast.agreement]).toEqual([slowly.correct, slowly.agreement]);
    expect(fast.cycles).toBeLessThan((slowly.cycles ?? 0) / 2);
  }, 60_000);

  const compiler = spawnSync('riscv64-unknown-elf-gcc', ['--version']).status === 0;
  it.runIf(compiler)('runs a C program from slow memory as well, in a fraction of the cycles', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'systole-caches-'));
    try {
      const file = buildExamples(without, { outDir: folder }).get('hello') ?? '';
      const elf = parseElf(readFileSync(file), file);
      const slowly = await run(without, elf, 'wasm');
      const fast = await run(withBoth, elf, 'wasm');
      expect([fast.seen.exit, fast.seen.said]).toEqual([0, slowly.seen.said]);
      expect(fast.cycles).toBeLessThan(slowly.cycles / 5);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it('has its devices outside of what may be cached', () => {
    const { dataCacheableBytes } = configOf(SHAPES[0]).soc;
    expect(dataCacheableBytes).toBe(2 ** 16);
    for (const { base, bytes } of Object.values(REGIONS)) expect(base + bytes).toBeLessThanOrEqual(0x8000_0000);
  });
});
