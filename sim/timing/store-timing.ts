/** The store unit, cycle by cycle, as `hw/tensor/storer.ts` works: chunks are read ahead and packed into beats. */
import type { TensorParams } from '../../hw/tensor/params.ts';
import { burstBytes } from '../../hw/tensor/burst-generator.ts';
import type { Written } from './memory-timing.ts';
import { BurstsTiming } from './bursts-timing.ts';
import type { TransferTiming } from './commands.ts';
import { NO_ROW } from './rows.ts';

/** A beat: whether there is one, whether its burst ends, and whether the chunk in hand is used up with it. */
interface Offer {
  hasBeat: boolean;
  isLast: boolean;
  endsChunk: boolean;
}

interface Chunk {
  readonly bytes: number;
  readonly endsRow: boolean;
  readonly endsAll: boolean;
}

export class StoreTiming {
  readonly bursts: BurstsTiming;
  private present: TransferTiming | undefined;
  private rowsRead = 0;
  /** The group of the row that it wants to read. */
  group = 0;
  private rowLeft = 0;
  private arriving: Chunk | undefined;
  private spare: Chunk | undefined;
  private held: Chunk | undefined;
  private left = 0;
  /** Bytes of the beat being filled, and its number within the boundary of bursts. */
  private fill = 0;
  private beatInBlock = 0;
  private rowStart = 0;
  private allSent = false;
  /** Bursts of the present command that were sent; of those before, what is owed by each; what was acknowledged of the oldest. */
  private sent = 0;
  private readonly owed: number[] = [];
  private acknowledged = 0;

  private readonly offered: Offer = { hasBeat: false, isLast: false, endsChunk: false };
  /** Beats between two boundaries that no burst crosses. */
  private readonly inBoundary: number;

  constructor(private readonly p: TensorParams) {
    this.inBoundary = burstBytes(p) / p.busBytes;
    this.bursts = new BurstsTiming(p);
  }

  get isReady(): boolean {
    return !this.bursts.isActive && (this.present === undefined || this.allSent);
  }

  get done(): boolean {
    return this.owed.length > 0 && this.owed[0] <= this.acknowledged;
  }

  /** Whether it reads accumulators. */
  get isOther(): boolean {
    return this.present !== undefined && this.present.isOther;
  }

  /** The row that it wants to read in this cycle if the bus takes `usesChunk` of what it holds. */
  wants(usesChunk: boolean): number {
    const { present } = this;
    if (present === undefined || this.rowsRead === present.count) return NO_ROW;
    const stays = this.held !== undefined && !usesChunk;
    const places = (stays ? 1 : 0) + (this.spare ? 1 : 0) + (this.arriving ? 1 : 0);
    return places > 1 ? NO_ROW : present.row + this.rowsRead;
  }

  /** The beat that is offered. */
  get offer(): Readonly<Offer> {
    const { held, present, offered } = this;
    if (held === undefined || present === undefined) {
      offered.hasBeat = false;
      offered.isLast = false;
      offered.endsChunk = false;
      return offered;
    }
    const space = this.p.busBytes - this.fill;
    const endsChunk = this.left <= space;
    const runEnds = endsChunk && ((held.endsRow && !present.isWhole) || held.endsAll);
    offered.hasBeat = space <= this.left || runEnds;
    offered.isLast = runEnds || this.beatInBlock === this.inBoundary - 1;
    offered.endsChunk = endsChunk;
    return offered;
  }

  /** The end of a cycle in which a read was granted, memory took something, and a command starts, or none of these. */
  clock(granted: boolean, { address, beat, acknowledged }: Written, started: TransferTiming | undefined): void {
    const leaves = this.present !== undefined && this.allSent && !this.bursts.isActive;
    const offer = this.offer;
    const steps = this.held !== undefined && (!offer.hasBeat || beat);
    if (this.done) this.acknowledged -= this.owed.shift() ?? 0;
    if (acknowledged) this.acknowledged += 1;
    if (leaves) {
      this.owed.push(this.sent);
      this.sent = 0;
      this.present = undefined;
    }
    if (address) this.sent += 1;
    const stays = this.held !== undefined && !(steps && offer.endsChunk);
    if (steps) this.pack(offer);
    const hadSpare = this.spare;
    if (!stays) {
      this.held = hadSpare ?? this.arriving;
      this.left = this.held?.bytes ?? 0;
      this.spare = hadSpare === undefined ? undefined : this.arriving;
    } else if (this.arriving) this.spare = this.arriving;
    this.arriving = granted ? this.read() : undefined;
    if (started) this.start(started);
  }

  state(): string {
    const { present, rowsRead, group, rowLeft, arriving, spare, held, left, fill, allSent, sent } = this;
    const owed = `${this.owed.join()}-${this.acknowledged}`;
    if (present === undefined) return owed;
    const chunks = [arriving, spare, held].map((chunk) => chunk?.bytes);
    return `${this.bursts.state()}.${[present.count, rowsRead, group, rowLeft, ...chunks, left, fill, sent].join()}${allSent}.${owed}`;
  }

  private start(command: TransferTiming): void {
    const { busBytes } = this.p;
    this.bursts.start(command);
    this.present = command;
    this.rowsRead = 0;
    this.group = 0;
    this.rowLeft = command.rowBytes;
    this.rowStart = command.address;
    this.fill = command.address % busBytes;
    this.beatInBlock = this.blockBeat(command.address);
    this.allSent = false;
  }

  private read(): Chunk {
    const present = this.present as TransferTiming;
    const most = present.isOther ? 4 * this.p.vectorLanes : this.p.rows;
    const bytes = Math.min(this.rowLeft, most);
    const endsRow = bytes === this.rowLeft;
    const endsAll = endsRow && this.rowsRead + 1 === present.count;
    if (endsRow) {
      this.rowsRead += 1;
      this.rowLeft = present.rowBytes;
      this.group = 0;
    } else {
      this.rowLeft -= bytes;
      this.group += 1;
    }
    return { bytes, endsRow, endsAll };
  }

  private pack({ hasBeat, endsChunk }: { hasBeat: boolean; endsChunk: boolean }): void {
    const { busBytes } = this.p;
    const held = this.held as Chunk;
    const present = this.present as TransferTiming;
    const space = busBytes - this.fill;
    const runEnds = endsChunk && ((held.endsRow && !present.isWhole) || held.endsAll);
    if (runEnds && held.endsAll) this.allSent = true;
    if (!hasBeat) this.fill += this.left;
    else if (runEnds && !held.endsAll) {
      this.rowStart = (this.rowStart + present.stride) >>> 0;
      this.fill = this.rowStart % busBytes;
      this.beatInBlock = this.blockBeat(this.rowStart);
    } else {
      this.fill = 0;
      this.beatInBlock = (this.beatInBlock + 1) % this.inBoundary;
    }
    this.left = endsChunk ? 0 : this.left - space;
  }

  private blockBeat(address: number): number {
    return Math.floor((address % burstBytes(this.p)) / this.p.busBytes);
  }
}
