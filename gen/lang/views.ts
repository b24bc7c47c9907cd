/** Views: the records of handles through which a body reads and drives ports, wires, registers and instances. */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import type { PathElement, Signal } from '../ir/module.ts';
import type { BundleType, Type } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { isPort } from './ports.ts';
import type { Direction, FlatPort, Port, PortMap } from './ports.ts';
import { B } from './shapes.ts';
import type { Shape } from './shapes.ts';
import { EXPR, Vec, toExpr, wrap } from './values.ts';
import type { UInt } from './values.ts';

/** What a view needs of the module being built. */
export interface Driver {
  drive(target: Signal, path: readonly PathElement[], value: Expr, site: Site): void;
}

/** An accessor property's two halves. */
export interface Accessor {
  get(): unknown;
  /** Drives the place with a value. */
  set(value: unknown, site: Site): void;
}

/** A writable place inside a signal: the whole signal or a field of it. */
function place(driver: Driver, signal: Signal, type: Type, path: readonly PathElement[], expr: Expr, writable: boolean): Accessor {
  const name = () => [signal.name, ...path.map((p) => ('field' in p ? p.field : `[${typeof p.index === 'number' ? p.index : '…'}]`))].join('.');
  return {
    get: () => {
      if (type.kind === 'bundle') return bundleView(driver, signal, type, path, expr, writable);
      if (type.kind === 'vec' && writable) {
        return new Vec(expr, (i: number | UInt, value: unknown, site: Site) => {
          const index = typeof i === 'number' ? i : i.expr;
          driver.drive(signal, [...path, { index }], toExpr(value, type.element, site, signal.site, name()), site);
        });
      }
      return wrap(expr);
    },
    set: (value, site) => {
      if (!writable) throw notDrivable(name(), signal, site);
      driver.drive(signal, path, toExpr(value, type, site, signal.site, name()), site);
    },
  };
}

function notDrivable(name: string, signal: Signal, site: Site): DesignError {
  if (signal.kind === 'wire') return new DesignError('drive-value', `${name} is the name of a value`, site, signal.site, 'declare it with wires() to drive it');
  return new DesignError('drive-input', `${name} is driven from outside`, site, signal.site, 'drive an output, a wire or a register');
}

function bundleView(driver: Driver, signal: Signal, type: BundleType, path: readonly PathElement[], expr: Expr, writable: boolean): object {
  const record = { [EXPR]: expr };
  for (const f of type.fields) {
    const field: Expr = { op: 'field', type: f.type, of: expr, name: f.name };
    defineAccessor(record, f.name, place(driver, signal, f.type, [...path, { field: f.name }], field, writable));
  }
  return record;
}

/** Adds a get/set property whose setter drives. */
export function defineAccessor(record: object, name: string, access: Accessor): void {
  Object.defineProperty(record, name, { enumerable: true, get: access.get, set: (v: unknown) => access.set(v, here()) });
}

/** Accessor of a whole signal. */
export function signalAccessor(driver: Driver, signal: Signal, writable: boolean): Accessor {
  return place(driver, signal, signal.type, [], { op: 'ref', type: signal.type, signal }, writable);
}

/** Flattens ports in order; `direction` as the module itself sees it. */
export function flattenPorts(ports: PortMap, prefix = ''): FlatPort[] {
  return Object.entries(ports).flatMap(([name, p]): FlatPort[] => {
    const full = prefix + name;
    if (!isPort(p)) return flattenPorts(p, `${full}_`);
    if (p.direction === 'in' || p.direction === 'out') return flattenShape(full, p.direction, p.shape);
    const forward = p.direction === 'source' ? 'out' : 'in';
    const backward = forward === 'out' ? 'in' : 'out';
    return [{ name: `${full}_valid`, direction: forward, shape: B }, ...flattenShape(`${full}_bits`, forward, p.shape), { name: `${full}_ready`, direction: backward, shape: B }];
  });
}

function flattenShape(name: string, direction: 'in' | 'out', shape: Shape<unknown>): FlatPort[] {
  const { type } = shape;
  if (type.kind !== 'bundle') return [{ name, direction, shape }];
  return type.fields.flatMap((f) => flattenShape(`${name}_${f.name}`, direction, { type: f.type, width: 0, reset: [] }));
}

/** How a view finds the accessor of a flat port by its flat name. */
export type PortLookup = (flatName: string) => Accessor;

/** Record of handles for a map of ports; `outside` reverses what may be driven (the lookup decides that). */
export function portsView(ports: PortMap, lookup: PortLookup, prefix = ''): object {
  const record = {};
  for (const [name, p] of Object.entries(ports)) {
    const full = prefix + name;
    if (!isPort(p)) {
      const nested = portsView(p, lookup, `${full}_`);
      Object.defineProperty(record, name, { enumerable: true, value: nested });
    } else if (p.direction === 'in' || p.direction === 'out') {
      defineAccessor(record, name, shapeAccessor(full, p.shape.type, lookup));
    } else {
      Object.defineProperty(record, name, { enumerable: true, value: streamView(full, p, lookup) });
    }
  }
  return record;
}

/** A stream's view; also the value to hand to `m.connect`. */
function streamView(full: string, p: Port<Direction, unknown>, lookup: PortLookup): object {
  const record = {};
  defineAccessor(record, 'valid', lookup(`${full}_valid`));
  defineAccessor(record, 'ready', lookup(`${full}_ready`));
  defineAccessor(record, 'bits', shapeAccessor(`${full}_bits`, p.shape.type, lookup));
  Object.defineProperty(record, 'fire', {
    enumerable: false,
    get(this: { valid: { and(o: unknown): unknown }; ready: unknown }) {
      return this.valid.and(this.ready);
    },
  });
  return record;
}

/** Accessor of a port of any shape: a bundle is spread over its flat ports. */
function shapeAccessor(full: string, type: Type, lookup: PortLookup): Accessor {
  if (type.kind !== 'bundle') return lookup(full);
  const parts = type.fields.map((f) => ({ ...f, access: shapeAccessor(`${full}_${f.name}`, f.type, lookup) }));
  const expr = (): Expr => ({ op: 'bundle', type, fields: parts.map((p) => toExpr(p.access.get(), p.type, here())) });
  return {
    get: () => {
      const record = {};
      // The whole is only assembled when it is asked for: reading one field must not touch the others.
      Object.defineProperty(record, EXPR, { get: expr });
      for (const p of parts) defineAccessor(record, p.name, p.access);
      return record;
    },
    set: (value, site) => {
      const whole = toExpr(value, type, site, undefined, full);
      for (const [i, p] of parts.entries()) {
        p.access.set(wrap(whole.op === 'bundle' ? whole.fields[i] : { op: 'field', type: p.type, of: whole, name: p.name, site }), site);
      }
    },
  };
}
