/**
 * Bytes on a wire: 8 data bits, no parity, one stop bit, least significant bit first. For boards; in simulations the byte
 * streams end in the test bench. Must not know registers.
 */
import { B, Flag, In, Out, Sink, Source, U, bool, cat, hw, indexWidth } from '../../gen/index.ts';
import { UserError } from '../../gen/index.ts';

/** Clock cycles of a bit. Throws UserError when the clock is too slow for the rate or misses it by more than 3 %. */
export function uartDivisor(clockHz: number, baud: number): number {
  const divisor = Math.round(clockHz / baud);
  if (divisor < 8 || Math.abs(clockHz / divisor / baud - 1) > 0.03) {
    throw new UserError(`UART at ${baud} baud: a clock of ${clockHz} Hz cannot make this rate; use a faster clock or a lower rate`);
  }
  return divisor;
}

/** Serialiser. `line` is the transmit pin, 1 when idle. */
export const UartSender = (divisor: number) =>
  hw('UartSender', { bytes: Sink(U(8)), line: Out(B) }, (m, io) => {
    m.doc(`8N1 serialiser, ${divisor} cycles a bit.`);
    const bitTime = divisor - 1;
    const r = m.regs({ bits: U(9, 0x1ff), left: U(4, 0), timer: U(indexWidth(divisor), 0) });
    const { idle, tick } = m.let({ idle: r.left.eq(0), tick: r.timer.eq(0) });
    io.line = r.bits.bit(0);
    io.bytes.ready = idle;
    const timer = U(indexWidth(divisor));
    m.when(idle.and(io.bytes.valid), () => {
      r.bits = cat(io.bytes.bits, bool(false)).exact(9);
      r.left = U(4).lit(10);
      r.timer = timer.lit(bitTime);
    }).elseWhen(idle.not().and(tick), () => {
      r.bits = cat(bool(true), r.bits.slice(8, 1)).exact(9);
      r.left = r.left.subWrap(1);
      r.timer = timer.lit(bitTime);
    }).otherwise(() => {
      r.timer = r.timer.subWrap(1);
    });
  });

/** Deserialiser. A byte that is not taken before the next one starts keeps its place: the next one is lost. */
export const UartReceiver = (divisor: number) =>
  hw('UartReceiver', { line: In(B), bytes: Source(U(8)) }, (m, io) => {
    m.doc(`8N1 deserialiser, ${divisor} cycles a bit, sampled in the middle.`);
    // `first` and `second`: two registers against metastability.
    const r = m.regs({
      first: Flag(true), second: Flag(true), bits: U(8), left: U(4, 0), timer: U(indexWidth(divisor), 0), full: Flag(false),
    });
    r.first = io.line;
    r.second = r.first;
    const { idle, tick } = m.let({ idle: r.left.eq(0), tick: r.timer.eq(0) });
    io.bytes.valid = r.full;
    io.bytes.bits = r.bits;
    const timer = U(indexWidth(divisor));
    m.when(idle, () => {
      // A byte begins with a falling edge: a line that is held low is none.
      m.when(r.second.and(r.first.not()).and(r.full.not()), () => {
        // Start bit, eight data bits, stop bit.
        r.left = U(4).lit(10);
        r.timer = timer.lit(Math.floor(divisor / 2) - 1);
      });
    }).elseWhen(tick, () => {
      r.timer = timer.lit(divisor - 1);
      r.left = r.left.subWrap(1);
      m.when(r.left.eq(10).and(r.second), () => {
        // The line is high again: it was noise.
        r.left = U(4).lit(0);
      });
      m.when(r.left.ne(1), () => {
        r.bits = cat(r.second, r.bits.slice(7, 1)).exact(8);
      });
    }).otherwise(() => {
      r.timer = r.timer.subWrap(1);
    });
    m.when(idle.not().and(tick).and(r.left.eq(1)), () => {
      // Without a stop bit it was no byte.
      r.full = r.second;
    }).elseWhen(io.bytes.ready, () => {
      r.full = bool(false);
    });
  });

/** Both directions. */
export const UartPhy = (divisor: number) =>
  hw('UartPhy', { tx: Sink(U(8)), rx: Source(U(8)), txLine: Out(B), rxLine: In(B) }, (m, io) => {
    m.doc('Serial line: bytes to and from two pins.');
    const sender = m.inst('sender', UartSender(divisor));
    const receiver = m.inst('receiver', UartReceiver(divisor));
    m.connect(io.tx, sender.bytes);
    m.connect(receiver.bytes, io.rx);
    io.txLine = sender.line;
    receiver.line = io.rxLine;
  });
