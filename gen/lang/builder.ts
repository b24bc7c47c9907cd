/** The module builder: what a body calls to declare state, structure and behaviour. Records statements; checks come as passes. */
import { pushAll } from '../collections.ts';
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import type { BlackBox, Check, Grid, Instance, MemWrite, Memory, Module, PathElement, Signal, SignalKind, Statement, SwitchCase } from '../ir/module.ts';
import { BOOL, uintType, widthOf } from '../ir/types.ts';
import type { EnumType, Type } from '../ir/types.ts';
import { NamePool } from '../names/pool.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { ANY, BIGINT, BODY, DEFINITION, ENUM, HANDLE, LITERAL, NUMBER, RECORD, SHAPE, TEXT, TRUTH, UINT, VALUE, either, faces, listOf, oneOf, optional, options, recordOf, tuple } from './arguments.ts';
import type { Face } from './arguments.ts';
import type { Vec } from './aggregates.ts';
import { GridBuilder, gridFace } from './grid.ts';
import type { PublicGrid } from './grid.ts';
import { LaneNest, laneIn } from './lanes.ts';
import type { Lane } from './lanes.ts';
import { within } from './limits.ts';
import { MemoryPorts, memoryFace } from './memory.ts';
import type { Mem, MemoryOptions } from './memory.ts';
import type { ModuleDef } from './module-def.ts';
import { link } from './link.ts';
import { checkName } from './names.ts';
import type { Facing, Outside, PortMap, SinkView, SourceView } from './ports.ts';
import { firstOf, foldOf, mapOf, sumOf } from './reductions.ts';
import type { Recorder } from './recorder.ts';
import type { Shape } from './shapes.ts';
import type { Bool, Enum, SInt, UInt } from './scalars.ts';
import { exprOf, toExpr } from './value.ts';
import type { Num } from './value.ts';
import { closed, strictRecord } from './strict.ts';
import { defineAccessor, portRecordOf, portsView, signalAccessor } from './views.ts';
import type { Accessor } from './views.ts';

/** What is not called as the designer says until the body is complete. */
type Named<T> = { -readonly [K in keyof T]: T[K] };
type Renamable = Named<Signal>;

/** A check, and of which lanes, as it stands behind its name. */
interface CheckAt {
  readonly check: Named<Check>;
  readonly place: string;
}

type Handles<R> = { [K in keyof R]: R[K] extends Shape<infer V> ? V : never };

/** Continues a `when`. */
export interface WhenChain {
  elseWhen(cond: Bool, body: () => void): WhenChain;
  otherwise(body: () => void): void;
}

/** What no tool prints: NUL ends texts in them, half a pair of surrogates is no character. */
const UNPRINTABLE = /[\0\p{Cs}]/u;

/** The builder whose module's body is running: only it may record statements. */
let active: Builder | undefined;

export class Builder implements Recorder {
  private readonly names = new Map<string, Site>();
  private scope: Statement[] = [];
  private conditions: Conditions | undefined;
  /** Bodies that run when the outermost `when` is complete: `MOST_NESTED`. */
  private readonly waiting: (() => void)[] = [];
  private nested = 0;
  private lanes = new LaneNest();
  private readonly finishers: (() => void)[] = [];
  private readonly joined: Renamable[] = [];
  /** Of names that are given again where a body runs several times: `again`. */
  private suffix = '';
  private readonly checksAgain: { readonly wish: string; readonly of: readonly CheckAt[] }[] = [];
  readonly body: Statement[] = this.scope;
  readonly ports: Signal[] = [];
  readonly wireList: Signal[] = [];
  readonly regList: Signal[] = [];
  readonly memories: Memory[] = [];
  readonly instances: Instance[] = [];
  readonly grids: Grid[] = [];
  readonly checks: Check[] = [];
  blackBox: BlackBox | undefined;
  docText = '';

  /** What the body gets of this. */
  readonly face: PublicBuilder = faceOf(this);

  constructor(readonly moduleName: string) {}

  /** Describes the module in the printed header. */
  doc(text: string): void {
    this.docText = text;
  }

  /** Registers: take their assigned value at the clock edge, keep it otherwise. */
  regs<R extends Readonly<Record<string, Shape<unknown>>>>(shapes: R): Handles<R> {
    return this.declare(shapes, 'reg');
  }

  /** Combinational signals to be driven in the body; every path must drive them (give a default first). */
  wires<R extends Readonly<Record<string, Shape<unknown>>>>(shapes: R): Handles<R> {
    return this.declare(shapes, 'wire');
  }

  /** Gives values their names in SystemVerilog and waves; returns handles of the named wires. */
  let<R extends Readonly<Record<string, unknown>>>(values: R): { readonly [K in keyof R]: R[K] } {
    const site = here();
    const record = strictRecord(() => ({ name: `this let() of ${this.moduleName}`, site }));
    for (const [name, value] of Object.entries(values)) {
      const expr = exprOf(value);
      const signal = this.addWire(name, this.lanes.typeOf(expr.type, site), site);
      this.atTop(() => this.drive(signal, this.lanes.path, expr, site));
      defineAccessor(record, name, signalAccessor(this, signal, false, this.lanes));
    }
    return closed(record) as R;
  }

  /** A memory of `depth` words; see `Mem` for its ports. */
  mem<V>(name: string, shape: Shape<V>, depth: number, options: MemoryOptions = {}): Mem<V> {
    const site = here();
    this.checkNoLane(`memory ${name}`, site, 'declare it before; or put it into a module and make a grid of that');
    within('words', depth, `memory ${name} of ${depth} words`, site);
    within('memoryBits', depth * widthOf(shape.type), `memory ${name} of ${depth * widthOf(shape.type)} bits`, site);
    this.claim(name, site);
    checkInit(name, shape.type, depth, options.init ?? [], site);
    const memory: Memory = { name, type: shape.type, depth, site, style: options.style ?? 'auto',
      collisionFree: options.collisionFree ?? false, ...(options.init ? { init: options.init } : {}) };
    this.memories.push(memory);
    return memoryFace(new MemoryPorts<V>(this, memory, shape));
  }

  when(cond: Bool, body: () => void): WhenChain {
    const site = here();
    return this.chain(toExpr(cond, BOOL, site), body, site, { scope: this.scope, conditions: this.conditions, home: this.scope });
  }

  /** A `when` at the end of a scope; it goes on, once, in its own `else`. */
  private chain(cond: Expr, body: () => void, site: Site, { scope, conditions, home }: Link): WhenChain {
    const statement = { kind: 'when' as const, cond, then: [] as Statement[], else: [] as Statement[], site };
    scope.push(statement);
    this.within(statement.then, under(conditions, cond), body);
    const otherwise = under(conditions, { op: 'unary', fn: 'not', type: BOOL, a: cond, site });
    let isContinued = false;
    const goOn = (method: string, at: Site): void => {
      this.checkOpen(method);
      if (isContinued || this.scope !== home) {
        throw new DesignError('broken-chain', isContinued ? `${method}() of a when that has gone on already` : `${method}() in another scope than its when`, at, site, 'continue it once, where it stands');
      }
      isContinued = true;
    };
    return chainFace({
      elseWhen: (c, b) => {
        const at = here();
        const next = toExpr(c, BOOL, at);
        goOn('elseWhen', at);
        return this.chain(next, b, at, { scope: statement.else, conditions: otherwise, home });
      },
      otherwise: (b) => {
        goOn('otherwise', here());
        this.within(statement.else, otherwise, b);
      },
    });
  }

  /** One branch an enumeration member; `otherwise` for the rest. Without it, members left out do nothing. */
  switch<M extends string>(on: Enum<M>, branches: { readonly [K in M]?: () => void }, otherwise?: () => void): void {
    const type = on.expr.type as EnumType;
    const site = here();
    const cases = Object.entries<(() => void) | undefined>(branches).flatMap(([member, body]) => {
      const lit = toExpr(member, type, site);
      return body && lit.op === 'lit' ? [{ values: [lit.value], body }] : [];
    });
    // All members handled: the last branch becomes the default, so that bit patterns without a member drive something too.
    const last = otherwise || cases.length < type.members.length ? undefined : cases.pop();
    this.addSwitch(on.expr, cases, otherwise ?? last?.body, site);
  }

  /** One branch a set of numbers; `otherwise` for the rest. The sets must be disjoint. */
  switchOn(on: UInt, branches: readonly (readonly [Constant | readonly Constant[], () => void])[], otherwise?: () => void): void {
    const site = here();
    const cases = branches.map(([values, body]) => {
      const literals = (Array.isArray(values) ? values : [values]).map((v: Constant) => {
        const literal = toExpr(v, on.expr.type, site);
        if (literal.op === 'lit') return literal;
        throw new DesignError('type-mismatch', 'a branch of a switch is for a value that is not constant', site, undefined, 'use when()');
      });
      const names = literals.map((l) => l.hint);
      return { values: literals.map((l) => l.value), ...(names.some((n) => n !== undefined) ? { names } : {}), body };
    });
    if (cases.some((c) => c.values.length === 0)) throw new DesignError('missing-case', 'a branch of a switch has no value', site, undefined, 'give it one, or leave it out');
    const seen = new Set<bigint>();
    for (const v of cases.flatMap((c) => c.values)) {
      if (seen.has(v)) throw new DesignError('missing-case', `value ${v} stands in two branches of a switch`, site, undefined, 'keep one of them');
      seen.add(v);
    }
    // All values handled: the last branch becomes the default, as that of an enumeration does.
    const isWhole = !otherwise && seen.size === 2 ** on.width;
    const last = isWhole ? cases.pop() : undefined;
    if (cases.length === 0) (otherwise ?? last?.body)?.();
    else this.addSwitch(on.expr, cases, otherwise ?? last?.body, site);
  }

  private addSwitch(
    on: Expr, cases: readonly (Omit<SwitchCase, 'body'> & { readonly body: () => void })[], otherwise: (() => void) | undefined, site: Site,
  ): void {
    const is = (values: readonly bigint[]): Expr =>
      values.map((v): Expr => ({ op: 'binary', fn: 'eq', type: BOOL, a: on, b: { op: 'lit', type: on.type as EnumType, value: v } }))
        .reduce((a, b): Expr => ({ op: 'binary', fn: 'or', type: BOOL, a, b }));
    const built = cases.map((c) => ({ ...c, body: [] as Statement[] }));
    const rest: Statement[] = [];
    this.scope.push({ kind: 'switch', on, cases: built, default: rest, site });
    const { conditions } = this;
    for (const [i, c] of cases.entries()) this.within(built[i].body, under(conditions, is(c.values)), c.body);
    if (otherwise) {
      const none: Expr | undefined = cases.length === 0 ? undefined : { op: 'unary', fn: 'not', type: BOOL, a: is(cases.flatMap((c) => c.values)) };
      this.within(rest, none ? under(conditions, none) : conditions, otherwise);
    }
  }

  /**
   * The same for `count` lanes, written once: `body` is given the lane, a number that is constant in each. It stays a loop in
   * SystemVerilog. Signals that are declared in it are vectors with an element a lane, of which the body sees its own.
   */
  each(count: number, body: (lane: Lane) => void): void {
    const site = here();
    if (count === 0) return;
    const lanes: Lanes = { count: within('lanes', count, `each() of ${count} lanes`, site), site };
    const statement = { kind: 'for' as const, lanes, body: [] as Statement[], site };
    this.scope.push(statement);
    this.within(statement.body, this.conditions, () => body(laneIn(lanes)), this.lanes.inside(lanes));
  }

  /** The vector of what `f` makes of each lane, as a wire called `name`. */
  map<V>(name: string, count: number, f: (lane: Lane) => V): Vec<V> {
    return mapOf(this, name, count, f, here());
  }

  /** Exact sum of the elements, as a balanced tree called `name`. */
  sum<V extends UInt | SInt>(name: string, values: Vec<V>): V extends SInt ? SInt : UInt {
    return sumOf(this, name, values, here());
  }

  /** All elements joined by `f`, which is associative and keeps the type (the largest, all or-ed), as a balanced tree called `name`. */
  fold<V>(name: string, values: Vec<V>, f: (a: V, b: V) => V): V {
    return foldOf(this, name, values, f, here());
  }

  /** Whether one of the flags is set, and the number of the lowest that is (0 if none is), as a balanced tree called `name`. */
  first(name: string, flags: Vec<Bool>): { readonly valid: Bool; readonly index: UInt } {
    return firstOf(this, name, flags, here());
  }

  /** Creates an instance of `def`; the result is the outside view of its ports. */
  inst<P extends PortMap>(name: string, def: ModuleDef<P>): Outside<P> {
    const site = here();
    this.checkNoLane(`instance ${name}`, site, 'make a grid of one row outside, and drive its vectors here');
    this.claim(name, site);
    const module = def.elaborate();
    this.checkHidden(name, module, site);
    const connections = new Map<string, Signal>();
    for (const port of module.ports) {
      const kind = port.kind === 'input' ? 'instIn' : 'instOut';
      const signal = this.addJoined({ name: `${name}_${port.name}`, kind, type: port.type, site, port: { instance: name, port: port.name } });
      connections.set(port.name, signal);
    }
    this.instances.push({ name, module, site, connections });
    return portsView(def.ports, (flat) => {
      const signal = connections.get(flat) as Signal;
      return signalAccessor(this, signal, signal.kind === 'instIn');
    }, `${this.moduleName}.${name}`, site) as Outside<P>;
  }

  /** A `rows` by `columns` grid of equal cells, wired symbolically through the returned builder. */
  grid<P extends PortMap>(name: string, def: ModuleDef<P>, rows: number, columns: number): PublicGrid<P> {
    const site = here();
    this.checkNoLane(`grid ${name}`, site, 'make it outside, and drive its vectors here');
    this.claim(name, site);
    return gridFace(new GridBuilder<P>(this, name, def.elaborate(), rows, columns, site, (g) => this.grids.push(g)));
  }

  /** Drives `sink` from `source`: valid and bits forward, ready back. */
  connect<V>(source: SinkView<V>, sink: SourceView<V>): void {
    const site = here();
    for (const [end, name] of [[source, 'source'], [sink, 'sink']] as const) {
      const members = portRecordOf(end)?.members;
      if (['valid', 'bits', 'ready'].every((member) => members?.has(member))) continue;
      throw new DesignError('connection', `the ${name} is no stream`, site, undefined, 'give streams of this module or of an instance');
    }
    sink.valid = source.valid;
    sink.bits = source.bits as V;
    source.ready = sink.ready;
  }

  /**
   * Connects two records of ports member by member: ports of two instances that face each other, or ports of this module with
   * those of an instance that stands in for it. Whichever side is driven from here follows the other. `names`: only these.
   */
  link<A extends object, const K extends keyof A & string>(a: A, b: Facing<Pick<A, NoInfer<K>>>, names?: readonly K[]): void {
    link(a, b, names, here());
  }

  /** Must hold at every clock edge outside reset wherever this line is reached; stops a simulation when it does not. */
  assert(name: string, cond: Bool, message = ''): void {
    this.check('assert', name, cond, message);
  }

  /** Counted at every clock edge at which it holds and this line is reached. */
  cover(name: string, cond: Bool, message = ''): void {
    this.check('cover', name, cond, message);
  }

  private check(kind: 'assert' | 'cover', name: string, cond: Bool, message: string): void {
    const site = here();
    if (UNPRINTABLE.test(message)) throw new DesignError('bad-text', `the text of ${name} holds a character that is in no printed line`, site, undefined, 'leave out NUL and halves of surrogate pairs');
    if (this.suffix === '') this.claim(name, site);
    let expr = toExpr(cond, BOOL, site);
    const enable = this.enable();
    if (enable && kind === 'cover') expr = { op: 'binary', fn: 'and', type: BOOL, a: enable, b: expr, site };
    if (enable && kind === 'assert') expr = { op: 'binary', fn: 'or', type: BOOL, a: { op: 'unary', fn: 'not', type: BOOL, a: enable }, b: expr, site };
    const conds = this.lanes.isOpen ? this.inLanes(kind, name + this.suffix, expr, site) : [{ place: '', cond: expr }];
    const of = conds.map((c) => ({ place: c.place, check: { kind, name: name + c.place, cond: c.cond, message, site } }));
    pushAll(this.checks, of.map(({ check }) => check));
    if (this.suffix !== '') this.checksAgain.push({ wish: name + this.suffix, of });
  }

  // --- used by views, memories and grids ---

  drive(target: Signal, path: readonly PathElement[], value: Expr, site: Site): void {
    this.checkActive(target, site);
    this.scope.push({ kind: 'assign', target, path, value, site });
  }

  write(statement: MemWrite): void {
    this.checkActive(statement.mem, statement.site);
    this.scope.push(statement);
  }

  /** Runs the module's body. */
  run(body: () => void): void {
    const outer = active;
    active = this;
    try {
      body();
    } finally {
      active = outer;
    }
  }

  /** The body of a child must not drive what belongs to its parent. */
  private checkActive(thing: { readonly name: string; readonly site: Site }, site: Site): void {
    if (active === this) return;
    if (active) throw new DesignError('foreign-signal', `${thing.name} belongs to another module than ${active.moduleName}`, site, thing.site, 'pass it through a port');
    throw new DesignError('outside-body', `${thing.name} is driven when the body of ${this.moduleName} has ended`, site, thing.site, 'drive it in the body');
  }

  /** Nothing can be added but by the module's own body, while it runs. */
  checkOpen(method: string): void {
    if (active === this) return;
    const what = active ? `${method}() of ${this.moduleName} in the body of ${active.moduleName}` : `${method}() when the body of ${this.moduleName} has ended`;
    throw new DesignError('outside-body', what, here(), undefined, 'use the builder that the body is given');
  }

  /** A condition of lanes: what is asserted holds in each of them, which a failure tells (`name[3]`); what is counted holds in one. */
  private inLanes(kind: 'assert' | 'cover', name: string, cond: Expr, site: Site): { readonly place: string; readonly cond: Expr }[] {
    const type = this.lanes.typeOf(BOOL, site);
    const signal = this.addJoinedWire(name, type, site);
    this.atTop(() => this.drive(signal, this.lanes.path, cond, site));
    const all: Expr = { op: 'ref', type, signal };
    if (kind === 'assert' && widthOf(type) <= MOST_TOLD_APART) {
      return this.lanes.elements(all).map(({ place, element }) => ({ place, cond: element }));
    }
    const bits: Expr = { op: 'cast', type: uintType(widthOf(type)), of: all };
    return [{ place: '', cond: { op: 'unary', fn: kind === 'assert' ? 'andR' : 'orR', type: BOOL, a: bits, site } }];
  }

  /** Not everything exists once a lane. */
  checkNoLane(what: string, site: Site, mend: string): void {
    const lanes = this.lanes.all.at(-1);
    if (lanes) throw new DesignError('outside-lanes', `${what} in the body of each()`, site, lanes.site, mend);
  }

  /** Declares a signal after checking its name. */
  addSignal(signal: Signal): Signal {
    if (this.suffix !== '') return this.addJoined({ ...signal, name: signal.name + this.suffix });
    this.claim(signal.name, signal.site);
    return signal;
  }

  /**
   * A signal called after an instance or a grid and a port of it. The designer did not name it: where the name is taken in the end,
   * be it by what he declares later or by two others that join to the same, it gets a number.
   */
  addJoined(signal: Signal): Signal {
    const own: Renamable = { ...signal };
    this.joined.push(own);
    return own;
  }

  addRegister(name: string, type: Type, site: Site): Signal {
    const signal = this.addSignal({ name, kind: 'reg', type, site });
    this.regList.push(signal);
    return signal;
  }

  addWire(name: string, type: Type, site: Site): Signal {
    const signal = this.addSignal({ name, kind: 'wire', type, site });
    this.wireList.push(signal);
    return signal;
  }

  /** A wire that the designer did not name. */
  addJoinedWire(name: string, type: Type, site: Site): Signal {
    const signal = this.addJoined({ name, kind: 'wire', type, site });
    this.wireList.push(signal);
    return signal;
  }

  /** Loops around the present line. */
  get nest(): LaneNest {
    return this.lanes;
  }

  /** Runs `f` as if other loops stood around its line. */
  inNest<T>(nest: LaneNest, f: () => T): T {
    const outer = this.lanes;
    this.lanes = nest;
    try {
      return f();
    } finally {
      this.lanes = outer;
    }
  }

  /** Runs what runs several times though it is written once: names that it gives get `suffix`, and make way. */
  again<T>(suffix: string, f: () => T): T {
    const outer = this.suffix;
    this.suffix = `${suffix}${outer}`;
    try {
      return f();
    } finally {
      this.suffix = outer;
    }
  }

  /** Conjunction of the conditions under which the present line is reached; undefined at the top level. */
  enable(): Expr | undefined {
    return this.conditions && conjunction(this.conditions);
  }

  /** A name that is not taken when the body is complete, like the one wished for. */
  unclaimed(wish: string): string {
    return new NamePool(this.names.keys()).fresh(wish);
  }

  /** Runs `action` when the body is complete. */
  atFinish(action: () => void): void {
    this.finishers.push(action);
  }

  /** Runs `body` with statements recorded at the module's top level. */
  atTop(body: () => void): void {
    const outer = this.scope;
    this.scope = this.body;
    for (const lanes of this.lanes.all) {
      const statement = { kind: 'for' as const, lanes, body: [] as Statement[], site: lanes.site };
      this.scope.push(statement);
      this.scope = statement.body;
    }
    try {
      body();
    } finally {
      this.scope = outer;
    }
  }

  private claim(name: string, site: Site): void {
    checkName(name, site);
    const first = this.names.get(name);
    if (first) throw new DesignError('duplicate-name', `'${name}' is declared twice in ${this.moduleName}`, site, first, 'choose another name');
    this.names.set(name, site);
  }

  /** In SystemVerilog a signal of the child would hide an instance of its name, which Verilator warns of. */
  private checkHidden(name: string, module: Module, site: Site): void {
    const { ports, wires, regs, memories } = module.blackBox?.behaviour ?? module;
    const hides = [...ports, ...wires, ...regs, ...memories].find((s) => s.name === name);
    if (!hides) return;
    const what = `instance ${this.moduleName}.${name} is called like a ${ports.some((p) => p.name === name) ? 'port' : 'signal'} of ${module.name}`;
    throw new DesignError('hidden-name', what, site, hides.site, 'choose another name for the instance');
  }

  private declare<R extends Readonly<Record<string, Shape<unknown>>>>(shapes: R, kind: SignalKind & ('reg' | 'wire')): Handles<R> {
    const site = here();
    const record = strictRecord(() => ({ name: `this ${kind}s() of ${this.moduleName}`, site }));
    for (const [name, shape] of Object.entries(shapes)) {
      if (widthOf(shape.type) < 1) throw new DesignError('bad-width', `${name} has no bits`, site, undefined, 'give it a width');
      const reset = kind === 'reg' && shape.reset.some((l) => l !== undefined) ? { reset: this.lanes.repeated(shape.reset) } : {};
      const signal = this.addSignal({ name, kind, type: this.lanes.typeOf(shape.type, site), site, ...reset });
      (kind === 'reg' ? this.regList : this.wireList).push(signal);
      defineAccessor(record, name, signalAccessor(this, signal, true, this.lanes));
    }
    return closed(record) as Handles<R>;
  }

  private within(scope: Statement[], conditions: Conditions | undefined, body: () => void, lanes = this.lanes): void {
    if (this.nested === MOST_NESTED) {
      this.waiting.push(() => this.within(scope, conditions, body, lanes));
      return;
    }
    const outer = { scope: this.scope, conditions: this.conditions, lanes: this.lanes };
    this.scope = scope;
    this.conditions = conditions;
    this.lanes = lanes;
    this.nested++;
    try {
      body();
    } finally {
      this.nested--;
      this.scope = outer.scope;
      this.conditions = outer.conditions;
      this.lanes = outer.lanes;
    }
    if (this.nested === 0) this.runWaiting();
  }

  private runWaiting(): void {
    this.nested = 1;
    try {
      // Each may add to them.
      for (const next of this.waiting) next();
    } finally {
      this.waiting.length = 0;
      this.nested = 0;
    }
  }

  /** Makes accessors for a port signal of this module. */
  portAccessor(signal: Signal): Accessor {
    return signalAccessor(this, signal, signal.kind === 'output');
  }

  finish(site: Site): Module {
    for (const action of this.finishers) action();
    const pool = new NamePool(this.names.keys());
    for (const { wish, of } of this.checksAgain) {
      const name = pool.fresh(wish);
      for (const { check, place } of of) check.name = `${name}${place}`;
    }
    for (const s of this.joined) s.name = pool.fresh(s.name);
    const clocked = this.regList.length > 0 || this.memories.length > 0 || this.checks.length > 0 || this.blackBox?.clock !== undefined
      || this.blackBox?.behaviour?.clocked === true
      || this.instances.some((i) => i.module.clocked) || this.grids.some((g) => g.module.clocked);
    return {
      name: this.moduleName, site, doc: this.docText, ports: this.ports, wires: this.wireList, regs: this.regList, memories: this.memories,
      instances: this.instances, grids: this.grids, body: this.body, checks: this.checks, clocked,
      ...(this.blackBox ? { blackBox: this.blackBox } : {}),
    };
  }
}

function checkInit(name: string, type: Type, depth: number, init: readonly bigint[], site: Site): void {
  if (init.length > depth) throw new DesignError('memory', `${init.length} initial words for memory ${name} of ${depth} words`, site, undefined, 'give at most one a word');
  const wide = init.findIndex((v) => v < 0n || v >= 1n << BigInt(widthOf(type)));
  if (wide >= 0) {
    throw new DesignError('memory', `initial word ${wide} of memory ${name} is ${init[wide]}`, site, undefined, `give bit patterns 0..2^${widthOf(type)}-1`);
  }
}

/** Where a chain of `when`s goes on: in which scope and under which conditions; `home` is the scope of its first. */
interface Link {
  readonly scope: Statement[];
  readonly conditions: Conditions | undefined;
  readonly home: Statement[];
}

/** Conditions under which a line is reached: the innermost, and those around it. */
interface Conditions {
  readonly cond: Expr;
  readonly outer: Conditions | undefined;
  readonly depth: number;
  /** Of deep ones: all of them together. */
  all?: Expr;
}

/**
 * Levels of `when` whose bodies run inside each other, as JavaScript writes them. The stack of JavaScript is limited, the levels are
 * not: the bodies of deeper ones run when the outermost is complete, each into its place.
 */
const MOST_NESTED = 200;
/** Lanes of which an assertion tells which has failed: each is a check of its own. */
const MOST_TOLD_APART = 64;
/** Depth from which lines share the conjunction of their conditions: each has one of its own as long as that can be read. */
const SHARED_DEPTH = 32;

function under(outer: Conditions | undefined, cond: Expr): Conditions {
  return { cond, outer, depth: (outer?.depth ?? 0) + 1 };
}

function conjunction(conditions: Conditions): Expr {
  const list: Conditions[] = [];
  let known: Expr | undefined;
  for (let c: Conditions | undefined = conditions; c && !known; c = c.outer) {
    if (c.all) known = c.all;
    else list.push(c);
  }
  for (let c = list.pop(); c; c = list.pop()) {
    known = known ? { op: 'binary', fn: 'and', type: BOOL, a: known, b: c.cond } : c.cond;
    if (c.depth >= SHARED_DEPTH) c.all = known;
  }
  return known ?? conditions.cond;
}

/** What a switch tells apart: numbers, and literals that have a name. */
const CONSTANT = either(LITERAL, UINT);
type Constant = Num | UInt;

const BUILDER = {
  doc: { text: TEXT },
  regs: { shapes: recordOf(SHAPE) }, wires: { shapes: recordOf(SHAPE) }, let: { values: RECORD },
  mem: { name: TEXT, shape: SHAPE, depth: NUMBER, options: optional(options({
    init: optional(listOf(BIGINT)), style: optional(oneOf('auto', 'registers', 'block', 'ultra')), collisionFree: optional(TRUTH),
  })) },
  when: { cond: ANY, body: BODY },
  switch: { on: ENUM, branches: recordOf(optional(BODY)), otherwise: optional(BODY) },
  switchOn: { on: UINT, branches: listOf(tuple(either(CONSTANT, listOf(CONSTANT)), BODY)), otherwise: optional(BODY) },
  each: { count: NUMBER, body: BODY }, map: { name: TEXT, count: NUMBER, f: BODY },
  sum: { name: TEXT, values: VALUE }, fold: { name: TEXT, values: VALUE, f: BODY }, first: { name: TEXT, flags: VALUE },
  inst: { name: TEXT, def: DEFINITION }, grid: { name: TEXT, def: DEFINITION, rows: NUMBER, columns: NUMBER },
  connect: { source: HANDLE, sink: HANDLE }, link: { a: HANDLE, b: HANDLE, names: optional(listOf(TEXT)) },
  assert: { name: TEXT, cond: ANY, message: optional(TEXT) }, cover: { name: TEXT, cond: ANY, message: optional(TEXT) },
} as const;

/** What a body gets of the builder of its module. */
export interface PublicBuilder extends Face<Builder, typeof BUILDER> {}

const faceOf = faces<Builder, typeof BUILDER>(BUILDER, { name: (b) => ({ name: `the builder of ${b.moduleName}` }), before: (b, method) => b.checkOpen(method) });
const CHAIN = { elseWhen: { cond: ANY, body: BODY }, otherwise: { body: BODY } } as const;
const chainFace = faces<WhenChain, typeof CHAIN>(CHAIN, { name: () => ({ name: 'a when' }) });
