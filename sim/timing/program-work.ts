/**
 * How much there is to do in a program, whatever it waits for: cycles that each part is busy at least. Must not know how programs are made.
 */
import { NO_PREFIX } from '../../hw/isa/tensor-checks.ts';
import type { TensorPrefixes } from '../../hw/isa/tensor-checks.ts';
import { weightsPerCycle } from '../../hw/tensor/params.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { CommandReader, prefixesAfter } from './commands.ts';
import type { CommandTiming, TransferTiming } from './commands.ts';
import { ProgramWalk } from './program-walk.ts';
import type { Code } from './program-walk.ts';

export interface ProgramWork {
  /** Of main memory. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Beats of the bus, in the direction that has more of them; cycles of the mesh and of the vector stage; instructions of the core. */
  readonly bus: number;
  readonly mesh: number;
  readonly vector: number;
  readonly core: number;
}

export interface ProgramWorkInput {
  readonly tensor: TensorParams;
  readonly code: Code;
  /** Addresses: where to begin, and the instructions that read the clock at the beginning and at the end. */
  readonly entry: number;
  readonly from: number;
  readonly to: number;
}

/** Both operands and their sum. */
const OPERAND_PASSES = 3;
/** Programs that do more are never made. */
const MOST_INSTRUCTIONS = 100_000_000;

/** Between the two readings of the clock. @throws RangeError where the second never comes */
export function programWork({ tensor, code, entry, from, to }: ProgramWorkInput): ProgramWork {
  const walk = new ProgramWalk(code, entry);
  const reader = new CommandReader(tensor);
  let prefixes: TensorPrefixes = NO_PREFIX;
  const work = { readBytes: 0, writtenBytes: 0, readBeats: 0, writtenBeats: 0, mesh: 0, vector: 0, core: 0 };
  let isTimed = false;
  for (let executed = 0; executed < MOST_INSTRUCTIONS; executed += 1) {
    const { pc, tensor: instruction } = walk.step();
    if (pc === to) {
      const { readBeats, writtenBeats, ...others } = work;
      return { ...others, bus: Math.max(readBeats, writtenBeats) };
    }
    if (isTimed) work.core += 1;
    if (pc === from) isTimed = true;
    if (!instruction) continue;
    const { op, rs1, rs2 } = instruction;
    const command = reader.read(op, rs1, rs2, prefixes);
    prefixes = prefixesAfter(prefixes, op, rs1, rs2, tensor);
    if (command && isTimed) add(work, command, tensor);
  }
  throw new RangeError(`a program of more than ${MOST_INSTRUCTIONS} instructions`);
}

type Sums = { -readonly [Part in Exclude<keyof ProgramWork, 'bus'> | 'readBeats' | 'writtenBeats']: number };

function add(work: Sums, { unit, transfer, mesh, vector }: CommandTiming, p: TensorParams): void {
  if (transfer) {
    const bytes = transfer.count * transfer.rowBytes;
    if (unit === 'store') {
      work.writtenBytes += bytes;
      work.writtenBeats += beatsOf(transfer, p.busBytes);
    } else {
      work.readBytes += bytes;
      work.readBeats += beatsOf(transfer, p.busBytes);
    }
  }
  if (mesh) {
    const together = mesh.isDepthwise || mesh.taps > 0 ? 1 : weightsPerCycle(p);
    work.mesh += mesh.parts * Math.max(mesh.count, Math.ceil(mesh.weightReads / together));
  }
  // Each lane goes through the requantiser once; of a sum of two operands three times.
  const passes = vector?.operands?.length === 2 ? OPERAND_PASSES : 1;
  if (vector) work.vector += passes * vector.count * Math.ceil(vector.columns / p.vectorLanes);
}

/** Of each row those that it touches; of one run of bytes those of the run. */
function beatsOf({ address, stride, rowBytes, count, isWhole }: TransferTiming, busBytes: number): number {
  const touched = (first: number, bytes: number): number => Math.floor((first + bytes - 1) / busBytes) - Math.floor(first / busBytes) + 1;
  if (isWhole) return touched(address, count * rowBytes);
  return Array.from({ length: count }, (_, row) => touched(address + row * stride, rowBytes)).reduce((sum, beats) => sum + beats, 0);
}
