/**
 * From an instruction word to the control signals of the data path, all of them made from the instruction tables. What the
 * signals say of an instruction that is not legal is undefined.
 */
import { B, In, Out, U, bool, bundle, cat, hw } from '../../gen/index.ts';
import { RV32I, PRIVILEGED, ZBA, ZBB, ZIFENCEI } from '../isa/riscv.ts';
import { FORMAT_FIELDS } from '../isa/encoding.ts';
import type { Format, Instruction } from '../isa/instruction.ts';
import { decoderFor, isAnyOf } from '../lib/match.ts';
import type { Decoder as Decode } from '../lib/match.ts';
import type { CoreConfig } from './config.ts';
import { AccessSize } from './data-alignment.ts';
import { immediate, ofFormat } from './immediates.ts';
import { GROUP, instructionsOf } from './instruction-set.ts';
import { withOnly } from '../lib/with-only.ts';
import { Word } from './word.ts';

/** What adder, comparison, logic and shifter do. Of the `is…` at most one is 1. */
export const AluControl = bundle('AluControl', {
  /** The second operand is the immediate. */
  immediateB: B,
  invertB: B,
  unsignedOrder: B,
  isSum: B,
  isLess: B,
  isLogic: B,
  /** `LOGIC`. */
  bitwise: U<number>(2),
  isShift: B,
  shiftRight: B,
  arithmetic: B,
  rotate: B,
});

/** Operations of the logic unit by number. */
export const LOGIC = { xor: 0, or: 1, and: 2, first: 3 } as const;

/** What the bit-manipulation unit does. Of the `is…` at most one is 1. */
export const BitControl = bundle('BitControl', {
  /** Zba: bits by which the first operand is shifted left in front of the adder. */
  preshift: U<number>(2),
  isMinMax: B,
  max: B,
  isSetBit: B,
  isClearBit: B,
  isInvertBit: B,
  isExtractBit: B,
  isLeadingZeros: B,
  isTrailingZeros: B,
  isPopulation: B,
  isSignByte: B,
  isSignHalf: B,
  isZeroHalf: B,
  isOrBytes: B,
  isReverseBytes: B,
});

export const MulDivControl = bundle('MulDivControl', { divide: B, upperResult: B, signedFirst: B, signedSecond: B });

export const hasBitManipulation = ({ isa }: CoreConfig): boolean => isa.zba || isa.zbb || isa.zbs;

const ports = {
  instr: In(Word),
  legal: Out(B),
  writesRd: Out(B), readsRs1: Out(B), readsRs2: Out(B),
  alu: Out(AluControl),
  bits: Out(BitControl),
  mulDiv: Out(MulDivControl),
  isMulDiv: Out(B), isLoad: Out(B), isStore: Out(B),
  accessSize: Out(AccessSize), zeroExtend: Out(B),
  isBranch: Out(B), branchOnLess: Out(B), branchInverted: Out(B), isJump: Out(B),
  /** The result is the address adder's sum. */
  isAddress: Out(B),
  /** What the address adder adds to the immediate: pc, or (neither) rs1, or nothing. */
  fromPc: Out(B), fromZero: Out(B),
  /** The target of a jump has its bit 0 cleared. */
  clearBit0: Out(B),
  addressImmediate: Out(Word), operandImmediate: Out(Word),
  isCsr: Out(B), csrImmediate: Out(B), csrReplace: Out(B), csrClear: Out(B),
  isEcall: Out(B), isEbreak: Out(B), isMret: Out(B), isWfi: Out(B), isFenceI: Out(B),
};

export function Decoder(config: CoreConfig) {
  const table = instructionsOf(config.isa);
  const hasBits = hasBitManipulation(config);
  const { m: hasMulDiv } = config.isa;
  const waits = config.stages === 3 || (config.xif && config.xifOverlap);
  const chosen = withOnly(ports, { bits: hasBits, mulDiv: hasMulDiv, isMulDiv: hasMulDiv, readsRs1: waits, readsRs2: waits });
  return hw('Decoder', chosen, (m, io) => {
    m.doc(`Control signals of one instruction. Patterns are minimised: they hold for legal instructions only, many of them
      only for those that use the signal.`);
    const wording = { label: (i: Instruction): string => i.mnemonic };
    const is = decoderFor(io.instr, table, wording);
    /** Decoder for a signal that only matters to some instructions. */
    const among = (...users: Instruction[]): Decode<Instruction> => decoderFor(io.instr, table.filter((i) => users.includes(i)), wording);
    const formats = (...names: Format[]): Instruction[] => ofFormat(table, ...names);
    const withField = (field: 'rd' | 'rs1' | 'rs2'): Instruction[] => table.filter((i) => FORMAT_FIELDS[i.format][field]);

    io.legal = isAnyOf(io.instr, table, wording);
    io.writesRd = is(...withField('rd'));
    if (waits) {
      io.readsRs1 = is(...withField('rs1').filter((i) => i.format !== 'csri'));
      io.readsRs2 = is(...withField('rs2'));
    }

    const logical = [...GROUP.xor, ...GROUP.or, ...GROUP.and];
    const forOperandB = among(...formats('I', 'shift', 'R', 'branch').filter((i) => i !== RV32I.jalr));
    const forLogic = among(...logical, ...GROUP.branch, ...(config.shifter === 'serial' ? GROUP.shift : []));
    const forShift = among(...GROUP.shift);
    const passing = config.shifter === 'serial' ? GROUP.shift : [];
    io.alu = {
      immediateB: forOperandB(...formats('I', 'shift')),
      invertB: among(...logical, ...GROUP.sum, ...GROUP.inverted)(...GROUP.inverted),
      unsignedOrder: among(...GROUP.less, ...GROUP.branchOnLess, ...GROUP.minMax)(...GROUP.unsignedOrder),
      isSum: is(...GROUP.sum), isLess: is(...GROUP.less), isLogic: is(...logical),
      // Branches compare with xor; a serial shift passes its last value unchanged.
      bitwise: cat(forLogic(...GROUP.and, ...passing), forLogic(...GROUP.or, ...passing)),
      isShift: is(...GROUP.shift), shiftRight: forShift(...GROUP.shiftRight), arithmetic: forShift(...GROUP.arithmeticShift),
      rotate: forShift(...GROUP.rotate),
    };
    if (hasBits) {
      const forSum = among(...GROUP.sum, ...GROUP.inverted);
      io.bits = {
        preshift: cat(forSum(ZBA.sh2add, ZBA.sh3add), forSum(ZBA.sh1add, ZBA.sh3add)),
        isMinMax: is(...GROUP.minMax), max: among(...GROUP.minMax)(...GROUP.max),
        isSetBit: is(...GROUP.setBit), isClearBit: is(...GROUP.clearBit), isInvertBit: is(...GROUP.invertBit),
        isExtractBit: is(...GROUP.extractBit),
        isLeadingZeros: is(ZBB.clz), isTrailingZeros: is(ZBB.ctz), isPopulation: is(ZBB.cpop),
        isSignByte: is(ZBB['sext.b']), isSignHalf: is(ZBB['sext.h']), isZeroHalf: is(ZBB['zext.h']),
        isOrBytes: is(ZBB['orc.b']), isReverseBytes: is(ZBB.rev8),
      };
    }
    if (hasMulDiv) {
      const forMulDiv = among(...GROUP.mulDiv);
      io.isMulDiv = is(...GROUP.mulDiv);
      io.mulDiv = {
        divide: forMulDiv(...GROUP.divide), upperResult: forMulDiv(...GROUP.upperResult),
        signedFirst: forMulDiv(...GROUP.signedFirst), signedSecond: forMulDiv(...GROUP.signedSecond),
      };
    }
    io.isLoad = is(...formats('load'));
    io.isStore = is(...formats('store'));
    const { lh, lhu, sh, lw, sw, lbu } = RV32I;
    const forAccess = among(...formats('load', 'store'));
    io.accessSize = cat(forAccess(lw, sw), forAccess(lh, lhu, sh));
    io.zeroExtend = among(...formats('load'))(lbu, lhu);

    io.isBranch = is(...GROUP.branch);
    io.branchOnLess = among(...GROUP.branch)(...GROUP.branchOnLess);
    io.branchInverted = among(...GROUP.branch)(...GROUP.branchInverted);
    io.isJump = is(...GROUP.jump);

    const addressing = [...formats('load', 'store', 'branch', 'J', 'U'), RV32I.jalr];
    const forAddress = among(...addressing);
    io.isAddress = is(...GROUP.address);
    io.fromPc = forAddress(...GROUP.relativeToPc);
    io.fromZero = forAddress(RV32I.lui);
    io.clearBit0 = among(...GROUP.branch, ...GROUP.jump)(RV32I.jalr);
    io.addressImmediate = immediate(io.instr, ['load', 'store', 'branch', 'J', 'U'], (...of) =>
      forAddress(...addressing.filter((i) => of.includes(i === RV32I.jalr ? 'load' : i.format))));
    io.operandImmediate = immediate(io.instr, ['I'], () => bool(true));

    const forCsr = among(...GROUP.csr);
    io.isCsr = is(...GROUP.csr);
    io.csrImmediate = forCsr(...GROUP.csrImmediate);
    io.csrReplace = forCsr(...GROUP.csrReplace);
    io.csrClear = forCsr(...GROUP.csrClear);
    io.isEcall = is(RV32I.ecall);
    io.isEbreak = is(RV32I.ebreak);
    io.isMret = is(PRIVILEGED.mret);
    io.isWfi = is(PRIVILEGED.wfi);
    io.isFenceI = is(ZIFENCEI['fence.i']);
  });
}
