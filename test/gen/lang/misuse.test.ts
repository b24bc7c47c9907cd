/**
 * Whatever a program does with the language, it gets a design error with its line, at once: never a `TypeError`, a `RangeError` or silence.
 * The functions, classes and methods are found by reflection, in what `gen/index.ts` exports and in whatever their calls return, so that a
 * new one is tried without being named here.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as language from '../../../gen/index.ts';
import { B, Flag, In, Out, S, Sink, Source, U, UserError, bool, bundle, elaborate, enumeration, fromBits, hw, vec, vecOf } from '../../../gen/index.ts';
import type { SInt } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { Rng } from '../rng.ts';

const HERE = 'test/gen/lang/misuse.test.ts:';
/** What a call may take of the processor, and all calls together of memory: far less than what a width of 1e9 bits would. */
const CALL_SECONDS = 1.5;
const HEAP_BYTES = 1 << 30;
const STEPS = 1500;
const MOST_STEPS = 40_000;
const TIMES = Number(process.env.SYSTOLE_PROPERTY_RUNS ?? 1);

type Callable = (...args: unknown[]) => unknown;
const isObject = (v: unknown): v is object => (typeof v === 'object' && v !== null);

const prototypeOf = (v: object): never => Object.getPrototypeOf(v) as never;

/** An object of the language; not data of the program, nor of the intermediate representation. */
const isHandle = (v: unknown): v is object =>
  isObject(v) && !Array.isArray(v) && !OTHERS.has(v) && Object.getPrototypeOf(v) !== Object.prototype;

const State = enumeration('State', 'idle', 'busy');
const Pair = bundle('Pair', { high: U(4, 1), low: S(6) });
const Ports = {
  a: In(U(8)), s: In(S(8)), flag: In(B), out: Out(U(8)), pair: In(Pair), from: Sink(Pair), to: Source(Pair),
  bus: { req: Source(U(4)), gnt: In(B) }, lanes: Out(vec(S(8), 4)),
};
const Child = hw('Child', { x: In(S(8)), y: Out(S(8)) }, (m, io) => {
  const r = m.regs({ held: S(8, 0) });
  r.held = io.x;
  io.y = r.held;
});

/** What can be linked with a child. */
const Facing = hw('Facing', { x: Out(S(8)), y: In(S(8)) }, (_m, io) => {
  io.x = io.y;
});

/** Numbers, texts and objects that fit nowhere, or only somewhere. */
const JUNK: readonly unknown[] = [
  undefined, null, NaN, -1, 0, 1, 3, 8, 1.5, Infinity, -Infinity, 2 ** 32, 2 ** 40, 2 ** 60, 1e9, 65_536, 65_537, 10n, -1n,
  1n << 70n, true, false, '', 'a', 'x', 'y', 'idle', 'data', '1', 'a b', '\0', 'ü', 'module', {}, [], [1, 2], [[1, () => undefined]], { a: 1 }, { idle: () => undefined }, { init: [1.5] }, { init: [5n] }, { cell: 'X' },
  { x: {} }, { p: { q: {} } }, Symbol('s'), new Map(), new Date(0), /x/, Object.create(null), () => undefined, async () => undefined, function* () { yield 1; }, class {},
  new Uint8Array(3), Array(5), U(8), S(6), B, Flag(true), State, Pair, vec(U(4), 3), In(U(4)), Out(B), Ports, { a: U(8) }, { a: In(U(3)) },
  Child, language,
];

/** Objects among them that are not the language's. */
const FOREIGN = [Map.prototype, Date.prototype, RegExp.prototype, Uint8Array.prototype, null];
const OTHERS = new Set(JUNK.filter((v) => isObject(v) && FOREIGN.includes(prototypeOf(v))));

/** Public members of an object by reflection: its own and those of its prototypes, without what every object has. */
function membersOf(object: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const name of Object.getOwnPropertyNames(at)) if (name !== 'constructor' && (typeof object !== 'function')) names.add(name);
  }
  return [...names];
}

/** A member by which a kind of handle is known. Others are records of signals. */
const MARKS = Object.entries({
  regs: 'builder', writeMasked: 'memory', fromWest: 'grid', elseWhen: 'when', resetTo: 'enumeration', reset: 'shape', direction: 'port',
  elaborate: 'definition', fire: 'stream',
});

/** What kind of receiver it is, for counting. */
function kindOf(receiver: object): string {
  if (receiver === language) return 'language';
  if (receiver instanceof language.Value) return receiver.kind;
  const members = membersOf(receiver);
  for (const [mark, name] of MARKS) if (members.includes(mark)) return name;
  return 'record';
}

class World {
  /** By kind, so that there is as much of each, and the newest of a kind. */
  private readonly receivers = new Map<string, object[]>([['language', [language]]]);
  /** Values of another module, and of this one. */
  readonly values: unknown[] = [];
  private calls = 0;
  /** How many values the module began with: most others have odd widths. */
  private first = 0;

  begin(): void {
    this.first = this.values.length;
  }

  /** Calls that were right, by kind of receiver and method. */
  readonly right = new Map<string, { readonly receiver: object; readonly name: string; readonly args: readonly unknown[] }>();
  readonly tried = new Set<string>();

  constructor(private readonly rng: Rng) {}

  add(...things: unknown[]): void {
    for (const thing of things) {
      if (isHandle(thing)) {
        const same = this.receivers.get(kindOf(thing)) ?? [];
        this.receivers.set(kindOf(thing), [...same.slice(0, 3), thing]);
      }
      if (this.values.length < 400) this.values.push(thing);
    }
  }

  /** What errors have said of how to call a method: names and kinds of its parameters. */
  private readonly hints = new Map<string, readonly string[]>();
  private names = 0;

  /** A call as an error has told to make it, or none that can be right. */
  private argumentsOf(receiver: object, name: string): unknown[] {
    const hints = this.hints.get(`${kindOf(receiver)} . ${name}`);
    if (!hints || this.rng.chance(0.2)) return Array.from({ length: this.rng.below(5) }, () => this.argument());
    const args = hints.flatMap((says) => (says.startsWith('...') ? [1, 2] : [1]).map(() => this.fitting(says.replace(/^\S+: /, ''), receiver)));
    return args.slice(0, args.length - this.rng.below(2));
  }

  private fitting(says: string, receiver: object): unknown {
    const any = this.rng.chance(0.6) ? this.values.slice(0, this.first) : this.values;
    const isOf = (v: unknown, kinds: readonly string[]): boolean => v instanceof language.Value && kinds.includes(v.kind);
    const value = (...kinds: readonly string[]): unknown => this.rng.pick(any.filter((v) => isOf(v, kinds)));
    const handle = (noun: string): unknown => this.rng.pick(any.filter((v) => isObject(v) && noun in v && !(v instanceof language.Value)));
    const fresh = (): string => `fresh${this.names++}`;
    switch (says) {
      case 'a number': case 'a number or bigint': return this.rng.pick([0, 1, 2, 3, 4, 8]);
      case 'a text': return this.rng.pick([fresh(), 'x', 'y', 'idle', '5']);
      case 'true or false': return this.rng.chance(0.5);
      case 'a plain function': return () => undefined;
      case 'a Bool': return value('bool');
      case 'a UInt': return value('uint');
      case 'an SInt': return value('sint');
      case 'a member of an enumeration': return value('enum');
      case 'a number or a UInt': return this.rng.pick([0, 1, value('uint')]);
      case 'a hardware value': return value('bool', 'uint', 'sint', 'enum', 'vec');
      case 'a shape': return handle('reset');
      case 'a definition': return Child;
      case 'a record of ports': return this.rng.pick([this.rng.pick(any), Ports, { q: In(U(3)) }, handle('valid'), handle('gnt')]);
      case 'a record': return this.rng.pick([{}, { idle: () => undefined }, { [fresh()]: U(4) }, { [fresh()]: value('uint') }, { cell: 'CELL' }]);
      case 'a list': return this.rng.pick([[], [value('uint')], [value('sint'), value('sint')], [[[1, 2], () => undefined]]]);
      default:
        if (this.rng.chance(0.2)) return this.argument();
        if (this.rng.chance(0.5)) return this.rng.pick(any);
        return receiver instanceof language.Value ? this.rng.pick([0, value(receiver.kind)]) : value('uint', 'sint', 'bool', 'vec');
    }
  }

  argument(): unknown {
    const kind = this.rng.below(10);
    if (kind < 4) return this.rng.pick(JUNK);
    if (kind < 9) return this.rng.pick(this.values);
    return () => void this.step();
  }

  /** One call, read or assignment that nobody should make. */
  step(): void {
    const receiver = this.rng.pick(this.rng.pick([...this.receivers.values()]));
    const names = membersOf(receiver);
    const name = this.rng.chance(0.05) || names.length === 0 ? this.rng.pick(['typo', 'x', 'then', 'length', 'a', 'toString', 'valid']) : this.rng.pick(names);
    const args = this.argumentsOf(receiver, name);
    this.attempt(receiver, name, args, this.rng.below(20));
  }

  /** `how`: 0 assigns, 1 calls without `this`, 2 deletes, 3 defines anew, 4 freezes, others call. */
  attempt(receiver: object, name: string, args: readonly unknown[], how = 9): void {
    const what = `${kindOf(receiver)} . ${name}`;
    const start = process.cpuUsage();
    try {
      if (how === 0 && receiver !== language) {
        (receiver as Record<string, unknown>)[name] = args[0];
      } else if (how === 2 && receiver !== language) {
        delete (receiver as Record<string, unknown>)[name];
      } else if ((how === 3 || how === 4) && receiver !== language && !(receiver instanceof language.Value)) {
        // A value takes it, as any object does: to answer for its own properties, each would have to stand behind a proxy.
        if (how === 3) Object.defineProperty(receiver, name, { value: args[0] });
        else Object.freeze(receiver);
        throw new Error(`${what} was ${how === 3 ? 'defined anew' : 'frozen'} without a word`);
      } else {
        const member: unknown = (receiver as Record<string, unknown>)[name];
        if (typeof member !== 'function') {
          this.add(member);
        } else if (/^[A-Z]/.test(name) && Object.getOwnPropertyDescriptor(member, 'prototype')?.writable === false) {
          if (!(name === 'UserError' || name === 'DesignError')) this.add(new (member as new (...a: unknown[]) => unknown)(...args));
        } else {
          this.tried.add(what);
          const self = how === 1 && receiver !== language ? undefined : receiver;
          const result = (member as Callable).apply(self, [...args]);
          if (!this.right.has(what)) this.right.set(what, { receiver, name, args });
          this.add(result);
        }
      }
    } catch (error) {
      const told = /; call it as \w+\((.*)\)$/.exec(error instanceof Error ? error.message : '')?.[1];
      if (told !== undefined) this.hints.set(what, told === '' ? [] : told.split(/, (?=(?:\.\.\.)?\w+: )/));
      const place = error instanceof UserError && error.message.includes(`at ${HERE}`);
      if (!place) throw new Error(`${what}(${args.map(shown).join(', ')}) how ${how}: ${error instanceof Error ? `${error.name}: ${error.message}` : 'threw no error'}`, { cause: error });
    }
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > CALL_SECONDS) throw new Error(`${what}(${args.map(shown).join(', ')}) took ${seconds} s`);
    if (this.calls++ % 100 === 0 && process.memoryUsage.rss() > rssAtStart + HEAP_BYTES && heldBytes() > HEAP_BYTES) throw new Error(`${what}(${args.map(shown).join(', ')}) fills the memory`);
  }
}

function shown(v: unknown): string {
  if (v instanceof language.Value) return `<${v.kind}>`;
  if (typeof v === 'function') return 'function';
  return isObject(v) ? `{${Object.keys(v).slice(0, 5).join()}}` : String(v);
}

/** What is still held, and not only not yet collected: the process may have done other things before, and have got a large heap by that. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let rssAtStart = 0;
const limitBefore = Error.stackTraceLimit;
beforeAll(() => {
  rssAtStart = process.memoryUsage.rss();
  // As in a program: the runner keeps more frames, and would hide that the user's line is not among the first ten.
  Error.stackTraceLimit = 10;
});
afterAll(() => {
  Error.stackTraceLimit = limitBefore;
});

/** Runs `use` in a module that has something of everything, and elaborates what comes of it. */
function inWorld(seed: number, use: (world: World) => void): World {
  let world: World | undefined;
  let isReady = false;
  const foreign: unknown[] = [];
  hw('Other', { a: In(U(8)), out: Out(U(8)) }, (m, io) => {
    const r = m.regs({ theirs: U(8, 0) });
    r.theirs = io.a;
    io.out = r.theirs;
    foreign.push(m, io, io.a, r, r.theirs, m.mem('theirMemory', U(8), 4), m.when(io.a.eq(1), () => undefined));
  }).elaborate();
  const Subject = hw('Subject', Ports, (m, io) => {
    const w = new World(new Rng(seed));
    world = w;
    const r = m.regs({ count: U(8, 0), level: S(8), state: State.resetTo('idle'), full: Flag(false), held: Pair, store: vec(U(4, 0), 4) });
    const wires = m.wires({ next: U(8), pick: vec(Pair, 2) });
    const child = m.inst('child', Child);
    w.add(...foreign, m, io, io.from, io.to, io.bus, r, wires, child, r.count, r.level, r.state, r.full, r.held, r.store, wires.pick);
    w.add(bool(true), U(3).lit(5), io.pair);
    w.add(m.mem('data', U(8), 16), m.grid('mesh', Child, 2, 2), m.when(io.flag, () => undefined), m.let({ sum: r.count.addGrow(io.a) }));
    w.add(State, Pair, U(8), In(U(4)), Child, Ports);
    w.add(io.a.trunc(4), io.s, io.flag, vecOf([io.s, r.level]), vecOf([io.s, io.s, r.level, r.level]), fromBits(Pair, io.a.zext(10)));
    w.begin();
    // Calls that chance would rarely get right.
    const edge = vecOf([io.s, r.level]);
    const memory = m.mem('words', U(8), 16);
    w.attempt(m, 'mem', ['more', U(8), 4, { init: [1n] }]);
    w.attempt(m, 'connect', [io.from, io.to]);
    w.attempt(m, 'link', [child, m.inst('other', Facing)]);
    w.attempt(m, 'assert', ['holds', io.flag, 'text']);
    w.attempt(m, 'cover', ['happens', io.flag]);
    w.attempt(m.when(io.flag, () => undefined), 'elseWhen', [io.flag, () => undefined]);
    w.attempt(memory, 'write', [io.a.trunc(4), io.a]);
    w.attempt(memory, 'writeMasked', [io.a.trunc(4), io.a, io.a.trunc(2)]);
    for (const from of ['fromWest', 'fromNorth', 'fromEast', 'fromSouth']) w.attempt(m.grid(`grid_${from}`, Child, 2, 2), from, ['x', 'y', edge]);
    const inputs = { all: io.s, row: edge, column: edge, cell: vecOf([io.s, io.s, io.s, io.s]) };
    for (const [way, values] of Object.entries(inputs)) w.attempt(m.grid(`grid_${way}`, Child, 2, 2), way, ['x', values]);
    for (const out of ['rowOut', 'columnOut']) w.attempt(m.grid(`grid_${out}`, Child, 2, 2), out, ['y', 1]);
    for (const name of ['addWrap', 'xor', 'or']) for (const value of [r.level, r.count]) w.attempt(value, name, [1]);
    w.attempt(r.level, 'sext', [9]);
    w.attempt(m, 'map', ['mapped', 3, () => io.s]);
    w.attempt(m, 'sum', ['total', edge]);
    w.attempt(m, 'fold', ['smallest', edge, (a: SInt, b: SInt) => a.lt(b).mux(a, b)]);
    w.attempt(m, 'first', ['lowest', vecOf([io.flag, r.full])]);
    m.each(2, (lane) => {
      w.attempt(r.store, 'near', [lane, 3, 0]);
      for (const step of ['plus', 'minus', 'times']) w.attempt(lane, step, [0]);
    });
    w.attempt(language, 'resetTo', [vec(U(8), 2), [1, 2]]);
    w.attempt(language, 'blackBox', ['Box', Ports, { cell: 'BOX' }]);
    w.attempt(U(1).lit(1), 'asBool', []);
    w.attempt(r.count, 'exact', [8]);
    w.attempt(r.state, 'isOneOf', ['idle', 'busy']);
    use(w);
    isReady = true;
  });
  try {
    printDesign(elaborate(Subject));
  } catch (error) {
    if (!(error instanceof UserError) || !isReady) throw error;
  }
  return world as World;
}

describe('misuse of the language', () => {
  it('of every function and method is a design error with its line, at once', async () => {
    const worked = new Set<string>();
    const tried = new Set<string>();
    for (let seed = 1; seed <= TIMES; seed++) {
      const world = inWorld(seed, (w) => {
        for (let i = 0; i < MOST_STEPS && (i < STEPS || [...w.tried].some((what) => !w.right.has(what))); i++) w.step();
        // Of calls that were right, one argument is made wrong at a time.
        for (const { receiver, name, args } of [...w.right.values()]) {
          for (let position = 0; position <= args.length; position++) {
            for (const junk of JUNK) w.attempt(receiver, name, Object.assign([...args], { [position]: junk }));
          }
        }
      });
      for (const what of world.right.keys()) worked.add(what);
      for (const what of world.tried) tried.add(what);
      // So that the test runner is heard in between.
      await setImmediate();
    }
    // Each was also called as it should be: what is always refused, would say nothing of its arguments.
    expect([...tried].filter((what) => !worked.has(what))).toEqual([]);
    expect(tried.size).toBeGreaterThan(130);
  });
});
