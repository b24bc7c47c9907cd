/** From actions over nodes to WebAssembly instructions: shared values in locals, costly arms under `if`. */
import type { Action, CopyAction, LoopAction, Store, StoresAction, WriteAction, WritePart } from './actions.ts';
import { rootsOf } from './actions.ts';
import { Blocks } from './blocks.ts';
import type { Graph, Node } from './nodes.ts';
import type { AccessBytes, Slot } from './slots.ts';
import type { Code } from './wasm-encoder.ts';
import { BINARY_OPS, OP, UNARY_OPS, loadOp, storeOp } from './wasm-opcodes.ts';

/** How code in a grid's loop addresses what varies from cell to cell; locals that hold scaled element numbers. */
export interface Pointers {
  cell(bytes: AccessBytes): number;
  row(bytes: AccessBytes): number;
  column(bytes: AccessBytes): number;
}

/** Emits the body of a loop over a grid; given so that this file need not know how. */
export type EmitLoop = (code: Code, action: LoopAction, local: (n: Node) => number) => void;

/** Emits the lookup in a table: replaces the key on the stack by the entry's offset. */
export type EmitMemo = (code: Code, table: number) => void;

/** Emits what a sweep does to memory; given so that this file need not know how. */
export type EmitSweep = (code: Code, sweep: Node, local: (n: Node) => number) => void;

export interface EmitParts {
  readonly loop?: EmitLoop;
  readonly memo?: EmitMemo;
  readonly sweep?: EmitSweep;
}

type Work = { readonly node: Node; readonly keep: boolean } | (() => void);

export class Emitter {
  private readonly blocks: Blocks;
  private readonly localOf = new Map<Node, number>();
  private readonly done = new Set<Node>();
  /** Loads and sweeps of each slot that are still to come. */
  private readonly pending = new Map<Slot, number>();

  constructor(
    private readonly code: Code,
    graph: Graph,
    private readonly actions: readonly Action[],
    /** Values at hand: emits the instructions that push one. */
    private readonly atHand: (n: Node) => (() => void) | undefined,
    private readonly pointers?: Pointers,
    private readonly parts: EmitParts = {},
  ) {
    this.blocks = new Blocks(graph, actions, (n) => atHand(n) !== undefined);
    for (const n of this.blocks.nodes) {
      if (!atHand(n)) this.await(n, 1);
    }
  }

  private await(n: Node, by: 1 | -1): void {
    if (n.access) this.awaitSlot(n.access.slot, by);
    if (n.sweep) for (const slot of n.sweep.reads) this.awaitSlot(slot, by);
  }

  private awaitSlot(slot: Slot, by: 1 | -1): void {
    this.pending.set(slot, (this.pending.get(slot) ?? 0) + by);
  }

  emit(): void {
    for (const a of this.actions) this.action(a);
  }

  private action(a: Action): void {
    const code = this.code;
    switch (a.kind) {
      case 'evaluate':
        this.ensure(a.node);
        return;
      case 'spill':
        code.i32(0);
        this.push(a.node);
        code.memory(storeOp(a.node.type, a.node.type === 'i32' ? 4 : 8), a.address);
        return;
      case 'stores':
        this.guarded(a, a.enable, () => this.stores(a));
        return;
      case 'write':
        this.guarded(a, a.enable, () => this.write(a));
        return;
      case 'checks':
        this.guarded(a, a.any, () => {
          for (let i = a.fails.length - 1; i >= 0; i--) {
            this.push(a.fails[i]);
            code.op(OP.if, OP.void);
            code.i32(0);
            code.i32(i + 1);
            code.memory(OP.i32Store, a.address);
            code.op(OP.end);
          }
        });
        return;
      case 'cover':
        code.i32(0);
        code.i32(0);
        code.memory(OP.i64Load, a.address);
        this.push(a.hit);
        code.op(UNARY_OPS.extU.i32, OP.i64Add);
        code.memory(OP.i64Store, a.address);
        return;
      case 'loop': {
        for (const s of a.prepare) this.store(s);
        const locals = new Map(a.invariants.map((n) => [n, this.local(n)]));
        this.parts.loop?.(code, a, (n) => locals.get(n) ?? this.local(n));
        return;
      }
      case 'copy':
        this.guarded(a, a.enable, () => this.copy(a));
        return;
    }
  }

  private guarded(a: Action, guard: Node | undefined, body: () => void): void {
    const block = this.blocks.group(a);
    if (block === undefined || !guard) {
      body();
      return;
    }
    for (const n of this.blocks.needs(block)) this.ensure(n);
    for (const work of this.condition(guard).reverse()) this.run(work);
    this.code.op(OP.if, OP.void);
    body();
    this.code.op(OP.end);
  }

  private pushBase(base: Store['base'], bytes: AccessBytes): void {
    if (base === 'abs') this.code.i32(0);
    else this.code.opIndex(OP.localGet, this.pointer('cell', bytes));
  }

  private pointer(base: 'cell' | 'row' | 'column', bytes: AccessBytes): number {
    if (!this.pointers) throw new Error('engine: a cell outside its loop');
    return this.pointers[base](bytes);
  }

  private store(s: Store): void {
    this.pushBase(s.base, s.bytes);
    this.push(s.value);
    this.code.memory(storeOp(s.value.type, s.bytes), s.address);
  }

  /** All at once: a slot that is still to be read is stored after the last value is computed, which the stack keeps meanwhile. */
  private stores(a: StoresAction): void {
    const late: Store[] = [];
    for (const s of a.stores) {
      this.pushBase(s.base, s.bytes);
      this.push(s.value);
      if (this.pending.get(s.slot)) late.push(s);
      else this.code.memory(storeOp(s.value.type, s.bytes), s.address);
    }
    for (const s of late.reverse()) this.code.memory(storeOp(s.value.type, s.bytes), s.address);
  }

  private write(a: WriteAction): void {
    const code = this.code;
    // Everything is computed before anything is written: operands may read the memory itself.
    for (const n of rootsOf(a)) if (n !== a.enable) this.ensure(n);
    const parts = (list: readonly WritePart[]): void => {
      for (const p of list) this.writePart(a, p);
    };
    if (!a.isFull) {
      parts(a.parts);
      return;
    }
    this.push(a.isFull);
    code.op(OP.if, OP.void);
    parts(a.full);
    code.op(OP.else);
    parts(a.parts);
    code.op(OP.end);
  }

  private copy(a: CopyAction): void {
    if (a.after) this.ensure(a.after);
    for (const c of a.copies) this.code.copy(c.to, c.from, c.bytes);
  }

  private writePart(a: WriteAction, p: WritePart): void {
    const code = this.code;
    if (p.condition) {
      this.push(p.condition);
      code.op(OP.if, OP.void);
    }
    this.push(a.offset);
    if (p.bits) {
      // (old & ~bits) | (value & bits) = old ^ ((old ^ value) & bits)
      const type = p.value.type;
      const old = loadOp(type, p.bytes, false);
      this.push(a.offset);
      code.memory(old, p.address);
      this.push(a.offset);
      code.memory(old, p.address);
      this.push(p.value);
      code.op(BINARY_OPS.xor[type]);
      this.push(p.bits);
      code.op(BINARY_OPS.and[type], BINARY_OPS.xor[type]);
    } else {
      this.push(p.value);
    }
    code.memory(storeOp(p.value.type, p.bytes), p.address);
    if (p.condition) code.op(OP.end);
  }

  /** The node's value in a local. */
  private local(n: Node): number {
    const known = this.localOf.get(n);
    if (known !== undefined && this.done.has(n)) return known;
    const l = known ?? this.code.local(n.type);
    this.localOf.set(n, l);
    this.run({ node: n, keep: false });
    return l;
  }

  private ensure(n: Node): void {
    if (n.op === 'sweep') this.run({ node: n, keep: false });
    else if (n.op !== 'const') this.local(n);
  }

  /** Emits what pushes the value of a node that the actions use. */
  push(n: Node): void {
    this.run({ node: n, keep: true });
  }

  /** Pushes a value (`keep`) or only puts it into its local. Iterative: expressions may be deep. */
  private run(first: Work): void {
    const code = this.code;
    const work: Work[] = [first];
    for (let w = work.pop(); w; w = work.pop()) {
      if (typeof w === 'function') {
        w();
        continue;
      }
      const { node, keep } = w;
      if (node.op === 'const') {
        if (keep) this.constant(node);
        continue;
      }
      if (node.op === 'sweep') {
        this.sweep(node, work);
        continue;
      }
      if (this.done.has(node) && this.localOf.has(node)) {
        if (keep) code.opIndex(OP.localGet, this.localOf.get(node) ?? 0);
        continue;
      }
      const finish = (): void => this.finish(node, keep);
      const ready = this.atHand(node);
      if (ready) {
        ready();
        finish();
        continue;
      }
      const arms = this.blocks.arms(node);
      if (arms) {
        work.push(
          finish,
          () => code.op(OP.end),
          { node: arms.else.value, keep: true },
          () => code.op(OP.else),
          { node: arms.then.value, keep: true },
          () => code.op(OP.if, node.type === 'i32' ? OP.i32 : OP.i64),
        );
        for (const w of this.condition(arms.condition)) work.push(w);
        const needs = new Set([...this.blocks.needs(arms.then.block), ...this.blocks.needs(arms.else.block)]);
        for (const n of [...needs].sort((a, b) => b.id - a.id)) work.push({ node: n, keep: false });
        continue;
      }
      work.push(() => {
        this.operation(node);
        finish();
      });
      if (node.op === 'select') {
        work.push({ node: node.args[0], keep: true }, { node: node.args[2], keep: true }, { node: node.args[1], keep: true });
      } else {
        for (let i = node.args.length - 1; i >= 0; i--) work.push({ node: node.args[i], keep: true });
      }
    }
  }

  /** A sweep leaves nothing on the stack. */
  private sweep(node: Node, work: Work[]): void {
    if (this.done.has(node)) return;
    this.done.add(node);
    if (this.atHand(node)) return;
    work.push(() => {
      this.parts.sweep?.(this.code, node, (n) => this.local(n));
      this.await(node, -1);
    });
    for (let i = node.args.length - 1; i >= 0; i--) work.push({ node: node.args[i], keep: false });
  }

  /** Pushes a value for a branch, last step first: a comparison with 0 that nothing else uses costs nothing there. */
  private condition(n: Node): Work[] {
    const isPlain = n.op !== 'eqz' || n.args[0].type !== 'i32' || this.blocks.uses(n) > 1 || this.atHand(n) !== undefined;
    return isPlain ? [{ node: n, keep: true }] : [() => this.code.op(OP.i32Eqz), { node: n.args[0], keep: true }];
  }

  /** The value is on the stack. */
  private finish(node: Node, keep: boolean): void {
    this.done.add(node);
    if (node.access && !this.atHand(node)) this.awaitSlot(node.access.slot, -1);
    let l = this.localOf.get(node);
    if (l === undefined && (this.blocks.uses(node) > 1 || !keep)) {
      l = this.code.local(node.type);
      this.localOf.set(node, l);
    }
    if (l !== undefined) this.code.opIndex(keep ? OP.localTee : OP.localSet, l);
  }

  private constant(n: Node): void {
    if (n.type === 'i32') this.code.i32(Number(BigInt.asIntN(32, n.value)));
    else this.code.i64(n.value);
  }

  /** The bit of the cell's number from an address on. */
  private bit(address: number): void {
    const { code } = this;
    const number = this.pointer('cell', 1);
    code.opIndex(OP.localGet, number);
    code.i32(3);
    code.op(BINARY_OPS.shrU.i32);
    code.memory(loadOp('i32', 1, false), address);
    code.opIndex(OP.localGet, number);
    code.i32(7);
    code.op(BINARY_OPS.and.i32, BINARY_OPS.shrU.i32);
    code.i32(1);
    code.op(BINARY_OPS.and.i32);
  }

  /** The operation on operands that are on the stack. */
  private operation(n: Node): void {
    const code = this.code;
    if (n.op === 'load') {
      const a = n.access;
      if (!a) throw new Error('engine: load from nowhere');
      if (a.base === 'bit') {
        this.bit(a.address);
        return;
      }
      if (a.base === 'abs' || a.base === 'round') code.i32(0);
      else if (a.base !== 'dynamic') code.opIndex(OP.localGet, this.pointer(a.base, a.bytes));
      code.memory(loadOp(n.type, a.bytes, a.signed), a.address);
    } else if (n.op === 'lane') {
      code.opIndex(OP.localGet, this.pointer('cell', 1));
    } else if (n.op === 'level') {
      throw new Error('engine: a round outside its loop');
    } else if (n.op === 'param') {
      code.opIndex(OP.localGet, Number(n.value));
    } else if (n.op === 'memo') {
      if (!this.parts.memo) throw new Error('engine: no tables here');
      this.parts.memo(code, Number(n.value));
    } else if (n.op === 'select') {
      code.op(OP.select);
      // One instruction, where V8 makes three of a comparison whose result is a value.
    } else if (n.op === 'eqz' && n.args[0].type === 'i32' && n.args[0].unsignedBits <= 1) {
      code.i32(1);
      code.op(BINARY_OPS.xor.i32);
    } else if (n.op in UNARY_OPS) {
      code.op(UNARY_OPS[n.op as keyof typeof UNARY_OPS][n.args[0].type]);
    } else {
      code.op(BINARY_OPS[n.op as keyof typeof BINARY_OPS][n.args[0].type]);
    }
  }
}
