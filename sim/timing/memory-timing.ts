/**
 * When main memory answers, as `sim/axi-ram.ts` does: requests in order, a beat a cycle, the first one `latency` cycles after its request
 * at the earliest. Must not know what is read or written.
 */

/** Who reads. */
export type Reader = 'fetch' | 'load';

interface Burst {
  readonly reader: Reader;
  readonly beats: number;
  readonly due: number;
}

export class ReadTiming {
  private readonly waiting: Burst[] = [];
  private reading: Reader | undefined;
  private left = 0;
  /** Whose request waits to be taken. */
  private offered: Reader | undefined;
  /** Whose beat is at the output in this cycle. */
  beatOf: Reader | undefined;

  constructor(private readonly latency: number, private readonly outstanding: number) {}

  /** A request is offered: whether memory takes it. What it has no room for stays offered, and nobody else comes before it. */
  ask(now: number, reader: Reader, beats: number): boolean {
    this.offered ??= reader;
    if (this.offered !== reader || this.waiting.length >= this.outstanding) return false;
    this.offered = undefined;
    this.waiting.push({ reader, beats, due: now + this.latency - 1 });
    return true;
  }

  /** The end of a cycle in which the beat at the output was taken, or not. */
  clock(now: number, taken: boolean): void {
    if (this.beatOf !== undefined && !taken) return;
    if (this.reading === undefined) {
      if (this.waiting.length === 0 || this.waiting[0].due > now) {
        this.beatOf = undefined;
        return;
      }
      const { reader, beats } = this.waiting.shift() as Burst;
      this.reading = reader;
      this.left = beats;
    }
    this.beatOf = this.reading;
    this.left -= 1;
    if (this.left === 0) this.reading = undefined;
  }

  state(now: number): string {
    const waiting = this.waiting.map(({ reader, beats, due }) => `${reader}${beats}@${due - now}`);
    return `${this.reading}${this.left}${this.beatOf}${this.offered}${waiting.join()}`;
  }
}

/** What main memory took in a cycle, and whether it acknowledged a burst. */
export interface Written {
  address: boolean;
  beat: boolean;
  acknowledged: boolean;
}

export class WriteTiming {
  private readonly acknowledgements: number[] = [];
  private writing = false;
  private readonly taken: Written = { address: false, beat: false, acknowledged: false };

  constructor(private readonly latency: number, private readonly outstanding: number) {}

  /** One cycle in which an address and a beat are offered, or not. */
  cycle(now: number, offersAddress: boolean, offersBeat: boolean, isLast: boolean): Readonly<Written> {
    const address = offersAddress && !this.writing;
    const beat = offersBeat && (this.writing || offersAddress) && this.acknowledgements.length < this.outstanding;
    const acknowledged = this.acknowledgements.length > 0 && this.acknowledgements[0] <= now;
    if (acknowledged) this.acknowledgements.shift();
    if (beat && isLast) this.acknowledgements.push(Math.max(now + 1, now + this.latency));
    if (address || beat) this.writing = !(beat && isLast);
    this.taken.address = address;
    this.taken.beat = beat;
    this.taken.acknowledged = acknowledged;
    return this.taken;
  }

  state(now: number): string {
    return `${this.writing}${this.acknowledgements.map((due) => due - now).join()}`;
  }
}
