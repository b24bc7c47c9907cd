import { describe, expect, it } from 'vitest';
import { CSR, CSRS, csrByAddress, csrByName, misaValue } from '../../../hw/isa/csr.ts';
import { gnuAssemble, hasGnuToolchain } from './gnu-toolchain.ts';

const gnu = hasGnuToolchain();

describe('the CSR table', () => {
  it.skipIf(!gnu)('has the addresses that the GNU assembler knows', () => {
    const bytes = gnuAssemble(CSRS.map(({ name }) => `csrr a0, ${name}`).join('\n'));
    const addresses = [...new Uint32Array(bytes.slice().buffer)].map((word) => word >>> 20);
    expect(CSRS.map(({ name }, i) => [name, addresses[i]])).toEqual(CSRS.map(({ name, address }) => [name, address]));
  });

  it('marks as read-only what its address says is read-only', () => {
    for (const { name, address, access } of CSRS) expect([name, access]).toEqual([name, address >>> 10 === 3 ? 'r' : 'rw']);
  });

  it('is for machine mode only, apart from the counters that user mode may read', () => {
    const forUsers = CSRS.filter(({ address }) => (address >>> 8) % 4 !== 3).map(({ name }) => name);
    expect(forUsers).toEqual(['cycle', 'time', 'instret', 'cycleh', 'timeh', 'instreth']);
  });

  it('finds by name and address, each once', () => {
    for (const csr of CSRS) expect([csrByName(csr.name), csrByAddress(csr.address)]).toEqual([csr, csr]);
    for (const [key, csr] of Object.entries(CSR)) expect(csr.name).toBe(key);
    expect([csrByName('satp'), csrByAddress(0x180)]).toEqual([undefined, undefined]);
  });

  it('tells the extensions in misa', () => {
    const all = { m: true, c: true, zba: true, zbb: true, zbs: true };
    expect(misaValue(all).toString(16)).toBe('40001106');
    expect(misaValue({ ...all, zbs: false }).toString(16)).toBe('40001104');
    expect(misaValue({ m: false, c: false, zba: false, zbb: false, zbs: false }).toString(16)).toBe('40000100');
  });
});
