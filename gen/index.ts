/** The language's public face: `import { hw, In, Out, U, S, B } from 'gen/index.ts'`. */
export { UserError } from './user-error.ts';
export { DesignError } from './design-error.ts';
export type { Rule } from './design-error.ts';
export type { Design, Module } from './ir/module.ts';
export { indexWidth } from './ir/types.ts';
export { Vec, vecOf } from './lang/aggregates.ts';
export { blackBox, hw } from './lang/definition.ts';
export type { ModuleDef } from './lang/definition.ts';
export type { Builder } from './lang/builder.ts';
export type { GridBuilder } from './lang/grid.ts';
export type { Mem } from './lang/memory.ts';
export { In, Out, Sink, Source, flip } from './lang/ports.ts';
export type { Inside, Outside, Port, PortMap, SinkView, SourceView } from './lang/ports.ts';
export { B, Flag, S, U, bool, bundle, enumeration, fromBits, shapeOf, valueOf, vec } from './lang/shapes.ts';
export type { EnumShape, Shape } from './lang/shapes.ts';
export { Bool, Enum, SInt, UInt, bitsOf, cat, repeat } from './lang/scalars.ts';
export { Value } from './lang/value.ts';
export { elaborate } from './passes/elaborate.ts';
