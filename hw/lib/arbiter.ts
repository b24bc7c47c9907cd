/** Merges streams into one. Must not know what they carry. */
import { Flag, Out, Sink, Source, U, bool, hw, indexWidth, named } from '../../gen/index.ts';
import type { Bool, ModuleDef, Shape, SinkView, SourceView, UInt } from '../../gen/index.ts';
import { assertStays } from './stream-rules.ts';

export interface ArbiterOptions<V> {
  /** `fixed`: the lowest number wins; `roundRobin`: the one after the last winner is first in turn. */
  readonly policy: 'fixed' | 'roundRobin';
  /** Tells the last transfer of a burst: until it, the winner keeps the output. Without it every transfer stands alone. */
  readonly isLast?: (bits: V) => Bool;
}

export type InputName = `in${number}`;
export const arbiterPorts = <V>(shape: Shape<V>, inputs: number) => ({
  inputs: Object.fromEntries(Array.from({ length: inputs }, (_, i) => [`in${i}`, Sink(shape)])) as Readonly<Record<InputName, ReturnType<typeof Sink<V>>>>,
  out: Source(shape),
  /** Number of the input that is seen at the output. */
  chosen: Out(U(indexWidth(inputs))),
});

/** Number of the first request that is set; the last number if none is. */
export function firstOf(requests: readonly Bool[]): UInt {
  const shape = U(indexWidth(requests.length));
  const last: UInt = shape.lit(requests.length - 1);
  return requests.slice(0, -1).reduceRight((rest, request, i) => request.mux<UInt>(shape.lit(i), rest), last);
}

/** The value with the number `index`, or that of the same place in `numbers`; the last one if there is none. */
export function select<V>(index: UInt, values: readonly V[], numbers: readonly (UInt | number)[] = [...values.keys()]): V {
  return values.slice(0, -1).reduceRight<V>((rest, value, i) => index.eq(numbers[i]).mux<V>(value, rest), values[values.length - 1]);
}

export function anyOf(conditions: readonly Bool[]): Bool {
  return conditions.reduce((a, b) => a.or(b));
}

/**
 * `inputs` streams into one. An offer at the output is never changed before it is taken, so a winner keeps its turn until its
 * transfer (or its burst's last) even if a more urgent input comes.
 */
export function Arbiter<V>(shape: Shape<V>, inputs: number, options: ArbiterOptions<V>): ModuleDef<ReturnType<typeof arbiterPorts<V>>> {
  return hw(`${options.policy === 'fixed' ? 'Fixed' : 'RoundRobin'}Arbiter${inputs}x${shape.width}`, arbiterPorts(shape, inputs), (m, io) => {
    m.doc(`${inputs} streams into one, ${options.policy === 'fixed' ? 'the lowest number first' : 'in turn'}.`);
    const streams = Array.from({ length: inputs }, (_, i) => io.inputs[`in${i}`] as unknown as SinkView<V>);
    const out = io.out as unknown as SourceView<V>;
    const r = m.regs({ locked: Flag(false), winner: U(indexWidth(inputs), 0) });
    const requests = streams.map((s) => s.valid);
    let turn = firstOf(requests);
    if (options.policy === 'roundRobin') {
      const later = requests.map((request, i) => (i === 0 ? bool(false) : request.and(r.winner.lt(i))));
      turn = anyOf(later).mux<UInt>(firstOf(later), turn);
    }
    io.chosen = r.locked.mux<UInt>(r.winner, turn);
    const { chosen } = io;
    out.valid = select(chosen, streams.map((s) => s.valid));
    out.bits = named('offer', select(chosen, streams.map((s) => s.bits as V)));
    for (const [i, s] of streams.entries()) s.ready = out.ready.and(chosen.eq(i));
    const ends = options.isLast ? out.fire.and(options.isLast(out.bits)) : out.fire;
    m.when(out.valid, () => {
      r.winner = chosen;
      r.locked = ends.not();
    });
    assertStays(m, 'output', out.valid, out.ready);
  });
}
