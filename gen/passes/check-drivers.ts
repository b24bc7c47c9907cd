/**
 * Every wire, output and input of an instance is driven on every path, nothing is driven twice, and no expression reads a
 * signal of another module. "Twice" means: an assignment makes an earlier one of the same scope, or below it, pointless.
 */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import { countLeaves, drivenSignals, expressionsOf, leafRange, leavesOf, moduleExpressions, walkExpressions, walkStatements } from '../ir/leaves.ts';
import type { Assign, Module, Signal, Statement } from '../ir/module.ts';
import { sameType } from '../ir/types.ts';
import type { EnumType } from '../ir/types.ts';
import type { Site } from '../site.ts';

/** For each leaf of each signal: not driven, driven on some paths, or on all; with the first assignment's position. */
type Coverage = Map<Signal, { state: Uint8Array; first: (Site | undefined)[] }>;
const NONE = 0;
const SOME = 1;
const ALL = 2;

export function checkDrivers(m: Module): void {
  checkReferences(m);
  if (m.blackBox) return;
  for (const g of m.grids) {
    for (const p of g.module.ports) {
      if (p.kind === 'input' && !g.inputs.has(p.name)) {
        throw new DesignError('undriven', `input ${p.name} of grid ${m.name}.${g.name}`, g.site, p.site, 'wire it with all(), row(), column(), cell() or from…()');
      }
    }
  }
  const coverage: Coverage = new Map();
  cover(m, m.body, coverage);
  for (const signal of drivenSignals(m)) {
    const c = coverage.get(signal);
    for (const [i, leaf] of leavesOf(signal.type).entries()) {
      const state = c?.state[i] ?? NONE;
      if (state === ALL || (signal.kind === 'reg' && state === SOME)) continue;
      const what = `${m.name}.${signal.name}${leaf.suffix}`;
      if (state === NONE) throw new DesignError('undriven', what, undefined, signal.site, undrivenHint(signal));
      throw new DesignError('latch', `${what} keeps its value on some paths`, c?.first[i], signal.site, 'give it a default before the when, or make it a register');
    }
  }
}

function undrivenHint(signal: Signal): string {
  return signal.kind === 'instIn' ? `drive port ${signal.port?.port} of instance ${signal.port?.instance}` : 'assign it in the body';
}

function checkReferences(m: Module): void {
  const own = new Set<Signal>([...m.ports, ...m.wires, ...m.regs]);
  for (const i of m.instances) for (const s of i.connections.values()) own.add(s);
  for (const g of m.grids) {
    for (const i of g.inputs.values()) own.add(i.signal);
    for (const o of g.outputs) own.add(o.signal);
  }
  const enums = new Map<string, EnumType>();
  walkExpressions(moduleExpressions(m), (e) => {
    if (e.op === 'ref' && !own.has(e.signal)) {
      throw new DesignError('foreign-signal', `${e.signal.name} belongs to another module than ${m.name}`, siteOf(m, e), e.signal.site, 'pass it through a port');
    }
    if (e.op === 'memRead' && !m.memories.includes(e.mem)) {
      throw new DesignError('foreign-signal', `memory ${e.mem.name} belongs to another module than ${m.name}`, e.site, e.mem.site, 'pass its port through ports');
    }
    if (e.type.kind !== 'enum') return;
    const other = enums.get(e.type.name);
    if (other && !sameType(other, e.type)) {
      throw new DesignError('duplicate-name', `${m.name} uses two enumerations called ${e.type.name}`, siteOf(m, e), m.site, 'give one of them another name');
    }
    enums.set(e.type.name, e.type);
  });
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

/** Adds what `body` drives to `coverage`, which describes the statements before it in the same scope. */
function cover(m: Module, body: readonly Statement[], coverage: Coverage): void {
  for (const s of body) {
    if (s.kind === 'assign') coverAssign(m, s, coverage);
    else if (s.kind === 'when') merge(coverage, [branch(m, s.then), branch(m, s.else)]);
    else if (s.kind === 'switch') merge(coverage, [...s.cases.map((c) => branch(m, c.body)), branch(m, s.default)]);
  }
}

function branch(m: Module, body: readonly Statement[]): Coverage {
  const c: Coverage = new Map();
  cover(m, body, c);
  return c;
}

function entry(coverage: Coverage, signal: Signal): { state: Uint8Array; first: (Site | undefined)[] } {
  let c = coverage.get(signal);
  if (!c) {
    const n = countLeaves(signal.type);
    c = { state: new Uint8Array(n), first: new Array<Site | undefined>(n) };
    coverage.set(signal, c);
  }
  return c;
}

function coverAssign(m: Module, s: Assign, coverage: Coverage): void {
  const c = entry(coverage, s.target);
  const range = leafRange(s.target.type, s.path);
  for (let i = range.start; i < range.end; i++) {
    if (range.exact && c.state[i] !== NONE) {
      const leaf = leavesOf(s.target.type)[i];
      throw new DesignError('doubly-driven', `${m.name}.${s.target.name}${leaf.suffix} is driven again`, s.site, c.first[i], 'put the default first and the exceptions in when()');
    }
    c.state[i] = range.exact ? ALL : Math.max(c.state[i], SOME);
    c.first[i] ??= s.site;
  }
}

function merge(into: Coverage, branches: readonly Coverage[]): void {
  const touched = new Set(branches.flatMap((b) => [...b.keys()]));
  for (const signal of touched) {
    const c = entry(into, signal);
    const parts = branches.map((b) => b.get(signal));
    for (let i = 0; i < c.state.length; i++) {
      const states = parts.map((p) => p?.state[i] ?? NONE);
      const all = states.every((x) => x === ALL);
      const some = states.some((x) => x !== NONE);
      c.state[i] = Math.max(c.state[i], all ? ALL : some ? SOME : NONE);
      if (some) c.first[i] ??= parts.find((p) => p && p.state[i] !== NONE)?.first[i];
    }
  }
}
