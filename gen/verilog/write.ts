/**
 * The text of a module in its SystemVerilog form: lines, columns, indentation and empty lines, nothing else. Written from an explicit
 * stack of what is still to do, because statements may be nested deeper than the JavaScript stack.
 */
import { aligned } from './columns.ts';
import type { Connection, Declaration, Item, Stmt, SvAssign, SvLoop, SvModule } from './form.ts';
import { LIMIT, wrapLine } from './wrap.ts';

/** Indentation grows no further from this depth on: nobody counts it any more, and the text would grow with its square. */
const MOST_INDENTED = 64;
/** A condition with one assignment that is no longer stands on one line. */
const SHORT = 100;
const deeper = (indent: string): string => (indent.length < MOST_INDENTED ? `${indent}  ` : indent);

export function writeModule(m: SvModule): string {
  return new Writer().module(m);
}

/** Lines of a block's statements: what its tests compare. */
export function writeStatements(body: readonly Stmt[]): string {
  return new Writer().statements(body);
}

/** Whether an empty line sets it apart from what stands before it. */
function isBlock(item: Item): boolean {
  return item.kind === 'always' || item.kind === 'loop' || item.kind === 'instance' || item.kind === 'paragraph'
    || (item.kind === 'ifdef' && item.then.some(isBlock));
}

class Writer {
  private readonly lines: string[] = [];
  /** The next step last. */
  private readonly steps: (() => void)[] = [];

  module(m: SvModule): string {
    for (const line of m.doc) this.line('', `// ${line}`.trimEnd());
    for (const { name, value } of m.macros) this.lines.push(`\`ifndef ${name}`, `\`define ${name} ${value}`, '`endif');
    for (const w of m.portLint) this.lines.push(`// verilator lint_off ${w}`);
    this.lines.push(`module ${m.name} (`);
    this.list(aligned(m.ports, '  '), '');
    this.lines.push(');');
    for (const w of m.portLint) this.lines.push(`// verilator lint_on ${w}`);
    this.then(m.sections.filter((items) => items.length > 0).flatMap((items) => [this.lineLater('', ''), this.items(items, '  ', false, [])]));
    this.run();
    this.lines.push('endmodule', '');
    return this.lines.join('\n');
  }

  statements(body: readonly Stmt[]): string {
    this.then([this.body(body, '')]);
    this.run();
    return this.lines.join('\n');
  }

  private run(): void {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) step();
  }

  /** Steps in the order in which they are to be done. */
  private then(steps: readonly (() => void)[]): void {
    for (let i = steps.length - 1; i >= 0; i--) this.steps.push(steps[i]);
  }

  private line(indent: string, text: string): void {
    for (const piece of wrapLine(`${indent}${text}`)) this.lines.push(piece);
  }

  /** What is too long for one line breaks between the two. */
  private lineOrTwo(indent: string, first: string, second: string): void {
    if (indent.length + first.length + 1 + second.length <= LIMIT) this.line(indent, `${first} ${second}`);
    else {
      this.line(indent, first);
      this.line(deeper(indent), second);
    }
  }

  private lineLater(indent: string, text: string): () => void {
    return () => this.line(indent, text);
  }

  /** Lines with a comma after each but the last. */
  private list(texts: readonly string[], indent: string): void {
    for (const [i, text] of texts.entries()) this.line(indent, i < texts.length - 1 ? `${text},` : text);
  }

  private comment(text: string | undefined, indent: string): void {
    if (text !== undefined) this.line(indent, `// ${text}`);
  }

  // --- what stands in a module ---

  /** `close`: no empty lines between them. `off`: warnings that are off around them. */
  private items(items: readonly Item[], indent: string, close: boolean, off: readonly string[]): () => void {
    const lintOf = (at: number): readonly string[] => {
      const item = items.at(at);
      return at >= 0 && item?.kind === 'loop' ? (item.lint ?? []).filter((w) => !off.includes(w)) : [];
    };
    let i = 0;
    const next = (): void => {
      if (i === items.length) return;
      const item = items[i];
      if (i > 0 && !close && (isBlock(item) || isBlock(items[i - 1]))) this.lines.push('');
      // Loops that follow each other share what is off.
      const [before, own, after] = [lintOf(i - 1), lintOf(i), lintOf(i + 1)];
      i++;
      this.then([
        ...own.filter((w) => !before.includes(w)).map((w) => this.lineLater(indent, `// verilator lint_off ${w}`)),
        () => this.item(item, indent, close, [...off, ...own]),
        ...own.filter((w) => !after.includes(w)).map((w) => this.lineLater(indent, `// verilator lint_on ${w}`)),
        next,
      ]);
    };
    return next;
  }

  private item(item: Item, indent: string, close: boolean, off: readonly string[]): void {
    switch (item.kind) {
      case 'comment':
        this.comment(item.text, indent);
        return;
      case 'enum': {
        const members = item.members.map((x) => `${x.name} = ${item.width}'d${x.value}`).join(', ');
        this.line(indent, `typedef enum logic${item.width > 1 ? ` [${item.width - 1}:0]` : ''} {${members}} ${item.name};`);
        return;
      }
      case 'struct':
        this.line(indent, 'typedef struct packed {');
        for (const f of item.fields) this.line(deeper(indent), `${f.type} ${f.name};`);
        this.line(indent, `} ${item.name};`);
        return;
      case 'declarations':
        for (const [i, group] of item.groups.entries()) {
          if (i > 0) this.lines.push('');
          this.comment(group.comment, indent);
          this.declarations(group.of, indent);
        }
        return;
      case 'assign':
        this.line(indent, `assign ${item.target} = ${item.value};`);
        return;
      case 'always':
        this.comment(item.comment, indent);
        this.line(indent, item.trigger === 'comb' ? 'always_comb begin' : 'always_ff @(posedge clk) begin');
        this.then([this.body(item.body, deeper(indent)), this.lineLater(indent, 'end')]);
        return;
      case 'initial':
        this.line(indent, 'initial begin');
        this.then([this.body(item.body, deeper(indent)), this.lineLater(indent, 'end')]);
        return;
      case 'readMemory':
        this.line(indent, `initial $readmemh(${item.file}, ${item.memory});`);
        return;
      case 'check':
        this.comment(item.comment, indent);
        this.lineOrTwo(indent, `always @(posedge clk) if (${item.cond})`, `${item.action};`);
        return;
      case 'loop':
        this.loop(item, indent, close, off);
        return;
      case 'instance':
        this.line(indent, item.parameters.length === 0 ? `${item.module} ${item.name} (` : `${item.module} #(`);
        if (item.parameters.length > 0) {
          this.connections(item.parameters, deeper(indent));
          this.line(indent, `) ${item.name} (`);
        }
        this.connections(item.ports, deeper(indent));
        this.line(indent, ');');
        return;
      case 'ifdef':
        this.line('', `\`${item.not ? 'ifndef' : 'ifdef'} ${item.macro}`);
        this.then([
          this.items(item.then, indent, true, off),
          ...(item.else.length > 0 ? [this.lineLater('', '`else'), this.items(item.else, indent, true, off)] : []),
          this.lineLater('', '`endif'),
        ]);
        return;
      case 'paragraph':
        this.then([this.items(item.items, indent, true, off)]);
        return;
      default:
        throw unwritten(item);
    }
  }

  private declarations(of: readonly Declaration[], indent: string): void {
    for (const text of aligned(of, indent)) this.line('', `${text};`);
  }

  private connections(of: readonly Connection[], indent: string): void {
    this.list(of.map((c) => `.${c.port}(${c.text})`), indent);
  }

  private loop({ variable, count, label, items, comment }: SvLoop, indent: string, close: boolean, off: readonly string[]): void {
    this.comment(comment, indent);
    this.line(indent, `for (genvar ${variable} = 0; ${variable} < ${count}; ${variable}++) begin : ${label}`);
    this.then([this.items(items, deeper(indent), close, off), this.lineLater(indent, 'end')]);
  }

  // --- what stands in a block ---

  private body(body: readonly Stmt[], indent: string): () => void {
    let i = 0;
    const next = (): void => {
      if (i === body.length) return;
      this.steps.push(next);
      this.statement(body[i++], indent);
    };
    return next;
  }

  private statement(s: Stmt, indent: string): void {
    switch (s.kind) {
      case 'set':
        this.line(indent, short(s));
        return;
      case 'guarded':
        this.lineOrTwo(indent, `if (${s.cond})`, short(s.then));
        return;
      case 'if': {
        const [{ cond, body: [only, ...others] }, ...arms] = s.arms;
        if (arms.length + s.else.length + others.length === 0 && only?.kind === 'set') {
          const text = short({ kind: 'guarded', cond, then: only });
          if (indent.length + text.length <= SHORT) {
            this.line(indent, text);
            return;
          }
        }
        const inner = deeper(indent);
        this.then([
          ...s.arms.flatMap((arm, i) => [this.lineLater(indent, `${i > 0 ? 'end else ' : ''}if (${arm.cond}) begin`), this.body(arm.body, inner)]),
          ...(s.else.length > 0 ? [this.lineLater(indent, 'end else begin'), this.body(s.else, inner)] : []),
          this.lineLater(indent, 'end'),
        ]);
        return;
      }
      case 'case': {
        const inner = deeper(indent);
        this.line(indent, `case (${s.on})`);
        this.then([...s.arms.flatMap((arm) => this.arm(arm.labels.join(', '), arm.body, inner)), this.lineLater(indent, 'endcase')]);
        return;
      }
      case 'for': {
        const head = `for (int ${s.variable} = ${s.from}; ${s.variable} < ${s.to}; ${s.variable}++)`;
        const [only] = s.body;
        if (s.body.length === 1 && only.kind === 'set') this.line(indent, `${head} ${short(only)}`);
        else {
          this.line(indent, `${head} begin`);
          this.then([this.body(s.body, deeper(indent)), this.lineLater(indent, 'end')]);
        }
        return;
      }
      default:
        throw unwritten(s);
    }
  }

  private arm(label: string, body: readonly Stmt[], indent: string): (() => void)[] {
    const [only] = body;
    if (!only) return [this.lineLater(indent, `${label}: ;`)];
    if (body.length === 1 && (only.kind === 'set' || only.kind === 'guarded')) {
      const text = `${label}: ${short(only)}`;
      if (only.kind === 'set' || indent.length + text.length <= LIMIT) return [this.lineLater(indent, text)];
    }
    return [this.lineLater(indent, `${label}: begin`), this.body(body, deeper(indent)), this.lineLater(indent, 'end')];
  }
}

function short(s: SvAssign | Extract<Stmt, { kind: 'guarded' }>): string {
  return s.kind === 'set' ? `${s.target} ${s.op} ${s.value};` : `if (${s.cond}) ${short(s.then)}`;
}

/** For the type checker: whatever is added to the form is written, too. */
function unwritten(x: never): Error {
  return new Error(`nobody writes ${JSON.stringify(x)}`);
}
