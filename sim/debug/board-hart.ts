/**
 * The simulated board in a debugger's hands, on either cycle-accurate engine. It stops in the cycle in which an instruction
 * retires, with the next ones already under way in the pipeline: registers and pc are those of the shadow, which is exact;
 * registers cannot be written, because later instructions may have read them; RAM is shown as it is, into which the next
 * store may have gone already.
 */
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { RAM_PATH } from '../board.ts';
import type { ElfImage } from '../elf.ts';
import { EVENT_RING } from '../event-recorder.ts';
import type { IsaOptions } from '../model/csr-file.ts';
import { exitOf, loadBoard, uartReader } from '../run-elf.ts';
import type { MemoryAccess, Simulator } from '../simulator.ts';
import { BoardEvents } from './board-events.ts';
import type { Recorded } from './crash.ts';
import type { DebugHart, End, HartOptions } from './debug-hart.ts';
import type { HartEvent } from './hart-event.ts';
import { ShadowHart, accessOf } from './shadow-hart.ts';

/** Cycles in which `next` looks for an event before it returns without one. */
const NEXT_CYCLES = 10_000;
/** Pieces of EVENT_RING cycles in one `run`. */
const RUN_PIECES = 40;

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
    private readonly simulator: Simulator, private readonly elf: ElfImage, private readonly isa: IsaOptions,
    private readonly options: HartOptions,
  ) {
    this.ram = simulator.memory(RAM_PATH);
    loadBoard(simulator, elf);
    this.events = new BoardEvents(simulator);
    this.shadow = new ShadowHart(isa, elf.entry);
    this.uart = uartReader(simulator, options.onUart);
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
    if (this.simulator.peek('halted') === 1n) return this.simulator.peek('stop') === 1n ? 'tohost' : 'stuck';
    return this.made >= this.options.maxCycles ? 'limit' : undefined;
  }

  get exit(): number | undefined {
    return this.simulator.peek('stop') === 1n ? exitOf(Number(this.simulator.peek('exitValue'))) : undefined;
  }

  next(): ReturnType<DebugHart['next']> {
    if (this.end) return undefined;
    const { cycles, stopped } = this.simulator.runUntil('trace_valid', Math.min(NEXT_CYCLES, this.options.maxCycles - this.made));
    this.made += cycles;
    if (!stopped) return undefined;
    // The event is in the recorder after its cycle's edge.
    this.simulator.step();
    this.made++;
    const [event] = this.events.take();
    const access = this.watching && event.kind === 'retired' ? accessOf(event.word, (n) => this.shadow.x[n]) : undefined;
    this.see(event);
    return { event, access };
  }

  run(): void {
    for (let piece = 0; piece < RUN_PIECES && !this.end; piece++) {
      this.made += this.simulator.runUntil('halted', Math.min(EVENT_RING, this.options.maxCycles - this.made)).cycles;
      for (const event of this.events.take()) this.see(event);
    }
  }

  flushUart(): void {
    this.uart();
  }

  register(n: number): number {
    return this.shadow.x[n];
  }

  csr(address: number): number | undefined {
    return this.shadow.csrs.read(address);
  }

  setRegister(): boolean {
    return false;
  }

  setPc(): boolean {
    return false;
  }

  setCsr(): boolean {
    return false;
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
    this.ram.write(0, new Uint8Array(this.ram.bytes));
    loadBoard(this.simulator, this.elf);
    this.events.restart();
    // The register file has no reset.
    const { x } = this.shadow;
    this.shadow = new ShadowHart(this.isa, this.elf.entry);
    this.shadow.x.set(x);
    this.uart = uartReader(this.simulator, this.options.onUart);
  }

  recorded(): Pick<Recorded, 'recent' | 'exception'> {
    return { recent: this.events.recent(), exception: this.events.exception() };
  }

  close(): void {
    this.simulator.close();
  }

  private see(event: HartEvent): void {
    this.shadow.apply(event);
    this.options.onEvent?.(event);
  }
}
