/**
 * On which lines of a TOML text its keys and tables stand. Reads the text once, character by character: whatever a file consists of,
 * the work is in proportion to its length. The text is valid TOML; of any other some lines are found, or none.
 * Must not know values.
 */

/** Names of more parts are found by their first parts. */
const MOST_PARTS = 8;
const isGap = (c: string): boolean => c === ' ' || c === '\t' || c === '\r';

/** What is open around a value: a list or an inline table. */
interface Open {
  readonly end: ']' | '}';
  /** Of what it is the value. */
  readonly path: readonly string[];
  /** Of the value that is being read in it. */
  inner: readonly string[];
}

export class TomlLines {
  /** Line (from 1) at which each key and table first stands. */
  private readonly first = new Map<string, number>();
  private readonly headLines = new Map<string, number[]>();
  private at = 0;
  private line = 1;
  private table: readonly string[] = [];

  constructor(private readonly text: string) {
    while (this.skipBlank(), this.at < text.length) {
      if (text[this.at] === '[') this.head();
      else this.entry();
    }
  }

  /** The line of a key, or of the nearest table around it. */
  nearest(path: string): number | undefined {
    const whole = this.first.get(path);
    if (whole !== undefined) return whole;
    const parts = path.split('.', MOST_PARTS);
    for (let count = parts.length; count > 0; count--) {
      const line = this.first.get(parts.slice(0, count).join('.'));
      if (line !== undefined) return line;
    }
    return undefined;
  }

  /** The lines at which a table of this name begins. */
  heads(path: string): readonly number[] {
    return this.headLines.get(path) ?? [];
  }

  private note(path: readonly string[], line: number): void {
    // What stands around a key may have no line of its own.
    for (let count = path.length; count > 0; count--) {
      const name = path.slice(0, count).join('.');
      if (this.first.has(name)) return;
      this.first.set(name, line);
    }
  }

  /** `[name]` or `[[name]]`. */
  private head(): void {
    const { line } = this;
    while (this.text[this.at] === '[') this.at++;
    this.table = this.key(']');
    while (this.text[this.at] === ']') this.at++;
    this.note(this.table, line);
    const name = this.table.join('.');
    const lines = this.headLines.get(name);
    if (lines) lines.push(line);
    else this.headLines.set(name, [line]);
  }

  /** `key = value`. */
  private entry(): void {
    const { line } = this;
    const path = [...this.table, ...this.key('=')].slice(0, MOST_PARTS);
    this.note(path, line);
    this.at++;
    this.value(path);
  }

  /** The parts of a key up to a character that ends it, or the end of the line. */
  private key(end: string): string[] {
    const parts: string[] = [];
    let part = '';
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at];
      if (c === end || c === '\n') break;
      if (c === '.') {
        parts.push(part);
        part = '';
      } else if (c === '"' || c === '\'') {
        part += this.string().slice(1, -1);
        this.at--;
      } else if (!isGap(c)) part += c;
    }
    return [...parts, part].slice(0, MOST_PARTS);
  }

  /** A value to its end, with the keys of inline tables in it. */
  private value(path: readonly string[]): void {
    const open: Open[] = [];
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at];
      const around = open.at(-1);
      if (c === '\n') {
        if (around === undefined) return;
        this.line++;
      } else if (c === '#') {
        this.toLineEnd();
        this.at--;
      } else if (c === '"' || c === '\'') {
        this.string();
        this.at--;
      } else if (c === '[' || c === '{') {
        const outer = around?.inner ?? path;
        const opened: Open = { end: c === '[' ? ']' : '}', path: outer, inner: outer };
        open.push(opened);
        if (c === '{') this.innerKey(opened);
      } else if (c === around?.end) open.pop();
      else if (c === ',' && around?.end === '}') this.innerKey(around);
    }
  }

  /** The key that begins behind the present character of an inline table. What lies deeper than any name of ours has the line around. */
  private innerKey(table: Open): void {
    this.at++;
    while (isGap(this.text[this.at] ?? '')) this.at++;
    if (this.text[this.at] === '}' || this.text[this.at] === '\n') {
      this.at--;
      return;
    }
    const { line } = this;
    table.inner = [...table.path, ...this.key('=')].slice(0, MOST_PARTS);
    this.note(table.inner, line);
    if (this.text[this.at] === '\n') this.at--;
  }

  /** A string of any of the four kinds, to behind its end; its text with its quotes. */
  private string(): string {
    const quote = this.text[this.at];
    const start = this.at;
    const isLong = this.text.startsWith(quote.repeat(3), this.at);
    const end = isLong ? quote.repeat(3) : quote;
    for (this.at += end.length; this.at < this.text.length; this.at++) {
      const c = this.text[this.at];
      if (this.text.startsWith(end, this.at)) {
        this.at += end.length;
        // Up to two quotes may stand before the three that end it.
        while (isLong && this.text[this.at] === quote) this.at++;
        break;
      }
      if (c === '\n') {
        if (!isLong) break;
        this.line++;
      } else if (c === '\\' && quote === '"' && this.text[this.at + 1] !== '\n') this.at++;
    }
    return this.text.slice(start, this.at);
  }

  private skipBlank(): void {
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at];
      if (c === '\n') this.line++;
      else if (c === '#') {
        this.toLineEnd();
        this.at--;
      } else if (!isGap(c)) return;
    }
  }

  private toLineEnd(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }
}
