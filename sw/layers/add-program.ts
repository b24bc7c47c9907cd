// The tensor commands of the sum of two images: pieces of it in two places by turns, each loaded while the one before is added up.
// Must not know: numbers, registers.
import { packFields } from '../../hw/isa/instruction.ts';
import { TENSOR } from '../../hw/isa/tensor.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { at, command, cursor, fixed, flip, roll, scope, toggle } from '../compiler/program.ts';
import type { Node, Scope } from '../compiler/program.ts';
import { SYMBOLS } from './windowed-program.ts';

/** Rows at a time: so few that the first ones are soon there, so many that the core has time for the next ones. */
const PIECE_ROWS = 256;

/** Channel records that a sum takes: for each lane of the vector stage those of `a`, of `b` and of the output. */
export const addRecords = ({ vectorLanes }: Pick<TensorParams, 'vectorLanes'>): number => 3 * vectorLanes;

/** @param rows of each image; they lie behind each other in main memory */
export function addProgram(name: string, rows: number, p: TensorParams): Scope {
  const piece = Math.min(PIECE_ROWS, Math.floor(p.scratchpadRows / 4));
  const half = toggle('half');
  const [there, back] = [[[half, 2 * piece]], [[half, -2 * piece]]] as const;
  const cursors = {
    addressA: cursor('addressA', SYMBOLS.input), addressB: cursor('addressB', SYMBOLS.input), address: cursor('address', SYMBOLS.output),
    rowA: cursor('rowA', undefined, back), rowB: cursor('rowB', undefined, back),
    operands: cursor('operands', undefined, [[half, 2 * piece * (1 + 2 ** 16)]]), result: cursor('result', undefined, there), stored: cursor('stored', undefined, there),
  };
  const pieces = Math.ceil(rows / piece);
  const countOf = (index: number): number => Math.min(piece, rows - index * piece);
  const transfer = (row: number, count: number): number => packFields(TENSOR.ld.rs2, { row, count });
  // Loads for a piece stand in front of the sum before it, in whose half the cursors are: they go the other way.
  const loads = (index: number, isFirst: boolean): readonly Node[] => {
    const place = isFirst ? 0 : 2 * piece;
    return [
      command('ld', at(cursors.addressA, index * piece * p.rows), at(cursors.rowA, transfer(place, countOf(index)))),
      command('ld', at(cursors.addressB, (rows + index * piece) * p.rows), at(cursors.rowB, transfer(place + piece, countOf(index)))),
    ];
  };
  const turn = (index: number): readonly Node[] => [
    ...(index + 1 < pieces ? loads(index + 1, false) : []),
    command('ad', at(cursors.operands, packFields(TENSOR.ad.rs1, { aRow: 0, bRow: piece })),
      at(cursors.result, packFields(TENSOR.ad.rs2, { row: 0, count: countOf(index), recordGroup: 0 }))),
    command('st', at(cursors.address, index * piece * p.rows), at(cursors.stored, transfer(0, countOf(index)))),
    flip(half),
  ];
  const key = (index: number): string => `${countOf(index)} ${index + 1 < pieces ? countOf(index + 1) : 0}`;
  const records = cursor('records', SYMBOLS.records);
  return scope(name, [
    command('ldp', at(records, 0), fixed(packFields(TENSOR.ldp.rs2, { channel: 0, count: addRecords(p) }))),
    ...loads(0, true), ...roll(pieces, key, turn),
  ]);
}
