/**
 * Third stage: holds one executed instruction until its result is in the registers. Loads and stores wait here for the bus; an
 * error there is remembered until the trap is taken. Must not know instructions.
 */
import { B, Flag, In, Out, hw } from '../../gen/index.ts';
import { AccessSize, LoadValue } from './data-alignment.ts';
import { RegisterNumber, Word, allOf, anyOf } from './word.ts';

/** With `loadBypass` the result of a load stands in `bypass` as soon as the bus delivers it. */
export const WriteStage = (loadBypass: boolean) => hw('WriteStage', {
  /** An instruction enters at the end of this cycle. Only when `ready`. */
  push: In(B),
  writes: In(B),
  rd: In(RegisterNumber),
  /** Result, or address of an access. */
  value: In(Word),
  isAccess: In(B),
  /** The access was not made, because it is misaligned or else denied by memory protection: it fails here. */
  misaligned: In(B),
  denied: In(B),
  isStore: In(B),
  accessSize: In(AccessSize),
  zeroExtend: In(B),
  pc: In(Word),

  rvalid: In(B),
  rdata: In(Word),
  err: In(B),

  /** No access is under way, or it ends well in this cycle. */
  ready: Out(B),
  /** The access failed; the stage stays blocked until `dismiss`. */
  fault: Out(B),
  dismiss: In(B),
  faultIsStore: Out(B),
  faultIsMisaligned: Out(B),
  faultPc: Out(Word),
  faultAddress: Out(Word),

  /** Register write at the end of this cycle. */
  write: Out(B),
  writeRd: Out(RegisterNumber),
  writeValue: Out(Word),
  /** The instruction here is a load that writes `writeRd`. */
  isLoad: Out(B),
  /** Its result stands in `bypass` and goes to `writeRd`. */
  hasResult: Out(B),
  bypass: Out(Word),
  /** The instruction here leaves at the end of this cycle, without a fault. */
  retires: Out(B),
}, (m, io) => {
  m.doc('Write-back and the end of bus accesses.');
  const r = m.regs({
    occupied: Flag(false), failed: Flag(false),
    wasMisaligned: B, hasRd: B, number: RegisterNumber, data: Word, access: B, store: B, size: AccessSize, zeroExtends: B, at: Word,
  });
  const { refused } = m.let({ refused: io.misaligned.or(io.denied) });
  const { waits } = m.let({ waits: r.occupied.and(r.access) });
  const { leaves } = m.let({ leaves: r.occupied.and(r.access.not().or(io.rvalid.and(io.err.not()))) });
  io.retires = leaves;
  io.ready = r.failed.not().and(r.occupied.not().or(leaves));
  r.occupied = io.push.and(refused.not()).or(waits.and(io.rvalid.not()));
  r.failed = anyOf(io.push.and(refused), allOf(waits, io.rvalid, io.err), r.failed.and(io.dismiss.not()));
  m.when(io.push, () => {
    r.wasMisaligned = io.misaligned;
    r.hasRd = io.writes;
    r.number = io.rd;
    r.data = io.value;
    r.access = io.isAccess;
    r.store = io.isStore;
    r.size = io.accessSize;
    r.zeroExtends = io.zeroExtend;
    r.at = io.pc;
  });
  io.fault = r.failed;
  io.faultIsStore = r.store;
  io.faultIsMisaligned = r.wasMisaligned;
  io.faultPc = r.at;
  io.faultAddress = r.data;

  const load = m.inst('load', LoadValue);
  load.size = r.size;
  load.zeroExtend = r.zeroExtends;
  load.offset = r.data.slice(1, 0);
  load.rdata = io.rdata;
  io.write = leaves.and(r.hasRd);
  io.writeRd = r.number;
  io.writeValue = r.access.mux(load.value, r.data);
  io.isLoad = waits.and(r.hasRd);
  io.hasResult = loadBypass ? r.occupied.and(r.hasRd) : r.occupied.and(r.hasRd).and(r.access.not());
  io.bypass = loadBypass ? io.writeValue : r.data;

  m.assert('pushOnlyWhenReady', io.push.not().or(io.ready), 'an instruction enters before the last has left');
  m.assert('oneEndForEachAccess', io.rvalid.not().or(waits), 'the data bus answers without a request');
});
