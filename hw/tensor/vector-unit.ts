/**
 * The vector unit: executes `tn.rq`. Reads accumulator rows a group of lanes at a time together with their channel records,
 * requantises, assembles rows of R bytes and writes them to the scratchpad. One command at a time.
 */
import { B, Flag, In, Out, S, Sink, U, bool, hw, indexWidth, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { repeated } from '../lib/lanes.ts';
import { rowCountBits, vectorCommand } from './commands.ts';
import { unwrittenRows } from './hazards.ts';
import { accumulatorBits, channelBits, laneGroups, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';
import { LANE_LATENCY, RequantiseIterative, RequantiseLane } from './requantise.ts';

export const vectorUnitPorts = (p: TensorParams) => ({
  command: Sink(vectorCommand(p)),
  done: Out(B),
  busy: Out(B),
  /** The accumulator row that it wants has been written. */
  mayRead: In(B),
  /** Scratchpad rows that the command under way will still write. */
  unwritten: Out(unwrittenRows(scratchpadBits(p))),
  accumulators: { request: Out(B), row: Out(U(accumulatorBits(p))), group: Out(U(indexWidth(laneGroups(p)))), grant: In(B),
    data: In(vec(S(32), p.vectorLanes)) },
  channels: {
    read: Out(B), channel: Out(U(channelBits(p))),
    bias: In(vec(U(32), p.vectorLanes)), multiplier: In(vec(U(32), p.vectorLanes)), format: In(vec(U(32), p.vectorLanes)),
  },
  /** Never refused: the vector unit is the scratchpad's most urgent writer. */
  scratchpad: { request: Out(B), row: Out(U(scratchpadBits(p))), data: Out(vec(S(8), p.rows)) },
});

export function VectorUnit(p: TensorParams): ModuleDef<ReturnType<typeof vectorUnitPorts>> {
  const lanes = p.vectorLanes;
  const groups = laneGroups(p);
  const groupBits = indexWidth(groups);
  const countBits = rowCountBits(p);
  /** Groups that fill one scratchpad row. */
  const slots = p.rows / lanes;
  const iterative = p.requantiser === 'iterative';
  return hw('VectorUnit', vectorUnitPorts(p), (m, io) => {
    m.doc(`Requantises accumulator rows, ${lanes} lane(s) at a time, into scratchpad rows.`);
    const cmd = io.command.bits;
    const laneBits = Math.log2(lanes);
    const r = m.regs({
      active: Flag(false), reading: Flag(false), accRow: U(accumulatorBits(p)), group: U(groupBits), lastGroup: U(groupBits),
      rowsLeft: U(countBits), channel: U(channelBits(p)), firstChannel: U(channelBits(p)), count: U(countBits),
    });
    const { active } = r;
    io.command.ready = active.not();
    io.busy = active;
    m.when(io.command.fire, () => {
      r.active = bool(true);
      r.reading = bool(true);
      r.accRow = cmd.accRow;
      r.group = r.group.lit(0);
      r.lastGroup = groups === 1 ? (U(groupBits).lit(0)) : cmd.lastColumn.shr(laneBits).trunc(groupBits);
      r.rowsLeft = cmd.count;
      r.count = cmd.count;
      r.channel = cmd.channel;
      r.firstChannel = cmd.channel;
    });

    // --- reading: one group a cycle, or one when the requantiser is free ---
    const free = m.wires({ requantiserFree: B });
    const { endsRow } = m.let({ endsRow: r.group.eq(r.lastGroup) });
    const { endsAll } = m.let({ endsAll: endsRow.and(r.rowsLeft.eq(1)) });
    io.accumulators.request = r.reading.and(free.requantiserFree).and(io.mayRead);
    io.accumulators.row = r.accRow;
    io.accumulators.group = r.group;
    io.channels.read = io.accumulators.grant;
    io.channels.channel = r.channel;
    m.when(io.accumulators.grant, () => {
      m.when(endsRow, () => {
        r.group = r.group.lit(0);
        r.accRow = r.accRow.addWrap(1);
        r.rowsLeft = r.rowsLeft.subWrap(1);
        r.channel = r.firstChannel;
      }).otherwise(() => {
        r.group = r.group.addWrap(1);
        r.channel = r.channel.addWrap(lanes % 2 ** channelBits(p));
      });
      m.when(endsAll, () => {
        r.reading = bool(false);
      });
    });

    // --- requantising ---
    const result = iterative ? iterativeForm() : pipelinedForm();

    // --- assembling rows ---
    const o = m.regs({
      slot: U(indexWidth(slots)), row: U(scratchpadBits(p)), firstRow: U(scratchpadBits(p)), lastRow: U(scratchpadBits(p)), isLong: B,
      bytes: vec(S(8), p.rows),
    });
    m.when(io.command.fire, () => {
      o.slot = o.slot.lit(0);
      o.row = cmd.row;
      o.firstRow = cmd.row;
      o.lastRow = cmd.row.addWrap(fit(cmd.count)).subWrap(1);
      o.isLong = p.columns > p.rows ? cmd.lastColumn.ge(p.rows) : bool(false);
    });
    const tail = m.regs(lanes === 1 ? {} : { lastLane: U(laneBits) }) as { lastLane: UInt };
    if (lanes > 1) {
      m.when(io.command.fire, () => {
        tail.lastLane = cmd.lastColumn.slice(laneBits - 1, 0);
      });
    }
    const { rowFull } = m.let({ rowFull: result.endsRow.or(slots === 1 ? (true) : o.slot.eq(slots - 1)) });
    const fresh = repeated(withoutUnused(result.data), slots).named('freshEverywhere');
    const assembled = slots === 1 ? fresh : m.map('assembled', p.rows, (i) => {
      const slot = lanes === 1 ? i : i.slice(i.width - 1, laneBits);
      return o.slot.eq(slot).mux(fresh.at(i), o.slot.gt(slot).mux(o.bytes.at(i), S(8).lit(0)));
    });
    io.scratchpad.request = result.valid.and(rowFull);
    io.scratchpad.row = o.row;
    io.scratchpad.data = assembled;
    m.when(result.valid, () => {
      o.slot = rowFull.mux(U(o.slot.width).lit(0), o.slot.addWrap(1));
      o.bytes = assembled;
      m.when(result.endsRow, () => {
        o.row = o.firstRow.addWrap(1);
        o.firstRow = o.firstRow.addWrap(1);
      }).elseWhen(rowFull, () => {
        // The accumulator row is longer than a scratchpad row: its next part lies `count` rows further on.
        o.row = o.row.addWrap(fit(r.count));
      });
    });
    // Parts of rows that are longer than the scratchpad's are not written in ascending order: nobody follows those.
    io.unwritten = { valid: active.and(o.isLong.not()), first: o.firstRow, last: o.lastRow };
    io.done = result.valid.and(result.endsAll);
    m.when(io.done, () => {
      r.active = bool(false);
    });

    function fit(rows: UInt): UInt {
      return rows.zext(Math.max(countBits, scratchpadBits(p))).trunc(scratchpadBits(p));
    }

    /** Lanes of the last group beyond the last column are 0. */
    function withoutUnused(data: Vec<SInt<8>>): Vec<SInt<8>> {
      if (lanes === 1) return data;
      return m.map('fresh', lanes, (i) => result.endsRow.and(tail.lastLane.lt(i.exact(laneBits))).mux(S(8).lit(0), data.at(i)));
    }

    interface Result {
      readonly valid: Bool;
      readonly endsRow: Bool;
      readonly endsAll: Bool;
      readonly data: Vec<SInt<8>>;
    }

    function pipelinedForm(): Result {
      free.requantiserFree = bool(true);
      const grid = m.grid('lane', RequantiseLane(p.doubleRounding), 1, lanes);
      grid.cell('acc', io.accumulators.data);
      grid.cell('bias', io.channels.bias);
      grid.cell('multiplier', io.channels.multiplier);
      grid.cell('format', io.channels.format);
      // Granted, read, and then LANE_LATENCY stages.
      const depth = 1 + LANE_LATENCY;
      const s = m.regs({ valid: U(depth, 0), rowEnd: U(depth), allEnd: U(depth) });
      const shifted = (x: UInt, bit: Bool): UInt => x.slice(depth - 2, 0).cat(bit);
      s.valid = shifted(s.valid, io.accumulators.grant);
      s.rowEnd = shifted(s.rowEnd, endsRow);
      s.allEnd = shifted(s.allEnd, endsAll);
      return { valid: s.valid.bit(depth - 1), endsRow: s.rowEnd.bit(depth - 1), endsAll: s.allEnd.bit(depth - 1), data: grid.allOut('result') };
    }

    function iterativeForm(): Result {
      const unit = m.inst('requantise', RequantiseIterative(p.doubleRounding));
      const s = m.regs({ arriving: Flag(false), inWork: Flag(false), rowEnd: B, allEnd: B });
      s.arriving = io.accumulators.grant;
      m.when(io.accumulators.grant, () => {
        s.inWork = bool(true);
        s.rowEnd = endsRow;
        s.allEnd = endsAll;
      }).elseWhen(unit.done, () => {
        s.inWork = bool(false);
      });
      free.requantiserFree = s.inWork.not();
      unit.start = s.arriving;
      unit.acc = io.accumulators.data.at(0);
      unit.bias = io.channels.bias.at(0);
      unit.multiplier = io.channels.multiplier.at(0);
      unit.format = io.channels.format.at(0);
      return { valid: unit.done, endsRow: s.rowEnd, endsAll: s.allEnd, data: vecOf([unit.result]) };
    }
  });
}
