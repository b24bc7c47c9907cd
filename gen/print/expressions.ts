/**
 * Expressions as SystemVerilog text. Widths are explicit in the IR, so the text never relies on implicit extension, but for
 * one case: a product stands alone on the right of an assignment, where the language widens its operands by their sign.
 * What cannot be written inline (selecting bits of a sum, a product inside a sum) or is used twice becomes a named wire.
 * Here each kind of expression has its text, and what must have a name gets it; how single kinds are written is in `expressions/`.
 * Must not know what stands around an expression.
 */
import { isLaneIndex, operands, walkUp } from '../ir/expr.ts';
import type { Binary, Expr, Lit } from '../ir/expr.ts';
import type { Lanes } from '../ir/lanes.ts';
import type { Module, PathElement } from '../ir/module.ts';
import { numeric, widthOf } from '../ir/types.ts';
import type { Type } from '../ir/types.ts';
import type { TextNames } from '../names/text-names.ts';
import type { Declaration } from '../verilog/form.ts';
import type { BitSet } from './bit-set.ts';
import { Constants } from './constants.ts';
import { ChoicePrinter } from './expressions/choices.ts';
import { ConditionPrinter } from './expressions/conditions.ts';
import type { Inner } from './expressions/inner.ts';
import { JoinPrinter } from './expressions/joins.ts';
import { BINARY, PRIMARY, UNARY, operand, paren } from './expressions/operators.ts';
import type { Operator, Text } from './expressions/operators.ts';
import { Parts } from './expressions/parts.ts';
import { PlacePrinter } from './expressions/places.ts';
import type { Place } from './expressions/places.ts';
import { Selector } from './expressions/selector.ts';
import { isArithmeticShift, isSigned } from './expressions/signs.ts';
import { HoistedWires } from './hoisted.ts';
import type { Hoisted, TableText } from './hoisted.ts';
import { OpenLoops, laneBounds } from './loops.ts';
import type { Loop } from './loops.ts';
import { WireNames, isCheap } from './naming.ts';
import { Reads } from './reads.ts';
import { noted } from './text.ts';
import type { Base } from './types.ts';

/** Levels of operations in the text of one expression. */
const MOST_NESTED = 128;

export class ExpressionPrinter {
  private readonly wires = new HoistedWires();
  private readonly reads = new Reads();
  private readonly wireNames: WireNames;
  private readonly names = new Map<Expr, string>();
  private readonly shared: Set<Expr>;
  /** Levels of operations below an expression, down to what has a name for their sake. */
  private readonly depths = new Map<Expr, number>();
  private readonly loops: OpenLoops;
  private readonly constants: Constants;
  private readonly parts: Parts;
  private readonly selector: Selector;
  private readonly joins: JoinPrinter;
  private readonly places: PlacePrinter;
  private readonly choices: ChoicePrinter;
  private readonly conditions: ConditionPrinter;

  constructor(m: Module, pool: TextNames) {
    this.wireNames = new WireNames(m, pool);
    this.shared = this.wireNames.shared();
    this.loops = new OpenLoops(pool);
    this.constants = new Constants(pool);
    this.parts = new Parts(pool, this.wires, this.loops);
    const inner: Inner = {
      isApart: (e) => this.isApart(e),
      name: (e) => this.name(e),
      print: (e) => this.print(e),
      inline: (e) => this.inline(e),
      binary: (e, fn) => this.binary(e, fn),
      selectable: (e) => this.selectable(e),
      address: (e) => this.address(e),
      rightSide: (e) => this.rightSide(e),
    };
    this.selector = new Selector(inner, this.loops, this.wires, this.parts, this.reads);
    this.joins = new JoinPrinter(inner, this.selector);
    this.places = new PlacePrinter(inner, this.constants, this.selector, this.loops, this.wires, this.reads);
    this.choices = new ChoicePrinter(inner, this.constants);
    this.conditions = new ConditionPrinter(inner);
  }

  // --- what the text of a module asks for ---

  /** Wires that came up outside of loops. */
  get hoisted(): readonly Hoisted[] {
    return this.wires.own;
  }

  /** Those inside of loops. */
  get inLoops(): readonly Hoisted[] {
    return this.wires.inLoops;
  }

  /** Literals that the designer has named. */
  get namedConstants(): readonly Declaration[] {
    return this.constants.declarations;
  }

  /** Variable of the loops inside of blocks. */
  get loopVariable(): string {
    return this.loops.variable;
  }

  /** Bits of a declared name that some printed expression reads. */
  readOf(name: string): BitSet | undefined {
    return this.reads.of(name);
  }

  markWhole(name: string, width: number): void {
    this.reads.add(name, 0, width);
  }

  /** Prints the inside of a loop: what depends on its lane gets its name there. */
  within<T>(lanes: Lanes, roots: readonly Expr[], print: (loop: Loop) => T): T {
    return this.loops.within(lanes, roots, print);
  }

  /** Prints what stands in an `always_comb`. */
  combinational<T>(print: () => T): T {
    return this.parts.combinational(print);
  }

  /** Text of a literal: its name, if it has one. */
  literal(type: Type, value: bigint, name?: string, base?: Base): string {
    return this.constants.text(type, value, name, base);
  }

  /** Labels of the branches of a `case`, in one base. */
  labels(branches: readonly (readonly Lit[])[]): string[][] {
    return this.constants.labels(branches);
  }

  /** Text that an assignment can drive: a signal or a part of it. */
  place(signal: { readonly name: string; readonly type: Type }, path: readonly PathElement[]): Place {
    return this.places.driven(signal, path);
  }

  /** Text of an expression that stands alone on the right of an assignment. */
  rightSide(e: Expr): string {
    this.prepare(e);
    if (!this.names.has(e) && this.shared.has(e)) return this.name(e);
    return this.choices.isTable(e) ? this.readName(e) : this.root(e);
  }

  /** A value as what a `case` gives, if it is one that stands here and not under a name. To be asked before its text. */
  table(e: Expr): TableText | undefined {
    this.prepare(e);
    return this.isApart(e) ? undefined : this.choices.text(e);
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
    return this.parts.ifUseful(() => this.print(e), ({ prec }) => prec === PRIMARY || e.op === 'lit')?.text ?? this.readName(e);
  }

  /** An index: atomic, because Icarus 11 computes it in more bits than its operands have, and not negative. */
  address(e: Expr): string {
    const text = this.atomic(e);
    return this.isSigned(e) ? `$unsigned(${text})` : text;
  }

  /** Text of `!cond`, without a double negation. */
  negated(cond: Expr): string {
    this.prepare(cond);
    return this.conditions.negated(cond);
  }

  /** Operand of `&&`. */
  operand(e: Expr): string {
    this.prepare(e);
    return paren(this.print(e), BINARY.logicalAnd.prec + 1);
  }

  /** Operand of `&&` that holds where `e` does not. */
  negatedOperand(e: Expr): string {
    this.prepare(e);
    return this.conditions.negatedOperand(e);
  }

  /** Name of a signal that an expression just repeats, if it does. */
  alias(e: Expr): string | undefined {
    this.prepare(e);
    const sel = e.op === 'ref' || e.op === 'cast' ? this.selector.select(e) : undefined;
    return sel && sel.lo === 0 && sel.width === sel.of ? this.selector.read(sel) : undefined;
  }

  // --- names ---

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

  /** Reads by a name of its own. */
  isApart(e: Expr): boolean {
    return this.names.has(e) || this.shared.has(e);
  }

  /** Name of the wire that holds `e`; made on first use. */
  private name(e: Expr): string {
    const known = this.names.get(e);
    if (known !== undefined) return known;
    const name = this.wireNames.fresh(e);
    this.names.set(e, name);
    const value = (): Hoisted['value'] => this.choices.text(e) ?? this.parts.outsideOfBlocks(() => this.definition(e));
    this.wires.define({ name, type: e.type, isNamed: e.hint !== undefined }, this.loops.loopOf(e), value);
    return name;
  }

  private readName(e: Expr): string {
    const name = this.name(e);
    this.reads.add(name, 0, widthOf(e.type));
    return name;
  }

  // --- text ---

  private root(e: Expr): string {
    if (this.names.has(e)) return this.print(e).text;
    return e.op === 'binary' ? this.alone(e) : this.compose(e).text;
  }

  /** What the wire that holds `e` is assigned. */
  private definition(e: Expr): string {
    return e.op === 'binary' ? this.alone(e) : this.compose(e, true).text;
  }

  private print(e: Expr): Text {
    if (this.isApart(e) || (e.op === 'binary' && e.fn === 'mul') || this.choices.isTable(e)) return { text: this.readName(e), prec: PRIMARY };
    return this.compose(e);
  }

  /** Text to which a bit select can be appended. */
  private selectable(e: Expr): string {
    const sel = this.selector.select(e);
    return sel && sel.lo === 0 && sel.width === sel.of && !sel.isInner ? this.selector.read(sel) : this.readName(e);
  }

  /** Text of a binary operation that no other operation surrounds. */
  private alone(e: Binary): string {
    return noted(e.fn === 'mul' ? this.product(e) : this.binary(e).text, e.note);
  }

  private product(e: Binary): string {
    // The result is wider than the operands, and an operator inside of an operand would be computed in that width.
    const side = (x: Expr): string => {
      if (x.op === 'lit') return this.constants.text(e.type, numeric(x.type, x.value) & ((1n << BigInt(widthOf(e.type))) - 1n));
      const print = (): Text => (e.type.kind === 'sint' ? this.signed(x) : this.unsigned(x));
      return this.parts.ifUseful(print, ({ prec }) => prec === PRIMARY)?.text ?? this.readName(x);
    };
    return `${side(e.a)} * ${side(e.b)}`;
  }

  /** `defining`: the text is what the wire of this name is assigned, so it must not be the name. */
  private compose(e: Expr, defining = false): Text {
    const { text, prec } = this.composed(e, defining);
    return { text: noted(text, e.note), prec };
  }

  private composed(e: Expr, defining: boolean): Text {
    const sel = defining ? this.selector.selectPart(e) : this.selector.select(e);
    if (sel) return { text: this.selector.read(sel), prec: PRIMARY };
    switch (e.op) {
      case 'lit':
        return { text: this.constants.text(e.type, e.value, e.hint), prec: e.type.kind === 'sint' ? UNARY : PRIMARY };
      case 'unary': {
        const opposite = e.fn === 'not' ? this.conditions.opposite(e.a) : undefined;
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
        return { text: this.joins.concatenation(e.parts), prec: PRIMARY };
      case 'bundle':
        return { text: `{${e.fields.map((p) => this.print(p).text).join(', ')}}`, prec: PRIMARY };
      case 'vec':
        return { text: this.joins.vector(e.items), prec: PRIMARY };
      case 'cast':
        return this.print(e.of);
      case 'extend':
        return { text: this.joins.extension(e.of, widthOf(e.type) - widthOf(e.of.type)), prec: PRIMARY };
      case 'memRead':
        return this.places.guarded(e.addr, e.mem.depth, `${e.mem.name}[${this.address(e.addr)}]`, widthOf(e.type));
      case 'index':
        return typeof e.index === 'number' || isLaneIndex(e.index, e.of.type) ? this.partOfNamed(e, e.of) : this.places.element(e.of, e.index, e.type);
      case 'slice':
      case 'field':
        return this.partOfNamed(e, e.of);
      case 'lane':
      case 'ref':
        throw new Error('a name is always a selection');
    }
  }

  /** Selecting from something that is not a name: name it first. */
  private partOfNamed(e: Expr, of: Expr): Text {
    return { text: this.selector.read(this.selector.narrow(e, this.selector.ofName(of))), prec: PRIMARY };
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

  private isSigned(e: Expr): boolean {
    return isSigned(e, (x) => this.isApart(x));
  }
}
