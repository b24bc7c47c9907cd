/**
 * Where loads begin: of each command the bytes are asked for, and it is kept until they come, behind those before it. Must not know what
 * becomes of the bytes.
 */
import { B, Flag, In, Sink, Source, U, bool, bundle, hw, indexWidth } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { CHANNEL_RECORD_BYTES } from '../isa/tensor.ts';
import { axiAddress } from '../lib/axi4.ts';
import { Queue } from '../lib/queue.ts';
import { withOnly } from '../lib/with-only.ts';
import { BurstGenerator } from './burst-generator.ts';
import { GROUP_BITS, laneBytesBits, loadCommand, transferRowBits } from './commands.ts';
import { rowBytesBits, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';

/** Commands whose bytes are asked for, or wait for that, behind the one under way: all that the unit holds. */
export const loadsAhead = (p: TensorParams): number => Math.max(1, p.queueDepth - 1);
/** A memory from which nothing has come for 2 to the power of this many cycles is a slow one, until no load is under way. */
export const STILL_BITS = 4;

/** What must be known of a command when its bytes come: of addresses the place in a beat. Fields as in `loadCommand`. */
export const received = (p: TensorParams) => {
  const low = Math.log2(p.busBytes);
  return bundle('Received', withOnly({
    offset: U(low), stride: U(low), rowBytes: U(rowBytesBits(p)), row: U(transferRowBits(p)), count: U(transferRowBits(p) + 1),
    whole: B, other: B, lookup: B, adjoins: B, lastGroup: U(GROUP_BITS), lastBytes: U(laneBytesBits(p)), groupRows: U(scratchpadBits(p)),
  }, present(p)));
};
const present = ({ scatter, table }: TensorParams) =>
  ({ lookup: table, rowBytes: !scatter, whole: !scatter, adjoins: scatter, lastGroup: scatter, lastBytes: scatter, groupRows: scatter });

export const loadIntakePorts = (p: TensorParams) => ({
  command: Sink(loadCommand(p)),
  bursts: Source(axiAddress({ dataBytes: p.busBytes, idBits: p.idBits })),
  next: Source(received(p)),
  /** A load is under way; it waits for main memory. */
  active: In(B), waits: In(B),
});

export function LoadIntake(p: TensorParams): ModuleDef<ReturnType<typeof loadIntakePorts>> {
  const low = Math.log2(p.busBytes);
  return hw('LoadIntake', loadIntakePorts(p), (m, io) => {
    m.doc('Loads that are asked for, or wait for that.');
    const bursts = m.inst('bursts', BurstGenerator('LoadBursts', p, p.rows, CHANNEL_RECORD_BYTES, 'load'));
    // A command goes to both: the one asks for the bytes, the other keeps where they belong.
    const receive = m.inst('receive', Queue(received(p), loadsAhead(p), { flow: true }));
    // More than one is asked for ahead only of a slow memory: it answers in order, and others have questions too.
    const r = m.regs({ waiting: U(indexWidth(loadsAhead(p) + 1), 0), still: U(STILL_BITS, 0), isSlow: Flag(false) });
    const { mayAsk } = m.let({ mayAsk: r.waiting.eq(0).or(r.isSlow) });
    io.command.ready = bursts.command.ready.and(receive.enq.ready).and(mayAsk);
    bursts.command.valid = io.command.valid.and(receive.enq.ready).and(mayAsk);
    bursts.command.bits = io.command.bits;
    m.connect(bursts.bursts, io.bursts);
    receive.enq.valid = io.command.valid.and(bursts.command.ready).and(mayAsk);
    const inBeat = (x: UInt): UInt => x.slice(low - 1, 0);
    const { address, stride, rowBytes, row, count, whole, other } = io.command.bits;
    const groups = p.scatter ? io.command.bits : undefined;
    receive.enq.bits = withOnly({
      offset: inBeat(address), stride: inBeat(stride), rowBytes: p.scatter ? U(rowBytesBits(p)).lit(0) : rowBytes, row, count, whole, other,
      lookup: p.table ? io.command.bits.lookup : bool(false), adjoins: groups?.adjoins ?? bool(false),
      lastGroup: groups?.lastGroup ?? U(GROUP_BITS).lit(0), lastBytes: groups?.lastBytes ?? U(laneBytesBits(p)).lit(0),
      groupRows: groups?.groupRows ?? U(scratchpadBits(p)).lit(0),
    }, present(p));
    m.connect(receive.deq, io.next);
    m.when(receive.enq.fire.ne(receive.deq.fire), () => {
      r.waiting = receive.enq.fire.mux(r.waiting.addWrap(1), r.waiting.subWrap(1));
    });
    r.still = io.waits.mux(r.still.addWrap(1), r.still.lit(0));
    r.isSlow = io.active.and(r.isSlow.or(r.still.andR()));
  });
}
