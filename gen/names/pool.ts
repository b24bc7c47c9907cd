/** Hands out names that are unique in one scope, by numbers behind those that are taken. Must not know what the names stand for. */
import { isReserved } from './reserved.ts';

export interface PoolOptions {
  /** Names that differ in case only are one: files are, on some systems. */
  readonly ignoresCase?: boolean;
  /** Number of the second that wishes for a name; default 1. */
  readonly first?: number;
}

export class NamePool {
  private readonly used = new Set<string>();
  /** Numbers tried before, a wish: a thousand wishes for one name take no million steps. */
  private readonly next = new Map<string, number>();

  constructor(names: Iterable<string>, private readonly options: PoolOptions = {}) {
    for (const n of names) this.take(n);
  }

  take(name: string): void {
    this.used.add(this.key(name));
  }

  has(name: string): boolean {
    return this.used.has(this.key(name));
  }

  /** The name wished for, or else the first with a number behind it that is neither taken nor reserved nor one to `avoid`. */
  fresh(wish: string, avoid: (name: string) => boolean = () => false): string {
    const isFree = (name: string): boolean => !this.has(name) && !isReserved(name) && !avoid(name);
    let name = wish;
    if (!isFree(wish)) {
      let n = this.next.get(wish) ?? this.options.first ?? 1;
      for (name = `${wish}_${n}`; !isFree(name); name = `${wish}_${n}`) n++;
      this.next.set(wish, n + 1);
    }
    this.take(name);
    return name;
  }

  private key(name: string): string {
    return this.options.ignoresCase ? name.toLowerCase() : name;
  }
}
