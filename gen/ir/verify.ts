/**
 * What every module of the intermediate representation must be, whatever pass has made it: operators with operands of the types that
 * `expr.ts` states, places that exist, statements that drive what may be driven, names that stand for one thing. A fault found here is one
 * of Systole's own, not of a design: designs are checked by `passes/`. Must not know the passes.
 */
import { pushAll } from '../collections.ts';
import { laneRange, operands } from './expr.ts';
import type { BinaryFn, Expr, UnaryFn } from './expr.ts';
import type { Lanes } from './lanes.ts';
import { branchesOf, expressionsOf, findField, leavesOf, moduleExpressions, walkExpressions, walkStatements } from './leaves.ts';
import type { Memory, Module, Signal, SignalKind, Statement } from './module.ts';
import { BOOL, indexWidth, isScalar, sameType, typeName, widthOf } from './types.ts';
import type { Type } from './types.ts';

/** @throws Error that tells what is wrong with the module. @param after what has made it */
export function verify(m: Module, after: string): void {
  const faults = faultsOf(m);
  if (faults.length > 0) throw new Error(`module ${m.name} after ${after}: ${faults.slice(0, 5).join('; ')}${faults.length > 5 ? `; and ${faults.length - 5} more` : ''}`);
}

export function faultsOf(m: Module): string[] {
  const own = new Owned(m);
  const faults = [...declarationFaults(m), ...connectionFaults(m)];
  walkExpressions(moduleExpressions(m), (e) => {
    for (const fault of expressionFaults(e, own)) faults.push(`${e.op}${'fn' in e ? ` ${e.fn}` : ''}: ${fault}`);
  });
  walkStatements(m.body, (s) => {
    for (const fault of statementFaults(s, own)) faults.push(`${s.kind}: ${fault}`);
  });
  pushAll(faults, laneFaults(m));
  for (const c of m.checks) if (c.cond.type.kind !== 'bool') faults.push(`${c.kind} ${c.name}: ${typeName(c.cond.type)} is no condition`);
  return faults;
}

/** What belongs to a module, by identity: another signal of the same name is another signal. */
class Owned {
  readonly signals: ReadonlySet<Signal>;
  readonly memories: ReadonlySet<Memory>;
  constructor(m: Module) {
    this.signals = new Set(signalsOf(m));
    this.memories = new Set(m.memories);
  }
}

const connectionsOf = (m: Module): Signal[] => [
  ...m.instances.flatMap((i) => [...i.connections.values()]),
  ...m.grids.flatMap((g) => [...[...g.inputs.values()].map((i) => i.signal), ...g.outputs.map((o) => o.signal)]),
];
const signalsOf = (m: Module): Signal[] => [...m.ports, ...m.wires, ...m.regs, ...connectionsOf(m)];

function declarationFaults(m: Module): string[] {
  const faults: string[] = [];
  const kinds: readonly (readonly [readonly Signal[], readonly SignalKind[]])[] = [[m.ports, ['input', 'output']], [m.wires, ['wire']], [m.regs, ['reg']]];
  for (const [list, allowed] of kinds) for (const s of list) if (!allowed.includes(s.kind)) faults.push(`${s.name} is of kind ${s.kind}, not ${allowed.join(' or ')}`);
  const names = new Set<string>();
  for (const { name } of [...signalsOf(m), ...m.memories, ...m.instances, ...m.grids, ...m.checks]) {
    if (names.has(name)) faults.push(`two things are called ${name}`);
    names.add(name);
  }
  for (const s of [...signalsOf(m), ...m.memories]) if (!(widthOf(s.type) >= 1)) faults.push(`${s.name} has no bits`);
  for (const r of m.regs) {
    if (!r.reset) continue;
    const leaves = leavesOf(r.type);
    if (r.reset.length !== leaves.length) faults.push(`${r.name} has ${leaves.length} parts and ${r.reset.length} reset values`);
    else if (r.reset.some((l, i) => l && !sameType(l.type, leaves[i].type))) faults.push(`${r.name} is reset to a value of another type`);
  }
  for (const x of m.memories) {
    if (x.init && x.init.length > x.depth) faults.push(`${x.name} has ${x.init.length} initial words and ${x.depth} words`);
    if (x.init?.some((v) => v < 0n || v >= 1n << BigInt(widthOf(x.type)))) faults.push(`${x.name} has an initial word that does not fit`);
  }
  return faults;
}

function connectionFaults(m: Module): string[] {
  const faults: string[] = [];
  for (const i of m.instances) {
    for (const p of i.module.ports) {
      const s = i.connections.get(p.name);
      const kind = p.kind === 'input' ? 'instIn' : 'instOut';
      if (!s) faults.push(`instance ${i.name}: nothing is connected to ${p.name}`);
      else if (s.kind !== kind || !sameType(s.type, p.type)) faults.push(`instance ${i.name}: ${s.kind} ${typeName(s.type)} at ${p.kind} ${p.name}: ${typeName(p.type)}`);
    }
    for (const port of i.connections.keys()) if (!i.module.ports.some((p) => p.name === port)) faults.push(`instance ${i.name}: ${i.module.name} has no port ${port}`);
  }
  for (const g of m.grids) {
    const port = (name: string, kind: SignalKind): Type | undefined => g.module.ports.find((p) => p.name === name && p.kind === kind)?.type;
    const lengths = { all: undefined, row: g.rows, column: g.columns, cell: g.rows * g.columns } as const;
    for (const [name, input] of g.inputs) {
      const element = port(name, 'input');
      const length = input.kind === 'neighbour' ? (input.from === 'west' || input.from === 'east' ? g.rows : g.columns) : lengths[input.kind];
      const wanted: Type | undefined = element && (length === undefined ? element : { kind: 'vec', element, length });
      if (!wanted || !sameType(input.signal.type, wanted)) faults.push(`grid ${g.name}: ${typeName(input.signal.type)} at input ${name}`);
      if (input.kind === 'neighbour' && element && !sameType(port(input.output, 'output') ?? BOOL, element)) faults.push(`grid ${g.name}: ${name} from ${input.output}`);
    }
    for (const o of g.outputs) {
      const element = port(o.port, 'output');
      const length = o.kind === 'row' ? g.columns : o.kind === 'column' ? g.rows : g.rows * g.columns;
      if (!element || !sameType(o.signal.type, { kind: 'vec', element, length })) faults.push(`grid ${g.name}: output ${o.port} as ${typeName(o.signal.type)}`);
    }
  }
  return faults;
}

const isNumber = (t: Type): boolean => t.kind === 'uint' || t.kind === 'sint';
const isBits = (t: Type): boolean => isNumber(t) || t.kind === 'bool';

/** Whether an operator may have such an operand and result. */
const UNARY: Readonly<Record<UnaryFn, (a: Type, result: Type) => boolean>> = {
  not: (a, result) => isBits(a) && sameType(a, result),
  neg: (a, result) => isNumber(a) && sameType(a, result),
  andR: (a, result) => isNumber(a) && result.kind === 'bool',
  orR: (a, result) => isNumber(a) && result.kind === 'bool',
  xorR: (a, result) => isNumber(a) && result.kind === 'bool',
};

const alike = (is: (t: Type) => boolean) => (a: Type, b: Type, result: Type): boolean => is(a) && sameType(a, b) && sameType(a, result);
const shift = (a: Type, b: Type, result: Type): boolean => isNumber(a) && b.kind === 'uint' && sameType(a, result);
const compare = (is: (t: Type) => boolean) => (a: Type, b: Type, result: Type): boolean => is(a) && sameType(a, b) && result.kind === 'bool';

const BINARY: Readonly<Record<BinaryFn, (a: Type, b: Type, result: Type) => boolean>> = {
  add: alike(isNumber), sub: alike(isNumber), and: alike(isBits), or: alike(isBits), xor: alike(isBits),
  mul: (a, b, result) => isNumber(a) && a.kind === b.kind && a.kind === result.kind && widthOf(result) === widthOf(a) + widthOf(b),
  shl: shift, shr: shift,
  eq: compare(isScalar), ne: compare(isScalar), lt: compare(isNumber), le: compare(isNumber),
};

const namesOf = (types: readonly Type[]): string => types.map(typeName).join(', ');
const typesOf = (...types: readonly Type[]): string => namesOf(types);

/** The type of a part of an aggregate at a constant place; undefined: there is none. */
function partType(of: Type, part: string | number): Type | undefined {
  if (typeof part === 'string') return findField(of, part)?.type;
  return of.kind === 'vec' && Number.isInteger(part) && part >= 0 && part < of.length ? of.element : undefined;
}

function expressionFaults(e: Expr, own: Owned): string[] {
  const unless = (holds: boolean, fault: () => string): string[] => (holds ? [] : [fault()]);
  const isOfType = (type: Type | undefined, what: () => string): string[] => unless(type !== undefined && sameType(type, e.type), () => `${what()} as ${typeName(e.type)}`);
  switch (e.op) {
    case 'lit':
      return unless(isScalar(e.type) && e.value >= 0n && e.value < 1n << BigInt(widthOf(e.type)), () => `${e.value} as ${typeName(e.type)}`);
    case 'lane': {
      const { least, most } = laneRange(e);
      const [low, high] = least < most ? [least, most] : [most, least];
      return unless(e.type.kind === 'uint' && Number.isInteger(low) && low >= 0 && high < 2 ** e.type.width, () => `${low} to ${high} as ${typeName(e.type)}`);
    }
    case 'ref':
      return [...unless(own.signals.has(e.signal), () => `${e.signal.name} is not the module's`), ...isOfType(e.signal.type, () => e.signal.name)];
    case 'field':
      return isOfType(partType(e.of.type, e.name), () => `.${e.name} of ${typeName(e.of.type)}`);
    case 'index':
      if (typeof e.index === 'number') return isOfType(partType(e.of.type, e.index), () => `[${e.index}] of ${typeName(e.of.type)}`);
      return [...unless(e.index.type.kind === 'uint', () => `index of type ${typesOf(operands(e)[1].type)}`), ...isOfType(partType(e.of.type, 0), () => `element of ${typeName(e.of.type)}`)];
    case 'unary':
      return unless(UNARY[e.fn](e.a.type, e.type), () => typesOf(e.a.type, e.type));
    case 'binary':
      return unless(BINARY[e.fn](e.a.type, e.b.type, e.type), () => typesOf(e.a.type, e.b.type, e.type));
    case 'mux':
      return unless(e.cond.type.kind === 'bool' && sameType(e.a.type, e.type) && sameType(e.b.type, e.type), () => typesOf(e.cond.type, e.a.type, e.b.type, e.type));
    case 'slice':
      return unless(isScalar(e.of.type) && e.type.kind === 'uint' && e.lo >= 0 && e.type.width >= 1 && e.lo + e.type.width <= widthOf(e.of.type),
        () => `from ${e.lo} on of ${typesOf(e.of.type, e.type)}`);
    case 'cat':
      return unless(
        e.parts.length > 0 && e.type.kind === 'uint' && e.parts.every((p) => isScalar(p.type))
          && widthOf(e.type) === e.parts.reduce((w, p) => w + widthOf(p.type), 0),
        () => `${namesOf(e.parts.map((p) => p.type))} as ${typeName(e.type)}`,
      );
    case 'cast':
      return unless(widthOf(e.of.type) === widthOf(e.type), () => typesOf(e.of.type, e.type));
    case 'extend':
      return unless(isNumber(e.type) && e.of.type.kind === e.type.kind && widthOf(e.of.type) < widthOf(e.type),
        () => typesOf(e.of.type, e.type));
    case 'memRead':
      return [...unless(own.memories.has(e.mem), () => `${e.mem.name} is not the module's`), ...addressFaults(e.mem, e.addr), ...isOfType(e.mem.type, () => e.mem.name)];
    case 'bundle':
      return unless(e.fields.length === e.type.fields.length && e.fields.every((f, i) => sameType(f.type, e.type.fields[i].type)),
        () => `${namesOf(e.fields.map((f) => f.type))} as ${typeName(e.type)}`);
    case 'vec':
      return unless(e.items.length === e.type.length && e.items.every((x) => sameType(x.type, e.type.element)), () => `${e.items.length} elements as ${typeName(e.type)}`);
  }
}

/** What belongs to a loop stands in it. */
function laneFaults(m: Module): string[] {
  const faults: string[] = [];
  const look = (roots: readonly Expr[], open: ReadonlySet<Lanes>, seen: Set<Expr>): void => walkExpressions(roots, (e) => {
    if (e.op === 'lane' && !open.has(e.lanes)) faults.push('lane: outside of its loop');
  }, seen);
  const stack = [{ body: m.body, open: new Set<Lanes>(), seen: new Set<Expr>() }];
  look(m.checks.map((c) => c.cond), stack[0].open, stack[0].seen);
  for (let list = stack.pop(); list; list = stack.pop()) {
    const { open, seen } = list;
    for (const s of list.body) {
      look(expressionsOf(s), open, seen);
      const inside = s.kind === 'for' ? { open: new Set([...open, s.lanes]), seen: new Set<Expr>() } : { open, seen };
      if (s.kind === 'for' && open.has(s.lanes)) faults.push('for: a loop in itself');
      for (const body of branchesOf(s)) stack.push({ body, ...inside });
    }
  }
  return faults;
}

const addressFaults = (mem: Memory, addr: Expr): string[] =>
  addr.type.kind === 'uint' && addr.type.width === indexWidth(mem.depth) ? [] : [`address of ${mem.name}, ${mem.depth} words, is ${typeName(addr.type)}`];

/** What a body may drive. */
const DRIVEN: ReadonlySet<SignalKind> = new Set<SignalKind>(['output', 'wire', 'reg', 'instIn', 'gridIn']);

function statementFaults(s: Statement, own: Owned): string[] {
  switch (s.kind) {
    case 'assign': {
      const faults = own.signals.has(s.target) ? [] : [`${s.target.name} is not the module's`];
      if (!DRIVEN.has(s.target.kind)) faults.push(`${s.target.name} is of kind ${s.target.kind}`);
      let type: Type | undefined = s.target.type;
      for (const p of s.path) {
        if ('index' in p && typeof p.index !== 'number' && p.index.type.kind !== 'uint') faults.push(`index of type ${typeName(p.index.type)}`);
        type = type && partType(type, 'field' in p ? p.field : typeof p.index === 'number' ? p.index : 0);
      }
      if (!type) faults.push(`no such place in ${s.target.name}: ${typeName(s.target.type)}`);
      else if (!sameType(type, s.value.type)) faults.push(`${s.target.name}: ${typeName(type)} driven by ${typeName(s.value.type)}`);
      return faults;
    }
    case 'when':
      return s.cond.type.kind === 'bool' ? [] : [`${typeName(s.cond.type)} is no condition`];
    case 'for':
      return Number.isInteger(s.lanes.count) && s.lanes.count >= 1 ? [] : [`${s.lanes.count} rounds`];
    case 'switch': {
      const values = s.cases.flatMap((c) => c.values);
      const faults = isScalar(s.on.type) ? [] : [`on ${typeName(s.on.type)}`];
      if (new Set(values).size !== values.length) faults.push('a value stands in two cases');
      if (values.some((v) => v < 0n || v >= 1n << BigInt(widthOf(s.on.type)))) faults.push(`a value that ${typeName(s.on.type)} cannot have`);
      return faults;
    }
    case 'memWrite': {
      const faults = own.memories.has(s.mem) ? [] : [`${s.mem.name} is not the module's`];
      if (!sameType(s.data.type, s.mem.type)) faults.push(`${s.mem.name}: ${typeName(s.mem.type)} is written ${typeName(s.data.type)}`);
      if (s.mask && (s.mask.type.kind !== 'uint' || widthOf(s.mem.type) % s.mask.type.width !== 0)) faults.push(`${s.mem.name} is written by lanes of ${typeName(s.mask.type)}`);
      return [...faults, ...addressFaults(s.mem, s.addr)];
    }
  }
}
