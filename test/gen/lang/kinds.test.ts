/** No kind of value is taken for another, wherever the language takes a value of a known kind. */
import { describe, expect, it } from 'vitest';
import { B, In, Out, S, U, elaborate, enumeration, hw, vec } from '../../../gen/index.ts';
import type { Bool } from '../../../gen/index.ts';

const State = enumeration('State', 'idle', 'busy');

/** What may be given, and which kinds take it. */
const GIVEN = {
  zero: { value: 0, fits: ['UInt', 'SInt'] },
  one: { value: 1, fits: ['UInt', 'SInt'] },
  two: { value: 2, fits: ['UInt', 'SInt'] },
  bigint: { value: 1n, fits: ['UInt', 'SInt'] },
  minusZero: { value: -0, fits: ['UInt', 'SInt'] },
  truth: { value: true, fits: ['Bool'] },
  falsehood: { value: false, fits: ['Bool'] },
  member: { value: 'idle', fits: ['enum'] },
  text: { value: '1', fits: [] },
  nothing: { value: null, fits: [] },
  missing: { value: undefined, fits: [] },
  list: { value: [true], fits: [] },
  flag: { value: 'f', isPort: true, fits: ['Bool'] },
  unsigned: { value: 'u', isPort: true, fits: ['UInt'] },
  oneBit: { value: 'u1', isPort: true, fits: [] },
  signed: { value: 's', isPort: true, fits: ['SInt'] },
  state: { value: 'e', isPort: true, fits: ['enum'] },
} as const;

const PORTS = {
  f: In(B), u: In(U(4)), u1: In(U(1)), s: In(S(4)), e: In(State),
  z: Out(B), n: Out(U(4)), i: Out(S(4)), k: Out(State), v: Out(vec(B, 2)),
};

/** Where a value of which kind is taken; called as JavaScript may, whatever the types say. */
type Given = never;
interface Use {
  readonly kind: 'Bool' | 'UInt' | 'SInt' | 'enum';
  readonly with: (x: unknown) => void;
}

function usesOf(m: Parameters<Parameters<typeof hw>[2]>[0], io: Record<string, never>): Record<string, Use> {
  type Method = (x: Given) => unknown;
  const { f, u, s, e } = io as unknown as { f: Bool; u: { and: Method; eq: Method }; s: { addWrap: Method }; e: { eq: Method } };
  const body = (): void => undefined;
  return {
    'a Bool output': { kind: 'Bool', with: (x) => void Reflect.set(io, 'z', x) },
    'a UInt output': { kind: 'UInt', with: (x) => void Reflect.set(io, 'n', x) },
    'an SInt output': { kind: 'SInt', with: (x) => void Reflect.set(io, 'i', x) },
    'an enumeration': { kind: 'enum', with: (x) => void Reflect.set(io, 'k', x) },
    'an element of a vector': { kind: 'Bool', with: (x) => (io.v as { put(i: number, x: unknown): void }).put(0, x) },
    when: { kind: 'Bool', with: (x) => void m.when(x as Given, body) },
    elseWhen: { kind: 'Bool', with: (x) => void m.when(f, body).elseWhen(x as Given, body) },
    assert: { kind: 'Bool', with: (x) => m.assert('claim', x as Given) },
    cover: { kind: 'Bool', with: (x) => m.cover('claim', x as Given) },
    'and of Bool': { kind: 'Bool', with: (x) => void f.and(x as Given) },
    'eq of Bool': { kind: 'Bool', with: (x) => void f.eq(x as Given) },
    'and of UInt': { kind: 'UInt', with: (x) => void u.and(x as Given) },
    'eq of UInt': { kind: 'UInt', with: (x) => void u.eq(x as Given) },
    'addWrap of SInt': { kind: 'SInt', with: (x) => void s.addWrap(x as Given) },
    'eq of an enumeration': { kind: 'enum', with: (x) => void e.eq(x as Given) },
    'mux beside a Bool': { kind: 'Bool', with: (x) => void f.mux(f, x as Given) },
  };
}

/** The error's rule; an empty text where it is taken. */
function ruleOf(use: string, given: keyof typeof GIVEN): string {
  let rule = '';
  const { value, ...rest } = GIVEN[given];
  const Top = hw('Top', PORTS, (m, io) => {
    const all = io as unknown as Record<string, never>;
    try {
      usesOf(m, all)[use].with('isPort' in rest ? all[value as string] : value);
    } catch (e) {
      rule = e instanceof Error ? e.message.split(':')[0] : 'no error';
    }
  });
  try {
    elaborate(Top);
  } catch {
    // Most outputs have no driver: only the one statement is looked at.
  }
  return rule;
}

const USES: readonly (readonly [string, Use['kind']])[] = (() => {
  const found: [string, Use['kind']][] = [];
  try {
    elaborate(hw('Top', PORTS, (m, io) => {
      for (const [name, { kind }] of Object.entries(usesOf(m, io as unknown as Record<string, never>))) found.push([name, kind]);
    }));
  } catch {
    // As above.
  }
  return found;
})();

describe.each(USES)('%s', (use, kind) => {
  it(`takes what is a ${kind}, and nothing else`, () => {
    for (const [name, { fits }] of Object.entries(GIVEN)) {
      const rule = ruleOf(use, name as keyof typeof GIVEN);
      if ((fits as readonly string[]).includes(kind)) expect(rule, name).toBe('');
      else expect(['type-mismatch', 'width-mismatch'], name).toContain(rule);
    }
  });
});

it('says how a truth value is written', () => {
  expect(() => elaborate(hw('Top', { z: Out(B) }, (_m, io) => {
    (io as { z: unknown }).z = 1;
  }))).toThrow(/^type-mismatch: number 1 where Bool is expected {2}at .*; write true$/);
});
