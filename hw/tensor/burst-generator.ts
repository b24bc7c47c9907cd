/**
 * Turns a transfer command into AXI bursts: one run of bytes if the transfer is whole, else one run a row. A burst never
 * crosses a boundary of `burstBytes` (at most 4 KiB and 256 beats), so that no more than its address need be compared.
 */
import { B, Flag, Out, Sink, Source, U, bool, hw, indexWidth } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { AXI_BURST_INCR, axiAddress } from '../lib/axi4.ts';
import { TABLE_BYTES } from '../isa/tensor.ts';
import { timesConstant } from '../lib/times-constant.ts';
import { loadCommand, transferCommand } from './commands.ts';
import type { TensorParams } from './params.ts';

/** Boundary that no burst crosses, in bytes: a power of two. */
export const burstBytes = (p: TensorParams): number => Math.min(4096, 256 * p.busBytes);
/** Bits of a number of beats within the boundary. */
export const burstBeatBits = (p: TensorParams): number => Math.log2(burstBytes(p) / p.busBytes);
/** Bits of the number of bytes of one run. */
export const runBytesBits = (p: TensorParams): number => transferBytesBits(p) + 1;
const transferBytesBits = (p: TensorParams): number =>
  indexWidth(Math.max(p.scratchpadRows * p.rows, 16 * p.channels, 4 * p.columns * p.accumulatorRows, p.table ? TABLE_BYTES : 0) + 1);

export const burstGeneratorPorts = (p: TensorParams, of: 'load' | 'store') => ({
  /** `wholeBytes` belongs to the command: bytes of the run if the transfer is whole. */
  command: Sink(of === 'load' ? loadCommand(p) : transferCommand(p)),
  bursts: Source(axiAddress({ dataBytes: p.busBytes, idBits: p.idBits })),
  busy: Out(B),
});

/** `of` loads or stores: those of a unit that scatters are one run wherever rows lie one after the other. */
export function BurstGenerator(
  name: string, p: TensorParams, unitBytes: number, otherUnitBytes: number, of: 'load' | 'store',
): ModuleDef<ReturnType<typeof burstGeneratorPorts>> {
  const low = Math.log2(p.busBytes);
  const beatBits = burstBeatBits(p);
  const runBits = runBytesBits(p);
  // On a wide bus all that a small memory holds may be less than a burst.
  const leftBits = Math.max(runBits - low + 1, beatBits);
  return hw(name, burstGeneratorPorts(p, of), (m, io) => {
    m.doc('Cuts a transfer into AXI bursts that stay within their boundary.');
    const command = io.command.bits;
    const r = m.regs({
      active: Flag(false), rowAddress: U(32), stride: U(32), rowBytes: U(runBits), rowsLeft: U(command.count.width),
      /** Next beat of the present run, and how many remain, minus 1. */
      beat: U(32 - low), beatsLeft: U(leftBits),
    });
    const { active } = r;
    const bytesOf = (unit: number): UInt => timesConstant(command.count, unit, runBits);
    const adjoins = of === 'load' && p.scatter ? command.adjoins : undefined;
    const wholeRows = adjoins ? inRun(command.count.mul(command.rowBytes).named('bytesOfRows')) : bytesOf(unitBytes);
    const whole = command.other.mux(bytesOf(otherUnitBytes), wholeRows);
    const isRun = adjoins ? command.other.or(adjoins) : command.whole;
    const lastBeat = (address: UInt, bytes: UInt): UInt => {
      // Beats of a run, minus 1: the offset in the first beat counts as well.
      const end = address.slice(low - 1, 0).zext(runBits + 1).addWrap(bytes.zext(runBits + 1)).subWrap(1).named('end');
      return end.slice(runBits, low).zext(leftBits);
    };
    io.command.ready = active.not();
    io.busy = active;

    const { toBoundary } = m.let({ toBoundary: r.beat.slice(beatBits - 1, 0).not() });
    const fits = r.beatsLeft.le(toBoundary.zext(r.beatsLeft.width)).named('fits');
    const { burstLast } = m.let({ burstLast: fits.mux(r.beatsLeft.trunc(beatBits), toBoundary) });
    io.bursts.valid = active;
    io.bursts.bits = {
      id: U(p.idBits).lit(0), addr: r.beat.cat(U(low).lit(0)).exact(32), len: burstLast.zext(8), size: U(3).lit(low),
      burst: AXI_BURST_INCR,
    };

    m.when(io.command.fire, () => {
      const bytes = isRun.mux(whole, command.rowBytes.zext(runBits)).named('bytes');
      r.active = bool(true);
      r.rowAddress = command.address;
      r.stride = command.stride;
      r.rowBytes = bytes;
      r.rowsLeft = isRun.mux(U(command.count.width).lit(1), command.count);
      r.beat = command.address.slice(31, low);
      r.beatsLeft = lastBeat(command.address, bytes);
    });
    const nextRow = r.rowAddress.addWrap(r.stride).named('nextRow');
    m.when(io.bursts.fire, () => {
      m.when(fits, () => {
        // The run is complete: go on with the next row.
        r.rowAddress = nextRow;
        r.rowsLeft = r.rowsLeft.subWrap(1);
        r.beat = nextRow.slice(31, low);
        r.beatsLeft = lastBeat(nextRow, r.rowBytes);
        m.when(r.rowsLeft.eq(1), () => {
          r.active = bool(false);
        });
      }).otherwise(() => {
        r.beat = r.beat.addWrap(burstLast.zext(32 - low)).addWrap(1);
        r.beatsLeft = r.beatsLeft.subWrap(burstLast.zext(r.beatsLeft.width)).subWrap(1);
      });
    });
    /** What does not fit has been refused. */
    function inRun(bytes: UInt): UInt {
      return bytes.zext(Math.max(runBits, bytes.width)).trunc(runBits);
    }
    m.assert('boundary', io.bursts.valid.not().or(burstLast.le(toBoundary)), 'a burst crosses its boundary');
  });
}
