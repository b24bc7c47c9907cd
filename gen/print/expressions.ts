/**
 * Expressions as SystemVerilog text. Widths are explicit in the IR, so the text never relies on implicit extension, but for
 * one case: a product stands alone on the right of an assignment, where the language widens its operands by their sign.
 * What cannot be written inline (selecting bits of a sum, a product inside a sum) or is used twice becomes a named wire.
 */
import { isLaneIndex, operands, walkUp } from '../ir/expr.ts';
import type { Binary, Expr, LaneIndex, Lit } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import { fieldPlace } from '../ir/leaves.ts';
import type { Module } from '../ir/module.ts';
import { indexWidth, numeric, sameLayout, uintType, widthOf } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import type { TextNames } from '../names/text-names.ts';
import type { Declaration } from '../verilog/form.ts';
import { BitSet } from './bit-set.ts';
import type { Hoisted, TableText } from './hoisted.ts';
import { OpenLoops, laneBounds } from './loops.ts';
import type { Loop } from './loops.ts';
import { WireNames, isCheap } from './naming.ts';
import { BINARY, OPPOSITE, PRIMARY, UNARY, operand, paren } from './operators.ts';
import type { Operator, Text } from './operators.ts';
import { member, positions, rangeText, sideBySide } from './selection.ts';
import type { LaneStep, Selection } from './selection.ts';
import { tableOf } from './tables.ts';
import type { Table } from './tables.ts';
import { inlineComment } from './text.ts';
import { baseOf, literalText, plainType } from './types.ts';
import type { Base } from './types.ts';

interface DynamicStep {
  readonly index: Expr;
  readonly length: number;
  readonly width: number;
}

/** A part of a name under a name of its own. */
interface Part {
  readonly wire: Hoisted;
  /** Lists that it is in while it is there. */
  readonly among: readonly Hoisted[][];
  isThere: boolean;
}

/** Levels of operations in the text of one expression. */
const MOST_NESTED = 128;

export class ExpressionPrinter {
  readonly hoisted: Hoisted[] = [];
  /** Those inside of loops. */
  readonly inLoops: Hoisted[] = [];
  private readonly loops: OpenLoops;
  /** Bits of each declared name that some printed expression reads. */
  readonly read = new Map<string, BitSet>();
  private readonly wireNames: WireNames;
  private readonly names = new Map<Expr, string>();
  private readonly shared: Set<Expr>;
  /** Levels of operations below an expression, down to what has a name for their sake. */
  private readonly depths = new Map<Expr, number>();
  /** Names of wires inside of loops. */
  private readonly local = new Set<string>();
  private readonly constants = new Map<string, { readonly type: Type; readonly value: bigint; readonly name: string }>();
  private readonly tables = new Map<Expr, Table<Expr> | 'none'>();
  /** Names of parts of names, and those of the block that is being printed, if it is one in which they need some, of what its loop has. */
  private readonly partNames = new Map<string, Part>();
  private parts: Map<string, Part> | undefined;
  /** Those that are there, in their order. */
  private readonly made: Part[] = [];

  constructor(m: Module, private readonly pool: TextNames) {
    this.wireNames = new WireNames(m, pool);
    this.loops = new OpenLoops(pool);
    this.shared = this.wireNames.shared();
  }

  /**
   * To be called before an expression is printed. Tools read deep nests no better than people do, and the stack of JavaScript is limited
   * too: of a deeper one every MOST_NESTED-th level gets a name, from the inside out.
   */
  private prepare(root: Expr): void {
    walkUp(root, (e) => this.depths.has(e), (e) => {
      let depth = 0;
      for (const o of operands(e)) depth = Math.max(depth, (this.depths.get(o) ?? 0) + 1);
      if (depth < MOST_NESTED) {
        this.depths.set(e, depth);
        return;
      }
      this.depths.set(e, 0);
      if (isCheap(e)) return;
      this.shared.add(e);
      this.name(e);
    });
  }

  /** Variable of the loops inside of blocks. */
  get loopVariable(): string {
    return this.loops.variable;
  }

  /** Text of a literal: its name, if it has one. */
  literal(type: Type, value: bigint, name?: string, base?: Base): string {
    return name === undefined || type.kind === 'enum' ? literalText(type, value, this.pool, base) : this.constant(type, value, name);
  }

  /** Labels of the branches of a `case`, in one base. */
  labels(branches: readonly (readonly Lit[])[]): string[][] {
    const base = baseOf(branches.flatMap(unnamedValues));
    return branches.map((all) => all.map((l) => this.noted(l, this.literal(l.type, l.value, l.hint, base))));
  }

  private constant(type: Type, value: bigint, wish: string): string {
    const text = literalText(type, value, this.pool);
    const key = `${wish} ${plainType(type)} ${text}`;
    let known = this.constants.get(key);
    if (!known) {
      known = { type, value, name: this.pool.fresh(wish) };
      this.constants.set(key, known);
    }
    return known.name;
  }

  /** Literals that the designer has named, those of one type in one base. */
  get namedConstants(): readonly Declaration[] {
    const all = [...this.constants.values()];
    const values = new Map<string, bigint[]>();
    for (const { type, value } of all) {
      const known = values.get(plainType(type));
      if (known) known.push(value);
      else values.set(plainType(type), [value]);
    }
    return all.map(({ type, value, name }) => {
      // A byte that means something is a number.
      const base = widthOf(type) <= 8 ? 'decimal' : baseOf(values.get(plainType(type)) ?? []);
      return { lead: 'localparam ', type: plainType(type), name, rest: ` = ${literalText(type, value, this.pool, base)}` };
    });
  }

  /** Text of an expression that stands alone on the right of an assignment. */
  rightSide(e: Expr): string {
    this.prepare(e);
    if (!this.names.has(e) && this.shared.has(e)) return this.name(e);
    return this.isTable(e) ? this.readName(e) : this.root(e);
  }

  /** Text inside another construct (a condition, a port connection): no bare product. */
  inline(e: Expr): string {
    this.prepare(e);
    return this.print(e).text;
  }

  /** Text to which a bit select can be appended. */
  inlineSelectable(e: Expr): string {
    this.prepare(e);
    return this.selectable(e);
  }

  /** Text whose value does not depend on what surrounds it: a name, a part of one, a literal or a concatenation. */
  atomic(e: Expr): string {
    this.prepare(e);
    return this.ifUseful(() => this.print(e), ({ prec }) => prec === PRIMARY || e.op === 'lit')?.text ?? this.readName(e);
  }

  /** An index: atomic, because Icarus 11 computes it in more bits than its operands have, and not negative. */
  address(e: Expr): string {
    const text = this.atomic(e);
    return this.isSigned(e) ? `$unsigned(${text})` : text;
  }

  /** Text of `!cond`, without a double negation. */
  negated(cond: Expr): string {
    this.prepare(cond);
    if (cond.op === 'unary' && cond.fn === 'not' && !this.shared.has(cond)) return this.print(cond.a).text;
    return this.opposite(cond)?.text ?? `!${paren(this.print(cond), UNARY + 1)}`;
  }

  /** The opposite of a comparison, as a comparison: `!(a < b)` is `a >= b`. */
  private opposite(e: Expr): Text | undefined {
    if (e.op !== 'binary' || this.names.has(e) || this.shared.has(e)) return undefined;
    const fn = OPPOSITE[e.fn];
    return fn === undefined ? undefined : this.binary(e, fn);
  }

  /** Operand of `&&`. */
  operand(e: Expr): string {
    this.prepare(e);
    return paren(this.print(e), 3);
  }

  /** Operand of `&&` that holds where `e` does not. What is only joined by or is negated part by part, if that takes a negation away. */
  negatedOperand(e: Expr): string {
    this.prepare(e);
    const parts = this.alternatives(e);
    return parts.some((x) => this.isNot(x)) ? parts.map((x) => this.negatedPart(x)).join(' && ') : this.negatedPart(e);
  }

  private negatedPart(e: Expr): string {
    if (e.op === 'unary' && this.isNot(e)) return paren(this.print(e.a), BINARY.logicalAnd.prec);
    // Where not all of several things hold one of them does not: better said of each, if that takes a negation away.
    if (e.op === 'binary' && e.fn === 'and' && e.note === undefined && !this.isApart(e) && (this.isNot(e.a) || this.isNot(e.b))) {
      return `(${this.alternative(e.a)} || ${this.alternative(e.b)})`;
    }
    return this.negated(e);
  }

  /** Operand of `||` that holds where `e` does not. */
  private alternative(e: Expr): string {
    return e.op === 'unary' && this.isNot(e) ? operand(this.print(e.a), BINARY.logicalOr.prec, true) : this.negated(e);
  }

  private isNot(e: Expr): boolean {
    return e.op === 'unary' && e.fn === 'not' && e.note === undefined && !this.isApart(e);
  }

  /** Of `a || b || c` the operands, as many as there are without a name or a note. */
  private alternatives(root: Expr): readonly Expr[] {
    const found: Expr[] = [];
    const stack = [root];
    for (let e = stack.pop(); e; e = stack.pop()) {
      if (e.op === 'binary' && e.fn === 'or' && e.type.kind === 'bool' && e.note === undefined && !this.isApart(e)) stack.push(e.b, e.a);
      else found.push(e);
    }
    return found;
  }

  /** Name of a signal that an expression just repeats, if it does. */
  alias(e: Expr): string | undefined {
    this.prepare(e);
    const sel = e.op === 'ref' || e.op === 'cast' ? this.select(e) : undefined;
    return sel && sel.lo === 0 && sel.width === sel.of ? this.selectionText(sel) : undefined;
  }

  markWhole(name: string, width: number): void {
    this.markRead(name, 0, width);
  }

  private root(e: Expr): string {
    if (this.names.has(e)) return this.print(e).text;
    return e.op === 'binary' ? this.alone(e) : this.compose(e).text;
  }

  private print(e: Expr): Text {
    if (this.isApart(e) || (e.op === 'binary' && e.fn === 'mul') || this.isTable(e)) return { text: this.readName(e), prec: PRIMARY };
    return this.compose(e);
  }

  private readName(e: Expr): string {
    const name = this.name(e);
    this.markRead(name, 0, widthOf(e.type));
    return name;
  }

  /** Name of the wire that holds `e`; made on first use. */
  private name(e: Expr): string {
    const known = this.names.get(e);
    if (known !== undefined) return known;
    const name = this.wireNames.fresh(e);
    this.names.set(e, name);
    const hoisted = this.loops.loopOf(e)?.hoisted ?? this.hoisted;
    if (hoisted !== this.hoisted) this.local.add(name);
    const slot = hoisted.length;
    const isNamed = e.hint !== undefined;
    hoisted.push({ name, type: e.type, value: '', isNamed });
    const value = this.tableText(e) ?? this.outsideOfBlocks(() => this.composeRoot(e));
    hoisted[slot] = { name, type: e.type, value, isNamed };
    if (hoisted !== this.hoisted) this.inLoops.push(hoisted[slot]);
    return name;
  }

  // --- blocks ---

  /** Prints what stands in an `always_comb`, where Icarus 11 is sorry for each part of a name: there parts have names, too. */
  combinational<T>(print: () => T): T {
    return this.withParts(new Map(), print);
  }

  private outsideOfBlocks<T>(print: () => T): T {
    return this.withParts(undefined, print);
  }

  private withParts<T>(parts: Map<string, Part> | undefined, print: () => T): T {
    const outer = this.parts;
    this.parts = parts;
    try {
      return print();
    } finally {
      this.parts = outer;
    }
  }

  /** Name of a part of a name. */
  private part(s: Selection): string {
    const text = rangeText(s);
    const inner = this.local.has(s.root) || this.loops.isLane(s.root) ? this.loops.innermost : undefined;
    const known = inner ? this.parts : this.partNames;
    let part = known?.get(text);
    if (!part) {
      const name = this.pool.fresh(text.replaceAll(/[.[:]/g, '_').replaceAll(']', ''));
      const wire: Hoisted = { name, type: uintType(s.width), value: text, isNamed: false };
      part = { wire, among: inner ? [inner.hoisted, this.inLoops] : [this.hoisted], isThere: false };
      known?.set(text, part);
      if (inner) this.local.add(name);
    }
    if (!part.isThere) {
      part.isThere = true;
      for (const list of part.among) list.push(part.wire);
      this.made.push(part);
    }
    return part.wire.name;
  }

  /** Prints, and takes back the parts that came up if the text is of no use. */
  private ifUseful(print: () => Text, isUseful: (t: Text) => boolean): Text | undefined {
    const before = this.made.length;
    const text = print();
    if (isUseful(text)) return text;
    for (const part of this.made.splice(before)) {
      part.isThere = false;
      for (const list of part.among) list.splice(list.indexOf(part.wire), 1);
    }
    return undefined;
  }

  // --- tables ---

  /** A value as what a `case` gives, if it is one that stands here and not under a name. To be asked before its text. */
  table(e: Expr): TableText | undefined {
    this.prepare(e);
    return this.isApart(e) ? undefined : this.tableText(e);
  }

  private tableText(e: Expr): TableText | undefined {
    const table = this.tableOf(e);
    if (!table) return undefined;
    const base = baseOf([...table.arms.map(({ of }) => of), table.otherwise].flatMap((of) => (of.op === 'lit' ? unnamedValues([of]) : [])));
    const side = (of: Expr): string => (of.op === 'lit' ? this.noted(of, this.literal(of.type, of.value, of.hint, base)) : this.rightSide(of));
    const on = this.inline(table.on);
    const labels = this.labels(table.arms.map((arm) => arm.labels));
    return { on, arms: table.arms.map(({ of }, i) => ({ labels: labels[i], value: side(of) })), otherwise: side(table.otherwise) };
  }

  /** Reads by a name of its own. */
  isApart(e: Expr): boolean {
    return this.names.has(e) || this.shared.has(e);
  }

  private isTable(e: Expr): boolean {
    return this.tableOf(e) !== undefined;
  }

  private tableOf(e: Expr): Table<Expr> | undefined {
    if (e.op !== 'mux') return undefined;
    let table = this.tables.get(e);
    if (table === undefined) {
      const found = tableOf(e, (x) => this.isApart(x));
      const parts = found && [found.on, ...found.arms.map(({ of }) => of), found.otherwise];
      this.tables.set(e, (table = parts && !this.selectsParts(parts) ? found : 'none'));
    }
    return table === 'none' ? undefined : table;
  }

  /** Whether the text would select bits of a name by number: of that in an `always_comb` Icarus 11 says that it is sorry. */
  private selectsParts(roots: readonly Expr[]): boolean {
    const seen = new Set<Expr>();
    const stack = [...roots];
    for (let e = stack.pop(); e; e = stack.pop()) {
      if (seen.has(e) || this.isApart(e)) continue;
      seen.add(e);
      if (e.op === 'slice' || e.op === 'field' || (e.op === 'index' && typeof e.index === 'number')) return true;
      if (e.op === 'extend' && e.type.kind === 'sint') return true;
      for (const o of operands(e)) stack.push(o);
    }
    return false;
  }

  // --- loops ---

  /** Prints the inside of a loop: what depends on its lane gets its name there. */
  within<T>(lanes: Lanes, roots: readonly Expr[], print: (loop: Loop) => T): T {
    return this.loops.within(lanes, roots, print);
  }

  /** The lane's element, of so many bits, of what is selected. */
  private laneElement(of: Selection, e: LaneIndex, width: number): Selection {
    const step: LaneStep = { text: this.loops.laneText(e, width), bits: e.scale * width, lanes: e.lanes };
    return { ...of, lo: of.lo + e.offset * width, width, struct: false, steps: [...(of.steps ?? []), step] };
  }

  private composeRoot(e: Expr): string {
    return e.op === 'binary' ? this.alone(e) : this.compose(e, true).text;
  }

  /** With what the designer notes beside it. */
  private noted(e: Expr, text: string): string {
    return e.note === undefined ? text : `${text} ${inlineComment(e.note)}`;
  }

  /** Text of a binary operation that no other operation surrounds. */
  private alone(e: Binary): string {
    return this.noted(e, e.fn === 'mul' ? this.product(e) : this.binary(e).text);
  }

  private product(e: Binary): string {
    // The result is wider than the operands, and an operator inside of an operand would be computed in that width.
    const side = (x: Expr): string => {
      if (x.op === 'lit') return this.literal(e.type, numeric(x.type, x.value) & ((1n << BigInt(widthOf(e.type))) - 1n));
      const print = (): Text => (e.type.kind === 'sint' ? this.signed(x) : this.unsigned(x));
      return this.ifUseful(print, ({ prec }) => prec === PRIMARY)?.text ?? this.readName(x);
    };
    return `${side(e.a)} * ${side(e.b)}`;
  }

  /** `defining`: the text is what the wire of this name is assigned, so it must not be the name. */
  private compose(e: Expr, defining = false): Text {
    const { text, prec } = this.composed(e, defining);
    return { text: this.noted(e, text), prec };
  }

  private composed(e: Expr, defining: boolean): Text {
    const sel = defining ? this.selectPart(e) : this.select(e);
    if (sel) return { text: this.selectionText(sel), prec: PRIMARY };
    switch (e.op) {
      case 'lit':
        return { text: this.literal(e.type, e.value, e.hint), prec: e.type.kind === 'sint' ? UNARY : PRIMARY };
      case 'unary': {
        const opposite = e.fn === 'not' ? this.opposite(e.a) : undefined;
        if (opposite) return opposite;
        const op = e.fn === 'not' ? (e.type.kind === 'bool' ? '!' : '~') : { neg: '-', andR: '&', orR: '|', xorR: '^' }[e.fn];
        return { text: `${op}${paren(this.print(e.a), UNARY + 1)}`, prec: UNARY };
      }
      case 'binary':
        // Among unsigned operands `>>>` would shift in zeros: the function keeps the operands around it out.
        return isArithmeticShift(e) ? { text: `$signed(${this.binary(e).text})`, prec: PRIMARY } : this.binary(e);
      case 'mux':
        return { text: `${paren(this.print(e.cond), 1)} ? ${paren(this.print(e.a), 1)} : ${paren(this.print(e.b), 0)}`, prec: 0 };
      case 'cat':
        return { text: this.concatenation(e.parts), prec: PRIMARY };
      case 'bundle':
        return { text: `{${e.fields.map((p) => this.print(p).text).join(', ')}}`, prec: PRIMARY };
      case 'vec':
        return { text: this.vector(e.items), prec: PRIMARY };
      case 'cast':
        return this.print(e.of);
      case 'extend':
        return { text: this.extension(e.of, widthOf(e.type) - widthOf(e.of.type)), prec: PRIMARY };
      case 'memRead':
        return this.guarded(e.addr, e.mem.depth, `${e.mem.name}[${this.address(e.addr)}]`, widthOf(e.type));
      case 'index':
        if (typeof e.index === 'number' || isLaneIndex(e.index, e.of.type)) {
          return { text: this.selectionText(this.narrow(e, this.nameSelection(e.of))), prec: PRIMARY };
        }
        return this.dynamicIndex(e.of, e.index, e.type);
      case 'slice':
      case 'field':
        // Selecting from something that is not a name: name it first.
        return { text: this.selectionText(this.narrow(e, this.nameSelection(e.of))), prec: PRIMARY };
      case 'lane':
      case 'ref':
        throw new Error('a name is always a selection');
    }
  }

  /** What is joined, where that is no more than a part of something longer that is joined. */
  private joinedParts(e: Expr): readonly Expr[] {
    let of = e;
    while (of.op === 'cast' && of.note === undefined && !this.isApart(of)) of = of.of;
    return of.op === 'cat' && of.note === undefined && !this.isApart(of) ? of.parts.flatMap((p) => this.joinedParts(p)) : [e];
  }

  /**
   * Text of each part of what is joined, the most significant first. Neighbours that are one and the same expression are written as a
   * repetition, neighbours that lie side by side in one name as one part of it.
   */
  private partTexts(parts: readonly Expr[]): string[] {
    const runs: { part: Expr; times: number; place: Selection | undefined }[] = [];
    for (const part of parts) {
      const last = runs.at(-1);
      const place = this.placeOf(part);
      const both = last?.times === 1 && last.place && place ? sideBySide(last.place, place) : undefined;
      if (last && both) last.place = both;
      else if (last?.part === part && part.op !== 'lit') last.times++;
      else runs.push({ part, times: 1, place });
    }
    return runs.map(({ part, times, place }) => {
      const text = place ? this.selectionText(place) : this.print(part).text;
      return times > 1 ? `{${times}{${text}}}` : text;
    });
  }

  /** The one place of a name that an expression is, part by part if need be; nothing for what a note stands beside. */
  private placeOf(e: Expr): Selection | undefined {
    if (e.note !== undefined) return undefined;
    if (this.isApart(e)) return this.nameSelection(e);
    switch (e.op) {
      case 'cast': {
        const of = this.placeOf(e.of);
        return of && { ...of, struct: false };
      }
      case 'cat':
        return this.placeOfAll(e.parts);
      case 'vec':
        return this.placeOfAll([...e.items].reverse());
      case 'slice':
      case 'field':
        return this.narrow(e, this.select(e.of) ?? this.nameSelection(e.of));
      case 'index':
        return typeof e.index === 'number' ? this.narrow(e, this.select(e.of) ?? this.nameSelection(e.of)) : this.select(e);
      default:
        return this.select(e);
    }
  }

  private placeOfAll(parts: readonly Expr[]): Selection | undefined {
    let all: Selection | undefined;
    for (const part of parts) {
      const place = this.placeOf(part);
      all = all && place ? sideBySide(all, place) : all ? undefined : place;
      if (!all) return undefined;
    }
    return all;
  }

  private concatenation(parts: readonly Expr[]): string {
    const flat = parts.flatMap((p) => this.joinedParts(p));
    const texts = this.partTexts(flat);
    // A part of a name has no sign; a name may have one, and an operation alone would be computed in the width around it.
    const place = texts.length === 1 ? this.placeOfAll(flat) : undefined;
    const isPlain = place ? place.width < place.of || !flat.some(readsSigned) : texts.length === 1 && flat.length > 1;
    return isPlain ? texts[0] : `{${texts.join(', ')}}`;
  }

  private vector(items: readonly Expr[]): string {
    if (items.length > 1 && items.every((i) => i === items[0] || (i.op === 'lit' && items[0].op === 'lit' && i.value === items[0].value))) {
      return `{${items.length}{${this.print(items[0]).text}}}`;
    }
    return this.concatenation([...items].reverse());
  }

  private extension(of: Expr, by: number): string {
    if (of.type.kind !== 'sint') return `{${by}'d0, ${this.partTexts(this.joinedParts(of)).join(', ')}}`;
    const whole = this.select(of) ?? this.nameSelection(of);
    const sign = this.selectionText({ ...whole, lo: whole.lo + whole.width - 1, width: 1, struct: false });
    return `{${by === 1 ? sign : `{${by}{${sign}}}`}, ${this.selectionText(whole)}}`;
  }

  /** Text to which a bit select can be appended. */
  private selectable(e: Expr): string {
    const sel = this.select(e);
    return sel && sel.lo === 0 && sel.width === sel.of && !sel.isInner ? this.selectionText(sel) : this.readName(e);
  }

  private binary(e: Binary, fn: Operator = e.fn): Text {
    const logical = e.type.kind === 'bool' && (e.fn === 'and' || e.fn === 'or');
    const { text, prec } = BINARY[logical ? (e.fn === 'and' ? 'logicalAnd' : 'logicalOr') : fn];
    const order = e.fn === 'lt' || e.fn === 'le';
    if (order) this.noteEdges(e);
    const arithmeticShift = isArithmeticShift(e);
    const left = order || arithmeticShift ? this.bySign(e.a) : this.print(e.a);
    const right = order ? this.bySign(e.b) : this.print(e.b);
    const chains = e.fn === 'and' || e.fn === 'or' || e.fn === 'xor';
    return { text: `${operand(left, prec, chains)} ${arithmeticShift ? '>>>' : text} ${operand(right, prec, false)}`, prec };
  }

  /** Where the comparison of an order is constant in some lane. */
  private noteEdges({ fn, a, b }: Binary): void {
    const [left, right] = [laneBounds(a), laneBounds(b)];
    if ((fn === 'lt' ? right : left)?.hasLeast) this.loops.loopOf(fn === 'lt' ? b : a)?.edges.add('UNSIGNED');
    if ((fn === 'lt' ? left : right)?.hasMost) this.loops.loopOf(fn === 'lt' ? a : b)?.edges.add('CMPCONST');
  }

  private bySign(e: Expr): Text {
    return e.type.kind === 'sint' ? this.signed(e) : this.unsigned(e);
  }
  private signed(e: Expr): Text {
    const t = this.print(e);
    return this.isSigned(e) ? t : { text: `$signed(${t.text})`, prec: PRIMARY };
  }
  private unsigned(e: Expr): Text {
    const t = this.print(e);
    return this.isSigned(e) ? { text: `$unsigned(${t.text})`, prec: PRIMARY } : t;
  }

  /** Whether every tool takes the printed text as signed. A signed member of a struct is unsigned to Icarus. */
  private isSigned(e: Expr): boolean {
    if (this.names.has(e) || this.shared.has(e)) return e.type.kind === 'sint';
    switch (e.op) {
      case 'ref':
      case 'lit':
        return e.type.kind === 'sint';
      case 'cast':
        return this.isSigned(e.of);
      case 'unary':
        return e.type.kind === 'sint' && this.isSigned(e.a);
      case 'binary':
        if (e.fn === 'mul' || e.fn === 'shr') return e.type.kind === 'sint';
        return e.type.kind === 'sint' && this.isSigned(e.a) && (e.fn === 'shl' || this.isSigned(e.b));
      case 'mux':
        return e.type.kind === 'sint' && this.isSigned(e.a) && this.isSigned(e.b);
      default:
        return false;
    }
  }

  private dynamicIndex(of: Expr, index: Expr, type: Type): Text {
    const base = this.selectable(of);
    // In each lane one place is looked up, or none: a linter sees that the others are not, and what the guard keeps out.
    if (laneBounds(index)) {
      if (this.local.has(base)) this.read.delete(base);
      this.loops.loopOf(index)?.edges.add('SELRANGE');
    }
    const w = widthOf(type);
    const length = widthOf(of.type) / w;
    const exact = indexWidth(length);
    if (length === 1) return this.guarded(index, length, base, w);
    const at = this.elementIndex(index, exact);
    return this.guarded(index, length, w === 1 ? `${base}[${at}]` : `${base}[${this.offset(at, length, w)} +: ${w}]`, w);
  }

  /** `access`, or 0 if the index is past the end. */
  private guarded(index: Expr, length: number, access: string, width: number): Text {
    const guard = this.inRange(index, length);
    return guard ? { text: `${guard} ? ${access} : ${width}'d0`, prec: 0 } : { text: access, prec: PRIMARY };
  }

  /** Condition that an index is not past the end; none if it cannot be. */
  private inRange(index: Expr, length: number): string | undefined {
    const width = widthOf(index.type);
    if (2 ** width <= length) return undefined;
    return `${paren(this.print(index), 8)} < ${this.literal({ kind: 'uint', width }, BigInt(length))}`;
  }

  /** Text of an index in exactly as many bits as the vector's length needs. */
  private elementIndex(index: Expr, bits: number): string {
    const given = widthOf(index.type);
    if (given > bits) {
      const name = this.selectable(index);
      return this.selectionText({ base: name, root: name, rootLo: 0, lo: 0, width: bits, of: given, struct: false });
    }
    return given < bits ? `{${bits - given}'d0, ${this.print(index).text}}` : this.address(index);
  }

  /** Bit position of element `at` of `length` elements of `w` bits, in exactly as many bits as the whole needs. */
  private offset(at: string, length: number, w: number): string {
    const shift = Math.log2(w);
    if (Number.isInteger(shift)) return `{${at}, ${shift}'d0}`;
    const bits = indexWidth(length * w);
    return `{${bits - indexWidth(length)}'d0, ${at}} * ${bits}'d${w}`;
  }

  /**
   * Text that an assignment can drive: a signal or a part of it. `dynamic`: the part is found by an index; Yosys 0.23 then
   * computes the right side in the width of the whole, which only an atomic right side survives.
   */
  place(
    { name, type: whole }: { name: string; type: Type }, path: readonly ({ field: string } | { index: number | Expr })[],
  ): { text: string; dynamic: boolean; guard?: string } {
    const all = widthOf(whole);
    let sel: Selection = { base: name, root: name, rootLo: 0, lo: 0, width: all, of: all, struct: whole.kind === 'bundle' };
    let type = whole;
    const steps: DynamicStep[] = [];
    for (const p of path) {
      if ('field' in p) {
        sel = member(sel, type, p.field);
        type = fieldPlace(type, p.field).type;
      } else if (type.kind === 'vec') {
        const w = widthOf(type.element);
        if (typeof p.index === 'number') sel = { ...sel, lo: sel.lo + p.index * w, width: w, struct: false };
        else if (isLaneIndex(p.index, type)) sel = this.laneElement(sel, p.index, w);
        else {
          steps.push({ index: p.index, length: type.length, width: w });
          sel = { ...sel, width: w, struct: false };
        }
        type = type.element;
      }
    }
    if (steps.length === 0) return { text: rangeText(sel), dynamic: false };
    // The place first: it may name an index, and the guard then reads all of that name.
    const text = this.dynamicPlace(sel, steps);
    const guards = steps.flatMap((s) => this.inRange(s.index, s.length) ?? []);
    return { text, dynamic: true, ...(guards.length > 0 ? { guard: guards.join(' && ') } : {}) };
  }

  /** The selected bits of `sel.base`, moved up by the dynamic steps. */
  private dynamicPlace(sel: Selection, steps: readonly DynamicStep[]): string {
    const real = steps.filter((s) => s.length > 1);
    if (real.length === 0) return rangeText(sel);
    const bits = indexWidth(sel.of);
    const terms = real.map((s) => {
      const at = this.elementIndex(s.index, indexWidth(s.length));
      const text = s.width === 1 ? at : this.offset(at, s.length, s.width);
      const pad = bits - indexWidth(s.length * s.width);
      return pad > 0 ? `{${pad}'d0, ${text}}` : text;
    });
    if (sel.lo > 0) terms.push(`${bits}'d${sel.lo}`);
    for (const s of sel.steps ?? []) terms.push(s.text);
    const from = terms.join(' + ');
    return sel.width === 1 ? `${sel.base}[${from}]` : `${sel.base}[${from} +: ${sel.width}]`;
  }

  // --- selections ---

  private select(e: Expr): Selection | undefined {
    if (this.names.has(e) || this.shared.has(e)) return this.nameSelection(e);
    return this.selectPart(e);
  }

  private selectPart(e: Expr): Selection | undefined {
    switch (e.op) {
      case 'ref': {
        const w = widthOf(e.type);
        return { base: e.signal.name, root: e.signal.name, rootLo: 0, lo: 0, width: w, of: w, struct: e.type.kind === 'bundle' && e.signal.kind !== 'input' };
      }
      case 'lane': {
        const [w, name] = [widthOf(e.type), this.loops.laneName(e)];
        return { base: name, root: name, rootLo: 0, lo: 0, width: w, of: w, struct: false };
      }
      case 'field':
      case 'slice': {
        const of = this.select(e.of);
        return of && this.narrow(e, of);
      }
      case 'index': {
        const of = typeof e.index === 'number' || isLaneIndex(e.index, e.of.type) ? this.select(e.of) : undefined;
        return of && this.narrow(e, of);
      }
      case 'cast': {
        const of = this.select(e.of);
        // The text knows the fields of what is declared, not those of what it is taken for.
        return of && { ...of, struct: of.struct && sameLayout(e.type, e.of.type) };
      }
      default:
        return undefined;
    }
  }

  private nameSelection(e: Expr): Selection {
    const w = widthOf(e.type);
    const name = this.name(e);
    // Yosys finds no members of what is declared inside of a loop.
    return { base: name, root: name, rootLo: 0, lo: 0, width: w, of: w, struct: e.type.kind === 'bundle' && !this.loops.loopOf(e) };
  }

  private narrow(e: Expr, of: Selection): Selection {
    if (e.op === 'slice') return { ...of, lo: of.lo + e.lo, width: widthOf(e.type), struct: false };
    if (e.op === 'index') {
      const width = widthOf(e.type);
      if (typeof e.index === 'number') return { ...of, lo: of.lo + e.index * width, width, struct: false };
      if (isLaneIndex(e.index, e.of.type)) return this.laneElement(of, e.index, width);
    }
    if (e.op === 'field') return member(of, e.of.type, e.name);
    throw new Error(`cannot select with ${e.op}`);
  }

  private selectionText(s: Selection): string {
    // Of what there is once a lane, another part is read in each: to a linter the others are unread.
    if (!s.steps || !this.local.has(s.root)) for (const at of positions(s)) this.markRead(s.root, s.rootLo + at, s.width);
    if (!this.parts || s.steps || (s.base === s.root && s.width === s.of)) return rangeText(s);
    const name = this.part(s);
    this.markRead(name, 0, s.width);
    return name;
  }

  private markRead(name: string, lo: number, width: number): void {
    let bits = this.read.get(name);
    if (!bits) this.read.set(name, (bits = new BitSet()));
    bits.add(lo, width);
  }
}

/** What stands as a number in the text. */
function unnamedValues(all: readonly Lit[]): bigint[] {
  return all.flatMap((l) => (l.hint === undefined && l.type.kind === 'uint' ? [l.value] : []));
}

function isArithmeticShift(e: Binary): boolean {
  return e.fn === 'shr' && e.type.kind === 'sint';
}

/** Whether a part is taken of something that may be declared with a sign. */
function readsSigned(e: Expr): boolean {
  let at = e;
  for (; at.type.kind !== 'sint'; at = at.of) if (at.op !== 'cast' && at.op !== 'slice' && at.op !== 'field' && at.op !== 'index') return false;
  return true;
}
