/**
 * The vector unit: executes `tn.rq`, `tn.ad`, `tn.mu` and `tn.tb`. Reads accumulator rows, or rows of the scratchpad, a group of lanes at a
 * time together with their channel records, requantises or looks up, assembles rows of R bytes and writes them to the scratchpad. One
 * command at a time.
 *
 * An element with two operands takes three passes through the requantiser: the one operand, the other, and what has become of both. That
 * last one begins as soon as it can, and in that cycle no operand is read; so the pipelined form settles at a group in three cycles.
 */
import { B, Flag, In, Out, S, Sink, U, bool, fromBits, hw, indexWidth, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { repeated } from '../lib/lanes.ts';
import { withOnly } from '../lib/with-only.ts';
import { vectorCommand, vectorCountBits } from './commands.ts';
import { unwrittenRows } from './hazards.ts';
import { accumulatorBits, channelBits, laneGroups, scratchpadBits, vectorReads } from './params.ts';
import type { TensorParams } from './params.ts';
import { LANE_LATENCY, RequantiseIterative, RequantiseLane } from './requantise.ts';

const allPorts = (p: TensorParams) => ({
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
  /** Operands in the scratchpad; `mayRead`: the row has been written by whoever had it to write. */
  operands: { request: Out(B), row: Out(U(scratchpadBits(p))), mayRead: In(B), grant: In(B), data: In(vec(S(8), p.rows)) },
  /** The second operand of the command that started last is there, or its writer can be followed. */
  lateIsThere: In(B),
  /** Lanes that are looked up, and in the next cycle what was found. */
  lookup: { read: Out(B), index: Out(vec(S(8), p.vectorLanes)), values: In(vec(S(8), p.vectorLanes)) },
});
/** `operands`, `lateIsThere` and `lookup` are there if there are such commands. */
export const vectorUnitPorts = (p: TensorParams): ReturnType<typeof allPorts> =>
  withOnly(allPorts(p), { operands: vectorReads(p), lateIsThere: p.elementwise, lookup: p.table });

export function VectorUnit(p: TensorParams): ModuleDef<ReturnType<typeof vectorUnitPorts>> {
  const lanes = p.vectorLanes;
  /** Groups that fill one scratchpad row. */
  const slots = p.rows / lanes;
  const groups = Math.max(laneGroups(p), vectorReads(p) ? slots : 1);
  const groupBits = indexWidth(groups);
  const countBits = vectorCountBits(p);
  const iterative = p.requantiser === 'iterative';
  return hw('VectorUnit', vectorUnitPorts(p), (m, io) => {
    m.doc(`Requantises accumulator rows${vectorReads(p) ? ' and scratchpad rows' : ''}, ${lanes} lane(s) at a time, into scratchpad rows.`);
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
    const operands = vectorReads(p) ? operandReads() : undefined;
    const pair = operands?.pair;
    const readsSums = r.reading.and(free.requantiserFree).and(io.mayRead);
    io.accumulators.request = operands ? readsSums.and(operands.any.not()) : readsSums;
    io.accumulators.row = r.accRow;
    io.accumulators.group = r.group.slice(indexWidth(laneGroups(p)) - 1, 0);
    io.channels.read = pair ? io.accumulators.grant.or(pair.takesRecord) : io.accumulators.grant;
    io.channels.channel = pair ? pair.isPair.mux(pair.channel, r.channel) : r.channel;
    const { groupTaken } = m.let({ groupTaken: operands ? io.accumulators.grant.or(operands.groupTaken) : io.accumulators.grant });
    m.when(groupTaken, () => {
      m.when(endsRow, () => {
        r.group = r.group.lit(0);
        r.accRow = r.accRow.addWrap(1);
        operands?.nextRow();
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
    const requantised = iterative ? iterativeForm() : pipelinedForm();
    const result = operands?.isLookup ? orFound(requantised, operands.isLookup, operands.lanes) : requantised;

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
    operands?.waitForOwn(o.firstRow);
    io.unwritten = { valid: active.and(o.isLong.not()), first: o.firstRow, last: o.lastRow };
    io.done = result.valid.and(result.endsAll);
    m.when(io.done, () => {
      r.active = bool(false);
    });

    /** Rows of the scratchpad instead of sums: two, one after the other, and the pass that follows them; or one that is looked up. */
    function operandReads() {
      const spBits = scratchpadBits(p);
      const k = m.regs({ aRow: U(spBits), aIsBelow: B, groupNow: U(groupBits) });
      const two = p.elementwise ? m.regs({ isPair: B, product: B, wantsSecond: Flag(false), bRow: U(spBits), bIsBelow: B }) : undefined;
      const one = p.table ? m.regs({ isLookup: B }) : undefined;
      m.when(io.command.fire, () => {
        k.aRow = cmd.aRow;
        k.aIsBelow = cmd.aRow.lt(cmd.row);
        if (one) one.isLookup = cmd.lookup;
        if (!two) return;
        two.isPair = cmd.elementwise;
        two.product = cmd.product;
        two.wantsSecond = bool(false);
        two.bRow = cmd.bRow;
        two.bIsBelow = cmd.bRow.lt(cmd.row);
      });
      const wires = m.wires({ takesBoth: B, waitsForOwn: B });
      const either = (a: Bool | undefined, b: Bool | undefined): Bool => [a, b].filter((x) => x !== undefined).reduce((x, y) => x.or(y));
      const { grant, row, mayRead } = io.operands;
      io.operands.row = two ? two.wantsSecond.mux(two.bRow, k.aRow) : k.aRow;
      // The requantiser takes operands when it can, the table always.
      const isTaken = two ? free.requantiserFree.and(wires.takesBoth.not()).and(io.lateIsThere) : bool(true);
      const mayTake = either(two?.isPair.and(isTaken), one?.isLookup).named('mayTakeOperand');
      io.operands.request = [r.reading, mayTake, mayRead, wires.waitsForOwn.not()].reduce((a, b) => a.and(b));
      m.when(grant, () => {
        k.groupNow = r.group;
        if (two) two.wantsSecond = two.isPair.and(two.wantsSecond.not());
      });
      return {
        any: either(two?.isPair, one?.isLookup), isLookup: one?.isLookup, groupTaken: grant.and(either(two?.wantsSecond, one?.isLookup)),
        /** The lanes that were read. */
        lanes: lanesOf(k.groupNow),
        pair: two ? passesOf(two) : undefined,
        nextRow: (): void => {
          k.aRow = k.aRow.addWrap(1);
          if (two) two.bRow = two.bRow.addWrap(1);
        },
        /** Rows are done one after the other: an operand that an earlier row of this command is written to is that row's result. */
        waitForOwn: (firstUnwritten: UInt): void => {
          const isBelow = two ? two.wantsSecond.mux(two.bIsBelow, k.aIsBelow) : k.aIsBelow;
          wires.waitsForOwn = isBelow.and(row.ge(firstUnwritten));
          if (!two) wires.takesBoth = bool(false);
        },
      };

      function passesOf({ isPair, product, wantsSecond }: { isPair: Bool; product: Bool; wantsSecond: Bool }) {
        // Records of the first operand, of the second, and of both: three groups, which serve all groups of a row.
        const part = wires.takesBoth.mux(U(2).lit(2), wantsSecond.asUInt().zext(2)).named('recordPart');
        const inRecords = lanes === 1 ? part : part.cat(U(laneBits).lit(0));
        const wide = Math.max(channelBits(p), inRecords.width);
        return {
          isPair, product, takesBoth: wires.takesBoth,
          takesFirst: grant.and(isPair).and(wantsSecond.not()).named('takesFirst'), hasBoth: grant.and(wantsSecond).named('hasBoth'),
          takesRecord: grant.and(isPair).or(wires.takesBoth),
          channel: r.firstChannel.zext(wide).addWrap(inRecords.zext(wide)).trunc(channelBits(p)).named('pairChannel'),
          /** What has become of two operands is there in the next cycle. */
          takeBoth: (when: Bool): void => { wires.takesBoth = when; },
        };
      }
    }

    /** What was looked up, in its place: a group's two cycles after it was granted. */
    function orFound(requantised: Result, isLookup: Bool, index: Vec<SInt<8>>): Result {
      const s = m.regs({ looksUp: Flag(false), found: Flag(false), rowNow: U(2), allNow: U(2) });
      s.looksUp = io.operands.grant.and(isLookup);
      s.found = s.looksUp;
      s.rowNow = s.rowNow.slice(0, 0).cat(endsRow).exact(2);
      s.allNow = s.allNow.slice(0, 0).cat(endsAll).exact(2);
      io.lookup.read = s.looksUp;
      io.lookup.index = index;
      const of = (found: Bool, other: Bool): Bool => s.found.mux(found, other);
      return {
        valid: requantised.valid.or(s.found),
        endsRow: of(s.rowNow.bit(1), requantised.endsRow), endsAll: of(s.allNow.bit(1), requantised.endsAll),
        data: m.map('resultLanes', lanes, (i) => s.found.mux(io.lookup.values.at(i), requantised.data.at(i))),
      };
    }

    /** Those of a group, of the row that was read. */
    function lanesOf(group: UInt): Vec<SInt<8>> {
      if (slots === 1) return io.operands.data;
      const all = io.operands.data.asUInt();
      const bits = Array.from({ length: slots }, (_, i) => all.slice(8 * lanes * (i + 1) - 1, 8 * lanes * i));
      const chosen = bits.slice(0, -1).reduceRight<UInt>((rest, x, i) => group.eq(i).mux(x, rest), bits[slots - 1]);
      return fromBits(vec(S(8), lanes), chosen.named('operandLanes'));
    }

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
      const grid = m.grid('lane', RequantiseLane(p), 1, lanes);
      grid.cell('acc', io.accumulators.data);
      grid.cell('bias', io.channels.bias);
      grid.cell('multiplier', io.channels.multiplier);
      grid.cell('format', io.channels.format);
      // Granted, read, and then LANE_LATENCY stages.
      const depth = 1 + LANE_LATENCY;
      const s = m.regs({ valid: U(depth, 0), rowEnd: U(depth), allEnd: U(depth) });
      const shifted = (x: UInt, bit: Bool): UInt => x.slice(depth - 2, 0).cat(bit);
      const again = (x: UInt, bit: Bool): Bool => (pair ? pair.takesBoth.mux(x.bit(depth - 1), bit) : bit);
      s.valid = shifted(s.valid, pair ? io.accumulators.grant.or(pair.takesBoth) : io.accumulators.grant);
      s.rowEnd = shifted(s.rowEnd, again(s.rowEnd, endsRow));
      s.allEnd = shifted(s.allEnd, again(s.allEnd, endsAll));
      if (pair && operands) {
        const k = m.regs({ isFirst: Flag(false), both: U(depth, 0), isBoth: Flag(false) });
        k.isFirst = pair.takesFirst;
        k.both = shifted(k.both, pair.hasBoth);
        k.isBoth = pair.takesBoth;
        pair.takeBoth(k.both.bit(depth - 1));
        grid.all('isFirst', k.isFirst);
        grid.all('isSecond', k.both.bit(0));
        grid.all('isBoth', k.isBoth);
        grid.all('multiplies', pair.product);
        grid.cell('a', operands.lanes);
      }
      return { valid: s.valid.bit(depth - 1), endsRow: s.rowEnd.bit(depth - 1), endsAll: s.allEnd.bit(depth - 1), data: grid.allOut('result') };
    }

    function iterativeForm(): Result {
      const unit = m.inst('requantise', RequantiseIterative(p));
      const s = m.regs({ arriving: Flag(false), inWork: Flag(false), rowEnd: B, allEnd: B });
      const taken = pair ? io.accumulators.grant.or(pair.takesFirst).or(pair.hasBoth) : io.accumulators.grant;
      s.arriving = pair ? taken.or(pair.takesBoth) : taken;
      const isResult = pair && operands ? passes(pair, operands.lanes) : unit.done;
      m.when(taken, () => {
        s.inWork = bool(true);
        s.rowEnd = endsRow;
        s.allEnd = endsAll;
      }).elseWhen(pair ? unit.done.and(unit.isSecond.not()) : unit.done, () => {
        s.inWork = bool(false);
      });
      free.requantiserFree = s.inWork.not();
      unit.start = s.arriving;
      unit.acc = io.accumulators.data.at(0);
      unit.bias = io.channels.bias.at(0);
      unit.multiplier = io.channels.multiplier.at(0);
      unit.format = io.channels.format.at(0);
      return { valid: isResult, endsRow: s.rowEnd, endsAll: s.allEnd, data: vecOf([unit.result]) };

      /** Tells the requantiser what it has in hand; whether what it gives out is a result. */
      function passes({ takesFirst, hasBoth, takesBoth, takeBoth, product }: NonNullable<typeof pair>, operand: Vec<SInt<8>>): Bool {
        const k = m.regs({ isFirst: Flag(false), isSecond: Flag(false), isBoth: Flag(false), hasBoth: Flag(false) });
        m.when(taken.or(takesBoth), () => {
          k.isFirst = takesFirst;
          k.isSecond = hasBoth;
          k.isBoth = takesBoth;
        });
        k.hasBoth = unit.done.and(k.isSecond);
        takeBoth(k.hasBoth);
        unit.isFirst = k.isFirst;
        unit.isSecond = k.isSecond;
        unit.isBoth = k.isBoth;
        unit.multiplies = product;
        unit.a = operand.at(0);
        return unit.done.and(k.isFirst.or(k.isSecond).not());
      }
    }
  });
}
