/**
 * Ports: directions, streams and nested records of ports, and the static types of a module's inside and outside view.
 * Bundles on ports are flattened to one port a field (`req_addr`), streams to `_valid`, `_ready` and `_bits`.
 */
import type { Bool } from './scalars.ts';
import type { Shape } from './shapes.ts';
import { B } from './shapes.ts';
import { nounOf, strictObject } from './strict.ts';
import type { Value } from './value.ts';

export type Direction = 'in' | 'out' | 'sink' | 'source';

export interface Port<D extends Direction, V> {
  readonly direction: D;
  readonly shape: Shape<V>;
}
/** A module's ports by name; records nest, their names are joined with `_`. */
export interface PortMap {
  readonly [name: string]: Port<Direction, unknown> | PortMap;
}

const port = <D extends Direction, V>(direction: D, shape: Shape<V>): Port<D, V> => strictObject('port', { direction, shape });

export const In = <V>(shape: Shape<V>): Port<'in', V> => port('in', shape);
export const Out = <V>(shape: Shape<V>): Port<'out', V> => port('out', shape);
/**
 * Ready-valid stream that the module consumes. Contract: a transfer happens in every cycle with `valid` and `ready`; once
 * `valid` is 1 it stays with stable `bits` until the transfer; `valid` must not wait for `ready`.
 */
export const Sink = <V>(shape: Shape<V>): Port<'sink', V> => port('sink', shape);
/** Ready-valid stream that the module produces; same contract. */
export const Source = <V>(shape: Shape<V>): Port<'source', V> => port('source', shape);

export type FlipDirection<D extends Direction> = { in: 'out'; out: 'in'; sink: 'source'; source: 'sink' }[D];
export type Flipped<P> = {
  readonly [K in keyof P]: P[K] extends Port<infer D, infer V> ? Port<FlipDirection<D>, V> : P[K] extends PortMap ? Flipped<P[K]> : never;
};

const FLIP = { in: 'out', out: 'in', sink: 'source', source: 'sink' } as const;

export function isPort(p: Port<Direction, unknown> | PortMap): p is Port<Direction, unknown> {
  return nounOf(p) === 'port';
}

/** The other side of an interface: every direction reversed. */
export function flip<P extends PortMap>(ports: P): Flipped<P> {
  const result: Record<string, Port<Direction, unknown> | PortMap> = {};
  for (const [name, p] of Object.entries(ports)) {
    result[name] = isPort(p) ? port(FLIP[p.direction], p.shape) : (flip(p) as PortMap);
  }
  return result as Flipped<P>;
}

/** Reading view: scalars and vectors as they are, records read-only. */
type ReadOnly<V> = V extends Value ? V : { readonly [K in keyof V]: V[K] };

/** A stream as its consumer sees it. */
export interface SinkView<V> {
  /** Never there; keeps the two sides apart for the compiler, which takes no notice of `readonly` when it compares types. */
  readonly side?: 'sink';
  readonly valid: Bool;
  readonly bits: ReadOnly<V>;
  ready: Bool;
  /** A transfer happens in this cycle. */
  readonly fire: Bool;
}
/** A stream as its producer sees it. */
export interface SourceView<V> {
  readonly side?: 'source';
  valid: Bool;
  bits: V;
  readonly ready: Bool;
  readonly fire: Bool;
}

type View<T> = T extends Port<'in', infer V>
  ? ReadOnly<V>
  : T extends Port<'out', infer V>
    ? V
    : T extends Port<'sink', infer V>
      ? SinkView<V>
      : T extends Port<'source', infer V>
        ? SourceView<V>
        : T extends PortMap
          ? Inside<T>
          : never;

/** What a module's body sees of its ports. */
export type Inside<P> = { readonly [K in keyof P as P[K] extends Port<'out', unknown> ? never : K]: View<P[K]> } & {
  -readonly [K in keyof P as P[K] extends Port<'out', unknown> ? K : never]: View<P[K]>;
};
/** What the parent of an instance sees. */
export type Outside<P> = Inside<Flipped<P>>;

/** What `m.link` takes for the other end of a view `T` of ports: the same members, streams the other way round. */
export type Facing<T> = {
  readonly [K in keyof T]: T[K] extends Value
    ? T[K]
    : T[K] extends { readonly side?: 'sink'; readonly fire: Bool; readonly bits: infer V }
      ? SourceView<V>
      : T[K] extends { readonly side?: 'source'; readonly fire: Bool; readonly bits: infer V }
        ? SinkView<V>
        : Facing<T[K]>;
};

/** One port of the printed module. */
export interface FlatPort {
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly shape: Shape<unknown>;
}

export const STREAM_VALID = B;
