/** A design whose assertions have texts of every kind of character, and which of them is to fail. */
import { In, U, hw } from '../../gen/index.ts';

const range = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('');

/** The last one looks like the failure of the first one in Verilator. */
export const TEXTS: readonly string[] = [
  'plain', '', ' spaces around  ', 'the "answer" is \\"42\\"', 'back\\slash \\n \\t \\x41 \\101 \\', '100 % of %d %m %0t %% %s %', 'two\nlines\r\nand\ttabs\n',
  '$display("x"); `define A ${name} $time $$', '// no comment /* nor this */ */', '); $finish; end // "', range(1, 0x1f), range(0x20, 0x7e), range(0x7f, 0xff),
  'Ω ≤ 平成 𝔘 👩‍👩‍👧 \u2028\u2029\ufeff\u202e', '007\u0001234', '\u001b[31mred\u001b[0m', 'long '.repeat(1500),
  'x\n[0] %Error: Texts.sv:1: Assertion failed in TOP.SystoleShell.Texts: TOP.SystoleShell.Texts.text0: plain',
];

/** Of loops over lanes a failure tells which lane it is. */
const [ROWS, COLUMNS] = [3, 2];
const LANE_TEXT = 'in one of the lanes';

export const Texts = hw('Texts', { failing: In(U(8)) }, (m, io) => {
  for (const [i, text] of TEXTS.entries()) m.assert(`text${i}`, io.failing.ne(i), text);
  m.each(ROWS, (i) => m.each(COLUMNS, (j) => m.when(io.failing.slice(7, 4).eq(i.plus(8).zext(4)), () => {
    m.assert('lane', io.failing.slice(3, 0).ne(j.zext(4)), LANE_TEXT);
  })));
});

/** What `Texts` tells when `failing` is `value`: path and text. */
export interface Told {
  readonly value: number;
  readonly path: string;
  readonly message: string;
}

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

export const TOLD: readonly Told[] = [
  ...TEXTS.map((message, value) => ({ value, path: `text${value}`, message })),
  ...upTo(ROWS).flatMap((i) => upTo(COLUMNS).map((j) => ({ value: 16 * (i + 8) + j, path: `lane[${i}][${j}]`, message: LANE_TEXT }))),
];
