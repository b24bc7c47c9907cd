import { describe, expect, it } from 'vitest';
import { B, In, Out, Sink, Source, U, UserError, hw } from '../../../gen/index.ts';
import { addressOf } from '../../../hw/soc/memory-map.ts';
import { UartPhy, UartReceiver, uartDivisor } from '../../../hw/soc/uart-phy.ts';
import { Uart } from '../../../hw/soc/uart.ts';
import type { Simulator } from '../../../sim/simulator.ts';
import { Dice, Producer, isSet, start } from '../lib/bench.ts';

const idle = { obi_req: 0, obi_addr: 0, obi_we: 0, obi_be: 0, obi_wdata: 0, tx_ready: 0, rx_valid: 0, rx_bits: 0 };

function access(sim: Simulator, addr: number, data?: number, be = 15): number {
  for (const [port, v] of Object.entries({ req: 1, addr, we: data === undefined ? 0 : 1, be, wdata: data ?? 0 })) sim.poke(`obi_${port}`, v);
  for (let i = 0; !isSet(sim, 'obi_gnt'); i++) {
    expect(i).toBeLessThan(50);
    sim.step();
  }
  sim.step();
  sim.poke('obi_req', 0);
  expect([isSet(sim, 'obi_rvalid'), isSet(sim, 'obi_err')]).toEqual([true, false]);
  return Number(sim.peek('obi_rdata'));
}
const DATA = addressOf('uartData');
const STATUS = addressOf('uartStatus');
const NOTHING = 0x8000_0000;

describe('the UART', () => {
  it('sends the low byte and tells when it can take the next', () => {
    const sim = start(Uart({ rxQueue: 2 }), idle);
    expect(access(sim, STATUS)).toBe(1);
    access(sim, DATA, 0x1234_5641);
    expect([isSet(sim, 'tx_valid'), sim.peek('tx_bits'), access(sim, STATUS)]).toEqual([true, 0x41n, 0]);
    sim.poke('tx_ready', 1);
    sim.step();
    expect([isSet(sim, 'tx_valid'), access(sim, STATUS)]).toEqual([false, 1]);
  });

  it('makes a store wait rather than lose a byte', () => {
    const sim = start(Uart({ rxQueue: 2 }), idle);
    access(sim, DATA, 1);
    for (const [port, v] of Object.entries({ req: 1, addr: DATA, we: 1, be: 1, wdata: 2 })) sim.poke(`obi_${port}`, v);
    sim.step(10);
    expect(isSet(sim, 'obi_gnt')).toBe(false);
    sim.poke('tx_ready', 1);
    sim.step();
    expect(isSet(sim, 'obi_gnt')).toBe(true);
  });

  it('ignores stores that do not hold byte 0', () => {
    const sim = start(Uart({ rxQueue: 2 }), idle);
    access(sim, DATA, 0x4100, 2);
    expect(isSet(sim, 'tx_valid')).toBe(false);
  });

  it('hands out received bytes once and in order', () => {
    const sim = start(Uart({ rxQueue: 3 }), idle);
    expect(access(sim, DATA)).toBe(NOTHING);
    for (const byte of [0x80, 0x00, 0xff]) {
      sim.poke('rx_valid', 1);
      sim.poke('rx_bits', byte);
      expect(isSet(sim, 'rx_ready')).toBe(true);
      sim.step();
    }
    sim.poke('rx_valid', 0);
    expect(isSet(sim, 'rx_ready')).toBe(false);
    expect(access(sim, STATUS)).toBe(3);
    expect([access(sim, DATA), access(sim, DATA), access(sim, DATA), access(sim, DATA)]).toEqual([0x80, 0x00, 0xff, NOTHING]);
  });

  it('reads 0 where there is no register', () => {
    const sim = start(Uart({ rxQueue: 1 }), idle);
    expect([access(sim, DATA + 8), access(sim, DATA + 0xffc)]).toEqual([0, 0]);
  });
});

/** The sender of one line into its own receiver. */
const Loop = (divisor: number) =>
  hw('Loop', { tx: Sink(U(8)), rx: Source(U(8)), line: Out(B), noise: In(B) }, (m, io) => {
    const phy = m.inst('phy', UartPhy(divisor));
    m.connect(io.tx, phy.tx);
    m.connect(phy.rx, io.rx);
    phy.rxLine = phy.txLine.and(io.noise.not());
    io.line = phy.txLine;
  });

describe('the serial line', () => {
  it('carries bytes, one right after the other', () => {
    for (const divisor of [8, 13, 104]) {
      const sim = start(Loop(divisor), { tx_valid: 0, tx_bits: 0, rx_ready: 1, noise: 0 });
      const dice = new Dice(divisor);
      const producer = new Producer(sim, 'tx', dice, 1);
      const sent: number[] = [];
      const received: number[] = [];
      for (let cycle = 0; received.length < 20; cycle++) {
        expect(cycle).toBeLessThan(25 * 10 * divisor);
        producer.offer(() => (sent.length < 20 ? { '': dice.roll(256) } : undefined));
        const taken = producer.taken();
        if (taken) sent.push(Number(taken['']));
        if (isSet(sim, 'rx_valid')) received.push(Number(sim.peek('rx_bits')));
        sim.step();
      }
      expect(received).toEqual(sent);
    }
  });

  it('has the shape of 8N1', () => {
    const sim = start(Loop(10), { tx_valid: 1, tx_bits: 0b0101_1001, rx_ready: 1, noise: 0 });
    sim.step();
    sim.poke('tx_valid', 0);
    const bits = Array.from({ length: 11 }, () => {
      sim.step(5);
      const bit = Number(sim.peek('line'));
      sim.step(5);
      return bit;
    });
    expect(bits).toEqual([0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1]);
  });

  it('takes short pulses for noise and drops what has no stop bit', () => {
    const sim = start(UartReceiver(16), { line: 1, bytes_ready: 0 });
    sim.poke('line', 0);
    sim.step(4);
    sim.poke('line', 1);
    sim.step(400);
    expect(isSet(sim, 'bytes_valid')).toBe(false);
    sim.poke('line', 0);
    sim.step(170);
    sim.poke('line', 1);
    sim.step(400);
    expect(isSet(sim, 'bytes_valid')).toBe(false);
  });

  it('refuses rates that the clock cannot make', () => {
    expect(uartDivisor(12e6, 115200)).toBe(104);
    expect(() => uartDivisor(1e6, 115200)).toThrow(UserError);
  });
});
