/** Hardware types of the intermediate representation. Scalars are words of a fixed width; bundles and vectors are packed. */

export interface BoolType {
  readonly kind: 'bool';
}
export interface UIntType {
  readonly kind: 'uint';
  readonly width: number;
}
export interface SIntType {
  readonly kind: 'sint';
  readonly width: number;
}
/** Members are numbered from 0 in order of declaration. */
export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly members: readonly string[];
}
/** Packed record: the first field occupies the most significant bits, as in a SystemVerilog packed struct. */
export interface BundleType {
  readonly kind: 'bundle';
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: Type }[];
}
/** Packed vector: element 0 occupies the least significant bits. */
export interface VecType {
  readonly kind: 'vec';
  readonly element: Type;
  readonly length: number;
}
export type ScalarType = BoolType | UIntType | SIntType | EnumType;
export type Type = ScalarType | BundleType | VecType;

export const BOOL: BoolType = { kind: 'bool' };
export const uintType = (width: number): UIntType => ({ kind: 'uint', width });
export const sintType = (width: number): SIntType => ({ kind: 'sint', width });

export function isScalar(t: Type): t is ScalarType {
  return t.kind !== 'bundle' && t.kind !== 'vec';
}

/** Smallest width that distinguishes `n` values; at least 1. */
export function indexWidth(n: number): number {
  if (n <= 2) return 1;
  // Not by logarithms, which round: 2^49 + 1 needs 50 bits.
  return n <= 2 ** 32 ? 32 - Math.clz32(n - 1) : BigInt(n - 1).toString(2).length;
}

/** Total width in bits. */
export function widthOf(t: Type): number {
  switch (t.kind) {
    case 'bool':
      return 1;
    case 'uint':
    case 'sint':
      return t.width;
    case 'enum':
      return indexWidth(t.members.length);
    case 'bundle':
      return t.fields.reduce((sum, f) => sum + widthOf(f.type), 0);
    case 'vec':
      return t.length * widthOf(t.element);
  }
}

/** Value of a bit pattern as its type reads it. */
export function numeric(type: Type, bits: bigint): bigint {
  const w = widthOf(type);
  return type.kind === 'sint' && bits >> BigInt(w - 1) === 1n ? bits - (1n << BigInt(w)) : bits;
}

/** Bundles and enumerations are one where their names are, too: what is alike by chance is not taken for each other. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'bool':
      return b.kind === 'bool';
    case 'uint':
    case 'sint':
      return b.kind === a.kind && b.width === a.width;
    case 'enum':
      return b.kind === 'enum' && b.name === a.name && b.members.join() === a.members.join();
    case 'bundle':
      return (
        b.kind === 'bundle' &&
        b.name === a.name &&
        b.fields.length === a.fields.length &&
        a.fields.every((f, i) => f.name === b.fields[i].name && sameType(f.type, b.fields[i].type))
      );
    case 'vec':
      return b.kind === 'vec' && b.length === a.length && sameType(a.element, b.element);
  }
}

/** Whether the parts of both lie in the same places under the same names, whatever the bundles are called. */
export function sameLayout(a: Type, b: Type): boolean {
  if (a.kind === 'bundle') {
    return b.kind === 'bundle' && b.fields.length === a.fields.length && a.fields.every((f, i) => f.name === b.fields[i].name && sameLayout(f.type, b.fields[i].type));
  }
  return a.kind === 'vec' ? b.kind === 'vec' && b.length === a.length && sameLayout(a.element, b.element) : sameType(a, b);
}

/** How errors and the design summary name a type. */
export function typeName(t: Type): string {
  switch (t.kind) {
    case 'bool':
      return 'Bool';
    case 'uint':
      return `UInt<${t.width}>`;
    case 'sint':
      return `SInt<${t.width}>`;
    case 'enum':
      return t.name;
    case 'bundle':
      return t.name || `{${t.fields.map((f) => `${f.name}: ${typeName(f.type)}`).join(', ')}}`;
    case 'vec':
      return `Vec<${typeName(t.element)}, ${t.length}>`;
  }
}
