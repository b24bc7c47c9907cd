/** Sizes at which tools or the language once refused: every one of them gives the same result in every tool. */
import { describe, expect, it } from 'vitest';
import { DesignError, In, Out, S, U, cat, elaborate, hw, repeat } from '../../../gen/index.ts';
import type { ModuleDef, PortMap, UInt } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';

/** Yosys 0.23 compares each lane of a write with each one before it. */
const YOSYS_LANES = 66;

function pleasesTools(def: ModuleDef<PortMap>, top: string, yosys = true): void {
  const files = printDesign(elaborate(def));
  inDirectory(files, (dir) => {
    if (has('verilator')) expect(lintWithVerilator(dir, files, top)).toBe('');
    if (has('iverilog')) expect(compileWithIcarus(dir, files, top)).toBe('');
    if (yosys && has('yosys')) expect(checkWithYosys(dir, files, top)).toBe('');
  });
}

describe.each([[65, 1], [70, 8], [512, 3]])('a write mask of %d lanes of %d bits', (lanes, lane) => {
  const width = lanes * lane;
  const Masked = hw('Masked', { addr: In(U(1)), data: In(U(width)), mask: In(U(lanes)), out: Out(U(width)) }, (m, io) => {
    const memory = m.mem('words', U(width), 2);
    memory.writeMasked(io.addr, io.data, io.mask);
    io.out = memory.read(io.addr);
  });
  const all = (1n << BigInt(width)) - 1n;
  const pattern = (seed: bigint, bits: number): bigint => {
    let v = seed;
    for (let i = 0; i < bits / 32 + 1; i++) v = (v << 32n) | ((v * 0x9e3779b97f4a7c15n + seed) & 0xffffffffn);
    return v & ((1n << BigInt(bits)) - 1n);
  };
  const steps = [
    { data: pattern(3n, width), mask: (1n << BigInt(lanes)) - 1n }, { data: pattern(5n, width), mask: pattern(7n, lanes) },
    { data: 0n, mask: 1n << BigInt(lanes - 1) }, { data: all, mask: 1n }, { data: pattern(11n, width), mask: 0n },
    { data: pattern(13n, width), mask: 1n << 64n },
  ];
  const words: bigint[] = [];
  for (const { data, mask } of steps) {
    let v = words.at(-1) ?? 0n;
    for (let i = 0; i < lanes; i++) {
      const bits = ((1n << BigInt(lane)) - 1n) << BigInt(i * lane);
      if ((mask >> BigInt(i)) & 1n) v = (v & ~bits) | (data & bits);
    }
    words.push(v);
  }

  it('writes its lanes in the built-in engine', () => {
    const s = createWasmSimulator(elaborate(Masked));
    const seen = steps.map(({ data, mask }) => {
      s.poke('data', data);
      s.poke('mask', mask);
      s.step();
      return s.peek('out');
    });
    expect(seen).toEqual(words);
  });

  it('writes its lanes in Icarus, before and after synthesis', () => {
    if (!has('iverilog')) return;
    const bench = `module tb;
  logic clk = 0, rst = 0, addr = 0;
  logic [${width - 1}:0] data, out;
  logic [${lanes - 1}:0] mask;
  Masked dut (.clk(clk), .rst(rst), .addr(addr), .data(data), .mask(mask), .out(out));
  initial begin
${steps.map(({ data, mask }) => `    data = ${width}'h${data.toString(16)}; mask = ${lanes}'h${mask.toString(16)}; #1 clk = 1; #1 clk = 0; #1 $display("%h", out);`).join('\n')}
    $finish;
  end
endmodule
`;
    const files = printDesign(elaborate(Masked));
    const hex = words.map((w) => w.toString(16).padStart(Math.ceil(width / 4), '0'));
    expect(simulate(files, bench)).toEqual(hex);
    if (has('yosys') && lanes < YOSYS_LANES) expect(simulate([throughYosys(files)], bench)).toEqual(hex);
  });

  it('pleases all tools', () => pleasesTools(Masked, 'Masked', lanes < YOSYS_LANES));
});

describe('repetitions of nothing', () => {
  const padded = (times: number): ModuleDef<PortMap> =>
    hw('Padded', { x: In(U(8)), y: In(S(4)), out: Out(U(8 + times)) }, (_, io) => {
      io.out = cat(repeat(io.y.bit(3), times), io.x, repeat(io.x, 0));
    });

  it('vanish among other parts', () => {
    const s = createWasmSimulator(elaborate(padded(0)));
    s.poke('x', 0xa5);
    expect(s.peek('out')).toBe(0xa5n);
    expect(printDesign(elaborate(padded(0)))[0].text).toContain('assign out = x;');
    const wide = createWasmSimulator(elaborate(padded(3)));
    wide.poke('y', 8);
    expect(wide.peek('out')).toBe(0x700n);
  });

  it.each([
    ['compared', (x) => repeat(x, 0).eq(0).asUInt()], ['extended', (x) => repeat(x, 0).zext(1)],
    ['joined only to themselves', (x) => cat(repeat(x, 0), repeat(x, 0)).orR().asUInt()],
  ] satisfies [string, (x: Parameters<typeof repeat>[0]) => unknown][])('are an error where they are %s', (_, use) => {
    const Bad = hw('Bad', { x: In(U(4)), out: Out(U(1)) }, (_, io) => {
      io.out = use(io.x) as UInt<1>;
    });
    expect(() => elaborate(Bad)).toThrow(/^bad-width: Bad uses a value of no bits .*bounds\.test\.ts/);
  });

  it.each([-1, 1.5, NaN])('%d times are none', (times) => {
    const Bad = hw('Bad', { x: In(U(4)), out: Out(U<number>(4)) }, (_, io) => {
      io.out = cat(io.x, repeat(io.x, times));
    });
    expect(() => elaborate(Bad)).toThrow(/^bad-width: .* repetitions .*bounds\.test\.ts/);
  });
});

describe('large values in switchOn', () => {
  const big = 2n ** 60n;
  const Large = hw('Large', { x: In(U(64)), out: Out(U(2)) }, (m, io) => {
    m.switchOn(io.x, [
      [big, () => {
        io.out = io.out.lit(1);
      }],
      [[big + 1n, 2 ** 52, 2n ** 64n - 1n], () => {
        io.out = io.out.lit(2);
      }],
    ], () => {
      io.out = io.out.lit(0);
    });
  });
  const cases: readonly (readonly [bigint, bigint])[] = [
    [big, 1n], [big + 1n, 2n], [2n ** 52n, 2n], [2n ** 64n - 1n, 2n], [big - 1n, 0n], [0n, 0n], [1n << 61n, 0n],
  ];

  it('are exact as bigints', () => {
    const s = createWasmSimulator(elaborate(Large));
    for (const [x, out] of cases) {
      s.poke('x', x);
      expect(s.peek('out')).toBe(out);
    }
    const bench = `module tb;
  logic [63:0] x;
  logic [1:0] out;
  Large dut (.x(x), .out(out));
  initial begin
${cases.map(([x]) => `    x = 64'h${x.toString(16)}; #1 $display("%0d", out);`).join('\n')}
    $finish;
  end
endmodule
`;
    if (has('iverilog')) expect(simulate(printDesign(elaborate(Large)), bench)).toEqual(cases.map(([, out]) => String(out)));
    pleasesTools(Large, 'Large');
  });

  it('are refused as numbers that may have been rounded, with the mend', () => {
    const rounded = hw('Rounded', { x: In(U(64)), out: Out(U(1)) }, (m, io) => {
      io.out = io.out.lit(0);
      m.switchOn(io.x, [[2 ** 60, () => {
        io.out = io.out.lit(1);
      }]]);
    });
    expect(() => elaborate(rounded)).toThrow(/^literal-range: the number 1152921504606846976 may have been rounded.*bounds\.test\.ts.*write it as a bigint: 2n \*\* 60n/);
    expect(() => elaborate(rounded)).toThrow(DesignError);
  });
});
