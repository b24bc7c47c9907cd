/**
 * Quantities in configuration files: plain numbers, sizes and frequencies with a unit ("64 KiB", "100 MHz"), and formulas
 * over other keys ("4 * rows * columns"). Must not know which keys there are nor what they mean.
 */
import type { MathNode } from 'mathjs';
import { UserError } from '../../gen/user-error.ts';
import { packageOf } from './packages.ts';
import type { MathJs } from './packages.ts';

/** What a number counts: things, bytes or cycles a second. */
export type Dimension = 'count' | 'size' | 'frequency';

/** Value of a name in a formula: a number in base units (bytes, Hz) with its dimension; undefined: no such name. May throw UserError. */
export type Lookup = (name: string) => { readonly value: number; readonly dimension: Dimension } | undefined;

/** What is wrong with a formula, in words that fit after the key's name. */
export class FormulaError extends Error {}

/** The usual units, so that a plain "64 KiB" does not wait half a second for mathjs to load. Tests compare the two. */
const UNITS: Readonly<Record<string, { readonly scale: number; readonly dimension: Dimension }>> = {
  B: { scale: 1, dimension: 'size' },
  KiB: { scale: 2 ** 10, dimension: 'size' },
  MiB: { scale: 2 ** 20, dimension: 'size' },
  GiB: { scale: 2 ** 30, dimension: 'size' },
  Hz: { scale: 1, dimension: 'frequency' },
  kHz: { scale: 1e3, dimension: 'frequency' },
  MHz: { scale: 1e6, dimension: 'frequency' },
  GHz: { scale: 1e9, dimension: 'frequency' },
};
/** Those, and the decimal ones of sizes. */
const ALLOWED_UNITS: Readonly<Record<string, unknown>> = { ...UNITS, kB: 0, MB: 0, GB: 0 };
/** What people write who mean a unit: prefix, and B in all its forms or Hz. */
const MEANT_BYTES = /^([kmg]?)i?(?:b|bits?|bytes?)?$|^(kilo|mega|giga|kibi|mebi|gibi)(?:bits?|bytes?)$/i;
const MEANT_HERTZ = /^([kmg]?)(?:hz|hertz)$/i;
const LONGEST_FORMULA = 1000;
const BASE_UNIT: Readonly<Record<Dimension, string>> = { count: '', size: 'B', frequency: 'Hz' };
const EXAMPLE: Readonly<Record<Dimension, string>> = { count: '16 or "rows * columns"', size: '"64 KiB"', frequency: '"100 MHz"' };
/** Functions that a formula may call. */
const FUNCTIONS = new Set(['abs', 'ceil', 'floor', 'gcd', 'round', 'log2', 'max', 'min', 'mod', 'sqrt']);

const mathjs = (): MathJs => packageOf('mathjs');

/** `text` as a number in base units of `dimension`. Throws FormulaError. */
export function evaluateFormula(text: string, dimension: Dimension, lookup: Lookup): number {
  const simple = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(text);
  const unit = simple && Object.hasOwn(UNITS, simple[2]) ? UNITS[simple[2]] : undefined;
  if (simple && unit?.dimension === dimension) return Number(simple[1]) * unit.scale;
  return evaluateWithMathJs(text, dimension, lookup);
}

/** As `evaluateFormula`, without the short way for plain quantities. */
export function evaluateWithMathJs(text: string, dimension: Dimension, lookup: Lookup): number {
  const wanted = `give a ${dimension}, such as ${EXAMPLE[dimension]}`;
  if (text.length > LONGEST_FORMULA) throw new FormulaError(`has ${text.length} characters, more than any formula; ${wanted}`);
  const { isUnit, parse, unit } = mathjs();
  let result: unknown;
  try {
    const tree = parse(text);
    tree.traverse((node) => checkNode(node));
    result = tree.transform((node, path) => (path === 'fn' ? node : resolve(node, lookup))).compile().evaluate();
  } catch (error) {
    if (error instanceof FormulaError || error instanceof UserError) throw error;
    throw new FormulaError(`"${text}" cannot be computed (${error instanceof Error ? error.message : String(error)}); ${wanted}`);
  }
  if (typeof result === 'number') return result;
  const base = BASE_UNIT[dimension];
  if (dimension !== 'count' && isUnit(result) && result.equalBase(unit(1, base))) return result.toNumber(base);
  throw new FormulaError(`"${text}" is no ${dimension}; ${wanted}`);
}

/** Only arithmetic: no assignments, matrices, strings or calls of anything else. */
function checkNode(node: MathNode): void {
  const m = mathjs();
  if (m.isFunctionNode(node)) {
    const name = node.fn.name;
    if (!FUNCTIONS.has(name)) throw new FormulaError(`function '${name}' is unknown; use ${[...FUNCTIONS].join(', ')}`);
    return;
  }
  const kinds = [m.isConstantNode, m.isOperatorNode, m.isParenthesisNode, m.isSymbolNode, m.isAccessorNode, m.isIndexNode];
  const plain = kinds.some((is) => is(node));
  if (!plain) throw new FormulaError(`'${node.toString()}' is no arithmetic; use numbers, units, names of keys and + - * / ^`);
}

/** The unit that somebody means by a name that is none; undefined: no unit at all. */
function spellingOf(name: string): string | undefined {
  const bytes = MEANT_BYTES.exec(name);
  const prefix = (bytes?.[1] ?? bytes?.[2] ?? '').slice(0, 1).toLowerCase();
  if (bytes) return { '': 'B', k: 'KiB', m: 'MiB', g: 'GiB' }[prefix];
  const hertz = MEANT_HERTZ.exec(name);
  return hertz ? { '': 'Hz', k: 'kHz', m: 'MHz', g: 'GHz' }[hertz[1].toLowerCase()] : undefined;
}

/** Replaces names of keys by their values; what is left are units and functions. */
function resolve(node: MathNode, lookup: Lookup): MathNode {
  const { isAccessorNode, isSymbolNode, ConstantNode, OperatorNode, ParenthesisNode, SymbolNode, Unit } = mathjs();
  if (!isSymbolNode(node) && !isAccessorNode(node)) return node;
  const name = isSymbolNode(node) ? node.name : node.toString();
  const known = lookup(name);
  if (known) {
    const constant = new ConstantNode(known.value);
    if (known.dimension === 'count') return constant;
    return new ParenthesisNode(new OperatorNode('*', 'multiply', [constant, new SymbolNode(BASE_UNIT[known.dimension])]));
  }
  const spelling = isSymbolNode(node) && !Object.hasOwn(ALLOWED_UNITS, name) ? spellingOf(name) : undefined;
  if (spelling !== undefined) throw new FormulaError(`'${name}' is no unit here: sizes are in bytes, not bits, and frequencies in hertz; write ${spelling}`);
  if (isAccessorNode(node) || !Object.hasOwn(ALLOWED_UNITS, name) || !Unit.isValuelessUnit(name)) throw new FormulaError(`'${name}' is neither a key nor a unit; name a key of this section, or section.key`);
  return node;
}
