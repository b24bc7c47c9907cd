/** Settings of the iCE40's phase-locked loop (Lattice FPGA-TN-02052): simple feedback mode. Must not know boards. */
import { UserError } from '../gen/index.ts';

export interface PllSettings {
  readonly divr: number;
  readonly divf: number;
  readonly divq: number;
  readonly filterRange: number;
  readonly outHz: number;
}

const MHZ = 1e6;
/** Limits of the phase detector and of the oscillator. */
const PFD = { min: 10 * MHZ, max: 133 * MHZ };
const VCO = { min: 533 * MHZ, max: 1066 * MHZ };
/** Upper ends of the phase detector's ranges for filter settings 1, 2, … */
const FILTER_LIMITS = [17, 26, 44, 66, 101, 133].map((mhz) => mhz * MHZ);
/** How far from the wish the output may be. */
const TOLERANCE = 0.01;

/** Settings for the output nearest to `outHz`. Throws UserError when none is within 1 %. */
export function pllSettings(inHz: number, outHz: number): PllSettings {
  let best: PllSettings | undefined;
  for (let divr = 0; divr < 16; divr++) {
    const pfd = inHz / (divr + 1);
    if (pfd < PFD.min || pfd > PFD.max) continue;
    for (let divf = 0; divf < 64; divf++) {
      const vco = pfd * (divf + 1);
      if (vco < VCO.min || vco > VCO.max) continue;
      for (let divq = 1; divq < 7; divq++) {
        const out = vco / 2 ** divq;
        if (best && Math.abs(best.outHz - outHz) <= Math.abs(out - outHz)) continue;
        best = { divr, divf, divq, filterRange: 1 + FILTER_LIMITS.findIndex((limit) => pfd <= limit), outHz: out };
      }
    }
  }
  if (!best || Math.abs(best.outHz / outHz - 1) > TOLERANCE) {
    throw new UserError(`soc.clock: ${outHz / MHZ} MHz cannot be made from the board's ${inHz / MHZ} MHz; use ${inHz / MHZ} MHz or more than 16 MHz`);
  }
  return best;
}
