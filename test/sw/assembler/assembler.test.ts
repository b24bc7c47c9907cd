import { describe, expect, it } from 'vitest';
import { UserError } from '../../../gen/user-error.ts';
import { parseElf } from '../../../sim/elf.ts';
import { Assembler, assemble, assembleInto, programToElf } from '../../../sw/assembler/index.ts';
import { gnuLink, hasGnuToolchain } from '../../hw/isa/gnu-toolchain.ts';

const gnu = hasGnuToolchain();
const hex = (bytes: Uint8Array): string[] => Array.from({ length: bytes.length / 4 }, (_, i) =>
  (bytes[4 * i]! + 256 * bytes[4 * i + 1]! + 65536 * bytes[4 * i + 2]! + 16777216 * bytes[4 * i + 3]!).toString(16).padStart(8, '0'));
const text = (source: string): Uint8Array => assemble(source).sections[0]!.bytes;

/** Every pseudo-instruction and form of operand that means the same to the GNU assembler. */
const SAME_AS_GNU = `
  .equ FIVE, 5
  .set MASK, (1 << 10) - 1
  start: nop; mv a0, a1; not a0, a1; neg a0, a1; zext.b a0, a1; seqz a0, a1; snez a0, a1; sltz a0, a1; sgtz a0, a1
  sgt a0, a1, a2; sgtu a0, a1, a2
  beqz a0, start; bnez a0, 1f; blez a0, start; bgez a0, start; bltz a0, start; bgtz a0, start
  bgt a0, a1, start; ble a0, a1, start; bgtu a0, a1, start; bleu a0, a1, start
1: j start; j 1b; jal start; jal t0, 1f; jr a0; jalr a0; jalr t0, a0; jalr t0, 8(a0); jalr t0, a0, -8; ret
1: csrr a0, mstatus; csrw mtvec, a0; csrs mie, a0; csrc mie, a0; csrwi mstatus, 8; csrsi mstatus, 8; csrci mstatus, 8; csrrw a0, 0x7c0, a1
  rdcycle a0; rdcycleh a0; rdtime a0; rdtimeh a0; rdinstret a0; rdinstreth a0; unimp; fence; fence rw, w; fence.i; ecall; ebreak; mret; wfi
  li a0, 0; li a0, -1; li a0, 2047; li a0, -2048; li a0, 2048; li a0, 0x12345000; li a0, 0x12345678
  li a0, 0xdeadbeef; li a0, -2147483648; li a0, 0x7ffff800; li a0, FIVE
  li a0, MASK; li a0, 'a'; li a0, ~0; li a0, -(3 * 4 + 1) % 5; addi a0, a0, FIVE * 2; addi a0, a0, -2048; andi a0, a0, 0xfffffff0
  lui a0, 0xfffff; lui a0, %hi(0x12345fff); addi a0, a0, %lo(0x12345fff); lw a0, %lo(0x12345800)(a1); lw a0, (a1)
  lw a0, FIVE-1(a1); sb a0, -1(sp)
  slli a0, a0, 31; rori a0, a0, 7; bseti a0, a0, 0; c: sw x31, 2044(fp) # a comment
  beq a0, a1, . + 8 // another; not an instruction
  .word 1, -1, 0xffffffff, 1 f - 1b, c - start ; .half 1, -2, 0xffff ; .byte 1, 2, -128, 255, 'x', '\\n'
  .ascii "a#b;c,\\"d" , "//"
  .asciz "xyz\\n"
  .byte 0
  nop /* nop
  nop */
  nop /**/
  .space 6
1: .zero 2
`.replace('1 f -', '1f -').replace('fp)', 's0)');

describe('the assembler', () => {
  it.skipIf(!gnu)('means the same as the GNU assembler in every pseudo-instruction, operand and directive', () => {
    const ours = text(SAME_AS_GNU);
    // GNU knows no // comments.
    expect(hex(ours)).toEqual(hex(gnuLink(SAME_AS_GNU.replace(/\/\/ another.*/, ''), 0x8000_0000)));
  });

  it.skipIf(!gnu)('reaches an address by la, call and tail as the GNU linker would', () => {
    const source = `start: nop; la a0, far; call far; tail start; la a1, start; .space 6000
      far: la a2, start; call start; .word far, start`;
    expect(hex(text(source))).toEqual(hex(gnuLink(source, 0x8000_0000)));
  });

  it('aligns with zeros in data and nops in code', () => {
    const nop = '00000013';
    expect(hex(text('.byte 1; .align 1; .half 2; .balign 8; nop; .align 4; nop'))).toEqual(['00020001', nop, nop, nop, nop]);
    expect([...assemble('.data; .byte 1; .align 2; .byte 2').sections[0]!.bytes]).toEqual([1, 0, 0, 0, 2]);
  });

  it('puts sections one behind the other, zeros last, and finds the entry', () => {
    const program = assemble(`
      .bss; buffer: .space 10
      .data; value: .word buffer, _start
      .text; nop; _start: nop
      .rodata; .byte 1`);
    expect(program.sections.map((s) => [s.name, s.address.toString(16), s.bytes.length, s.memSize, s.executable, s.writable])).toEqual([
      ['.text', '80000000', 8, 8, true, false], ['.rodata', '80000010', 1, 1, false, false],
      ['.data', '80000020', 8, 8, false, true], ['.bss', '80000030', 0, 10, false, true],
    ]);
    expect(program.entry).toBe(0x8000_0004);
    expect(hex(program.sections[2]!.bytes)).toEqual(['80000030', '80000004']);
  });

  it('takes fixed addresses', () => {
    const program = assemble('nop; .data; .word 1', { base: 0x100, addresses: { '.data': 0x4000 } });
    expect(program.sections.map((s) => s.address)).toEqual([0x100, 0x4000]);
  });

  it('lets a symbol be an expression of labels, as in the length of a string', () => {
    const bytes = text(`j 1f; message: .ascii "hello"; .equ length, . - message; .equ twice, 2 * length; .align 2
      1: li a0, twice; .word length`);
    expect(hex(bytes).slice(3)).toEqual(['00000537', '00a50513', '00000005']);
  });

  it('builds the same from calls as from text', () => {
    const built = new Assembler()
      .label('_start').op('addi', 'a0', 'zero', 5).op('lw', 'a1', 8, 'sp').op('lw', 'a1', '8(sp)')
      .op('add', 10, 11, 12).li('t0', 0x1234_5678).la('t1', 'table')
      .op('beqz', 'a0', '_start').j('done').call('_start').op('tn.mm', 'a0', 'a1').op('tn.fence', 'a0').op('csrw', 'mscratch', 'a0')
      .label('done').ret().align(16)
      .section('.data').label('table').word(1, 'done', -1).half(2).byte(3).asciz('x').space(2).equ('n', 7).word('n + 1').assemble();
    const written = assemble(`
      _start: addi a0, zero, 5; lw a1, 8(sp); lw a1, 8(sp); add x10, x11, x12; li t0, 0x12345678; la t1, table
      beqz a0, _start; j done; call _start; tn.mm a0, a1; tn.fence a0; csrw mscratch, a0
      done: ret; .balign 16
      .data; table: .word 1, done, -1; .half 2; .byte 3; .asciz "x"; .space 2; .equ n, 7; .word n + 1`);
    expect(built).toEqual(written);
  });

  it('adds text to what was built', () => {
    const asm = new Assembler().label('_start').j('later');
    assembleInto(asm, 'later: nop');
    expect(asm.assemble().symbols.get('later')).toBe(0x8000_0004);
  });

  it('makes an executable with all its symbols', () => {
    const program = assemble('.globl _start; _start: nop; 1: j 1b; .Lhidden: nop; .data; tohost: .word 0; .bss; .space 64');
    const elf = parseElf(programToElf(program));
    expect([...elf.symbols]).toEqual([['_start', 0x8000_0000], ['tohost', 0x8000_0010]]);
    expect(elf.segments.map((s) => s.memSize)).toEqual([12, 4, 64]);
  });

  it.each<[string, string]>([
    ['nop\nfoo a0, a1', "t.s:2: unknown instruction 'foo'; see docs/isa.md for what there is"],
    ['.foo 1', "t.s:1: unknown directive '.foo'; see docs for what there is"],
    ['add a0, a1', 't.s:1: add takes 3 operands, not 2; see the manual'],
    ['mv a0', 't.s:1: mv takes 2 operands, not 1; see the manual'],
    ['tn.mm a0', 't.s:1: tn.mm takes 2 operands, not 1; see the manual'],
    ['add a0, a1, b2', "t.s:1: 'b2' is not a register; use x0…x31 or an ABI name"],
    ['\n\naddi a0, a0, 2048', 't.s:3: addi: immediate 2048 does not fit; use -2048…2047'],
    ['slli a0, a0, 32', 't.s:1: slli: immediate 32 does not fit; use 0…31'],
    ['lui a0, 0x100000', 't.s:1: lui: immediate 1048576 does not fit; use 0…1048575 (the upper 20 bits)'],
    ['li a0, 0x100000000', 't.s:1: 4294967296 does not fit 32 bits; use -2147483648…4294967295'],
    ['lw a0, a1', "t.s:1: 'a1' is not a memory operand; write offset(register)"],
    ['csrr a0, foo', "t.s:1: 'foo' is not a CSR; use its name or its address 0…4095"],
    ['csrwi mstatus, 32', 't.s:1: csrrwi: immediate 32 does not fit; use 0…31'],
    ['fence x, y', "t.s:1: 'x' is not a set of accesses; use letters of iorw"],
    ['nop\nbeqz a0, far\n.space 5000\nfar:',
      't.s:2: beq: target is 5004 bytes away, it reaches -4096…4094, a multiple of 2; branch over a j'],
    ['j far\n.space 0x100000\nfar:',
      't.s:1: jal: target is 1048580 bytes away, it reaches -1048576…1048574, a multiple of 2; use call or tail'],
    ['j nowhere', "t.s:1: symbol 'nowhere' is not defined; define it or mend its name"],
    ['j 1b', "t.s:1: symbol '1 number -1' is not defined; define it or mend its name"],
    ['a: nop\na: nop', "t.s:2: symbol 'a' is defined twice; rename one"],
    ['.globl a', "t.s:1: global symbol 'a' is not defined; define it or remove the directive"],
    ['.equ a, b + 1\n.equ b, a + 1\n.word a', "t.s:3: symbol 'a' is not defined; define it or mend its name"],
    ['.byte 256', 't.s:1: 256 does not fit 1 bytes; use -128…255'],
    ['a: .byte a', 't.s:1: 2147483648 does not fit 1 bytes; use -128…255'],
    ['.byte 1\nnop', 't.s:2: instruction at an address that is not a multiple of 4; put .align 2 before it'],
    ['.bss\n.word 1', 't.s:2: section .bss holds only zeros; put data into .data'],
    ['.ascii hello', 't.s:1: .ascii: hello is not a string; put it between double quotes'],
    ['.align 17', 't.s:1: .align: 2^17 bytes; give 0…16'],
    ['.word 1 +', "t.s:1: something is missing at the end in expression '1 +'; use numbers, symbols and C operators"],
    ['.word 1 @ 2', "t.s:1: cannot read '@ 2' in expression '1 @ 2'; use numbers, symbols and C operators"],
    ['.word 1 / 0', 't.s:1: division by 0 in an expression; change the divisor'],
    ['.space x\n x:', "t.s:1: 'x' is not a constant known here; define it with .equ before this line"],
    ['!', "t.s:1: cannot read '!'; write a label, a directive or an instruction"],
    [`.word ${'('.repeat(5000)}1`, 't.s:1: expression nested deeper than 200; simplify it'],
  ])('refuses %j with the line and the mend', (source, message) => {
    expect(() => assemble(source, { file: 't.s' })).toThrow(new UserError(message));
  });

  it('names the place in built code too', () => {
    expect(() => new Assembler({ file: 'kernel' }).op('nop').op('addi', 'a0', 'a0', 4096)).toThrow(
      'kernel: .text +0x8 (instruction 2): addi: immediate 4096 does not fit; use -2048…2047');
  });

  it('takes large programs', () => {
    const asm = new Assembler();
    for (let i = 0; i < 50_000; i++) asm.op('addi', 'a0', 'a0', i & 1023);
    expect(asm.assemble().sections[0]!.bytes.length).toBe(200_000);
  });
});
