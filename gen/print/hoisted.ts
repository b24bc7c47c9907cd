/** What printing gives a name of its own, and where it is declared. Must not know why it has one. */
import type { Type } from '../ir/types.ts';

/** A wire that printing introduced. */
export interface Hoisted {
  readonly name: string;
  readonly type: Type;
  readonly value: string | TableText;
  /** Whether the designer gave a name for it. */
  readonly isNamed: boolean;
}

/** A value that a `case` gives. */
export interface TableText {
  readonly on: string;
  readonly arms: readonly { readonly labels: readonly string[]; readonly value: string }[];
  readonly otherwise: string;
}

/** A loop, as far as wires are declared in it. */
export interface Scope {
  readonly hoisted: Hoisted[];
}

/** The wires of a module: those of its own, and those inside of its loops. */
export class HoistedWires {
  readonly own: Hoisted[] = [];
  /** Of all loops. */
  readonly inLoops: Hoisted[] = [];
  /** Names of the latter. */
  private readonly local = new Set<string>();

  /** Whether what has this name is declared inside of a loop. */
  isLocal(name: string): boolean {
    return this.local.has(name);
  }

  /** Declares a wire, in a loop if there is one, before those that its value needs. */
  define(wire: Omit<Hoisted, 'value'>, loop: Scope | undefined, value: () => Hoisted['value']): void {
    const among = loop?.hoisted ?? this.own;
    if (loop) this.local.add(wire.name);
    const slot = among.length;
    among.push({ ...wire, value: '' });
    among[slot] = { ...wire, value: value() };
    if (loop) this.inLoops.push(among[slot]);
  }

  /** Declares a wire whose value needs no other. */
  add(wire: Hoisted, loop: Scope | undefined): void {
    if (loop) this.local.add(wire.name);
    for (const list of this.listsOf(loop)) list.push(wire);
  }

  /** Takes a wire that was added back; its name stays its own. */
  remove(wire: Hoisted, loop: Scope | undefined): void {
    for (const list of this.listsOf(loop)) list.splice(list.indexOf(wire), 1);
  }

  private listsOf(loop: Scope | undefined): readonly Hoisted[][] {
    return loop ? [loop.hoisted, this.inLoops] : [this.own];
  }
}
