/**
 * Names for the wires that printing must introduce. The designer's hint is one. Where a module hints at one name for several values, and
 * where there is no hint, the name begins with what the value is first needed for, in the order of the statements: `next_sum`. So a line
 * that is added elsewhere changes no name, and numbers only tell apart what is equal in one place. Must not know how anything is printed.
 */
import { isLaneIndex, operands, walkUp } from '../ir/expr.ts';
import type { Expr } from '../ir/expr.ts';
import { expressionsOf, walkStatements } from '../ir/leaves.ts';
import type { Assign, Check, MemWrite, Module, Statement } from '../ir/module.ts';
import type { TextNames } from '../names/text-names.ts';

/** What an expression is needed for. */
type Owner = Assign | MemWrite | Check;

/** An expression of a statement or check. */
interface Root {
  readonly expr: Expr;
  readonly owner: Owner | undefined;
}

/** In how many places expressions or their operands need an expression, and what needs it first. A repetition is one place. */
interface Use {
  count: number;
  readonly owner: Owner | undefined;
}

/** Operators that may be repeated before someone has to think of a name. */
const LIGHT = 8;

/** Selections in each other through which a cheap value is looked for. */
const MOST_STEPS = 128;

/** Verilator calls what is longer by a hash. */
const MOST_CHARACTERS = 120;

export class WireNames {
  private readonly uses = new Map<Expr, Use>();
  /** Values a hint. */
  private readonly hints = new Map<string, number>();

  constructor(m: Module, private readonly pool: TextNames) {
    for (const { expr, owner } of rootsOf(m)) {
      const stack = [expr];
      for (let e = stack.pop(); e; e = stack.pop()) {
        const known = this.uses.get(e);
        if (known) {
          known.count++;
          continue;
        }
        this.uses.set(e, { count: 1, owner });
        if (e.hint !== undefined && e.op !== 'lit' && !isView(e)) this.hints.set(e.hint, (this.hints.get(e.hint) ?? 0) + 1);
        const of = operands(e);
        const repeats = e.op === 'cat' || (e.op === 'vec' && of.every((o) => o === of[0]));
        for (let i = of.length - 1; i >= 0; i--) if (!repeats || of[i] !== of[i - 1]) stack.push(of[i]);
      }
    }
  }

  /**
   * Expressions that are written once, under a name, because they are needed more than once: those that the designer has called something
   * and those that take more than a few operators.
   */
  shared(): Set<Expr> {
    const shared = new Set<Expr>();
    // Operators of the text, down to what has a name.
    const sizes = new Map<Expr, number>();
    for (const root of this.uses.keys()) {
      walkUp(root, (e) => sizes.has(e), (e) => {
        if (isCheap(e)) {
          sizes.set(e, 0);
          return;
        }
        let size = e.op === 'cast' ? 0 : 1;
        for (const o of operands(e)) size += sizes.get(o) ?? 0;
        const { count = 1 } = this.uses.get(e) ?? {};
        const isShared = count > 1 && (e.hint !== undefined || size * (count - 1) > LIGHT);
        if (isShared) shared.add(e);
        sizes.set(e, isShared ? 0 : size);
      });
    }
    return shared;
  }

  /** A name that nothing else in the module has; a further one at each call. */
  fresh(e: Expr): string {
    const hint = e.hint;
    if (hint !== undefined && hint.length <= MOST_CHARACTERS && (this.hints.get(hint) ?? 0) < 2) return this.pool.fresh(hint);
    const kind = KIND[e.op === 'binary' ? e.fn : e.op] ?? 'value';
    const owner = this.uses.get(e)?.owner;
    const wish = owner ? `${nameOf(owner)}_${hint ?? kind}` : (hint ?? kind);
    return this.pool.fresh(wish.length <= MOST_CHARACTERS ? wish : kind);
  }
}

/** The same bits under the same name: no second value. */
function isView(e: Expr): boolean {
  return e.op === 'cast' && e.of.hint === e.hint;
}

/** All expressions of a module, once per use. What decides whether others are needed belongs to the first of them. */
function rootsOf(m: Module): Root[] {
  const statements: Statement[] = [];
  walkStatements(m.body, (s) => statements.push(s));
  const owners: (Owner | undefined)[] = [];
  let owner: Owner | undefined;
  for (let i = statements.length - 1; i >= 0; i--) {
    const s = statements[i];
    if (s.kind === 'assign' || s.kind === 'memWrite') owner = s;
    owners[i] = owner;
  }
  const roots = statements.flatMap((s, i) => expressionsOf(s).map((expr) => ({ expr, owner: owners[i] })));
  return [...roots, ...m.checks.map((c) => ({ expr: c.cond, owner: c }))];
}

/** `lanes_3`, `request_addr`. */
function nameOf(owner: Owner): string {
  if (owner.kind === 'memWrite') return owner.mem.name;
  if (owner.kind !== 'assign') return owner.name;
  const path = owner.path.map((p) => ('field' in p ? `_${p.field}` : typeof p.index === 'number' ? `_${p.index}` : ''));
  return owner.target.name + path.join('');
}

/** What an expression without a hint is called, behind what needs it. */
const KIND: Readonly<Partial<Record<string, string>>> = {
  add: 'sum', sub: 'difference', mul: 'product', and: 'both', or: 'either', xor: 'differ', shl: 'shifted', shr: 'shifted', eq: 'equal', ne: 'unequal', lt: 'less', le: 'atMost',
  mux: 'choice', memRead: 'word', cat: 'joined', vec: 'joined', bundle: 'joined', index: 'element', extend: 'wide', slice: 'bits',
};

/** Not worth a name even if it is used often. */
export function isCheap(root: Expr): boolean {
  let e = root;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    switch (e.op) {
      case 'lit':
      case 'lane':
      case 'ref':
        return true;
      case 'field':
      case 'slice':
      case 'cast':
        e = e.of;
        break;
      case 'index':
        if (typeof e.index !== 'number' && !isLaneIndex(e.index, e.of.type)) return false;
        e = e.of;
        break;
      case 'unary':
        if (e.fn !== 'not') return false;
        e = e.a;
        break;
      case 'extend':
        return e.of.op === 'ref';
      default:
        return false;
    }
  }
  return false;
}
