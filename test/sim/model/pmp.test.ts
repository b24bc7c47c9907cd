import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PMP_MODE, pmpAddresses, pmpConfigs } from '../../../hw/isa/csr.ts';
import type { PmpRegions } from '../../../hw/isa/csr.ts';
import { RAM_BASE } from '../../../hw/soc/memory-map.ts';
import { GoldenModel } from '../../../sim/model/golden-model.ts';
import { Pmp } from '../../../sim/model/pmp.ts';
import type { AccessKind } from '../../../sim/model/pmp.ts';
import { runSource } from './programs.ts';
import { checkProperty } from '../../support/property.ts';

const CONFIGS = pmpConfigs(16).map((csr) => csr.address);
const ADDRESSES = pmpAddresses(16).map((csr) => csr.address);
const [R, W, X, L] = [1, 2, 4, 0x80];
const KINDS: readonly AccessKind[] = ['load', 'store', 'fetch'];
const mode = (name: keyof typeof PMP_MODE): number => PMP_MODE[name] << 3;

/** Regions given as [byte of pmpcfg, pmpaddr]; addresses are written first, because locks keep them. */
function pmpOf(regions: PmpRegions, settings: readonly (readonly [config: number, address: number])[]): Pmp {
  const pmp = new Pmp(regions);
  settings.forEach(([, address], i) => pmp.write(ADDRESSES[i]!, address));
  for (let i = settings.length - 1; i >= 0; i--) {
    const csr = CONFIGS[i >> 2]!;
    pmp.write(csr, pmp.read(csr)! | (settings[i]![0] << (8 * (i % 4))));
  }
  return pmp;
}

/** First and last byte of a region by the specification's table of NAPOT encodings: yyyy…y01…1 with t ones is 2^(t+3) bytes. */
function bytesOf(config: number, address: number, before: number): readonly [number, number] | undefined {
  const ones = /1*$/.exec(address.toString(2))![0].length;
  const size = 2n ** BigInt(ones + 3);
  switch ((config >> 3) & 3) {
    case PMP_MODE.tor: return [4 * before, 4 * address - 1];
    case PMP_MODE.na4: return [4 * address, 4 * address + 3];
    case PMP_MODE.napot: {
      const start = (BigInt(address) * 4n) / size * size;
      return [Number(start), Number(start + size - 1n)];
    }
    default: return undefined;
  }
}

describe('memory protection of the model', () => {
  it('decides byte by byte as the specification says, whatever the regions', () => {
    const nearby = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0xffff_ffff, 0x3fff_ffff, 0x8000_0000, 0x7fff_ffff));
    const region = fc.tuple(fc.integer({ min: 0, max: 255 }), nearby);
    const access = [fc.integer({ min: 0, max: 170 }), fc.constantFrom(1, 2, 4, 8)] as const;
    checkProperty(fc.property(fc.array(region, { maxLength: 8 }), ...access, (settings, address, size) => {
      const pmp = pmpOf(8, settings);
      for (const [i, kind] of KINDS.entries()) {
        const deciding = settings.findIndex(([config, last], n) => {
          const bytes = bytesOf(config, last, n === 0 ? 0 : settings[n - 1]![1]);
          return bytes !== undefined && bytes[0] <= bytes[1] && address <= bytes[1] && address + size > bytes[0];
        });
        let allowed = true;
        if (deciding >= 0) {
          const [config, last] = settings[deciding]!;
          const [from, to] = bytesOf(config, last, deciding === 0 ? 0 : settings[deciding - 1]![1])!;
          const stored = config & R ? config : config & ~W;
          allowed = address >= from && address + size - 1 <= to && ((config & L) === 0 || (stored & [R, W, X][i]!) !== 0);
        }
        expect(pmp.allows(address, size, kind)).toBe(allowed);
      }
    }), { runs: 3000 });
  });

  it('refuses what lies in a region only in part, even if that is not locked', () => {
    const pmp = pmpOf(4, [[mode('na4') | R, 0x100]]);
    expect([0x3fe, 0x400, 0x402].map((address) => pmp.allows(address, 4, 'load'))).toEqual([false, true, false]);
  });

  it('changes nothing in regions that are locked, nor the start of a locked range', () => {
    const pmp = pmpOf(8, [[R, 0x10], [L | mode('tor'), 0x20], [R, 0x30], [L | mode('napot') | R | X, 0x40]]);
    for (const csr of [...CONFIGS, ...ADDRESSES]) pmp.write(csr, 0);
    expect(CONFIGS.map((csr) => pmp.read(csr))).toEqual([0x9d00_8800, 0, 0, 0]);
    expect(ADDRESSES.slice(0, 5).map((csr) => pmp.read(csr))).toEqual([0x10, 0x20, 0, 0x40, 0]);
    expect(pmp.restricts).toBe(true);
  });

  it('has no registers but those of protection, and without regions none that keep anything', () => {
    const pmp = new Pmp(0);
    for (const csr of [...CONFIGS, ...ADDRESSES]) pmp.write(csr, 0xffff_ffff);
    expect([...CONFIGS, ...ADDRESSES].every((csr) => pmp.read(csr) === 0)).toBe(true);
    expect([0x39f, 0x3a4, 0x3af, 0x3c0].map((csr) => pmp.read(csr))).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('a protected model', () => {
  const trapping = (body: string): GoldenModel => runSource(`
    _start: la t0, handler; csrw mtvec, t0
    ${body}
    j .
    .align 6
    handler: csrr s0, mcause; csrr s1, mepc; csrr s2, mtval; li t1, 1; la t0, tohost; sw t1, 0(t0); j .
    .data
    .align 6
    tohost: .word 0
    secret: .word 42`, 1000, { pmpRegions: 4 }).model;
  const protect = (permissions: number): string =>
    `la t0, secret; mv a0, t0; srli t0, t0, 2; csrw pmpaddr0, t0; li t1, ${L | mode('na4') | permissions}; csrw pmpcfg0, t1`;

  it.each<[string, string, number, number, number]>([
    ['a load', 'lw a1, 0(a0)', 0, 5, 0],
    ['a load of a byte', 'lbu a1, 3(a0)', X, 5, 3],
    ['a store', 'sh x0, 2(a0)', R | X, 7, 2],
    ['a jump', 'jr a0', R | W, 1, 0],
  ])('traps at %s', (_, access, permissions, cause, offset) => {
    const model = trapping(`${protect(permissions)}; ${access}`);
    expect([model.register('s0'), model.register('s2')]).toEqual([cause, model.register('a0') + offset]);
    expect([model.readWord(model.register('a0')), model.register('a1')]).toEqual([42, 0]);
  });

  it('goes on where that is allowed, alike when stepping and running', () => {
    const model = trapping(`${protect(R)}; lw a1, 0(a0); ecall`);
    expect([model.register('s0'), model.register('a1')]).toEqual([11, 42]);
    const stepped = new GoldenModel({ ramBytes: 65536, pmpRegions: 4 });
    stepped.write(RAM_BASE, model.read(RAM_BASE, 65536));
    for (let i = 0; i < 200 && stepped.register('s0') === 0; i++) stepped.step();
    expect([stepped.register('s0'), stepped.register('a1'), stepped.csr('mepc')]).toEqual([11, 42, model.csr('mepc')]);
  });

  it('stops when its own trap handler is protected', () => {
    const { result } = runSource(`
      _start: la t0, _start; csrw mtvec, t0; srli t0, t0, 2; csrw pmpaddr0, t0
      li t1, ${L | mode('na4')}; csrw pmpcfg0, t1; ecall`, 1000, { pmpRegions: 4 });
    expect(result.stopped).toBe('stuck');
  });
});
