/** The memories of the serial unit: scratchpad and accumulators. One command runs at a time, so each has one user a cycle. */
import { B, In, Out, S, U, hw, vec, vecOf } from '../../../gen/index.ts';
import type { ModuleDef } from '../../../gen/index.ts';
import { accumulatorBits, scratchpadBits } from '../params.ts';
import type { TensorParams } from '../params.ts';
import { HALF } from './mac-array.ts';

export const serialScratchpadPorts = (p: TensorParams) => ({
  read: In(B), readRow: In(U(scratchpadBits(p))), readData: Out(vec(S(8), p.rows)),
  /** Lanes to write: all of them in one cycle or one by one, so that nobody need assemble a row. */
  writeLanes: In(U(p.rows)), writeRow: In(U(scratchpadBits(p))), writeData: In(vec(S(8), p.rows)),
});

export function SerialScratchpad(p: TensorParams): ModuleDef<ReturnType<typeof serialScratchpadPorts>> {
  return hw('Scratchpad', serialScratchpadPorts(p), (m, io) => {
    m.doc(`${p.scratchpadRows} rows of ${p.rows} int8 lanes.`);
    const cells = m.mem('cells', vec(S(8), p.rows), p.scratchpadRows, { style: 'block', collisionFree: true });
    io.readData = cells.readSync('readRegister', io.readRow, io.read);
    cells.writeMasked(io.writeRow, io.writeData, io.writeLanes);
  });
}

/** Lower and upper halves are memories of their own: the array takes the upper ones a cycle later. */
export const serialAccumulatorPorts = (p: TensorParams) => ({
  readLow: In(B), lowRow: In(U(accumulatorBits(p))), low: Out(vec(U(HALF), p.columns)),
  readHigh: In(B), highRow: In(U(accumulatorBits(p))), high: Out(vec(U(HALF), p.columns)),
  writeColumns: In(U(p.columns)), writeRow: In(U(accumulatorBits(p))),
  newLow: In(vec(U(HALF), p.columns)), newHigh: In(vec(U(HALF), p.columns)),
});

export function SerialAccumulators(p: TensorParams): ModuleDef<ReturnType<typeof serialAccumulatorPorts>> {
  return hw('Accumulators', serialAccumulatorPorts(p), (m, io) => {
    m.doc(`${p.accumulatorRows} rows of ${p.columns} int32 lanes in halves.`);
    const lows = m.mem('lowCells', vec(U(HALF), p.columns), p.accumulatorRows, { style: 'block', collisionFree: true });
    const highs = m.mem('highCells', vec(U(HALF), p.columns), p.accumulatorRows, { style: 'block', collisionFree: true });
    io.low = lows.readSync('lowRegister', io.lowRow, io.readLow);
    io.high = highs.readSync('highRegister', io.highRow, io.readHigh);
    lows.writeMasked(io.writeRow, vecOf(io.newLow.toArray()).named('lowWord'), io.writeColumns);
    highs.writeMasked(io.writeRow, vecOf(io.newHigh.toArray()).named('highWord'), io.writeColumns);
  });
}
