/**
 * What printed modules declare and where, read from the text alone, and the rules that those names must keep so that every tool
 * means the same thing by each of them. Knows the subset that the printer writes, not how it gives names.
 */
import { isReserved } from '../../../gen/names/reserved.ts';
import type { SourceFile } from '../../../gen/print/systemverilog.ts';

/** What a name stands for, as far as the rules differ. */
type Kind = 'port' | 'variable' | 'enumerator' | 'typedef' | 'instance' | 'label' | 'loop variable';

interface Scope {
  readonly names: Map<string, Kind>;
  readonly outer: Scope | undefined;
}

interface Instance {
  readonly name: string;
  readonly module: string;
  readonly ports: readonly string[];
}

interface Printed {
  readonly name: string;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly instances: readonly Instance[];
  readonly fields: readonly string[];
  readonly complaints: readonly string[];
}

const TOKEN = /"[^"]*"|\d*'[a-zA-Z]*\d?[0-9a-fA-F]*|[A-Za-z_$][\w$]*|\d+|\S/g;

/** The tokens that a tool sees that was told of synthesis, or not. */
function tokens(text: string, synthesis: boolean): string[] {
  const seen: boolean[] = [];
  const lines = text.split('\n').filter((line) => {
    const directive = /^`(ifdef|ifndef|else|endif)\b/.exec(line)?.[1];
    if (directive === 'ifdef') seen.push(synthesis);
    else if (directive === 'ifndef') seen.push(!synthesis);
    else if (directive === 'else') seen.push(!(seen.pop() as boolean));
    else if (directive === 'endif') seen.pop();
    return directive === undefined && seen.every((x) => x);
  });
  return lines.map((l) => l.replace(/("[^"]*")|\/\/.*$/, '$1')).join('\n').replace(/\/\*.*?\*\/|\(\*.*?\*\)/g, ' ').match(TOKEN) ?? [];
}

class Reader {
  private at = 0;
  private readonly kinds = new Map<string, Kind>();
  private readonly instances: Instance[] = [];
  private readonly fields: string[] = [];
  private readonly complaints: string[] = [];
  private scope: Scope = { names: this.kinds, outer: undefined };
  private module = '';

  constructor(private readonly tokens: readonly string[]) {}

  read(): Printed {
    this.expect('module');
    this.module = this.take();
    this.expect('(');
    this.ports();
    this.expect(';');
    while (this.tokens[this.at] !== 'endmodule') this.item();
    const { module: name, kinds, instances, fields, complaints } = this;
    return { name, kinds, instances, fields, complaints };
  }

  private take(): string {
    if (this.at >= this.tokens.length) throw new Error(`the text of ${this.module} ends early`);
    return this.tokens[this.at++];
  }

  private expect(token: string): void {
    const found = this.take();
    if (found !== token) throw new Error(`${this.module}: ${token} expected, not ${this.tokens.slice(this.at - 4, this.at + 4).join(' ')}`);
  }

  /** Up to `end` outside of brackets: what was passed. */
  private until(...end: readonly string[]): string[] {
    const passed: string[] = [];
    for (let depth = 0; depth > 0 || !end.includes(this.tokens[this.at]);) {
      const t = this.take();
      if ('([{'.includes(t)) depth++;
      if (')]}'.includes(t)) depth--;
      passed.push(t);
    }
    return passed;
  }

  private declare(name: string, kind: Kind): void {
    const where = `${this.module}: ${kind} ${name}`;
    if (!/^[A-Za-z]\w*$/.test(name)) this.complaints.push(`${where} is no identifier`);
    if (isReserved(name) && !(kind === 'port' && ['clk', 'rst'].includes(name)) && name !== 'unused') this.complaints.push(`${where} is reserved`);
    for (let s: Scope | undefined = this.scope; s; s = s.outer) {
      const other = s.names.get(name);
      // Each loop has its own.
      const isLoops = kind === 'loop variable' && other === kind && s === this.scope;
      if (other && !isLoops) this.complaints.push(`${where} is declared already: ${other}`);
    }
    this.scope.names.set(name, kind);
  }

  private ports(): void {
    if (this.tokens[this.at] === ')') {
      this.take();
      return;
    }
    for (let more = true; more;) {
      const port = this.until(',', ')');
      this.declare(port[port.length - 1], 'port');
      more = this.take() === ',';
    }
  }

  private item(): void {
    const first = this.take();
    if (first === 'typedef') this.typedef();
    else if (first === 'logic') this.variable();
    else if (first === 'for') this.generate();
    else if (first === 'assign') {
      this.until(';');
      this.expect(';');
    } else if (/^always|^initial$/.test(first)) this.process();
    else if (this.tokens[this.at] === '#' || this.tokens[this.at + 1] === '(') this.instance(first);
    else {
      this.at--;
      if (this.kinds.get(first) !== 'typedef') throw new Error(`${this.module}: what is ${this.tokens.slice(this.at, this.at + 5).join(' ')}?`);
      this.at++;
      this.variable();
    }
  }

  /** After its type's first word: `signed [7:0] name [0:3] = 0;`. */
  private variable(): void {
    const words = this.until(';');
    this.expect(';');
    const flat = withoutRanges(words);
    this.declare(flat.find((w) => w !== 'signed') as string, 'variable');
  }

  private typedef(): void {
    if (this.take() === 'enum') {
      this.until('{');
      this.expect('{');
      while (this.tokens[this.at] !== '}') {
        this.declare(this.take(), 'enumerator');
        this.until(',', '}');
        if (this.tokens[this.at] === ',') this.take();
      }
    } else {
      this.expect('packed');
      this.expect('{');
      const own = new Set<string>();
      while (this.tokens[this.at] !== '}') {
        const flat = withoutRanges(this.until(';'));
        this.expect(';');
        const name = flat[flat.length - 1];
        if (own.has(name)) this.complaints.push(`${this.module}: field ${name} is declared twice in its struct`);
        if (isReserved(name)) this.complaints.push(`${this.module}: field ${name} is reserved`);
        own.add(name);
        this.fields.push(name);
      }
    }
    this.expect('}');
    this.declare(this.take(), 'typedef');
    this.expect(';');
  }

  private generate(): void {
    this.expect('(');
    const head = this.until(')');
    this.expect(')');
    this.declare(head[1], 'loop variable');
    this.expect('begin');
    this.expect(':');
    this.declare(this.take(), 'label');
    this.scope = { names: new Map(), outer: this.scope };
    while (this.tokens[this.at] !== 'end') this.item();
    this.take();
    this.scope = this.scope.outer as Scope;
  }

  /** Procedures declare the variables of their loops alone; the same ones in several loops. */
  private process(): void {
    const body: string[] = [];
    for (let depth = 0; ;) {
      const t = this.take();
      body.push(t);
      if (t === 'begin' || t === 'case') depth++;
      if (t === 'end' || t === 'endcase') depth--;
      if (depth === 0 && (t === ';' || t === 'end')) break;
    }
    for (const [i, t] of body.entries()) {
      const name = body[i + 1];
      if (t === 'int') this.declare(name, 'loop variable');
    }
  }

  private instance(module: string): void {
    if (this.tokens[this.at] === '#') {
      this.take();
      this.expect('(');
      this.until(')');
      this.expect(')');
    }
    const name = this.take();
    this.declare(name, 'instance');
    this.expect('(');
    const connections = this.until(')');
    this.expect(')');
    this.expect(';');
    this.instances.push({ name, module, ports: connections.flatMap((t, i) => (t === '.' && [undefined, ','].includes(connections[i - 1]) ? [connections[i + 1]] : [])) });
  }
}

function withoutRanges(words: readonly string[]): string[] {
  let depth = 0;
  return words.filter((w) => {
    if (w === '[') depth++;
    const outside = depth === 0;
    if (w === ']') depth--;
    return outside;
  });
}

/** What tools make visible below a module's own name and its instances' (Verilator warns that it is hidden, or fails). */
const HIDES: readonly Kind[] = ['port', 'variable', 'enumerator', 'loop variable'];

/** Everything that is wrong with the names in these files: nothing, if each name means one thing to every tool. */
export function clashes(files: readonly SourceFile[]): string[] {
  return [...new Set([true, false].flatMap((synthesis) => clashesSeen(files, synthesis)))];
}

function clashesSeen(files: readonly SourceFile[], synthesis: boolean): string[] {
  const modules = files.map((f) => new Reader(tokens(f.text, synthesis)).read());
  const all = new Set([...modules.map((m) => m.name), ...modules.flatMap((m) => m.instances.map((i) => i.module))]);
  const wrong = modules.flatMap((m) => m.complaints);
  for (const [i, f] of files.entries()) {
    if (f.name !== `${modules[i].name}.sv`) wrong.push(`file ${f.name} holds module ${modules[i].name}`);
    if (isReserved(modules[i].name)) wrong.push(`module ${modules[i].name} is reserved`);
    if (f.name.length > 255) wrong.push(`file ${f.name} has a longer name than folders take`);
    if (files.some((g, j) => j < i && g.name.toLowerCase() === f.name.toLowerCase())) wrong.push(`file ${f.name} differs from another in case at most`);
  }
  const top = modules[modules.length - 1].name;
  for (const m of modules) {
    const above = modules.flatMap((p) => p.instances.filter((i) => i.module === m.name).map((i) => i.name));
    for (const [name, kind] of m.kinds) {
      if (HIDES.includes(kind) && (above.includes(name) || (name === m.name && (m.name === top || kind !== 'port')))) wrong.push(`${m.name}: ${kind} ${name} hides an instance or the module`);
      if (kind !== 'typedef') continue;
      if (all.has(name)) wrong.push(`${m.name}: typedef ${name} is called like a module`);
      if (m.fields.includes(name)) wrong.push(`${m.name}: typedef ${name} is called like a field`);
      if (m.instances.some((i) => i.ports.includes(name))) wrong.push(`${m.name}: typedef ${name} is called like a port of an instance`);
    }
  }
  return wrong;
}
