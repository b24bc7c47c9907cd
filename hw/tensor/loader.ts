/**
 * The load unit: reads main memory in bursts and puts the bytes into scratchpad rows or channel words. Addresses are issued
 * ahead of the data (the next command's too), data is taken at one beat or one row a cycle, whichever is more.
 */
import { B, Flag, In, Out, S, Sink, U, bool, fromBits, hw, vec } from '../../gen/index.ts';
import type { ModuleDef } from '../../gen/index.ts';
import { AXI_RESP_OKAY, axiReadManager } from '../lib/axi4.ts';
import { repeated } from '../lib/lanes.ts';
import { Queue } from '../lib/queue.ts';
import { BurstGenerator } from './burst-generator.ts';
import { transferCommand, transferRowBits } from './commands.ts';
import { recordWord } from './channel-records.ts';
import { channelBits, rowBytesBits, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';
import { rotateDown } from './rotate.ts';

export const loaderPorts = (p: TensorParams) => ({
  command: Sink(transferCommand(p)),
  /** A command is complete: all its bytes are where they belong. */
  done: Out(B),
  busy: Out(B),
  /** The command meets its first error of main memory, or its first channel record that is out of range. */
  fails: Out(B), recordRefused: Out(B),
  waitsForMemory: Out(B),
  beat: Out(B),
  mem: axiReadManager({ dataBytes: p.busBytes, idBits: p.idBits }),
  scratchpad: { request: Out(B), row: Out(U(scratchpadBits(p))), data: Out(vec(S(8), p.rows)), grant: In(B) },
  channels: { write: Out(B), channel: Out(U(channelBits(p))), word: Out(U(2)), data: Out(U(32)) },
});

export function Loader(p: TensorParams): ModuleDef<ReturnType<typeof loaderPorts>> {
  const low = Math.log2(p.busBytes);
  const rowBytes = rowBytesBits(p);
  const rowBits = transferRowBits(p);
  return hw('Loader', loaderPorts(p), (m, io) => {
    m.doc('Load unit: main memory to scratchpad rows and channel records.');
    const bursts = m.inst('bursts', BurstGenerator('LoadBursts', p, p.rows, 16));
    const receive = m.inst('receive', Queue(transferCommand(p), 2));
    // A command goes to both: the one asks for the bytes, the other knows where they belong.
    io.command.ready = bursts.command.ready.and(receive.enq.ready);
    bursts.command.valid = io.command.valid.and(receive.enq.ready);
    bursts.command.bits = io.command.bits;
    receive.enq.valid = io.command.valid.and(bursts.command.ready);
    receive.enq.bits = io.command.bits;
    m.connect(bursts.bursts, io.mem.ar);

    const cmd = receive.deq.bits;
    const r = m.regs({
      started: Flag(false), row: U(rowBits), rowsLeft: U(rowBits + 1), fill: U(rowBytes), offset: U(low), rowOffset: U(low), word: U(2),
      bytes: vec(S(8), p.rows), hasFailed: Flag(false), hasRefused: Flag(false),
    });
    // The first cycle of a command sets the counters; the data cannot be here yet.
    const { working } = m.let({ working: receive.deq.valid.and(r.started) });
    m.when(receive.deq.valid.and(r.started.not()), () => {
      r.started = bool(true);
      r.row = cmd.row;
      // Channel records are counted in words.
      r.rowsLeft = cmd.other.mux(cmd.count.shlWrap(2), cmd.count);
      r.fill = r.fill.lit(0);
      r.offset = cmd.address.slice(low - 1, 0);
      r.rowOffset = cmd.address.slice(low - 1, 0);
      r.word = r.word.lit(0);
    });

    // How many bytes of this beat go into this row.
    const wide = Math.max(rowBytes, low + 1) + 1;
    const goal = cmd.other.mux(U(wide).lit(4), cmd.rowBytes.zext(wide)).named('goal');
    const need = goal.subWrap(r.fill.zext(wide)).named('need');
    const have = U(wide).lit(p.busBytes).subWrap(r.offset.zext(wide)).named('have');
    const { rowCompletes, beatEnds } = m.let({ rowCompletes: need.le(have), beatEnds: have.le(need) });
    const { lastRow } = m.let({ lastRow: r.rowsLeft.eq(1) });

    // The beat's bytes turned so that byte i is the one for lane `i mod busBytes`.
    const beatBytes = fromBits(vec(S(8), p.busBytes), io.mem.r.bits.data);
    const turned = rotateDown(m, 'turned', beatBytes, r.offset.subWrap(r.fill.zext(Math.max(low, rowBytes)).trunc(low)).named('turnBy'));
    const source = repeated(turned, Math.ceil(p.rows / p.busBytes)).named('source');
    const newEnd = r.fill.zext(wide).addWrap(have).named('newEnd');
    const assembled = m.map('assembled', p.rows, (i) => {
      const isNew = newEnd.gt(i.zext(wide)).and(goal.gt(i.zext(wide)));
      return r.fill.gt(i.zext(r.fill.width)).mux(r.bytes.at(i), isNew.mux(source.at(i), 0));
    });

    const write = working.and(io.mem.r.valid).and(rowCompletes).named('write');
    io.scratchpad.request = write.and(cmd.other.not());
    io.scratchpad.row = r.row.trunc(scratchpadBits(p));
    io.scratchpad.data = assembled;
    io.channels.write = write.and(cmd.other);
    io.channels.channel = r.row.trunc(channelBits(p));
    io.channels.word = r.word;
    const record = recordWord(r.word, assembled.asUInt().slice(31, 0).named('given'));
    io.channels.data = record.kept;
    const { step } = m.let({ step: working.and(io.mem.r.valid).and(write.not().or(cmd.other).or(io.scratchpad.grant)) });
    // A row that is not whole ends its run: the rest of the beat belongs to nobody.
    const { takeBeat } = m.let({ takeBeat: beatEnds.or(rowCompletes.and(lastRow.or(cmd.whole.not()))) });
    io.mem.r.ready = step.and(takeBeat);
    io.done = step.and(rowCompletes).and(lastRow);
    receive.deq.ready = io.done;

    const nextRowOffset = r.rowOffset.addWrap(cmd.stride.slice(low - 1, 0)).named('nextRowOffset');
    m.when(step, () => {
      m.when(rowCompletes, () => {
        r.fill = r.fill.lit(0);
        r.rowsLeft = r.rowsLeft.subWrap(1);
        r.word = r.word.addWrap(1);
        // A channel record is four words long.
        m.when(cmd.other.not().or(r.word.eq(3)), () => {
          r.row = r.row.addWrap(1);
        });
        m.when(cmd.whole, () => {
          r.offset = beatEnds.mux(U(low).lit(0), r.offset.addWrap(need.trunc(low)));
        }).otherwise(() => {
          r.rowOffset = nextRowOffset;
          r.offset = nextRowOffset;
        });
        m.when(lastRow, () => {
          r.started = bool(false);
        });
      }).otherwise(() => {
        r.fill = r.fill.addWrap(have.trunc(rowBytes));
        r.offset = r.offset.lit(0);
        r.bytes = assembled;
      });
    });

    const failed = io.mem.r.fire.and(io.mem.r.bits.resp.ne(AXI_RESP_OKAY)).named('failed');
    // A command is counted once, however much of it goes wrong.
    io.fails = failed.and(r.hasFailed.not());
    r.hasFailed = r.hasFailed.or(failed).and(io.done.not());
    const { refused } = m.let({ refused: io.channels.write.and(record.isOutOfRange) });
    io.recordRefused = refused.and(r.hasRefused.not());
    r.hasRefused = r.hasRefused.or(refused).and(io.done.not());
    io.busy = receive.deq.valid;
    io.waitsForMemory = receive.deq.valid.and(io.mem.r.valid.not());
    io.beat = io.mem.r.fire;
    m.assert('noStrayData', io.mem.r.valid.not().or(receive.deq.valid), 'main memory sent data that nobody asked for');
    m.cover('misaligned', step.and(r.offset.ne(0)));
    m.cover('rowOverTwoBeats', step.and(rowCompletes.not()));
  });
}
