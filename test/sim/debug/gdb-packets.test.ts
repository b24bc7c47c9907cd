import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PACKET_BYTES, PacketReader, frame, fromHex, hexToWord, toHex, wordToHex } from '../../../sim/debug/gdb-packets.ts';
import type { Token } from '../../../sim/debug/gdb-packets.ts';
import { checkProperty } from '../../support/property.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const read = (...pieces: string[]): Token[] => {
  const reader = new PacketReader();
  return pieces.flatMap((piece) => reader.push(bytes(piece)));
};
const latin1 = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data).toString('latin1'));

describe('packets', () => {
  it('come out as they went in, however they are cut', () => {
    const anyCuts = fc.array(fc.nat(50), { maxLength: 60 });
    checkProperty(fc.property(fc.array(latin1, { minLength: 1, maxLength: 5 }), anyCuts, (contents, cuts) => {
      let rest = contents.map(frame).join('');
      const pieces: string[] = [];
      for (const cut of cuts) {
        pieces.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      expect(read(...pieces, rest)).toEqual(contents.map((data) => ({ kind: 'packet', data })));
    }));
  });

  it('have the checksum of the protocol', () => {
    expect(frame('OK')).toBe('$OK#9a');
    expect(frame('')).toBe('$#00');
    expect(frame('a#}')).toBe('$a}\x03}]#bb');
  });

  it('are bad with a wrong checksum, and dropped when cut off by the next', () => {
    expect(read('$OK#9b')).toEqual([{ kind: 'bad' }]);
    expect(read('$OK#xy')).toEqual([{ kind: 'bad' }]);
    expect(read('$OK#$OK#9a')).toEqual([{ kind: 'packet', data: 'OK' }]);
    expect(read('$garb$OK#9A')).toEqual([{ kind: 'packet', data: 'OK' }]);
    expect(read('$OK#9')).toEqual([]);
  });

  it('may have acknowledgements, Ctrl-C and noise between them', () => {
    expect(read('+-\x03 noise\n$#00')).toEqual([{ kind: 'ack' }, { kind: 'nak' }, { kind: 'interrupt' }, { kind: 'packet', data: '' }]);
    // Inside of a packet they are data.
    expect(read(frame('+-\x03'))).toEqual([{ kind: 'packet', data: '+-\x03' }]);
  });

  it('that are too long are thrown away as they come', () => {
    const reader = new PacketReader();
    const tokens = reader.push(bytes('$'));
    for (let i = 0; i < 1000; i++) tokens.push(...reader.push(bytes('x'.repeat(PACKET_BYTES))));
    expect(JSON.stringify(reader).length).toBeLessThan(2 * PACKET_BYTES);
    tokens.push(...reader.push(bytes('#00$OK#9a')));
    expect(tokens).toEqual([{ kind: 'tooLong' }, { kind: 'packet', data: 'OK' }]);
    const longest = 'y'.repeat(PACKET_BYTES);
    expect(read(frame(longest))).toEqual([{ kind: 'packet', data: longest }]);
  });

  it('survive any noise', () => {
    checkProperty(fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      const reader = new PacketReader();
      reader.push(noise);
      const all = reader.push(bytes('$OK#9a'));
      expect(all.at(-1)).toEqual({ kind: 'packet', data: 'OK' });
    }));
  });
});

describe('values', () => {
  it('are written as the target holds them', () => {
    expect(wordToHex(0x8000_0012)).toBe('12000080');
    checkProperty(fc.property(fc.nat(0xffff_ffff), (value) => hexToWord(wordToHex(value)) === value));
    checkProperty(fc.property(fc.uint8Array(), (data) => Buffer.from(data).equals(fromHex(toHex(data))!)));
  });

  it('are refused when they are no hexadecimal digits', () => {
    for (const text of ['0', '0g', '-1', ' 0', '0x']) expect(fromHex(text)).toBeUndefined();
    for (const text of ['', '12', '123456789a', 'zzzzzzzz']) expect(hexToWord(text)).toBeUndefined();
  });
});
