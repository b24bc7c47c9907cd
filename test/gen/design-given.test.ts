/** What is handed over as a design, and functions called with `new`: one line that names the caller, never a `TypeError` of JavaScript. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, elaborate, hw } from '../../gen/index.ts';
import * as language from '../../gen/lang/functions.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { createVerilatorSimulator } from '../../sim/verilator/index.ts';

const Wire = hw('Wire', { a: In(B), out: Out(B) }, (_m, io) => {
  io.out = io.a;
});
const NO_DESIGNS: readonly unknown[] = [5, 'Wire', undefined, null, {}, [], () => Wire, Wire, { top: 5, modules: [] }, { top: {}, modules: 5 }, B];

/** A caller that the compiler would stop. */
const as = <T>(value: unknown): T => value as T;

describe('what is no design', () => {
  it('is told the printer and the engines, with the line and the mend', async () => {
    for (const given of NO_DESIGNS) {
      const told = / is no design {2}at test\/gen\/design-given\.test\.ts:\d+; hand over what elaborate\(Definition\) returns$/;
      expect(() => printDesign(as(given))).toThrow(told);
      expect(() => createWasmSimulator(as(given))).toThrow(told);
      await expect(createVerilatorSimulator(as(given))).rejects.toThrow(told);
    }
    expect(() => createWasmSimulator(as(Wire))).toThrow(/^simulator: a definition is no design/);
    expect(printDesign(elaborate(Wire))).toHaveLength(1);
  });
});

describe('functions of the language called with new', () => {
  it.each(Object.entries(language).filter(([, f]) => typeof f === 'function'))('%s says so', (_, f) => {
    const Called = f as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Called(8)).toThrow(/^type-mismatch: \w+\(\) was called with new {2}at test\/gen\/design-given\.test\.ts:\d+; call it as \w+\(/);
  });
});
