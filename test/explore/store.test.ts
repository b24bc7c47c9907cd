import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openInput } from '../../gen/files/input.ts';
import { Store, hashOf, hashOfData, hashOfInput } from '../../explore/store.ts';
import { temporaryFolder } from './fakes.ts';

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

describe('the store', () => {
  it('gives back what was put', () => {
    const folder = temporaryFolder();
    const store = new Store<{ n: number }>(folder, 'points');
    expect(store.get('k')).toBeUndefined();
    store.put('k', { why: 'x' }, { n: 7 });
    expect(store.get('k')).toEqual({ n: 7 });
    expect(JSON.parse(readFileSync(join(folder, 'points', 'k.json'), 'utf8'))).toEqual({ key: 'k', from: { why: 'x' }, result: { n: 7 } });
    expect(readdirSync(join(folder, 'points'))).toEqual(['k.json']);
  });

  it('takes a damaged file for none', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'points'));
    writeFileSync(join(folder, 'points', 'k.json'), '{"key": "k", "res');
    writeFileSync(join(folder, 'points', 'other.json'), '{"key": "k", "result": 1}');
    const store = new Store<number>(folder, 'points');
    expect(store.get('k')).toBeUndefined();
    expect(store.get('other')).toBeUndefined();
  });

  it('says where it cannot write', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'points'), 'a file');
    expect(() => new Store(folder, 'points').put('k', {}, 1)).toThrow(/k\.json: cannot be written: .* \(ENOTDIR\); choose another place$/);
  });
});
