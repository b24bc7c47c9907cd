// The compiler's program form: counted loops around tensor commands whose operands are affine in the loop indices, plus switches
// between two buffers. The scheduler builds it, the code generator turns it into instructions.
// Must not know: layers, memories, registers.
import type { TensorOp } from '../../hw/isa/tensor.ts';

/** Which of two buffers is in use: 0 at the start of the scope that holds it, the other after each `flip`. */
export interface Toggle {
  readonly name: string;
}

/**
 * An operand word that moves through the program. Its value at a command is
 * `address of symbol + offset of the command + sum over enclosing loops of index * stride + sum over toggles of state * delta`,
 * modulo 2^32.
 */
export interface Cursor {
  readonly name: string;
  readonly symbol?: string;
  /** Deltas of 0 are left out. */
  readonly toggles: ReadonlyMap<Toggle, number>;
}

export interface Moving {
  readonly cursor: Cursor;
  readonly offset: number;
}

/** The same word everywhere. */
export interface Fixed {
  readonly value: number;
}

export type Word = Moving | Fixed;

export interface Command {
  readonly kind: 'command';
  readonly op: TensorOp;
  readonly rs1?: Word;
  readonly rs2?: Word;
}

export interface Flip {
  readonly kind: 'flip';
  readonly toggle: Toggle;
}

export interface Loop {
  readonly kind: 'loop';
  /** At least 2. */
  readonly count: number;
  readonly body: readonly Node[];
  /** How far each cursor's words move from one iteration to the next; a cursor that is absent stays. */
  readonly strides: ReadonlyMap<Cursor, number>;
}

/** A part of the program with cursors of its own: they are set at its beginning and forgotten at its end. */
export interface Scope {
  readonly kind: 'scope';
  readonly name: string;
  readonly cursors: readonly Cursor[];
  readonly body: readonly Node[];
}

export type Node = Command | Flip | Loop | Scope;

export const toggle = (name: string): Toggle => ({ name });

export function cursor(name: string, symbol?: string, toggles: readonly (readonly [Toggle, number])[] = []): Cursor {
  const moving = toggles.filter(([, delta]) => delta !== 0);
  return { name, toggles: new Map(moving), ...(symbol === undefined ? {} : { symbol }) };
}

export const fixed = (value: number): Fixed => ({ value });
export const at = (of: Cursor, offset: number): Moving => ({ cursor: of, offset });
export const flip = (of: Toggle): Flip => ({ kind: 'flip', toggle: of });

export function command(op: TensorOp, rs1?: Word, rs2?: Word): Command {
  return { kind: 'command', op, ...(rs1 === undefined ? {} : { rs1 }), ...(rs2 === undefined ? {} : { rs2 }) };
}

/** A scope of the cursors that `body` uses, save those that an enclosing scope owns. */
export function scope(name: string, body: readonly Node[], outer: readonly Cursor[] = []): Scope {
  return { kind: 'scope', name, cursors: cursorsOf(body).filter((used) => !outer.includes(used)), body };
}

/** Every cursor of the nodes that no scope inside them owns, in order of first use. */
export function cursorsOf(nodes: readonly Node[]): readonly Cursor[] {
  const found = new Set<Cursor>();
  const visit = (node: Node, owned: ReadonlySet<Cursor>): void => {
    if (node.kind === 'flip') return;
    if (node.kind !== 'command') {
      const inner = node.kind === 'scope' ? new Set([...owned, ...node.cursors]) : owned;
      for (const child of node.body) visit(child, inner);
      return;
    }
    for (const word of [node.rs1, node.rs2]) if (word !== undefined && 'cursor' in word && !owned.has(word.cursor)) found.add(word.cursor);
  };
  for (const node of nodes) visit(node, new Set());
  return [...found];
}

/** The offset of the first command that uses the cursor, with all loop indices 0; undefined: none does. */
export function firstOffset(nodes: readonly Node[], of: Cursor): number | undefined {
  for (const node of nodes) {
    if (node.kind === 'flip') continue;
    if (node.kind !== 'command') {
      const inner = firstOffset(node.body, of);
      if (inner !== undefined) return inner;
      continue;
    }
    for (const word of [node.rs1, node.rs2]) if (word !== undefined && 'cursor' in word && word.cursor === of) return word.offset;
  }
  return undefined;
}

/** Commands that the nodes give to the unit when they run, and those of them that a test accepts. */
export function countCommands(nodes: readonly Node[], accept: (command: Command) => boolean = () => true): number {
  return nodes.reduce((sum, node) => {
    if (node.kind === 'flip') return sum;
    if (node.kind === 'command') return sum + (accept(node) ? 1 : 0);
    return sum + (node.kind === 'loop' ? node.count : 1) * countCommands(node.body, accept);
  }, 0);
}

/**
 * `count` bodies one after the other, with runs of equal ones rolled into loops. Bodies of the same `key` in a row must differ only in
 * offsets, and by the same distance for every use of a cursor and for every step of the run.
 * @param make the commands of body `index`, with offsets that count from index 0 of everything around
 */
export function roll(count: number, key: (index: number) => string, make: (index: number) => readonly Node[]): readonly Node[] {
  const nodes: Node[] = [];
  for (let from = 0; from < count;) {
    const wanted = key(from);
    let to = from + 1;
    while (to < count && key(to) === wanted) to += 1;
    nodes.push(...run(from, to - from, make));
    from = to;
  }
  return nodes;
}

/** A loop that runs the same body `count` times. */
export function repeat(count: number, body: readonly Node[], strides: ReadonlyMap<Cursor, number>): readonly Node[] {
  if (count < 1 || body.length === 0) return [];
  return count === 1 ? body : [{ kind: 'loop', count, body, strides }];
}

function run(from: number, count: number, make: (index: number) => readonly Node[]): readonly Node[] {
  const body = make(from);
  if (count === 1 || body.length === 0) return body;
  const strides = new Map<Cursor, number>();
  measure(body, make(from + 1), (of, distance) => {
    if ((strides.get(of) ?? distance) !== distance) throw new Error(`cursor ${of.name} moves by ${strides.get(of)} and by ${distance}`);
    strides.set(of, distance);
  });
  measure(body, make(from + count - 1), (of, distance) => {
    if (strides.get(of) !== distance / (count - 1)) throw new Error(`cursor ${of.name} does not move evenly`);
  });
  for (const [of, distance] of strides) if (distance === 0) strides.delete(of);
  return [{ kind: 'loop', count, body, strides }];
}

/** Reports how far each operand of `later` is from its twin in `body`. */
function measure(body: readonly Node[], later: readonly Node[], report: (of: Cursor, distance: number) => void): void {
  const differ = (): never => {
    throw new Error('bodies of one loop differ in more than offsets');
  };
  if (body.length !== later.length) differ();
  body.forEach((node, index) => {
    const twin = later[index];
    if (node.kind === 'flip') {
      if (twin.kind !== 'flip' || twin.toggle !== node.toggle) differ();
    } else if (node.kind === 'command') {
      if (twin.kind !== 'command' || twin.op !== node.op) return differ();
      for (const [word, other] of [[node.rs1, twin.rs1], [node.rs2, twin.rs2]] as const) {
        if (word === undefined && other === undefined) continue;
        if (word === undefined || other === undefined) differ();
        else if ('value' in word) {
          if (!('value' in other) || other.value !== word.value) differ();
        } else if (!('cursor' in other) || other.cursor !== word.cursor) differ();
        else report(word.cursor, other.offset - word.offset);
      }
    } else if (node.kind === 'loop') {
      if (twin.kind !== 'loop' || twin.count !== node.count) return differ();
      for (const [of, stride] of node.strides) if (twin.strides.get(of) !== stride) differ();
      measure(node.body, twin.body, report);
    } else {
      differ();
    }
  });
}
