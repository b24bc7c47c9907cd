/**
 * The front of the tensor unit: takes instructions from the core over CV-X-IF, checks their operands, works out which blocks
 * of the memories they use, and hands them to the queue of the unit that executes them.
 *
 * One instruction is held at a time until it is committed and has its operands; it leaves with its result.
 */
import { B, In, Out, Source, U, bool, hw, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../gen/index.ts';
import {
  TENSOR, TENSOR_COMMAND_OPS, TENSOR_COUNTERS, TENSOR_INFO, TENSOR_OPS, TENSOR_PREFIX_OPS, TENSOR_QUESTION_OPS, TENSOR_STATE,
  TENSOR_VERSION, commandsOf,
} from '../isa/tensor.ts';
import type { TensorInfo, TensorOp, TensorPrefixOp, TensorQuestionOp, TensorState } from '../isa/tensor.ts';
import type { OperandField } from '../isa/instruction.ts';
import { fires, xifUnit } from '../lib/cv-x-if.ts';
import type { XifParams } from '../lib/cv-x-if.ts';
import { FORM, meshCommand, rowCountBits, transferCommand, transferRowBits, vectorCommand } from './commands.ts';
import { tensorDecoder } from './decode.ts';
import { Intake } from './intake.ts';
import { UNITS, blocksOf, maskBits } from './hazards.ts';
import type { Unit } from './hazards.ts';
import { accumulatorBits, channelBits, rowBytesBits, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';

export const dispatchPorts = (p: TensorParams, xif: XifParams) => {
  const bits = maskBits(p);
  return {
    xif: xifUnit(xif),
    load: Source(transferCommand(p)),
    mesh: Source(meshCommand(p)),
    vector: Source(vectorCommand(p)),
    store: Source(transferCommand(p)),
    masks: { rS: Out(U(bits.rS)), wS: Out(U(bits.wS)), acc: Out(U(bits.acc)), ch: Out(U(bits.ch)) },
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
  };
}

export function Dispatch(p: TensorParams, xif: XifParams): ModuleDef<ReturnType<typeof dispatchPorts>> {
  const spBits = scratchpadBits(p);
  const accBits = accumulatorBits(p);
  const chBits = channelBits(p);
  const countBits = rowCountBits(p);
  const bytesBits = rowBytesBits(p);
  const transferBits = transferRowBits(p);
  return hw('Dispatch', dispatchPorts(p, xif), (m, io) => {
    m.doc('Takes tensor instructions from the core, checks them and hands them to the units.');
    // --- the instruction in hand ---
    const r = m.regs({
      instr: U(32), rs1: U(32), rs2: U(32), answerWaits: U(1, 0),
      /** Operands of a tn.arg that the next command uses. */
      argValid: U(1, 0), argStride: U(32), argBytes: U(bytesBits), refused: U(16, 0), failed: U(16, 0),
    });
    const { register, result } = io.xif;
    const leaves = m.wires({ leaves: B });
    const intake = m.inst('intake', Intake(xif));
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
    const { key } = m.let({ key: tensorDecoder.key(r.instr) });
    const isOneOf = tensorDecoder.is(key);
    const is = m.let(Object.fromEntries(TENSOR_OPS.map((name) => [`is_${name}`, isOneOf(name)]))) as Record<string, Bool>;
    const op = (name: TensorOp): Bool => is[`is_${name}`];
    const get = (name: TensorOp, rs: 'rs1' | 'rs2', field: string): UInt => {
      const f = (TENSOR[name][rs] as readonly OperandField[]).find((x) => x.name === field) as OperandField;
      return (rs === 'rs1' ? r.rs1 : r.rs2).slice(f.lo + f.width - 1, f.lo);
    };
    const { isTransfer } = m.let({ isTransfer: isOneOf(...TENSOR_COMMAND_OPS.filter((name) => TENSOR[name].mainMemory)) });
    const { isCommand } = m.let({ isCommand: isOneOf(...TENSOR_COMMAND_OPS) });
    const of = (unit: Unit): Bool => isOneOf(...commandsOf(unit));
    const { forLoad, forMesh, forVector, forStore } = m.let({ forLoad: of('load'), forMesh: of('mesh'), forVector: of('vector'), forStore: of('store') });
    const isFor: Readonly<Record<Unit, Bool>> = { load: forLoad, mesh: forMesh, vector: forVector, store: forStore };
    const isOther = (unit: Unit): Bool => isOneOf(...commandsOf(unit).filter((name) => FORM[name] === 'other'));

    // --- ranges: first and last row of each memory, checked against its size, then turned into blocks ---
    const W = 18;
    const wide = (x: UInt): UInt => x.zext(W);
    const last = (first: UInt, count: UInt): UInt => wide(first).addWrap(wide(count)).subWrap(1);
    const columnsMinus1 = op('mm').mux(get('mm', 'rs2', 'columnsMinus1'), get('rq', 'rs1', 'columnsMinus1')).named('columnsMinus1');
    const streamCount = op('mm').mux(get('mm', 'rs2', 'count'), get('rq', 'rs1', 'count')).named('streamCount');
    const transferFirst = get('ld', 'rs2', 'row');
    const transferCount = get('ld', 'rs2', 'count');
    const { count } = m.let({ count: isTransfer.mux(transferCount.zext(16), streamCount.zext(16)) });

    // Scratchpad rows: activations of tn.mm, destination of tn.rq, rows of tn.ld and tn.st.
    const spFirst = op('mm').mux(get('mm', 'rs1', 'aRow'), op('rq').mux(get('rq', 'rs2', 'row'), transferFirst)).named('spFirst');
    const parts = Math.ceil(p.columns / p.rows);
    const longCount = Array.from({ length: parts - 1 }, (_, i) => columnsMinus1.ge((i + 1) * p.rows).mux(wide(streamCount), U(W).lit(0)))
      .reduce((sum, x) => sum.addWrap(x), wide(count));
    const { spLast } = m.let({ spLast: wide(spFirst).addWrap(op('rq').mux(longCount, wide(count))).subWrap(1) });
    const { wLast } = m.let({ wLast: wide(get('mm', 'rs1', 'wRow')).addWrap(wide(columnsMinus1)) });
    const accFirst = op('mm').mux(wide(get('mm', 'rs2', 'accRow')), op('rq').mux(wide(get('rq', 'rs1', 'accRow')), wide(transferFirst))).named('accFirst');
    const { accLast } = m.let({ accLast: last(accFirst.trunc(17), count) });
    const chFirst = op('rq').mux(get('rq', 'rs2', 'channel'), transferFirst).named('chFirst');
    const { chLast } = m.let({ chLast: wide(chFirst).addWrap(op('rq').mux(wide(columnsMinus1), wide(count).subWrap(1))) });

    const usesSp = op('mm').or(op('rq')).or(op('ld')).or(op('st'));
    const usesAcc = op('mm').or(op('rq')).or(op('sta')).named('usesAcc');
    const usesCh = op('rq').or(op('ldp')).named('usesCh');
    const channelAligned = p.vectorLanes === 1 ? bool(true) : get('rq', 'rs2', 'channel').slice(Math.log2(p.vectorLanes) - 1, 0).eq(0);
    const rowLimit = op('sta').mux(U(16).lit(4 * p.columns), U(16).lit(p.rows));
    const argBytesBad = r.argBytes.eq(0).or(r.argBytes.zext(16).gt(rowLimit)).or(op('sta').and(r.argBytes.slice(1, 0).ne(0)));
    const wordAligned = op('ldp').or(op('sta'));
    const usesArg = op('ld').or(op('st')).or(op('sta')).and(r.argValid.asBool()).named('usesArg');
    const bad = [
      count.eq(0),
      usesSp.and(spLast.ge(p.scratchpadRows)),
      op('mm').and(wLast.ge(p.scratchpadRows)),
      usesAcc.and(accLast.ge(p.accumulatorRows)),
      usesCh.and(chLast.ge(p.channels)),
      op('mm').or(op('rq')).and(columnsMinus1.zext(8).ge(p.columns)),
      op('rq').and(channelAligned.not()),
      usesArg.and(argBytesBad),
      wordAligned.and(r.rs1.slice(1, 0).ne(0)).or(op('sta').and(r.argValid.asBool()).and(r.argStride.slice(1, 0).ne(0))),
    ].reduce((a, b) => a.or(b));
    const { outOfRange } = m.let({ outOfRange: isCommand.and(bad) });

    const spBlocks = (first: UInt, lastRow: UInt): UInt =>
      vecOf(blocksOf(first.trunc(spBits), lastRow.trunc(spBits), spBits, p.hazardBlocks)).asUInt();
    const { spMask } = m.let({ spMask: spBlocks(wide(spFirst), spLast) });
    const wMask = spBlocks(wide(get('mm', 'rs1', 'wRow')), wLast);
    const accBlockCount = maskBits(p).acc;
    const chBlockCount = maskBits(p).ch;
    const accMask = vecOf(blocksOf(accFirst.trunc(accBits), accLast.trunc(accBits), accBits, accBlockCount)).asUInt();
    const chMask = vecOf(blocksOf(wide(chFirst).trunc(chBits), chLast.trunc(chBits), chBits, chBlockCount)).asUInt();
    const gate = (c: Bool, x: UInt): UInt => c.mux(x, U(x.width).lit(0));
    io.masks.rS = gate(op('mm').or(op('st')), spMask.or(gate(op('mm'), wMask)));
    io.masks.wS = gate(op('rq').or(op('ld')), spMask);
    io.masks.acc = gate(usesAcc, accMask);
    io.masks.ch = gate(usesCh, chMask);

    // --- to the units ---
    const argUsed = r.argValid.asBool().and(op('ldp').not()).named('argUsed');
    const natural = op('sta').mux(U(16).lit(4 * p.columns), U(16).lit(p.rows)).named('natural');
    const rowBytes = argUsed.mux(r.argBytes.zext(16), natural).named('rowBytes');
    const stride = argUsed.mux(r.argStride, natural.zext(32)).named('stride');
    const whole = argUsed.not().or(stride.eq(natural.zext(32)).and(rowBytes.eq(natural))).named('whole');
    const transfer = {
      address: r.rs1, stride, rowBytes: rowBytes.trunc(bytesBits).named('bytesOfRow'),
      row: sized(transferFirst, transferBits), count: sized(count, transferBits + 1), whole,
    };
    io.load.bits = { ...transfer, other: isOther('load') };
    io.store.bits = { ...transfer, other: isOther('store') };
    io.mesh.bits = {
      aRow: get('mm', 'rs1', 'aRow').trunc(spBits), wRow: get('mm', 'rs1', 'wRow').trunc(spBits), accRow: get('mm', 'rs2', 'accRow').trunc(accBits),
      count: streamCount.trunc(countBits), lastColumn: columnsMinus1.trunc(Math.log2(nextPower(p.columns))), accumulate: get('mm', 'rs2', 'accumulate').asBool(),
    };
    io.vector.bits = {
      accRow: get('rq', 'rs1', 'accRow').trunc(accBits), count: streamCount.trunc(countBits), lastColumn: columnsMinus1.trunc(Math.log2(nextPower(p.columns))),
      row: get('rq', 'rs2', 'row').trunc(spBits), channel: get('rq', 'rs2', 'channel').trunc(chBits),
    };
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
      poll: U(28).lit(0).cat(io.busy.at(3), io.busy.at(2), io.busy.at(1), io.busy.at(0)), fence: status, state: state(r.rs1),
    };
    const [lastQuestion, ...questions] = [...TENSOR_QUESTION_OPS].reverse();
    const value = questions.reduce((rest, name) => op(name).mux(values[name], rest), values[lastQuestion]);
    // What is offered stays as it was offered, in place of the operand.
    const { answers } = m.let({ answers: isOneOf(...TENSOR_QUESTION_OPS) });
    const { answer } = m.let({ answer: r.answerWaits.asBool().mux(r.rs1, value) });
    const { answerStays } = m.let({ answerStays: result.valid.and(result.ready.not()).and(answers) });
    r.answerWaits = answerStays.asUInt();
    m.when(answerStays, () => {
      r.rs1 = answer.exact(32);
    });
    m.link(intake.answer, result, ['hartid', 'id']);
    result.data = answer.exact(32);
    result.rd = r.instr.slice(11, 7);
    result.we = answers;

    const prefixes: Readonly<Record<TensorPrefixOp, () => void>> = {
      arg: () => {
        r.argValid = r.argValid.lit(1);
        r.argStride = r.rs1;
        const given = get('arg', 'rs2', 'rowBytes');
        r.argBytes = given.gt(Math.max(p.rows, 4 * p.columns)).mux(U(bytesBits).lit(0), given.trunc(bytesBits));
      },
    };
    m.when(leaves.leaves, () => {
      // A prefix lasts for one command. What only reads or waits leaves it, so that an interrupt handler may do so between the two.
      m.when(isCommand, () => {
        r.argValid = r.argValid.lit(0);
      });
      for (const name of TENSOR_PREFIX_OPS) m.when(op(name), prefixes[name]);
    });
    const counts = (...events: readonly Bool[]): UInt<16> => events.map((e) => e.asUInt().zext(16)).reduce((a, b) => a.addWrap(b));
    r.refused = r.refused.addWrap(counts(leaves.leaves.and(outOfRange), io.recordRefused));
    r.failed = r.failed.addWrap(counts(io.loadFails, io.storeFails));
    m.cover('dropped', leaves.leaves.and(outOfRange));
    m.cover('prefixUsed', leaves.leaves.and(usesArg));

    function information(index: UInt): UInt {
      const facts = informationOf(p);
      return TENSOR_INFO.reduce((rest, fact, i) => index.eq(i).mux(U(32).lit(facts[fact.name]), rest), U(32).lit(0));
    }
    function state(index: UInt): UInt {
      const pending = r.argValid.asBool();
      const parts: Record<TensorState, UInt> = {
        status, argStride: gate(pending, r.argStride), argRowBytes: gate(pending, U(1).lit(1).cat(r.argBytes.zext(31))),
      };
      return TENSOR_STATE.reduce<UInt>((rest, { name }, i) => index.eq(i).mux(parts[name], rest), U(32).lit(0));
    }
  });
}

/** In exactly `bits` bits; what does not fit has been refused as out of range. */
const sized = (x: UInt, bits: number): UInt => (bits < x.width ? x.trunc(bits) : x.zext(bits));
const nextPower = (n: number): number => 2 ** Math.max(1, Math.ceil(Math.log2(n)));
