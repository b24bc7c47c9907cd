/** Views: the records of handles through which a body reads and drives ports, wires, registers and instances. */
import { DesignError } from '../design-error.ts';
import type { Expr } from '../ir/expr.ts';
import type { PathElement, Signal } from '../ir/module.ts';
import { typeName } from '../ir/types.ts';
import type { BundleType, Type } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { placedVec } from './aggregates.ts';
import { wrap } from './handles.ts';
import type { LaneNest } from './lanes.ts';
import { isPort } from './ports.ts';
import type { Direction, FlatPort, Port, PortMap } from './ports.ts';
import { B } from './shapes.ts';
import type { Shape } from './shapes.ts';
import type { Bool } from './scalars.ts';
import { closed, defineFixed, strictRecord } from './strict.ts';
import { EXPR, bundleRecord, toExpr } from './value.ts';

/** What a view needs of the module being built. */
export interface Driver {
  drive(target: Signal, path: readonly PathElement[], value: Expr, site: Site): void;
}

/** An accessor property's two halves, and what is known of the place. */
export interface Accessor {
  get(): unknown;
  /** Drives the place with a value. */
  set(value: unknown, site: Site): void;
  readonly type: Type;
  /** Whether the module being built drives it; else it may only read it. */
  readonly writable: boolean;
  /** Where it was declared. */
  readonly site: Site;
  /** Of a bundle on ports: its fields. */
  readonly members?: ReadonlyMap<string, Accessor>;
}

/** A record of ports: what it is called, where it was declared, and its members. Streams are records too. */
export interface PortRecord {
  readonly path: string;
  readonly site: Site;
  readonly members: ReadonlyMap<string, PortRecord | Accessor>;
}

const RECORDS = new WeakMap<object, PortRecord>();

/** What stands behind a view of ports; undefined for anything else. */
export function portRecordOf(view: object): PortRecord | undefined {
  return RECORDS.get(view);
}

/** A writable place inside a signal: the whole signal or a field of it. */
function place(driver: Driver, signal: Signal, type: Type, path: readonly PathElement[], expr: Expr, writable: boolean): Accessor {
  const name = () => [signal.name, ...path.map((p) => ('field' in p ? p.field : `[${typeof p.index === 'number' ? p.index : '…'}]`))].join('.');
  return {
    get: () => {
      if (type.kind === 'bundle') return bundleView(driver, signal, type, path, expr, writable);
      if (type.kind === 'vec' && writable) {
        const { element } = type;
        return placedVec(expr, {
          drive: (index, v, site) => driver.drive(signal, [...path, { index }], toExpr(v, element, site, signal.site, name()), site),
          element: (index, e) => place(driver, signal, element, [...path, { index }], e, true).get(),
        });
      }
      return wrap(expr);
    },
    set: (value, site) => {
      if (!writable) throw notDrivable(name(), signal, site);
      driver.drive(signal, path, toExpr(value, type, site, signal.site, name()), site);
    },
    type, writable, site: signal.site,
  };
}

function notDrivable(name: string, signal: Signal, site: Site): DesignError {
  if (signal.kind === 'wire') return new DesignError('drive-value', `${name} is the name of a value`, site, signal.site, 'declare it with wires() to drive it');
  return new DesignError('drive-input', `${name} is driven from outside`, site, signal.site, 'drive an output, a wire or a register');
}

function bundleView(driver: Driver, signal: Signal, type: BundleType, path: readonly PathElement[], expr: Expr, writable: boolean): object {
  const record = bundleRecord(expr);
  for (const f of type.fields) {
    const field: Expr = { op: 'field', type: f.type, of: expr, name: f.name };
    defineAccessor(record, f.name, place(driver, signal, f.type, [...path, { field: f.name }], field, writable));
  }
  return closed(record);
}

/** Adds a get/set property whose setter drives. */
export function defineAccessor(record: object, name: string, access: Accessor): void {
  Object.defineProperty(record, name, { enumerable: true, get: access.get, set: (v: unknown) => access.set(v, here()) });
}

/** Accessor of a whole signal, or, in the body of a loop that it is declared in, of its element for the lane. */
export function signalAccessor(driver: Driver, signal: Signal, writable: boolean, lanes?: LaneNest): Accessor {
  const whole: Expr = { op: 'ref', type: signal.type, signal };
  if (!lanes?.isOpen) return place(driver, signal, signal.type, [], whole, writable);
  const element = lanes.element(whole);
  return place(driver, signal, element.type, lanes.path, element, writable);
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

/**
 * Record of handles for a map of ports that is called `path` in errors and was declared at `site`. Which side they are seen
 * from, and so what may be driven, is for the lookup to say.
 */
export function portsView(ports: PortMap, lookup: PortLookup, path: string, site: Site, prefix = ''): object {
  const record = strictRecord(() => ({ name: path, site }));
  const members = new Map<string, PortRecord | Accessor>();
  for (const [name, p] of Object.entries(ports)) {
    const full = prefix + name;
    if (isPort(p) && (p.direction === 'in' || p.direction === 'out')) {
      const access = shapeAccessor(full, p.shape.type, lookup, site);
      members.set(name, access);
      defineAccessor(record, name, access);
    } else {
      const inner = `${path}.${name}`;
      const view = isPort(p) ? streamView(full, p, lookup, inner, site) : portsView(p, lookup, inner, site, `${full}_`);
      members.set(name, RECORDS.get(view) as PortRecord);
      defineFixed(record, name, () => view);
    }
  }
  const view = closed(record);
  RECORDS.set(view, { path, site, members });
  return view;
}

/** A stream's view; also the value to hand to `m.connect`. */
function streamView(full: string, p: Port<Direction, unknown>, lookup: PortLookup, path: string, site: Site): object {
  const record = strictRecord(() => ({ name: path, site }));
  const [valid, ready] = [lookup(`${full}_valid`), lookup(`${full}_ready`)];
  const bits = shapeAccessor(`${full}_bits`, p.shape.type, lookup, site);
  defineAccessor(record, 'valid', valid);
  defineAccessor(record, 'ready', ready);
  defineAccessor(record, 'bits', bits);
  defineFixed(record, 'fire', () => (valid.get() as Bool).and(ready.get() as Bool), false);
  const view = closed(record);
  RECORDS.set(view, { path, site, members: new Map([['valid', valid], ['bits', bits], ['ready', ready]]) });
  return view;
}

/** Accessor of a port of any shape: a bundle is spread over its flat ports. */
function shapeAccessor(full: string, type: Type, lookup: PortLookup, site: Site): Accessor {
  if (type.kind !== 'bundle') return lookup(full);
  const parts = type.fields.map((f) => ({ ...f, access: shapeAccessor(`${full}_${f.name}`, f.type, lookup, site) }));
  const expr = (): Expr => ({ op: 'bundle', type, fields: parts.map((p) => toExpr(p.access.get(), p.type, here())) });
  return {
    get: () => {
      const record = strictRecord(() => ({ name: `${full} (${typeName(type)})`, site }));
      // The whole is only assembled when it is asked for: reading one field must not touch the others.
      Object.defineProperty(record, EXPR, { get: expr });
      for (const p of parts) defineAccessor(record, p.name, p.access);
      return closed(record);
    },
    set: (value, site) => {
      const whole = toExpr(value, type, site, undefined, full);
      for (const [i, p] of parts.entries()) {
        p.access.set(wrap(whole.op === 'bundle' ? whole.fields[i] : { op: 'field', type: p.type, of: whole, name: p.name, site }), site);
      }
    },
    type, writable: parts[0].access.writable, site, members: new Map(parts.map((p) => [p.name, p.access])),
  };
}
