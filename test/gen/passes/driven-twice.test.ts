/** "Driven again" against its definition, for sequences of statements on the fields and elements of one register. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, U, bundle, elaborate, hw, valueOf, vec } from '../../../gen/index.ts';
import type { UInt } from '../../../gen/index.ts';
import { elaborationError } from '../errors.ts';

const Packet = bundle('Packet', { pay: vec(U(5, 1), 2), ok: Flag(true), raw: U(4, 0) });
const LENGTH = 3;
/** Leaves of an element: pay[0], pay[1], ok, raw. */
const LEAVES = 4;

type Index = number | 'chosen';

/** `q.at(element)`, then its part: a field, an element of pay, or all of it. */
interface Place {
  readonly element: Index;
  readonly part: 'raw' | 'ok' | 'all' | { readonly pay: Index };
}

const PLACES: readonly Place[] = [
  { element: 'chosen', part: 'raw' }, { element: 0, part: 'raw' }, { element: 1, part: 'raw' }, { element: 2, part: 'raw' },
  { element: 1, part: 'ok' }, { element: 'chosen', part: 'all' }, { element: 1, part: 'all' },
  { element: 'chosen', part: { pay: 'chosen' } }, { element: 1, part: { pay: 'chosen' } }, { element: 1, part: { pay: 0 } }, { element: 'chosen', part: { pay: 1 } },
];

const choices = (i: Index, length: number): number[] => (i === 'chosen' ? Array.from({ length }, (_, k) => k) : [i]);

/** Every leaf that the statement may drive, and whether it drives all of them. */
function leavesOf({ element, part }: Place): { readonly leaves: ReadonlySet<number>; readonly exact: boolean } {
  const inElement = part === 'all' ? [0, 1, 2, 3] : part === 'ok' ? [2] : part === 'raw' ? [3] : choices(part.pay, 2);
  const leaves = new Set(choices(element, LENGTH).flatMap((e) => inElement.map((l) => e * LEAVES + l)));
  return { leaves, exact: element !== 'chosen' && (typeof part === 'string' || part.pay !== 'chosen') };
}

/** Whether later statements make an earlier one pointless: an exact one by a leaf, one at an index by all that it may lead to. */
function isDrivenAgain(places: readonly Place[]): boolean {
  const all = places.map(leavesOf);
  return all.some((early, i) => {
    const later = new Set(all.slice(i + 1).filter((l) => l.exact).flatMap((l) => [...l.leaves]));
    const again = [...early.leaves].filter((l) => later.has(l));
    return early.exact ? again.length > 0 : again.length === early.leaves.size;
  });
}

const design = (places: readonly Place[]) => hw('Places', { i: In(U(2)), j: In(U(1)), x: In(U(4)), f: In(B) }, (m, io) => {
  const r = m.regs({ q: vec(Packet, LENGTH) });
  // Everything is driven at some time: what is looked at is only whether it is driven again.
  m.when(io.f, () => {
    for (let e = 0; e < LENGTH; e++) r.q.put(e, r.q.at(e));
  });
  const indexOf = <W extends number>(i: Index, chosen: UInt<W>): UInt<W> | number => (i === 'chosen' ? chosen : i);
  m.when(io.x.eq(0), () => {
    for (const { element, part } of places) {
      const at = indexOf(element, io.i);
      if (part === 'all') r.q.put(at, valueOf(Packet, { pay: [1, 2], ok: io.f, raw: io.x }));
      else if (part === 'raw') r.q.at(at).raw = io.x;
      else if (part === 'ok') r.q.at(at).ok = io.f;
      else r.q.at(at).pay.put(indexOf(part.pay, io.j), U(5).lit(3));
    }
  });
});

const told = (places: readonly Place[]): string => places.map(({ element, part }) => `[${element}].${typeof part === 'string' ? part : `pay[${part.pay}]`}`).join(' ');

describe('statements on one register', () => {
  it('are refused exactly if one makes an earlier one pointless, in every order of two and in many of three', () => {
    const wrong: string[] = [];
    const look = (places: readonly Place[]): void => {
      const error = elaborationErrorOf(places);
      if (error.startsWith('doubly-driven') !== isDrivenAgain(places)) wrong.push(`${told(places)}: ${error || 'taken'}`);
    };
    for (const [i, a] of PLACES.entries()) for (const [j, b] of PLACES.entries()) {
      look([a, b]);
      for (const [k, c] of PLACES.entries()) if ((i + j + k) % 4 === 0) look([a, b, c]);
    }
    expect(wrong).toEqual([]);
  });

  it('are refused where four drive again, one by one, what an index may lead to', () => {
    const raw = (element: Index): Place => ({ element, part: 'raw' });
    expect(elaborationErrorOf([raw('chosen'), raw(0), raw(1), raw(2)])).toMatch(/^doubly-driven: Places\.q\[2\]\.raw is driven again/);
    expect(elaborationErrorOf([raw('chosen'), raw(0), raw(1)])).toBe('');
  });

  it('may leave a field that no index leads to undriven, and are told so', () => {
    expect(elaborationError(hw('Lack', { i: In(U(2)), x: In(U(4)) }, (m, io) => {
      m.regs({ q: vec(bundle('Two', { a: U(4, 0), b: U(4, 0) }), 3) }).q.at(io.i).a = io.x;
    }))).toMatch(/^undriven: Lack\.q\[0\]\.b /);
  });
});

function elaborationErrorOf(places: readonly Place[]): string {
  try {
    elaborate(design(places));
    return '';
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}
