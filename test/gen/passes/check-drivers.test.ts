/** Every signal is driven, on every path, once. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, U, bool, bundle, elaborate, enumeration, hw, vec } from '../../../gen/index.ts';
import { elaborationError, placesIn } from '../errors.ts';

const at = placesIn(import.meta.url);
const zero = U(4).lit(0);
const one = U(4).lit(1);

describe('undriven', () => {
  it('names what nothing drives: outputs, wires, registers, fields', () => {
    expect(elaborationError(hw('Top', { out: Out(U(4)) }, () => undefined))).toBe(`undriven: Top.out  declared at ${at('out')}; assign it in the body`); // @out
    expect(elaborationError(hw('Top', {}, (m) => {
      m.wires({ w: U(4) }); // @wire
    }))).toBe(`undriven: Top.w  declared at ${at('wire')}; assign it in the body`);
    expect(elaborationError(hw('Top', {}, (m) => {
      m.regs({ r: U(4) }); // @reg
    }))).toBe(`undriven: Top.r  declared at ${at('reg')}; assign it in the body`);
    const Pair = bundle('Pair', { high: U(4), low: vec(U(4), 2) });
    expect(elaborationError(hw('Top', {}, (m) => {
      const w = m.wires({ pair: Pair }); // @field
      w.pair.high = zero;
    }))).toBe(`undriven: Top.pair.low[0]  declared at ${at('field')}; assign it in the body`);
    expect(elaborationError(hw('Top', {}, (m) => {
      m.wires({ v: vec(U(4), 3) }).v.put(0, zero);
    }))).toMatch(/^undriven: Top\.v\[1\] {2}/);
  });

  it('names the port and the instance that lack a driver', () => {
    const Child = hw('Child', { a: In(B) }, () => undefined);
    expect(elaborationError(hw('Top', {}, (m) => {
      m.inst('child', Child); // @instance
    }))).toBe(`undriven: Top.child_a  declared at ${at('instance')}; drive port a of instance child`);
  });

  it('finds a register that no possible condition assigns', () => {
    const Top = (reset: boolean) => hw('Top', { a: In(U(4)), out: Out(U(4)) }, (m, io) => {
      const r = m.regs({ r: reset ? U(4, 7) : U(4) }); // @never
      m.when(bool(false), () => {
        r.r = io.a;
      });
      io.out = r.r;
    });
    expect(elaborationError(Top(false))).toBe(`undriven: Top.r: no condition around its assignments can hold  declared at ${at('never')}; give it a reset value or remove it`);
    expect(() => elaborate(Top(true))).not.toThrow();
  });
});

describe('doubly-driven', () => {
  it('names both assignments', () => {
    expect(elaborationError(hw('Top', { out: Out(U(4)) }, (_m, io) => {
      io.out = zero; // @firstDrive
      io.out = one; // @secondDrive
    }))).toBe(`doubly-driven: Top.out is driven again  at ${at('secondDrive')}, declared at ${at('firstDrive')}; put the default first and the exceptions in when()`);
  });

  it('finds a default that comes after its exceptions', () => {
    expect(elaborationError(hw('Top', { c: In(B), out: Out(U(4)) }, (m, io) => {
      m.when(io.c, () => {
        io.out = one; // @exception
      });
      io.out = zero; // @lateDefault
    }))).toBe(`doubly-driven: Top.out is driven again  at ${at('lateDefault')}, declared at ${at('exception')}; put the default first and the exceptions in when()`);
  });

  it('looks at parts: other fields and elements are not the same place', () => {
    const Pair = bundle('Pair', { high: U(4), low: U(4) });
    const Top = (again: boolean) => hw('Top', {}, (m) => {
      const w = m.wires({ pair: Pair, v: vec(U(4), 2) });
      w.pair.high = zero;
      w.pair.low = one;
      w.v.put(0, zero);
      w.v.put(again ? 0 : 1, one);
    });
    expect(() => elaborate(Top(false))).not.toThrow();
    expect(elaborationError(Top(true))).toMatch(/^doubly-driven: Top\.v\[0\] is driven again {2}/);
  });

  it('allows a default, exceptions in turn and a dynamic element', () => {
    const Top = hw('Top', { c: In(B), d: In(B), i: In(U(2)), out: Out(vec(U(4), 4)) }, (m, io) => {
      io.out.put(0, zero);
      io.out.put(1, zero);
      io.out.put(2, zero);
      io.out.put(3, zero);
      m.when(io.c, () => io.out.put(2, one));
      m.when(io.d, () => io.out.put(io.i, one));
    });
    expect(() => elaborate(Top)).not.toThrow();
  });
});

describe('latch', () => {
  it('names the first assignment and the declaration', () => {
    expect(elaborationError(hw('Top', { c: In(B), out: Out(U(4)) }, (m, io) => { // @latchDeclared
      m.when(io.c, () => {
        io.out = one; // @latchAt
      });
    }))).toBe(`latch: Top.out keeps its value on some paths  at ${at('latchAt')}, declared at ${at('latchDeclared')}; give it a default before the when, or make it a register`);
  });

  it('knows that a chain with otherwise and a full switch cover every path', () => {
    const State = enumeration('State', 'a', 'b', 'c');
    const Top = (full: boolean) => hw('Top', { s: In(State), c: In(B), d: In(B), x: Out(U(4)), y: Out(U(4)) }, (m, io) => {
      const chain = m.when(io.c, () => {
        io.x = zero;
      }).elseWhen(io.d, () => {
        io.x = one;
      });
      chain.otherwise(() => {
        io.x = U(4).lit(2);
      });
      m.switch(io.s, {
        a: () => (io.y = zero),
        b: () => (io.y = one),
        ...(full ? { c: () => (io.y = one) } : {}),
      });
    });
    expect(() => elaborate(Top(true))).not.toThrow();
    expect(elaborationError(Top(false))).toMatch(/^latch: Top\.y keeps its value on some paths {2}/);
  });

  it('does not trust a dynamic index to reach every element', () => {
    expect(elaborationError(hw('Top', { i: In(U(1)), out: Out(vec(U(4), 2)) }, (_m, io) => {
      io.out.put(io.i, one);
    }))).toMatch(/^latch: Top\.out\[0\] keeps its value on some paths {2}/);
  });

  it('is no matter for registers', () => {
    const Top = hw('Top', { c: In(B), out: Out(U(4)) }, (m, io) => {
      const r = m.regs({ r: U(4) });
      m.when(io.c, () => {
        r.r = one;
      });
      io.out = r.r;
    });
    expect(() => elaborate(Top)).not.toThrow();
  });
});
