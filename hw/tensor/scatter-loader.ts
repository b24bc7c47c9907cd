/**
 * The load unit of a unit that scatters. Main memory's rows are cut into pieces of R bytes, the last of a row shorter, and each piece goes
 * to a scratchpad row of its own: `groupRows` rows further on in the same row of main memory, one row further on from one to the next. Rows
 * that adjoin in memory come as one run of bytes, however long they are. Of a beat, all pieces that end in it are written at once, G at
 * most (`rowsPerBeat`), and as long as they lie in different memories of the scratchpad; channel records one a cycle.
 */
import { B, Flag, S, U, bool, fromBits, hw, indexWidth, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { CHANNEL_RECORD_BYTES } from '../isa/tensor.ts';
import { AXI_RESP_OKAY } from '../lib/axi4.ts';
import { repeated } from '../lib/lanes.ts';
import { RECORD_WORDS, recordWord } from './channel-records.ts';
import { GROUP_BITS, TABLE_PIECE_BITS, laneBytesBits, transferRowBits } from './commands.ts';
import { LoadIntake } from './load-intake.ts';
import { loaderPorts } from './loader.ts';
import { channelBits, rowsPerBeat, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';
import { rotateDown } from './rotate.ts';
import { loadData } from './scratchpad.ts';

/** Where a piece belongs, and what there is behind it. */
interface Piece {
  readonly group: UInt;
  /** Its scratchpad row or channel, and that of the first group of its row of main memory. */
  readonly row: UInt;
  readonly start: UInt;
  /** Rows of main memory, its own included. */
  readonly rowsLeft: UInt;
  readonly bytes: UInt;
  readonly endsRow: Bool;
}

export function ScatterLoader(p: TensorParams): ModuleDef<ReturnType<typeof loaderPorts>> {
  const low = Math.log2(p.busBytes);
  const rowBits = transferRowBits(p);
  const G = rowsPerBeat(p);
  const lowBits = Math.log2(G);
  /** Bytes that a piece can have: those of a row, or of a record. */
  const width = Math.max(p.rows, CHANNEL_RECORD_BYTES);
  const fillBits = indexWidth(width);
  /** Bits of a place behind pieces that begin in a beat. */
  const wide = indexWidth(p.busBytes + (G + 1) * width + 1);
  return hw('ScatterLoader', loaderPorts(p), (m, io) => {
    m.doc('Load unit: main memory to scratchpad rows, perhaps of several groups, and channel records.');
    const intake = m.inst('intake', LoadIntake(p));
    m.connect(io.command, intake.command);
    m.connect(intake.bursts, io.mem.ar);

    const r = m.regs({
      active: Flag(false), other: Flag(false), adjoins: Flag(false), lastGroup: U(GROUP_BITS), lastBytes: U(laneBytesBits(p)),
      groupRows: U(rowBits), stride: U(low), rowOffset: U(low),
      group: U(GROUP_BITS), row: U(rowBits), start: U(rowBits), endRow: U(rowBits), rowsLeft: U(rowBits + 1),
      /** Bytes of the present piece that are here, and where in the beat the next one is. */
      fill: U(fillBits), offset: U(low), bytes: vec(S(8), width),
      hasFailed: Flag(false), hasRefused: Flag(false),
    });
    const working = r.active;
    intake.active = working;
    intake.waits = io.waitsForMemory;

    // --- the pieces that may end in this beat, and the one behind them ---
    const bytesOf = (group: UInt): UInt =>
      r.other.mux(U(wide).lit(CHANNEL_RECORD_BYTES), group.eq(r.lastGroup).mux(r.lastBytes.zext(wide), U(wide).lit(p.rows)));
    const pieceOf = (tag: number, group: UInt, row: UInt, start: UInt, rowsLeft: UInt): Piece => {
      const { [`endsRow${tag}`]: endsRow } = m.let({ [`endsRow${tag}`]: r.other.or(group.eq(r.lastGroup)) });
      return { group, row, start, rowsLeft, bytes: bytesOf(group).named(`bytes${tag}`), endsRow };
    };
    const pieces: Piece[] = [pieceOf(0, r.group, r.row, r.start, r.rowsLeft)];
    for (let i = 1; i <= G; i++) {
      const { group, row, start, rowsLeft, endsRow } = pieces[i - 1];
      const nextStart = start.addWrap(1).named(`nextStart${i}`);
      pieces.push(pieceOf(
        i, endsRow.mux(U(GROUP_BITS).lit(0), group.addWrap(1)).named(`group${i}`), endsRow.mux(nextStart, row.addWrap(r.groupRows)).named(`row${i}`),
        endsRow.mux(nextStart, start).named(`start${i}`), endsRow.mux(rowsLeft.subWrap(1), rowsLeft).named(`rowsLeft${i}`),
      ));
    }
    const isLast = ({ endsRow, rowsLeft }: Piece): Bool => endsRow.and(rowsLeft.eq(1));
    /** Behind it nothing of the beat belongs to anybody. */
    const endsRun = (piece: Piece): Bool => piece.endsRow.and(r.adjoins.not().or(piece.rowsLeft.eq(1)));
    const ends: UInt[] = [];
    for (const [i, { bytes }] of pieces.entries()) {
      const begins = i === 0 ? r.offset.zext(wide).subWrap(r.fill.zext(wide)) : ends[i - 1];
      ends.push(begins.addWrap(bytes).named(`end${i}`));
    }
    const fits = ends.map((end, i) => end.le(p.busBytes).named(`fits${i}`));
    const memoryOf = ({ row }: Piece): UInt | undefined => (lowBits === 0 ? undefined : row.slice(lowBits - 1, 0));
    const takes: Bool[] = [fits[0].named('takes0')];
    for (let i = 1; i < G; i++) {
      const mine = memoryOf(pieces[i]);
      const meets = pieces.slice(0, i).map((other) => mine?.eq(memoryOf(other) ?? 0) ?? bool(true))
        .reduce((x, y) => x.or(y)).named(`meets${i}`);
      takes.push(takes[i - 1].and(r.other.not()).and(endsRun(pieces[i - 1]).not()).and(meets.not()).and(fits[i]).named(`takes${i}`));
    }
    /** Of the last piece that ends. */
    const ofLast = (of: (i: number) => UInt): UInt => takes.slice(1).reduce((before, isTaken, i) => isTaken.mux(of(i + 1), before), of(0));
    const isOfLast = (is: (i: number) => Bool): Bool => takes.slice(1).reduce((before, taken, i) => taken.mux(is(i + 1), before), is(0));
    const end = ofLast((i) => ends[i]).named('end');
    const { allEnds, runEnds, nextFits } = m.let({
      allEnds: isOfLast((i) => isLast(pieces[i])), runEnds: isOfLast((i) => endsRun(pieces[i])), nextFits: isOfLast((i) => fits[i + 1]),
    });

    // --- their bytes ---
    const beat = fromBits(vec(S(8), p.busBytes), io.mem.r.bits.data);
    const turned = (name: string, by: UInt, lanes: number): Vec<SInt<8>> => {
      const all = rotateDown(m, name, beat, by.slice(low - 1, 0).named(`${name}Turn`));
      if (lanes > p.busBytes) return repeated(all, Math.ceil(lanes / p.busBytes)).named(`${name}Lanes`);
      return m.map(`${name}Lanes`, lanes, (i) => all.at(i));
    };
    const present = turned('present', r.offset.zext(wide).subWrap(r.fill.zext(wide)), width);
    const assembled = m.map('assembled', width, (i) => r.fill.gt(i.exact(fillBits)).mux(r.bytes.at(i), present.at(i)));
    const rows = pieces.slice(0, G).map(({ bytes }, i) => {
      const lanes = i === 0 ? assembled : turned(`piece${i}`, ends[i - 1], p.rows);
      return m.map(`row${i}Bytes`, p.rows, (lane) => bytes.gt(lane.zext(wide)).mux(lanes.at(lane), S(8).lit(0)));
    });

    // --- what is written ---
    const write = working.and(io.mem.r.valid).and(takes[0]).named('write');
    io.scratchpad.request = write.and(r.other.not());
    const places = Array.from({ length: G }, (_, place) => {
      const isHere = pieces.slice(0, G).map((piece, i) => takes[i].and(memoryOf(piece)?.eq(place) ?? bool(true)).named(`piece${i}In${place}`));
      const chosen = (of: (i: number) => UInt): UInt => isHere.slice(1).reduce((other, here, i) => here.mux(of(i + 1), other), of(0));
      return {
        writes: isHere.reduce((x, y) => x.or(y)), row: chosen((i) => pieces[i].row.trunc(scratchpadBits(p))),
        data: chosen((i) => rows[i].asUInt()),
      };
    });
    io.scratchpad.writes = vecOf(places.map(({ writes }) => writes));
    io.scratchpad.rows = vecOf(places.map(({ row }) => row));
    io.scratchpad.data = fromBits(loadData(p), places.slice(1).reduce<UInt>((lower, { data }) => data.cat(lower), places[0].data));
    const givenBits = assembled.asUInt().named('givenBits');
    // The table comes in pieces as long as records.
    const t = p.table ? m.regs({ isTable: B }) : undefined;
    io.channels.write = t ? write.and(r.other).and(t.isTable.not()) : write.and(r.other);
    if (t) {
      io.lookup.request = write.and(t.isTable);
      io.lookup.piece = r.row.trunc(TABLE_PIECE_BITS);
      io.lookup.bytes = givenBits.slice(8 * CHANNEL_RECORD_BYTES - 1, 0).exact(8 * CHANNEL_RECORD_BYTES);
    }
    const otherGoes = t ? t.isTable.mux(io.lookup.grant, r.other).named('otherGoes') : r.other;
    io.channels.channel = r.row.trunc(channelBits(p));
    const record = Array.from({ length: RECORD_WORDS }, (_, word) =>
      recordWord(U(2).lit(word), givenBits.slice(32 * word + 31, 32 * word).exact(32), p.doubleRounding));
    io.channels.words = vecOf(record.map(({ kept }) => kept));

    // --- what is left of the beat ---
    const { step } = m.let({ step: working.and(io.mem.r.valid).and(write.not().or(otherGoes).or(io.scratchpad.grant)) });
    const { takesBeat } = m.let({ takesBeat: takes[0].not().or(runEnds).or(nextFits.not()) });
    io.mem.r.ready = step.and(takesBeat);
    io.done = step.and(takes[0]).and(allEnds);
    const behind = turned('behind', end, width);
    const left = U(wide).lit(p.busBytes).subWrap(end).named('left');
    const nextRowOffset = r.rowOffset.addWrap(r.stride).named('nextRowOffset');
    m.when(step, () => {
      m.when(takes[0].not(), () => {
        r.bytes = assembled;
        r.fill = r.fill.addWrap(U(wide).lit(p.busBytes).subWrap(r.offset.zext(wide)).trunc(fillBits));
        r.offset = r.offset.lit(0);
      }).otherwise(() => {
        r.bytes = m.map('kept', width, (i) => behind.at(i));
        r.group = ofLast((i) => pieces[i + 1].group);
        r.row = ofLast((i) => pieces[i + 1].row);
        r.start = ofLast((i) => pieces[i + 1].start);
        r.rowsLeft = ofLast((i) => pieces[i + 1].rowsLeft);
        m.when(runEnds, () => {
          r.fill = r.fill.lit(0);
          r.offset = nextRowOffset;
          r.rowOffset = nextRowOffset;
        }).elseWhen(nextFits, () => {
          r.fill = r.fill.lit(0);
          r.offset = end.slice(low - 1, 0);
        }).otherwise(() => {
          r.fill = left.trunc(fillBits);
          r.offset = r.offset.lit(0);
        });
      });
    });
    // The next command begins in the cycle after the last row of the one before.
    const next = intake.next.bits;
    intake.next.ready = working.not().or(io.done);
    m.when(intake.next.fire, () => {
      r.active = bool(true);
      r.other = next.other;
      if (t) t.isTable = next.lookup;
      r.adjoins = next.adjoins.or(next.other);
      r.lastGroup = next.lastGroup;
      r.lastBytes = next.lastBytes;
      r.groupRows = next.groupRows.zext(rowBits);
      r.stride = next.stride;
      r.rowOffset = next.offset;
      r.group = r.group.lit(0);
      r.row = next.row;
      r.start = next.row;
      r.endRow = next.row.addWrap(next.count.trunc(rowBits)).subWrap(1);
      r.rowsLeft = next.count;
      r.fill = r.fill.lit(0);
      r.offset = next.offset;
    }).elseWhen(io.done, () => {
      r.active = bool(false);
    });

    const failed = io.mem.r.fire.and(io.mem.r.bits.resp.ne(AXI_RESP_OKAY)).named('failed');
    // A command is counted once, however much of it goes wrong.
    io.fails = failed.and(r.hasFailed.not());
    r.hasFailed = r.hasFailed.or(failed).and(io.done.not());
    const { refused } = m.let({ refused: io.channels.write.and(record.map(({ isOutOfRange }) => isOutOfRange).reduce((a, b) => a.or(b))) });
    io.recordRefused = refused.and(r.hasRefused.not());
    r.hasRefused = r.hasRefused.or(refused).and(io.done.not());
    // Rows of several groups are not written in ascending order: nobody follows those.
    const isFollowed = working.and(r.other.not()).and(r.lastGroup.eq(0));
    io.unwritten = { valid: isFollowed, first: r.row.trunc(scratchpadBits(p)), last: r.endRow.trunc(scratchpadBits(p)) };
    io.busy = working;
    io.waitsForMemory = working.and(io.mem.r.valid.not());
    io.beat = io.mem.r.fire;
    m.assert('noStrayData', io.mem.r.valid.not().or(working), 'main memory sent data that nobody asked for');
    m.cover('misaligned', step.and(r.offset.ne(0)));
    m.cover('pieceOverTwoBeats', step.and(takes[0].not()));
    if (G > 1) m.cover('severalPieces', step.and(takes[1]));
    m.cover('severalGroups', step.and(r.lastGroup.ne(0)));
  });
}
