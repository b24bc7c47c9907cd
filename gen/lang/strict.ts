/**
 * Handles that answer for what they lack. `tsx` runs programs without checking their types, and JavaScript reads a member that does not
 * exist as `undefined` and makes one that is assigned; so every object of the language ends its chain of prototypes in `STRICT`, which
 * turns both into design errors. What exists is found before and costs nothing. Must not know the kinds of handles.
 */
import { DesignError } from '../design-error.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';

/** What a handle is called in errors, and where it was declared. */
export interface About {
  readonly name: string;
  readonly site?: Site;
}

/** Key under which a prototype says how to tell about a handle of its kind. */
export const ABOUT = Symbol('about');
/** Key under which a prototype says what its handles are. */
const NOUN = Symbol('noun');

const RECORDS = new WeakMap<object, () => About>();

/** Members that JavaScript and tools that show or compare objects look for in any object. */
const LOOKED_FOR = new Set(['then', 'toJSON', 'constructor', 'asymmetricMatch', 'nodeType', 'tagName', 'hasAttribute', 'toAsymmetricMatcher', 'inspect', 'sample']);
const MEMBER = /^[A-Za-z]\w*$/;
const SHOWN = 40;

export function operatorTrap(): never {
  throw new DesignError('operator', 'a signal was used with a JavaScript operator or in a template', here(), undefined,
    'use the methods: a.addWrap(b), a.lt(b), a.eq(b), cond.mux(a, b)');
}

function iterationTrap(): never {
  throw new DesignError('operator', 'a signal was iterated or spread', here(), undefined, 'use toArray() of a vector, bit(i) of a number');
}

function aboutOf(handle: object): About {
  const tell = RECORDS.get(handle) ?? ((handle as { [ABOUT]?: () => About })[ABOUT]?.bind(handle));
  return tell?.() ?? { name: 'this' };
}

/** Members that a program may use: a record's own, or a handle's methods. */
function membersOf(handle: object): string[] {
  const names = new Set<string>();
  const above = (object: object): object => Object.getPrototypeOf(object) as object;
  const isRecord = above(handle) === STRICT || NOUN in handle;
  for (let at = isRecord ? handle : above(handle); at !== STRICT; at = above(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (MEMBER.test(name) && name !== 'constructor') names.add(name);
  }
  return [...names];
}

function unknownMember(handle: unknown, key: string): DesignError {
  const target = handle as object;
  const { name, site } = aboutOf(target);
  const all = membersOf(target);
  const shown = all.length > SHOWN ? `${all.slice(0, SHOWN).join(', ')} and ${all.length - SHOWN} more` : all.join(', ');
  return new DesignError('no-member', `${name} has no '${key}'`, here(), site, `it has ${shown || 'none'}`);
}

/** The end of every chain of prototypes. */
export const STRICT: object = new Proxy(Object.create(null) as object, {
  get(_target, key, handle) {
    if (key === Symbol.toPrimitive) return operatorTrap;
    if (typeof key !== 'string' || !MEMBER.test(key) || LOOKED_FOR.has(key)) return undefined;
    throw unknownMember(handle, key);
  },
  set(_target, key, _value, handle) {
    throw unknownMember(handle, String(key));
  },
});

function closedTo(what: string): (handle: object, key?: unknown) => never {
  return (handle, key) => {
    const { name, site } = aboutOf(handle);
    throw new DesignError('drive-value', `${typeof key === 'string' ? `'${key}' of ${name}` : name} cannot be ${what}`, here(), site, 'leave handles as they are');
  };
}

const CLOSED: ProxyHandler<object> = {
  deleteProperty: closedTo('deleted'), defineProperty: closedTo('defined anew'), setPrototypeOf: closedTo('made of another kind'),
  preventExtensions: closedTo('frozen, nor sealed'),
};

/** The finished handle: what JavaScript itself could still do to it is an error too. The one without is to be forgotten. */
export function closed<T extends object>(handle: T): T {
  const proxy = new Proxy(handle, CLOSED) as T;
  const about = RECORDS.get(handle);
  if (about) RECORDS.set(proxy, about);
  return proxy;
}

/** Makes the objects of a class strict: `prototype` is the one at the root of its chain. */
export function makeStrict(prototype: object): void {
  Object.setPrototypeOf(prototype, STRICT);
  Object.defineProperty(prototype, Symbol.iterator, { value: iterationTrap });
}

/** An empty record whose members are defined afterwards; then it is to be `closed`. `about` is asked only for an error. */
export function strictRecord(about: () => About): object {
  const record = Object.create(STRICT) as object;
  RECORDS.set(record, about);
  return record;
}

/** An error for the assignment to what exists but cannot be assigned. */
export function notAssignable(handle: object, key: string): DesignError {
  const { name, site } = aboutOf(handle);
  return new DesignError('drive-value', `'${key}' of ${name} cannot be assigned`, here(), site, 'assign to a port, a wire or a register');
}

/** Adds a member that is read only. */
export function defineFixed(record: object, name: string, get: () => unknown, enumerable = true): void {
  Object.defineProperty(record, name, {
    enumerable,
    get,
    set(this: object) {
      throw notAssignable(this, name);
    },
  });
}

/** Things that a program makes and hands on whole. */
export type Noun = 'shape' | 'port' | 'definition' | 'bundle';

/** The prototype of strict objects of one kind; `about` is a method of theirs. */
export function strictPrototype(noun: Noun, about: (this: object) => About): object {
  return Object.create(STRICT, { [NOUN]: { value: noun }, [ABOUT]: { value: about } }) as object;
}

const PROTOTYPES = {
  shape: strictPrototype('shape', () => ({ name: 'a shape' })),
  port: strictPrototype('port', () => ({ name: 'a port' })),
  definition: strictPrototype('definition', () => ({ name: 'a definition' })),
};

const MEMBERS = Symbol('members');
/** Prototypes by noun and names of members: making a shape must cost little. */
const BY_MEMBERS = new Map<string, object>();

/** The same members as a strict object of the given kind, read only. */
export function strictObject<T extends object>(noun: keyof typeof PROTOTYPES, members: T): T {
  const names = Object.keys(members);
  const key = `${noun} ${names.join()}`;
  let prototype = BY_MEMBERS.get(key);
  if (!prototype) {
    prototype = Object.create(PROTOTYPES[noun]) as object;
    for (const name of names) {
      Object.defineProperty(prototype, name, {
        get(this: { [MEMBERS]: T }) {
          return this[MEMBERS][name as keyof T];
        },
        set(this: object) {
          throw notAssignable(this, name);
        },
      });
    }
    BY_MEMBERS.set(key, prototype);
  }
  return closed(Object.create(prototype, { [MEMBERS]: { value: members } }) as T);
}

/** What a thing was made as; undefined for anything else. */
export function nounOf(thing: unknown): Noun | undefined {
  return typeof thing === 'object' && thing !== null && NOUN in thing ? (thing as { [NOUN]: Noun })[NOUN] : undefined;
}
