/** From definitions to a design: every distinct module once, folded, without what nothing reads. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, Out, S, U, blackBox, bool, bundle, elaborate, hw, vec } from '../../../gen/index.ts';
import type { ModuleDef, PortMap } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';

const textOf = <P extends PortMap>(def: ModuleDef<P>): string => printDesign(elaborate(def)).at(-1)?.text ?? '';

/** A counter whose width and step are parameters of a function. */
const counterOf = (width: number, step: number) => hw('Counter', { enable: In(B), value: Out(U(width)) }, (m, io) => {
  const r = m.regs({ count: U(width, 0) });
  m.when(io.enable, () => {
    r.count = r.count.addWrap(step);
  });
  io.value = r.count;
});

describe('equal modules', () => {
  it('stand once, whoever made them; different ones of a name are numbered', () => {
    const Top = hw('Top', { enable: In(B), total: Out(U(8)) }, (m, io) => {
      const parts = [counterOf(8, 1), counterOf(8, 1), counterOf(8, 3), counterOf(8, 3)].map((def, i) => m.inst(`part${i}`, def));
      for (const p of parts) p.enable = io.enable;
      io.total = parts.map((p) => p.value).reduce((a, b) => a.xor(b)).exact(8);
    });
    const design = elaborate(Top);
    expect(design.modules.map((m) => m.name)).toEqual(['Counter', 'Counter_2', 'Top']);
    expect(design.top.instances.map((i) => i.module.name)).toEqual(['Counter', 'Counter', 'Counter_2', 'Counter_2']);
    expect(printDesign(design).map((f) => f.name)).toEqual(['Counter.sv', 'Counter_2.sv', 'Top.sv']);
    expect(textOf(Top).match(/^ {2}Counter(_2)? part\d \($/gm)).toHaveLength(4);
  });

  it('are also those whose difference is below them, and not those that differ in a reset value, a memory or a message', () => {
    const outer = (step: number) => hw('Outer', { enable: In(B), value: Out(U(8)) }, (m, io) => {
      const c = m.inst('inner', counterOf(8, step));
      c.enable = io.enable;
      io.value = c.value.exact(8);
    });
    const resets = (value: number) => hw('Resets', { value: Out(U(8)) }, (m, io) => {
      const r = m.regs({ r: U(8, value) });
      r.r = r.r.not();
      io.value = r.r;
    });
    const roms = (word: bigint) => hw('Rom', { value: Out(U(8)) }, (m, io) => {
      io.value = m.mem('rom', U(8), 2, { init: [word] }).read(U(1).lit(0));
    });
    const Top = hw('Top', {}, (m) => {
      for (const [i, n] of [1, 1, 2].entries()) {
        m.inst(`outer${i}`, outer(n)).enable = bool(true);
        m.inst(`resets${i}`, resets(n));
        m.inst(`rom${i}`, roms(BigInt(n)));
      }
    });
    expect(elaborate(Top).modules.map((m) => m.name)).toEqual(['Counter', 'Outer', 'Resets', 'Rom', 'Counter_2', 'Outer_2', 'Resets_2', 'Rom_2', 'Top']);
  });

  it('have black boxes with behaviours of their own', () => {
    const box = (width: number) => blackBox('Adder', { a: In(U(width)), o: Out(U(width)) }, {
      cell: 'ADD', parameters: [{ name: 'N', value: String(width) }],
      behaviour: (_m, io) => {
        io.o = io.a.addWrap(1);
      },
    });
    const Top = hw('Top', { a: In(U(8)), x: Out(U(8)), y: Out(U(4)) }, (m, io) => {
      const wide = m.inst('wide', box(8));
      wide.a = io.a;
      io.x = wide.o.exact(8);
      const narrow = m.inst('narrow', box(4));
      narrow.a = io.a.trunc(4);
      io.y = narrow.o.exact(4);
    });
    const design = elaborate(Top);
    expect(design.modules.map((m) => m.name)).toEqual(['Adder', 'Adder_2', 'Top']);
    expect(printDesign(design).map((f) => f.name)).toEqual(['AdderBehaviour.sv', 'AdderBehaviour_2.sv', 'Top.sv']);
  });
});

describe('elaboration', () => {
  it('gives the same text each time, also from definitions made again', () => {
    const make = () => hw('Top', { a: In(vec(S(8), 4)), sum: Out(S(10)) }, (m, io) => {
      const r = m.regs({ sum0: S(10), ready: Flag(false) });
      const [x, y, z, w] = io.a.toArray();
      r.sum0 = x.addGrow(y).addGrow(z.addGrow(w));
      r.ready = bool(true);
      io.sum = r.sum0;
    });
    const first = printDesign(elaborate(make()));
    expect(printDesign(elaborate(make()))).toEqual(first);
    const def = make();
    expect(printDesign(elaborate(def))).toEqual(printDesign(elaborate(def)));
  });

  it('folds constants and conditions', () => {
    const text = textOf(hw('Top', { a: In(U(8)), x: Out(U(8)), y: Out(U(8)), z: Out(B) }, (m, io) => {
      io.x = io.a.addWrap(U(8).lit(3).mul(U(4).lit(2)).trunc(8).subWrap(6)).and(0xff);
      io.y = io.a;
      m.when(bool(true), () => {
        io.y = io.a.or(U(8).lit(1).shlWrap(3));
      }).otherwise(() => {
        io.y = U(8).lit(0);
      });
      io.z = io.a.eq(io.a).and(bool(true)).eq(true).not().not();
    }));
    expect(text).toContain('assign x = a;');
    expect(text).toContain('y = a | 8\'d8;');
    expect(text).toContain('assign z = 1\'b1;');
    expect(text).not.toMatch(/if \(1'b/);
  });

  it('drops wires, registers and memories that nothing reads, and keeps what a check reads', () => {
    const text = textOf(hw('Top', { a: In(U(8)), x: Out(U(8)) }, (m, io) => {
      const w = m.wires({ deadWire: U(8), checked: U(8) });
      const r = m.regs({ deadReg: U(8, 0), feeds: U(8, 0) });
      const dead = m.mem('deadMemory', U(8), 4);
      w.deadWire = r.deadReg;
      w.checked = io.a;
      r.deadReg = dead.read(r.feeds.trunc(2));
      r.feeds = io.a;
      dead.write(U(2).lit(0), io.a);
      m.assert('isSmall', w.checked.lt(200));
      io.x = io.a;
    }));
    expect(text).not.toMatch(/dead|feeds/);
    expect(text).toContain('checked');
  });

  it('keeps the doc, the source places and the order of the ports', () => {
    const Top = hw('Top', { z: In(B), a: Out(B), nested: { b: In(B), pair: In(bundle('Pair', { one: B, two: U(2) })) } }, (m, io) => {
      m.doc('  Says what it is for.\n  In two lines. ');
      io.a = io.z;
    });
    const text = textOf(Top);
    expect(text).toMatch(/^\/\/ Top: generated by Systole\n\/\/ Says what it is for\.\n\/\/ In two lines\.\nmodule Top \(/);
    expect(printDesign(elaborate(Top), { positions: true })[0].text)
      .toMatch(/^\/\/ Top: generated by Systole from test\/gen\/passes\/elaborate\.test\.ts:\d+\n\/\/ Says what it is for\.\n/);
    expect(elaborate(Top).top.ports.map((p) => p.name)).toEqual(['z', 'a', 'nested_b', 'nested_pair_one', 'nested_pair_two']);
  });
});
