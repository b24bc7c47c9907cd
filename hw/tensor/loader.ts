/**
 * The load unit: reads main memory in bursts and puts the bytes into scratchpad rows or channel words. Addresses are issued
 * ahead of the data (the next command's too). Of a run of whole rows, all that a beat completes are written at once, G at most
 * (`rowsPerBeat`); of what has a stride, and of channel records, one a cycle.
 *
 * Bytes are put together in the places of G rows: row r in place `r mod G`, which is its memory of the scratchpad. Where the places are as
 * long as a beat, a beat goes round them and is always taken whole; else what it has beyond the last place waits for the next cycle.
 */
import { B, Flag, In, Out, S, Sink, U, bool, fromBits, hw, indexWidth, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { CHANNEL_RECORD_BYTES } from '../isa/tensor.ts';
import { AXI_RESP_OKAY, axiReadManager } from '../lib/axi4.ts';
import { repeated } from '../lib/lanes.ts';
import { timesConstant } from '../lib/times-constant.ts';
import { withOnly } from '../lib/with-only.ts';
import { TABLE_PIECE_BITS, loadCommand, transferRowBits } from './commands.ts';
import { RECORD_WORDS, recordWord } from './channel-records.ts';
import { unwrittenRows } from './hazards.ts';
import { LoadIntake } from './load-intake.ts';
import { channelBits, rowBytesBits, rowsPerBeat, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';
import { rotateDown } from './rotate.ts';
import { loadData, loadPortHas } from './scratchpad.ts';

const allPorts = (p: TensorParams) => ({
  command: Sink(loadCommand(p)),
  /** A command is complete: all its bytes are where they belong. */
  done: Out(B),
  busy: Out(B),
  /** The command meets its first error of main memory, or its first channel record that is out of range. */
  fails: Out(B), recordRefused: Out(B),
  waitsForMemory: Out(B),
  /** Scratchpad rows that the command under way will still write. */
  unwritten: Out(unwrittenRows(scratchpadBits(p))),
  beat: Out(B),
  mem: axiReadManager({ dataBytes: p.busBytes, idBits: p.idBits }),
  scratchpad: withOnly({
    request: Out(B), row: Out(U(scratchpadBits(p))), count: Out(U(indexWidth(rowsPerBeat(p) + 1))),
    writes: Out(vec(B, rowsPerBeat(p))), rows: Out(vec(U(scratchpadBits(p)), rowsPerBeat(p))), data: Out(loadData(p)), grant: In(B),
  }, loadPortHas(p)),
  channels: { write: Out(B), channel: Out(U(channelBits(p))), words: Out(vec(U(32), RECORD_WORDS)) },
  lookup: { request: Out(B), piece: Out(U(TABLE_PIECE_BITS)), bytes: Out(U(8 * CHANNEL_RECORD_BYTES)), grant: In(B) },
});
/** `lookup` is there if there is a table. */
export const loaderPorts = (p: TensorParams): ReturnType<typeof allPorts> => withOnly(allPorts(p), { lookup: p.table });

/** What a step, which takes bytes of a beat, brings to an end. */
interface Ends {
  /** The step is one of a run of rows that several places are for; else there is a goal, the end of one row or record. */
  readonly inRun: Bool;
  readonly goalReached: Bool;
  /** A row, several, or a record. */
  readonly rowCompletes: Bool;
  readonly beatEnds: Bool;
  /** How many rows, where that can be several; perhaps with some behind the command's last. */
  readonly rows?: UInt;
  /** If a row is complete: the command is. */
  readonly lastRow: Bool;
}
/** The bytes as they are in the step, and what it does to the registers. */
interface Filling {
  readonly assembled: Vec<SInt<8>>;
  readonly advance: () => void;
}

export function Loader(p: TensorParams): ModuleDef<ReturnType<typeof loaderPorts>> {
  const low = Math.log2(p.busBytes);
  const rowBytes = rowBytesBits(p);
  const rowBits = transferRowBits(p);
  const G = rowsPerBeat(p);
  const placeBits = Math.log2(G);
  const places = G * p.rows;
  const goesRound = places === p.busBytes;
  /** Bytes that are put together before they are written. */
  const width = Math.max(places, CHANNEL_RECORD_BYTES);
  const fillBits = G === 1 ? rowBytes : indexWidth(width);
  const wide = Math.max(fillBits, low + 1) + 1;
  const countBits = placeBits + 1;
  return hw('Loader', loaderPorts(p), (m, io) => {
    m.doc('Load unit: main memory to scratchpad rows and channel records.');
    const intake = m.inst('intake', LoadIntake(p));
    m.connect(io.command, intake.command);
    m.connect(intake.bursts, io.mem.ar);

    const r = m.regs({
      active: Flag(false), other: B, whole: B, rowBytes: U(rowBytes), stride: U(low), row: U(rowBits), endRow: U(rowBits),
      rowsLeft: U(rowBits + 1), fill: U(fillBits), offset: U(low), rowOffset: U(low), bytes: vec(S(8), width),
      hasFailed: Flag(false), hasRefused: Flag(false),
    });
    const working = r.active;
    intake.active = working;
    intake.waits = io.waitsForMemory;

    // How many bytes of this beat go into this row, or into what is left of the places for rows.
    const place = G === 1 ? undefined : r.other.mux(U(placeBits).lit(0), r.row.slice(placeBits - 1, 0)).named('place');
    const endOfRow = place ? startOf(place).addWrap(r.rowBytes.zext(Math.max(wide, rowBytes)).trunc(wide)) : r.rowBytes.zext(wide);
    const goalOfRow = place ? r.whole.mux(U(wide).lit(places), endOfRow) : endOfRow;
    const goal = r.other.mux(U(wide).lit(CHANNEL_RECORD_BYTES), goalOfRow).named('goal');
    const need = goal.subWrap(r.fill.zext(wide)).named('need');
    const have = U(wide).lit(p.busBytes).subWrap(r.offset.zext(wide)).named('have');
    const newEnd = r.fill.zext(wide).addWrap(have).named('newEnd');
    const { inRun, goalReached, rowCompletes, beatEnds, rows, lastRow } = place ? endsOfRun(place) : endsOfRow();

    // The beat's bytes turned so that byte i is the one for lane `i mod busBytes`.
    const beatBytes = fromBits(vec(S(8), p.busBytes), io.mem.r.bits.data);
    const turned = rotateDown(m, 'turned', beatBytes, r.offset.subWrap(r.fill.zext(Math.max(low, fillBits)).trunc(low)).named('turnBy'));
    const source = repeated(turned, Math.ceil(width / p.busBytes)).named('source');
    const { assembled, advance } = place ? intoPlaces(place) : intoRow();

    const write = working.and(io.mem.r.valid).and(rowCompletes).named('write');
    const givenBits = assembled.asUInt().named('givenBits');
    io.scratchpad.request = write.and(r.other.not());
    io.scratchpad.row = r.row.trunc(scratchpadBits(p));
    if (rows) io.scratchpad.count = lastRow.mux(r.rowsLeft.trunc(countBits), rows);
    io.scratchpad.data = fromBits(loadData(p), givenBits.slice(8 * places - 1, 0));
    const t = p.table ? m.regs({ isTable: B }) : undefined;
    io.channels.write = t ? write.and(r.other).and(t.isTable.not()) : write.and(r.other);
    if (t) {
      io.lookup.request = write.and(t.isTable);
      io.lookup.piece = r.row.trunc(TABLE_PIECE_BITS);
      io.lookup.bytes = givenBits.slice(8 * CHANNEL_RECORD_BYTES - 1, 0).exact(8 * CHANNEL_RECORD_BYTES);
    }
    io.channels.channel = r.row.trunc(channelBits(p));
    const record = Array.from({ length: RECORD_WORDS }, (_, word) =>
      recordWord(U(2).lit(word), givenBits.slice(32 * word + 31, 32 * word).exact(32), p.doubleRounding));
    io.channels.words = vecOf(record.map(({ kept }) => kept));
    const otherGoes = t ? t.isTable.mux(io.lookup.grant, r.other).named('otherGoes') : r.other;
    const { step } = m.let({ step: working.and(io.mem.r.valid).and(write.not().or(otherGoes).or(io.scratchpad.grant)) });
    // A row that is not whole ends its run: the rest of the beat belongs to nobody.
    const { takeBeat } = m.let({ takeBeat: beatEnds.or(rowCompletes.and(lastRow.or(r.whole.not()))) });
    io.mem.r.ready = step.and(takeBeat);
    io.done = step.and(rowCompletes).and(lastRow);

    const nextRowOffset = r.rowOffset.addWrap(r.stride).named('nextRowOffset');
    m.when(step, advance);
    // The next command begins in the cycle after the last row of the one before.
    const next = intake.next.bits;
    intake.next.ready = working.not().or(io.done);
    m.when(intake.next.fire, () => {
      r.active = bool(true);
      r.other = next.other;
      if (t) t.isTable = next.lookup;
      r.whole = next.whole;
      r.rowBytes = next.rowBytes;
      r.stride = next.stride;
      r.row = next.row;
      r.endRow = next.row.addWrap(next.count.trunc(rowBits)).subWrap(1);
      r.rowsLeft = next.count;
      r.fill = place ? next.other.mux(r.fill.lit(0), startOf(next.row.slice(placeBits - 1, 0)).named('startOfFirst').trunc(fillBits)) : r.fill.lit(0);
      r.offset = next.offset;
      r.rowOffset = next.offset;
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
    io.unwritten = { valid: working.and(r.other.not()), first: r.row.trunc(scratchpadBits(p)), last: r.endRow.trunc(scratchpadBits(p)) };
    io.busy = working;
    io.waitsForMemory = working.and(io.mem.r.valid.not());
    io.beat = io.mem.r.fire;
    m.assert('noStrayData', io.mem.r.valid.not().or(working), 'main memory sent data that nobody asked for');
    m.cover('misaligned', step.and(r.offset.ne(0)));
    m.cover('rowOverTwoBeats', step.and(rowCompletes.not()));
    if (rows) m.cover('severalRows', io.scratchpad.request.and(io.scratchpad.count.ne(1)));

    /** The first byte of a place for a row. */
    function startOf(place: UInt): UInt {
      return timesConstant(place, p.rows, wide);
    }

    /** A step takes what one row, or record, can take of a beat. */
    function endsOfRow(): Ends {
      const { rowCompletes, beatEnds } = m.let({ rowCompletes: need.le(have), beatEnds: have.le(need) });
      const { lastRow } = m.let({ lastRow: r.rowsLeft.eq(1) });
      return { inRun: bool(false), goalReached: rowCompletes, rowCompletes, beatEnds, lastRow };
    }

    /** A step of a run of rows takes a beat, or as much of it as there are places. */
    function endsOfRun(place: UInt): Ends {
      const { inRun } = m.let({ inRun: r.whole.and(r.other.not()) });
      const { goalReached, goalEndsBeat } = m.let({ goalReached: need.le(have), goalEndsBeat: have.le(need) });
      // Places that are full in the end, counted from the first of all; those of the next round are counted on.
      const full = goesRound ? newEnd.slice(low, low - placeBits) : fullPlaces();
      const rows = inRun.mux(full.subWrap(place.zext(countBits)), U(countBits).lit(1)).named('completedRows');
      const { rowCompletes } = m.let({ rowCompletes: inRun.mux(rows.ne(0), goalReached) });
      const { beatEnds } = m.let({ beatEnds: goesRound ? goalEndsBeat.or(inRun) : goalEndsBeat });
      const { lastRow } = m.let({ lastRow: r.rowsLeft.le(rows.zext(r.rowsLeft.width)) });
      return { inRun, goalReached, rowCompletes, beatEnds, rows, lastRow };
    }

    function intoRow(): Filling {
      const assembled = m.map('assembled', width, (i) => {
        const isNew = newEnd.gt(i.zext(wide)).and(goal.gt(i.zext(wide)));
        return r.fill.gt(i.zext(r.fill.width)).mux(r.bytes.at(i), isNew.mux(source.at(i), 0));
      });
      const advance = (): void => {
        m.when(rowCompletes, () => {
          r.fill = r.fill.lit(0);
          r.rowsLeft = r.rowsLeft.subWrap(1);
          r.row = r.row.addWrap(1);
          m.when(r.whole, () => {
            r.offset = beatEnds.mux(U(low).lit(0), r.offset.addWrap(need.trunc(low)));
          }).otherwise(() => {
            r.rowOffset = nextRowOffset;
            r.offset = nextRowOffset;
          });
        }).otherwise(() => {
          r.fill = r.fill.addWrap(have.trunc(rowBytes));
          r.offset = r.offset.lit(0);
          r.bytes = assembled;
        });
      };
      return { assembled, advance };
    }

    function intoPlaces(place: UInt): Filling {
      const start = startOf(place).named('start');
      // Lanes before the present row's belong to the next round, and those that a complete row leaves to the row that comes into its place.
      const isKept = m.map('isKept', width, (i) => r.fill.gt(i.exact(fillBits)).and(start.le(i.zext(wide))));
      const assembled = m.map('assembled', width, (i) => isKept.at(i).mux(r.bytes.at(i), goal.gt(i.zext(wide)).mux(source.at(i), 0)));
      const held = m.map('held', width, (i) => isKept.at(i).and(rowCompletes.not()).mux(r.bytes.at(i), source.at(i)));
      const advance = (): void => {
        r.bytes = held;
        r.offset = beatEnds.mux(U(low).lit(0), r.offset.addWrap(need.trunc(low)));
        m.when(inRun, () => {
          r.fill = goesRound ? newEnd.trunc(low).zext(fillBits) : goalReached.mux(r.fill.lit(0), newEnd.trunc(fillBits));
        }).elseWhen(goalReached, () => {
          r.fill = r.other.mux(r.fill.lit(0), startOf(place.addWrap(1)).named('startOfNext').trunc(fillBits));
        }).otherwise(() => {
          r.fill = newEnd.trunc(fillBits);
        });
        m.when(rowCompletes, () => {
          const completed = rows ?? U(countBits).lit(1);
          r.rowsLeft = r.rowsLeft.subWrap(completed.zext(r.rowsLeft.width));
          r.row = r.row.addWrap(completed.zext(rowBits));
          m.when(r.whole.not(), () => {
            r.rowOffset = nextRowOffset;
            r.offset = nextRowOffset;
          });
        });
      };
      return { assembled, advance };
    }

    /** Where there are bytes of a beat that no place is for, a step ends with the last place. */
    function fullPlaces(): UInt {
      return Array.from({ length: G }, (_, i) => i + 1)
        .reduce((full, n) => newEnd.ge(n * p.rows).mux(U(countBits).lit(n), full), U(countBits).lit(0)).named('fullPlaces');
    }
  });
}
