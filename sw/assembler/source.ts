/**
 * The assembler's text front end: lines of labels, directives and instructions in GNU notation, given one by one to the
 * Assembler. Must not know encodings, and reads no files.
 */
import { UserError } from '../../gen/user-error.ts';
import { Assembler } from './assembler.ts';
import type { AssemblerOptions } from './assembler.ts';
import { unescape } from './expression.ts';
import type { AssembledProgram } from './sections.ts';

type Directive = (asm: Assembler, operands: readonly string[], fail: (what: string, mend: string) => never) => void;

const one = (operands: readonly string[], fail: (what: string, mend: string) => never, what: string): string =>
  operands.length === 1 ? operands[0]! : fail(`needs ${what}`, 'give exactly one operand');

const integer = (text: string, fail: (what: string, mend: string) => never): number => {
  const value = Number(text);
  return Number.isInteger(value) && text !== '' ? value : fail(`'${text}' is not a number`, 'write a decimal or 0x number');
};

const text = (operands: readonly string[], fail: (what: string, mend: string) => never): string =>
  operands.map((operand) => {
    const match = /^"((?:\\.|[^"\\])*)"$/s.exec(operand);
    return match ? unescape(match[1]!) : fail(`${operand || 'nothing'} is not a string`, 'put it between double quotes');
  }).join('');

const inSection = (name: string): Directive => (asm) => void asm.section(name);
const values = (size: 'byte' | 'half' | 'word'): Directive => (asm, operands, fail) => {
  if (operands.length === 0) fail('needs at least one value', 'give values between commas');
  asm[size](...operands);
};
const space: Directive = (asm, operands, fail) => void asm.space(one(operands, fail, 'a number of bytes'));
/** RISC-V's .align counts bits, not bytes. */
const alignBits: Directive = (asm, operands, fail) => {
  const bits = integer(one(operands, fail, 'a power of two'), fail);
  asm.align(bits >= 0 && bits <= 16 ? 2 ** bits : fail(`2^${bits} bytes`, 'give 0…16'));
};
const setSymbol: Directive = (asm, operands, fail) => {
  if (operands.length !== 2) fail('needs a name and a value', 'write .equ name, value');
  asm.equ(operands[0]!, operands[1]!);
};
const global: Directive = (asm, operands) => operands.forEach((name) => asm.global(name));
const ignored: Directive = () => undefined;

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map(Object.entries({
  '.text': inSection('.text'), '.data': inSection('.data'), '.rodata': inSection('.rodata'), '.bss': inSection('.bss'),
  '.section': (asm, operands, fail) => void asm.section(operands[0] ?? fail('needs a name', 'write .section .name')),
  '.byte': values('byte'), '.half': values('half'), '.short': values('half'), '.2byte': values('half'),
  '.word': values('word'), '.long': values('word'), '.4byte': values('word'),
  '.space': space, '.zero': space, '.skip': space,
  '.align': alignBits, '.p2align': alignBits,
  '.balign': (asm, operands, fail) => void asm.align(integer(one(operands, fail, 'a number of bytes'), fail)),
  '.ascii': (asm, operands, fail) => void asm.ascii(text(operands, fail)),
  '.asciz': (asm, operands, fail) => void asm.asciz(text(operands, fail)),
  '.string': (asm, operands, fail) => void asm.asciz(text(operands, fail)),
  '.equ': setSymbol, '.set': setSymbol, '.globl': global, '.global': global,
  '.option': ignored, '.type': ignored, '.size': ignored, '.file': ignored, '.attribute': ignored,
} satisfies Record<string, Directive>));

/** Splits at a separator outside of strings, character constants and brackets. */
function split(line: string, separator: ',' | ';'): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const [token] of line.matchAll(/"(?:\\.|[^"\\])*"?|'(?:\\.|[^\\'])'|[^]/g)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (token === separator && (depth <= 0 || separator === ';')) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts.map((part) => part.trim());
}

/** Takes comments away (`#…`, `//…`, and `/*…*\/` over lines, which keep their number). */
function withoutComments(source: string): string {
  return source.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^\\'\n])'|#[^\n]*|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g, (match) => {
    if (match[0] === '"' || match[0] === "'") return match;
    return match.replace(/[^\n]/g, ' ');
  });
}

/**
 * Adds a source text to an assembler; labels may refer to what was added before and will be added later.
 * Throws UserError `file:line: what; mend`.
 */
export function assembleInto(asm: Assembler, source: string, file = 'assembly'): void {
  withoutComments(source).split(/\r\n|\n|\r/).forEach((line, index) => {
    asm.at(index + 1);
    for (const statement of split(line, ';')) assembleStatement(asm, statement, `${file}:${index + 1}`);
  });
}

function assembleStatement(asm: Assembler, statement: string, place: string): void {
  let rest = statement;
  for (let label = /^([\w.$]+)\s*:\s*/.exec(rest); label; label = /^([\w.$]+)\s*:\s*/.exec(rest)) {
    asm.label(label[1]!);
    rest = rest.slice(label[0].length);
  }
  if (rest === '') return;
  const match = /^([\w.]+)(?:\s+([^]*))?$/.exec(rest);
  if (!match) throw new UserError(`${place}: cannot read '${rest}'; write a label, a directive or an instruction`);
  const name = match[1]!;
  const operands = match[2] === undefined ? [] : split(match[2], ',');
  const directive = DIRECTIVES.get(name);
  if (directive) {
    directive(asm, operands, (what, mend) => {
      throw new UserError(`${place}: ${name}: ${what}; ${mend}`);
    });
  } else if (name.startsWith('.')) throw new UserError(`${place}: unknown directive '${name}'; see docs for what there is`);
  else asm.op(name, ...operands);
}

/** Assembles a whole source text. Throws UserError `file:line: what; mend`. */
export function assemble(source: string, options: AssemblerOptions = {}): AssembledProgram {
  const asm = new Assembler(options);
  assembleInto(asm, source, options.file);
  return asm.assemble();
}
