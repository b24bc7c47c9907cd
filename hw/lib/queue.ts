/** First-in first-out queue between two streams. Must not know what it carries. */
import { Flag, Sink, Source, U, bool, hw, indexWidth, named } from '../../gen/index.ts';
import type { Builder, ModuleDef, Shape, SinkView, SourceView, UInt } from '../../gen/index.ts';
import { assertStays } from './stream-rules.ts';

export interface QueueOptions {
  /** A full queue takes an entry in the cycle in which one leaves: `deq.ready` reaches `enq.ready` combinationally. */
  readonly pipe?: boolean;
  /** An empty queue offers an entry in the cycle in which it arrives: `enq` reaches `deq` combinationally. */
  readonly flow?: boolean;
}

export const queuePorts = <V>(shape: Shape<V>) => ({ enq: Sink(shape), deq: Source(shape) });
interface QueueView<V> {
  readonly enq: SinkView<V>;
  readonly deq: SourceView<V>;
}

/**
 * Queue of `depth` entries. Without options neither side sees the other combinationally.
 *
 * Depth 0 is a wire. Depth 1 is one register: it passes one entry in two cycles unless `pipe` or `flow` is set. Deeper ones
 * are a memory with two pointers and pass one entry a cycle.
 */
export function Queue<V>(shape: Shape<V>, depth: number, options: QueueOptions = {}): ModuleDef<ReturnType<typeof queuePorts<V>>> {
  const kind = depth === 0 ? '' : `${options.pipe ? 'Pipe' : ''}${options.flow ? 'Flow' : ''}`;
  return hw(`${kind}Queue${depth}x${shape.width}`, queuePorts(shape), (m, io) => {
    // The views of a generic shape have these types by construction; TypeScript cannot see through the parameter.
    const view = io as unknown as QueueView<V>;
    if (depth === 0) {
      m.doc('Queue without entries: a wire.');
      m.connect(view.enq, view.deq);
      return;
    }
    if (depth === 1) oneEntry(m, view, shape, options);
    else manyEntries(m, view, shape, depth, options);
    assertStays(m, 'offer', view.enq.valid, view.enq.ready);
  });
}

function oneEntry<V>(m: Builder, { enq, deq }: QueueView<V>, shape: Shape<V>, { pipe, flow }: QueueOptions): void {
  m.doc('Queue of one entry.');
  const r = m.regs({ full: Flag(false), entry: shape });
  const entry = r.entry as V;
  const { full } = r;
  enq.ready = pipe ? full.not().or(deq.ready) : full.not();
  deq.valid = flow ? full.or(enq.valid) : full;
  deq.bits = flow ? full.mux<V>(entry, enq.bits as V) : entry;
  m.when(enq.fire, () => {
    // With `flow`, what arrives at an empty queue and leaves at once is never stored.
    r.full = flow ? full.or(deq.ready.not()) : bool(true);
    r.entry = enq.bits as typeof r.entry;
  }).elseWhen(deq.ready, () => {
    r.full = bool(false);
  });
}

function manyEntries<V>(m: Builder, { enq, deq }: QueueView<V>, shape: Shape<V>, depth: number, { pipe, flow }: QueueOptions): void {
  m.doc(`Queue of ${depth} entries.`);
  const bits = indexWidth(depth);
  const entries = m.mem('entries', shape, depth);
  /** `first`: oldest entry, `next`: free place. Equal: empty or, if `full`, all taken. */
  const r = m.regs({ first: U(bits, 0), next: U(bits, 0), full: Flag(false) });
  const { first, next, full } = r;
  const wraps = 2 ** bits === depth;
  const after = (pointer: UInt): UInt => (wraps ? pointer.addWrap(1) : pointer.eq(depth - 1).mux<UInt>(0, pointer.addWrap(1)));
  const { empty } = m.let({ empty: first.eq(next).and(full.not()) });
  enq.ready = pipe ? full.not().or(deq.ready) : full.not();
  deq.valid = flow ? empty.not().or(enq.valid) : empty.not();
  const oldest = named('oldest', entries.read(first));
  deq.bits = flow ? empty.mux<V>(enq.bits as V, oldest) : oldest;
  const through = flow ? empty.and(deq.ready) : bool(false);
  const { arrives, leaves } = m.let({ arrives: enq.fire.and(through.not()), leaves: deq.fire.and(flow ? empty.not() : true) });
  m.when(arrives, () => {
    entries.write(next, enq.bits as V);
    r.next = after(next);
  });
  m.when(leaves, () => {
    r.first = after(first);
  });
  m.when(arrives.ne(leaves), () => {
    r.full = arrives.and(after(next).eq(first));
  });
  m.assert('fits', arrives.and(full).and(leaves.not()).not(), 'an entry arrived at a full queue');
}
