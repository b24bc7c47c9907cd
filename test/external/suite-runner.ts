// A chip for test programs, on any engine: one design for all of them, and a new simulation of it for each. A reset alone would leave what
// the program before wrote: x1 to x31, which no reset clears, the predictor's table and the lines of caches.
// Must not know suites.
import { corePreset } from '../../firmware/bench.ts';
import { loadConfig } from '../../hw/soc/config-file.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { RAM_PATH, boardDesign } from '../../sim/board.ts';
import type { ElfImage } from '../../sim/elf.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { GoldenModel } from '../../sim/model/golden-model.ts';
import { loadBoard, modelOptions } from '../../sim/run-elf.ts';
import type { Engine } from '../../sim/run-elf.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { createVerilatorSimulator } from '../../sim/verilator/index.ts';

export interface Outcome {
  /** 0: passed; n: test n failed; undefined: it did not end. */
  readonly exit: number | undefined;
  /** Words between `begin_signature` and `end_signature`, 8 hexadecimal digits each; empty without these symbols. */
  readonly signature: readonly string[];
}

export interface SuiteRunner {
  run(elf: ElfImage): Promise<Outcome>;
}

const RAM_BYTES = 4 * 1024 * 1024;
/** More than any test of the suites takes; for the model, instructions. */
const MOST_CYCLES = 2_000_000;

/** The smallest chip that comes with Systole, around a core of its own. */
export function suiteConfig(core: string): ChipConfig {
  const config = loadConfig('nano');
  return { ...config, name: `suite-${core}`, core: { ...corePreset(core), xif: true }, simulation: { ...config.simulation, ramBytes: RAM_BYTES } };
}

export function openSuiteRunner(config: ChipConfig, engine: Engine): SuiteRunner {
  if (engine === 'model') return { run: (elf) => Promise.resolve(runOnModel(config, elf)) };
  const design = boardDesign(config);
  return {
    async run(elf) {
      const sim = engine === 'wasm' ? createWasmSimulator(design) : await createVerilatorSimulator(design, { onProgress: () => undefined });
      try {
        return runOnBoard(sim, elf);
      } finally {
        sim.close();
      }
    },
  };
}

function runOnBoard(sim: Simulator, elf: ElfImage): Outcome {
  const ram = sim.memory(RAM_PATH);
  loadBoard(sim, elf);
  const { stopped } = sim.runUntil('stop', MOST_CYCLES);
  const value = Number(sim.peek('exitValue'));
  const signature = signatureOf(elf, (address, bytes) => ram.read(address - RAM_BASE, bytes));
  return { exit: !stopped ? undefined : value === 1 ? 0 : value >>> 1, signature };
}

function runOnModel(config: ChipConfig, elf: ElfImage): Outcome {
  const model = new GoldenModel(modelOptions(config));
  model.load(elf);
  const { exit } = model.run(MOST_CYCLES);
  return { exit, signature: signatureOf(elf, (address, bytes) => model.read(address, bytes)) };
}

function signatureOf(elf: ElfImage, read: (address: number, bytes: number) => Uint8Array): string[] {
  const [begin, end] = [elf.symbols.get('begin_signature'), elf.symbols.get('end_signature')];
  if (begin === undefined || end === undefined || begin === end) return [];
  const bytes = Uint8Array.from(read(begin, end - begin));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true).toString(16).padStart(8, '0'));
}
