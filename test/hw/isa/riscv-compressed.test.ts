import { describe, expect, it } from 'vitest';
import { ABI_NAMES } from '../../../hw/isa/encoding.ts';
import { COMPRESSED, decode, decodeCompressed, expandCompressed } from '../../../hw/isa/riscv.ts';
import { disassemble } from '../../../sim/model/disassemble.ts';
import { gnuDisassemble, hasGnuToolchain } from './gnu-toolchain.ts';
import type { GnuLine } from './gnu-toolchain.ts';

const gnu = hasGnuToolchain();
/** Every halfword that is not the start of a 32-bit instruction. */
const HALVES = Array.from({ length: 65536 }, (_, half) => half).filter((half) => (half & 3) !== 3);

/** Numeric registers, decimal numbers, no blanks after commas. */
const plain = (text: string): string => text
  .replace(/\b(?:zero|ra|sp|gp|tp|[ast]\d+)\b/g, (name) => `x${ABI_NAMES.findIndex((abi) => abi === name)}`)
  .replace(/0x([0-9a-f]+)/g, (_, digits: string) => String(Number.parseInt(digits, 16)))
  .replace(/, /g, ',');

/** GNU's own names for hints, rewritten to what they are. */
const withoutHintNames = (text: string): string => text
  .replace(/^c\.(slli|srli|srai)64 (x\d+)$/, 'c.$1 $2,0')
  .replace(/^c\.addi x0,0$/, 'c.nop').replace(/^c\.addi x0,/, 'c.nop ').replace(/^c\.addi x0$/, 'c.nop');

/**
 * objdump, told of no ISA, knows floating point, and takes RV64's shifts by 32 and more, which RV32 leaves to custom extensions;
 * it also reads c.addi16sp by 0, which the specification reserves.
 */
const isNotOurs = (text: string): boolean =>
  text.startsWith('c.f') || /^c\.(slli|srli|srai) .*,(3[2-9]|[4-6]\d)$/.test(text) || text === 'c.addi16sp x2,0';

describe('the compressed instructions', () => {
  it.skipIf(!gnu)('are legal, and read, exactly as the GNU disassembler has it, for all halfwords', { timeout: 20_000 }, () => {
    const lines = gnuDisassemble(new Uint8Array(new Uint16Array(HALVES).buffer), ['no-aliases']);
    expect(lines.length).toBe(HALVES.length);
    const differences = lines.flatMap(({ text, address }, i) => {
      const half = HALVES[i]!;
      const theirs = text === undefined || isNotOurs(plain(text)) ? undefined : withoutHintNames(plain(text));
      const ours = expandCompressed(half) === undefined ? undefined : plain(disassemble(half, { pc: address }));
      return theirs === ours ? [] : [`${half.toString(16)}: GNU ${theirs}, ours ${ours}`];
    });
    expect(differences).toEqual([]);
  });

  it.skipIf(!gnu)('expand to 32-bit instructions that GNU reads as the same, for all legal halfwords', { timeout: 20_000 }, () => {
    const legal = HALVES.filter((half) => expandCompressed(half) !== undefined);
    const short = gnuDisassemble(new Uint8Array(new Uint16Array(legal).buffer));
    const long = gnuDisassemble(new Uint8Array(new Uint32Array(legal.map((half) => expandCompressed(half)!)).buffer));
    // With aliases, both lengths read alike but for hints, a few aliases and targets, which are absolute.
    const meaning = ({ text, address }: GnuLine): string => {
      const relative = plain(withoutHintNames(text!)).replace(/^((?:j|jal|beqz|bnez) .*?)(\d+)$/, (_, head: string, target: string) =>
        head + String((Number(target) - address) | 0));
      return relative
        .replace(/^c\./, '')
        .replace(/^(sll|srl|sra)i /, '$1 ')
        .replace(/^mv (x\d+),(x\d+)$/, (_, rd: string, rs: string) => (rd === rs ? `add ${rd},${rd},0` : `add ${rd},x0,${rs}`))
        .replace(/^mv x0,(x\d+)$/, 'add x0,x0,$1')
        .replace(/^(sll|srl|sra|add) (x\d+),([^,]+)$/, '$1 $2,$2,$3')
        .replace(/^add (x\d+),\1,0$/, 'nothing').replace(/^(nop.*|li x0,.*)$/, 'nothing').replace(/^add (x\d+),x0,\1$/, 'nothing');
    };
    const differences = legal.flatMap((half, i) => {
      const [a, b] = [meaning(short[i]!), meaning(long[i]!)];
      return a === b ? [] : [`${half.toString(16)}: ${a} but expanded ${b}`];
    });
    expect(differences).toEqual([]);
  });

  it('expand to words of the base table and have no two meanings', () => {
    for (const half of HALVES) {
      const word = expandCompressed(half);
      if (word !== undefined) expect(decode(word)).toBe(decodeCompressed(half)!.entry.expandsTo);
      const matching = COMPRESSED.filter((entry) => (half & entry.mask) === entry.match);
      // Of those that match, one fixes all the bits that the others fix.
      const fixed = matching.reduce((bits, entry) => bits | entry.mask, 0);
      if (matching.length > 0 && !matching.some((entry) => entry.mask === fixed)) throw new Error(half.toString(16));
    }
  });

  it('are undefined for the all-zero halfword and for the start of a 32-bit word', () => {
    expect(expandCompressed(0)).toBeUndefined();
    for (let half = 3; half < 65536; half += 4) if (expandCompressed(half) !== undefined) throw new Error(half.toString(16));
  });
});
