/**
 * Reads what the simulated board's recorder holds (`sim/event-recorder.ts`). Works with any `Simulator`; must not know what
 * events are used for.
 */
import { EVENT_LOG_PATH } from '../board.ts';
import { EVENT_FLAGS, EVENT_RING, EVENT_WORDS } from '../event-recorder.ts';
import type { MemoryAccess, Simulator } from '../simulator.ts';
import type { HartEvent, TrapEvent } from './hart-event.ts';

export class BoardEvents {
  private readonly ring: MemoryAccess;
  private seen = 0;

  constructor(private readonly simulator: Simulator) {
    this.ring = simulator.memory(EVENT_LOG_PATH);
  }

  /** Events since the last call, oldest first. Call it every EVENT_RING cycles at the latest: the ring forgets. */
  take(): HartEvent[] {
    const count = Number(this.simulator.peek('eventCount'));
    const fresh = (count - this.seen) >>> 0;
    this.seen = count;
    return this.read(count, Math.min(fresh, EVENT_RING));
  }

  /** The board has been reset. */
  restart(): void {
    this.seen = 0;
  }

  /** Everything that the ring still holds, oldest first. */
  recent(): HartEvent[] {
    const count = Number(this.simulator.peek('eventCount'));
    return this.read(count, Math.min(count, EVENT_RING));
  }

  /** The latest exception that was not one of the trap handler's first instruction; undefined: there was none. */
  exception(): Omit<TrapEvent, 'cycle' | 'word'> | undefined {
    const get = (name: string): number => Number(this.simulator.peek(name));
    if (get('exceptions') === 0) return undefined;
    return { kind: 'trap', interrupt: false, pc: get('exceptionPc'), cause: get('exceptionCause'), tval: get('exceptionTval') };
  }

  /** The `length` events before event number `end`. */
  private read(end: number, length: number): HartEvent[] {
    const from = (end - length) % EVENT_RING;
    const start = from < 0 ? from + EVENT_RING : from;
    const first = Math.min(length, EVENT_RING - start);
    return [...this.decode(start, first), ...this.decode(0, length - first)];
  }

  private decode(start: number, length: number): HartEvent[] {
    if (length === 0) return [];
    const stride = this.ring.wordBytes;
    const bytes = this.ring.read(start * stride, length * stride);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length }, (_, i) => eventAt(view, i * stride));
  }
}

function eventAt(view: DataView, at: number): HartEvent {
  const word = (index: number): number => view.getUint32(at + 4 * index, true);
  const flags = word(EVENT_WORDS.flags);
  const field = ({ lo, width }: { lo: number; width: number }): number => (flags >>> lo) & (2 ** width - 1);
  const cycle = word(EVENT_WORDS.cycleHigh) * 2 ** 32 + word(EVENT_WORDS.cycleLow);
  const common = { cycle, pc: word(EVENT_WORDS.pc), word: word(EVENT_WORDS.instr) };
  const value = word(EVENT_WORDS.value);
  if (field(EVENT_FLAGS.trap) === 1) {
    return { kind: 'trap', ...common, interrupt: field(EVENT_FLAGS.interrupt) === 1, cause: field(EVENT_FLAGS.cause), tval: value };
  }
  const rd = field(EVENT_FLAGS.rdWrite) === 1 ? field(EVENT_FLAGS.rd) : 0;
  return { kind: 'retired', ...common, rd, value: rd === 0 ? 0 : value };
}
