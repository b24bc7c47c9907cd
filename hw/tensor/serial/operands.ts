/**
 * Brings the operand fields of all commands into one layout, so that the sequencer holds each fact once, wherever the
 * instruction has it. Fields are kept no wider than the chip needs; that something did not fit is told by one bit.
 */
import { bool, indexWidth } from '../../../gen/index.ts';
import type { Bool, UInt } from '../../../gen/index.ts';
import { TENSOR } from '../../isa/tensor.ts';
import type { OperandField } from '../../isa/instruction.ts';
import { accumulatorBits, channelBits, rowBytesBits, scratchpadBits } from '../params.ts';
import type { TensorParams } from '../params.ts';
import { stepBits } from './byte-lanes.ts';
import { isAtLeast } from './compare.ts';

const mostRows = (p: TensorParams): number => Math.max(p.scratchpadRows, p.accumulatorRows, p.channels);
/** Bits of a number of rows of any memory. */
export const rowCountBits = (p: TensorParams): number => Math.max(indexWidth(mostRows(p) + 1), stepBits(p));
/** Bits of a row number of any memory, and of the lines of a weight tile. */
export const rowIndexBits = (p: TensorParams): number => Math.max(indexWidth(mostRows(p)), stepBits(p));
/** Bits of the field that holds a row of any memory or the length of a row. */
export const firstRowBits = (p: TensorParams): number => Math.max(scratchpadBits(p), accumulatorBits(p), channelBits(p), rowBytesBits(p));

export interface Operands {
  /** Row of the scratchpad; for transfers row of any memory; for tn.arg the length of a row. */
  readonly spFirst: UInt;
  readonly accFirst: UInt;
  /** Channel of tn.rq. */
  readonly channel: UInt;
  readonly count: UInt;
  readonly lastColumn: UInt;
  readonly accumulate: Bool;
  /** A field has bits that no row of this chip has. */
  readonly beyond: Bool;
}

/** Whose operands they are; neither: those of a transfer. */
export interface OperandKind {
  readonly mm: Bool;
  readonly rq: Bool;
  readonly arg: Bool;
}

export function operandsOf(p: TensorParams, takes: OperandKind, rs1: UInt, rs2: UInt): Operands {
  const find = (fields: readonly OperandField[], of: UInt, name: string): UInt => {
    const f = fields.find((x) => x.name === name) as OperandField;
    return of.slice(f.lo + f.width - 1, f.lo);
  };
  const mm = (name: string, rs: 'rs1' | 'rs2'): UInt => find(TENSOR.mm[rs], rs === 'rs1' ? rs1 : rs2, name);
  const rq = (name: string, rs: 'rs1' | 'rs2'): UInt => find(TENSOR.rq[rs], rs === 'rs1' ? rs1 : rs2, name);
  const row = find(TENSOR.ld.rs2, rs2, 'row');
  const rows = find(TENSOR.ld.rs2, rs2, 'count');
  const fit = (x: UInt, bits: number): UInt => (x.width >= bits ? x.slice(bits - 1, 0) : x.zext(bits));
  const isBeyond = (x: UInt, bits: number): Bool | undefined => (x.width > bits ? x.slice(x.width - 1, bits).orR() : undefined);
  const any = (...conditions: readonly (Bool | undefined)[]): Bool => conditions.reduce<Bool>((a, b) => (b ? a.or(b) : a), bool(false));

  const first = firstRowBits(p);
  const counts = rowCountBits(p);
  const columns = stepBits(p);
  const spField = takes.mm.mux(mm('aRow', 'rs1'), row).named('spField');
  const accOf = takes.rq.mux(rq('accRow', 'rs1'), mm('accRow', 'rs2')).named('accOf');
  const countOf = takes.rq.mux(rq('count', 'rs1'), mm('count', 'rs2')).named('countOf');
  const columnsOf = takes.rq.mux(rq('columnsMinus1', 'rs1'), mm('columnsMinus1', 'rs2')).named('columnsOf');
  const streams = takes.mm.or(takes.rq).named('streams');
  // tn.sta has a wider field for its first row; its upper bits are seen in spFirst.
  const accField = takes.rq.mux(fit(rq('accRow', 'rs1'), accumulatorBits(p)), fit(row, accumulatorBits(p)));
  return {
    spFirst: fit(spField, first),
    accFirst: accField,
    channel: fit(rq('channel', 'rs2'), channelBits(p)),
    count: streams.mux(fit(countOf, counts), fit(rows, counts)),
    lastColumn: fit(columnsOf, columns),
    accumulate: mm('accumulate', 'rs2').bit(0),
    beyond: any(
      isBeyond(spField, first),
      streams.and(any(isBeyond(accOf, accumulatorBits(p)), isBeyond(countOf, counts), isAtLeast(columnsOf, p.columns))),
      takes.mm.and(any(isBeyond(mm('wRow', 'rs1'), scratchpadBits(p)))),
      takes.rq.and(any(isBeyond(rq('channel', 'rs2'), channelBits(p)))),
      streams.or(takes.arg).not().and(any(isBeyond(rows, counts))),
    ),
  };
}
