/**
 * The `wasm` engine: a `Simulator` whose design has been compiled to WebAssembly in this process. Knows names, values and
 * errors; the compiled functions do the rest.
 */
import type { Design, Memory, Module, Signal } from '../../gen/ir/module.ts';
import { BOOL, widthOf } from '../../gen/ir/types.ts';
import { bitsToPoke, checkBytes, checkCycles, checkDesign, checkPath, checkPaths, checkRange, listed, misuse, usedAfterClose } from '../given.ts';
import { AssertionError } from '../simulator.ts';
import type { MemoryAccess, SignalInfo, Simulator, Watch } from '../simulator.ts';
import type { Held } from './compile.ts';
import { Compilation, RUN, SETTLE, runUntilName } from './compile.ts';
import type { Context, MemoryStorage } from './context.ts';
import { place } from './context.ts';
import { initialTag } from './emit-memo.ts';
import { tagBytes } from './memo.ts';
import { findMemory, findSignal } from './paths.ts';
import type { ResetValue } from './resets.ts';
import { applyResets, resetValues } from './resets.ts';
import type { Rope } from './rope.ts';
import { sliceRope } from './rope.ts';
import { PAGE_BYTES } from './wasm-encoder.ts';
import type { HostExports, HostMemory, HostModule } from './wasm-host.ts';
import { compile, createMemory, instantiate } from './wasm-host.ts';

export interface WasmOptions {
  /** Prepare all wires to be watched at once; otherwise those of a module are prepared when one is first peeked. */
  readonly observeWires?: boolean;
  /**
   * Operations from which the results of a combinational module with at most 64 input bits are remembered instead of computed in every
   * cycle. Changes speed only.
   */
  readonly minMemoOperations?: number;
  /** Lanes from which a loop over lanes is run as one; shorter ones are written out. Changes speed only. */
  readonly minLanes?: number;
}

export function createWasmSimulator(design: Design, options: WasmOptions = {}): Simulator {
  checkDesign(design);
  return new WasmSimulator(design, options);
}

/** What all simulators of a design share. Compilations grow by what is looked at; each simulator has a memory of its own. */
interface Compiled {
  readonly compilation: Compilation;
  readonly module: HostModule;
}

const compiled = new WeakMap<Design, Map<string, Compiled>>();

/** A design is compiled once, however many simulators there are of it. */
function compiledOf(design: Design, { minMemoOperations, minLanes }: WasmOptions): Compiled {
  let variants = compiled.get(design);
  if (!variants) compiled.set(design, (variants = new Map<string, Compiled>()));
  const key = `${minMemoOperations} ${minLanes}`;
  const known = variants.get(key);
  if (known) return known;
  const compilation = new Compilation(design, minMemoOperations, minLanes);
  const made = { compilation, module: compile(compilation.encode()) };
  variants.set(key, made);
  return made;
}

/** Cycles in one call into WebAssembly: V8 replaces the baseline code of a function only when it is entered again. */
const CHUNK_CYCLES = 1000;

/** How a path is read: bits that lie in memory, valid once `observer` (if any) has run since the last change. */
interface Reader {
  readonly bits: Rope;
  readonly observer: Observer | undefined;
}

/** Stores signals that are not state when something has changed. */
class Observer {
  private isFresh = false;
  constructor(private readonly exports: HostExports) {}
  settle(): void {
    if (!this.isFresh) this.exports[SETTLE]();
    this.isFresh = true;
  }
  invalidate(): void {
    this.isFresh = false;
  }
}

class WasmSimulator implements Simulator {
  readonly engine = 'wasm';
  private readonly compilation: Compilation;
  private readonly hostMemory: HostMemory;
  private readonly exports: HostExports;
  private bytes: Uint8Array;
  private view: DataView;
  private cycles = 0;
  private inReset = false;
  private isClosed = false;
  /** How many tables have their first content. */
  private filled = { constants: 0, results: 0 };
  private resets: readonly ResetValue[] | undefined;
  private readonly outputs: Observer;
  private readonly observers: Observer[] = [];
  private readonly readers = new Map<string, Reader>();
  private readonly watched = new Map<Context, { readonly observer: Observer; readonly held: ReadonlyMap<Signal, Held> }>();

  constructor(
    private readonly design: Design,
    options: WasmOptions,
  ) {
    const { compilation, module } = compiledOf(design, options);
    this.compilation = compilation;
    this.hostMemory = createMemory(this.compilation.pages);
    this.bytes = new Uint8Array(this.hostMemory.buffer);
    this.view = new DataView(this.hostMemory.buffer);
    this.exports = instantiate(module, this.hostMemory);
    this.outputs = new Observer(this.exports);
    this.observers.push(this.outputs);
    this.fillTables();
    if (hasInit(design.top)) this.initialise(this.compilation.top);
    if (options.observeWires) this.watchAll();
  }

  get cycle(): number {
    return this.cycles;
  }

  poke(port: string, value: bigint | number): void {
    this.checkOpen();
    if (port === 'rst' && this.design.top.clocked) {
      this.inReset = bitsToPoke(port, BOOL, value) === 1n;
      this.view.setUint32(this.compilation.resetAddress, this.inReset ? 1 : 0, true);
      return;
    }
    const held = this.compilation.inputs.get(port);
    if (!held) {
      checkPath(port);
      const inputs = [...(this.design.top.clocked ? ['rst'] : []), ...this.compilation.inputs.keys()];
      throw misuse(`${port}: not an input of the top module`, `it has ${listed(inputs)}`);
    }
    const v = bitsToPoke(port, held.signal.type, value);
    for (const { lo, box } of held.placed) this.storeBits(box.address, box.bytes, BigInt.asUintN(box.width, v >> BigInt(lo)));
    this.invalidate();
  }

  peek(path: string): bigint {
    this.checkOpen();
    if (path === 'rst' && this.design.top.clocked) return this.inReset ? 1n : 0n;
    let reader = this.readers.get(path);
    if (!reader) {
      checkPath(path);
      reader = this.readerOf(path);
      this.readers.set(path, reader);
    }
    reader.observer?.settle();
    return this.loadBits(reader.bits);
  }

  step(cycles = 1): void {
    this.run(RUN, cycles);
  }

  runUntil(stop: string, maxCycles: number): { cycles: number; stopped: boolean } {
    checkPath(stop);
    const name = runUntilName(stop);
    if (!(name in this.exports)) throw misuse(`${stop}: not a 1-bit output of the top module`);
    const cycles = this.run(name, maxCycles);
    return { cycles, stopped: this.peek(stop) === 1n };
  }

  private run(name: string, cycles: number): number {
    this.checkOpen();
    checkCycles(cycles);
    let made = 0;
    while (made < cycles) {
      // In reset every edge is followed by the reset values.
      const chunk = this.inReset ? 1 : Math.min(CHUNK_CYCLES, cycles - made);
      const edges = this.exports[name](chunk);
      made += edges;
      this.cycles += edges;
      if (edges > 0) this.invalidate();
      if (this.inReset && edges > 0) applyResets((this.resets ??= this.allResets()), this.bytes);
      this.reportFailure();
      if (edges < chunk) break;
    }
    return made;
  }

  private allResets(): readonly ResetValue[] {
    const values = resetValues(this.compilation.top);
    this.makeRoom();
    return values;
  }

  private reportFailure(): void {
    const { failedAddress, collected } = this.compilation;
    const failed = this.view.getUint32(failedAddress, true);
    if (failed === 0) return;
    this.view.setUint32(failedAddress, 0, true);
    const { path, check } = collected.asserts[failed - 1];
    throw new AssertionError({ path, message: check.message, cycle: this.cycles - 1 });
  }

  memory(path: string): MemoryAccess {
    this.checkOpen();
    checkPath(path);
    const found = findMemory(this.compilation.top, path);
    if (!found) throw misuse(`${path}: not a memory of the design`);
    const storage = found.ctx.memory(found.memory);
    this.makeRoom();
    return new MemoryWindow(
      storage,
      () => this.bytes,
      () => this.invalidate(),
    );
  }

  watch(paths: readonly string[]): Watch {
    this.checkOpen();
    checkPaths(paths);
    // Together, so that what several modules depend on is computed once.
    const found = paths.map((path) => findSignal(this.compilation.top, path)?.ctx).filter((ctx) => ctx !== undefined);
    const contexts = [...new Set(found)].filter((ctx) => !this.watched.has(ctx));
    if (contexts.length > 0) this.watchTogether(contexts);
    const readers = paths.map((path) => this.readerOf(path));
    return new ByteWatch(readers, () => {
      this.checkOpen();
      return this.bytes;
    }, (bits) => this.loadBits(bits));
  }

  signals(): readonly SignalInfo[] {
    const out: SignalInfo[] = [];
    const visit = (ctx: Context): void => {
      const m = ctx.module;
      for (const s of [...m.ports, ...m.regs, ...m.wires]) out.push({ path: ctx.pathOf(s.name), width: widthOf(s.type) });
      for (const c of ctx.children()) visit(c);
    };
    visit(this.compilation.top);
    return out;
  }

  covers(): ReadonlyMap<string, number> {
    return new Map(this.compilation.collected.covers.map((c) => [c.path, Number(this.view.getBigUint64(c.address, true))]));
  }

  close(): void {
    this.isClosed = true;
    this.readers.clear();
    this.watched.clear();
  }

  // ── values in memory ──

  private checkOpen(): void {
    if (this.isClosed) throw usedAfterClose();
  }

  private invalidate(): void {
    for (const o of this.observers) o.invalidate();
  }

  private readerOf(path: string): Reader {
    const found = findSignal(this.compilation.top, path);
    if (!found) throw misuse(`${path}: not a port, register or wire of the design`);
    const { ctx, signal, lo, width } = found;
    const held = ctx === this.compilation.top ? this.compilation.outputs.get(signal.name) : undefined;
    if (held && signal.kind === 'output') return { bits: sliceRope(heldBits(held), lo, width), observer: this.outputs };
    const value = this.compilation.value(ctx, signal);
    const bits = sliceRope(value, lo, width);
    this.makeRoom();
    if (bits.every((p) => p.kind === 'const' || (p.kind === 'box' && p.box.base === 'abs' && !p.box.after))) return { bits, observer: undefined };
    const watch = this.watchOf(ctx);
    const place = watch.held.get(signal);
    if (!place) throw new Error(`engine: ${path} is not watched`);
    return { bits: sliceRope(heldBits(place), lo, width), observer: watch.observer };
  }

  /** Signals of a context that are neither state nor inputs of the top module. */
  private combinational(ctx: Context): Held[] {
    const { arena } = this.compilation;
    return [...ctx.module.ports, ...ctx.module.wires].map((signal) => ({
      signal,
      placed: place(arena, ctx.pathOf(signal.name), signal.type),
    }));
  }

  private watchOf(ctx: Context): { readonly observer: Observer; readonly held: ReadonlyMap<Signal, Held> } {
    const known = this.watched.get(ctx);
    if (known) return known;
    this.watchTogether([ctx]);
    return this.watchOf(ctx);
  }

  private watchTogether(contexts: readonly Context[]): void {
    const list = contexts.flatMap((ctx) => this.combinational(ctx).map((held) => ({ ctx, held })));
    const code = this.compilation.encodeObserver(list);
    this.makeRoom();
    this.fillTables();
    const observer = new Observer(instantiate(compile(code), this.hostMemory));
    this.observers.push(observer);
    for (const ctx of contexts)
      this.watched.set(ctx, { observer, held: new Map(list.filter((x) => x.ctx === ctx).map((x) => [x.held.signal, x.held])) });
  }

  private watchAll(): void {
    const all: Context[] = [];
    const visit = (ctx: Context): void => {
      all.push(ctx);
      for (const c of ctx.children()) visit(c);
    };
    visit(this.compilation.top);
    this.watchTogether(all);
  }

  /** Things may be given memory late, when they are first asked for. */
  private makeRoom(): void {
    const missing = this.compilation.pages - this.bytes.length / PAGE_BYTES;
    if (missing <= 0) return;
    this.hostMemory.grow(missing);
    this.bytes = new Uint8Array(this.hostMemory.buffer);
    this.view = new DataView(this.hostMemory.buffer);
  }

  /** Code that is compiled later may bring more of them. */
  private fillTables(): void {
    const { dynamic, memos } = this.compilation.lowering;
    for (const t of dynamic.tables.slice(this.filled.constants)) {
      for (const [i, v] of t.values.entries()) this.storeBits(t.address + i * t.elementBytes, t.elementBytes, v);
    }
    for (const t of memos.tables.slice(this.filled.results)) this.storeBits(t.address, tagBytes(t.layout), initialTag(t));
    this.filled = { constants: dynamic.tables.length, results: memos.tables.length };
  }

  private initialise(ctx: Context): void {
    for (const m of ctx.module.memories) {
      if (!m.init) continue;
      const s = ctx.memory(m);
      this.makeRoom();
      const width = widthOf(m.type);
      for (const [i, v] of m.init.slice(0, m.depth).entries())
        this.storeBits(s.address + i * s.elementBytes, s.elementBytes, BigInt.asUintN(width, v));
    }
    for (const i of ctx.module.instances) if (hasInit(i.module)) this.initialise(ctx.instance(i.name));
    for (const g of ctx.module.grids) {
      if (!hasInit(g.module)) continue;
      for (let r = 0; r < g.rows; r++) for (let c = 0; c < g.columns; c++) this.initialise(ctx.cell(g, r, c));
    }
  }

  private storeBits(address: number, bytes: number, value: bigint): void {
    let v = value;
    for (let i = 0; i < bytes; i++, v >>= 8n) this.bytes[address + i] = Number(v & 0xffn);
  }

  private loadBits(r: Rope): bigint {
    let value = 0n;
    let at = 0;
    for (const p of r) {
      let bits = 0n;
      if (p.kind === 'const') bits = p.value;
      else if (p.kind === 'box') bits = BigInt.asUintN(p.width, this.loadBox(p.box.address, p.box.bytes) >> BigInt(p.lo));
      value |= bits << BigInt(at);
      at += p.width;
    }
    return value;
  }

  private loadBox(address: number, bytes: number): bigint {
    if (bytes === 1) return BigInt(this.view.getUint8(address));
    if (bytes === 2) return BigInt(this.view.getUint16(address, true));
    if (bytes === 4) return BigInt(this.view.getUint32(address, true));
    if (bytes === 8) return this.view.getBigUint64(address, true);
    let value = 0n;
    for (let at = bytes - 1; at >= 0; at--) value = (value << 8n) | BigInt(this.bytes[address + at]);
    return value;
  }
}

/** Compares the bytes in which values lie with those of the last look, and makes numbers only of what has changed. */
class ByteWatch implements Watch {
  private readonly observers: readonly Observer[];
  /** Of each byte in turn, where it lies; `ends`: of each signal, the end of its bytes among these. */
  private readonly addresses: Int32Array;
  private readonly ends: Int32Array;
  private readonly seen: Uint8Array;
  private readonly values: (bigint | undefined)[];

  constructor(
    private readonly readers: readonly Reader[],
    private readonly all: () => Uint8Array,
    private readonly valueOf: (bits: Rope) => bigint,
  ) {
    this.observers = [...new Set(readers.flatMap(({ observer }) => observer ?? []))];
    const bytesOf = ({ bits }: Reader): number[] => bits.flatMap((piece) =>
      (piece.kind === 'box' ? Array.from({ length: piece.box.bytes }, (_, i) => piece.box.address + i) : []));
    const places = readers.map(bytesOf);
    this.addresses = Int32Array.from(places.flat());
    let end = 0;
    this.ends = Int32Array.from(places, (list) => (end += list.length));
    this.seen = new Uint8Array(this.addresses.length);
    this.values = readers.map(() => undefined);
  }

  changes(tell: (index: number, value: bigint) => void): void {
    const all = this.all();
    for (const observer of this.observers) observer.settle();
    const { addresses, ends, seen, values, readers } = this;
    let at = 0;
    for (let index = 0; index < ends.length; index++) {
      let isSame = values[index] !== undefined;
      for (const end = ends[index]; at < end; at++) {
        const byte = all[addresses[at]];
        if (byte === seen[at]) continue;
        seen[at] = byte;
        isSame = false;
      }
      if (isSame) continue;
      // A signal may be a part of what lies in its bytes.
      const value = this.valueOf(readers[index].bits);
      if (value === values[index]) continue;
      values[index] = value;
      tell(index, value);
    }
  }
}

class MemoryWindow implements MemoryAccess {
  readonly wordBytes: number;
  readonly bytes: number;
  /** Bits of the last byte that exist, if the word does not fill its bytes. */
  private readonly width: number;
  constructor(
    private readonly storage: MemoryStorage,
    private readonly all: () => Uint8Array,
    private readonly changed: () => void,
  ) {
    this.wordBytes = storage.elementBytes;
    this.bytes = storage.memory.depth * storage.elementBytes;
    this.width = widthOf(storage.memory.type);
  }

  read(offset: number, length: number): Uint8Array {
    checkRange(this.storage.path, this.bytes, offset, length);
    const start = this.storage.address + offset;
    return this.all().slice(start, start + length);
  }

  write(offset: number, data: Uint8Array): void {
    checkBytes(this.storage.path, data);
    checkRange(this.storage.path, this.bytes, offset, data.length);
    const all = this.all();
    const start = this.storage.address + offset;
    all.set(data, start);
    if (this.width !== this.wordBytes * 8) {
      // The engine relies on the bits above a word being 0.
      for (let i = offset; i < offset + data.length; i++) {
        const kept = this.width - (i % this.wordBytes) * 8;
        if (kept < 8) all[this.storage.address + i] &= kept <= 0 ? 0 : (1 << kept) - 1;
      }
    }
    this.changed();
  }
}

function heldBits(h: Held): Rope {
  return h.placed.map(({ box }) => ({ kind: 'box', box, lo: 0, width: box.width }));
}

function hasInit(m: Module): boolean {
  const inner = m.blackBox?.behaviour ?? m;
  return (
    inner.memories.some((x: Memory) => x.init && x.init.length > 0) || [...inner.instances, ...inner.grids].some((i) => hasInit(i.module))
  );
}
