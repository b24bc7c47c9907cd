/** Nothing that is done with a simulator is silent: both engines refuse the same with the same words. */
import { describe, it } from 'vitest';
import { elaborate } from '../../gen/index.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { createVerilatorSimulator, missingTools } from '../../sim/verilator/index.ts';
import { Misused, expectMisuseIsTold } from './misuse.ts';

describe('misuse of a simulator', () => {
  it('is told by the wasm engine', () => {
    expectMisuseIsTold(createWasmSimulator(elaborate(Misused)));
  });

  it.skipIf(missingTools() !== undefined && !process.env.CI)('is told by the verilator engine', async () => {
    expectMisuseIsTold(await createVerilatorSimulator(elaborate(Misused), { onProgress: () => undefined }));
  }, 120_000);
});
