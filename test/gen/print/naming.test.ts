/** Names that printing introduces: taken from the source where it has one, unique in the module. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw, vec, vecOf } from '../../../gen/index.ts';
import type { ModuleDef, PortMap } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { has, inDirectory, lintWithVerilator } from '../tools.ts';

const textOf = <P extends PortMap>(def: ModuleDef<P>): string => printDesign(elaborate(def)).map((f) => f.text).join('\n');

describe('names of introduced wires', () => {
  it('are those of the constants that hold them in TypeScript', () => {
    const text = textOf(hw('Top', { a: In(U(8)), b: In(U(8)), x: Out(U(8)), y: Out(U(9)) }, (_m, io) => {
      const total = io.a.addGrow(io.b);
      const clipped: ReturnType<typeof io.a.addWrap> = total.trunc(8);
      io.x = clipped;
      io.y = total;
    }));
    expect(text).toContain('assign total = {1\'d0, a} + {1\'d0, b};');
    expect(text).toContain('assign x = total[7:0];');
  });

  it('say what the operation is where the source has no name, and are numbered where it has one twice', () => {
    const text = textOf(hw('Top', { a: In(U(8)), b: In(U(8)), x: Out(U(4)), y: Out(U(4)), z: Out(U(4)) }, (_m, io) => {
      io.x = io.a.addWrap(io.b).trunc(4);
      for (const [port, add] of [['y', 1], ['z', 2]] as const) {
        const moved = io.a.addWrap(add);
        io[port] = moved.slice(7, 4);
      }
    }));
    expect(text).toMatch(/assign x = sum\[3:0\];/);
    expect(text).toMatch(/assign y = moved\[7:4\];/);
    expect(text).toMatch(/assign z = moved_1\[7:4\];/);
  });

  it('are those given by let, and never collide with signals', () => {
    const text = textOf(hw('Top', { sum: In(U(8)), b: In(U(8)), x: Out(U(4)), flag: Out(B) }, (m, io) => {
      const { carry } = m.let({ carry: io.sum.addGrow(io.b).bit(8) });
      io.x = io.sum.addWrap(io.b).trunc(4);
      io.flag = carry;
    }));
    expect(text).toContain('assign carry = ');
    expect(text).toMatch(/assign x = sum_1\[3:0\];|assign x = sum_2\[3:0\];/);
  });
});

describe('variables of loops', () => {
  it.skipIf(!has('verilator'))('make way for signals of the same name', { timeout: 20_000 }, () => {
    const Cell = hw('Cell', { a: In(U(8)), o: Out(U(8)) }, (m, io) => {
      const s = m.regs({ held: U(8, 0) });
      s.held = io.a;
      io.o = s.held;
    });
    const Top = hw('Top', { r: In(vec(U(8), 2)), c: In(U(4)), e: In(U(3)), i: In(U(4)), out: Out(vec(U(8), 2)), q: Out(U(8)) }, (m, io) => {
      const w = m.wires({ g_a: U(8), unused_g: B });
      w.g_a = io.r.at(0);
      w.unused_g = w.g_a.orR();
      const g = m.grid('g', Cell, 2, 2);
      g.fromWest('a', 'o', vecOf([w.g_a, io.r.at(1)]));
      io.out = g.columnOut('o', 1);
      const mem = m.mem('store', U(8), 16);
      m.when(w.unused_g, () => mem.writeMasked(io.c, io.q, io.i));
      io.q = mem.readSync('word', io.e.zext(4));
    });
    const files = printDesign(elaborate(Top));
    expect(files[1].text).toContain('for (genvar r_1 = 0;');
    expect(files[1].text).toContain('for (int i_1 = 0;');
    expect(files[1].text).toContain('g_a_1 [0:1][0:2] /* verilator split_var */;');
    expect(inDirectory(files, (dir) => lintWithVerilator(dir, files, 'Top'))).toBe('');
  });
});
