/**
 * The serial form of the tensor unit, for small FPGAs: one command at a time and in order, so that there is nothing to queue,
 * to interlock or to buffer twice. Commands mean the same as in the overlapped form; only their timing differs.
 */
import { U, bool, cat, hw, vecOf } from '../../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../../gen/index.ts';
import { AXI_BURST_INCR, AXI_RESP_OKAY, axiManager } from '../../lib/axi4.ts';
import { TENSOR_UNITS } from '../../isa/tensor-rows.ts';
import { xifUnit } from '../../lib/cv-x-if.ts';
import { withOnly } from '../../lib/with-only.ts';
import type { XifParams } from '../../lib/cv-x-if.ts';
import { ChannelRecords, RECORD_WORDS, recordWord } from '../channel-records.ts';
import type { TensorParams } from '../params.ts';
import { formIndex, unitWatchPorts } from '../watch.ts';
import { ByteLanes } from './byte-lanes.ts';
import { isAtLeast } from './compare.ts';
import { SerialFront } from './front.ts';
import { MacArray } from './mac-array.ts';
import { SerialAccumulators, SerialScratchpad } from './memories.ts';
import { RequantiseElement } from './requantise-element.ts';
import { Sequencer } from './sequencer.ts';

const allPorts = (p: TensorParams, xif: XifParams) =>
  ({ xif: xifUnit(xif), mem: axiManager({ dataBytes: p.busBytes, idBits: p.idBits }), watch: unitWatchPorts() });
const serialUnitPorts = (p: TensorParams, xif: XifParams, isWatched: boolean): ReturnType<typeof allPorts> =>
  withOnly(allPorts(p, xif), { watch: isWatched });

/** Bits of the number of writes that main memory has not acknowledged. */
const UNACKNOWLEDGED_BITS = 2;

export function SerialUnit(p: TensorParams, xif: XifParams, isWatched: boolean): ModuleDef<ReturnType<typeof serialUnitPorts>> {
  return hw('TensorUnit', serialUnitPorts(p, xif, isWatched), (m, io) => {
    m.doc(`Serial tensor unit: ${p.rows} x ${p.columns} int8 array with scratchpad, accumulators, requantisation and DMA.`);
    const front = m.inst('front', SerialFront(p, xif));
    const sequencer = m.inst('sequencer', Sequencer(p));
    const lanes = m.inst('lanes', ByteLanes(p));
    const array = m.inst('array', MacArray(p));
    const scratchpad = m.inst('scratchpad', SerialScratchpad(p));
    const accumulators = m.inst('accumulators', SerialAccumulators(p));
    const channels = m.inst('channels', ChannelRecords(p));
    const requantise = m.inst('requantise', RequantiseElement);
    const op = front.op;

    // --- the core ---
    m.link(io.xif, front.xif);
    m.link(front, sequencer, [
      'take', 'takesMm', 'takesRq', 'takesArg', 'rs1', 'rs2', 'go', 'op', 'heldRs1', 'argStride', 'argRowBytes', 'idle', 'rangeError',
    ]);

    // --- main memory: one word at a time, its address given while the word before is moved ---
    const isLoad = op.ld.or(op.ldp).named('isLoad');
    const address = {
      id: U(p.idBits).lit(0), addr: sequencer.next.address, len: U(8).lit(0), size: U(3).lit(2), burst: AXI_BURST_INCR,
    };
    const r = m.regs({ unacknowledged: U(UNACKNOWLEDGED_BITS, 0) });
    io.mem.ar.valid = sequencer.next.read;
    io.mem.ar.bits = address;
    io.mem.r.ready = sequencer.word.pending.and(isLoad);
    io.mem.aw.valid = sequencer.next.write.and(r.unacknowledged.andR().not());
    io.mem.aw.bits = address;
    io.mem.w.valid = sequencer.word.pending.and(isLoad.not());
    io.mem.w.bits = { data: lanes.word, strb: lanes.strobe, last: bool(true) };
    io.mem.b.ready = bool(true);
    sequencer.next.taken = io.mem.ar.fire.or(io.mem.aw.fire);
    sequencer.word.moved = isLoad.mux(io.mem.r.valid, io.mem.w.ready);
    m.when(io.mem.aw.fire.ne(io.mem.b.valid), () => {
      r.unacknowledged = io.mem.aw.fire.mux(r.unacknowledged.addWrap(1), r.unacknowledged.subWrap(1));
    });
    sequencer.settled = r.unacknowledged.eq(0);
    const failed = (valid: Bool, resp: UInt<2>): Bool => valid.and(resp.ne(AXI_RESP_OKAY));
    front.memoryError = failed(io.mem.r.valid, io.mem.r.bits.resp).or(failed(io.mem.b.valid, io.mem.b.bits.resp));
    m.assert('noStrayData', io.mem.r.valid.not().or(io.mem.r.ready), 'main memory sent data that nobody asked for');
    m.assert('acknowledged', io.mem.b.valid.not().or(r.unacknowledged.ne(0)), 'main memory acknowledged a word that was not sent');

    // --- bytes ---
    const column = sequencer.word.step;
    const accumulator = (cat(accumulators.high.at(column), accumulators.low.at(column))).exact(32).named('accumulator');
    lanes.isRowLoad = op.ld;
    lanes.isStore = op.st.or(op.sta);
    lanes.isRequantise = op.rq;
    lanes.isAccumulatorStore = op.sta;
    m.link(sequencer.word, lanes, ['step', 'offset', 'lastByte', 'endsRow', 'endOffset', 'lane']);
    lanes.fromMemory = io.mem.r.bits.data.exact(32);
    lanes.fromScratchpad = scratchpad.readData;
    lanes.fromAccumulators = accumulator;
    lanes.fromRequantiser = requantise.result;
    m.link(sequencer.scratchpad, scratchpad, ['read', 'readRow', 'writeRow']);
    scratchpad.writeData = lanes.row;
    const { writesRow } = m.let({ writesRow: op.ld.and(io.mem.r.valid).or(requantise.done) });
    scratchpad.writeLanes = writesRow.mux(lanes.rowLanes, U(p.rows).lit(0));

    // --- products ---
    m.link(sequencer.array, array, ['clear', 'loadLine', 'line', 'accumulate']);
    array.row = scratchpad.readData;
    array.oldLow = accumulators.low;
    array.oldHigh = accumulators.high;
    m.link(sequencer.accumulators, accumulators, ['readLow', 'lowRow', 'readHigh', 'highRow', 'writeRow']);
    accumulators.newLow = array.newLow;
    accumulators.newHigh = array.newHigh;
    const writes = Array.from({ length: p.columns }, (_, c): Bool => {
      const used = isAtLeast(sequencer.array.lastColumn, c);
      return sequencer.accumulators.write.and(used);
    });
    accumulators.writeColumns = vecOf(writes).asUInt();

    // --- requantisation ---
    const { writesRecord } = m.let({ writesRecord: op.ldp.and(io.mem.r.valid) });
    const word = column.slice(1, 0).named('recordWord');
    const record = recordWord(word, lanes.word, false);
    channels.write = m.map('writesWord', RECORD_WORDS, (i) => writesRecord.and(word.eq(i.zext(2))));
    channels.writeWords = vecOf(Array.from({ length: RECORD_WORDS }, () => record.kept));
    front.recordRefused = writesRecord.and(record.isOutOfRange);
    m.link(sequencer.channels, channels, ['writeChannel', 'read', 'readChannel']);
    requantise.start = sequencer.requantiserStarts;
    requantise.acc = accumulator;
    requantise.bias = channels.bias.at(0);
    requantise.multiplier = channels.multiplier.at(0);
    requantise.format = channels.format.at(0);
    sequencer.requantised = requantise.done;
    if (isWatched) watch();

    function watch(): void {
      const { word, next } = sequencer;
      const isFor = { load: isLoad, mesh: op.mm, vector: op.rq, store: op.st.or(op.sta) };
      io.watch.busy = vecOf(TENSOR_UNITS.map((unit) => isFor[unit].and(sequencer.idle.not()))).asUInt();
      io.watch.blocked = U(TENSOR_UNITS.length).lit(0);
      const orMain = (other: Bool): UInt => other.mux(formIndex('other'), formIndex('main'));
      io.watch.form = cat(orMain(op.sta), formIndex('main'), formIndex('main'), orMain(op.ldp)).exact(io.watch.form.width);
      io.watch.moves = [
        io.mem.ar.fire, io.mem.r.fire, io.mem.aw.fire, io.mem.w.fire, io.mem.b.fire,
        sequencer.scratchpad.read, sequencer.accumulators.readLow, requantise.done,
      ].reduce((a, b) => a.or(b));
      io.watch.awaitsRead = isLoad.and(word.pending.or(next.read));
      io.watch.awaitsWrite = isFor.store.and(word.pending.or(next.write).or(r.unacknowledged.ne(0)));
    }
  });
}
