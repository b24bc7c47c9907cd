/**
 * The front of the tensor unit: takes instructions from the core over CV-X-IF, checks their operands, works out which blocks
 * of the memories they use, and hands them to the queue of the unit that executes them.
 *
 * One instruction is held at a time until it is committed and has its operands; it leaves with its result.
 */
import { B, Flag, In, Out, Source, U, bool, hw, indexWidth, valueOf, vec } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../gen/index.ts';
import {
  ARG_PENDING_BIT, CHANNEL_RECORD_BYTES, TABLE_BYTES, TENSOR, TENSOR_COMMAND_OPS, TENSOR_COUNTERS, TENSOR_INFO, TENSOR_PREFIX_OPS,
  TENSOR_QUESTION_OPS, TENSOR_STATE, TENSOR_VERSION, WIN_PENDING_BIT, commandsOf, featureBits, tensorOpsWith,
} from '../isa/tensor.ts';
import type { TensorInfo, TensorOp, TensorPrefixOp, TensorQuestionOp, TensorState } from '../isa/tensor.ts';
import type { TensorMemoryName } from '../isa/tensor-rows.ts';
import { bitsAt } from '../lib/bit-fields.ts';
import { constant } from '../lib/constants.ts';
import { withOnly } from '../lib/with-only.ts';
import { fires, xifUnit } from '../lib/cv-x-if.ts';
import type { XifParams } from '../lib/cv-x-if.ts';
import {
  FORM, GROUP_BITS, laneBytesBits, loadCommand, meshCommand, rowCountBits, transferCommand, transferHas, transferRowBits,
  vectorColumnBits, vectorCommand, vectorCountBits,
} from './commands.ts';
import type { Form } from './commands.ts';
import { tensorDecoder } from './decode.ts';
import { Intake } from './intake.ts';
import { UNITS, blockBits, memoryBlocks, useNames, useOf, usedBlocks } from './hazards.ts';
import type { Unit } from './hazards.ts';
import { OperandRanges } from './operand-ranges.ts';
import { accumulatorBits, argBytesBits, channelBits, mostArgBytes, rowBytesBits, scratchpadBits, vectorReads } from './params.ts';
import type { TensorParams } from './params.ts';
import { NO_WINDOW, windowFields, windowShape } from './window.ts';

export const dispatchPorts = (p: TensorParams, xif: XifParams) => {
  const { rS, lS, wS, acc, ch, tab } = usedBlocks(p);
  return {
    xif: xifUnit(xif),
    load: Source(loadCommand(p)),
    mesh: Source(meshCommand(p)),
    vector: Source(vectorCommand(p)),
    store: Source(transferCommand(p)),
    blocks: withOnly({ rS: Out(rS), lS: Out(lS), wS: Out(wS), acc: Out(acc), ch: Out(ch), tab: Out(tab) }, { tab: p.table }),
    /** Units that hold commands, in the order of `UNITS`. */
    busy: In(vec(B, UNITS.length)),
    /** A load or store meets its first error of main memory; a load of channel records its first that is out of range. */
    loadFails: In(B), storeFails: In(B), recordRefused: In(B),
    counterIndex: Out(U(4)),
    counterValue: In(U(32)),
    /** A command waits because its unit's queue is full. */
    stalled: Out(B),
  };
};

/** Facts that `tn.info` reports. */
export function informationOf(p: TensorParams): Record<TensorInfo, number> {
  return {
    version: TENSOR_VERSION, rows: p.rows, columns: p.columns,
    scratchpadRows: p.scratchpadRows, accumulatorRows: p.accumulatorRows, channels: p.channels,
    busBytes: p.busBytes, types: 1, queueDepth: p.queueDepth, vectorLanes: p.vectorLanes, counters: p.counters ? TENSOR_COUNTERS.length : 0,
    features: featureBits(p), depthwiseTaps: p.depthwiseTaps,
  };
}

export function Dispatch(p: TensorParams, xif: XifParams): ModuleDef<ReturnType<typeof dispatchPorts>> {
  const spBits = scratchpadBits(p);
  const accBits = accumulatorBits(p);
  const chBits = channelBits(p);
  const countBits = rowCountBits(p);
  const bytesBits = rowBytesBits(p);
  const argBits = argBytesBits(p);
  const transferBits = transferRowBits(p);
  return hw('Dispatch', dispatchPorts(p, xif), (m, io) => {
    m.doc('Takes tensor instructions from the core, checks them and hands them to the units.');
    // --- the instruction in hand ---
    const r = m.regs({
      instr: U(32), rs1: U(32), rs2: U(32), answerWaits: Flag(false),
      /** Operands of a tn.arg that the next command uses. */
      argValid: Flag(false), argStride: U(32), argBytes: U(argBits), refused: U(16, 0), failed: U(16, 0),
    });
    /** Those of a tn.win. */
    const s = p.scatter ? m.regs({ argGroupRows: U(16) }) : undefined;
    const w = p.convolution ? m.regs({ winValid: Flag(false), winImage: U(32), winWindow: U(32) }) : undefined;
    const { register, result } = io.xif;
    const leaves = m.wires({ leaves: B });
    const ops = tensorOpsWith(p);
    const intake = m.inst('intake', Intake(xif, ops));
    m.link(io.xif, intake.xif, ['issue', 'register', 'commit']);
    intake.free = intake.full.not().or(leaves.leaves);
    intake.leaves = leaves.leaves;
    m.when(intake.taken, () => {
      r.instr = io.xif.issue.req.instr;
    });
    m.when(intake.operands, () => {
      r.rs1 = register.rs.at(0).exact(32);
      r.rs2 = register.rs.at(1).exact(32);
    });
    const { ready } = m.let({ ready: intake.ready });

    // --- which instruction, which operands ---
    const decoder = tensorDecoder(p);
    const { key } = m.let({ key: decoder.key(r.instr) });
    const decode = decoder.is(key);
    const is = m.let(Object.fromEntries(ops.map((name) => [`is_${name}`, decode(name)]))) as Record<string, Bool>;
    const op = (name: TensorOp): Bool => (ops.includes(name) ? is[`is_${name}`] : bool(false));
    const isOneOf = (...ops: readonly TensorOp[]): Bool => (ops.length === 1 ? op(ops[0]) : decode(...ops));
    const { isCommand } = m.let({ isCommand: isOneOf(...TENSOR_COMMAND_OPS) });
    const of = (unit: Unit): Bool => isOneOf(...commandsOf(unit));
    const { forLoad, forMesh, forVector, forStore } = m.let({ forLoad: of('load'), forMesh: of('mesh'), forVector: of('vector'), forStore: of('store') });
    const isFor: Readonly<Record<Unit, Bool>> = { load: forLoad, mesh: forMesh, vector: forVector, store: forStore };
    const isFormed = (unit: Unit, ...forms: readonly Form[]): Bool =>
      isOneOf(...commandsOf(unit).filter((name) => forms.includes(FORM[name])));

    // --- ranges: first and last row of each memory, checked against its size, then turned into blocks ---
    const prefix = { valid: r.argValid, stride: r.argStride, rowBytes: r.argBytes, groupRows: s?.argGroupRows };
    const window = w && windowFields(w.winImage, w.winWindow);
    const pendingWindow = w && window && { valid: w.winValid, ...window };
    const operands = new OperandRanges(p, { rs1: r.rs1, rs2: r.rs2, isOneOf, prefix, window: pendingWindow });
    const { outOfRange } = m.let({ outOfRange: isCommand.and(operands.outOfRange()) });
    const gate = (c: Bool, x: UInt): UInt => c.mux(x, U(x.width).lit(0));
    const rowBits: Readonly<Record<TensorMemoryName, number>> = { scratchpad: spBits, accumulators: accBits, channels: chBits };
    const used = operands.rows.map(({ name, memory, uses, first, last }) => {
      const [rows, bits] = [rowBits[memory], blockBits(p, memory)];
      const blockOf = (row: UInt): UInt => (memoryBlocks(p)[memory] === 1 ? U(bits).lit(0) : row.slice(rows - 1, rows - bits));
      return { uses, first: blockOf(first).named(`${name}First`), last: blockOf(last).named(`${name}Last`) };
    });
    for (const use of useNames(p).filter((name) => name !== 'tab')) {
      const users = used.flatMap(({ uses, first, last }) => {
        const ops = uses.filter(([, x]) => useOf(x) === use).map(([name]) => name);
        return ops.length === 0 ? [] : [{ are: isOneOf(...ops), first, last }];
      });
      const chosen = (of: (user: (typeof users)[number]) => UInt): UInt =>
        users.slice(1).reduce((rest, user) => user.are.mux(of(user), rest), of(users[0]));
      io.blocks[use] = {
        used: users.map(({ are }) => are).reduce((x, y) => x.or(y)), first: chosen(({ first }) => first), last: chosen(({ last }) => last),
      };
    }

    if (p.table) {
      const users = TENSOR_COMMAND_OPS.filter((name) => TENSOR[name].table !== undefined);
      io.blocks.tab = { used: isOneOf(...users), first: U(1).lit(0), last: U(1).lit(0) };
    }

    // --- to the units ---
    const argUsed = operands.hasPrefix().named('argUsed');
    const { natural } = operands;
    const rowBytes = argUsed.mux(r.argBytes.zext(16), natural).named('rowBytes');
    const stride = argUsed.mux(r.argStride, natural.zext(32)).named('stride');
    const whole = argUsed.not().or(stride.eq(natural.zext(32)).and(rowBytes.eq(natural))).named('whole');
    const transfer = {
      address: r.rs1, stride, rowBytes: rowBytes.trunc(bytesBits).named('bytesOfRow'),
      row: sized(operands.field('ld', 'row'), transferBits), count: sized(operands.count, transferBits + 1), whole,
    };
    const { row, count: rows } = transfer;
    // The table comes in pieces as long as channel records.
    const inPieces = p.table ? { row: op('ldt').mux(row.lit(0), row), count: op('ldt').mux(rows.lit(TABLE_BYTES / CHANNEL_RECORD_BYTES), rows) } : {};
    const { groups } = operands;
    const ofLoads = {
      adjoins: p.scatter ? stride.eq(rowBytes.zext(32)) : bool(false), lastGroup: groups?.last ?? U(GROUP_BITS).lit(0),
      lastBytes: groups?.lastBytes ?? U(laneBytesBits(p)).lit(0),
      groupRows: s ? s.argGroupRows.trunc(spBits) : U(spBits).lit(0),
    };
    const loadBytes = p.scatter ? rowBytes.trunc(argBits).named('bytesOfLoad') : transfer.rowBytes;
    const isOtherLoad = isFormed('load', 'other', 'table');
    io.load.bits = withOnly(
      { ...transfer, ...inPieces, rowBytes: loadBytes, other: isOtherLoad, lookup: op('ldt'), ...ofLoads }, transferHas(p, p.scatter));
    io.store.bits = withOnly({ ...transfer, other: isFormed('store', 'other'), lookup: bool(false), ...ofLoads }, transferHas(p, false));
    const count = operands.count.trunc(countBits).named('rowCount');
    const lastColumn = operands.chosen('columnsMinus1').named('columnsMinus1').trunc(indexWidth(p.columns)).named('lastColumn');
    io.mesh.bits = withOnly({
      aRow: operands.field('mm', 'aRow').trunc(spBits), wRow: operands.field('mm', 'wRow').trunc(spBits),
      accRow: operands.field('mm', 'accRow').trunc(accBits), count, lastColumn, accumulate: operands.field('mm', 'accumulate').bit(0),
      other: isFormed('mesh', 'other', 'maximum'), maximum: isFormed('mesh', 'maximum'), lanes: isFormed('mesh', 'lanes'),
      sumsRows: op('mv'), windowed: w ? w.winValid.and(op('mv').not()) : bool(false), window: window ?? valueOf(windowShape, NO_WINDOW),
    }, {
      other: p.convolution, maximum: p.maximum, lanes: p.depthwiseTaps > 0, sumsRows: p.matrixVector, windowed: p.convolution,
      window: p.convolution,
    });
    io.vector.bits = vectorBits();
    const { idle } = m.let({ idle: io.busy.asUInt().eq(0) });
    // A command enters its queue in the cycle in which its result goes to the core.
    const accepted = m.let({ go: ready.and(outOfRange.not()).and(result.ready) });
    for (const unit of UNITS) io[unit].valid = accepted.go.and(isFor[unit]);
    const queueFull = UNITS.map((unit) => isFor[unit].and(io[unit].ready.not())).reduce((a, b) => a.or(b)).named('queueFull');
    const mustWait = outOfRange.not().and(queueFull).or(op('fence').and(idle.not()));
    io.stalled = ready.and(outOfRange.not()).and(queueFull);

    // --- results ---
    result.valid = ready.and(mustWait.not());
    leaves.leaves = fires(result);
    const { status } = m.let({ status: r.failed.cat(r.refused) });
    io.counterIndex = r.rs1.slice(3, 0);
    const isCounter = r.rs1.lt(p.counters ? TENSOR_COUNTERS.length : 0);
    const values: Readonly<Record<TensorQuestionOp, UInt>> = {
      info: information(r.rs1), count: gate(isCounter, io.counterValue),
      poll: U(28).lit(0).cat(io.busy.asUInt()), fence: status, state: state(r.rs1),
    };
    const [lastQuestion, ...questions] = [...TENSOR_QUESTION_OPS].reverse();
    const value = questions.reduce((rest, name) => op(name).mux(values[name], rest), values[lastQuestion]);
    // What is offered stays as it was offered, in place of the operand.
    const { answers } = m.let({ answers: isOneOf(...TENSOR_QUESTION_OPS) });
    const { answer } = m.let({ answer: r.answerWaits.mux(r.rs1, value) });
    const { answerStays } = m.let({ answerStays: result.valid.and(result.ready.not()).and(answers) });
    r.answerWaits = answerStays;
    m.when(answerStays, () => {
      r.rs1 = answer.exact(32);
    });
    m.link(intake.answer, result, ['hartid', 'id']);
    result.data = answer.exact(32);
    result.rd = r.instr.slice(11, 7);
    result.we = answers;

    const prefixes: Readonly<Record<TensorPrefixOp, () => void>> = {
      arg: () => {
        r.argValid = bool(true);
        r.argStride = r.rs1;
        const [given, groupRows] = TENSOR.arg.rs2.map(({ lo, width }) => r.rs2.slice(lo + width - 1, lo));
        r.argBytes = given.gt(mostArgBytes(p)).mux(U(argBits).lit(0), given.trunc(argBits));
        if (s) s.argGroupRows = groupRows.exact(16);
      },
      win: () => {
        if (!w) return;
        w.winValid = bool(true);
        w.winImage = r.rs1;
        w.winWindow = r.rs2;
      },
    };
    m.when(leaves.leaves, () => {
      // A prefix lasts for one command. What only reads or waits leaves it, so that an interrupt handler may do so between the two.
      m.when(isCommand, () => {
        r.argValid = bool(false);
        if (w) w.winValid = bool(false);
      });
      for (const name of TENSOR_PREFIX_OPS.filter((prefixOp) => ops.includes(prefixOp))) m.when(op(name), prefixes[name]);
    });
    const counts = (...events: readonly Bool[]): UInt<16> => events.map((e) => e.asUInt().zext(16)).reduce((a, b) => a.addWrap(b));
    r.refused = r.refused.addWrap(counts(leaves.leaves.and(outOfRange), io.recordRefused));
    r.failed = r.failed.addWrap(counts(io.loadFails, io.storeFails));
    m.cover('dropped', leaves.leaves.and(outOfRange));
    m.cover('prefixUsed', leaves.leaves.and(operands.usesPrefix));

    function vectorBits() {
      const elementwise = isOneOf('ad', 'mu').named('isElementwise');
      const either = (of: UInt, other: UInt): UInt => (p.elementwise ? elementwise.mux(of, other) : other);
      // Rows of the scratchpad are whole.
      const ofSums = lastColumn.zext(vectorColumnBits(p));
      const lastLane = vectorReads(p) ? op('rq').mux(ofSums, U(vectorColumnBits(p)).lit(p.rows - 1)) : ofSums;
      return withOnly({
        accRow: operands.field('rq', 'accRow').trunc(accBits), count: operands.count.trunc(vectorCountBits(p)), lastColumn: lastLane,
        row: operands.field('rq', 'row').trunc(spBits),
        channel: either(sized(operands.records('ad'), chBits), sized(operands.records('rq'), chBits)),
        aRow: operands.field('ad', 'aRow').trunc(spBits), bRow: operands.field('ad', 'bRow').trunc(spBits), elementwise, product: op('mu'),
        lookup: op('tb'),
      }, { aRow: vectorReads(p), bRow: p.elementwise, elementwise: p.elementwise, product: p.elementwise, lookup: p.table });
    }
    function information(index: UInt): UInt {
      const facts = informationOf(p);
      return TENSOR_INFO.reduce((rest, { name }, i) => index.eq(constant(32, i, 'info', name)).mux(U(32).lit(facts[name]), rest), U(32).lit(0)).named('fact');
    }
    function state(index: UInt): UInt {
      const nothing = U(32).lit(0);
      const pending = bitsAt([[ARG_PENDING_BIT, r.argValid], ...(w ? [[WIN_PENDING_BIT, w.winValid] as const] : [])]);
      const parts: Record<TensorState, UInt> = {
        status, argStride: gate(r.argValid, r.argStride), argRowBytes: pending.or(gate(r.argValid, r.argBytes.zext(32))),
        winImage: w ? gate(w.winValid, w.winImage) : nothing, winWindow: w ? gate(w.winValid, w.winWindow) : nothing,
        argGroupRows: s ? gate(r.argValid, s.argGroupRows.zext(32)) : nothing,
      };
      return TENSOR_STATE.reduce<UInt>((rest, { name }, i) => index.eq(constant(32, i, 'state', name)).mux(parts[name], rest), U(32).lit(0)).named('stateWord');
    }
  });
}

/** In exactly `bits` bits; what does not fit has been refused as out of range. */
const sized = (x: UInt, bits: number): UInt => (bits < x.width ? x.trunc(bits) : x.zext(bits));
