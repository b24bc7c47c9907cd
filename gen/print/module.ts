/** One module in its SystemVerilog form: what stands in it, in which order, under which names. */
import { pushAll } from '../collections.ts';
import { operands } from '../ir/expr.ts';
import type { Expr } from '../ir/expr.ts';
import { expressionsOf, walkExpressions, walkStatements } from '../ir/leaves.ts';
import type { Assign, For, Instance, Module, Signal, Statement } from '../ir/module.ts';
import { isScalar, widthOf } from '../ir/types.ts';
import type { BundleType, EnumType, Type } from '../ir/types.ts';
import { renamed } from '../names/rename.ts';
import { fieldText } from '../names/text-names.ts';
import type { TextNames } from '../names/text-names.ts';
import type { Site } from '../site.ts';
import { unreadConstants } from '../passes/carry-constants.ts';
import { signalGraph } from '../passes/comb-paths.ts';
import type { Connection, Declaration, Item, Stmt, SvModule } from '../verilog/form.ts';
import { writeModule } from '../verilog/write.ts';
import type { BitSet } from './bit-set.ts';
import { grouped } from './declarations.ts';
import { ExpressionPrinter } from './expressions.ts';
import type { Hoisted, TableText } from './hoisted.ts';
import { CLOCK, printGrid, unusedBits } from './grid.ts';
import { dataFolder, memoryInits } from './memory-data.ts';
import { ResetPrinter } from './resets.ts';
import { blocksOf, caseOf, isUnconditional, printStatements } from './statements.ts';
import type { Block, Target } from './statements.ts';
import { commentLines, formatText } from './text.ts';
import { plainType } from './types.ts';

export interface PrintOptions {
  /**
   * Comments that say from which line of the program each module, block, grid and check comes. Not in the text by default: a program that
   * is bundled has other lines, and none in the end, and the text of a design must not depend on that.
   */
  readonly positions?: boolean;
}

export function printModule(m: Module, names: TextNames, options: PrintOptions = {}): string {
  return writeModule(moduleForm(m, names, options));
}

/** What `printModule` writes. */
export function moduleForm(m: Module, names: TextNames, options: PrintOptions = {}): SvModule {
  return new ModulePrinter(shown(m, names), names, options).print();
}

/** The names that the text of a module declares besides its ports. */
export interface DeclaredNames {
  readonly count: number;
  /** Those of wires that the designer did not declare and gave no hint for. */
  readonly invented: readonly string[];
}

export function declaredNames(m: Module, names: TextNames): DeclaredNames {
  const printer = new ModulePrinter(shown(m, names), names);
  printer.print();
  return printer.declaredNames;
}

/** What the text has of a module, by the names that it uses. */
function shown(m: Module, names: TextNames): Module {
  const unread = unreadConstants(m);
  const isShown = (s: Statement): boolean => s.kind !== 'assign' || !unread.has(s.target);
  const seen = unread.size === 0 ? m : { ...m, wires: m.wires.filter((w) => !unread.has(w)), body: m.body.filter(isShown) };
  return renamed(seen, names.others);
}

class ModulePrinter {
  private readonly p: ExpressionPrinter;
  private declaredCount = 0;
  /** Instance ports that are connected to an expression or to another signal instead of a wire of their own. */
  private readonly connected = new Map<Signal, string>();
  private readonly skipped = new Set<Statement>();
  /** First top-level assignment to each signal, and first that does no more than repeat it. */
  private readonly firstDrivers = new Map<Signal, Assign>();
  private readonly readers = new Map<Signal, Assign>();
  private readonly enumSignals: ReadonlySet<Signal>;
  private readonly resets: ResetPrinter;
  private followed: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(private readonly m: Module, private readonly names: TextNames, private readonly options: PrintOptions = {}) {
    this.p = new ExpressionPrinter(m, names);
    this.resets = new ResetPrinter(this.p, m.body);
    this.enumSignals = typedefSafe(m);
    for (const s of m.body) {
      if (s.kind !== 'assign') continue;
      if (!this.firstDrivers.has(s.target)) this.firstDrivers.set(s.target, s);
      if (s.path.length === 0 && s.value.op === 'ref' && !this.readers.has(s.value.signal)) this.readers.set(s.value.signal, s);
    }
  }

  print(): SvModule {
    const { m } = this;
    this.connectInstances();
    this.connectGrids();
    const logic: Item[] = [];
    const driven = this.statements(m.body.filter((s) => !this.skipped.has(s)), logic);
    pushAll(logic, this.resetOnly(driven));
    const structure = m.instances.flatMap((i) => this.instance(i));
    for (const g of m.grids) {
      structure.push(printGrid(g, (s) => this.connected.get(s) ?? this.readWhole(s), this.names, this.from(g.site, ': ')));
    }
    const checks = this.checks();
    const declarations = this.declare();
    const hoisted = valuesOf(this.p.hoisted);
    const unused = this.unused();
    return { ...this.header(), sections: [this.typedefs(), declarations, structure, hoisted, logic, checks, unused] };
  }

  /** Once it is printed. */
  get declaredNames(): DeclaredNames {
    const invented = [...this.p.hoisted, ...this.p.inLoops].filter((h) => !h.isNamed);
    return { count: this.declaredCount + this.p.inLoops.length, invented: invented.map((h) => h.name) };
  }

  private header(): Omit<SvModule, 'sections'> {
    const { m } = this;
    const port = (direction: 'input' | 'output', type: string, name: string): Declaration => ({ lead: direction.padEnd(7), type, name });
    return {
      doc: [`${m.name}: generated by Systole${this.from(m.site, ' from ')}`, ...commentLines(m.doc)],
      macros: dataFolder(m),
      name: m.name,
      ports: [
        ...(m.clocked ? CLOCK.map((c) => port('input', 'logic', c.port)) : []),
        ...m.ports.map((s) => port(s.kind === 'input' ? 'input' : 'output', plainType(s.type), s.name)),
      ],
      portLint: this.names.hasCppPorts ? ['SYMRSVDWORD'] : [],
    };
  }

  /** A position behind `lead`, where positions are wanted. */
  private from(site: Site, lead: string): string {
    return this.options.positions ? `${lead}${site}` : '';
  }

  private place(site: Site): { readonly comment?: string } {
    return this.options.positions ? { comment: String(site) } : {};
  }

  // --- types ---

  private typedefs(): Item[] {
    const enums = new Map<string, EnumType>();
    const bundles = new Map<string, BundleType>();
    const noteType = (t: Type): void => {
      if (t.kind === 'enum') enums.set(t.name, t);
      else if (t.kind === 'vec') noteType(t.element);
      else if (t.kind === 'bundle') {
        for (const f of t.fields) noteType(f.type);
        bundles.set(this.names.type(t), t);
      }
    };
    for (const s of [...this.m.wires, ...this.m.regs]) noteType(s.type);
    for (const h of this.p.hoisted) noteType(h.type);
    const roots: Expr[] = this.m.checks.map((c) => c.cond);
    walkStatements(this.m.body, (s) => pushAll(roots, expressionsOf(s)));
    walkExpressions(roots, (e) => {
      if (e.type.kind === 'enum') enums.set(e.type.name, e.type);
    });
    return [
      ...[...enums.values()].map((t): Item => {
        const members = t.members.map((_, value) => ({ name: this.names.member(t, BigInt(value)) ?? '', value }));
        return { kind: 'enum', name: this.names.type(t), width: widthOf(t), members };
      }),
      ...[...bundles].map(([name, t]): Item => {
        const fields = t.fields.map((f) => ({ type: this.memberType(f.type), name: fieldText(t, f.name) }));
        return { kind: 'struct', name, fields };
      }),
    ];
  }

  private memberType(t: Type): string {
    return t.kind === 'bundle' ? this.names.type(t) : plainType(t);
  }

  private typeOf(s: Signal): string {
    if (s.type.kind === 'enum' && this.enumSignals.has(s)) return this.names.type(s.type);
    return this.memberType(s.type);
  }

  private declare(): Item[] {
    const { m } = this;
    const memories = m.memories.map((x): Declaration => {
      const style = { auto: '', registers: 'ram_style = "distributed"', block: 'ram_style = "block"', ultra: 'ram_style = "huge"' }[x.style];
      const attributes = [style, x.collisionFree ? 'no_rw_check' : ''].filter((a) => a !== '');
      const attribute = attributes.length > 0 ? `(* ${attributes.join(', ')} *) ` : '';
      // Words are plain: Yosys takes an array of packed structs for one struct, without a word.
      return { lead: attribute, type: plainType(x.type), name: x.name, rest: ` [0:${x.depth - 1}]` };
    });
    const of = (signals: readonly Signal[], typeOf: (s: Signal) => string): Declaration[] =>
      signals.filter((s) => !this.connected.has(s)).map((s) => ({ type: typeOf(s), name: s.name }));
    const own = (s: Signal): string => this.typeOf(s);
    const plain = (s: Signal): string => plainType(s.type);
    const edges = m.grids.flatMap((g) => [...[...g.inputs.values()].map((i) => i.signal), ...g.outputs.map((o) => o.signal)]);
    // What the designer has named, and what nobody has.
    const values = (isNamed: boolean): Declaration[] => {
      const some = this.p.hoisted.filter((h) => h.isNamed === isNamed);
      return some.map((h) => ({ type: this.memberType(h.type), name: h.name }));
    };
    const constants = [...this.p.namedConstants];
    const groups = [
      { comment: 'Registers.', of: of(m.regs, own) },
      { comment: 'Memories.', of: memories },
      { comment: 'Wires.', of: of(m.wires, own) },
      { comment: 'Ports of the instances.', of: of(m.instances.flatMap((i) => [...i.connections.values()]), plain) },
      { comment: 'Edges of the grids.', of: of(edges, plain) },
      { comment: 'Values with a name of their own.', of: values(true) },
      { comment: 'Values in between.', of: values(false) },
    ];
    this.declaredCount = groups.reduce((n, g) => n + g.of.length, 0);
    const signals = grouped(groups);
    const comment = signals.length > 1 ? { comment: 'Constants.' } : {};
    const declared = constants.length > 0 ? [{ ...comment, of: constants }, ...signals] : signals;
    return [...(declared.length > 0 ? [{ kind: 'declarations' as const, groups: declared }] : []), ...memoryInits(m, () => this.p.loopVariable)];
  }

  // --- logic ---

  /** Finds instance inputs with one simple driver and outputs with one simple reader: they need no wire. */
  private connectInstances(): void {
    const { m } = this;
    if (m.instances.length === 0) return;
    const { reads, drivers } = uses(m);
    const top = new Set(m.body);
    for (const i of m.instances) {
      for (const s of i.connections.values()) {
        if (s.kind === 'instOut' && reads.get(s) === 1) {
          const reader = this.readers.get(s);
          if (reader && (reader.target.kind === 'output' || reader.target.kind === 'wire') && isScalarOrVec(reader.target.type) && drivers.get(reader.target)?.length === 1) {
            this.connected.set(s, reader.target.name);
            this.skipped.add(reader);
          }
        }
        const drive = drivers.get(s);
        if (s.kind === 'instIn' && drive?.length === 1 && top.has(drive[0]) && (reads.get(s) ?? 0) === 0) {
          const only = drive[0];
          if (only.kind === 'assign' && only.path.length === 0 && isConnectable(only.value)) {
            this.connected.set(s, '');
            this.skipped.add(only);
          }
        }
      }
    }
  }

  /** Inputs of a grid that just repeat a signal use that signal. */
  private connectGrids(): void {
    const { m } = this;
    if (m.grids.length === 0) return;
    const { drivers } = uses(m);
    const top = new Set<Statement>(m.body);
    for (const g of m.grids) {
      for (const { signal } of g.inputs.values()) {
        const [drive, ...others] = drivers.get(signal) ?? [];
        if (drive === undefined || others.length > 0 || drive.path.length > 0 || !top.has(drive)) continue;
        const alias = this.p.alias(drive.value);
        if (alias === undefined) continue;
        this.connected.set(signal, alias);
        this.skipped.add(drive);
      }
    }
  }

  /** Prints statements as blocks and loops; returns what they drive. */
  private statements(body: readonly Statement[], out: Item[]): Set<Target> {
    const blocks = blocksOf(body.filter((s) => s.kind !== 'for'), () => (this.followed ??= signalGraph(this.m)));
    const drivers: Item[] = [];
    for (const b of blocks) if (isUnconditional(b)) this.assigns(b, drivers);
    for (const first of [true, false]) pushAll(out, drivers.filter((x) => (x.kind === 'assign') === first));
    for (const b of blocks) if (b.kind === 'comb' && !isUnconditional(b)) out.push(this.block(b, 'comb', this.p.combinational(() => printStatements(this.p, b.statements, b.targets, '='))));
    for (const b of blocks) if (b.kind !== 'comb') out.push(this.block(b, 'clock', this.clocked(b)));
    const driven = new Set(blocks.flatMap((b) => [...b.targets]));
    for (const s of body) {
      if (s.kind !== 'for') continue;
      const loop = this.loop(s);
      out.push(loop.item);
      for (const t of loop.driven) driven.add(t);
    }
    return driven;
  }

  private assigns(b: Block, out: Item[]): void {
    for (const s of b.statements) {
      if (s.kind !== 'assign') continue;
      const target = this.p.place(s.target, s.path).text;
      // Parts of one signal are driven all in one way: Icarus takes no `assign` beside an `always_comb`.
      const table = s.path.length === 0 ? this.p.table(s.value) : undefined;
      out.push(driver(target, table ?? this.p.rightSide(s.value)));
    }
  }

  private block(b: Block, trigger: 'comb' | 'clock', body: readonly Stmt[]): Item {
    return { kind: 'always', trigger, body, ...this.place(b.statements[0].site) };
  }

  private clocked(b: Block): Stmt[] {
    const regs = [...b.targets].filter((t): t is Signal => 'kind' in t);
    const resets = regs.filter((r) => r.reset?.some((l) => l !== undefined));
    const body = printStatements(this.p, b.statements, b.targets, '<=');
    const reset = resets.flatMap((r) => this.resets.assignments(r, b.statements));
    const isWhole = resets.length > 0 && resets.every((r) => r.reset?.every((l) => l !== undefined)) && resets.length === regs.length;
    if (isWhole) return [inReset(reset, body)];
    // Some of these registers are not reset: they follow their assignments even during reset.
    return reset.length > 0 ? [...body, inReset(reset)] : body;
  }

  /** A loop of equal blocks. */
  private loop(s: For): { readonly item: Item; readonly driven: ReadonlySet<Target> } {
    const roots: Expr[] = [];
    walkStatements(s.body, (x) => pushAll(roots, expressionsOf(x)));
    return this.p.within(s.lanes, roots, ({ variable, hoisted, parameters, edges }) => {
      const body: Item[] = [];
      const driven = this.statements(s.body, body);
      const [first] = driven;
      const label = this.names.fresh(`gen_${first.name}`);
      const declare = (of: readonly Declaration[]): Item[] => (of.length > 0 ? [{ kind: 'declarations', groups: [{ of }] }] : []);
      const terms = hoisted.flatMap((h) => unreadRanges(h.name, widthOf(h.type), this.p.readOf(h.name)));
      const items: Item[] = [
        ...declare([...parameters.values()]), ...declare(hoisted.map((h) => ({ type: plainType(h.type), name: h.name }))),
        ...valuesOf(hoisted),
        ...body,
        ...(terms.length === 0 ? [] : [UNREAD, ...unusedBits(this.names.fresh('unused'), terms)]),
      ];
      return { item: { kind: 'loop', variable, count: s.lanes.count, label, items, lint: [...edges], ...this.place(s.lanes.site) }, driven };
    });
  }

  /** Registers that keep their reset value for ever, because no condition around their assignments can hold. */
  private resetOnly(driven: ReadonlySet<Target>): Item[] {
    const { m, resets } = this;
    const kept = [...m.regs.filter((r) => !driven.has(r)).flatMap((r) => resets.assignments(r, [])), ...resets.rest(m.body)];
    return kept.length === 0 ? [] : [{ kind: 'always', trigger: 'clock', body: [inReset(kept)] }];
  }

  private instance(i: Instance): Item[] {
    const box = i.module.blackBox;
    const connections = [...i.connections].map(([port, s]): Connection => ({ port, text: this.connection(s) }));
    const of = (module: Module): Item => {
      return { kind: 'instance', module: module.name, name: i.name, parameters: [], ports: [...(module.clocked ? CLOCK : []), ...connections] };
    };
    if (!box) return [of(i.module)];
    const cell: Item = {
      kind: 'instance', module: box.cell, name: i.name,
      parameters: box.parameters.map((x) => ({ port: x.name, text: x.value })),
      ports: [...(box.clock ? [{ port: box.clock, text: 'clk' }] : []), ...connections],
    };
    return box.behaviour ? [{ kind: 'ifdef', macro: 'SYNTHESIS', not: false, then: [cell], else: [of(box.behaviour)] }] : [cell];
  }

  private connection(s: Signal): string {
    const alias = this.connected.get(s);
    if (alias !== undefined && alias !== '') return alias;
    if (alias === '') {
      const drive = this.firstDrivers.get(s);
      if (drive) return this.p.inline(drive.value);
    }
    return s.kind === 'instIn' ? this.readWhole(s) : s.name;
  }

  private checks(): Item[] {
    const { p } = this;
    if (this.m.checks.length === 0) return [];
    const items = this.m.checks.flatMap((c): Item[] => {
      const place = this.place(c.site);
      if (c.kind === 'assert') {
        const text = c.message === '' ? '' : `: ${formatText(c.message)}`;
        return [{ kind: 'check', cond: `!rst && ${p.negatedOperand(c.cond)}`, action: `$error("%m.${c.name}${text}")`, ...place }];
      }
      const counter = this.names.cover(c);
      return [
        ...(place.comment === undefined ? [] : [{ kind: 'comment' as const, text: place.comment }]),
        { kind: 'declarations', groups: [{ of: [{ type: 'logic [31:0]', name: counter, rest: ' = 0' }] }] },
        { kind: 'check', cond: `!rst && ${p.operand(c.cond)}`, action: `${counter} <= ${counter} + 1` },
      ];
    });
    return [{ kind: 'ifdef', macro: 'SYNTHESIS', not: true, then: items, else: [] }];
  }

  // --- what is read ---

  private readWhole(s: Signal): string {
    this.p.markWhole(s.name, widthOf(s.type));
    return s.name;
  }

  /** A reduction over the bits that nothing reads says to every linter that this is meant. */
  private unused(): Item[] {
    const { m } = this;
    const terms: string[] = [];
    const resetUsed = m.regs.some((r) => r.reset?.some((l) => l !== undefined)) || m.checks.length > 0
      || m.instances.some((i) => i.module.clocked && !i.module.blackBox?.clock) || m.grids.some((g) => g.module.clocked);
    let writes = false;
    walkStatements(m.body, (s) => (writes ||= s.kind === 'memWrite'));
    const clockUsed = resetUsed || m.regs.length > 0 || writes || m.instances.some((i) => i.module.clocked);
    if (m.clocked && !clockUsed) terms.push('clk');
    if (m.clocked && !resetUsed) terms.push('rst');
    const declared: { name: string; type: Type }[] = [
      ...m.ports.filter((s) => s.kind === 'input'), ...m.wires.filter((s) => !this.connected.has(s)), ...m.regs,
      ...m.instances.flatMap((i) => [...i.connections.values()].filter((s) => s.kind === 'instOut' && !this.connected.has(s))),
      ...m.grids.flatMap((g) => g.outputs.map((o) => o.signal)), ...this.p.hoisted,
    ];
    const aliased = new Set(this.connected.values());
    for (const s of declared) {
      if (aliased.has(s.name)) continue;
      for (const range of unreadRanges(s.name, widthOf(s.type), this.p.readOf(s.name))) terms.push(range);
    }
    if (terms.length === 0) return [];
    return [UNREAD, ...unusedBits('unused', terms)];
  }
}

/**
 * How often each signal is read, by each statement and check on its own, where more than once is as good as twice; and the assignments to
 * each.
 */
function uses(m: Module): { readonly reads: ReadonlyMap<Signal, number>; readonly drivers: ReadonlyMap<Signal, readonly Assign[]> } {
  const reads = new Map<Signal, number>();
  const drivers = new Map<Signal, Assign[]>();
  // Readers that reach an expression, and the last of them: what two reach need not be walked for a third.
  const reached = new Map<Expr, { count: number; last: number }>();
  let reader = 0;
  const read = (roots: readonly Expr[]): void => {
    reader++;
    const stack = [...roots];
    for (let e = stack.pop(); e; e = stack.pop()) {
      const known = reached.get(e);
      if (known && (known.last === reader || known.count === 2)) continue;
      reached.set(e, { count: (known?.count ?? 0) + 1, last: reader });
      if (e.op === 'ref') reads.set(e.signal, (reads.get(e.signal) ?? 0) + 1);
      for (const o of operands(e)) stack.push(o);
    }
  };
  walkStatements(m.body, (s) => {
    if (s.kind === 'assign') {
      const list = drivers.get(s.target);
      if (list) list.push(s);
      else drivers.set(s.target, [s]);
    }
    read(expressionsOf(s));
  });
  for (const { cond } of m.checks) {
    read([cond]);
    read([cond]);
  }
  return { reads, drivers };
}

const UNREAD: Item = { kind: 'comment', text: 'Bits that nothing reads.' };

/** Drives `target` for ever. */
function driver(target: string, value: string | TableText): Item {
  if (typeof value === 'string') return { kind: 'assign', target, value };
  return { kind: 'always', trigger: 'comb', body: [caseOf(value, (of) => ({ kind: 'set', target, op: '=', value: of }))] };
}

/** Drives what has a name of its own: one line each, then what takes several. */
function valuesOf(hoisted: readonly Hoisted[]): Item[] {
  const items = hoisted.map((h) => driver(h.name, h.value));
  return [...items.filter((x) => x.kind === 'assign'), ...items.filter((x) => x.kind !== 'assign')];
}

function inReset(body: readonly Stmt[], otherwise: readonly Stmt[] = []): Stmt {
  return { kind: 'if', arms: [{ cond: 'rst', body }], else: otherwise };
}

const isScalarOrVec = (t: Type): boolean => isScalar(t) || t.kind === 'vec';

/** Reads well inside a port connection. */
function isConnectable(e: Expr): boolean {
  switch (e.op) {
    case 'lit':
    case 'ref':
      return true;
    case 'field':
      return isConnectable(e.of);
    case 'cast':
    case 'slice':
      return isConnectable(e.of) && e.of.op !== 'lit';
    case 'unary':
      return e.fn === 'not' && e.a.op === 'ref';
    default:
      return false;
  }
}

/** Contiguous ranges of bits that are not in `read`, as selections. */
function unreadRanges(name: string, width: number, read: BitSet | undefined): string[] {
  if (!read) return [name];
  return read.gaps(width).map(({ lo, hi }) => (lo === 0 && hi === width - 1 ? name : hi === lo ? `${name}[${lo}]` : `${name}[${hi}:${lo}]`));
}

/**
 * Signals of enumeration type that only ever take members or other such signals: they can be declared with the typedef,
 * because tools refuse to assign plain bits to an enumeration without a cast that not all of them parse.
 */
function typedefSafe(m: Module): Set<Signal> {
  const safe = new Set<Signal>([...m.wires, ...m.regs].filter((s) => s.type.kind === 'enum'));
  // Per signal or expression those that take its value.
  const takers = new Map<Signal | Expr, (Signal | Expr)[]>();
  const unsafe: (Signal | Expr)[] = [];
  const seen = new Set<Expr>();
  const take = (from: Signal | Expr, taker: Signal | Expr): void => {
    const list = takers.get(from);
    if (list) list.push(taker);
    else takers.set(from, [taker]);
  };
  walkStatements(m.body, (s) => {
    if (s.kind !== 'assign' || !safe.has(s.target)) return;
    take(s.value, s.target);
    walkExpressions([s.value], (e) => {
      if (e.op === 'mux') {
        take(e.a, e);
        take(e.b, e);
      } else if (e.op === 'ref' && safe.has(e.signal)) take(e.signal, e);
      else if (e.op !== 'lit' || e.type.kind !== 'enum' || e.value >= BigInt(e.type.members.length)) unsafe.push(e);
    }, seen);
  });
  for (let x = unsafe.pop(); x; x = unsafe.pop()) {
    for (const taker of takers.get(x) ?? []) {
      if ('kind' in taker && !safe.delete(taker)) continue;
      unsafe.push(taker);
    }
    takers.delete(x);
  }
  return safe;
}
