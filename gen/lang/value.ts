/**
 * What all hardware values share, and how what a designer gives (signals, numbers, records, lists) becomes an IR expression of
 * the type that is wanted, with the language's checks. Must not know the operations of the single kinds of values.
 */
import { DesignError } from '../design-error.ts';
import { giveHint, mayHaveNote } from '../ir/expr.ts';
import type { Expr } from '../ir/expr.ts';
import { sameType, typeName, widthOf } from '../ir/types.ts';
import type { ScalarType, Type } from '../ir/types.ts';
import { here } from '../site.ts';
import type { Site } from '../site.ts';
import { LIMITS } from './limits.ts';
import { checkHint } from './names.ts';
import type { UInt } from './scalars.ts';
import { ABOUT, makeStrict, nounOf, operatorTrap, strictPrototype } from './strict.ts';
import type { About } from './strict.ts';

/** Key under which an aggregate (bundle record) carries its expression. */
export const EXPR = Symbol('expr');

export type Num = number | bigint;

/** What all hardware values share. */
export abstract class Value {
  readonly #expr: Expr;
  constructor(expr: Expr) {
    // JavaScript may call this with anything.
    if (!isExpression(expr)) throw noValue(expr);
    this.#expr = expr;
    const { kind } = expr.type;
    if (kind !== (this as Value).kind) throw noValue(expr);
    if ((kind === 'uint' || kind === 'sint') && expr.type.width > LIMITS.width.most) throw tooWide(expr.type.width);
  }
  abstract get kind(): Type['kind'];
  get expr(): Expr {
    return this.#expr;
  }
  /** Reinterprets the bits as an unsigned number of the same width. */
  abstract asUInt(): UInt;
  /**
   * This value, under the name that it gets where the text needs one for it; whatever is declared goes before. A literal is written as a
   * constant of that name wherever it stands.
   */
  named(name: string): this {
    checkHint(name, here());
    giveHint(this.#expr, name);
    return this;
  }
  /** This value, with a comment that stands beside it where the text spells out how it is computed: not beside a name or a constant. */
  note(text: string): this {
    if (mayHaveNote(this.#expr)) this.#expr.note = text;
    return this;
  }
  [Symbol.toPrimitive](): never {
    return operatorTrap();
  }
  [ABOUT](): About {
    return { name: `${exprName(this.expr)} (${typeName(this.expr.type)})`, site: declaredAt(this.expr) };
  }
}
makeStrict(Value.prototype);

function isExpression(given: unknown): given is Expr {
  return typeof given === 'object' && given !== null && (given as { op?: unknown }).op !== undefined;
}

export function noValue(given: unknown): DesignError {
  return new DesignError('type-mismatch', `a value was made of ${describe(given)}`, here(), undefined, 'use U(8).lit(1), valueOf(shape, value) or fromBits(shape, bits)');
}

function tooWide(width: number): DesignError {
  return new DesignError('bad-width', `a number of ${width} bits`, here(), undefined, LIMITS.width.mend);
}

const BUNDLE = strictPrototype('bundle', function (this: object): About {
  const { [EXPR]: expr } = this as { [EXPR]: Expr };
  return { name: `${exprName(expr)} (${typeName(expr.type)})`, site: declaredAt(expr) };
});

/** The record for a bundle's expression; its fields are to be defined. */
export function bundleRecord(expr: Expr): object {
  return Object.create(BUNDLE, { [EXPR]: { value: expr } }) as object;
}

/** Makes the literal's bit pattern, checking its range. */
export function literal(type: ScalarType, value: Num | boolean, site: Site): Expr {
  const v = typeof value === 'boolean' && type.kind === 'bool' ? (value ? 1n : 0n) : toBigInt(value, type, site);
  const w = BigInt(widthOf(type));
  const [lo, hi] = type.kind === 'sint' ? [-(1n << (w - 1n)), (1n << (w - 1n)) - 1n] : [0n, (1n << w) - 1n];
  if (v < lo || v > hi) {
    throw new DesignError('literal-range', `${numberText(v)} does not fit ${typeName(type)} (${rangeText(type, lo, hi)})`, site, undefined, 'use a value in range or a wider type');
  }
  return { op: 'lit', type, value: v & ((1n << w) - 1n), site };
}

/** Digits of hexadecimal beyond which a number is told by its size. */
const LONGEST_NUMBER = 64;

function numberText(v: bigint): string {
  const digits = v.toString(16).replace('-', '').length;
  return digits <= LONGEST_NUMBER ? String(v) : `a ${v < 0n ? 'negative ' : ''}number of ${4 * digits} bits`;
}

function rangeText(type: ScalarType, lo: bigint, hi: bigint): string {
  const w = widthOf(type);
  if (w <= 64) return `${lo}..${hi}`;
  return type.kind === 'sint' ? `-2^${w - 1}..2^${w - 1}-1` : `0..2^${w}-1`;
}

function toBigInt(value: unknown, type: Type, site: Site): bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new DesignError('type-mismatch', `${describe(value)} where ${typeName(type)} is expected`, site, undefined, 'give a number or a bigint');
  }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new DesignError('literal-range', `the number ${BigInt(value)} may have been rounded: it is beyond 2^53`, site, undefined, 'write it as a bigint: 2n ** 60n');
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new DesignError('literal-range', `${value} is not a whole number`, site, undefined, 'use an integer or a bigint');
  }
  return BigInt(value);
}

export function extendTo(e: Expr, type: ScalarType, site = e.site): Expr {
  if (widthOf(e.type) === widthOf(type)) return e;
  // Under its own name a literal has its own width only.
  return e.op === 'lit' ? { op: 'lit', type, value: signExtend(e, widthOf(type)), site } : { op: 'extend', type, of: e, site };
}

function signExtend(e: Expr & { op: 'lit' }, width: number): bigint {
  const w = widthOf(e.type);
  if (e.type.kind !== 'sint' || e.value < 1n << BigInt(w - 1)) return e.value;
  return (e.value - (1n << BigInt(w))) & ((1n << BigInt(width)) - 1n);
}

export function castTo(e: Expr, type: Type, site?: Site): Expr {
  if (sameType(e.type, type)) return e;
  if (e.op === 'cast') return castTo(e.of, type, site);
  return { op: 'cast', type, of: e, site: site ?? e.site };
}

/** Converts what the user gave to an expression of `type`, with the language's checks. */
export function toExpr(v: unknown, type: Type, site: Site, declared?: Site, name?: string): Expr {
  if (v instanceof Value) return checkType(v.expr, type, site, declared, name);
  if (v !== null && typeof v === 'object' && EXPR in v) return checkType((v as { [EXPR]: Expr })[EXPR], type, site, declared, name);
  if (type.kind === 'bundle' && v !== null && typeof v === 'object' && !Array.isArray(v) && nounOf(v) === undefined) {
    const given = v as Record<string, unknown>;
    for (const key of Object.keys(given)) {
      if (!type.fields.some((f) => f.name === key)) {
        throw new DesignError('type-mismatch', `${typeName(type)} has no field '${key}'`, site, declared, `fields are ${type.fields.map((f) => f.name).join(', ')}`);
      }
    }
    const fields = type.fields.map((f) => {
      if (!Object.hasOwn(given, f.name)) throw new DesignError('type-mismatch', `field '${f.name}' of ${typeName(type)} is missing`, site, declared, 'give every field');
      return toExpr(given[f.name], f.type, site, declared, f.name);
    });
    return { op: 'bundle', type, fields, site };
  }
  if (type.kind === 'vec' && Array.isArray(v)) {
    if (v.length !== type.length) throw new DesignError('width-mismatch', `${v.length} elements for ${typeName(type)}`, site, declared, 'give one value an element');
    return { op: 'vec', type, items: Array.from(v, (x) => toExpr(x, type.element, site, declared)), site };
  }
  if (type.kind === 'enum' && typeof v === 'string') {
    const i = type.members.indexOf(v);
    if (i < 0) throw new DesignError('type-mismatch', `${type.name} has no member '${v}'`, site, declared, `members are ${type.members.join(', ')}`);
    return { op: 'lit', type, value: BigInt(i), site };
  }
  if (typeof v === 'boolean' && type.kind === 'bool') return literal(type, v, site);
  if ((typeof v === 'number' || typeof v === 'bigint') && (type.kind === 'uint' || type.kind === 'sint')) return literal(type, v, site);
  if ((v === 0 || v === 1 || v === 0n || v === 1n) && type.kind === 'bool') {
    throw new DesignError('type-mismatch', `${describe(v)} where Bool is expected`, site, declared, `write ${v ? 'true' : 'false'}`);
  }
  throw new DesignError('type-mismatch', `${describe(v)} where ${typeName(type)} is expected`, site, declared, 'convert it by name');
}

/** How an error names what was given: `number 5`, `a UInt<8>`, `a shape`. */
export function describe(v: unknown): string {
  if (v === undefined || v === null) return String(v);
  if (v instanceof Value) return `a ${typeName(v.expr.type)}`;
  if (typeof v === 'object') return EXPR in v ? `a ${typeName((v as { [EXPR]: Expr })[EXPR].type)}` : Array.isArray(v) ? 'a list' : nounOf(v) === undefined ? 'an object' : `a ${nounOf(v)}`;
  if (typeof v === 'function') return (v as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === undefined ? 'a function' : 'an asynchronous or generator function';
  return `${typeof v} ${typeof v === 'bigint' ? numberText(v) : String(v).slice(0, 60)}`;
}

function checkType(e: Expr, type: Type, site: Site, declared?: Site, name?: string): Expr {
  if (sameType(e.type, type)) return e;
  const target = name ? `${name} (${typeName(type)})` : typeName(type);
  if (e.type.kind === type.kind && (type.kind === 'uint' || type.kind === 'sint')) {
    const wider = widthOf(e.type) > widthOf(type);
    const mend = wider ? 'trunc(), sat() or widen the target' : type.kind === 'uint' ? 'zext()' : 'sext()';
    throw new DesignError('width-mismatch', `${target} ← ${exprName(e)} (${typeName(e.type)})`, site, declared ?? declaredAt(e), mend);
  }
  const alike = typeName(e.type) === typeName(type);
  const [to, from] = [type, e.type].map((t) => (alike ? fullName(t) : typeName(t)));
  throw new DesignError('type-mismatch', `${name ? `${name} (${to})` : to} ← ${exprName(e)} (${from})`, site, declared ?? declaredAt(e), castHint(e.type, type));
}

/** Of what has the name of something else, also what it is made of. */
function fullName(t: Type): string {
  if (t.kind === 'bundle') return `${t.name} of ${t.fields.map((f) => `${f.name}: ${typeName(f.type)}`).join(', ')}`;
  return t.kind === 'enum' ? `${t.name} of ${t.members.join(', ')}` : t.kind === 'vec' ? `Vec<${fullName(t.element)}, ${t.length}>` : typeName(t);
}

function castHint(from: Type, to: Type): string {
  if (to.kind === 'bool') return 'use ne(0), bit(i) or asBool()';
  if (from.kind === 'bool') return to.kind === 'uint' ? 'use asUInt().zext()' : 'use asUInt().zext().asSInt()';
  if (to.kind === 'sint' && from.kind === 'uint') return 'use asSInt() or zext().asSInt()';
  if (to.kind === 'uint') return 'use asUInt()';
  if (to.kind === 'bundle' && from.kind === 'bundle') {
    const [{ name }] = to.fields;
    const fields = `name the fields, { ${name}: …${from.fields.some((f) => f.name === name) ? `.${name}` : ''}, … }`;
    return widthOf(from) === widthOf(to) ? `${fields}, or take the bits: fromBits(${to.name}, bitsOf(…))` : fields;
  }
  return 'convert it by name';
}

export function declaredAt(e: Expr): Site | undefined {
  return e.op === 'ref' ? e.signal.site : e.op === 'field' || e.op === 'slice' || e.op === 'index' ? declaredAt(e.of) : undefined;
}

/** How an error names an expression: the signal's path, or what kind of operation it is. */
export function exprName(e: Expr): string {
  switch (e.op) {
    case 'ref':
      return e.signal.name;
    case 'field':
      return `${exprName(e.of)}.${e.name}`;
    case 'index':
      return `${exprName(e.of)}[${typeof e.index === 'number' ? e.index : '…'}]`;
    case 'lit':
      return String(e.value);
    case 'binary':
    case 'unary':
      return e.fn;
    default:
      return e.op;
  }
}

/** The expression of any hardware value, records included. */
export function exprOf(v: unknown, site?: Site): Expr {
  if (v instanceof Value) return v.expr;
  if (v !== null && typeof v === 'object' && EXPR in v) return (v as { [EXPR]: Expr })[EXPR];
  throw new DesignError('type-mismatch', `${describe(v)} is not a hardware value`, site ?? here(), undefined, 'give a signal');
}

/** `value` under a name that it gets where the text needs one for it, as `Value.named`: for bundles, and where the kind is not known. */
export function named<V>(name: string, value: V): V {
  checkHint(name, here());
  giveHint(exprOf(value), name);
  return value;
}
