/**
 * The multiply-accumulate array of the serial unit: all products of one activation row and the weight tile, added to the
 * accumulator row within one cycle. Nothing moves from cell to cell: a serial unit has nothing to overlap, so the skew, the
 * deskew and the second set of weights of the systolic mesh would only cost registers.
 *
 * Timing, with an activation row and the lower halves of the old sums given in cycle t: the upper halves are wanted and the
 * new sums are there in cycle t + 1. `clear` comes before the first weight line of every command.
 */
import { B, In, Out, S, U, blackBox, bool, cat, hw, vec, vecOf } from '../../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../../gen/index.ts';
import type { SInt } from '../../../gen/index.ts';
import type { TensorParams } from '../params.ts';
import { stepBits } from './byte-lanes.ts';

export const HALF = 16;

export const macArrayPorts = (p: TensorParams) => ({
  clear: In(B),
  /** A weight line is in `row`; with the array of DSP cells, lines come in pairs. */
  loadLine: In(B),
  line: In(U(stepBits(p))),
  accumulate: In(B),
  /** A row of the scratchpad: activations or a weight line. */
  row: In(vec(S(8), p.rows)),
  oldLow: In(vec(U(HALF), p.columns)),
  oldHigh: In(vec(U(HALF), p.columns)),
  newLow: Out(vec(U(HALF), p.columns)),
  newHigh: Out(vec(U(HALF), p.columns)),
});

/** Whether the array is made of DSP cells: their 16-bit adders need the bound on the sum that four rows give. */
export const usesDspArray = (p: TensorParams): boolean => p.multiplier === 'ice40' && p.rows === 4 && p.columns % 2 === 0;

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export function MacArray(p: TensorParams): ModuleDef<ReturnType<typeof macArrayPorts>> {
  return usesDspArray(p) ? DspArray(p) : PlainArray(p);
}

function PlainArray(p: TensorParams): ModuleDef<ReturnType<typeof macArrayPorts>> {
  return hw('MacArray', macArrayPorts(p), (m, io) => {
    m.doc(`${p.rows} x ${p.columns} weights; a row of sums a cycle.`);
    const r = m.regs({ activations: vec(S(8), p.rows), low: vec(U(HALF), p.columns) });
    const tile = m.regs(Object.fromEntries(upTo(p.columns).map((c) => [`weights${c}`, vec(S(8), p.rows)])));
    const activations = r.activations;
    r.activations = io.row;
    m.when(io.clear, () => {
      r.low = vecOf(upTo(p.columns).map(() => U(HALF).lit(0)));
    }).elseWhen(io.accumulate, () => {
      r.low = io.oldLow;
    });
    const sums = upTo(p.columns).map((c) => {
      m.when(io.loadLine.and(io.line.eq(c)), () => {
        tile[`weights${c}`] = io.row;
      });
      const weights = tile[`weights${c}`];
      const high = io.accumulate.mux(io.oldHigh.at(c), U(HALF).lit(0));
      const old = cat(high, r.low.at(c)).asSInt();
      return upTo(p.rows).reduce<SInt>((sum, k) => {
        const product = activations.at(k).mul(weights.at(k)).named(`product${c}_${k}`);
        return sum.addWrap(product.sext(2 * HALF)).named(`sum${c}_${k}`);
      }, old).asUInt();
    });
    io.newLow = vecOf(sums.map((s) => s.slice(HALF - 1, 0).exact(HALF)));
    io.newHigh = vecOf(sums.map((s) => s.slice(2 * HALF - 1, HALF).exact(HALF)));
  });
}

/**
 * `SB_MAC16` as two independent multiply-add units of 16 bits, `O = {C + A1·B1, D + A0·B0}`, with registers at A and B and,
 * if `isFirst`, at C and D. Source: Lattice FPGA-TN-02007.
 */
const MacCell = (isFirst: boolean) =>
  blackBox(
    isFirst ? 'SbMac16First' : 'SbMac16Next',
    {
      CE: In(B), A: In(U(16)), B: In(U(16)), C: In(U(16)), D: In(U(16)), BHOLD: In(B), CHOLD: In(B), DHOLD: In(B),
      IRSTTOP: In(B), IRSTBOT: In(B), O: Out(U(32)),
    },
    {
      cell: 'SB_MAC16',
      clock: 'CLK',
      parameters: [
        ...['MODE_8x8', 'A_SIGNED', 'B_SIGNED', 'A_REG', 'B_REG', ...(isFirst ? ['C_REG', 'D_REG'] : []), 'TOPADDSUB_UPPERINPUT', 'BOTADDSUB_UPPERINPUT']
          .map((name) => ({ name, value: '1\'b1' })),
        ...['TOPADDSUB_LOWERINPUT', 'BOTADDSUB_LOWERINPUT'].map((name) => ({ name, value: '2\'b01' })),
      ],
      behaviour: (m, io) => {
        m.doc('SB_MAC16: two products of 8 x 8 bits, each added to 16 bits. The resets are registers in the design and come alone.');
        const captured = (name: string, hold: Bool, reset: Bool, value: UInt<16>): UInt<16> => {
          const r = m.regs({ [name]: U(16) });
          m.when(reset, () => {
            r[name] = U(16).lit(0);
          }).elseWhen(io.CE.and(hold.not()), () => {
            r[name] = value;
          });
          return r[name];
        };
        const a = captured('a', bool(false), io.IRSTTOP, io.A);
        const b = captured('b', io.BHOLD, io.IRSTBOT, io.B);
        const c = isFirst ? captured('c', io.CHOLD, io.IRSTTOP, io.C) : io.C;
        const d = isFirst ? captured('d', io.DHOLD, io.IRSTBOT, io.D) : io.D;
        const half = (lo: number, to: UInt): UInt => to.asSInt().addWrap(byte(a, lo).mul(byte(b, lo))).asUInt();
        io.O = cat(half(8, c), half(0, d)).exact(32);
      },
    },
  );

const byte = (x: UInt, lo: number): SInt<8> => x.slice(lo + 7, lo).asSInt().exact(8);

/**
 * The array on the iCE40's DSP cells, weights, activations and adders included. A cell serves one row of two neighbouring
 * columns; four of them are chained. The chain adds modulo 2^16; what it carries into the upper half is found from its upper
 * two bits: a product is at most 2^14 in magnitude, so that the sum moves by no more than one quadrant a step and wraps
 * exactly if it passes between the first and the last quadrant. Wraps alternate in direction, because four products cannot
 * carry the sum across two multiples of 2^16 in opposite directions.
 */
function DspArray(p: TensorParams): ModuleDef<ReturnType<typeof macArrayPorts>> {
  return hw('MacArray', macArrayPorts(p), (m, io) => {
    m.doc(`${p.rows} x ${p.columns} weights in DSP cells; a row of sums a cycle.`);
    const r = m.regs({ lineBefore: vec(S(8), p.rows), startQuadrant: vec(U(2), p.columns) });
    r.lineBefore = io.row;
    const first = MacCell(true);
    const next = MacCell(false);
    const { hold } = m.let({ hold: io.accumulate.not() });
    const lows: UInt[] = [];
    const highs: UInt[] = [];
    for (let pair = 0; pair < p.columns / 2; pair++) {
      const columns = [2 * pair, 2 * pair + 1];
      const loads = io.loadLine.and(io.line.eq(2 * pair + 1));
      let chain = columns.map((c): UInt => io.oldLow.at(c));
      let path = columns.map((c): UInt => r.startQuadrant.at(c));
      const wraps: Bool[][] = [[], []];
      const isDown = [bool(false), bool(false)];
      for (let k = 0; k < p.rows; k++) {
        const cell = m.inst(`pair${pair}row${k}`, k === 0 ? first : next);
        cell.CE = bool(true);
        cell.A = cat(io.row.at(k), io.row.at(k)).exact(16);
        cell.B = cat(io.row.at(k), r.lineBefore.at(k)).exact(16);
        cell.C = chain[1].exact(HALF);
        cell.D = chain[0].exact(HALF);
        cell.BHOLD = loads.not();
        cell.CHOLD = hold;
        cell.DHOLD = hold;
        cell.IRSTTOP = k === 0 ? io.clear : bool(false);
        cell.IRSTBOT = k === 0 ? io.clear : bool(false);
        chain = [cell.O.slice(15, 0), cell.O.slice(31, 16)];
        const before = path;
        path = chain.map((x) => x.slice(15, 14));
        for (const [i, now] of path.entries()) {
          const name = `wraps${columns[i]}at${k}`;
          const { [name]: wrapped } = m.let({ [name]: before[i].eq(now.not()).and(before[i].xorR().not()) });
          wraps[i].push(wrapped);
          // A sum that has just wrapped downwards is in the last quadrant.
          isDown[i] = k === 0 ? now.bit(1) : wrapped.mux(now.bit(1), isDown[i]);
        }
      }
      for (const [i, c] of columns.entries()) {
        r.startQuadrant.put(c, io.accumulate.mux(io.oldLow.at(c).slice(15, 14), U(2).lit(0)));
        // Pairs of wraps cancel out.
        const { [`carries${c}`]: carries } = m.let({ [`carries${c}`]: wraps[i].reduce((a, b) => a.xor(b)) });
        const upper = carries.and(isDown[i]);
        const { [`step${c}`]: step } = m.let({ [`step${c}`]: cat(...upTo(HALF - 1).map(() => upper), carries).exact(HALF) });
        highs.push(io.accumulate.mux(io.oldHigh.at(c).addWrap(step), step));
        lows.push(chain[i]);
      }
    }
    io.newLow = vecOf(lows.map((x) => x.exact(HALF)));
    io.newHigh = vecOf(highs.map((x) => x.exact(HALF)));
  });
}
