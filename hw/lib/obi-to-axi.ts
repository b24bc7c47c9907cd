/**
 * The core's data bus on the memory bus: OBI manager in, AXI4 manager out, words of 4 bytes in beats of `dataBytes`. One
 * request is under way at a time; the way from request to AXI and from AXI to response is combinational, so that a memory
 * that answers in the next cycle is as fast as one on OBI itself. Must not know what lies at which address.
 */
import { Flag, U, bool, cat, flip, fromBits, hw, indexWidth, repeat, valueOf, vec } from '../../gen/index.ts';
import type { ModuleDef, UInt } from '../../gen/index.ts';
import { AXI_BURST_INCR, axiAddress, axiManager, axiWriteData } from './axi4.ts';
import type { AxiParams } from './axi4.ts';
import { ObiData } from './obi.ts';
import { assertStays } from './stream-rules.ts';

export const obiToAxiPorts = (p: AxiParams) => ({ obi: flip(ObiData), axi: axiManager(p) });

/** Number of the 4-byte lane of an address in a beat of `dataBytes`; undefined if there is one lane. */
export function laneOf(address: UInt, dataBytes: number): UInt | undefined {
  return dataBytes === 4 ? undefined : address.slice(Math.log2(dataBytes) - 1, 2);
}

/** The word of lane `lane` of a beat. */
export function wordOf(beat: UInt, lane: UInt | undefined): UInt<32> {
  const words = fromBits(vec(U(32), beat.width / 32), beat);
  return lane ? words.at(lane) : words.at(0);
}

export function ObiToAxi(p: AxiParams): ModuleDef<ReturnType<typeof obiToAxiPorts>> {
  const lanes = p.dataBytes / 4;
  return hw('ObiToAxi', obiToAxiPorts(p), (m, io) => {
    m.doc(`OBI data bus to AXI4 with beats of ${p.dataBytes} bytes, one request under way at a time.`);
    const { obi, axi } = io;
    // Writes: address and data are taken in any order; `addressDone` and `dataDone` remember the first.
    const r = m.regs({ busy: Flag(false), addressDone: Flag(false), dataDone: Flag(false) });
    const { busy, addressDone, dataDone } = r;
    const responds = m.let({ responds: axi.r.valid.or(axi.b.valid) }).responds;
    const asks = m.let({ asks: obi.req.and(busy.not().or(responds)) }).asks;
    const writes = asks.and(obi.we).named('writes');

    const word = cat(obi.addr.slice(31, 2), U(2).lit(0)).named('word');
    const address = valueOf(axiAddress(p), { id: 0, addr: word, len: 0, size: 2, burst: AXI_BURST_INCR });
    axi.ar.valid = asks.and(obi.we.not());
    axi.ar.bits = address;
    axi.aw.valid = writes.and(addressDone.not());
    axi.aw.bits = address;
    axi.w.valid = writes.and(dataDone.not());
    const lane = laneOf(obi.addr, p.dataBytes);
    const strobes = Array.from({ length: lanes }, (_, i) => (lane ? lane.eq(i).mux<UInt>(obi.be, 0) : obi.be)).reverse();
    axi.w.bits = valueOf(axiWriteData(p), { data: repeat(obi.wdata, lanes), strb: cat(...strobes), last: true });
    axi.r.ready = bool(true);
    axi.b.ready = bool(true);

    const addressEnds = addressDone.or(axi.aw.ready).named('addressEnds');
    const dataEnds = dataDone.or(axi.w.ready).named('dataEnds');
    const granted = m.let({ granted: asks.and(obi.we.mux(addressEnds.and(dataEnds), axi.ar.ready)) }).granted;
    r.addressDone = writes.and(addressEnds).and(granted.not());
    r.dataDone = writes.and(dataEnds).and(granted.not());
    m.when(granted.or(responds), () => {
      r.busy = granted;
    });
    obi.gnt = granted;

    obi.rvalid = responds;
    let asked: UInt | undefined;
    if (lane) {
      const held = m.regs({ lane: U(indexWidth(lanes)) });
      m.when(granted, () => {
        held.lane = lane;
      });
      asked = held.lane;
    }
    obi.rdata = wordOf(axi.r.bits.data, asked);
    // Both error codes (SLVERR, DECERR) have the upper bit set.
    obi.err = axi.r.valid.mux(axi.r.bits.resp.bit(1), axi.b.bits.resp.bit(1));

    m.assert('expected', responds.not().or(busy), 'a response without a request');
    m.assert('single', axi.r.valid.and(axi.b.valid).not(), 'two responses to one request');
    assertStays(m, 'request', obi.req, obi.gnt);
  });
}
