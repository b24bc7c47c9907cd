// The golden model as a machine that the driver can use: exact results, no cycles.
// Must not know: networks.
import { parseElf } from '../../sim/elf.ts';
import { GoldenModel } from '../../sim/model/golden-model.ts';
import type { GoldenModelOptions } from '../../sim/model/golden-model.ts';
import { TENSOR_COUNTERS } from '../../hw/isa/tensor.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import type { MachineRun, ProgramMachine, RunLimits } from './driver.ts';

export interface GoldenMachineOptions extends Omit<GoldenModelOptions, 'tensor'> {
  readonly tensor?: TensorParams;
}

/** Instructions after which a run is given up, if the caller does not say. */
const DEFAULT_LIMIT = 10_000_000_000;
/** Instructions between two reports of progress. */
const SLICE = 20_000_000;

export function goldenMachine({ tensor, ...options }: GoldenMachineOptions): ProgramMachine {
  const create = (): GoldenModel => new GoldenModel({
    ...options,
    ...(tensor === undefined ? {} : { tensor: { ...tensor, counters: tensor.counters ? TENSOR_COUNTERS.length : 0 } }),
  });
  let model = create();
  return {
    engine: 'model',
    loadElf(elf, file) {
      model = create();
      model.load(parseElf(elf, file));
    },
    writeMemory: (address, bytes) => model.write(address, bytes),
    readMemory: (address, length) => model.read(address, length),
    run({ maxCycles = DEFAULT_LIMIT, onProgress }: RunLimits = {}): MachineRun {
      let instret = 0;
      for (let left = maxCycles; left > 0;) {
        const slice = Math.min(left, SLICE);
        const result = model.run(slice);
        instret += result.instret;
        left -= slice;
        if (result.stopped !== 'limit') return { exit: result.exit, cycles: undefined, instret };
        onProgress?.(instret);
      }
      return { exit: undefined, cycles: undefined, instret };
    },
  };
}
