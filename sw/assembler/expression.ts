/**
 * Arithmetic expressions of the assembler: numbers, symbols, `.`, local labels (`1b`, `1f`), `%hi()`, `%lo()`, the operators
 * of C with C's precedence. Must not know instructions nor sections.
 */
import { UserError } from '../../gen/user-error.ts';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'unary'; readonly op: string; readonly of: Expression }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Expression; readonly right: Expression };

const TOKEN = /\s*(%hi|%lo|0[xX][0-9a-fA-F]+|0[bB][01]+|\d+[bf]\b|\d+|'(?:\\.|[^\\'])'|[A-Za-z_.$][\w.$]*|<<|>>|[-+*/%&|^~()])/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0', '\\': '\\', "'": "'", '"': '"' };
/** Binding strength of the binary operators. */
const STRENGTH: Readonly<Record<string, number>> = { '|': 1, '^': 2, '&': 3, '<<': 4, '>>': 4, '+': 5, '-': 5, '*': 6, '/': 6, '%': 6 };
/** Nested brackets and signs allowed: deeper is an accident or an attack on the stack. */
const DEPTH_LIMIT = 200;

/** The character that `\x` stands for in strings and character constants. */
export function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, c: string) => ESCAPES[c] ?? c);
}

/** Parses a whole string as one expression. Throws UserError with the place in the text that was not understood. */
export function parseExpression(text: string): Expression {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) {
      throw new UserError(`cannot read '${text.slice(from).trim()}' in expression '${text.trim()}'; use numbers, symbols and C operators`);
    }
    tokens.push(match[1]!);
  }
  let at = 0;
  const fail = (): never => {
    const found = at < tokens.length ? `unexpected '${tokens[at]}'` : 'something is missing at the end';
    throw new UserError(`${found} in expression '${text.trim()}'; use numbers, symbols and C operators`);
  };
  const primary = (depth: number): Expression => {
    if (depth > DEPTH_LIMIT) throw new UserError(`expression nested deeper than ${DEPTH_LIMIT}; simplify it`);
    const token = tokens[at++];
    if (token === undefined) return fail();
    if (token === '-' || token === '+' || token === '~') return { kind: 'unary', op: token, of: primary(depth + 1) };
    if (token === '(' || token === '%hi' || token === '%lo') {
      if (token !== '(' && tokens[at++] !== '(') { at--; fail(); }
      const inner = binary(0, depth + 1);
      if (tokens[at++] !== ')') { at--; fail(); }
      return token === '(' ? inner : { kind: 'unary', op: token, of: inner };
    }
    if (token.startsWith("'")) return { kind: 'number', value: unescape(token.slice(1, -1)).codePointAt(0)! };
    if (/^\d+[bf]$/.test(token)) return { kind: 'symbol', name: token };
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (/^[A-Za-z_.$]/.test(token)) return { kind: 'symbol', name: token };
    at--;
    return fail();
  };
  const binary = (weakest: number, depth: number): Expression => {
    let left = primary(depth);
    for (;;) {
      const op = tokens[at];
      const strength = op === undefined ? undefined : STRENGTH[op];
      if (op === undefined || strength === undefined || strength <= weakest) return left;
      at++;
      left = { kind: 'binary', op, left, right: binary(strength, depth + 1) };
    }
  };
  const result = binary(0, 0);
  if (at < tokens.length) fail();
  return result;
}

/**
 * Value of an expression; `resolve` gives a symbol's value or undefined, which makes the whole undefined. Bit operators work
 * on integers of any size in two's complement. Throws UserError on division by 0 or a result that is no exact integer.
 */
export function evaluate(expression: Expression, resolve: (name: string) => number | undefined): number | undefined {
  const value = integer(expression, resolve);
  if (value === undefined) return undefined;
  if (value > 2n ** 53n || value < -(2n ** 53n)) throw new UserError(`expression value ${value} is too large; values must fit 32 bits`);
  return Number(value);
}

function integer(expression: Expression, resolve: (name: string) => number | undefined): bigint | undefined {
  switch (expression.kind) {
    case 'number':
      if (!Number.isSafeInteger(expression.value)) throw new UserError(`number ${expression.value} is too large; values must fit 32 bits`);
      return BigInt(expression.value);
    case 'symbol': {
      const value = resolve(expression.name);
      return value === undefined ? undefined : BigInt(value);
    }
    case 'unary': {
      const of = integer(expression.of, resolve);
      if (of === undefined) return undefined;
      switch (expression.op) {
        case '-': return -of;
        case '~': return ~of;
        // The upper part makes up for the sign of the lower (psABI, %hi and %lo).
        case '%hi': return ((of + 0x800n) >> 12n) & 0xf_ffffn;
        case '%lo': return BigInt.asIntN(12, of);
        default: return of;
      }
    }
    case 'binary': {
      const left = integer(expression.left, resolve);
      const right = integer(expression.right, resolve);
      return left === undefined || right === undefined ? undefined : combine(expression.op, left, right);
    }
  }
}

function combine(op: string, left: bigint, right: bigint): bigint {
  if ((op === '/' || op === '%') && right === 0n) throw new UserError('division by 0 in an expression; change the divisor');
  if ((op === '<<' || op === '>>') && (right < 0n || right > 63n)) throw new UserError(`shift by ${right} in an expression; use 0…63`);
  switch (op) {
    case '+': return left + right;
    case '-': return left - right;
    case '*': return left * right;
    case '/': return left / right;
    case '%': return left % right;
    case '&': return left & right;
    case '|': return left | right;
    case '^': return left ^ right;
    case '<<': return left << right;
    default: return left >> right;
  }
}

/** Names of all symbols in an expression. */
export function symbolsOf(expression: Expression): string[] {
  switch (expression.kind) {
    case 'number': return [];
    case 'symbol': return [expression.name];
    case 'unary': return symbolsOf(expression.of);
    case 'binary': return [...symbolsOf(expression.left), ...symbolsOf(expression.right)];
  }
}

/** The same expression with every symbol renamed. */
export function mapSymbols(expression: Expression, rename: (name: string) => string): Expression {
  switch (expression.kind) {
    case 'number': return expression;
    case 'symbol': return { kind: 'symbol', name: rename(expression.name) };
    case 'unary': return { ...expression, of: mapSymbols(expression.of, rename) };
    case 'binary': return { ...expression, left: mapSymbols(expression.left, rename), right: mapSymbols(expression.right, rename) };
  }
}
