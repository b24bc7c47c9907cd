/**
 * From a design to WebAssembly functions over one memory: the step, the settling of outputs, and on demand the settling
 * of wires that are watched. Must not know paths or the simulator's interface.
 */
import type { Design, Signal } from '../../gen/ir/module.ts';
import { sameType, widthOf } from '../../gen/ir/types.ts';
import type { Action } from './actions.ts';
import { storesOf } from './actions.ts';
import { settleGroups } from './blocks.ts';
import type { Collected } from './collect.ts';
import { Collector } from './collect.ts';
import type { Placed } from './context.ts';
import { Context, Shared, place } from './context.ts';
import { emitLoop } from './emit-loop.ts';
import { emitMemo, fillParams } from './emit-memo.ts';
import { emitSweep } from './emit-sweep.ts';
import { Emitter } from './emit.ts';
import type { EmitParts } from './emit.ts';
import { LEAST_LANES } from './lane-drivers.ts';
import { Lowering } from './lower.ts';
import { MIN_MEMO_OPERATIONS } from './memo.ts';
import type { EntryLayout } from './memo.ts';
import { Graph } from './nodes.ts';
import type { Node } from './nodes.ts';
import { storedBytes } from './offsets.ts';
import type { Rope } from './rope.ts';
import { RopeReader, boxRope, concatRopes, sliceRope } from './rope.ts';
import { orderTasks, planFunctions } from './schedule.ts';
import { Arena } from './slots.ts';
import { Code, ModuleBuilder, PAGE_BYTES } from './wasm-encoder.ts';
import { OP } from './wasm-opcodes.ts';

/** Names of the exported functions. `run` takes a number of cycles and returns how many edges it made. */
export const RUN = 'run';
export const SETTLE = 'settle';
/** `run` that stops when the output is 1 before an edge. */
export const runUntilName = (output: string): string => `run:${output}`;

/** Bytes of a signal from which they are copied instead of loaded and stored. */
const MIN_COPY_BYTES = 64;

/** A module with the functions that fill tables of remembered results, as far as its code looks into them. */
class EngineModule extends ModuleBuilder {
  private readonly fills = new Map<EntryLayout, number>();
  private readonly pending: { readonly layout: EntryLayout; readonly code: Code }[] = [];

  constructor(private readonly lowering: Lowering) {
    super();
  }

  emitter(code: Code, actions: readonly Action[], atHand: (n: Node) => (() => void) | undefined = () => undefined): Emitter {
    const { graph, memos } = this.lowering;
    const parts: EmitParts = {
      loop: (c, action, local) => emitLoop(graph, c, action, local),
      memo: (c, table) => emitMemo(c, memos.tables[table], this.fill(table)),
      sweep: (c, sweep, local) => emitSweep(graph, c, sweep, local),
    };
    return new Emitter(code, graph, actions, atHand, undefined, parts);
  }

  private fill(table: number): number {
    const { layout } = this.lowering.memos.tables[table];
    let index = this.fills.get(layout);
    if (index === undefined) {
      const code = new Code(fillParams(layout));
      this.fills.set(layout, (index = this.add(code)));
      this.pending.push({ layout, code });
    }
    return index;
  }

  override encode(pages: () => number): Uint8Array {
    for (let p = this.pending.pop(); p; p = this.pending.pop()) {
      const { layout, code } = p;
      const action = this.lowering.run(() => this.lowering.memos.fill(layout));
      this.emitter(code, [action]).emit();
    }
    return super.encode(pages);
  }
}

/** A place in memory that holds a signal. */
export interface Held {
  readonly signal: Signal;
  readonly placed: readonly Placed[];
}

export class Compilation {
  readonly arena = new Arena();
  readonly graph = new Graph();
  readonly lowering: Lowering;
  readonly top: Context;
  readonly inputs: ReadonlyMap<string, Held>;
  readonly outputs: ReadonlyMap<string, Held>;
  /** 32 bits: the design is in reset. */
  readonly resetAddress: number;
  /** 32 bits: number of the assertion that failed, counted from 1; 0 if none has. */
  readonly failedAddress: number;
  readonly collected: Collected;

  /** `minMemoOperations`, `minLanes`: see `WasmOptions`. */
  constructor(design: Design, minMemoOperations = MIN_MEMO_OPERATIONS, minLanes?: number) {
    const shared = new Shared(this.arena, minLanes === undefined ? LEAST_LANES : { inVectors: minLanes, oneByOne: minLanes });
    const top = design.top;
    const hold = (kind: Signal['kind']): ReadonlyMap<string, Held> =>
      new Map(
        top.ports
          .filter((p) => p.kind === kind)
          .map((signal) => [signal.name, { signal, placed: place(this.arena, signal.name, signal.type) }]),
      );
    this.inputs = hold('input');
    this.outputs = hold('output');
    const input = { rope: this.inputBits.bind(this), placed: (signal: Signal) => this.input(signal).placed };
    this.lowering = new Lowering(this.graph, this.arena, shared, minMemoOperations, input);
    this.top = new Context(shared, top, '', { kind: 'top' }, { kind: 'plain' }, '');
    this.resetAddress = this.arena.allocate(4);
    this.failedAddress = this.arena.allocate(4);
    const reset = this.graph.load(
      'i32',
      { slot: this.arena.slot('rst'), base: 'abs', address: this.resetAddress, bytes: 4, signed: false },
      1,
    );
    this.collected = new Collector(this.lowering, this.arena, { failed: this.failedAddress, reset }).collect(this.top);
  }

  private input(signal: Signal): Held {
    const held = this.inputs.get(signal.name);
    if (!held) throw new Error(`engine: no input ${signal.name}`);
    return held;
  }

  private inputBits(signal: Signal, lo: number, width: number): Rope {
    return concatRopes(
      this.input(signal).placed.map(({ lo: at, box }) =>
        sliceRope(boxRope(box), Math.max(0, lo - at), Math.max(0, Math.min(lo + width, at + box.width) - Math.max(lo, at))),
      ),
    );
  }

  get pages(): number {
    return Math.ceil(this.arena.bytes / PAGE_BYTES);
  }

  /** The main module: `run`, `settle` for the outputs, and `run` until each 1-bit output. */
  encode(): Uint8Array {
    const module = new EngineModule(this.lowering);
    const settled = settleGroups<Action>(this.graph, this.collected.tasks.flat())[Symbol.iterator]();
    const tasks = orderTasks(
      this.graph,
      this.collected.tasks.map((t) => t.map(() => settled.next().value as Action)),
    );
    const step = this.emitFunctions(module, tasks.flat());
    const outputs = [...this.outputs.values()];
    const settle = this.emitFunctions(
      module,
      outputs.flatMap((o) => this.observe(this.top, o)),
    );
    module.export(SETTLE, this.emitSequence(module, settle));
    module.export(RUN, module.add(this.runLoop(step, undefined)));
    for (const o of outputs) {
      if (widthOf(o.signal.type) !== 1) continue;
      const value = this.lowering.run(() => this.lowering.read(this.top, o.signal, 0, 1));
      const node = this.lowering.arithmetic.words.word(value);
      module.export(runUntilName(o.signal.name), module.add(this.runLoop(step, (code) => module.emitter(code, [{ kind: 'evaluate', node }]).push(node))));
    }
    return module.encode(() => this.pages);
  }

  /** A module whose `settle` stores signals where they are held. */
  encodeObserver(watched: readonly { readonly ctx: Context; readonly held: Held }[]): Uint8Array {
    const module = new EngineModule(this.lowering);
    const functions = this.emitFunctions(
      module,
      watched.flatMap(({ ctx, held }) => this.observe(ctx, held)),
    );
    module.export(SETTLE, this.emitSequence(module, functions));
    return module.encode(() => this.pages);
  }

  /** The settled value of a signal. */
  value(ctx: Context, signal: Signal): Rope {
    return this.lowering.run(() => this.lowering.read(ctx, signal, 0, widthOf(signal.type)));
  }

  private observe(ctx: Context, held: Held): Action[] {
    const { slot, address } = held.placed[0].box;
    const storage = this.lowering.run(() => this.lowering.wholes.storageBehind(ctx, held.signal));
    const bytes = storedBytes(held.signal.type);
    if (storage && bytes >= MIN_COPY_BYTES && sameType(storage.type, held.signal.type)) {
      return [{ kind: 'copy', enable: this.graph.bool(true), copies: [{ slot, from: storage.address, to: address, bytes }], ...(storage.after ? { after: storage.after } : {}) }];
    }
    const value = this.value(ctx, held.signal);
    const reader = new RopeReader(value);
    return held.placed.map(({ lo, box }): Action => {
      const stores = storesOf(this.lowering.arithmetic.words, reader.slice(lo, box.width), box, true);
      return { kind: 'stores', stores, always: stores };
    });
  }

  private emitFunctions(module: EngineModule, actions: readonly Action[]): number[] {
    return planFunctions(this.graph, this.arena, actions).map((plan) => {
      const code = new Code();
      const atHand = (n: Node): (() => void) | undefined => {
        if (plan.made.has(n)) return () => undefined;
        const address = plan.kept.get(n);
        if (address === undefined) return undefined;
        return () => {
          code.i32(0);
          code.memory(n.type === 'i32' ? OP.i32Load : OP.i64Load, address);
        };
      };
      module.emitter(code, plan.actions, atHand).emit();
      return module.add(code);
    });
  }

  private emitSequence(module: EngineModule, functions: readonly number[]): number {
    const code = new Code();
    for (const f of functions) code.opIndex(OP.call, f);
    return module.add(code);
  }

  /** `pushStop` emits what pushes 1 to stop before an edge. */
  private runLoop(step: readonly number[], pushStop: ((code: Code) => void) | undefined): Code {
    const code = new Code(['i32'], ['i32']);
    const made = code.local('i32');
    code.op(OP.block, OP.void, OP.loop, OP.void);
    code.opIndex(OP.localGet, made);
    code.opIndex(OP.localGet, 0);
    code.op(OP.i32GeS);
    code.opIndex(OP.brIf, 1);
    if (pushStop) {
      pushStop(code);
      code.opIndex(OP.brIf, 1);
    }
    for (const f of step) code.opIndex(OP.call, f);
    code.opIndex(OP.localGet, made);
    code.i32(1);
    code.op(OP.i32Add);
    code.opIndex(OP.localSet, made);
    if (this.collected.asserts.length > 0) {
      code.i32(0);
      code.memory(OP.i32Load, this.failedAddress);
      code.opIndex(OP.brIf, 1);
    }
    code.opIndex(OP.br, 0);
    code.op(OP.end, OP.end);
    code.opIndex(OP.localGet, made);
    return code;
  }
}
