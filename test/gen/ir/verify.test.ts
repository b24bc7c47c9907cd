/** The verifier of the intermediate representation: takes what every stage makes, and tells what is wrong with anything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, bundle, hw, vec } from '../../../gen/index.ts';
import type { Binary, Expr, Lit } from '../../../gen/ir/expr.ts';
import type { Assign, Module, Signal, Statement } from '../../../gen/ir/module.ts';
import { BOOL, sintType, uintType } from '../../../gen/ir/types.ts';
import { faultsOf, verify } from '../../../gen/ir/verify.ts';
import { elaborate } from '../../../gen/passes/elaborate.ts';
import { STAGES } from '../../../gen/passes/passes.ts';
import { Chip } from '../../../hw/soc/chip.ts';
import { loadConfig } from '../../../hw/soc/config-file.ts';
import { checkProperty } from '../../support/property.ts';
import { randomLanes } from '../random-lanes.ts';
import { randomModule } from '../random-modules.ts';
import { randomNames } from '../random-names.ts';
import { Rng } from '../rng.ts';

describe('the verifier', () => {
  it('finds nothing wrong with random modules and a whole chip, at any stage', { timeout: 60_000 }, () => {
    const stages = new Set<string>();
    const watch = (stage: string, m: Module): void => {
      stages.add(stage);
      verify(m, stage);
    };
    checkProperty(fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
      elaborate(randomModule('M', new Rng(seed)), watch);
      elaborate(randomNames(new Rng(seed)), watch);
      elaborate(randomLanes('L', () => new Rng(seed)), watch);
    }), { runs: 8, shrinks: false });
    elaborate(Chip(loadConfig('nano')), watch);
    expect([...stages].sort()).toEqual([...STAGES].sort());
  });
});

// ── one fault at a time ──

const Pair = bundle('Pair', { high: U(4), low: S(3) });
const Leaf = hw('Leaf', { x: In(U(4)), y: Out(U(4)) }, (_m, io) => void (io.y = io.x));
const Subject = hw('Subject', { a: In(U(4)), s: In(S(4)), flag: In(B), out: Out(U(4)), v: Out(vec(U(4), 3)) }, (m, io) => {
  const r = m.regs({ pair: Pair });
  const store = m.mem('store', U(4), 10, { init: [1n] });
  const leaf = m.inst('leaf', Leaf);
  leaf.x = io.a;
  r.pair.high = store.read(io.a);
  r.pair.low = io.s.trunc(3);
  io.out = leaf.y.xor(r.pair.high).xor(r.pair.low.asUInt().zext(4));
  io.v = [io.a, io.a, io.a] as never;
  store.write(io.a, io.a);
});

function subject(): Module {
  const { top } = elaborate(Subject);
  return top;
}

const site = subject().site;
const signal = (name: string): Signal => {
  const m = subject();
  return [...m.ports, ...m.regs].find((s) => s.name === name) as Signal;
};
const ref = (s: Signal): Expr => ({ op: 'ref', signal: s, type: s.type });
const lit = (value: bigint, width = 4): Lit => ({ op: 'lit', type: uintType(width), value });
const [a, s, flag, out, v, pair] = ['a', 's', 'flag', 'out', 'v', 'pair'].map(signal);
const binary = (fn: Binary['fn'], x: Expr, y: Expr, type: Binary['type'] = uintType(4)): Expr => ({ op: 'binary', fn, type, a: x, b: y });

const LANES = { count: 3, site };

/** `out = value` in place of the body. */
const value = (e: Expr): Partial<Module> => ({ body: [{ kind: 'assign', target: out, path: [], value: e, site }] });
const body = (...statements: Statement[]): Partial<Module> => ({ body: statements });
const assign = (target: Signal, path: Assign['path'], e: Expr): Statement => ({ kind: 'assign', target, path, value: e, site });
const [store] = subject().memories;
const [leaf] = subject().instances;

const FAULTS: readonly (readonly [Partial<Module>, string])[] = [
  [value(lit(16n)), 'lit: 16 as UInt<4>'],
  [value(lit(1n, 5)), 'assign: out: UInt<4> driven by UInt<5>'],
  [value({ op: 'ref', signal: { ...a }, type: a.type }), 'ref: a is not the module\'s'],
  [value({ op: 'ref', signal: s, type: uintType(4) }), 'ref: s as UInt<4>'],
  [value({ op: 'field', of: ref(pair), name: 'middle', type: uintType(4) }), 'field: .middle of Pair as UInt<4>'],
  [value({ op: 'field', of: ref(pair), name: 'low', type: uintType(4) }), 'field: .low of Pair as UInt<4>'],
  [value({ op: 'index', of: ref(v), index: 3, type: uintType(4) }), 'index: [3] of Vec<UInt<4>, 3> as UInt<4>'],
  [value({ op: 'index', of: ref(v), index: ref(s), type: uintType(4) }), 'index: index of type SInt<4>'],
  [value({ op: 'index', of: ref(a), index: ref(a), type: uintType(4) }), 'index: element of UInt<4> as UInt<4>'],
  [value({ op: 'unary', fn: 'not', a: ref(s), type: uintType(4) }), 'unary not: SInt<4>, UInt<4>'],
  [value({ op: 'unary', fn: 'orR', a: ref(a), type: uintType(4) }), 'unary orR: UInt<4>, UInt<4>'],
  [value(binary('add', ref(a), lit(1n, 5))), 'binary add: UInt<4>, UInt<5>, UInt<4>'],
  [value(binary('mul', ref(a), ref(a))), 'binary mul: UInt<4>, UInt<4>, UInt<4>'],
  [value(binary('shl', ref(a), ref(s))), 'binary shl: UInt<4>, SInt<4>, UInt<4>'],
  [value(binary('lt', ref(a), ref(a))), 'binary lt: UInt<4>, UInt<4>, UInt<4>'],
  [value(binary('lt', ref(flag), ref(flag), BOOL)), 'binary lt: Bool, Bool, Bool'],
  [value({ op: 'mux', cond: ref(a), a: ref(a), b: ref(a), type: uintType(4) }), 'mux: UInt<4>, UInt<4>, UInt<4>, UInt<4>'],
  [value({ op: 'slice', of: ref(a), lo: 1, type: uintType(4) }), 'slice: from 1 on of UInt<4>, UInt<4>'],
  [value({ op: 'slice', of: ref(s), lo: 0, type: sintType(4) }), 'slice: from 0 on of SInt<4>, SInt<4>'],
  [value({ op: 'cat', parts: [ref(a), ref(flag)], type: uintType(4) }), 'cat: UInt<4>, Bool as UInt<4>'],
  [value({ op: 'cast', of: ref(flag), type: uintType(4) }), 'cast: Bool, UInt<4>'],
  [value({ op: 'extend', of: ref(a), type: uintType(4) }), 'extend: UInt<4>, UInt<4>'],
  [value({ op: 'memRead', mem: store, addr: lit(1n, 3), type: uintType(4) }), 'memRead: address of store, 10 words, is UInt<3>'],
  [value({ op: 'memRead', mem: { ...store }, addr: ref(a), type: uintType(4) }), 'memRead: store is not the module\'s'],
  [body(assign(v, [], { op: 'vec', items: [ref(a)], type: { kind: 'vec', element: uintType(4), length: 3 } })), 'vec: 1 elements as Vec<UInt<4>, 3>'],
  [body(assign(a, [], ref(a))), 'assign: a is of kind input'],
  [body(assign({ ...out }, [], ref(a))), 'assign: out is not the module\'s'],
  [body(assign(v, [{ index: 3 }], ref(a))), 'assign: no such place in v: Vec<UInt<4>, 3>'],
  [body(assign(pair, [{ field: 'low' }], ref(a))), 'assign: pair: SInt<3> driven by UInt<4>'],
  [body({ kind: 'when', cond: ref(a), then: [], else: [], site }), 'when: UInt<4> is no condition'],
  [body({ kind: 'switch', on: ref(a), cases: [{ values: [1n], body: [] }, { values: [2n, 1n], body: [] }], default: [], site }), 'switch: a value stands in two cases'],
  [body({ kind: 'switch', on: ref(a), cases: [{ values: [16n], body: [] }], default: [], site }), 'switch: a value that UInt<4> cannot have'],
  [body({ kind: 'memWrite', mem: store, addr: ref(a), data: ref(s), site }), 'memWrite: store: UInt<4> is written SInt<4>'],
  [body({ kind: 'memWrite', mem: store, addr: ref(a), data: ref(a), mask: lit(1n, 3), site }), 'memWrite: store is written by lanes of UInt<3>'],
  [value({ op: 'lane', lanes: LANES, scale: 1, offset: 0, type: uintType(4) }), 'lane: outside of its loop'],
  [body({ kind: 'for', lanes: LANES, site, body: [assign(out, [], { op: 'lane', lanes: { ...LANES }, scale: 1, offset: 0, type: uintType(4) })] }), 'lane: outside of its loop'],
  [body({ kind: 'for', lanes: LANES, site, body: [assign(out, [], { op: 'lane', lanes: LANES, scale: 1, offset: 14, type: uintType(4) })] }), 'lane: 14 to 16 as UInt<4>'],
  [body({ kind: 'for', lanes: LANES, site, body: [assign(out, [], { op: 'lane', lanes: LANES, scale: -1, offset: 1, type: uintType(4) })] }), 'lane: -1 to 1 as UInt<4>'],
  [body({ kind: 'for', lanes: { ...LANES, count: 0 }, site, body: [] }), 'for: 0 rounds'],
  // Inside of statements too.
  [body({ kind: 'when', cond: ref(flag), then: [], else: [assign(out, [], ref(s))], site }), 'assign: out: UInt<4> driven by SInt<4>'],
  [{ wires: [{ ...out, name: 'a', kind: 'wire' }] }, 'two things are called a'],
  [{ wires: [{ ...out, name: 'w' }] }, 'w is of kind output, not wire'],
  [{ regs: [{ ...pair, reset: [undefined] }] }, 'pair has 2 parts and 1 reset values'],
  [{ regs: [{ ...pair, reset: [lit(1n), lit(1n, 3)] }] }, 'pair is reset to a value of another type'],
  [{ memories: [{ ...store, init: [16n] }] }, 'store has an initial word that does not fit'],
  [{ instances: [{ ...leaf, connections: new Map() }] }, 'instance leaf: nothing is connected to x'],
  [{ checks: [{ kind: 'cover', name: 'seen', cond: ref(a), message: '', site }] }, 'cover seen: UInt<4> is no condition'],
];

describe('of a module with one fault', () => {
  it('the verifier finds it', () => {
    expect(faultsOf(subject())).toEqual([]);
    for (const [change, fault] of FAULTS) expect(faultsOf({ ...subject(), ...change })).toContain(fault);
  });

  it('the error names the module and what has made it', () => {
    expect(() => verify({ ...subject(), ...value(lit(16n)) }, 'simplify')).toThrow('module Subject after simplify: lit: 16 as UInt<4>');
  });
});
