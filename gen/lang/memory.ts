/** Memories as the designer uses them. */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import type { Memory } from '../ir/module.ts';
import { BOOL, indexWidth, uintType, widthOf } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { ANY, BOOL as BOOL_VALUE, TEXT, UINT, faces, optional } from './arguments.ts';
import type { Face } from './arguments.ts';
import { wrap } from './handles.ts';
import type { Recorder } from './recorder.ts';
import { Bool } from './scalars.ts';
import type { UInt } from './scalars.ts';
import type { Shape } from './shapes.ts';
import type { About } from './strict.ts';
import { toExpr } from './value.ts';

export interface MemoryOptions {
  /** Initial words as unsigned bit patterns; the rest is 0. */
  readonly init?: readonly bigint[];
  /** What to ask of synthesis: `registers` (flip-flops or LUT RAM), `block` (block RAM), `ultra` (large single-port RAM). */
  readonly style?: Memory['style'];
  /**
   * Promise that no synchronous read happens in the cycle of a write to the same address. Every simulation checks it; in
   * return synthesis need not add the multiplexers that deliver the old word from a block RAM that does not keep it.
   */
  readonly collisionFree?: boolean;
}

/**
 * A memory with any number of ports. Every read sees the content before the clock edge at which a write of the same
 * cycle lands: a synchronous read port returns the old word.
 */
export class MemoryPorts<V> {
  private readonly reads: Access[] = [];
  private readonly writes: Access[] = [];

  constructor(
    private readonly builder: Recorder,
    private readonly memory: Memory,
    private readonly shape: Shape<V>,
  ) {
    if (memory.collisionFree) builder.atFinish(() => this.checkCollisions());
  }

  get about(): About {
    return { name: `memory ${this.memory.name}`, site: this.memory.site };
  }

  checkOpen(method: string): void {
    if (method !== 'read') this.builder.checkOpen(method);
  }

  get depth(): number {
    return this.memory.depth;
  }

  /** Asynchronous (register-file-like) read in this cycle. An address past the end reads 0. */
  read(addr: UInt): V {
    return wrap(this.readExpr(addr)) as V;
  }

  private readExpr(addr: UInt): Expr {
    const site = here();
    return { op: 'memRead', type: this.shape.type, mem: this.memory, addr: this.address(addr, site), site };
  }

  /** Addresses have exactly the width that the depth needs, so that none can silently wrap. */
  private address(addr: UInt, site: Site): Expr {
    return toExpr(addr, uintType(indexWidth(this.memory.depth)), site, this.memory.site, `address of ${this.memory.name}`);
  }

  /**
   * Synchronous (SRAM-like) read port called `name`: the result appears in the cycle after `enable` and then keeps its
   * value. Returns the port's output register.
   */
  readSync(name: string, addr: UInt, enable?: Bool): V {
    const site = here();
    this.builder.checkNoLane(`readSync() of ${this.memory.name}`, site, 'read a word of all lanes once, outside');
    const signal = this.builder.addRegister(name, this.shape.type, site);
    const expr = this.readExpr(addr);
    this.reads.push({ enable: enable?.expr, addr: addr.expr, site });
    this.builder.atTop(() => {
      const capture = (): void => this.builder.drive(signal, [], expr, site);
      if (enable) this.builder.when(enable, capture);
      else capture();
    });
    return wrap({ op: 'ref', type: signal.type, signal }) as V;
  }

  /** Write at the clock edge, under the conditions of the enclosing `when`s. A write past the end is ignored. */
  write(addr: UInt, data: V): void {
    const site = here();
    this.checkOnce('write', site);
    if (this.memory.collisionFree) this.writes.push({ enable: this.builder.enable(), addr: addr.expr, site });
    this.builder.write({ kind: 'memWrite', mem: this.memory, addr: this.address(addr, site), data: toExpr(data, this.shape.type, site,
      this.memory.site, this.memory.name), site });
  }

  /** Write of the lanes whose mask bit is 1; the word is divided into `mask.width` equal lanes, lane 0 lowest. */
  writeMasked(addr: UInt, data: V, mask: UInt): void {
    const site = here();
    this.checkOnce('writeMasked', site);
    const width = widthOf(this.shape.type);
    if (width % mask.width !== 0) {
      throw new DesignError('memory', `mask of ${mask.width} bits for words of ${width} bits`, site, this.memory.site, 'the mask must divide the word evenly');
    }
    if (this.memory.collisionFree) {
      const some = new Bool({ op: 'unary', fn: 'orR', type: BOOL, a: mask.expr });
      const enable = this.builder.enable();
      this.writes.push({ enable: enable ? new Bool(enable).and(some).expr : some.expr, addr: addr.expr, site });
    }
    this.builder.write({ kind: 'memWrite', mem: this.memory, addr: this.address(addr, site), data: toExpr(data, this.shape.type, site,
      this.memory.site, this.memory.name), mask: mask.expr, site });
  }

  private checkOnce(method: string, site: Site): void {
    this.builder.checkNoLane(`${method}() of ${this.memory.name}`, site, 'make data and mask of all lanes, and write them once, with writeMasked()');
  }

  private checkCollisions(): void {
    const collide = this.reads.flatMap((r) =>
      this.writes.map((w) => {
        const sameAddress = new Bool({ op: 'binary', fn: 'eq', type: BOOL, a: r.addr, b: w.addr, site: r.site });
        return [r.enable, w.enable].reduce<Bool>((all, e) => (e ? all.and(new Bool(e)) : all), sameAddress);
      }),
    );
    if (collide.length === 0) return;
    this.builder.assert(this.builder.unclaimed(`${this.memory.name}Collision`), collide.reduce((a, b) => a.or(b)).not(), 'a word is read in the cycle in which it is written');
  }
}

const MEMORY = {
  read: { addr: UINT }, readSync: { name: TEXT, addr: UINT, enable: optional(BOOL_VALUE) },
  write: { addr: UINT, data: ANY }, writeMasked: { addr: UINT, data: ANY, mask: UINT },
} as const;

/** What a body gets of a memory. */
export type Mem<V> = Face<MemoryPorts<V>, typeof MEMORY, 'depth'>;

const faceOf = faces<MemoryPorts<unknown>, typeof MEMORY, 'depth'>(MEMORY, {
  name: (m) => m.about, before: (m, method) => m.checkOpen(method), reads: ['depth'],
});

export function memoryFace<V>(memory: MemoryPorts<V>): Mem<V> {
  return faceOf(memory) as Mem<V>;
}

interface Access {
  readonly enable: Expr | undefined;
  readonly addr: Expr;
  readonly site: Site;
}
