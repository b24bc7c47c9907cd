/**
 * The assembler as a program uses it: instructions, data and labels are added one after the other, addresses are settled at
 * the end. Knows every instruction of the tables in `hw/isa/`; must not know source text nor files.
 *
 * Every instruction takes 4 bytes. Operands are numbers or the strings that source text would hold (`'a0'`, `'8(sp)'`,
 * `'table + 4'`).
 */
import { UserError } from '../../gen/user-error.ts';
import type { ExtensionInstruction, Instruction } from '../../hw/isa/instruction.ts';
import { csrByName } from '../../hw/isa/csr.ts';
import { IMMEDIATE_RANGES, encode, fitsImmediate, packImmediate, registerNumber } from '../../hw/isa/encoding.ts';
import { RISCV_INSTRUCTIONS } from '../../hw/isa/riscv.ts';
import { TENSOR_INSTRUCTIONS } from '../../hw/isa/tensor.ts';
import { isPowerOfTwo } from '../../hw/lib/power-of-two.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { evaluate, mapSymbols, parseExpression, symbolsOf } from './expression.ts';
import type { Expression } from './expression.ts';
import { PSEUDO_INSTRUCTIONS } from './pseudo-instructions.ts';
import { SectionBuffer, layOut } from './sections.ts';
import type { AssembledProgram } from './sections.ts';

/** A number is a register's number where a register is expected, else a value. */
export type Operand = number | string;

export interface AssemblerOptions {
  /** Where the first section goes; default RAM_BASE. */
  readonly base?: number;
  /** Fixed addresses of sections by name; the others follow each other. */
  readonly addresses?: Readonly<Record<string, number>>;
  /** Name of the source in messages. */
  readonly file?: string;
}

const STANDARD: ReadonlyMap<string, Instruction> = new Map(RISCV_INSTRUCTIONS.map((i) => [i.mnemonic, i]));
const EXTENSION: ReadonlyMap<string, ExtensionInstruction> = new Map(TENSOR_INSTRUCTIONS.map((i) => [i.mnemonic, i]));
const FENCE_LETTERS: Readonly<Record<string, number>> = { i: 8, o: 4, r: 2, w: 1 };
const SYMBOL = /^[A-Za-z_.$][\w.$]*$/;
const LOCAL_LABEL = /^\d+$/;

/** A branch may be 4 KiB and a jump 1 MiB away; a longer way needs another instruction. */
const FAR: Readonly<Record<string, string>> = { branch: 'branch over a j', J: 'use call or tail' };

export class Assembler {
  private readonly sections = new Map<string, SectionBuffer>();
  private current: SectionBuffer;
  private readonly labels = new Map<string, { readonly section: SectionBuffer; readonly offset: number }>();
  private readonly constants = new Map<string, number>();
  /** Symbols that are set to an expression with labels. */
  private readonly aliases = new Map<string, Expression>();
  private readonly globals = new Map<string, string>();
  /** How often each local label (`1:`) has been defined so far. */
  private readonly localCounts = new Map<string, number>();
  private place = '';
  private ops = 0;
  private readonly extensions = new Set<string>();

  constructor(private readonly options: AssemblerOptions = {}) {
    this.current = this.section('.text').current;
  }

  /** Names the place in the source of what follows, for messages; a source line. */
  at(line: number): this {
    this.place = `${this.options.file ?? 'assembly'}:${line}`;
    return this;
  }

  /** Goes on in a section, made when it is new: `.text…` is executable, `.rodata…` read-only, `.bss…` holds only zeros. */
  section(name: string): this {
    let section = this.sections.get(name);
    if (!section) {
      if (!name.startsWith('.')) this.fail(`section '${name}' must begin with a dot`, 'use for instance .text or .data');
      section = new SectionBuffer(name);
      this.sections.set(name, section);
    }
    this.current = section;
    return this;
  }

  /** Bytes in the current section so far. */
  get offset(): number {
    return this.current.length;
  }

  /** Defines a label here. A number (`'1'`) is a local label, which may be defined again. */
  label(name: string): this {
    let unique = name;
    if (LOCAL_LABEL.test(name)) {
      const count = this.localCounts.get(name) ?? 0;
      this.localCounts.set(name, count + 1);
      unique = localName(name, count);
    } else this.checkNew(name);
    this.labels.set(unique, { section: this.current, offset: this.offset });
    return this;
  }

  /** Gives a name to a value; one without labels (other than in later `equ`s) can be used wherever a number can. */
  equ(name: string, value: Operand): this {
    this.checkNew(name);
    const expression = this.expression(value);
    const known = this.tryConstant(expression);
    if (known !== undefined) this.constants.set(name, known);
    else {
      const here = `.#${this.labels.size}`;
      this.labels.set(here, { section: this.current, offset: this.offset });
      this.aliases.set(name, mapSymbols(expression, (symbol) => (symbol === '.' ? here : symbol)));
    }
    return this;
  }

  /** Demands that a symbol is defined by the end. (All symbols are written to the ELF file.) */
  global(name: string): this {
    this.globals.set(name, this.where());
    return this;
  }

  /** Adds an instruction by its mnemonic, real or pseudo. Throws UserError when it does not exist or an operand is wrong. */
  op(mnemonic: string, ...operands: Operand[]): this {
    this.ops++;
    const name = mnemonic.toLowerCase();
    const count = (expected: number, what = ''): void => {
      if (operands.length !== expected) this.fail(`${name} takes ${expected} operands${what}, not ${operands.length}`, 'see the manual');
    };
    switch (name) {
      case 'li': count(2); return this.li(operands[0]!, operands[1]!);
      case 'la': count(2); return this.la(operands[0]!, operands[1]!);
      case 'call': count(1); return this.pair('ra', 'ra', operands[0]!);
      // Clobbers t1, as the psABI allows at a call.
      case 'tail': count(1); return this.pair('t1', 'zero', operands[0]!);
    }
    const pseudo = PSEUDO_INSTRUCTIONS.get(name);
    if (pseudo) {
      count(pseudo.operands);
      const [to, ...pattern] = pseudo.to;
      this.ops--;
      return this.op(to, ...pattern.map((p) => (p.startsWith('$') ? operands[Number(p.slice(1))]! : p)));
    }
    const extension = EXTENSION.get(name);
    if (extension) {
      const has = [extension.writesRd, extension.rs1.length > 0, extension.rs2.length > 0];
      const fields = [7, 15, 20].filter((_, i) => has[i]);
      count(fields.length);
      this.extensions.add(extension.extension);
      return this.emit(fields.reduce((word, lo, i) => word | (this.register(operands[i]!) << lo), extension.match));
    }
    const standard = STANDARD.get(name);
    if (!standard) return this.fail(`unknown instruction '${mnemonic}'`, 'see docs/isa.md for what there is');
    return this.standard(standard, operands);
  }

  /** Loads a constant: one instruction where that is enough, else two. A value with labels always takes two. */
  li(rd: Operand, value: Operand): this {
    const expression = this.expression(value);
    const known = this.tryConstant(expression);
    if (known === undefined) {
      this.op('lui', rd, 0).patch('U', (v) => (word32(v) + 0x800) & ~0xfff, expression);
      return this.op('addi', rd, rd, 0).patch('I', (v) => (word32(v) << 20) >> 20, expression);
    }
    const word = this.guard(() => word32(known));
    const low = (word << 20) >> 20;
    if (low === word) return this.op('addi', rd, 'zero', word);
    this.op('lui', rd, ((word - low) >>> 12) & 0xf_ffff);
    return low === 0 ? this : this.op('addi', rd, rd, low);
  }

  /** Loads an address, relative to pc: two instructions. */
  la(rd: Operand, symbol: Operand): this {
    const expression = this.expression(symbol);
    this.op('auipc', rd, 0).patch('U', upperPart, expression);
    return this.op('addi', rd, rd, 0).patch('I', lowerPart, expression);
  }

  /** Jumps to a symbol, ±1 MiB. */
  j(target: Operand): this {
    return this.op('j', target);
  }

  /** Calls a function anywhere: two instructions, link in ra. */
  call(target: Operand): this {
    return this.op('call', target);
  }

  ret(): this {
    return this.op('ret');
  }

  /** Data of 1, 2 or 4 bytes a value, little-endian, signed or unsigned. */
  byte(...values: Operand[]): this { return this.data(1, values); }
  half(...values: Operand[]): this { return this.data(2, values); }
  word(...values: Operand[]): this { return this.data(4, values); }

  /** Raw bytes. */
  bytes(bytes: Uint8Array): this {
    this.guard(() => this.current.append(bytes));
    return this;
  }

  ascii(text: string): this { return this.bytes(new TextEncoder().encode(text)); }
  asciz(text: string): this { return this.ascii(`${text}\0`); }

  /** Zeros. */
  space(bytes: Operand): this {
    const count = this.constant(bytes);
    if (!Number.isInteger(count) || count < 0 || count > 2 ** 31) this.fail(`space of ${count} bytes`, 'give 0…2147483648');
    this.guard(() => this.current.reserve(count));
    return this;
  }

  /** Goes on at the next multiple of `bytes`, a power of two; code is filled with nops. */
  align(bytes: number): this {
    if (bytes > 65536 || !isPowerOfTwo(bytes)) {
      this.fail(`alignment ${bytes}`, 'give a power of two up to 65536');
    }
    this.guard(() => this.current.align(bytes));
    return this;
  }

  /** Settles all addresses. Throws UserError for what is undefined or does not reach. */
  assemble(): AssembledProgram {
    for (const [name, place] of this.globals) {
      if (!this.isDefined(name)) throw new UserError(`${place}: global symbol '${name}' is not defined; define it or remove the directive`);
    }
    const addresses = layOut([...this.sections.values()], this.options.base ?? RAM_BASE, this.options.addresses ?? {});
    const valueOf = (name: string): number | undefined => {
      const label = this.labels.get(name);
      if (label) return addresses.get(label.section.name)! + label.offset;
      const alias = this.aliases.get(name);
      if (!alias) return this.constants.get(name);
      // While it is being evaluated an alias is undefined, so that a circle ends as an undefined symbol.
      this.aliases.delete(name);
      const value = evaluate(alias, valueOf);
      this.aliases.set(name, alias);
      return value;
    };
    for (const section of this.sections.values()) section.resolve(addresses.get(section.name)!, valueOf);
    const symbols = new Map<string, number>();
    for (const name of this.labels.keys()) if (!name.includes('#') && !name.startsWith('.L')) symbols.set(name, valueOf(name)!);
    const sections = [...this.sections.values()]
      .filter((s) => s.length > 0)
      .map((s) => s.finish(addresses.get(s.name)!))
      .sort((a, b) => a.address - b.address);
    return { sections, symbols, entry: symbols.get('_start') ?? addresses.get('.text')!, extensions: this.extensions };
  }

  private standard(instruction: Instruction, operands: Operand[]): this {
    const { format, mnemonic } = instruction;
    this.extensions.add(instruction.extension);
    const count = (...allowed: number[]): void => {
      if (!allowed.includes(operands.length)) {
        this.fail(`${mnemonic} takes ${allowed.join(' or ')} operands, not ${operands.length}`, 'see the manual');
      }
    };
    const r = (i: number): number => this.register(operands[i]!);
    switch (format) {
      case 'R': count(3); return this.emit(encode(instruction, { rd: r(0), rs1: r(1), rs2: r(2) }));
      case 'unary': count(2); return this.emit(encode(instruction, { rd: r(0), rs1: r(1) }));
      case 'none': count(0); return this.emit(encode(instruction));
      case 'shift': count(3); return this.emit(encode(instruction, { rd: r(0), rs1: r(1) })).value(instruction, operands[2]!);
      case 'U': count(2); return this.emit(encode(instruction, { rd: r(0) })).value(instruction, operands[1]!, upper);
      case 'I':
        if (mnemonic === 'jalr') return this.jalr(instruction, operands);
        count(3);
        return this.emit(encode(instruction, { rd: r(0), rs1: r(1) })).value(instruction, operands[2]!, signed);
      case 'load':
      case 'store': {
        count(2, 3);
        const { base, offset } = this.memoryOperand(operands.slice(1));
        const word = format === 'load' ? encode(instruction, { rd: r(0), rs1: base }) : encode(instruction, { rs2: r(0), rs1: base });
        return this.emit(word).value(instruction, offset, signed);
      }
      case 'branch': count(3); return this.emit(encode(instruction, { rs1: r(0), rs2: r(1) })).value(instruction, operands[2]!, relative);
      case 'J':
        count(1, 2);
        this.emit(encode(instruction, { rd: operands.length === 2 ? r(0) : 1 }));
        return this.value(instruction, operands[operands.length - 1]!, relative);
      case 'csr': count(3); return this.emit(encode(instruction, { rd: r(0), imm: this.csr(operands[1]!), rs1: r(2) }));
      case 'csri': {
        count(3);
        const uimm = this.constant(operands[2]!);
        if (!Number.isInteger(uimm) || uimm < 0 || uimm > 31) this.fail(`${mnemonic}: immediate ${uimm} does not fit`, 'use 0…31');
        return this.emit(encode(instruction, { rd: r(0), imm: this.csr(operands[1]!), rs1: uimm }));
      }
      case 'fence': {
        count(0, 2);
        const [pred, succ] = operands.length === 0 ? [15, 15] : [this.fenceSet(operands[0]!), this.fenceSet(operands[1]!)];
        return this.emit(encode(instruction, { imm: (pred << 4) | succ }));
      }
    }
  }

  private jalr(instruction: Instruction, operands: Operand[]): this {
    if (operands.length < 1 || operands.length > 3) this.fail(`jalr takes 1 to 3 operands, not ${operands.length}`, 'see the manual');
    if (operands.length === 1) return this.jalr(instruction, ['ra', operands[0]!, 0]);
    const rd = this.register(operands[0]!);
    if (operands.length === 3) {
      return this.emit(encode(instruction, { rd, rs1: this.register(operands[1]!) })).value(instruction, operands[2]!, signed);
    }
    const isRegister = typeof operands[1] === 'number' || registerNumber(String(operands[1])) !== undefined;
    const { base, offset } = isRegister ? { base: this.register(operands[1]!), offset: 0 } : this.memoryOperand([operands[1]!]);
    return this.emit(encode(instruction, { rd, rs1: base })).value(instruction, offset, signed);
  }

  /** `offset(base)`, or offset and base as two operands. */
  private memoryOperand(operands: readonly Operand[]): { base: number; offset: Operand } {
    if (operands.length === 2) return { base: this.register(operands[1]!), offset: operands[0]! };
    const match = /^(.*)\(\s*(\w+)\s*\)\s*$/s.exec(String(operands[0]));
    if (!match) return this.fail(`'${operands[0]}' is not a memory operand`, 'write offset(register)');
    return { base: this.register(match[2]!), offset: match[1]!.trim() === '' ? 0 : match[1]! };
  }

  /** auipc and jalr: reaches every address. */
  private pair(scratch: string, link: string, target: Operand): this {
    const expression = this.expression(target);
    this.op('auipc', scratch, 0).patch('U', upperPart, expression);
    return this.op('jalr', link, scratch, 0).patch('I', lowerPart, expression);
  }

  /** Fills in the immediate of the instruction just emitted, now or when its symbols are known. */
  private value(instruction: Instruction, operand: Operand, toImmediate: (value: number, pc: number) => number = (v) => v): this {
    const { format, mnemonic } = instruction;
    const checked = (value: number, pc: number): number => {
      const immediate = toImmediate(value, pc);
      if (fitsImmediate(format, immediate)) return immediate;
      const { min, max, multipleOf } = IMMEDIATE_RANGES[format];
      const reach = `${min}…${max}${multipleOf > 1 && format !== 'U' ? `, a multiple of ${multipleOf}` : ''}`;
      const far = FAR[format];
      if (far) throw new UserError(`${mnemonic}: target is ${immediate} bytes away, it reaches ${reach}; ${far}`);
      throw new UserError(`${mnemonic}: immediate ${value} does not fit; use ${format === 'U' ? '0…1048575 (the upper 20 bits)' : reach}`);
    };
    if (toImmediate !== relative) {
      const known = typeof operand === 'number' ? operand : this.tryConstant(this.expression(operand));
      if (known !== undefined) {
        this.guard(() => this.current.orLastWord(packImmediate(format, checked(known, 0))));
        return this;
      }
    }
    return this.patch(format, checked, this.expression(operand));
  }

  /** Completes the last instruction when symbols are known. */
  private patch(format: Instruction['format'], toImmediate: (value: number, pc: number) => number, expression: Expression): this {
    this.current.later(4, expression, this.where(), (value, pc) => packImmediate(format, toImmediate(value, pc)));
    return this;
  }

  private data(size: 1 | 2 | 4, values: readonly Operand[]): this {
    const checked = (value: number): number => {
      if (!Number.isInteger(value) || value < -(2 ** (8 * size - 1)) || value >= 2 ** (8 * size)) {
        throw new UserError(`${value} does not fit ${size} bytes; use ${-(2 ** (8 * size - 1))}…${2 ** (8 * size) - 1}`);
      }
      return value;
    };
    for (const operand of values) {
      const known = typeof operand === 'number' ? operand : this.tryConstant(this.expression(operand));
      if (known !== undefined) this.guard(() => this.current.append(littleEndian(checked(known), size)));
      else {
        this.guard(() => this.current.append(new Uint8Array(size)));
        this.current.later(size, this.expression(operand), this.where(), checked);
      }
    }
    return this;
  }

  private emit(word: number): this {
    this.guard(() => this.current.appendWord(word));
    return this;
  }

  private register(operand: Operand): number {
    const index = typeof operand === 'number' ? operand : registerNumber(operand.trim());
    if (index === undefined || !Number.isInteger(index) || index < 0 || index > 31) {
      return this.fail(`'${operand}' is not a register`, 'use x0…x31 or an ABI name');
    }
    return index;
  }

  private csr(operand: Operand): number {
    const named = typeof operand === 'string' ? csrByName(operand.trim())?.address : undefined;
    if (named !== undefined) return named;
    const known = typeof operand === 'number' ? operand : this.tryConstant(this.expression(operand));
    if (known === undefined || !Number.isInteger(known) || known < 0 || known > 4095) {
      return this.fail(`'${operand}' is not a CSR`, 'use its name or its address 0…4095');
    }
    return known;
  }

  private fenceSet(operand: Operand): number {
    if (operand === '0' || operand === 0) return 0;
    const letters = [...String(operand).trim()];
    const bits = letters.reduce((sum, letter) => sum | (FENCE_LETTERS[letter] ?? 16), 0);
    return letters.length > 0 && bits < 16 ? bits : this.fail(`'${operand}' is not a set of accesses`, 'use letters of iorw');
  }

  private expression(operand: Operand): Expression {
    if (typeof operand === 'number') return { kind: 'number', value: operand };
    return this.bindLocal(this.guard(() => parseExpression(operand)));
  }

  /** Replaces `1b` and `1f` by the names of the labels that they mean here. */
  private bindLocal(expression: Expression): Expression {
    return mapSymbols(expression, (symbol) => {
      const local = /^(\d+)([bf])$/.exec(symbol);
      if (!local) return symbol;
      const count = this.localCounts.get(local[1]!) ?? 0;
      return localName(local[1]!, local[2] === 'b' ? count - 1 : count);
    });
  }

  /** Value if it holds no labels. */
  private tryConstant(expression: Expression): number | undefined {
    return this.guard(() => evaluate(expression, (name) => this.constants.get(name)));
  }

  private constant(operand: Operand): number {
    const expression = this.expression(operand);
    const value = this.tryConstant(expression);
    if (value !== undefined) return value;
    const unknown = symbolsOf(expression).find((name) => !this.constants.has(name));
    return this.fail(`'${unknown}' is not a constant known here`, 'define it with .equ before this line');
  }

  private checkNew(name: string): void {
    if (!SYMBOL.test(name) || name === '.') {
      this.fail(`'${name}' cannot be a symbol`, 'use letters, digits, _ . and $, not beginning with a digit');
    }
    if (this.isDefined(name)) this.fail(`symbol '${name}' is defined twice`, 'rename one');
  }

  private isDefined(name: string): boolean {
    return this.labels.has(name) || this.constants.has(name) || this.aliases.has(name);
  }

  private where(): string {
    if (this.place) return this.place;
    return `${this.options.file ?? 'assembly'}: ${this.current.name} +0x${this.offset.toString(16)} (instruction ${this.ops})`;
  }

  private fail(what: string, mend: string): never {
    throw new UserError(`${this.where()}: ${what}; ${mend}`);
  }

  /** Adds the place to a message from below. */
  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof UserError ? new UserError(`${this.where()}: ${error.message}`) : error;
    }
  }
}

/** A value as int32, whether written signed or unsigned. */
function word32(value: number): number {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32) {
    throw new UserError(`${value} does not fit 32 bits; use -2147483648…4294967295`);
  }
  return value | 0;
}

/** What auipc adds to its pc, and what the instruction after it adds to that, to reach an address. */
const upperPart = (address: number, pc: number): number => (address - pc + 0x800) & ~0xfff;
const lowerPart = (address: number, pc: number): number => ((address - (pc - 4)) << 20) >> 20;

const localName = (label: string, count: number): string => `${label}#${count}`;
const relative = (value: number, pc: number): number => value - pc;
/** The 20-bit operand of lui and auipc, signed or unsigned, in place. */
const upper = (value: number): number => (value >= -524288 && value <= 1048575 ? value * 4096 : NaN);
/** A 12-bit immediate may be written as the unsigned word with the same bits. */
const signed = (value: number): number => (value >= 2 ** 31 && value < 2 ** 32 ? value - 2 ** 32 : value);

function littleEndian(value: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (value >> (8 * i)) & 0xff);
}
