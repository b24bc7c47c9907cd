/**
 * The intermediate representation as text, for people and for tests that compare it: one declaration or statement a line, types written
 * out, the same text for the same module whoever made it. A value that is used more than once, or is too long for a line, stands once,
 * as `%n`, before what uses it first. Constants stand behind the names that the designer gave them; source positions and hints at other
 * names are left out. Nothing reads this text back.
 */
import { pushAll } from '../collections.ts';
import { operands, walkUp } from './expr.ts';
import type { Expr, LaneIndex, Lit } from './expr.ts';
import type { Lanes } from './lanes.ts';
import { branchesOf, expressionsOf, walkExpressions } from './leaves.ts';
import type { Design, Grid, Instance, Memory, Module, Signal, Statement } from './module.ts';
import { numeric, typeName, widthOf } from './types.ts';
import type { BundleType, EnumType, Type } from './types.ts';

/** Characters of an expression beyond which its operands get names. */
const LONGEST = 80;

export function designText(design: Design): string {
  return design.modules.map(moduleText).join('\n');
}

export function moduleText(m: Module): string {
  const expressions = new ExpressionTexts(m);
  const body = statementLines(m, expressions);
  // Checks come last, and may use what the body has named.
  const checks = m.checks.flatMap((c) => {
    const cond = expressions.of(c.cond);
    return [...expressions.takeNamed(), `${c.kind} ${c.name}: ${cond}${c.message === '' ? '' : ` ${JSON.stringify(c.message)}`}`];
  });
  const lines = [
    ...(m.blackBox ? [`cell ${m.blackBox.cell}${m.blackBox.parameters.map((p) => ` ${p.name}=${p.value}`).join('')}${m.blackBox.clock ? ` clock ${m.blackBox.clock}` : ''}`] : []),
    ...(m.blackBox?.behaviour ? [`behaviour ${m.blackBox.behaviour.name}`] : []),
    ...typeLines(m), ...m.ports.map(signalLine), ...m.wires.map(signalLine), ...m.regs.map(signalLine),
    ...m.memories.map(memoryLine), ...m.instances.flatMap(instanceLines), ...m.grids.flatMap(gridLines), ...body, ...checks,
  ];
  return [`module ${m.name}${m.clocked ? ' clocked' : ''}`, ...lines.map((l) => `  ${l}`), ''].join('\n');
}

function signalLine(s: Signal): string {
  const reset = s.reset ? ` reset ${s.reset.map((l) => (l ? literalText(l) : '-')).join(' ')}` : '';
  return `${s.kind} ${s.name}: ${typeName(s.type)}${reset}`;
}

function memoryLine(m: Memory): string {
  const init = m.init ? ` init ${m.init.join(' ')}` : '';
  return `memory ${m.name}: ${typeName(m.type)} x ${m.depth} ${m.style}${m.collisionFree ? ' collision-free' : ''}${init}`;
}

function instanceLines(i: Instance): string[] {
  return [`instance ${i.name}: ${i.module.name}`, ...[...i.connections].map(([port, s]) => `  ${s.kind} ${port} = ${s.name}: ${typeName(s.type)}`)];
}

function gridLines(g: Grid): string[] {
  const inputs = [...g.inputs].map(([port, i]) =>
    `  gridIn ${port} = ${i.kind === 'neighbour' ? `${i.output} from ${i.from}, at the edge ` : `${i.kind} of `}${i.signal.name}: ${typeName(i.signal.type)}`);
  const outputs = g.outputs.map((o) =>
    `  gridOut ${o.signal.name} = ${o.port} of ${o.kind}${o.kind === 'row' ? ` ${o.row}` : o.kind === 'column' ? ` ${o.column}` : ''}: ${typeName(o.signal.type)}`);
  return [`grid ${g.name}: ${g.module.name} ${g.rows} x ${g.columns}`, ...inputs, ...outputs];
}

/** Enumerations and bundles with names, in order of their first use; what is inside stands before what holds it. */
function typeLines(m: Module): string[] {
  const lines: string[] = [];
  const seen = new Set<EnumType | BundleType>();
  const visit = (t: Type): void => {
    if (t.kind === 'vec') visit(t.element);
    if ((t.kind !== 'enum' && t.kind !== 'bundle') || seen.has(t)) return;
    seen.add(t);
    if (t.kind === 'bundle') for (const f of t.fields) visit(f.type);
    const text = t.kind === 'enum'
      ? `enum ${t.name} ${t.members.join(' ')}`
      : `bundle ${t.name} ${t.fields.map((f) => `${f.name}: ${typeName(f.type)}`).join(', ')}`;
    if ((t.kind === 'enum' || t.name !== '') && !lines.includes(text)) lines.push(text);
  };
  const connections = m.instances.flatMap((i) => [...i.connections.values()]);
  for (const s of [...m.ports, ...m.wires, ...m.regs, ...m.memories, ...connections]) visit(s.type);
  return lines;
}

function statementLines(m: Module, expressions: ExpressionTexts): string[] {
  const lines: string[] = [];
  interface Level {
    readonly indent: string;
    readonly body: readonly Statement[];
    next: number;
    /** What stands before the list, if anything is in it. */
    readonly head?: string;
  }
  const stack: Level[] = [{ indent: '', body: m.body, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === 0 && top.head !== undefined) lines.push(top.head);
    if (top.next === top.body.length) {
      stack.pop();
      continue;
    }
    const s = top.body[top.next++];
    const { indent } = top;
    const text = headOf(s, expressions);
    pushAll(lines, [...expressions.takeNamed(), text].map((l) => indent + l));
    if (s.kind !== 'when' && s.kind !== 'switch' && s.kind !== 'for') continue;
    const heads = s.kind === 'for' ? [undefined] : s.kind === 'when'
      ? [undefined, `${indent}else`]
      : [...s.cases.map((c) => `${indent}case ${c.values.map((v, i) => constantText(s.on.type, v, c.names?.[i])).join(' ')}`), `${indent}default`];
    const branches = branchesOf(s);
    for (let i = branches.length - 1; i >= 0; i--) {
      // An empty case is not the default.
      if (branches[i].length > 0 || (s.kind === 'switch' && i < s.cases.length)) stack.push({ indent: `${indent}  `, body: branches[i], next: 0, head: heads[i] });
    }
  }
  return lines;
}

function headOf(s: Statement, expressions: ExpressionTexts): string {
  switch (s.kind) {
    case 'assign': {
      const path = s.path.map((p) => ('field' in p ? `.${p.field}` : `[${typeof p.index === 'number' ? p.index : expressions.of(p.index)}]`)).join('');
      return `${s.target.name}${path} = ${expressions.of(s.value)}`;
    }
    case 'when':
      return `when ${expressions.of(s.cond)}`;
    case 'switch':
      return `switch ${expressions.of(s.on)}`;
    case 'for':
      return `for ${expressions.lane(s.lanes)} < ${s.lanes.count}`;
    case 'memWrite':
      return `${s.mem.name}[${expressions.of(s.addr)}]${s.mask ? ` lanes ${expressions.of(s.mask)}` : ''} <- ${expressions.of(s.data)}`;
  }
}

/** Texts of a module's expressions; what has a name is defined where it is first asked for. */
class ExpressionTexts {
  private readonly uses = new Map<Expr, number>();
  private readonly texts = new Map<Expr, string>();
  private readonly lanes = new Map<Lanes, string>();
  private named: string[] = [];
  private count = 0;

  constructor(m: Module) {
    const use = (e: Expr): void => void this.uses.set(e, (this.uses.get(e) ?? 0) + 1);
    const roots: Expr[] = [];
    const lists = [m.body];
    for (let list = lists.pop(); list; list = lists.pop()) {
      for (const s of list) {
        for (const e of expressionsOf(s)) roots.push(e);
        pushAll(lists, branchesOf(s));
      }
    }
    for (const c of m.checks) roots.push(c.cond);
    for (const e of roots) use(e);
    walkExpressions(roots, (e) => operands(e).forEach(use));
  }

  of(root: Expr): string {
    walkUp(root, (e) => this.texts.has(e), (e) => {
      const text = e.op === 'lane' ? this.laneText(e) : expressionText(e, (x) => this.texts.get(x) ?? '');
      const isShared = (this.uses.get(e) ?? 0) > 1 && !isPlain(e);
      this.texts.set(e, isShared || (e !== root && text.length > LONGEST) ? this.name(text, e) : text);
    });
    return this.texts.get(root) ?? '';
  }

  /** What the rounds of a loop are counted by. */
  lane(lanes: Lanes): string {
    let name = this.lanes.get(lanes);
    if (name === undefined) this.lanes.set(lanes, (name = `i${this.lanes.size}`));
    return name;
  }

  private laneText({ lanes, scale, offset, type }: LaneIndex): string {
    return `${scale === 1 ? '' : `${scale}*`}${this.lane(lanes)}${offset === 0 ? '' : `${offset < 0 ? '' : '+'}${offset}`}:U${widthOf(type)}`;
  }

  /** Definitions made since the last call. */
  takeNamed(): string[] {
    const { named } = this;
    this.named = [];
    return named;
  }

  private name(text: string, e: Expr): string {
    const name = `%${this.count++}`;
    this.named.push(`${name}: ${typeName(e.type)} = ${text}`);
    return name;
  }
}

/** What needs no name however often it is used: a constant, or a place in a signal. */
function isPlain(e: Expr): boolean {
  let at = e;
  while (at.op === 'field' || (at.op === 'index' && typeof at.index === 'number')) at = at.of;
  return at.op === 'lit' || at.op === 'lane' || at.op === 'ref';
}

const literalText = (e: Lit): string => constantText(e.type, e.value, e.hint);

/** `DIVISOR=103:U8`. A member has its own name. */
function constantText(type: Type, value: bigint, name?: string): string {
  if (name !== undefined && type.kind !== 'enum') return `${name}=${constantText(type, value)}`;
  switch (type.kind) {
    case 'bool':
      return value === 1n ? 'true' : 'false';
    case 'enum':
      return value < type.members.length ? `${type.name}.${type.members[Number(value)]}` : `${type.name}(${value})`;
    default:
      return `${numeric(type, value)}:${type.kind === 'sint' ? 'S' : 'U'}${widthOf(type)}`;
  }
}

/** Every operator by its name in the IR. Types stand where the operands do not tell them. */
function expressionText(e: Exclude<Expr, LaneIndex>, text: (x: Expr) => string): string {
  switch (e.op) {
    case 'lit':
      return literalText(e);
    case 'ref':
      return e.signal.name;
    case 'field':
      return `${text(e.of)}.${e.name}`;
    case 'index':
      return `${text(e.of)}[${typeof e.index === 'number' ? e.index : text(e.index)}]`;
    case 'unary':
      return `${e.fn}(${text(e.a)})`;
    case 'binary':
      return `${e.fn}(${text(e.a)}, ${text(e.b)})`;
    case 'mux':
      return `mux(${text(e.cond)}, ${text(e.a)}, ${text(e.b)})`;
    case 'slice':
      return `bits(${text(e.of)}, ${e.lo}, ${typeName(e.type)})`;
    case 'cat':
      return `cat(${e.parts.map(text).join(', ')})`;
    case 'cast':
    case 'extend':
      return `${e.op}(${text(e.of)}, ${typeName(e.type)})`;
    case 'memRead':
      return `${e.mem.name}[${text(e.addr)}]`;
    case 'bundle':
      return `${typeName(e.type)}{${e.type.fields.map((f, i) => `${f.name}: ${text(e.fields[i])}`).join(', ')}}`;
    case 'vec':
      return `[${e.items.map(text).join(', ')}]`;
  }
}
