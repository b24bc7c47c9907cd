/**
 * Small programs for tests of the golden model and of the core beside it: from source text to a model that has run it, or to an
 * image of RAM.
 */
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { parseElf } from '../../../sim/elf.ts';
import { GoldenModel } from '../../../sim/model/golden-model.ts';
import type { GoldenModelOptions, RunResult, StepResult } from '../../../sim/model/golden-model.ts';
import { assemble, programToElf } from '../../../sw/assembler/index.ts';

/** A model with the program loaded; 64 KiB of RAM unless the options say otherwise. */
export function loadSource(source: string, options: GoldenModelOptions = {}): GoldenModel {
  const model = new GoldenModel({ ramBytes: 65536, ...options });
  model.load(parseElf(programToElf(assemble(source)), 'test'));
  return model;
}

export function runSource(source: string, limit: number, options: GoldenModelOptions = {}): { model: GoldenModel; result: RunResult } {
  const model = loadSource(source, options);
  return { model, result: model.run(limit) };
}

export function stepSource(source: string, steps: number, options: GoldenModelOptions = {}): { model: GoldenModel; results: StepResult[] } {
  const model = loadSource(source, options);
  return { model, results: Array.from({ length: steps }, () => model.step()) };
}

/** RAM of `ramBytes` with the program in it, and the address of its symbol `tohost`. */
export function imageOf(source: string, ramBytes: number): { bytes: Uint8Array; tohost: number } {
  const elf = parseElf(programToElf(assemble(source)), 'test');
  const bytes = new Uint8Array(ramBytes);
  for (const segment of elf.segments) bytes.set(segment.bytes, segment.address - RAM_BASE);
  return { bytes, tohost: elf.symbols.get('tohost') ?? 0 };
}
