/**
 * What the functions and methods of the language take, as tables: the names of their parameters and the kind of each. `tsx` runs programs
 * without checking their types; so everything public is wrapped in a check of its row here, and whatever is not of the kind is a design
 * error that names the parameter. Ranges and types of hardware are for the functions themselves to check.
 */
import { DesignError } from '../design-error.ts';
import { here } from '../site.ts';
import { ABOUT, STRICT, closed, makeStrict, nounOf, notAssignable } from './strict.ts';
import type { About, Noun } from './strict.ts';
import { EXPR, Value, describe } from './value.ts';

/** A kind of argument. */
export interface Kind {
  /** How errors call it: `a function`. */
  readonly says: string;
  /** What is wrong with a value that stands at `place`; undefined if it is of this kind. */
  fault(value: unknown, place: string): string | undefined;
}

/** Kinds by names of parameters, in order; a name that begins with `...` stands for all that follow. */
export type Signature = Readonly<Record<string, Kind>>;

const kind = (says: string, is: (value: unknown) => boolean): Kind => ({
  says, fault: (value, place) => (is(value) ? undefined : `${place} is ${describe(value)}, not ${says}`),
});

export const ANY = kind('anything', () => true);
export const NUMBER = kind('a number', (v) => typeof v === 'number');
export const LITERAL = kind('a number or bigint', (v) => typeof v === 'number' || typeof v === 'bigint');
export const BIGINT = kind('a bigint', (v) => typeof v === 'bigint');
export const TRUTH = kind('true or false', (v) => typeof v === 'boolean');
export const TEXT = kind('a text', (v) => typeof v === 'string');
/** What an async function does after its first `await` would come when the module is complete. */
export const BODY = kind('a plain function', (v) => typeof v === 'function' && (v as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === undefined
  && Object.getOwnPropertyDescriptor(v, 'prototype')?.writable !== false);
export const RECORD = kind('a record', (v) => isPlain(v));
const LIST = kind('a list', (v) => Array.isArray(v));

const kindOf = (v: unknown): string | undefined => (v instanceof Value ? v.expr.type.kind : undefined);
export const BOOL = kind('a Bool', (v) => kindOf(v) === 'bool');
export const UINT = kind('a UInt', (v) => kindOf(v) === 'uint');
export const SINT = kind('an SInt', (v) => kindOf(v) === 'sint');
export const ENUM = kind('a member of an enumeration', (v) => kindOf(v) === 'enum');
/** An amount, an index: signed numbers count neither. */
export const INDEX = kind('a number or a UInt', (v) => typeof v === 'number' || kindOf(v) === 'uint');
export const VALUE = kind('a hardware value', (v) => v instanceof Value);
/** Records included. */
export const HARDWARE = kind('a hardware value', (v) => v instanceof Value || (typeof v === 'object' && v !== null && EXPR in v));
export const HANDLE = kind('a record of ports', (v) => typeof v === 'object' && v !== null);

const made = (noun: Noun): Kind => kind(`a ${noun}`, (v) => nounOf(v) === noun);
export const SHAPE = made('shape');
const PORT = made('port');
export const DEFINITION = made('definition');

export const optional = (inner: Kind): Kind => ({
  says: inner.says, fault: (value, place) => (value === undefined ? undefined : inner.fault(value, place)),
});

export const either = (a: Kind, b: Kind): Kind => kind(`${a.says} or ${b.says}`, (v) => a.fault(v, '') === undefined || b.fault(v, '') === undefined);

export const oneOf = (...texts: readonly string[]): Kind => kind(`one of ${texts.join(', ')}`, (v) => typeof v === 'string' && texts.includes(v));

export const listOf = (inner: Kind): Kind => ({
  says: 'a list',
  fault(value, place) {
    if (!Array.isArray(value)) return LIST.fault(value, place);
    for (let i = 0; i < value.length; i++) {
      const fault = inner.fault(value[i], `${place}[${i}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  },
});

/** A list of exactly these. */
export const tuple = (...inner: readonly Kind[]): Kind => ({
  says: 'a list',
  fault(value, place) {
    if (!Array.isArray(value)) return LIST.fault(value, place);
    if (value.length !== inner.length) return `${place} has ${value.length} elements, not ${inner.length}`;
    return inner.map((k, i) => k.fault(value[i], `${place}[${i}]`)).find((fault) => fault !== undefined);
  },
});

export const recordOf = (inner: Kind): Kind => ({
  says: 'a record',
  fault(value, place) {
    if (!isPlain(value)) return RECORD.fault(value, place);
    for (const [name, member] of Object.entries(value)) {
      const fault = inner.fault(member, `${place}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  },
});

/** A record in which only these stand. */
export const options = (members: Signature, ...required: readonly string[]): Kind => ({
  says: 'a record',
  fault(value, place) {
    if (!isPlain(value)) return RECORD.fault(value, place);
    const unknown = Object.keys(value).find((name) => !(name in members));
    if (unknown !== undefined) return `${place} has no '${unknown}', but ${Object.keys(members).join(', ')}`;
    const missing = required.find((name) => value[name] === undefined);
    if (missing !== undefined) return `${place} lacks '${missing}'`;
    return Object.entries(members).map(([name, k]) => k.fault(value[name], `${place}.${name}`)).find((fault) => fault !== undefined);
  },
});

const DEEPEST = 50;

/** Ports and records of ports, no deeper than can be meant. */
export const PORTS: Kind = { says: 'a record of ports', fault: (value, place) => portsFault(value, place, 0) };

function portsFault(value: unknown, place: string, depth: number): string | undefined {
  if (!isPlain(value)) return `${place} is ${describe(value)}, not ${depth === 0 ? 'a record of ports' : 'a port (In, Out, Source, Sink) or a record of ports'}`;
  if (depth > DEEPEST) return `${place.slice(0, 40)}… nests deeper than ${DEEPEST} records`;
  for (const [name, member] of Object.entries(value)) {
    const fault = PORT.fault(member, '') === undefined ? undefined : portsFault(member, `${place}.${name}`, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

type Callable = (...args: never[]) => unknown;
type Methods<T> = { [K in keyof T]: T[K] extends Callable ? K : never }[keyof T] & string;
/** A row for every public method of `T`: who adds one is told by the compiler that it lacks its row. */
export type Signatures<T> = { readonly [K in Methods<T>]: Signature };

/** A call takes no more: JavaScript has room for some ten thousand on its stack, and says nothing that helps beyond. */
const MOST_ARGUMENTS = 16_384;

/** A signature made ready for many calls of a function called `name`. */
interface Row {
  readonly name: string;
  readonly signature: Signature;
  /** Parameters that are looked at, without the one for all that follow. */
  readonly looked: readonly { readonly at: number; readonly parameter: string; readonly kind: Kind }[];
  readonly rest?: { readonly parameter: string; readonly kind: Kind };
  readonly most: number;
}

function rowOf(name: string, signature: Signature): Row {
  const all = Object.entries(signature).map(([parameter, k], at) => ({ at, parameter, kind: k }));
  const rest = all.find(({ parameter }) => parameter.startsWith('...'));
  const looked = all.filter((p) => p !== rest && p.kind !== ANY);
  if (!rest) return { name, signature, looked, most: all.length };
  return { name, signature, looked, most: MOST_ARGUMENTS, rest: { kind: rest.kind, parameter: rest.parameter.slice(3) } };
}

/** Checks the arguments of one call. A callback of `map` (`isOpen`) may be given more than it takes. */
function check(row: Row, args: readonly unknown[], isOpen: boolean): void {
  const { looked } = row;
  // Every call of the language comes by here: an iterator and its parts would cost more than the checks.
  for (let i = 0; i < looked.length; i++) {
    const parameter = looked[i];
    const fault = parameter.kind.fault(args[parameter.at], parameter.parameter);
    if (fault !== undefined) throw unfit(row, fault);
  }
  if (args.length > row.most && (!isOpen || row.rest)) throw unfit(row, `${args.length} arguments for ${row.rest ? 'at most ' : ''}${row.most}`);
  if (row.rest) checkRest(row, row.rest, args);
}

function checkRest(row: Row, { parameter, kind: k }: { readonly parameter: string; readonly kind: Kind }, args: readonly unknown[]): void {
  const from = Object.keys(row.signature).length - 1;
  for (let i = from; i < args.length; i++) {
    const fault = k.fault(args[i], `${parameter}[${i - from}]`);
    if (fault !== undefined) throw unfit(row, fault);
  }
}

function unfit({ name, signature }: Row, fault: string): DesignError {
  const parameters = Object.entries(signature).map(([parameter, k]) => `${parameter}: ${k.says}`).join(', ');
  return new DesignError('type-mismatch', `${name}(): ${fault}`, here(), undefined, `call it as ${name}(${parameters})`);
}

/** `f` with a check of what it is given. */
export function checked<F extends Callable>(name: string, signature: Signature, f: F): F {
  const row = rowOf(name, signature);
  const whole = function (...args: never[]): unknown {
    if (new.target) throw new DesignError('type-mismatch', `${name}() was called with new`, here(), undefined, `call it as ${name}(${Object.keys(signature).join(', ')})`);
    check(row, args, true);
    return f(...args);
  };
  return whole as F;
}

/** The methods of `T` that have a row in `S`, the properties `R`, and nothing else of it. */
export type Face<T, S, R extends keyof T = never> = Readonly<Pick<T, (keyof S & keyof T) | R>>;

/** What stands behind a face, if `face` is one. */
const IMPLEMENTATION = Symbol('implementation');

export interface FaceKind<T, R> {
  /** What errors call one. */
  readonly name: (implementation: T) => About;
  /** Called before every method: throws where it may not be called. */
  readonly before?: (implementation: T, method: string) => void;
  /** Properties that may be read. */
  readonly reads?: readonly R[];
}

/**
 * Makes the faces of the objects of a class: objects with its public methods alone, each with a check. What the language itself does
 * with such an object goes past its face.
 */
export function faces<T extends object, S extends { readonly [K in keyof T & string]?: Signature }, R extends keyof T & string = never>(
  signatures: S, { name, before, reads = [] }: FaceKind<T, R>,
): (implementation: T) => Face<T, S, R> {
  const implementationOf = (face: unknown, method: string): T => {
    const found = typeof face === 'object' && face !== null ? (face as { [IMPLEMENTATION]?: T })[IMPLEMENTATION] : undefined;
    if (!found) throw new DesignError('type-mismatch', `${method}() was called without what it belongs to`, here(), undefined, `call it as x.${method}(…), or hand on () => x.${method}(…)`);
    return found;
  };
  const prototype = {};
  makeStrict(prototype);
  Object.defineProperty(prototype, ABOUT, {
    value(this: { [IMPLEMENTATION]: T }) {
      return name(this[IMPLEMENTATION]);
    },
  });
  for (const [method, signature] of Object.entries<Signature>(signatures as Readonly<Record<string, Signature>>)) {
    const row = rowOf(method, signature);
    defineMethod(prototype, method, function (this: unknown, ...args: never[]) {
      const implementation = implementationOf(this, method);
      before?.(implementation, method);
      check(row, args, false);
      return (implementation[method as keyof T] as Callable)(...args);
    });
  }
  for (const property of reads) {
    Object.defineProperty(prototype, property, {
      get(this: unknown) {
        return implementationOf(this, property)[property];
      },
      set(this: object) {
        throw notAssignable(this, property);
      },
    });
  }
  return (implementation) => closed(Object.create(prototype, { [IMPLEMENTATION]: { value: implementation } }) as Face<T, S, R>);
}

/** A method that cannot be assigned. */
function defineMethod(prototype: object, name: string, method: Callable): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get: () => method,
    set(this: object) {
      throw notAssignable(this, name);
    },
  });
}

/**
 * Puts the checks before the methods of a class of values, inherited ones included but for those whose class has them already. `name`: what
 * errors call one, minified or not.
 */
export function guard<T extends Value, Guarded = never>(
  { prototype }: { readonly prototype: T }, name: string, signatures: Omit<Signatures<T>, Guarded & string>,
): void {
  for (const [method, signature] of Object.entries<Signature>(signatures)) {
    const row = rowOf(method, signature);
    const original = prototype[method as keyof T] as Callable;
    defineMethod(prototype, method, function (this: unknown, ...args: never[]) {
      if (!(this instanceof Value)) throw new DesignError('type-mismatch', `${method}() was called without a ${name}`, here(), undefined, `call it as x.${method}(…)`);
      check(row, args, false);
      return Reflect.apply(original, this, args) as unknown;
    });
  }
  for (let at: object = prototype; at !== STRICT; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (!get || set) continue;
      Object.defineProperty(prototype, name, {
        configurable: true, get,
        set(this: object) {
          throw notAssignable(this, name);
        },
      });
    }
  }
}
