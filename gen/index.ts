/** The language's public face: `import { hw, In, Out, U, S, B } from 'gen/index.ts'`. */
import './uncaught.ts';
export { UserError } from './user-error.ts';
export { DesignError } from './design-error.ts';
export type { Rule } from './design-error.ts';
export type { Design, Module } from './ir/module.ts';
export {
  Flag, In, Out, S, Sink, Source, U, bitsOf, blackBox, bool, bundle, cat, elaborate, enumeration, flip, fromBits, hw, indexWidth, named,
  repeat, resetTo, shapeOf, valueOf, vec, vecOf,
} from './lang/functions.ts';
export { Vec } from './lang/aggregates.ts';
export type { ModuleDef } from './lang/definition.ts';
export type { PublicBuilder as Builder } from './lang/builder.ts';
export type { PublicGrid as GridBuilder } from './lang/grid.ts';
export type { Mem } from './lang/memory.ts';
export type { Inside, Outside, Port, PortMap, SinkView, SourceView } from './lang/ports.ts';
export { B } from './lang/shapes.ts';
export type { EnumShape, Shape } from './lang/shapes.ts';
export { Bool, Enum, SInt, UInt } from './lang/scalars.ts';
export { Value } from './lang/value.ts';
