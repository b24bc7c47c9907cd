/**
 * The serial port as the program sees it: registers of the memory map on one side, a byte stream each way on the other. Must
 * not know how bytes travel on a wire (`uart-phy.ts`) or into a simulation.
 */
import { Flag, Sink, Source, U, bool, cat, flip, hw } from '../../gen/index.ts';
import type { Bool } from '../../gen/index.ts';
import { constant } from '../lib/constants.ts';
import { ObiData } from '../lib/obi.ts';
import { Queue } from '../lib/queue.ts';
import { assertStays } from '../lib/stream-rules.ts';
import { REGIONS, REGISTERS } from './memory-map.ts';
import type { Register } from './memory-map.ts';

const REGION_BITS = Math.log2(REGIONS.uart.bytes);

export interface UartParams {
  /** Received bytes that wait for the program, at least 1. */
  readonly rxQueue: number;
}

export const Uart = (p: UartParams) =>
  hw('Uart', { obi: flip(ObiData), tx: Source(U(8)), rx: Sink(U(8)) }, (m, io) => {
    m.doc('Serial port registers; answers in the cycle after the request. A byte sent while none can be taken waits for its grant.');
    const { obi } = io;
    const sent = m.inst('sent', Queue(U(8), 1));
    const received = m.inst('received', Queue(U(8), p.rxQueue));
    m.connect(sent.deq, io.tx);
    m.connect(io.rx, received.enq);

    const isAt = ({ name, offset }: Register): Bool => obi.addr.slice(REGION_BITS - 1, 2).eq(constant(REGION_BITS - 2, offset >> 2, name));
    const { isData, isStatus } = m.let({ isData: isAt(REGISTERS.uartData), isStatus: isAt(REGISTERS.uartStatus) });
    const sends = isData.and(obi.we).and(obi.be.bit(0)).named('sends');
    sent.enq.valid = obi.req.and(sends);
    sent.enq.bits = obi.wdata.slice(7, 0);
    obi.gnt = sends.not().or(sent.enq.ready);
    received.deq.ready = obi.req.and(isData).and(obi.we.not());

    // Only these bits of a word are ever 1: "there was no byte" (31) and the byte, or the two status bits in its place.
    const r = m.regs({ answers: Flag(false), none: Flag(false), low: U(8) });
    r.answers = obi.req.and(obi.gnt);
    r.none = isData.and(received.deq.valid.not());
    const status = cat(received.deq.valid, sent.enq.ready).zext(8);
    r.low = isData.and(received.deq.valid).mux(received.deq.bits, isStatus.mux(status, 0));
    obi.rvalid = r.answers;
    obi.rdata = cat(r.none, U(23).lit(0), r.low).exact(32);
    obi.err = bool(false);
    assertStays(m, 'request', obi.req, obi.gnt);
  });
