/**
 * Every wire, output and input of an instance is driven on every path, nothing is driven twice, and no expression reads a
 * signal of another module. "Twice" means: an assignment makes an earlier one of the same scope, or below it, pointless;
 * one at an index that is found at run time is when later ones drive all that it may lead to.
 */
import { DesignError } from '../design-error.ts';
import { operands, walkUp } from '../ir/expr.ts';
import type { Expr, LaneIndex } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { branchesOf, drivenSignals, expressionsOf, leavesOf, moduleExpressions, walkExpressions, walkStatements } from '../ir/leaves.ts';
import type { Assign, Module, Signal, Statement } from '../ir/module.ts';
import { sameType } from '../ir/types.ts';
import type { EnumType } from '../ir/types.ts';
import type { Site } from '../site.ts';
import { coverageOf } from './coverage.ts';
import { drivesApart } from './driven-places.ts';
import { unrolledAsIs } from './unroll.ts';

export function checkDrivers(m: Module): void {
  if (checkReferences(m).hasLanes) checkLanes(m);
  if (m.blackBox) return;
  for (const g of m.grids) {
    for (const p of g.module.ports) {
      if (p.kind === 'input' && !g.inputs.has(p.name)) {
        throw new DesignError('undriven', `input ${p.name} of grid ${m.name}.${g.name}`, g.site, p.site, 'wire it with all(), row(), column(), cell() or from…()');
      }
    }
  }
  const coverage = coverageOf(unrolledAsIs(m.body, (loop) => !drivesApart(loop)));
  const { again } = coverage;
  if (again) {
    const { target } = again.by;
    throw new DesignError('doubly-driven', `${m.name}.${target.name}${leavesOf(target.type)[again.leaf].suffix} is driven again`, again.by.site,
      again.first.site, 'put the default first and the exceptions in when()');
  }
  for (const signal of drivenSignals(m)) {
    let leaf = 0;
    for (const { leaves, driven, first } of coverage.of(signal)) {
      if (driven !== 'all' && !(signal.kind === 'reg' && driven === 'some')) {
        const what = `${m.name}.${signal.name}${leavesOf(signal.type)[leaf].suffix}`;
        if (driven === 'no') throw new DesignError('undriven', what, undefined, signal.site, undrivenHint(signal));
        throw new DesignError('latch', `${what} keeps its value on some paths`, first?.site, signal.site, latchMend(first));
      }
      leaf += leaves;
    }
  }
}

function undrivenHint(signal: Signal): string {
  return signal.kind === 'instIn' ? `drive port ${signal.port?.port} of instance ${signal.port?.instance}` : 'assign it in the body';
}

/** `first`: the first assignment to the place. */
function latchMend(first: Assign | undefined): string {
  const isChosen = first?.path.some((p) => 'index' in p && typeof p.index !== 'number' && p.index.op !== 'lane');
  return isChosen ? 'give it a default first: which element is driven is known in the circuit only' : 'give it a default before the when, or make it a register';
}

function checkReferences(m: Module): { readonly hasLanes: boolean } {
  let hasLanes = false;
  const own = new Set<Signal>([...m.ports, ...m.wires, ...m.regs]);
  for (const i of m.instances) for (const s of i.connections.values()) own.add(s);
  for (const g of m.grids) {
    for (const i of g.inputs.values()) own.add(i.signal);
    for (const o of g.outputs) own.add(o.signal);
  }
  const memories = new Set(m.memories);
  const enums = new Map<string, EnumType>();
  walkExpressions(moduleExpressions(m), (e) => {
    if (e.op === 'lane') hasLanes = true;
    if (e.op === 'ref' && !own.has(e.signal)) {
      throw new DesignError('foreign-signal', `${e.signal.name} belongs to another module than ${m.name}`, siteOf(m, e), e.signal.site, 'pass it through a port');
    }
    if (e.op === 'memRead' && !memories.has(e.mem)) {
      throw new DesignError('foreign-signal', `memory ${e.mem.name} belongs to another module than ${m.name}`, e.site, e.mem.site, 'pass its port through ports');
    }
    if (e.type.kind === 'uint' && e.type.width === 0) {
      throw new DesignError('bad-width', `${m.name} uses a value of no bits`, siteOf(m, e), undefined, 'a repetition of nothing may stand in cat() only');
    }
    if (e.type.kind !== 'enum') return;
    const other = enums.get(e.type.name);
    if (other && !sameType(other, e.type)) {
      throw new DesignError('duplicate-name', `${m.name} uses two enumerations called ${e.type.name}`, siteOf(m, e), m.site, 'give one of them another name');
    }
    enums.set(e.type.name, e.type);
  });
  return { hasLanes };
}

/** A lane is a number in the rounds of its loop only. */
function checkLanes(m: Module): void {
  const known = new Map<Expr, readonly LaneIndex[]>();
  const check = (root: Expr, open: readonly Lanes[]): void => {
    for (const e of lanesOf(root, known)) {
      if (open.includes(e.lanes)) continue;
      throw new DesignError('outside-lanes', `${m.name} uses a lane outside of its each()`, e.site, e.lanes.site, 'use it in the body that each() gives it to');
    }
  };
  const stack: { readonly body: readonly Statement[]; readonly open: readonly Lanes[] }[] = [{ body: m.body, open: [] }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { body, open } = top;
    for (const s of body) {
      for (const e of expressionsOf(s)) check(e, open);
      for (const inner of branchesOf(s)) stack.push({ body: inner, open: s.kind === 'for' ? [...open, s.lanes] : open });
    }
  }
  for (const c of m.checks) check(c.cond, []);
}

/** A lane of each loop that an expression depends on. */
function lanesOf(root: Expr, known: Map<Expr, readonly LaneIndex[]>): readonly LaneIndex[] {
  walkUp(root, (e) => known.has(e), (e) => {
    known.set(e, e.op === 'lane' ? [e] : operands(e).reduce((all, o) => withLanes(all, known.get(o) ?? NONE), NONE));
  });
  return known.get(root) ?? NONE;
}

const NONE: readonly LaneIndex[] = [];

function withLanes(a: readonly LaneIndex[], b: readonly LaneIndex[]): readonly LaneIndex[] {
  if (a.length === 0) return b;
  const more = b.filter((x) => !a.some((y) => y.lanes === x.lanes));
  return more.length === 0 ? a : [...a, ...more];
}

/** Where an expression stands, or else the first statement that reads it. */
function siteOf(m: Module, e: Expr): Site | undefined {
  let site = e.site;
  const look = (root: Expr, at: Site): void => walkExpressions([root], (x) => {
    if (x === e) site ??= at;
  });
  walkStatements(m.body, (s) => expressionsOf(s).forEach((root) => look(root, s.site)));
  for (const c of m.checks) look(c.cond, c.site);
  return site;
}
