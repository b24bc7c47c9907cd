/**
 * Physical memory protection of the golden model's hart (privileged specification, section "Physical Memory Protection"): its
 * registers, and which accesses they allow in machine mode, the only one there is. Regions have whole bytes as bounds here, so
 * that accesses of any size can be asked about. Must not know memory nor instructions.
 */
import { PMP_CFG, PMP_ENTRIES, PMP_MODE, pmpAddresses, pmpConfigs } from '../../hw/isa/csr.ts';
import type { PmpRegions } from '../../hw/isa/csr.ts';

export type AccessKind = 'load' | 'store' | 'fetch';

const PERMISSION: Readonly<Record<AccessKind, number>> = { load: PMP_CFG.R, store: PMP_CFG.W, fetch: PMP_CFG.X };
const MODE_SHIFT = Math.log2(PMP_CFG.A & -PMP_CFG.A);
const FIRST_CONFIG = pmpConfigs(0)[0]!.address;
const FIRST_ADDRESS = pmpAddresses(0)[0]!.address;

/** Addresses from `start` up to but not with `end`, both up to 2³⁵, and the region's byte of pmpcfg. */
interface Bounds {
  readonly start: number;
  readonly end: number;
  readonly config: number;
}

export class Pmp {
  private readonly configs = new Uint8Array(PMP_ENTRIES);
  private readonly addresses = new Uint32Array(PMP_ENTRIES);
  private lockedRegions = 0;
  /** Of every region that holds anything, the first of them first: what the registers say, worked out when they are written. */
  private bounds: readonly Bounds[] = [];

  constructor(private readonly regions: PmpRegions) {}

  /** False: every access of an instruction is allowed. Those never lie in a region in part, for which even an open region would not do. */
  get restricts(): boolean {
    return this.lockedRegions > 0;
  }

  /** Value of a CSR; undefined when it is none of protection. Those of regions that the hart lacks are 0. */
  read(csr: number): number | undefined {
    const [config, address] = [csr - FIRST_CONFIG, csr - FIRST_ADDRESS];
    if (address >= 0 && address < PMP_ENTRIES) return this.addresses[address];
    if (config < 0 || config >= PMP_ENTRIES / 4) return undefined;
    return [3, 2, 1, 0].reduce((word, k) => (word << 8) | this.configs[4 * config + k]!, 0) >>> 0;
  }

  /** Writes a CSR as far as locks allow; one that is none of protection is left alone. */
  write(csr: number, value: number): void {
    const [config, address] = [csr - FIRST_CONFIG, csr - FIRST_ADDRESS];
    if (address >= 0 && address < this.regions) {
      const beginsLockedRange = this.isLocked(address + 1) && this.mode(address + 1) === PMP_MODE.tor;
      if (!this.isLocked(address) && !beginsLockedRange) this.addresses[address] = value;
    }
    if (config >= 0 && config < this.regions / 4) {
      for (let k = 0; k < 4; k++) this.configure(4 * config + k, (value >>> (8 * k)) & 0xff);
    }
    this.bounds = Array.from({ length: this.regions }, (_, i) => this.boundsOf(i)).filter(({ start, end }) => start < end);
  }

  /** Whether [address, address + size) may be accessed: the first region that holds any of its bytes decides. */
  allows(address: number, size: number, kind: AccessKind): boolean {
    const from = address >>> 0;
    for (const { start, end, config } of this.bounds) {
      if (from >= end || from + size <= start) continue;
      if (from < start || from + size > end) return false;
      return (config & PMP_CFG.L) === 0 || (config & PERMISSION[kind]) !== 0;
    }
    return true;
  }

  private isLocked(region: number): boolean {
    return region < this.regions && (this.configs[region]! & PMP_CFG.L) !== 0;
  }

  private mode(region: number): number {
    return (this.configs[region]! & PMP_CFG.A) >>> MODE_SHIFT;
  }

  private configure(region: number, byte: number): void {
    if (this.isLocked(region)) return;
    // Writable but not readable is reserved: it becomes neither.
    const writable = byte & PMP_CFG.R ? PMP_CFG.W : 0;
    this.configs[region] = byte & (PMP_CFG.L | PMP_CFG.A | PMP_CFG.X | PMP_CFG.R | writable);
    if (this.isLocked(region)) this.lockedRegions++;
  }

  private boundsOf(region: number): Bounds {
    const config = this.configs[region]!;
    const last = this.addresses[region]!;
    switch (this.mode(region)) {
      case PMP_MODE.tor:
        return { start: region === 0 ? 0 : 4 * this.addresses[region - 1]!, end: 4 * last, config };
      case PMP_MODE.na4:
        return { start: 4 * last, end: 4 * last + 4, config };
      case PMP_MODE.napot: {
        let words = 2;
        // Every trailing 1 doubles it.
        for (let bits = last; bits & 1; bits >>>= 1) words *= 2;
        const start = 4 * Math.floor(last / words) * words;
        return { start, end: start + 4 * words, config };
      }
      default:
        return { start: 0, end: 0, config };
    }
  }
}
