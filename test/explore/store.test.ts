import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openInput } from '../../gen/files/input.ts';
import { isMeasurement } from '../../explore/shapes.ts';
import { Store, hashOf, hashOfData, hashOfInput, sealed } from '../../explore/store.ts';
import { IN_PLACE_OF_A_FILE, withoutWaiting } from '../gen/files/odd-files.ts';
import { checkProperty } from '../support/property.ts';
import { until } from '../support/until.ts';
import { measurementOf, temporaryFolder } from './fakes.ts';

describe('the hash of data', () => {
  it('does not depend on the order of keys, nor on keys without a value', () => {
    expect(hashOfData({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(hashOfData({ b: { d: 'x', c: [1, 2], e: undefined }, a: 1 }));
  });

  it('depends on every value and on its type', () => {
    const hashes = [{ a: 1 }, { a: 2 }, { a: '1' }, { a: 1n }, { a: true }, { a: [1] }, { a: null }, { b: 1 }, {}].map(hashOfData);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('the hash of a file', () => {
  it('is that of its bytes', () => {
    const path = join(temporaryFolder(), 'file');
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    writeFileSync(path, bytes);
    expect(hashOfInput(openInput(path, { wanted: '', mostBytes: 1e6 }))).toBe(hashOf(bytes));
  });
});

const isNumber = (value: unknown): value is number => typeof value === 'number';

describe('the store', () => {
  it('gives back what was put', () => {
    const folder = temporaryFolder();
    const store = new Store(folder, 'points', (value): value is { n: number } => typeof value === 'object');
    expect(store.get('k')).toBeUndefined();
    store.put('k', { why: 'x' }, { n: 7 });
    expect(store.get('k')).toEqual({ n: 7 });
    expect(JSON.parse(readFileSync(join(folder, 'points', 'k.json'), 'utf8'))).toEqual({
      key: 'k', from: { why: 'x' }, result: { n: 7 }, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(readdirSync(join(folder, 'points'))).toEqual(['k.json']);
  });

  it('takes a damaged file for none', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'points'));
    writeFileSync(join(folder, 'points', 'k.json'), '{"key": "k", "res');
    writeFileSync(join(folder, 'points', 'other.json'), sealed(JSON.stringify({ key: 'k', result: 1 }, null, 2)));
    const store = new Store(folder, 'points', isNumber);
    expect(store.get('k')).toBeUndefined();
    expect(store.get('other')).toBeUndefined();
  });

  it('takes what is no result for none, and makes it again', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'points'));
    const store = new Store(folder, 'points', isNumber);
    const file = join(folder, 'points', 'k.json');
    const shapes = [{ key: 'k' }, { key: 'k', result: null }, { key: 'k', result: '7' }, { key: 'k', result: {} }, { result: 7 }];
    const whole = shapes.map((shape) => sealed(JSON.stringify(shape, null, 2)));
    for (const text of ['null', '[]', '7', '"k"', '{"key": "k", "result": 7}', '', ...['null\n}', '[\n}', '', '\n}'].map(sealed), ...whole]) {
      writeFileSync(file, text);
      expect(store.get('k'), text).toBeUndefined();
      expect(await store.once('k', 'x', () => Promise.resolve(7)), text).toBe(7);
      expect(store.get('k'), text).toBe(7);
    }
  });

  it('takes a result for none whose hash is missing or is that of something else', () => {
    const folder = temporaryFolder();
    const store = new Store(folder, 'points', isNumber);
    const file = join(folder, 'points', 'k.json');
    store.put('k', 'x', 7);
    const whole = readFileSync(file, 'utf8');
    const hash = /"sha256": "(.*)"/.exec(whole)?.[1] ?? '';
    const old = JSON.stringify({ key: 'k', from: 'x', result: 7 }, null, 2);
    for (const text of [`${old}\n`, whole.replace(hash, ''), whole.replace(hash, hashOf('')), whole.replace(hash, hash.toUpperCase()), whole.replace('7', '8'), `${whole} `]) {
      writeFileSync(file, text);
      expect(store.get('k'), text).toBeUndefined();
    }
    writeFileSync(file, whole);
    expect(store.get('k')).toBe(7);
  });

  it('never gives other figures for a file of which a byte has changed', () => {
    const folder = temporaryFolder();
    const store = new Store(folder, 'points', isMeasurement);
    const measured = { ...measurementOf(8, 8), accuracy: 0 };
    const file = join(folder, 'points', 'k.json');
    store.put('k', { model: 'm', images: [1, 2] }, measured);
    const whole = readFileSync(file);
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789-.e ,:"{}')));
    const change = fc.record({ at: fc.nat(whole.length - 1), byte, how: fc.constantFrom('changed', 'put in', 'left out') });
    checkProperty(fc.property(change, ({ at, byte: other, how }) => {
      const damaged = Buffer.concat([whole.subarray(0, at), Buffer.from(how === 'left out' ? [] : [other]), whole.subarray(how === 'put in' ? at : at + 1)]);
      if (damaged.equals(whole)) return;
      writeFileSync(file, damaged);
      expect(store.get('k')).toBeUndefined();
    }), { runs: 400, shrinks: false });
    writeFileSync(file, whole);
    expect(store.get('k')).toEqual(measured);
  });

  it.each([...IN_PLACE_OF_A_FILE])('throws away %s in place of a result or of its lock, and waits for neither', async (_, put) => {
    for (const name of ['k.json', 'k.json.lock']) {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'points'));
      const path = join(folder, 'points', name);
      put(path);
      const store = new Store(folder, 'points', isNumber);
      await withoutWaiting(path, async () => {
        expect(store.get('k')).toBeUndefined();
        expect(await store.once('k', 'x', () => Promise.resolve(7), () => { throw new Error('waits'); })).toBe(7);
      });
      expect(store.get('k')).toBe(7);
      expect(readdirSync(join(folder, 'points')).filter((left) => !left.endsWith('.pipe'))).toEqual(['k.json']);
    }
  });

  it('makes a result once for all that ask at the same time', async () => {
    const folder = temporaryFolder();
    let made = 0;
    let waiting = 0;
    const ask = (): Promise<number> => new Store(folder, 'points', isNumber).once('k', 'x', async () => {
      await until('the others wait', () => waiting === 3);
      return ++made;
    }, () => waiting++);
    expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual([1, 1, 1, 1]);
    expect(readdirSync(join(folder, 'points'))).toEqual(['k.json']);
  });

  it('lets the next one try where one has failed', async () => {
    const store = new Store(temporaryFolder(), 'points', isNumber);
    const fails = store.once('k', 'x', () => Promise.reject(new Error('no memory')));
    const next = store.once('k', 'x', () => Promise.resolve(5));
    await expect(fails).rejects.toThrow('no memory');
    expect(await next).toBe(5);
  });

  it('says where it cannot write', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'points'), 'a file');
    expect(() => new Store(folder, 'points', isNumber).put('k', {}, 1)).toThrow(/k\.json: cannot be written: .* \(ENOTDIR\); choose another place$/);
  });
});
