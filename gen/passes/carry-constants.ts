/**
 * Constants through wires: who reads a wire that one constant drives for ever reads the constant, under the name that the constant has. The
 * wire stays in the module, for those who look at a simulation, but the text has it only where something reads its name: a check that the
 * constants alone decide, or an index into a table. Must not know engines nor text.
 */
import { pushAll } from '../collections.ts';
import { mapOperands } from '../ir/expr.ts';
import type { Expr } from '../ir/expr.ts';
import { fieldPlace, mapStatements, moduleExpressions, walkExpressions, walkStatements } from '../ir/leaves.ts';
import type { Assign, Module, Signal, Statement } from '../ir/module.ts';
import { isScalar } from '../ir/types.ts';
import { constantBits, simplifier } from './simplify.ts';
import { withFixedPlaces } from './unroll.ts';

/** Wires and outputs that a constant drives as wholes, and nothing else. */
function constantDrivers(m: Module): Map<Signal, Assign> {
  const found = new Map<Signal, Assign>();
  for (const s of m.body) if (s.kind === 'assign' && isCarrier(s) && constantBits(s.value) !== undefined) found.set(s.target, s);
  if (found.size > 0) walkStatements(m.body, (s) => s.kind === 'assign' && s !== found.get(s.target) && found.delete(s.target));
  return found;
}

const isCarrier = ({ target, path }: Assign): boolean => (target.kind === 'wire' || target.kind === 'output') && path.length === 0;

/** Wires that a constant drives, and what they hold. */
export function constantWires(m: Module): Map<Signal, bigint> {
  const drivers = [...constantDrivers(m).values()].filter(({ target }) => target.kind === 'wire');
  return new Map(drivers.map(({ target, value }) => [target, constantBits(value) ?? 0n]));
}

/** Those of them that nothing reads: they are there to be looked at, and no part of the text. */
export function unreadConstants(m: Module): ReadonlyMap<Signal, bigint> {
  const found = constantWires(m);
  if (found.size > 0) walkExpressions(moduleExpressions(m), (e) => e.op === 'ref' && found.delete(e.signal));
  return found;
}

export function carryConstants(m: Module): Module {
  let carried = m;
  // A condition that became constant may leave a wire one driver, for those before it too.
  for (let known = 0, drivers = constantDrivers(m); drivers.size > known; drivers = constantDrivers(carried)) {
    known = drivers.size;
    carried = withConstants(carried, drivers);
  }
  return carried;
}

function withConstants(m: Module, drivers: ReadonlyMap<Signal, Assign>): Module {
  const constants = new Map([...drivers].map(([s, { value }]) => [s, value]));
  const single = singleDrivers(m);
  const isRead = (e: Expr): Expr => (e.op === 'ref' && isScalar(e.type) ? constants.get(e.signal) ?? e : partOf(e, constants) ?? e);
  const read = simplifier((e) => (isTable(e) ? e : mapOperands(e, isRead)));
  const f = (e: Expr): Expr => isRead(read(e));
  const body: Statement[] = [];
  for (const s of m.body) {
    const after = withFixedPlaces(mapStatements([s], f));
    pushAll(body, after);
    if (s.kind === 'assign' && single.has(s) && after.length === 1 && after[0].kind === 'assign' && constantBits(after[0].value) !== undefined) {
      constants.set(s.target, after[0].value);
    }
  }
  const checks = m.checks.map((c) => {
    const cond = f(c.cond);
    return cond.op === 'lit' ? c : { ...c, cond };
  });
  return { ...m, body, checks };
}

/** Whether something is looked for in its operand: a number that is seen as a vector, or moved by what varies. That needs a name. */
function isTable(e: Expr): boolean {
  return e.op === 'cast' ? !isScalar(e.type) : e.op === 'binary' && (e.fn === 'shl' || e.fn === 'shr') && e.a.op === 'ref' && e.b.op !== 'lit';
}

/** Statements that alone drive their target, as a whole and for ever. */
function singleDrivers(m: Module): Set<Assign> {
  const first = new Map<Signal, Assign | undefined>();
  walkStatements(m.body, (s) => s.kind === 'assign' && first.set(s.target, first.has(s.target) ? undefined : s));
  const top = new Set<Statement>(m.body);
  return new Set([...first.values()].flatMap((s) => (s && isCarrier(s) && top.has(s) ? [s] : [])));
}

/** The scalar that fields and constant indices select of a constant. */
function partOf(e: Expr, constants: ReadonlyMap<Signal, Expr>): Expr | undefined {
  if ((e.op !== 'field' && e.op !== 'index') || !isScalar(e.type)) return undefined;
  const path: Expr[] = [];
  let from: Expr = e;
  for (; from.op === 'field' || (from.op === 'index' && typeof from.index === 'number'); from = from.of) path.push(from);
  let part = from.op === 'ref' ? constants.get(from.signal) : undefined;
  for (let step = path.pop(); step && part; step = path.pop()) {
    if (step.op === 'field' && part.op === 'bundle') part = part.fields[fieldPlace(step.of.type, step.name).at];
    else part = step.op === 'index' && typeof step.index === 'number' && part.op === 'vec' ? part.items[step.index] : undefined;
  }
  return part?.op === 'lit' ? part : undefined;
}
