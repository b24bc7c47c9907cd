/**
 * Cells of Lattice iCE40 FPGAs that synthesis cannot infer as we need them, each with its behaviour for simulation, and parts
 * made of them that also exist for other targets. Sources: Lattice FPGA-TN-02007 (DSP), FPGA-TN-02022 (SPRAM).
 * Must not know boards nor what the parts are used for.
 */
import { B, In, Out, S, U, blackBox, bool, cat, hw } from '../../gen/index.ts';

/** What a part shall be built for: plain description, or the cells of the iCE40 UltraPlus. */
export type Target = 'generic' | 'ice40';

/** `SB_MAC16` as two independent signed 8×8 multipliers without registers. */
const SbMac16Dual = blackBox('SbMac16Dual', { A: In(U(16)), B: In(U(16)), O: Out(U(32)) }, {
  cell: 'SB_MAC16',
  parameters: [
    { name: 'TOPOUTPUT_SELECT', value: "2'b10" },
    { name: 'BOTOUTPUT_SELECT', value: "2'b10" },
    { name: 'MODE_8x8', value: "1'b1" },
    { name: 'A_SIGNED', value: "1'b1" },
    { name: 'B_SIGNED', value: "1'b1" },
  ],
  behaviour: (m, io) => {
    m.doc('SB_MAC16 in its dual 8x8 mode: upper bytes into the upper half of O, lower bytes into the lower half.');
    const product = (hi: number, lo: number) => io.A.slice(hi, lo).asSInt().mul(io.B.slice(hi, lo).asSInt()).named(`product${lo}`);
    io.O = cat(product(15, 8), product(7, 0)).exact(32);
  },
});

/**
 * Two signed 8×8 multipliers: `p0 = a0·b0`, `p1 = a1·b1`, combinational. On the iCE40 both share one DSP cell, which
 * synthesis never does by itself.
 */
export const DualMultiplier = (target: Target) =>
  hw('DualMultiplier', { a0: In(S(8)), b0: In(S(8)), a1: In(S(8)), b1: In(S(8)), p0: Out(S(16)), p1: Out(S(16)) }, (m, io) => {
    m.doc('Two signed 8x8 products, combinational.');
    if (target === 'generic') {
      io.p0 = io.a0.mul(io.b0);
      io.p1 = io.a1.mul(io.b1);
      return;
    }
    const mac = m.inst('mac', SbMac16Dual);
    mac.A = cat(io.a1, io.a0).exact(16);
    mac.B = cat(io.b1, io.b0).exact(16);
    io.p0 = mac.O.slice(15, 0).asSInt().exact(16);
    io.p1 = mac.O.slice(31, 16).asSInt().exact(16);
  });

/** Words of one single-port RAM block. */
export const SPRAM_WORDS = 16384;

/**
 * `SB_SPRAM256KA`: 16 Ki words of 16 bits, one read or one write a cycle, a write bit for each nibble. Content after power-up
 * is unknown.
 */
export const SbSpram256ka = blackBox(
  'SbSpram256ka',
  {
    ADDRESS: In(U(14)), DATAIN: In(U(16)), MASKWREN: In(U(4)), WREN: In(B), CHIPSELECT: In(B),
    STANDBY: In(B), SLEEP: In(B), POWEROFF: In(B), DATAOUT: Out(U(16)),
  },
  {
    cell: 'SB_SPRAM256KA',
    clock: 'CLOCK',
    behaviour: (m, io) => {
      m.doc('Single-port RAM: DATAOUT keeps the word last read.');
      m.assert('powered', io.POWEROFF.and(io.STANDBY.not()).and(io.SLEEP.not()), 'the low-power modes are not modelled');
      const cells = m.mem('cells', U(16), SPRAM_WORDS, { style: 'ultra' });
      io.DATAOUT = cells.readSync('readRegister', io.ADDRESS, io.CHIPSELECT.and(io.WREN.not()));
      m.when(io.CHIPSELECT.and(io.WREN), () => cells.writeMasked(io.ADDRESS, io.DATAIN, io.MASKWREN));
    },
  },
);

/** One RAM block, always powered; `write` bit i writes byte i, none of them: read. */
export const Spram = hw('Spram', { enable: In(B), address: In(U(14)), write: In(U(2)), dataIn: In(U(16)), dataOut: Out(U(16)) }, (m, io) => {
  m.doc('16 Ki words of 16 bits; the word read appears in the next cycle and stays until the next read.');
  const block = m.inst('block', SbSpram256ka);
  block.ADDRESS = io.address;
  block.DATAIN = io.dataIn;
  block.MASKWREN = cat(io.write.bit(1), io.write.bit(1), io.write.bit(0), io.write.bit(0)).exact(4);
  block.WREN = io.write.orR();
  block.CHIPSELECT = io.enable;
  block.STANDBY = bool(false);
  block.SLEEP = bool(false);
  block.POWEROFF = bool(true);
  io.dataOut = block.DATAOUT;
});
