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

export const Texts = hw('Texts', { failing: In(U(8)) }, (m, io) => {
  for (const [i, text] of TEXTS.entries()) m.assert(`text${i}`, io.failing.ne(i), text);
});
