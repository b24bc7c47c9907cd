/** When the core's words come, as `hw/core/fetch.ts` and `hw/lib/instruction-cache.ts` work. Must not know what the words mean. */
import type { ReadTiming } from './memory-timing.ts';

export interface FetchOptions {
  /** Words that wait between fetch and execute, and requests under way. */
  readonly prefetch: 1 | 2;
  /** A branch that goes where it went before costs nothing. */
  readonly predicts: boolean;
  /** A redirection reaches fetch a cycle late. */
  readonly isLate: boolean;
  /** 0: there is no cache. */
  readonly cacheBytes: number;
  readonly lineBytes: number;
  readonly busBytes: number;
  /** The cache fetches the line behind the newest one. */
  readonly prefetchesLines: boolean;
}

export class FetchTiming {
  private next: number;
  /** Words asked for and not answered, oldest first; those from before a redirection are stale. */
  private unanswered: { readonly address: number; stale: boolean }[] = [];
  private queued: number[] = [];
  private redirection: number | undefined;
  /** A request is offered and not granted: until it is, nothing redirects fetch. */
  private isHeld = false;
  private lateRedirection: number | undefined;
  private readonly targets = new Map<number, number>();

  /** Of the cache: what is in its lines, the request that it looks up, the line that is on its way and how much of it has come. */
  private readonly lines = new Map<number, number>();
  private looking: number | undefined;
  private asked: { readonly line: number; readonly isAhead: boolean; beats: number } | undefined;
  /** The line that was fetched last, and the one behind it: wanted, its request offered to memory and not taken. */
  private newest = -1;
  private ahead: { readonly line: number; offered: boolean } | undefined;

  constructor(private readonly options: FetchOptions, private readonly reads: ReadTiming, start: number) {
    this.next = start;
  }

  /** A branch has gone there. */
  learn(pc: number, target: number | undefined): void {
    if (!this.options.predicts) return;
    if (target === undefined) this.targets.delete(pc);
    else this.targets.set(pc, target);
  }

  /** Where fetch went on after this word. */
  expects(pc: number): number {
    return this.targets.get(pc) ?? pc + 4;
  }

  /**
   * The word at `pc` goes on elsewhere than fetch did: what was fetched is dropped. That an expected jump was wrong is known a cycle late.
   */
  redirect(pc: number, target: number): void {
    if (this.options.isLate || this.targets.has(pc)) this.lateRedirection = target;
    else this.redirection = target;
  }

  /** Whether it asks memory in this cycle: nobody else may then. */
  asks = false;

  /** The word that could be taken in this cycle. */
  private arrived: number | undefined;

  /** The first half of a cycle: what comes. Returns the word that can be taken. */
  arrive(now: number): number | undefined {
    const { reads, options, looking } = this;
    const beat = reads.beatOf === 'fetch';
    let answers = false;
    let ends = false;
    this.asks = false;
    const isAhead = this.asked?.isAhead ?? false;
    const mayHit = this.asked === undefined || isAhead;
    const hits = mayHit && looking !== undefined && this.lines.get(this.indexOf(looking)) === this.lineOf(looking);
    const misses = this.asked === undefined && looking !== undefined && !hits;
    if (this.asked && beat) {
      const wanted = looking !== undefined && Math.floor((looking % options.lineBytes) / options.busBytes) === this.asked.beats;
      this.asked.beats += 1;
      ends = this.asked.beats * options.busBytes >= options.lineBytes;
      answers = !isAhead && looking !== undefined && wanted && this.lineOf(looking) === this.asked.line;
    }
    if (hits) answers = true;
    this.blocked = this.ahead?.line ?? (isAhead ? this.asked?.line : undefined);
    if (this.ahead && (this.ahead.offered || (this.asked === undefined && !misses))) this.asksAhead(now, this.ahead.line);
    else {
      if (answers && looking !== undefined && options.prefetchesLines && this.lineOf(looking) === this.newest) {
        this.ahead = { line: this.newest + options.lineBytes, offered: false };
      }
      if (misses) this.asksFor(now, looking);
    }
    this.ends = ends;
    this.answered = answers;
    this.arrived = undefined;
    if (answers) {
      const word = this.unanswered.shift();
      if (word && !word.stale) this.arrived = word.address;
    }
    return this.queued.at(0) ?? this.arrived;
  }
  private ends = false;
  private answered = false;
  /** The line that is fetched ahead: nothing of it is looked up. */
  private blocked: number | undefined;

  /** The second half: `takes`: the word of `arrive` was taken. */
  clock(now: number, takes: boolean): void {
    const { options } = this;
    const queuedBefore = this.queued.length;
    const unansweredBefore = this.unanswered.length + (this.answered ? 1 : 0);
    if (this.arrived !== undefined) this.queued.push(this.arrived);
    if (takes) this.queued.shift();
    const learns = this.ends && this.asked !== undefined;
    const learnt = learns && this.asked ? this.asked.line : undefined;
    if (learnt !== undefined && this.hasCache) this.lines.set(this.indexOf(learnt), learnt);
    const isFree = (this.looking === undefined || this.answered)
      && (this.asked === undefined || this.ends || this.asked.isAhead);
    if (this.answered) this.looking = undefined;
    if (this.ends) this.asked = undefined;

    const target = this.isHeld ? undefined : this.redirection;
    if (target !== undefined) {
      this.next = target;
      this.queued = [];
      for (const word of this.unanswered) word.stale = true;
      this.redirection = undefined;
    }
    if (this.redirection === undefined) {
      this.redirection = this.lateRedirection;
      this.lateRedirection = undefined;
    }
    const hasRoom = options.prefetch === 2
      ? (target !== undefined ? unansweredBefore : unansweredBefore + queuedBefore) < 2
      : this.unanswered.length === 0 && this.queued.length === 0;
    const wants = this.isHeld || hasRoom;
    this.isHeld = wants;
    const sameLine = learnt !== undefined && this.indexOf(learnt) === this.indexOf(this.next);
    const isBlocked = this.blocked !== undefined && this.indexOf(this.blocked) === this.indexOf(this.next);
    if (!wants || !isFree || isBlocked || (sameLine && this.hasCache)) return;
    // Without a cache a word is asked for at once.
    if (!this.hasCache && !this.asksFor(now, this.next)) return;
    this.isHeld = false;
    const address = this.next;
    this.looking = address;
    this.unanswered.push({ address, stale: false });
    this.next = this.targets.get(address) ?? (address + 4) >>> 0;
  }

  state(): string {
    const unanswered = this.unanswered.map(({ address, stale }) => `${address}${stale}`);
    const cache = [this.asked?.line, this.asked?.beats, this.asked?.isAhead, this.ahead?.line, this.ahead?.offered, this.newest];
    return `${this.next}.${this.isHeld}.${this.queued.join()}.${unanswered.join()}.${this.looking}.${cache.join('.')}`;
  }

  private get hasCache(): boolean {
    return this.options.cacheBytes > 0;
  }

  /** Asks memory for the line of an address, if memory takes the request. */
  private asksFor(now: number, address: number): boolean {
    return this.ask(now, this.lineOf(address), false);
  }

  /** The same for the line ahead; once it is offered it is not taken back. */
  private asksAhead(now: number, line: number): void {
    if (!this.ask(now, line, true)) this.ahead = { line, offered: true };
  }

  private ask(now: number, line: number, isAhead: boolean): boolean {
    const { reads, options } = this;
    if (!reads.ask(now, 'fetch', options.lineBytes / options.busBytes)) return false;
    this.asks = true;
    this.asked = { line, isAhead, beats: 0 };
    this.newest = line;
    this.ahead = undefined;
    return true;
  }

  private lineOf(address: number): number {
    return address - (address % this.options.lineBytes);
  }

  private indexOf(address: number): number {
    return Math.floor(address / this.options.lineBytes) % Math.max(1, this.options.cacheBytes / this.options.lineBytes);
  }
}
