/**
 * Ports of instances and edges of grids that need no wire of their own: inputs that one simple value drives, outputs that do no more than
 * drive another signal. Must not know how any of it is written.
 */
import { operands } from '../ir/expr.ts';
import type { Expr } from '../ir/expr.ts';
import { expressionsOf, walkStatements } from '../ir/leaves.ts';
import type { Assign, Module, Signal, Statement } from '../ir/module.ts';
import { isScalar } from '../ir/types.ts';

export class Connections {
  private readonly aliases = new Map<Signal, string>();
  private readonly values = new Map<Signal, Expr>();
  /** Assignments that the connections stand for. */
  private readonly skipped = new Set<Statement>();

  /** `aliasOf`: name of a signal that an expression just repeats, if it does. */
  constructor(m: Module, aliasOf: (e: Expr) => string | undefined) {
    if (m.instances.length === 0 && m.grids.length === 0) return;
    const used = uses(m);
    const top = new Set<Statement>(m.body);
    this.connectInstances(m, used, top);
    this.connectGrids(m, used, top, aliasOf);
  }

  /** Whether a signal stands for another or for a value, and is not declared. */
  has(s: Signal): boolean {
    return this.aliases.has(s) || this.values.has(s);
  }

  /** Name of the signal that it stands for, if it is one. */
  aliasOf(s: Signal): string | undefined {
    return this.aliases.get(s);
  }

  /** The value that it stands for, if it is one. */
  valueOf(s: Signal): Expr | undefined {
    return this.values.get(s);
  }

  /** Names of all signals that others stand for. */
  get connectedNames(): ReadonlySet<string> {
    return new Set(this.aliases.values());
  }

  /** The statements that are left. */
  rest(body: readonly Statement[]): Statement[] {
    return body.filter((s) => !this.skipped.has(s));
  }

  /** Finds instance inputs with one simple driver and outputs with one simple reader. */
  private connectInstances(m: Module, { reads, drivers }: Uses, top: ReadonlySet<Statement>): void {
    // First top-level assignment that does no more than repeat a signal.
    const readers = new Map<Signal, Assign>();
    for (const s of m.body) {
      if (s.kind === 'assign' && s.path.length === 0 && s.value.op === 'ref' && !readers.has(s.value.signal)) readers.set(s.value.signal, s);
    }
    for (const i of m.instances) {
      for (const s of i.connections.values()) {
        if (s.kind === 'instOut' && reads.get(s) === 1) {
          const reader = readers.get(s);
          if (reader && isConnectableTo(reader.target) && drivers.get(reader.target)?.length === 1) {
            this.aliases.set(s, reader.target.name);
            this.skipped.add(reader);
          }
        }
        const drive = drivers.get(s);
        if (s.kind === 'instIn' && drive?.length === 1 && top.has(drive[0]) && (reads.get(s) ?? 0) === 0) {
          const only = drive[0];
          if (only.path.length === 0 && isConnectable(only.value)) {
            this.values.set(s, only.value);
            this.skipped.add(only);
          }
        }
      }
    }
  }

  /** Inputs of a grid that just repeat a signal use that signal. */
  private connectGrids(m: Module, { drivers }: Uses, top: ReadonlySet<Statement>, aliasOf: (e: Expr) => string | undefined): void {
    for (const g of m.grids) {
      for (const { signal } of g.inputs.values()) {
        const [drive, ...others] = drivers.get(signal) ?? [];
        if (drive === undefined || others.length > 0 || drive.path.length > 0 || !top.has(drive)) continue;
        const alias = aliasOf(drive.value);
        if (alias === undefined) continue;
        this.aliases.set(signal, alias);
        this.skipped.add(drive);
      }
    }
  }
}

/** Who uses each signal. */
interface Uses {
  /** How often it is read, by each statement and check on its own, where more than once is as good as twice. */
  readonly reads: ReadonlyMap<Signal, number>;
  /** The assignments to it. */
  readonly drivers: ReadonlyMap<Signal, readonly Assign[]>;
}

function uses(m: Module): Uses {
  const reads = new Map<Signal, number>();
  const drivers = new Map<Signal, Assign[]>();
  // Readers that reach an expression, and the last of them: what two reach need not be walked for a third.
  const reached = new Map<Expr, { count: number; last: number }>();
  let reader = 0;
  const read = (roots: readonly Expr[]): void => {
    reader++;
    const stack = [...roots];
    for (let e = stack.pop(); e; e = stack.pop()) {
      const known = reached.get(e);
      if (known && (known.last === reader || known.count === 2)) continue;
      reached.set(e, { count: (known?.count ?? 0) + 1, last: reader });
      if (e.op === 'ref') reads.set(e.signal, (reads.get(e.signal) ?? 0) + 1);
      for (const o of operands(e)) stack.push(o);
    }
  };
  walkStatements(m.body, (s) => {
    if (s.kind === 'assign') {
      const list = drivers.get(s.target);
      if (list) list.push(s);
      else drivers.set(s.target, [s]);
    }
    read(expressionsOf(s));
  });
  for (const { cond } of m.checks) {
    read([cond]);
    read([cond]);
  }
  return { reads, drivers };
}

/** Whether the output of an instance can drive it as it is declared. */
function isConnectableTo({ kind, type }: Signal): boolean {
  return (kind === 'output' || kind === 'wire') && (isScalar(type) || type.kind === 'vec');
}

/** Reads well inside a port connection. */
function isConnectable(e: Expr): boolean {
  switch (e.op) {
    case 'lit':
    case 'ref':
      return true;
    case 'field':
      return isConnectable(e.of);
    case 'cast':
    case 'slice':
      return isConnectable(e.of) && e.of.op !== 'lit';
    case 'unary':
      return e.fn === 'not' && e.a.op === 'ref';
    default:
      return false;
  }
}
