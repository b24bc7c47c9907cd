/**
 * The simulated board in a debugger's hands, on either cycle-accurate engine. It stands between two instructions: the core's debug
 * port holds the next one, and nothing else is under way. Registers and pc are read from the shadow, which follows the trace, CSRs
 * from the core itself; all are written through the port.
 */
import type { CoreConfig } from '../../hw/core/config.ts';
import type { Csr } from '../../hw/isa/csr.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { RAM_PATH } from '../board.ts';
import type { ElfImage } from '../elf.ts';
import { EVENT_RING } from '../event-recorder.ts';
import { hartOptions } from '../model/hart-options.ts';
import { endOfBoard, exitOf, loadBoard, uartReader } from '../run-elf.ts';
import type { MemoryAccess, Simulator } from '../simulator.ts';
import { BoardEvents } from './board-events.ts';
import type { Recorded } from './crash.ts';
import type { DebugHart, End, HartOptions } from './debug-hart.ts';
import { hangOfBoard } from './hang.ts';
import type { HartEvent } from './hart-event.ts';
import { ShadowHart, accessOf } from './shadow-hart.ts';

/** Cycles in which `next` looks for an event before it returns without one. */
const NEXT_CYCLES = 10_000;
/** Pieces of EVENT_RING cycles in one `run`. */
const RUN_PIECES = 40;
/** Cycles in which whatever is under way ends: a division, an access to slow memory, a command of the tensor unit that is waited for. */
const STAND_CYCLES = 1_000_000;

export class BoardHart implements DebugHart {
  watching = false;
  private readonly ram: MemoryAccess;
  private readonly events: BoardEvents;
  private shadow: ShadowHart;
  private uart: () => void;
  private made = 0;
  /** Instructions of earlier lives, before `reset`. */
  private earlier = 0;

  constructor(
    private readonly simulator: Simulator, private readonly elf: ElfImage, private readonly core: CoreConfig,
    private readonly options: HartOptions,
  ) {
    this.ram = simulator.memory(RAM_PATH);
    loadBoard(simulator, elf);
    this.events = new BoardEvents(simulator);
    this.shadow = this.newShadow();
    this.uart = uartReader(simulator, options.onUart);
    this.hold();
  }

  get pc(): number {
    return this.shadow.pc;
  }

  get cycles(): number {
    return this.made;
  }

  get instret(): number {
    return this.earlier + Number(this.simulator.peek('instret'));
  }

  get end(): End | undefined {
    if (this.simulator.peek('halted') === 1n) return endOfBoard(this.simulator);
    return this.made >= this.options.maxCycles ? 'limit' : undefined;
  }

  get exit(): number | undefined {
    return this.simulator.peek('stop') === 1n ? exitOf(Number(this.simulator.peek('exitValue'))) : undefined;
  }

  next(): ReturnType<DebugHart['next']> {
    if (this.end) return undefined;
    const { simulator } = this;
    simulator.poke('debug_halt', 0);
    const { cycles, stopped } = simulator.runUntil('debug_ends', Math.min(NEXT_CYCLES, this.options.maxCycles - this.made));
    this.made += cycles;
    if (!stopped) return undefined;
    this.cycle();
    const before = this.shadow.x.slice();
    const events = this.hold();
    const event = events.at(-1);
    if (!event) return undefined;
    const access = this.watching && event.kind === 'retired' ? accessOf(event.word, (n) => before[n]) : undefined;
    return { event, access };
  }

  run(): void {
    this.simulator.poke('debug_halt', 0);
    for (let piece = 0; piece < RUN_PIECES && !this.end; piece++) {
      this.made += this.simulator.runUntil('halted', Math.min(EVENT_RING, this.options.maxCycles - this.made)).cycles;
      this.takeEvents();
    }
  }

  stand(): void {
    this.hold();
  }

  flushUart(): void {
    this.uart();
  }

  register(n: number): number {
    return this.shadow.x[n];
  }

  get csrs(): readonly Csr[] {
    return [...this.shadow.csrs.existing.values()];
  }

  csr(address: number): number | undefined {
    const known = this.shadow.csrs.read(address);
    // A hart that is stuck, or whose program has ended, cannot be asked.
    if (known === undefined || !this.isHeld) return known;
    this.simulator.poke('debug_number', address);
    return Number(this.simulator.peek('debug_csrValue'));
  }

  setRegister(n: number, value: number): boolean {
    if (!this.isHeld) return false;
    if (n !== 0) {
      this.write1('debug_writeRegister', n, value);
      this.shadow.x[n] = value;
    }
    return true;
  }

  setPc(address: number): boolean {
    const aligned = address % (this.core.isa.c ? 2 : 4) === 0;
    if (!this.isHeld || !aligned) return false;
    const { simulator } = this;
    simulator.poke('debug_value', address);
    simulator.poke('debug_writePc', 1);
    const { cycles, stopped } = simulator.runUntil('debug_tookPc', STAND_CYCLES);
    this.made += cycles;
    if (stopped) this.cycle();
    simulator.poke('debug_writePc', 0);
    this.hold();
    if (stopped) this.shadow.pc = address;
    return stopped;
  }

  setCsr(address: number, value: number): boolean {
    if (!this.isHeld || !this.shadow.csrs.write(address, value, 1)) return false;
    this.write1('debug_writeCsr', address, value);
    return true;
  }

  read(address: number, bytes: number): Uint8Array {
    const inRam = Math.min(bytes, RAM_BASE + this.ram.bytes - address);
    return address < RAM_BASE || inRam <= 0 ? new Uint8Array(0) : this.ram.read(address - RAM_BASE, inRam);
  }

  write(address: number, bytes: Uint8Array): boolean {
    if (address < RAM_BASE || address + bytes.length > RAM_BASE + this.ram.bytes) return false;
    this.ram.write(address - RAM_BASE, bytes);
    return true;
  }

  reset(): void {
    this.uart();
    this.earlier = this.instret;
    loadBoard(this.simulator, this.elf);
    this.events.restart();
    // The register file has no reset.
    const { x } = this.shadow;
    this.shadow = this.newShadow();
    this.shadow.x.set(x);
    this.uart = uartReader(this.simulator, this.options.onUart);
    this.hold();
  }

  recorded(): Omit<Recorded, 'exit'> {
    return { recent: this.events.recent(), exception: this.events.exception(), hang: hangOfBoard(this.simulator) };
  }

  close(): void {
    this.simulator.close();
  }

  private newShadow(): ShadowHart {
    const { isa, pmpRegions } = hartOptions(this.core);
    return new ShadowHart(isa, this.elf.entry, pmpRegions);
  }

  private get isHeld(): boolean {
    return this.simulator.peek('debug_halted') === 1n;
  }

  /** Writes through the debug port in one cycle. */
  private write1(which: string, number: number, value: number): void {
    const { simulator } = this;
    simulator.poke('debug_number', number);
    simulator.poke('debug_value', value);
    simulator.poke(which, 1);
    this.cycle();
    simulator.poke(which, 0);
  }

  private cycle(): void {
    this.simulator.step();
    this.made++;
  }

  /** Lets no further instruction begin, and what has begun end; returns what happened. */
  private hold(): HartEvent[] {
    this.simulator.poke('debug_halt', 1);
    const events: HartEvent[] = [];
    for (let left = STAND_CYCLES; left > 0;) {
      const { cycles, stopped } = this.simulator.runUntil('debug_halted', Math.min(EVENT_RING, left));
      this.made += cycles;
      left -= Math.max(cycles, 1);
      events.push(...this.takeEvents());
      if (stopped || this.simulator.peek('halted') === 1n) break;
    }
    return events;
  }

  private takeEvents(): HartEvent[] {
    const events = this.events.take();
    for (const event of events) {
      this.shadow.apply(event);
      this.options.onEvent?.(event);
    }
    return events;
  }
}
