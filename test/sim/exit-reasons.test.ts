import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exitReason, exitReasonsNote, exitReasonsOf } from '../../sim/exit-reasons.ts';
import { checkProperty } from '../support/property.ts';

const REASONS = [{ first: 1, last: 1, text: 'no sensor' }, { first: 1000, last: 1031, text: 'a trap came: äöü' }];

/** A note of somebody else. */
function foreign(name: string, content: Uint8Array, type = 3): Uint8Array {
  const note = exitReasonsNote([]);
  const bytes = new Uint8Array(12 + 8 + content.length);
  bytes.set(note.subarray(0, 20));
  bytes.set(new TextEncoder().encode(name.padEnd(7, '\0')), 12);
  bytes.set(content, 20);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, content.length, true);
  view.setUint32(8, type, true);
  return bytes;
}
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('reasons for exit values', () => {
  it('come back from a note, alone or among others', () => {
    const note = exitReasonsNote(REASONS);
    expect(exitReasonsOf([note])).toEqual(REASONS);
    const more = exitReasonsNote([{ first: 5, last: 5, text: 'five' }]);
    const mixed = joined(foreign('GNU', Uint8Array.of(1, 2, 3, 4)), note, foreign('Systole', Uint8Array.of(0x31, 0x20, 0x61, 0x0a), 2), more);
    expect(exitReasonsOf([mixed, new Uint8Array(0)])).toEqual([...REASONS, { first: 5, last: 5, text: 'five' }]);
  });

  it('are safe to show', () => {
    const note = exitReasonsNote([{ first: 1, last: 1, text: '\u001b[31mred' }]);
    expect(exitReasonsOf([note])).toEqual([{ first: 1, last: 1, text: '\\u{1b}[31mred' }]);
  });

  it('are found by value', () => {
    expect([1, 2, 1000, 1031, 1032].map((exit) => exitReason(REASONS, exit))).toEqual(['no sensor', undefined, 'a trap came: äöü', 'a trap came: äöü', undefined]);
  });

  it('are passed over where they are damaged', () => {
    const note = exitReasonsNote(REASONS);
    for (let length = 0; length <= note.length - 4; length++) expect(exitReasonsOf([note.subarray(0, length)])).toEqual([]);
    for (const field of [0, 4]) {
      for (const value of [0xffff_ffff, 0xffff_fffd, 0x8000_0000, 0x7fff_ffff]) {
        const damaged = note.slice();
        new DataView(damaged.buffer).setUint32(field, value, true);
        expect(exitReasonsOf([damaged])).toEqual([]);
      }
    }
    expect(exitReasonsOf([foreign('Systole', new TextEncoder().encode('no number\n-3 x\n4\n5 \n99999999999 x\n6 right\n'), 1)])).toEqual([{ first: 6, last: 6, text: 'right' }]);
  });

  it('hold no more than a person would read', () => {
    const many = exitReasonsNote(Array.from({ length: 30_000 }, (_, i) => ({ first: i, last: i, text: 'x'.repeat(1000) })));
    const read = exitReasonsOf([many, many]);
    expect(read.length).toBeLessThanOrEqual(1000);
    expect(Math.max(...read.map(({ text }) => text.length))).toBeLessThanOrEqual(500);
  });

  it('never cause an error, whatever the bytes', () => {
    const note = exitReasonsNote(REASONS);
    const edits = fc.array(fc.tuple(fc.nat(note.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    checkProperty(fc.property(edits, (list) => {
      const damaged = note.slice();
      for (const [at, value] of list) damaged[at] = value;
      exitReasonsOf([damaged]);
    }), { runs: 2000, seconds: 5 });
  });
});
