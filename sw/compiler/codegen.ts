// From the program form to RISC-V instructions. Every cursor lives in a register that additions move from one command's word to the next;
// what the additions add, and words that never change, live in registers too as long as there are any left.
// Must not know: layers, memories, where data lie.
import { TENSOR } from '../../hw/isa/tensor.ts';
import type { Operand } from '../assembler/index.ts';
import { cursorsOf, firstOffset } from './program.ts';
import type { Command, Cursor, Loop, Node, Scope, Toggle, Word } from './program.ts';

/** One line of assembly: an instruction, or a label where `mnemonic` is `:`. */
export interface Line {
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
}

/** Not used here: whoever runs the program may keep something in it. */
export const KEPT_REGISTER = 'sp';
/** All others are free: there is no stack, no call, no caller. */
const TEMPORARIES = ['t0', 't1'] as const;
const POOL = [
  's0', 's1', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5', 't2', 't3', 't4', 't5', 't6', 'a6', 'a7',
  's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 'ra', 'gp', 'tp',
] as const;
/** Bytes that a conditional branch reaches backwards, with some to spare. */
const BRANCH_REACH = 4000;
const LABEL_PREFIX = '.Lloop';

export interface CodegenOptions {
  /** Lines put behind the setting of a scope's registers, before its first command, by the scope's name. */
  readonly afterSetup?: (scope: Scope) => readonly Line[];
}

/** The instructions of a program. */
export function generate(nodes: readonly Node[], options: CodegenOptions = {}): readonly Line[] {
  return new Generator(options).program(nodes);
}

const signed = (value: number): number => value | 0;
const fitsImmediate = (value: number): boolean => value >= -2048 && value < 2048;

/** A word that a register may hold throughout a scope. */
interface Constant {
  readonly key: string;
  readonly value: number;
}

interface Placed {
  readonly register: string;
  /** Offset of the word in the register, relative to the cursor's place in the present iteration, without toggles that change in loops. */
  offset: number;
}

/** What is known while a scope's code is made. */
interface Frame {
  readonly cursors: Map<Cursor, Placed>;
  readonly free: string[];
  readonly constants: ReadonlyMap<string, string>;
  /** Register of the distance to the other buffer, for toggles that flip in loops. */
  readonly swings: ReadonlyMap<string, string>;
  /** State of toggles that flip outside of loops only: known here. */
  readonly states: Map<Toggle, number>;
  readonly dynamic: ReadonlySet<Toggle>;
  /** How often the present place runs, within the scope. */
  weight: number;
  /** Collects wanted constants instead of using registers. */
  readonly wanted: Map<string, { value: number; uses: number }> | undefined;
}

class Generator {
  private lines: Line[] = [];
  private labels = 0;

  constructor(private readonly options: CodegenOptions) {}

  program(nodes: readonly Node[]): readonly Line[] {
    const frame: Frame = {
      cursors: new Map(), free: [...POOL], constants: new Map(), swings: new Map(), states: new Map(), dynamic: new Set(),
      weight: 1, wanted: undefined,
    };
    this.nodes(nodes, frame);
    return this.lines;
  }

  private emit(mnemonic: string, ...operands: Operand[]): void {
    this.lines.push({ mnemonic, operands });
  }

  private nodes(nodes: readonly Node[], frame: Frame): void {
    for (const node of nodes) {
      switch (node.kind) {
        case 'command': this.command(node, frame); break;
        case 'flip': this.flip(node.toggle, frame); break;
        case 'loop': this.loop(node, frame); break;
        case 'scope': this.scope(node, frame); break;
      }
    }
  }

  /** Makes a scope's code twice: the first time to see which constants deserve a register. */
  private scope(scope: Scope, outer: Frame): void {
    const isLeaf = !containsScope(scope.body);
    const wanted = new Map<string, { value: number; uses: number }>();
    if (isLeaf && outer.wanted === undefined) {
      const [lines, labels] = [this.lines, this.labels];
      this.lines = [];
      const trial = this.frame(scope, copyOf(outer), [], wanted);
      this.body(scope, trial);
      [this.lines, this.labels] = [lines, labels];
    }
    const mostWanted = [...wanted].sort(([, a], [, b]) => b.uses - a.uses).map(([key, { value }]) => ({ key, value }));
    const frame = this.frame(scope, outer, mostWanted, undefined);
    this.body(scope, frame);
    for (const [of, placed] of frame.cursors) {
      const known = outer.cursors.get(of);
      if (known !== undefined) known.offset = placed.offset;
    }
  }

  /** Registers for a scope: cursors, swings, then as many constants as loop counters leave room for. */
  private frame(scope: Scope, outer: Frame, constants: readonly Constant[], wanted: Frame['wanted']): Frame {
    const free = [...outer.free];
    const take = (what: string): string => {
      const register = free.shift();
      if (register === undefined) throw new Error(`no register left for ${what} in ${scope.name}`);
      return register;
    };
    const cursors = new Map([...outer.cursors].map(([of, placed]): [Cursor, Placed] => [of, { ...placed }]));
    for (const of of scope.cursors) cursors.set(of, { register: take(of.name), offset: firstOffset(scope.body, of) ?? 0 });
    const dynamic = new Set<Toggle>();
    collectDynamic(scope.body, false, dynamic);
    const swings = new Map<string, string>();
    const swingValues = new Map<string, number>();
    for (const of of scope.cursors) {
      for (const [toggle, delta] of of.toggles) {
        const key = swingKey(toggle, delta);
        if (!dynamic.has(toggle) || swings.has(key)) continue;
        swings.set(key, take(`swing of ${of.name}`));
        swingValues.set(key, delta);
      }
    }
    const reserved = loopDepth(scope.body);
    const pooled = new Map<string, string>();
    for (const { key } of constants) if (free.length > reserved) pooled.set(key, take(key));
    const frame: Frame = { cursors, free, constants: pooled, swings, states: new Map(), dynamic, weight: 1, wanted };
    for (const of of scope.cursors) this.setCursor(of, cursors.get(of) as Placed);
    for (const [key, register] of swings) this.emit('li', register, signed(swingValues.get(key) ?? 0));
    for (const { key, value } of constants) if (pooled.has(key)) this.emit('li', pooled.get(key) as string, signed(value));
    return frame;
  }

  private setCursor(of: Cursor, { register, offset }: Placed): void {
    this.emit('li', register, of.symbol === undefined ? signed(offset) : `${of.symbol} + ${offset}`);
  }

  private body(scope: Scope, frame: Frame): void {
    for (const line of this.options.afterSetup?.(scope) ?? []) this.lines.push(line);
    this.nodes(scope.body, frame);
  }

  private loop(loop: Loop, frame: Frame): void {
    const used = cursorsOf(loop.body).filter((of) => frame.cursors.has(of));
    const starts = new Map<Cursor, number>();
    // Words are brought to where the body first wants them; the end of the body brings them there again.
    for (const of of used) {
      const start = this.target(of, firstOffset(loop.body, of) ?? 0, frame);
      this.walk(of, start, frame);
      starts.set(of, start);
    }
    const counter = frame.free.shift();
    if (counter === undefined) throw new Error('no register left for a loop counter');
    this.emit('li', counter, loop.count);
    this.labels += 1;
    const label = `${LABEL_PREFIX}${this.labels}`;
    this.emit(':', label);
    const first = this.lines.length;
    const weight = frame.weight;
    frame.weight *= loop.count;
    this.nodes(loop.body, frame);
    for (const of of used) this.walk(of, (starts.get(of) as number) + (loop.strides.get(of) ?? 0), frame);
    frame.weight = weight;
    this.emit('addi', counter, counter, -1);
    const bytes = this.lines.slice(first).reduce((sum, line) => sum + (line.mnemonic === ':' ? 0 : line.mnemonic === 'li' ? 8 : 4), 0);
    if (bytes < BRANCH_REACH) this.emit('bnez', counter, label);
    else {
      const end = `${label}end`;
      this.emit('beqz', counter, end);
      this.emit('j', label);
      this.emit(':', end);
    }
    frame.free.unshift(counter);
    for (const of of used) {
      const placed = frame.cursors.get(of) as Placed;
      placed.offset = (starts.get(of) as number) + loop.count * (loop.strides.get(of) ?? 0);
    }
  }

  private flip(toggle: Toggle, frame: Frame): void {
    if (!frame.dynamic.has(toggle)) {
      frame.states.set(toggle, 1 - (frame.states.get(toggle) ?? 0));
      return;
    }
    for (const [of, { register }] of frame.cursors) {
      const delta = of.toggles.get(toggle);
      if (delta !== undefined) this.emit('add', register, register, frame.swings.get(swingKey(toggle, delta)) as string);
    }
    for (const [key, register] of frame.swings) if (key.startsWith(`${toggle.name} `)) this.emit('neg', register, register);
  }

  private command(command: Command, frame: Frame): void {
    const operands: string[] = [];
    for (const word of [command.rs1, command.rs2]) {
      if (word !== undefined) operands.push(this.word(word, TEMPORARIES[operands.length], frame));
    }
    this.emit(TENSOR[command.op].mnemonic, ...operands);
  }

  /** The register that holds a word, made to hold it. */
  private word(word: Word, temporary: string, frame: Frame): string {
    if ('value' in word) {
      if (word.value === 0) return 'zero';
      const register = this.constant(`=${word.value}`, word.value, frame);
      if (register !== undefined) return register;
      this.emit('li', temporary, signed(word.value));
      return temporary;
    }
    const placed = frame.cursors.get(word.cursor);
    if (placed === undefined) throw new Error(`cursor ${word.cursor.name} has no register here`);
    this.walk(word.cursor, this.target(word.cursor, word.offset, frame), frame);
    return placed.register;
  }

  /** The offset that a register must have for a word, states of known toggles included. */
  private target(of: Cursor, offset: number, frame: Frame): number {
    let sum = offset;
    for (const [toggle, delta] of of.toggles) if (!frame.dynamic.has(toggle)) sum += (frame.states.get(toggle) ?? 0) * delta;
    return sum;
  }

  /** Moves a cursor's register to an offset. */
  private walk(of: Cursor, offset: number, frame: Frame): void {
    const placed = frame.cursors.get(of) as Placed;
    const distance = signed(offset - placed.offset);
    placed.offset = offset;
    if (distance === 0) return;
    const { register } = placed;
    if (fitsImmediate(distance)) {
      this.emit('addi', register, register, distance);
      return;
    }
    const size = Math.abs(distance);
    const held = this.constant(`=${size}`, size, frame);
    if (held !== undefined) this.emit(distance < 0 && distance !== -(2 ** 31) ? 'sub' : 'add', register, register, held);
    else {
      // Not the first one: that may hold this command's other operand.
      this.emit('li', TEMPORARIES[1], distance);
      this.emit('add', register, register, TEMPORARIES[1]);
    }
  }

  /** The register of a constant, if it has one. */
  private constant(key: string, value: number, frame: Frame): string | undefined {
    if (frame.wanted !== undefined) {
      const entry = frame.wanted.get(key);
      frame.wanted.set(key, { value, uses: (entry?.uses ?? 0) + frame.weight });
    }
    return frame.constants.get(key);
  }
}

const swingKey = (toggle: Toggle, delta: number): string => `${toggle.name} ${signed(delta)}`;

/** Toggles that flip inside a loop: their state is not known when the code is made. */
function collectDynamic(nodes: readonly Node[], inLoop: boolean, found: Set<Toggle>): void {
  for (const node of nodes) {
    if (node.kind === 'flip') {
      if (inLoop) found.add(node.toggle);
    } else if (node.kind === 'loop') collectDynamic(node.body, true, found);
  }
}

function loopDepth(nodes: readonly Node[]): number {
  return Math.max(0, ...nodes.map((node) => (node.kind === 'loop' ? 1 + loopDepth(node.body) : 0)));
}

function containsScope(nodes: readonly Node[]): boolean {
  return nodes.some((node) => node.kind === 'scope' || (node.kind === 'loop' && containsScope(node.body)));
}

/** A frame whose changes are forgotten. */
function copyOf(frame: Frame): Frame {
  return {
    ...frame, free: [...frame.free], states: new Map(frame.states),
    cursors: new Map([...frame.cursors].map(([of, placed]): [Cursor, Placed] => [of, { ...placed }])),
  };
}
