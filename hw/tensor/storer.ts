/**
 * The store unit: reads scratchpad rows, or accumulator rows a group of lanes at a time, and writes their bytes to main
 * memory in bursts. A command is complete when main memory has acknowledged every burst; the next one begins when all bytes of the
 * one before are on their way.
 */
import { B, Flag, In, Out, S, Sink, U, bool, fromBits, hw, indexWidth, vec } from '../../gen/index.ts';
import type { ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { AXI_RESP_OKAY, axiWriteManager } from '../lib/axi4.ts';
import { powerOfTwoAtLeast } from '../lib/power-of-two.ts';
import { Queue } from '../lib/queue.ts';
import { BurstGenerator, burstBeatBits } from './burst-generator.ts';
import { transferCommand, transferRowBits } from './commands.ts';
import { accumulatorBits, laneGroups, rowBytesBits, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';
import { rotateDown } from './rotate.ts';

export const storerPorts = (p: TensorParams) => ({
  command: Sink(transferCommand(p)),
  done: Out(B),
  busy: Out(B),
  /** The command meets its first error of main memory. */
  fails: Out(B),
  beat: Out(B),
  mem: axiWriteManager({ dataBytes: p.busBytes, idBits: p.idBits }),
  /** `mayRead`: the row has been written. */
  scratchpad: { request: Out(B), row: Out(U(scratchpadBits(p))), mayRead: In(B), grant: In(B), data: In(vec(S(8), p.rows)) },
  accumulators: {
    request: Out(B), row: Out(U(accumulatorBits(p))), group: Out(U(indexWidth(laneGroups(p)))),
    mayRead: In(B), grant: In(B), data: In(vec(S(32), p.vectorLanes)),
  },
});

export function Storer(p: TensorParams): ModuleDef<ReturnType<typeof storerPorts>> {
  const low = Math.log2(p.busBytes);
  const groupBytes = 4 * p.vectorLanes;
  /** Bytes of a chunk: what one read delivers, padded so that it can be rotated. */
  const chunk = powerOfTwoAtLeast(Math.max(p.rows, groupBytes, p.busBytes));
  const chunkBits = Math.log2(chunk);
  const bytesBits = rowBytesBits(p);
  const rowBits = transferRowBits(p);
  const blockBits = low + burstBeatBits(p);
  const wide = Math.max(bytesBits, chunkBits + 1, low + 1) + 1;
  /** Bits of a number of bursts. */
  const sentBits = rowBits + 2;
  return hw('Storer', storerPorts(p), (m, io) => {
    m.doc('Store unit: scratchpad rows or accumulator rows to main memory.');
    const bursts = m.inst('bursts', BurstGenerator('StoreBursts', p, p.rows, 4 * p.columns, 'store'));
    const r = m.regs({
      active: Flag(false), other: B, whole: B, rowBytes: U(bytesBits),
      /** Next row to read and rows left; `rowLeft`: bytes of the present row that are not read yet. */
      row: U(rowBits), group: U(indexWidth(laneGroups(p))), rowsLeft: U(rowBits + 1), rowLeft: U(bytesBits),
      /** A read was granted in the cycle before: its data are here now. */
      arriving: Flag(false), arrivingBytes: U(wide), arrivingEndsRow: B, arrivingEndsAll: B,
      /** The chunk in hand: bytes from `from` on, `left` of them. */
      held: vec(S(8), chunk), from: U(chunkBits), left: U(wide, 0), heldEndsRow: B, heldEndsAll: B,
      /** The chunk after it, so that one can be read while another waits for the bus. */
      spare: vec(S(8), chunk), spareBytes: U(wide, 0), spareEndsRow: B, spareEndsAll: B,
      /** The beat being filled. */
      filling: vec(S(8), p.busBytes), fill: U(low + 1), first: U(low), beatInBlock: U(burstBeatBits(p)),
      /** Where the present row starts within its block; decides where its bursts end. */
      rowStart: U(blockBits), stride: U(blockBits),
      allSent: B,
      /** Bursts of the command in hand that were sent; bursts of the oldest commands that were acknowledged. */
      sent: U(sentBits, 0), acknowledged: U(sentBits, 0),
      hasFailed: Flag(false),
    });
    const { active } = r;
    const cmd = io.command.bits;
    const { leaves } = m.let({ leaves: active.and(r.allSent).and(bursts.busy.not()) });
    const { free } = m.let({ free: active.not().or(leaves) });
    io.command.ready = free.and(bursts.command.ready);
    bursts.command.valid = io.command.valid.and(free);
    bursts.command.bits = io.command.bits;
    m.connect(bursts.bursts, io.mem.aw);
    const blockBeat = (address: UInt): UInt => address.slice(blockBits - 1, low);

    m.when(io.command.fire, () => {
      r.active = bool(true);
      r.other = cmd.other;
      r.whole = cmd.whole;
      r.stride = cmd.stride.slice(blockBits - 1, 0);
      r.rowStart = cmd.address.slice(blockBits - 1, 0);
      r.rowBytes = cmd.rowBytes;
      r.row = cmd.row;
      r.group = r.group.lit(0);
      r.rowsLeft = cmd.count;
      r.rowLeft = cmd.rowBytes;
      r.first = cmd.address.slice(low - 1, 0);
      r.fill = cmd.address.slice(low - 1, 0).zext(low + 1);
      r.beatInBlock = blockBeat(cmd.address);
      r.allSent = bool(false);
    }).elseWhen(leaves, () => {
      r.active = bool(false);
    });

    // --- reading ---
    const readBytes = r.other.mux(atMost(r.rowLeft, groupBytes), r.rowLeft.zext(wide));
    const { endsRow } = m.let({ endsRow: r.other.mux(r.rowLeft.zext(wide).le(groupBytes), bool(true)) });
    const endsAll = endsRow.and(r.rowsLeft.eq(1));
    const moreToRead = active.and(r.rowsLeft.ne(0)).named('moreToRead');
    // Room for the data: of two chunks, at most one is in hand or on its way when this cycle is over.
    const chunkUsed = m.wires({ chunkUsed: B });
    const { arriving: arrives } = r;
    const { working } = m.let({ working: r.left.ne(0) });
    const { staysHeld, hasSpare } = m.let({ staysHeld: working.and(chunkUsed.chunkUsed.not()), hasSpare: r.spareBytes.ne(0) });
    const { room } = m.let({ room: staysHeld.and(hasSpare.or(arrives)).or(hasSpare.and(arrives)).not() });
    io.scratchpad.request = moreToRead.and(room).and(r.other.not()).and(io.scratchpad.mayRead);
    io.scratchpad.row = r.row.trunc(scratchpadBits(p));
    io.accumulators.request = moreToRead.and(room).and(r.other).and(io.accumulators.mayRead);
    io.accumulators.row = r.row.trunc(accumulatorBits(p));
    io.accumulators.group = r.group;
    const { readGranted } = m.let({ readGranted: r.other.mux(io.accumulators.grant, io.scratchpad.grant) });
    r.arriving = readGranted;
    m.when(readGranted, () => {
      r.arrivingBytes = readBytes;
      r.arrivingEndsRow = endsRow;
      r.arrivingEndsAll = endsAll;
      m.when(endsRow, () => {
        r.row = r.row.addWrap(1);
        r.rowsLeft = r.rowsLeft.subWrap(1);
        r.rowLeft = r.rowBytes;
        r.group = r.group.lit(0);
      }).otherwise(() => {
        r.rowLeft = r.rowLeft.subWrap(groupBytes % 2 ** bytesBits);
        r.group = r.group.addWrap(1);
      });
    });

    // --- packing bytes into beats ---
    const space = U(wide).lit(p.busBytes).subWrap(r.fill.zext(wide)).named('space');
    const { chunkEnds, beatFills } = m.let({ chunkEnds: r.left.le(space), beatFills: space.le(r.left) });
    const turned = rotateDown(m, 'turned', r.held, r.from.subWrap(r.fill.zext(Math.max(chunkBits, low + 1)).trunc(chunkBits)).named('turnBy'));
    const end = r.fill.zext(wide).addWrap(r.left).named('end');
    const lanes = m.map('lanes', p.busBytes, (i) => r.fill.gt(i.zext(low + 1)).mux(r.filling.at(i), turned.at(i)));
    const { runEnds } = m.let({ runEnds: chunkEnds.and(r.heldEndsRow).and(r.whole.not()).or(chunkEnds.and(r.heldEndsAll)) });
    const { beatComplete } = m.let({ beatComplete: working.and(beatFills.or(runEnds)) });
    const strobe = m.map('strobe', p.busBytes, (i) => r.first.le(i.exact(low)).and(end.gt(i.zext(wide))));
    io.mem.w.valid = beatComplete;
    io.mem.w.bits = { data: lanes.asUInt(), strb: strobe.asUInt(), last: runEnds.or(r.beatInBlock.andR()) };
    const { step } = m.let({ step: working.and(beatComplete.not().or(io.mem.w.ready)) });
    chunkUsed.chunkUsed = step.and(chunkEnds);

    const { nextStart } = m.let({ nextStart: r.rowStart.addWrap(r.stride) });
    m.when(step, () => {
      r.left = chunkEnds.mux(U(wide).lit(0), r.left.subWrap(space));
      r.from = r.from.addWrap(space.zext(Math.max(wide, chunkBits)).trunc(chunkBits));
      m.when(beatComplete, () => {
        m.when(runEnds.and(r.heldEndsAll.not()), () => {
          r.first = nextStart.slice(low - 1, 0);
          r.fill = nextStart.slice(low - 1, 0).zext(low + 1);
          r.rowStart = nextStart;
          r.beatInBlock = blockBeat(nextStart);
        }).otherwise(() => {
          r.first = r.first.lit(0);
          r.fill = r.fill.lit(0);
          r.beatInBlock = r.beatInBlock.addWrap(1);
        });
      }).otherwise(() => {
        r.fill = r.fill.addWrap(r.left.zext(Math.max(wide, low + 1)).trunc(low + 1));
        r.filling = lanes;
      });
    });
    // The next chunk moves up as soon as it can.
    const { fresh } = m.let({ fresh: padded() });
    m.when(staysHeld.not().and(hasSpare.or(arrives)), () => {
      r.held = hasSpare.mux(r.spare, fresh);
      r.from = r.from.lit(0);
      r.left = hasSpare.mux(r.spareBytes, r.arrivingBytes);
      r.heldEndsRow = hasSpare.mux(r.spareEndsRow, r.arrivingEndsRow);
      r.heldEndsAll = hasSpare.mux(r.spareEndsAll, r.arrivingEndsAll);
    });
    m.when(arrives.and(staysHeld.or(hasSpare)), () => {
      r.spare = fresh;
      r.spareBytes = r.arrivingBytes;
      r.spareEndsRow = r.arrivingEndsRow;
      r.spareEndsAll = r.arrivingEndsAll;
    }).elseWhen(staysHeld.not(), () => {
      r.spareBytes = r.spareBytes.lit(0);
    });
    m.assert('spareIsFree', arrives.and(staysHeld).and(hasSpare).not(), 'a chunk was read for which there is no room');

    // --- acknowledgements ---
    // Of each command whose bytes are all on their way, how many bursts main memory will acknowledge. It does so in their order.
    const owed = m.inst('owed', Queue(U(sentBits), p.queueDepth));
    owed.enq.valid = leaves;
    owed.enq.bits = r.sent;
    m.when(leaves, () => {
      r.sent = r.sent.lit(0);
    }).elseWhen(io.mem.aw.fire, () => {
      r.sent = r.sent.addWrap(1);
    });
    io.mem.b.ready = bool(true);
    m.when(step.and(runEnds).and(r.heldEndsAll), () => {
      r.allSent = bool(true);
    });
    io.done = owed.deq.valid.and(owed.deq.bits.le(r.acknowledged));
    owed.deq.ready = io.done;
    r.acknowledged = r.acknowledged.addWrap(io.mem.b.fire.asUInt().zext(sentBits)).subWrap(io.done.mux(owed.deq.bits, U(sentBits).lit(0)));
    io.busy = active.or(owed.deq.valid);
    // A command is counted once, however many of its bursts fail.
    const failed = io.mem.b.fire.and(io.mem.b.bits.resp.ne(AXI_RESP_OKAY)).named('failed');
    // What comes in the cycle in which one completes belongs to the next.
    const { hadFailed } = m.let({ hadFailed: r.hasFailed.and(io.done.not()) });
    io.fails = failed.and(hadFailed.not());
    r.hasFailed = hadFailed.or(failed);
    io.beat = io.mem.w.fire;
    m.assert('acknowledgesSent', io.mem.b.valid.not().or(io.busy), 'main memory acknowledged a burst that was not sent');
    m.assert('owedHasRoom', leaves.not().or(owed.enq.ready), 'more commands are on their way than the unit holds');
    m.cover('misaligned', io.mem.w.fire.and(r.first.ne(0)));

    function atMost(x: UInt, limit: number): UInt {
      const w = x.zext(wide);
      return w.le(limit).mux(w, U(wide).lit(limit));
    }
    /** The data of the read that was granted in the cycle before, as one chunk of bytes. */
    function padded(): Vec<SInt<8>> {
      const wholeChunk = (bits: UInt): UInt => bits.zext(8 * chunk);
      return fromBits(vec(S(8), chunk), r.other.mux(wholeChunk(io.accumulators.data.asUInt()), wholeChunk(io.scratchpad.data.asUInt())));
    }
  });
}
