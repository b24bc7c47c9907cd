/** What the four units of the tensor unit are told: decoded, checked commands, with fields no wider than the chip needs. */
import { B, U, bundle, indexWidth } from '../../gen/index.ts';
import { TENSOR_UNITS } from '../isa/tensor-rows.ts';
import { commandsOf } from '../isa/tensor.ts';
import type { TensorCommandOf, TensorCommandOp } from '../isa/tensor.ts';
import { withOnly } from '../lib/with-only.ts';
import { accumulatorBits, channelBits, rowBytesBits, scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';
import { windowShape } from './window.ts';

/** Bits of a number of rows that a mesh or vector command streams. */
export const rowCountBits = (p: TensorParams): number => Math.min(12, accumulatorBits(p) + 1);

/**
 * Transfer between main memory and rows on the chip. `whole`: rows are complete and lie one after the other in memory, so
 * the transfer is one run of bytes. `other`: load: channel records instead of the scratchpad; store: accumulators.
 */
export const transferCommand = (p: TensorParams) =>
  bundle('Transfer', {
    address: U(32), stride: U(32), rowBytes: U(rowBytesBits(p)), row: U(transferRowBits(p)), count: U(transferRowBits(p) + 1),
    whole: B, other: B,
  });
/** Rows of any of the memories; channel records count as four words each. */
export const transferRowBits = (p: TensorParams): number => Math.max(scratchpadBits(p), accumulatorBits(p), channelBits(p) + 2);

/**
 * `windowed`: its activations are those of `window`. `other`: depthwise, one row of weights for all columns; `maximum`: keeps the greater
 * instead of adding.
 */
export const meshCommand = (p: TensorParams) =>
  bundle('MeshCommand', withOnly({
    aRow: U(scratchpadBits(p)), wRow: U(scratchpadBits(p)), accRow: U(accumulatorBits(p)), count: U(rowCountBits(p)),
    lastColumn: U(indexWidth(p.columns)), accumulate: B, other: B, maximum: B, windowed: B, window: windowShape,
  }, { other: p.convolution, maximum: p.maximum, windowed: p.convolution, window: p.convolution }));

export const vectorCommand = (p: TensorParams) =>
  bundle('VectorCommand', {
    accRow: U(accumulatorBits(p)), count: U(rowCountBits(p)), lastColumn: U(indexWidth(p.columns)),
    row: U(scratchpadBits(p)), channel: U(channelBits(p)),
  });

/**
 * In which form a unit takes each command: `other` and `maximum` set the bits of that name. The vector unit's commands have none of them,
 * and the mesh unit alone the second; what is of the form `maximum` is also `other`.
 */
export const FORMS = ['main', 'other', 'maximum'] as const;
export type Form = (typeof FORMS)[number];
type FormOf<Op extends TensorCommandOp> = Op extends TensorCommandOf<'vector'> ? 'main' : Op extends TensorCommandOf<'mesh'> ? Form : 'main' | 'other';
export const FORM: { readonly [Op in TensorCommandOp]: FormOf<Op> } =
  { ld: 'main', ldp: 'other', mm: 'main', dw: 'other', mx: 'maximum', rq: 'main', st: 'main', sta: 'other' };

/** @throws RangeError where a unit could not tell two of its commands apart: it would execute the one as the other */
export function checkForms(form: Readonly<Record<TensorCommandOp, string>>): void {
  for (const unit of TENSOR_UNITS) {
    const ops = commandsOf(unit);
    const alike = ops.filter((op) => ops.some((other) => other !== op && form[other] === form[op]));
    if (alike.length > 0) throw new RangeError(`the ${unit} unit cannot tell ${alike.join(' from ')}: give each a form of its own`);
  }
}
checkForms(FORM);
