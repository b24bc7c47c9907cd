/** What the language says about mistakes that it sees at once: rule, names, both places, hint; word for word. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, Out, S, Sink, Source, U, blackBox, bool, bundle, elaborate, enumeration, flip, fromBits, hw, indexWidth, repeat, valueOf, vec, vecOf } from '../../../gen/index.ts';
import type { Bool, Builder, ModuleDef, Outside, SInt, UInt } from '../../../gen/index.ts';
import { createWasmSimulator } from '../../../sim/engine/index.ts';
import { elaborationError, errorOf, placesIn } from '../errors.ts';

const at = placesIn(import.meta.url);

/** A type that the compiler would reject, for the checks at elaboration. */
const as = <T>(value: unknown): T => value as T;
const messageOf = (body: () => unknown): string => errorOf(body).message;
/** Message of the error that a body raises. */
const inBody = (body: (m: Builder) => void): string => elaborationError(hw('Top', {}, body));

describe('width-mismatch', () => {
  it('names target, source and both places', () => {
    const Top = hw('Top', { wide: In(U(16)), out: Out(U(8)) }, (_m, io) => { // @wideDeclared
      io.out = as<UInt<8>>(io.wide); // @wideAt
    });
    expect(elaborationError(Top)).toBe(
      `width-mismatch: out (UInt<8>) ← wide (UInt<16>)  at ${at('wideAt')}, declared at ${at('wideDeclared')}; trunc(), sat() or widen the target`,
    );
  });

  it('proposes extension by sign where the source is narrower', () => {
    const unsigned = hw('Top', { a: In(U(4)), out: Out(U(8)) }, (_m, io) => { // @narrowDeclared
      io.out = as<UInt<8>>(io.a); // @narrowAt
    });
    expect(elaborationError(unsigned)).toBe(`width-mismatch: out (UInt<8>) ← a (UInt<4>)  at ${at('narrowAt')}, declared at ${at('narrowDeclared')}; zext()`);
    const signed = hw('Top', { a: In(S(4)), out: Out(S(8)) }, (_m, io) => {
      io.out = as<SInt<8>>(io.a);
    });
    expect(elaborationError(signed)).toMatch(/^width-mismatch: out \(SInt<8>\) ← a \(SInt<4>\) .*; sext\(\)$/);
  });

  it('names an operand by its place in a record', () => {
    const Pair = bundle('Pair', { high: U(4), low: U(6) });
    expect(inBody((m) => {
      const r = m.regs({ pair: Pair, sum: U(8) }); // @operandDeclared
      r.sum = r.sum.addWrap(as<UInt<8>>(r.pair.low)); // @operandAt
    })).toBe(`width-mismatch: UInt<8> ← pair.low (UInt<6>)  at ${at('operandAt')}, declared at ${at('operandDeclared')}; zext()`);
  });

  it('stops extensions that narrow and truncations that widen', () => {
    expect(inBody((m) => {
      const w = m.wires({ a: S(8) }); // @extendDeclared
      w.a.sext(4); // @extendAt
    })).toBe(`width-mismatch: extension of a (SInt<8>) to 4 bits  at ${at('extendAt')}, declared at ${at('extendDeclared')}; trunc() or sat()`);
    expect(inBody((m) => {
      const w = m.wires({ a: U(8) }); // @truncDeclared
      w.a.trunc(9); // @truncAt
    })).toBe(`width-mismatch: truncation of a (UInt<8>) to 9 bits  at ${at('truncAt')}, declared at ${at('truncDeclared')}; zext()`);
  });

  it('counts the elements of a vector', () => {
    expect(messageOf(() => valueOf(vec(U(4), 3), [1, 2]))).toMatch(/^width-mismatch: 2 elements for Vec<UInt<4>, 3>  at \S+; give one value an element$/);
  });

  it('checks addresses of memories', () => {
    expect(inBody((m) => {
      const w = m.wires({ a: U(5) });
      const mem = m.mem('store', U(8), 16); // @memDeclared
      mem.read(w.a); // @memAt
    })).toBe(
      `width-mismatch: address of store (UInt<4>) ← a (UInt<5>)  at ${at('memAt')}, declared at ${at('memDeclared')}; trunc(), sat() or widen the target`,
    );
  });
});

describe('type-mismatch', () => {
  it('refuses a vector whose driver is none', () => {
    const message = inBody((m) => {
      const { w } = m.wires({ w: vec(U(8), 2) });
      Reflect.construct(w.constructor, [w.expr, 'drive']);
    });
    expect(message).toMatch(/^type-mismatch: a value was made of /);
  });

  it('tells how to convert', () => {
    const Top = hw('Top', { flag: In(B), count: In(U(3)), level: In(S(3)), b: Out(B), u: Out(U(3)), s: Out(S(3)) }, (_m, io) => { // @mixDeclared
      const target = as<Record<string, unknown>>(io);
      const drive = (name: string, value: unknown): string => messageOf(() => (target[name] = value)); // @mixAt
      const places = `  at ${at('mixAt')}, declared at ${at('mixDeclared')}; `;
      expect(drive('b', io.count)).toBe(`type-mismatch: b (Bool) ← count (UInt<3>)${places}use ne(0), bit(i) or asBool()`);
      expect(drive('u', io.flag)).toBe(`type-mismatch: u (UInt<3>) ← flag (Bool)${places}use asUInt().zext()`);
      expect(drive('s', io.flag)).toBe(`type-mismatch: s (SInt<3>) ← flag (Bool)${places}use asUInt().zext().asSInt()`);
      expect(drive('s', io.count)).toBe(`type-mismatch: s (SInt<3>) ← count (UInt<3>)${places}use asSInt() or zext().asSInt()`);
      expect(drive('u', io.level)).toBe(`type-mismatch: u (UInt<3>) ← level (SInt<3>)${places}use asUInt()`);
      expect(drive('u', undefined)).toBe(`type-mismatch: undefined where UInt<3> is expected${places}convert it by name`);
      expect(drive('u', 'three')).toBe(`type-mismatch: string three where UInt<3> is expected${places}convert it by name`);
      io.b = io.flag;
      io.u = io.count;
      io.s = io.level;
    });
    Top.elaborate();
  });

  it('lists fields and members', () => {
    const Pair = bundle('Pair', { high: U(4), low: U(6) });
    const State = enumeration('State', 'idle', 'busy');
    expect(messageOf(() => valueOf(Pair, { high: 1, mid: 2 }))).toMatch(/^type-mismatch: Pair has no field 'mid'  at \S+; fields are high, low$/);
    expect(messageOf(() => valueOf(Pair, { high: 1 }))).toMatch(/^type-mismatch: field 'low' of Pair is missing  at \S+; give every field$/);
    expect(messageOf(() => State.idle.eq(as<'idle'>('lost')))).toBe(`type-mismatch: State has no member 'lost'  at ${at('lostAt')}; members are idle, busy`); // @lostAt
  });

  it('wants a type for a mux, an element for a vector and a signal for let', () => {
    expect(messageOf(() => bool(true).mux(1,
      2))).toMatch(/^type-mismatch: mux of two literals has no type  at \S+; write one of them as U\(width\)\.lit\(value\)$/);
    expect(messageOf(() => vecOf([as<UInt>(1)]))).toMatch(/^type-mismatch: a vector needs at least one hardware value  at \S+; give signals, not numbers$/);
    expect(inBody((m) => {
      m.let({ x: 5 });
    })).toMatch(/^type-mismatch: number 5 is not a hardware value  at \S+; give a signal$/);
  });
});

describe('literal-range', () => {
  it('tells the range', () => {
    expect(messageOf(() => U(8).lit(256))).toBe(`literal-range: 256 does not fit UInt<8> (0..255)  at ${at('lit')}; use a value in range or a wider type`); // @lit
    expect(messageOf(() => S(4).lit(-9))).toMatch(/^literal-range: -9 does not fit SInt<4> \(-8\.\.7\)  at /);
    expect(messageOf(() => U(4).lit(1.5))).toMatch(/^literal-range: 1\.5 is not a whole number  at \S+; use an integer or a bigint$/);
    expect(messageOf(() => U(4, 16))).toMatch(/^literal-range: 16 does not fit UInt<4> \(0\.\.15\)  at /);
    expect(inBody((m) => {
      const r = m.regs({ a: S(3) });
      r.a.addWrap(4);
    })).toMatch(/^literal-range: 4 does not fit SInt<3> \(-4\.\.3\)  at /);
  });
});

describe('bad-width', () => {
  it('wants whole numbers of bits, at least one', () => {
    expect(messageOf(() => U(0))).toBe(`bad-width: 0 bits  at ${at('zero')}; a width is a whole number, at least 1 and at most 65536`); // @zero
    expect(messageOf(() => S(2.5))).toMatch(/^bad-width: 2\.5 bits  at /);
    expect(messageOf(() => bundle('Empty', {}))).toMatch(/^bad-width: bundle Empty has no fields  at \S+; give at least one field$/);
    expect(messageOf(() => enumeration('Empty'))).toMatch(/^bad-width: enumeration Empty has no members  at \S+; give at least one member$/);
    expect(messageOf(() => vec(B, 0))).toMatch(/^bad-width: vector of 0 elements  at \S+; give at least one element$/);
    expect(messageOf(() => U(4).lit(1).trunc(0))).toMatch(/^bad-width: truncation of 0 bits  at /);
    expect(messageOf(() => U(4).lit(1).zext(-1))).toMatch(/^bad-width: extension of -1 bits  at /);
  });
});

describe('drive-input', () => {
  it('stops a body from driving its own inputs', () => {
    const Top = hw('Top', { a: In(U(8)) }, (_m, io) => { // @inputDeclared
      as<{ a: UInt }>(io).a = U(8).lit(1); // @inputAt
    });
    expect(elaborationError(Top)).toBe(
      `drive-input: a is driven from outside  at ${at('inputAt')}, declared at ${at('inputDeclared')}; drive an output, a wire or a register`,
    );
  });

  it('stops a parent from driving its child\'s outputs, and a sink from driving valid', () => {
    const Child = hw('Child', { out: Out(B) }, (_m, io) => {
      io.out = bool(true);
    });
    expect(inBody((m) => {
      const c = m.inst('child', Child); // @outDeclared
      as<{ out: Bool }>(c).out = bool(false); // @outAt
    })).toBe(`drive-input: child_out is driven from outside  at ${at('outAt')}, declared at ${at('outDeclared')}; drive an output, a wire or a register`);
    const Taker = hw('Taker', { in: Sink(U(8)) }, (_m, io) => {
      as<{ valid: Bool }>(io.in).valid = bool(true);
    });
    expect(elaborationError(Taker)).toMatch(/^drive-input: in_valid is driven from outside {2}at /);
  });
});

describe('drive-value', () => {
  it('stops the driving of what is only a value', () => {
    const Pair = bundle('Pair', { high: U(4), low: U(6) });
    expect(inBody((m) => {
      const w = m.wires({ a: U(10) });
      const pair = fromBits(Pair, w.a);
      pair.low = U(6).lit(1); // @valueAt
    })).toBe(`drive-value: cast.low is a value, not a wire, register or output  at ${at('valueAt')}; assign to a wire`);
    expect(messageOf(() => vecOf([U(4).lit(1)]).put(0, U(4).lit(2)))).toMatch(/^drive-value: vec is a value, not a wire, register or output  at /);
  });

  it('stops the driving of a name given by let', () => {
    expect(inBody((m) => {
      const w = m.wires({ a: U(4) });
      const names = m.let({ sum: w.a.addWrap(1) }); // @letDeclared
      as<{ sum: UInt }>(names).sum = w.a; // @letAt
    })).toBe(`drive-value: sum is the name of a value  at ${at('letAt')}, declared at ${at('letDeclared')}; declare it with wires() to drive it`);
  });
});

describe('foreign-signal', () => {
  it('stops a child that reads its parent', () => {
    const Top = hw('Top', { a: In(U(1)), out: Out(U(1)) }, (m, io) => { // @parent
      const Child = hw('Child', { out: Out(U(1)) }, (_m, own) => {
        own.out = io.a; // @reads
      });
      io.out = m.inst('child', Child).out;
    });
    expect(elaborationError(Top)).toBe(`foreign-signal: a belongs to another module than Child  at ${at('reads')}, declared at ${at('parent')}; pass it through a port`);
  });

  it('stops a child that drives its parent, its registers and its memories', () => {
    const attempt = (body: (parent: Builder, drive: () => void) => void): string => inBody((m) => {
      m.inst('child', hw('Child', {}, () => body(m, () => undefined)));
    });
    const Top = hw('Top', { out: Out(U(1)) }, (m, io) => { // @grandparent
      m.inst('child', hw('Child', {}, () => {
        io.out = U(1).lit(0); // @drives
      }));
    });
    expect(elaborationError(Top)).toBe(`foreign-signal: out belongs to another module than Child  at ${at('drives')}, declared at ${at('grandparent')}; pass it through a port`);
    expect(attempt((m) => m.mem('store', U(1), 2))).toMatch(/^outside-body: mem\(\) of Top in the body of Child  at \S+; use the builder that the body is given$/);
    expect(inBody((m) => {
      const store = m.mem('store', U(1), 2);
      m.inst('child', hw('Child', {}, () => store.write(U(1).lit(0), U(1).lit(1))));
    })).toMatch(/^outside-body: write\(\) of Top in the body of Child  at /);
  });

  it('stops the reading of another module\'s memory', () => {
    const Top = hw('Top', { out: Out(U(4)) }, (m, io) => {
      const store = m.mem('store', U(4), 2); // @otherMemory
      const Child = hw('Child', { out: Out(U(4)) }, (_m, own) => {
        own.out = store.read(U(1).lit(0)); // @memoryRead
      });
      io.out = m.inst('child', Child).out;
    });
    expect(elaborationError(Top)).toBe(
      `foreign-signal: memory store belongs to another module than Child  at ${at('memoryRead')}, declared at ${at('otherMemory')}; pass its port through ports`,
    );
  });
});

describe('names', () => {
  it('are declared once', () => {
    expect(inBody((m) => {
      m.wires({ a: B }); // @first
      m.regs({ a: Flag(false) }); // @second
    })).toBe(`duplicate-name: 'a' is declared twice in Top  at ${at('second')}, declared at ${at('first')}; choose another name`);
  });

  it('are declared once after ports are flattened', () => {
    expect(elaborationError(hw('Top', { req_addr: In(B), req: { addr: In(B) } }, () => undefined))).toMatch(/^duplicate-name: 'req_addr' is declared twice in Top  at /);
  });

  it('are not words of SystemVerilog, nor the clock and the reset', () => {
    expect(inBody((m) => {
      m.wires({ logic: B }); // @reserved
    })).toBe(`reserved-name: 'logic' is reserved  at ${at('reserved')}; choose another name`);
    for (const name of ['clk', 'rst', 'module', 'unused', ...['process', 'mailbox', 'semaphore'], ...['bool', 'wone', 'wreal']]) {
      expect(inBody((m) => {
        m.wires({ [name]: B });
      })).toMatch(new RegExp(`^reserved-name: '${name}' is reserved  at `));
    }
  });

  it('are identifiers, whether of modules, signals, fields or members', () => {
    expect(messageOf(() => hw('My Top', {}, () => undefined))).toBe(`bad-name: 'My Top' is no identifier  at ${at('bad')}; use letters, digits and _, starting with a letter`); // @bad
    for (const name of ['1a', '_a', 'a-b', 'ä', 'a$b', '']) {
      expect(inBody((m) => {
        m.wires({ [name]: B });
      })).toMatch(/^bad-name: /);
      expect(messageOf(() => bundle('Pair', { [name]: B }))).toMatch(/^bad-name: /);
      expect(messageOf(() => enumeration('State', name))).toMatch(/^bad-name: /);
    }
    expect(messageOf(() => bundle('Pair', { output: B }))).toMatch(/^reserved-name: 'output' is reserved  at /);
  });

  it('of the top\'s ports are not the top\'s', () => {
    expect(elaborationError(hw('counter', { counter: In(B) }, () => undefined))) // @like
      .toBe(`hidden-name: port counter of the top module is called like it  at ${at('like')}; choose another name for one of them`);
  });

  it('are short enough for files and for Verilator', () => {
    expect(messageOf(() => hw('M'.repeat(101), {}, () => undefined))) // @long
      .toBe(`bad-name: 'MMMMMMMMMMMMMMMMMMMM…' has 101 characters  at ${at('long')}; use at most 100`);
    hw('M'.repeat(100), {}, () => undefined);
  });

  it('of instances are none of their module\'s own signals, which would hide them in SystemVerilog', () => {
    const Child = hw('Child', { store: In(B), out: Out(B) }, (m, io) => { // @hiding
      const r = m.regs({ held: B }); // @hidingInside
      r.held = io.store;
      io.out = r.held;
    });
    expect(inBody((m) => {
      m.inst('store', Child); // @hidden
    })).toBe(`hidden-name: instance Top.store is called like a port of Child  at ${at('hidden')}, declared at ${at('hiding')}; choose another name for the instance`);
    expect(inBody((m) => {
      m.inst('held', Child); // @hiddenInside
    })).toBe(`hidden-name: instance Top.held is called like a signal of Child  at ${at('hiddenInside')}, declared at ${at('hidingInside')}; choose another name for the instance`);
    const Box = blackBox('Box', { I: In(B) }, { cell: 'BOX', behaviour: (m, io) => {
      m.let({ copy: io.I });
    } });
    expect(inBody((m) => {
      m.inst('copy', Box);
    })).toMatch(/^hidden-name: instance Top\.copy is called like a signal of Box  at /);
  });

  it('of members are distinct and none of the shape\'s own', () => {
    expect(messageOf(() => enumeration('State', 'a', 'b', 'a'))).toMatch(/^duplicate-name: 'a' is twice a member of State  at \S+; keep one$/);
    expect(messageOf(() => enumeration('State', 'idle', 'reset'))).toMatch(/^reserved-name: 'reset' cannot be a member of State  at \S+; choose another name$/);
  });

  it('of enumerations mean one set of members in a module', () => {
    const One = enumeration('State', 'idle', 'busy');
    const Two = enumeration('State', 'off', 'on', 'lost');
    const Top = hw('Top', { one: Out(One), two: Out(Two) }, (_m, io) => { // @enumTop
      io.one = One.idle;
      io.two = Two.off;
    });
    expect(elaborationError(Top)).toMatch(/^duplicate-name: Top uses two enumerations called State  at \S+, declared at \S+; give one of them another name$/);
    expect(elaborationError(Top)).toContain(`declared at ${at('enumTop')}`);
  });
});

describe('out-of-range', () => {
  it('tells what there is', () => {
    expect(inBody((m) => {
      const w = m.wires({ v: vec(U(4), 3) }); // @vecDeclared
      w.v.at(3); // @vecAt
    })).toBe(`out-of-range: element 3 of Vec<UInt<4>, 3>  at ${at('vecAt')}, declared at ${at('vecDeclared')}; use 0..2`);
    expect(inBody((m) => {
      m.wires({ v: vec(U(4), 3) }).v.put(-1, U(4).lit(0));
    })).toMatch(/^out-of-range: element -1 of Vec<UInt<4>, 3>  at /);
    expect(messageOf(() => U(8).lit(1).slice(8, 2))).toMatch(/^out-of-range: bits 8:2 of a 8-bit value  at \S+; use 7 >= hi >= lo >= 0$/);
    expect(messageOf(() => U(8).lit(1).slice(2, 3))).toMatch(/^out-of-range: bits 2:3 of a 8-bit value  at /);
    expect(messageOf(() => U(8).lit(1).bit(8))).toMatch(/^out-of-range: bits 8:8 of a 8-bit value  at /);
    expect(messageOf(() => U(8).lit(1).shr(-1))).toMatch(/^out-of-range: shift by -1  at \S+; shift by 0 or more, and at most 65536$/);
  });
});

describe('missing-case', () => {
  it('stops a value in two branches and a branch of no value', () => {
    expect(inBody((m) => {
      const w = m.wires({ a: U(3) });
      m.switchOn(w.a, [[[1, 2], () => undefined], [2, () => undefined]]); // @twice
    })).toBe(`missing-case: value 2 stands in two branches of a switch  at ${at('twice')}; keep one of them`);
    expect(inBody((m) => {
      const w = m.wires({ a: U(3) });
      m.switchOn(w.a, [[[], () => undefined]]); // @none
    })).toBe(`missing-case: a branch of a switch has no value  at ${at('none')}; give it one, or leave it out`);
  });
});

describe('operator', () => {
  const hint = 'use the methods: a.addWrap(b), a.lt(b), a.eq(b), cond.mux(a, b)';
  it('stops JavaScript operators and templates on signals', () => {
    const a = as<number>(U(4).lit(3));
    expect(messageOf(() => a + 1)).toBe(`operator: a signal was used with a JavaScript operator or in a template  at ${at('plus')}; ${hint}`); // @plus
    for (const wrong of [() => a < 3, () => `${a}`, () => -a, () => a << 1, () => Number(a)]) {
      expect(messageOf(wrong)).toMatch(/^operator: /);
    }
  });
});

describe('memory', () => {
  it('stops memories without words, masks that do not divide and initial words that do not fit', () => {
    expect(inBody((m) => {
      m.mem('store', U(8), 0); // @noWords
    })).toBe(`memory: memory store of 0 words  at ${at('noWords')}; a depth is a whole number, at least 1 and at most 4294967296`);
    expect(inBody((m) => {
      const mem = m.mem('store', U(8), 4); // @maskDeclared
      mem.writeMasked(U(2).lit(0), U(8).lit(0), U(3).lit(7)); // @maskAt
    })).toBe(`memory: mask of 3 bits for words of 8 bits  at ${at('maskAt')}, declared at ${at('maskDeclared')}; the mask must divide the word evenly`);
    expect(inBody((m) => {
      m.mem('rom', U(8), 2, { init: [1n, 2n, 3n] });
    })).toMatch(/^memory: 3 initial words for memory rom of 2 words  at \S+; give at most one a word$/);
    expect(inBody((m) => {
      m.mem('rom', U(8), 2, { init: [1n, 256n] });
    })).toMatch(/^memory: initial word 1 of memory rom is 256  at \S+; give bit patterns 0\.\.2\^8-1$/);
  });
});

describe('grid-wiring', () => {
  const Cell = hw('Cell', { a: In(U(8)), b: In(U(4)), out: Out(U(8)) }, (_m, io) => { // @cell
    io.out = io.a;
  });
  const rows = vecOf([U(8).lit(1), U(8).lit(2)]);

  it('stops grids without cells and grids of black boxes', () => {
    expect(inBody((m) => {
      m.grid('mesh', Cell, 0, 2); // @noCells
    })).toBe(`grid-wiring: grid mesh of 0 × 2  at ${at('noCells')}; give at least one row and one column, and at most 2^20 cells`);
    const Box = blackBox('Box', { a: In(B) }, { cell: 'BOX' });
    expect(inBody((m) => {
      m.grid('mesh', Box, 2, 2);
    })).toMatch(/^grid-wiring: cells of grid mesh are black boxes \(Box\)  at \S+; wrap the box in a module$/);
  });

  it('stops an input that is wired twice', () => {
    expect(inBody((m) => {
      const g = m.grid('mesh', Cell, 2, 2);
      g.row('a', rows); // @wiredFirst
      g.all('a', U(8).lit(0)); // @wiredTwice
    })).toBe(`grid-wiring: input a of mesh is wired twice  at ${at('wiredTwice')}, declared at ${at('wiredFirst')}; keep one`);
  });

  it('stops ports that do not exist or differ in type', () => {
    expect(inBody((m) => {
      m.grid('mesh', Cell, 2, 2).all(as<'a'>('z'), U(8).lit(0)); // @noPort
    })).toBe(`grid-wiring: Cell has no input 'z'  at ${at('noPort')}, declared at ${at('cell')}; inputs are a, b`);
    expect(inBody((m) => {
      m.grid('mesh', Cell, 2, 2).fromWest('b', as<never>('out'), as<never>(rows)); // @twoTypes
    })).toBe(`grid-wiring: mesh: input b (UInt<4>) ← output out (UInt<8>)  at ${at('twoTypes')}, declared at ${at('cell')}; wire ports of one type`);
  });

  it('stops an edge of the wrong length and a row that is not there', () => {
    expect(inBody((m) => {
      m.grid('mesh', Cell, 3, 2).fromWest('a', 'out', rows); // @edge
    })).toBe(`type-mismatch: mesh.a (Vec<UInt<8>, 3>) ← vec (Vec<UInt<8>, 2>)  at ${at('edge')}, declared at ${at('cell')}; convert it by name`);
    expect(inBody((m) => {
      m.grid('mesh', Cell, 2, 2).rowOut('out', 2); // @noRow
    })).toBe(`out-of-range: row 2 of grid mesh (2 × 2)  at ${at('noRow')}; use 0..1`);
  });

  it('leaves no input of a cell unwired', () => {
    expect(elaborationError(hw('Top', {}, (m) => {
      m.grid('mesh', Cell, 2, 2).row('a', rows); // @unwired
    }))).toBe(`undriven: input b of grid Top.mesh  at ${at('unwired')}, declared at ${at('cell')}; wire it with all(), row(), column(), cell() or from…()`);
  });
});

describe('connection', () => {
  const Bus = { req: Out(B), addr: Out(U(8)), gnt: In(B) };
  const Manager = hw('Manager', { bus: Bus, data: { word: Out(U(16)), at: Out(bundle('At', { row: U(4), col: U(2) })) } }, (_m, io) => {
    io.bus.req = io.bus.gnt;
    io.bus.addr = U(8).lit(1);
    io.data.word = U(16).lit(2);
    io.data.at = valueOf(bundle('At', { row: U(4), col: U(2) }), { row: 1, col: 2 });
  });
  const Subordinate = hw('Subordinate', {
    bus: flip(Bus), narrow: { word: In(U(8)) }, short: { req: In(B), addr: In(U(8)) }, other: { at: In(bundle('At', { row: U(4), col: U(3) })) }, flat: { at: In(B) },
  }, (_m, io) => {
    io.bus.gnt = io.bus.req;
  });
  /** Message of the error of a link between the two. */
  const linking = (body: (m: Builder, a: Outside<typeof Manager.ports>, b: Outside<typeof Subordinate.ports>) => void): string =>
    inBody((m) => {
      const a = m.inst('a', Manager); // @linkA
      const b = m.inst('b', Subordinate); // @linkB
      body(m, a, b);
    });

  it('names the member that one side has not, whichever side it is', () => {
    expect(linking((m, a, b) => {
      m.link(a.bus, as<typeof b.bus>(b.short)); // @missing
    })).toBe(`connection: Top.b.short has no 'gnt' to connect with Top.a.bus  at ${at('missing')}, declared at ${at('linkB')}; it has req, addr; name the members to connect if not all are meant`);
    expect(linking((m, a, b) => {
      m.link(b.short, a.bus); // @missingThere
    })).toBe(`connection: Top.b.short has no 'gnt' to connect with Top.a.bus  at ${at('missingThere')}, declared at ${at('linkB')}; it has req, addr; name the members to connect if not all are meant`);
    expect(linking((m, a, b) => {
      m.link(a.bus, b.bus, as<['req']>(['req', 'we'])); // @named
    })).toBe(`connection: Top.b.bus has no 'we' to connect with Top.a.bus  at ${at('named')}, declared at ${at('linkB')}; it has req, addr, gnt; name the members to connect if not all are meant`);
  });

  it('wants one side to drive what the other takes', () => {
    expect(inBody((m) => {
      const first = m.inst('first', Manager); // @driverA
      const second = m.inst('second', Manager); // @driverB
      m.link(first.bus, second.bus); // @drivers
    })).toBe(`connection: Top.first.bus.req and Top.second.bus.req are both driven already  at ${at('drivers')}, declared at ${at('driverB')}; flip() the ports of one of them`);
    expect(inBody((m) => {
      const first = m.inst('first', Subordinate);
      const second = m.inst('second', Subordinate); // @takerB
      m.link(first.bus, second.bus); // @takers
    })).toBe(`connection: Top.first.bus.req and Top.second.bus.req both wait to be driven  at ${at('takers')}, declared at ${at('takerB')}; flip() the ports of one of them`);
    // A parent that stands in for its child has the child's directions.
    expect(elaborationError(hw('Top', { bus: Bus }, (m, io) => {
      m.link(io.bus, m.inst('b', Subordinate).bus);
    }))).toMatch(/^connection: Top\.bus\.req and Top\.b\.bus\.req both wait to be driven  at /);
  });

  it('tells a difference of widths with the path of the port, in bundles too', () => {
    expect(linking((m, a, b) => {
      m.link(a.data, as<{ word: UInt<16> }>(b.narrow), ['word']); // @linkWidth
    })).toBe(`width-mismatch: Top.b.narrow.word (UInt<8>) ← a_data_word (UInt<16>)  at ${at('linkWidth')}, declared at ${at('linkB')}; trunc(), sat() or widen the target`);
    expect(linking((m, a, b) => {
      m.link(as<{ at: { row: UInt<4>; col: UInt<3> } }>(a.data), b.other, ['at']); // @linkField
    })).toBe(`width-mismatch: Top.b.other.at.col (UInt<3>) ← a_data_at_col (UInt<2>)  at ${at('linkField')}, declared at ${at('linkB')}; zext()`);
  });

  it('does not connect a record with a port, nor what is no record of ports', () => {
    expect(linking((m, a, b) => {
      m.link(as<{ at: Bool }>(a.data), b.flat, ['at']); // @linkKind
    })).toBe(`connection: Top.a.data.at is a record of ports and Top.b.flat.at is one port  at ${at('linkKind')}, declared at ${at('linkB')}; connect records of equal members`);
    expect(linking((m, _a, b) => {
      m.link(b.bus, m.wires({ req: B, addr: U(8), gnt: B })); // @linkWires
    })).toBe(`connection: one side is no record of ports  at ${at('linkWires')}; give ports of this module or of an instance`);
  });
});

describe('no-module', () => {
  it('names a module that stands deeper than the stack reaches, and takes all others', () => {
    const Through = { a: In(U(8)), out: Out(U(8)) };
    const chain = (n: number): ModuleDef<typeof Through> => hw(`Level${n}`, Through, (m, io) => {
      const below = n === 0 ? undefined : m.inst('below', chain(n - 1)); // @deeper
      if (below) below.a = io.a;
      io.out = below ? below.out : io.a;
    });
    expect(createWasmSimulator(elaborate(chain(399))).peek('out')).toBe(0n);
    const tooDeep = `stands 400 modules deep  at ${at('deeper')}; end the recursion: modules stand at most 400 deep in each other`;
    expect(elaborationError(chain(400))).toBe(`no-module: Level0 ${tooDeep}`);
    expect(elaborationError(chain(10_000))).toBe(`no-module: Level9600 ${tooDeep}`);
    expect(elaborationError(chain(Infinity))).toBe(`no-module: LevelInfinity ${tooDeep}`);
  });

  it('stops a module that contains itself, and says so each time', () => {
    const Loop = hw('Loop', {}, (m) => { // @itself
      m.inst('inner', Loop);
    });
    const expected = `no-module: Loop contains itself  at ${at('itself')}; break the recursion with a parameter`;
    expect(elaborationError(Loop)).toBe(expected);
    expect(elaborationError(Loop)).toBe(expected);
  });

  it('repeats an error of a body when it is elaborated again', () => {
    const Bad = hw('Bad', {}, () => {
      U(1).lit(2);
    });
    expect(elaborationError(Bad)).toMatch(/^literal-range: /);
    expect(elaborationError(Bad)).toMatch(/^literal-range: /);
  });
});

describe('bad-text', () => {
  it('stops characters that no tool prints', () => {
    for (const text of ['a\0b', 'half \ud83d', '\udc00']) {
      expect(inBody((m) => {
        m.assert('ok', bool(true), text); // @badText
      })).toBe(`bad-text: the text of ok holds a character that is in no printed line  at ${at('badText')}; leave out NUL and halves of surrogate pairs`);
    }
    expect(inBody.bind(undefined, (m) => m.assert('ok', bool(true), 'a pair 😀'))).toThrow('no error was thrown');
  });
});

describe('no-member', () => {
  const Pair = bundle('Pair', { high: U(4), low: U(6) });
  const State = enumeration('State', 'idle', 'busy');
  const Child = hw('Child', { x: In(U(4)), y: Out(U(4)) }, (_m, io) => {
    io.y = io.x;
  });
  /** The message of the error of a read and of an assignment of the member `typo`. */
  const both = (handle: unknown): [string, string] => [
    messageOf(() => (handle as { typo: unknown }).typo), // @reads2
    messageOf(() => ((handle as { typo: unknown }).typo = U(4).lit(1))), // @writes2
  ];

  it('stops the reading and the driving of what does not exist, everywhere', () => {
    const Top = hw('Top', { a: In(U(8)), out: Out(U(8)), bus: { req: Out(B) }, from: Sink(U(2)), pair: Out(Pair), given: In(Pair) }, (m, io) => { // @memberTop
      const r = m.regs({ count: U(8, 0), held: Pair }); // @memberRegs
      const w = m.wires({ next: U(8), lanes: vec(Pair, 2) }); // @memberWires
      const child = m.inst('child', Child); // @memberInst
      const names = m.let({ sum: r.count.addWrap(1) }); // @memberLet
      const cases: readonly (readonly [unknown, string, string, string])[] = [
        [io, 'Top', 'memberTop', 'a, out, bus, from, pair, given'], [io.bus, 'Top.bus', 'memberTop', 'req'], [io.from, 'Top.from', 'memberTop', 'valid, ready, bits, fire'],
        [io.pair, 'pair (Pair)', 'memberTop', 'high, low'], [io.given, 'given (Pair)', 'memberTop', 'high, low'],
        [r, 'this regs() of Top', 'memberRegs', 'count, held'], [r.held, 'held (Pair)', 'memberRegs', 'high, low'], [w, 'this wires() of Top', 'memberWires', 'next, lanes'],
        [w.lanes.at(1), 'lanes[1] (Pair)', 'memberWires', 'high, low'], [child, 'Top.child', 'memberInst', 'x, y'], [names, 'this let() of Top', 'memberLet', 'sum'],
      ];
      for (const [handle, name, place, members] of cases) {
        const end = `, declared at ${at(place)}; it has ${members}`;
        expect(both(handle)).toEqual([`no-member: ${name} has no 'typo'  at ${at('reads2')}${end}`, `no-member: ${name} has no 'typo'  at ${at('writes2')}${end}`]);
      }
      for (const other of [m, m.mem('store', U(4), 4), m.grid('mesh', Child, 2, 2), m.when(io.a.eq(0), () => undefined), io.a, r.count, w.lanes, State, State.idle, U(8), In(U(8)), Child, Pair]) {
        for (const message of both(other)) expect(message).toMatch(/^no-member: .* has no 'typo' {2}at test\S+:\d+(, declared at \S+)?; it has \w/);
      }
    });
    expect(elaborationError(Top)).toMatch(/^undriven: /);
  });

  it('stops what JavaScript itself could do to a handle', () => {
    const tried = (body: (io: Record<string, unknown>, r: Record<string, unknown>) => void): string => elaborationError(hw('Top', { a: In(B), out: Out(B) }, (m, io) => {
      const r = m.regs({ held: Flag(false) });
      body(as<Record<string, unknown>>(io), as<Record<string, unknown>>(r)); // @handles
    }));
    expect(tried((io) => delete io.a)).toMatch(/^drive-value: 'a' of Top cannot be deleted {2}at test\S+:\d+, declared at test\S+:\d+; leave handles as they are$/);
    expect(tried((_io, r) => delete r.typo)).toMatch(/^drive-value: 'typo' of this regs\(\) of Top cannot be deleted {2}at /);
    expect(tried((io) => Object.defineProperty(io, 'out', { value: 1 }))).toMatch(/^drive-value: 'out' of Top cannot be defined anew {2}at /);
    expect(tried((_io, r) => Object.freeze(r))).toMatch(/^drive-value: this regs\(\) of Top cannot be frozen, nor sealed {2}at /);
    expect(tried((io) => Object.setPrototypeOf(io, {}))).toMatch(/^drive-value: Top cannot be made of another kind {2}at /);
    expect(messageOf(() => Object.defineProperty(U(4), 'width', { value: 5 }))).toMatch(/^drive-value: 'width' of a shape cannot be defined anew {2}at /);
  });

  it('stops the driving of what is there to be read', () => {
    expect(elaborationError(hw('Top', { bus: { req: In(B) } }, (_m, io) => {
      as<{ bus: unknown }>(io).bus = {}; // @wholeBus
    }))).toMatch(/^drive-value: 'bus' of Top cannot be assigned {2}at /);
    expect(messageOf(() => (as<{ width: number }>(U(4).lit(1)).width = 5))).toMatch(/^drive-value: 'width' of 1 \(UInt<4>\) cannot be assigned {2}at /);
    expect(messageOf(() => (as<{ idle: unknown }>(State).idle = 5))).toMatch(/^drive-value: 'idle' of a shape cannot be assigned {2}at /);
  });
});

describe('signs and kinds at run time', () => {
  it('are not mixed by any operation', () => {
    const Top = hw('Top', { u: In(U(8)), s: In(S(8)), flag: In(B), lanes: In(vec(U(8), 4)), out: Out(U(8)), from: Sink(U(8)), to: Source(S(8)) }, (m, io) => {
      const [u, s] = [as<Record<string, (o: unknown) => unknown>>(io.u), as<Record<string, (o: unknown) => unknown>>(io.s)];
      const mixed = ['addGrow', 'subGrow', 'mul', 'addWrap', 'subWrap', 'addSat', 'subSat', 'and', 'or', 'xor', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'];
      for (const name of mixed) {
        for (const [a, b] of [[u, s], [s, u], [u, io.flag], [s, io.flag], [u, true], [s, io.lanes]] as const) expect(messageOf(() => a[name](b)), name).toMatch(/^type-mismatch: .* {2}at test/);
      }
      for (const name of ['shr', 'shlWrap', 'bit']) for (const value of [u, s]) expect(messageOf(() => value[name](io.s)), name).toMatch(/^type-mismatch: \w+\(\): \w+ is a SInt<8>, not a number or a UInt {2}at /);
      expect(messageOf(() => io.lanes.at(as<UInt>(io.s)))).toMatch(/^type-mismatch: at\(\): i is a SInt<8>, not a number or a UInt {2}at /);
      expect(messageOf(() => io.flag.mux<unknown>(io.u, io.s))).toMatch(/^type-mismatch: UInt<8> ← s \(SInt<8>\) {2}at /);
      expect(messageOf(() => m.connect(io.from, as<typeof io.from & Parameters<typeof m.connect<UInt<8>>>[1]>(io.to)))).toMatch(/^type-mismatch: to_bits \(SInt<8>\) ← from_bits \(UInt<8>\) {2}at /);
      expect(messageOf(() => m.connect(io.from, as({ valid: 0, bits: 0 })))).toMatch(/^connection: the sink is no stream {2}at /);
      expect(messageOf(() => (io.out = as<UInt<8>>(true)))).toMatch(/^type-mismatch: boolean true where UInt<8> is expected {2}at /);
      expect(messageOf(() => U(8).lit(as<number>('5')))).toMatch(/^type-mismatch: string 5 where UInt<8> is expected {2}at /);
    });
    expect(elaborationError(Top)).toMatch(/^undriven: /);
  });
});

describe('outside-body', () => {
  it('stops statements when the body has ended, or in a child\'s, and asynchronous bodies', () => {
    let late: (() => void) | undefined;
    let more: (() => void) | undefined;
    hw('Top', { out: Out(U(1)) }, (m, io) => { // @lateTop
      io.out = U(1).lit(0);
      late = () => (io.out = U(1).lit(1)); // @late
      more = () => void m.regs({ a: B }); // @more
    }).elaborate();
    expect(messageOf(() => late?.())).toBe(`outside-body: out is driven when the body of Top has ended  at ${at('late')}, declared at ${at('lateTop')}; drive it in the body`);
    expect(messageOf(() => more?.())).toBe(`outside-body: regs() when the body of Top has ended  at ${at('more')}; use the builder that the body is given`);
    expect(messageOf(() => hw('Top', {}, as<() => void>(async () => Promise.resolve())))).toMatch(/^type-mismatch: hw\(\): body is an asynchronous or generator function, not a plain function {2}at /);
  });
});

describe('broken-chain', () => {
  it('stops a when that goes on twice or elsewhere', () => {
    const two = (body: (m: Builder, flag: Bool) => void): string => elaborationError(hw('Top', { flag: In(B) }, (m, io) => body(m, io.flag)));
    expect(two((m, flag) => {
      const first = m.when(flag, () => undefined); // @chain
      first.elseWhen(flag, () => undefined);
      first.otherwise(() => undefined); // @chainTwice
    })).toBe(`broken-chain: otherwise() of a when that has gone on already  at ${at('chainTwice')}, declared at ${at('chain')}; continue it once, where it stands`);
    expect(two((m, flag) => {
      const first = m.when(flag, () => undefined);
      m.when(flag, () => first.otherwise(() => undefined));
    })).toMatch(/^broken-chain: otherwise\(\) in another scope than its when {2}at /);
  });
});

describe('limits', () => {
  it('refuse at once what nobody can build', () => {
    const start = process.cpuUsage();
    const bit = bool(true);
    const longest: UInt = U(65_536).lit(1);
    for (const huge of [
      () => U(1e9), () => U(65_537), () => S(2 ** 40), () => repeat(bit, 1e9), () => U(8).lit(1n << 100_000n),
      () => U(8).lit(1).zext(1e9), () => U(8).lit(1).sat(2 ** 31), () => U(8).lit(1).shlGrow(1e9), () => U(8).lit(1).shr(2 ** 60),
      () => bit.asUInt().cat(longest), () => longest.mul(longest), () => longest.addGrow(bit.asUInt()),
      () => vec(U(8), 2 ** 40), () => vec(vec(vec(B, 1024), 1024), 2), () => vec(U(65_536), 1025),
    ]) expect(messageOf(huge)).toMatch(/^(bad-width|literal-range|out-of-range): .* {2}at test/);
    for (const huge of [
      (m: Builder) => m.mem('a', U(8), 2 ** 40), (m: Builder) => m.mem('a', U(65_536), 2 ** 30),
      (m: Builder) => m.grid('g', hw('C', {}, () => undefined), 2 ** 15, 2 ** 15),
    ]) expect(inBody((m) => void huge(m))).toMatch(/^(memory|grid-wiring): .* {2}at test/);
    const { user } = process.cpuUsage(start);
    expect(user / 1e6).toBeLessThan(2);
  });

  it('count every bit of an index', () => {
    const counts = [0, 1, 2, 3, 4, 5, 2 ** 32, 2 ** 32 + 1, 2 ** 49, 2 ** 49 + 1];
    expect(counts.map((n) => indexWidth(n))).toEqual([1, 1, 1, 2, 2, 3, 32, 33, 49, 50]);
    for (const n of [-1, NaN, 1.5]) expect(messageOf(() => indexWidth(n))).toMatch(/^out-of-range: indexWidth of \S+ {2}at \S+; give a whole number, 0 or more$/);
  });
});
