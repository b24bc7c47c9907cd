/**
 * Pseudo-instructions that stand for one fixed instruction, as data (RISC-V assembly programmer's manual, "pseudoinstructions").
 * li, la, call and tail, whose length depends on a value or which need a pair, are the assembler's own.
 */

export interface PseudoInstruction {
  /** Number of operands, named $0, $1… in `to`. */
  readonly operands: number;
  /** The instruction: mnemonic and operands. */
  readonly to: readonly [string, ...string[]];
}

const pseudo = (operands: number, ...to: [string, ...string[]]): PseudoInstruction => ({ operands, to });

export const PSEUDO_INSTRUCTIONS: ReadonlyMap<string, PseudoInstruction> = new Map(Object.entries({
  nop: pseudo(0, 'addi', 'zero', 'zero', '0'),
  mv: pseudo(2, 'addi', '$0', '$1', '0'),
  not: pseudo(2, 'xori', '$0', '$1', '-1'),
  neg: pseudo(2, 'sub', '$0', 'zero', '$1'),
  'zext.b': pseudo(2, 'andi', '$0', '$1', '255'),
  seqz: pseudo(2, 'sltiu', '$0', '$1', '1'),
  snez: pseudo(2, 'sltu', '$0', 'zero', '$1'),
  sltz: pseudo(2, 'slt', '$0', '$1', 'zero'),
  sgtz: pseudo(2, 'slt', '$0', 'zero', '$1'),
  sgt: pseudo(3, 'slt', '$0', '$2', '$1'),
  sgtu: pseudo(3, 'sltu', '$0', '$2', '$1'),
  beqz: pseudo(2, 'beq', '$0', 'zero', '$1'),
  bnez: pseudo(2, 'bne', '$0', 'zero', '$1'),
  blez: pseudo(2, 'bge', 'zero', '$0', '$1'),
  bgez: pseudo(2, 'bge', '$0', 'zero', '$1'),
  bltz: pseudo(2, 'blt', '$0', 'zero', '$1'),
  bgtz: pseudo(2, 'blt', 'zero', '$0', '$1'),
  bgt: pseudo(3, 'blt', '$1', '$0', '$2'),
  ble: pseudo(3, 'bge', '$1', '$0', '$2'),
  bgtu: pseudo(3, 'bltu', '$1', '$0', '$2'),
  bleu: pseudo(3, 'bgeu', '$1', '$0', '$2'),
  j: pseudo(1, 'jal', 'zero', '$0'),
  jr: pseudo(1, 'jalr', 'zero', '$0', '0'),
  ret: pseudo(0, 'jalr', 'zero', 'ra', '0'),
  csrr: pseudo(2, 'csrrs', '$0', '$1', 'zero'),
  csrw: pseudo(2, 'csrrw', 'zero', '$0', '$1'),
  csrs: pseudo(2, 'csrrs', 'zero', '$0', '$1'),
  csrc: pseudo(2, 'csrrc', 'zero', '$0', '$1'),
  csrwi: pseudo(2, 'csrrwi', 'zero', '$0', '$1'),
  csrsi: pseudo(2, 'csrrsi', 'zero', '$0', '$1'),
  csrci: pseudo(2, 'csrrci', 'zero', '$0', '$1'),
  rdcycle: pseudo(1, 'csrrs', '$0', 'cycle', 'zero'),
  rdcycleh: pseudo(1, 'csrrs', '$0', 'cycleh', 'zero'),
  rdtime: pseudo(1, 'csrrs', '$0', 'time', 'zero'),
  rdtimeh: pseudo(1, 'csrrs', '$0', 'timeh', 'zero'),
  rdinstret: pseudo(1, 'csrrs', '$0', 'instret', 'zero'),
  rdinstreth: pseudo(1, 'csrrs', '$0', 'instreth', 'zero'),
  unimp: pseudo(0, 'csrrw', 'zero', 'cycle', 'zero'),
}));
