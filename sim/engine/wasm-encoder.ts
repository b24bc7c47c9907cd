/**
 * A small encoder of WebAssembly's binary format: modules that import one memory, functions, exports. Must not know what
 * the code computes; opcodes are named where they are used (`wasm-opcodes.ts`).
 */
import { pushAll } from '../../gen/collections.ts';

export type ValueType = 'i32' | 'i64' | 'v128';
const TYPE_CODE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };

export const PAGE_BYTES = 65536;

function pushUnsigned(out: number[], value: number): void {
  let v = value;
  while (v >= 0x80) {
    out.push((v % 0x80) | 0x80);
    v = Math.floor(v / 0x80);
  }
  out.push(v);
}

function pushSigned(out: number[], value: bigint): void {
  let v = value;
  for (;;) {
    const low = Number(v & 0x7fn);
    v >>= 7n;
    if ((v === 0n && (low & 0x40) === 0) || (v === -1n && (low & 0x40) !== 0)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

/** Body of one function: parameters are the first locals. */
export class Code {
  readonly bytes: number[] = [];
  readonly locals: ValueType[] = [];
  constructor(
    readonly params: readonly ValueType[] = [],
    readonly results: readonly ValueType[] = [],
  ) {}

  /** A new local variable, zero at entry. */
  local(type: ValueType): number {
    this.locals.push(type);
    return this.params.length + this.locals.length - 1;
  }

  op(...bytes: number[]): void {
    for (const b of bytes) this.bytes.push(b);
  }

  /** An opcode with one unsigned immediate (local index, function index, label). */
  opIndex(op: number, index: number): void {
    this.bytes.push(op);
    pushUnsigned(this.bytes, index);
  }

  i32(value: number): void {
    this.bytes.push(0x41);
    pushSigned(this.bytes, BigInt(value | 0));
  }

  i64(value: bigint): void {
    this.bytes.push(0x42);
    pushSigned(this.bytes, BigInt.asIntN(64, value));
  }

  /** A load or store; `prefix` for vector instructions. No alignment is promised. */
  memory(op: number, offset: number, prefix?: number): void {
    if (prefix !== undefined) {
      this.bytes.push(prefix);
      pushUnsigned(this.bytes, op);
    } else {
      this.bytes.push(op);
    }
    this.bytes.push(0);
    pushUnsigned(this.bytes, offset);
  }

  /** Copies bytes from one fixed place to another. */
  copy(to: number, from: number, bytes: number): void {
    this.i32(to);
    this.i32(from);
    this.i32(bytes);
    this.op(0xfc, 10, 0, 0);
  }

  /** A vector instruction, with immediate bytes such as a lane. */
  simd(op: number, ...immediates: number[]): void {
    this.bytes.push(0xfd);
    pushUnsigned(this.bytes, op);
    for (const b of immediates) this.bytes.push(b);
  }
}

interface FunctionEntry {
  readonly code: Code;
  readonly type: number;
}

export class ModuleBuilder {
  private readonly types: string[] = [];
  private readonly typeBytes: number[][] = [];
  private readonly functions: FunctionEntry[] = [];
  private readonly exports: { name: string; index: number }[] = [];

  /** Returns the function's index; it may be called before its body is complete. */
  add(code: Code): number {
    const key = `${code.params.join()}>${code.results.join()}`;
    let type = this.types.indexOf(key);
    if (type < 0) {
      type = this.types.length;
      this.types.push(key);
      const bytes = [
        0x60,
        code.params.length,
        ...code.params.map((t) => TYPE_CODE[t]),
        code.results.length,
        ...code.results.map((t) => TYPE_CODE[t]),
      ];
      this.typeBytes.push(bytes);
    }
    this.functions.push({ code, type });
    return this.functions.length - 1;
  }

  export(name: string, index: number): void {
    this.exports.push({ name, index });
  }

  /** The module, importing its memory of at least `pages()` pages as `env.memory`. */
  encode(pages: () => number): Uint8Array {
    const out: number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    const section = (id: number, body: number[]): void => {
      out.push(id);
      pushUnsigned(out, body.length);
      append(out, body);
    };
    const types: number[] = [];
    pushUnsigned(types, this.typeBytes.length);
    for (const t of this.typeBytes) pushAll(types, t);
    section(1, types);

    const imports: number[] = [1, ...name('env'), ...name('memory'), 0x02, 0x00];
    pushUnsigned(imports, pages());
    section(2, imports);

    const declared: number[] = [];
    pushUnsigned(declared, this.functions.length);
    for (const f of this.functions) pushUnsigned(declared, f.type);
    section(3, declared);

    const exported: number[] = [];
    pushUnsigned(exported, this.exports.length);
    for (const e of this.exports) {
      pushAll(exported, [...name(e.name), 0x00]);
      pushUnsigned(exported, e.index);
    }
    section(7, exported);

    const bodies: number[] = [];
    pushUnsigned(bodies, this.functions.length);
    for (const f of this.functions) {
      const body = functionBody(f.code);
      pushUnsigned(bodies, body.length);
      append(bodies, body);
    }
    section(10, bodies);
    return Uint8Array.from(out);
  }
}

function append(out: number[], bytes: readonly number[]): void {
  for (const b of bytes) out.push(b);
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  const out: number[] = [];
  pushUnsigned(out, bytes.length);
  return [...out, ...bytes];
}

function functionBody(code: Code): number[] {
  const out: number[] = [];
  const runs: { type: ValueType; count: number }[] = [];
  for (const type of code.locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  pushUnsigned(out, runs.length);
  for (const r of runs) {
    pushUnsigned(out, r.count);
    out.push(TYPE_CODE[r.type]);
  }
  append(out, code.bytes);
  out.push(0x0b);
  return out;
}
