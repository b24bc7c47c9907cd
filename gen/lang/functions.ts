/**
 * The functions of the language as programs call them: each with a check of what it is given. The language itself uses those without.
 * Must not know what the functions do.
 */
import { indexWidth as indexWidthOf } from '../ir/types.ts';
import { elaborate as elaborateDefinition } from '../passes/elaborate.ts';
import * as aggregates from './aggregates.ts';
import { ANY, BODY, DEFINITION, HARDWARE, LITERAL, NUMBER, PORTS, SHAPE, TEXT, TRUTH, UINT, VALUE, checked, listOf, optional, options, recordOf } from './arguments.ts';
import * as definition from './definition.ts';
import { count } from './limits.ts';
import * as ports from './ports.ts';
import * as scalars from './scalars.ts';
import * as shapes from './shapes.ts';
import * as values from './value.ts';

export const U = checked('U', { width: NUMBER, reset: optional(LITERAL) }, shapes.U);
export const S = checked('S', { width: NUMBER, reset: optional(LITERAL) }, shapes.S);
export const Flag = checked('Flag', { reset: TRUTH }, shapes.Flag);
export const bool = checked('bool', { value: TRUTH }, shapes.bool);
export const enumeration = checked('enumeration', { name: TEXT, '...members': TEXT }, shapes.enumeration);
export const bundle = checked('bundle', { name: TEXT, fields: recordOf(SHAPE) }, shapes.bundle);
export const vec = checked('vec', { element: SHAPE, length: NUMBER }, shapes.vec);
export const fromBits = checked('fromBits', { shape: SHAPE, bits: UINT }, shapes.fromBits);
export const valueOf = checked('valueOf', { shape: SHAPE, value: ANY }, shapes.valueOf);
export const resetTo = checked('resetTo', { shape: SHAPE, value: ANY }, shapes.resetTo);
export const shapeOf = checked('shapeOf', { value: HARDWARE }, shapes.shapeOf);

export const In = checked('In', { shape: SHAPE }, ports.In);
export const Out = checked('Out', { shape: SHAPE }, ports.Out);
export const Sink = checked('Sink', { shape: SHAPE }, ports.Sink);
export const Source = checked('Source', { shape: SHAPE }, ports.Source);
export const flip = checked('flip', { ports: PORTS }, ports.flip);

export const cat = checked('cat', { '...parts': VALUE }, scalars.cat);
export const repeat = checked('repeat', { value: VALUE, times: NUMBER }, scalars.repeat);
export const bitsOf = checked('bitsOf', { value: HARDWARE }, scalars.bitsOf);
export const vecOf = checked('vecOf', { items: listOf(ANY) }, aggregates.vecOf);
export const named = checked('named', { name: TEXT, value: HARDWARE }, values.named);

export const hw = checked('hw', { name: TEXT, ports: PORTS, body: BODY }, definition.hw);
export const blackBox = checked('blackBox', { name: TEXT, ports: PORTS, options: options({
  cell: TEXT, parameters: optional(listOf(options({ name: TEXT, value: TEXT }, 'name', 'value'))), clock: optional(TEXT), behaviour: optional(BODY),
}, 'cell') }, definition.blackBox);
export const elaborate = checked('elaborate', { top: DEFINITION }, <P extends ports.PortMap>(top: definition.ModuleDef<P>) => elaborateDefinition(top));

/** Smallest width that distinguishes `n` values; at least 1. */
export const indexWidth = checked('indexWidth', { n: NUMBER }, (n: number): number => indexWidthOf(count(n, `indexWidth of ${n}`)));
