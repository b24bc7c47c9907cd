/** Random designs: what Icarus computes from the printed text is what the IR says, and Verilator has nothing to complain about. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, hw, shapeOf, vec } from '../../../gen/index.ts';
import type { ModuleDef, PortMap, SInt, Shape, UInt, Value, Vec } from '../../../gen/index.ts';
import { widthOf } from '../../../gen/ir/types.ts';
import { elaborate } from '../../../gen/passes/elaborate.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import type { SourceFile } from '../../../gen/print/systemverilog.ts';
import { Interpreter } from '../evaluate.ts';
import { RandomExpressions } from '../random-expressions.ts';
import { Rng } from '../rng.ts';
import { exceptConstants, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';

/** Another seed for a longer hunt: `SYSTOLE_SEED=7 npx vitest run test/gen/print/random-expressions.test.ts`. */
const SEED = Number(process.env.SYSTOLE_SEED ?? 1);
const VECTORS = 40;

const INPUTS = {
  u1: U(1), u2: U(2), u5: U(5), u8: U(8), u13: U(13), u32: U(32), u33: U(33), u64: U(64), u70: U(70),
  s1: S(1), s2: S(2), s8: S(8), s16: S(16), s31: S(31), s33: S(33), s64: S(64), s70: S(70),
  b0: B, b1: B, b2: B, v5: vec(U(5), 5), v4: vec(S(9), 4), v3: vec(B, 3), v1: vec(U(6), 1), v1b: vec(B, 1), v8: vec(U(1), 8),
} as const;

/** A module whose outputs are random expressions of its inputs. */
function randomDesign(rng: Rng, count: number): ModuleDef<PortMap> {
  // A first run finds the outputs' types, the second builds the same expressions inside the module.
  const inputs = Object.fromEntries(Object.entries(INPUTS).map(([name, shape]) => [name, In(shape as Shape<unknown>)]));
  const build = (io: Readonly<Record<string, Value>>, seed: number): Value[] => {
    const at = <T extends Value>(prefix: string): T[] => Object.keys(INPUTS).filter((k) => k.startsWith(prefix)).map((k) => io[k] as T);
    const maker = new RandomExpressions(new Rng(seed), { uints: at<UInt>('u'), sints: at<SInt>('s'), bools: at('b'), vectors: at<Vec<Value>>('v') });
    return Array.from({ length: count }, (_, i) => maker.any(1 + (i % 5)));
  };
  const seed = rng.below(2 ** 31);
  const shapes: Shape<Value>[] = [];
  hw('Probe', inputs, (_m, io) => {
    shapes.push(...build(io as unknown as Record<string, Value>, seed).map((v) => shapeOf(v)));
  }).elaborate();
  const outputs = Object.fromEntries(shapes.map((s, i) => [`out${i}`, Out(s)]));
  return hw('Random', { ...inputs, ...outputs }, (_m, io) => {
    const values = build(io as unknown as Record<string, Value>, seed);
    for (const [i, v] of values.entries()) (io as Record<string, unknown>)[`out${i}`] = v;
  });
}

interface Vector {
  readonly inputs: ReadonlyMap<string, bigint>;
}

function testbench(def: ModuleDef<PortMap>, vectors: readonly Vector[]): string {
  const { ports } = def.elaborate();
  const outputs = ports.filter((p) => p.kind === 'output');
  return [
    'module tb;',
    ...ports.map((p) => `  logic [${widthOf(p.type) - 1}:0] ${p.name};`),
    `  ${def.name} dut (${ports.map((p) => `.${p.name}(${p.name})`).join(', ')});`,
    '  initial begin',
    ...vectors.flatMap((v) => [
      ...[...v.inputs].map(([name, value]) => `    ${name} = ${widthOf(ports.find((p) => p.name === name)?.type as Shape<unknown>['type'])}'h${value.toString(16)};`),
      `    #1 $display("${outputs.map(() => '%h').join(' ')}", ${outputs.map((p) => p.name).join(', ')});`,
    ]),
    '  end',
    'endmodule',
    '',
  ].join('\n');
}

function disagreements(def: ModuleDef<PortMap>, vectors: readonly Vector[], printed: readonly string[], text: string): string[] {
  const interpreter = new Interpreter(def.elaborate());
  const wrong: string[] = [];
  for (const [n, v] of vectors.entries()) {
    for (const [name, value] of v.inputs) interpreter.set(name, value);
    interpreter.settle();
    for (const [i, got] of printed[n].split(' ').entries()) {
      const want = interpreter.get(`out${i}`);
      if (!/^[0-9a-f]+$/.test(got) || BigInt(`0x${got}`) !== want) {
        const line = new RegExp(`assign out${i} = [^;]*;`).exec(text)?.[0];
        wrong.push(`out${i}: simulated ${got}, expected ${want.toString(16)} of ${line}\n  with ${[...v.inputs].map(([k, x]) => `${k}=${x.toString(16)}`).join(' ')}`);
      }
    }
  }
  return wrong;
}

describe('random expressions', () => {
  const rng = new Rng(SEED);
  const def = randomDesign(rng, 250);
  const files: SourceFile[] = printDesign(elaborate(def));
  const vectors = Array.from({ length: VECTORS }, () => ({
    inputs: new Map(Object.entries(INPUTS).map(([name, shape]) => [name, rng.bits(shape.width)])),
  }));

  it.skipIf(!has('iverilog'))('have in Icarus the value that the IR has', { timeout: 60_000 }, () => {
    const printed = simulate(files, testbench(def, vectors));
    expect(disagreements(def, vectors, printed, files[0].text).slice(0, 3)).toEqual([]);
  });

  it.skipIf(!has('iverilog') || !has('yosys'))('have the same value after synthesis by Yosys', { timeout: 60_000 }, () => {
    const printed = simulate([throughYosys(files)], testbench(def, vectors));
    expect(disagreements(def, vectors, printed, files[0].text).slice(0, 3)).toEqual([]);
  });

  it.skipIf(!has('verilator'))('pass Verilator without a warning', { timeout: 60_000 }, () => {
    expect(exceptConstants(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Random')))).toEqual([]);
  });
});
