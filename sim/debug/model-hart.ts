/** The golden model in a debugger's hands. Everything can be read and written. */
import type { Csr } from '../../hw/isa/csr.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import type { ElfImage } from '../elf.ts';
import { GoldenModel } from '../model/golden-model.ts';
import type { GoldenModelOptions } from '../model/golden-model.ts';
import type { Recorded } from './crash.ts';
import type { DebugHart, End, HartOptions } from './debug-hart.ts';
import { hangOfModel } from './hang.ts';
import { ModelRecord } from './model-record.ts';
import { accessOf } from './shadow-hart.ts';

/** Instructions in one `run`. */
const RUN_INSTRUCTIONS = 1_000_000;
/** The same while every event is told of. */
const TRACED_INSTRUCTIONS = 10_000;

export class ModelHart implements DebugHart {
  watching = false;
  private model: GoldenModel;
  private record: ModelRecord;
  private sent: number[] = [];
  /** Instructions of earlier lives, before `reset`. */
  private earlier = 0;

  constructor(private readonly elf: ElfImage, private readonly shape: GoldenModelOptions, private readonly options: HartOptions) {
    this.model = this.fresh();
    this.record = new ModelRecord(this.model);
  }

  get pc(): number {
    return this.model.pc;
  }

  get exit(): number | undefined {
    return this.model.exit;
  }

  get instret(): number {
    return this.earlier + this.model.instret;
  }

  get cycles(): number {
    return this.instret;
  }

  get end(): End | undefined {
    if (this.model.exit !== undefined) return 'tohost';
    if (this.model.stuck) return 'stuck';
    if (this.model.vainQuestion) return 'hang';
    return this.instret >= this.options.maxCycles ? 'limit' : undefined;
  }

  next(): ReturnType<DebugHart['next']> {
    if (this.end) return undefined;
    const { model } = this;
    const access = this.watching ? accessOf(model.instructionAt(model.pc), (n) => model.register(n)) : undefined;
    const event = this.record.step();
    this.options.onEvent?.(event);
    return { event, access: event.kind === 'retired' ? access : undefined };
  }

  run(): void {
    if (this.end) return;
    const { onEvent, maxCycles } = this.options;
    const left = maxCycles - this.instret;
    if (onEvent) this.record.run(Math.min(TRACED_INSTRUCTIONS, left), onEvent);
    else this.model.run(Math.min(RUN_INSTRUCTIONS, left));
  }

  stand(): void {
    // It never stands anywhere else.
  }

  flushUart(): void {
    if (this.sent.length > 0) this.options.onUart?.(Uint8Array.from(this.sent));
    this.sent = [];
  }

  register(n: number): number {
    return this.model.register(n);
  }

  get csrs(): readonly Csr[] {
    return [...this.model.csrs.existing.values()];
  }

  csr(address: number): number | undefined {
    return this.model.csrs.read(address);
  }

  setRegister(n: number, value: number): boolean {
    this.model.setRegister(n, value);
    return true;
  }

  setPc(address: number): boolean {
    if (address % (this.shape.isa?.c === false ? 4 : 2) !== 0) return false;
    this.model.pc = address;
    return true;
  }

  setCsr(address: number, value: number): boolean {
    return this.model.csrs.write(address, value);
  }

  read(address: number, bytes: number): Uint8Array {
    const inRam = Math.min(bytes, RAM_BASE + this.model.memory.ramBytes - address);
    return address < RAM_BASE || inRam <= 0 ? new Uint8Array(0) : this.model.read(address, inRam);
  }

  write(address: number, bytes: Uint8Array): boolean {
    return this.model.memory.writeBlock(address, bytes);
  }

  reset(): void {
    this.earlier = this.instret;
    this.model = this.fresh();
    this.record = new ModelRecord(this.model);
  }

  recorded(): Omit<Recorded, 'exit'> {
    const { model, record } = this;
    return { exception: model.exception, recent: record.recent, hang: hangOfModel(model), refusal: model.tensor?.lastRefusal };
  }

  close(): void {
    // Nothing but memory.
  }

  private fresh(): GoldenModel {
    const model = new GoldenModel({ ...this.shape, uart: (byte) => this.sent.push(byte) });
    model.load(this.elf);
    return model;
  }
}
