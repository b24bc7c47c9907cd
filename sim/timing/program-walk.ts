/**
 * Executes the instructions of which compiled programs consist, without their effects on memory: additions, constants, loops and
 * commands of the tensor unit. Must not know how long anything takes.
 */
import { immediateOf, rdOf, rs1Of, rs2Of } from '../../hw/isa/encoding.ts';
import { decode } from '../../hw/isa/riscv.ts';
import { decodeTensor } from '../../hw/isa/tensor-decode.ts';

/** One instruction that was executed. */
export interface Executed {
  readonly pc: number;
  readonly nextPc: number;
  /** Of the tensor unit: its name and operands. */
  readonly tensor?: { readonly op: string; readonly rs1: number; readonly rs2: number };
  /** A conditional branch. */
  readonly isBranch: boolean;
}

/** Code: the words from `base` on. */
export interface Code {
  readonly base: number;
  readonly words: Uint32Array;
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

type Step = (walk: ProgramWalk) => Executed;

export class ProgramWalk {
  readonly x = new Int32Array(32);
  pc: number;
  private readonly steps = new Map<number, Step>();

  constructor(private readonly code: Code, entry: number) {
    this.pc = entry;
  }

  /** @throws RangeError for an instruction that compiled programs do not have in their loops */
  step(): Executed {
    let step = this.steps.get(this.pc);
    if (step === undefined) {
      step = this.compile(this.pc);
      this.steps.set(this.pc, step);
    }
    const executed = step(this);
    this.pc = executed.nextPc;
    return executed;
  }

  /** The register that the branch at this address compares. */
  counterOf(pc: number): number {
    return rs1Of(this.code.words[(pc - this.code.base) / 4] ?? 0);
  }

  private compile(pc: number): Step {
    const word = this.code.words[(pc - this.code.base) / 4] ?? 0;
    const tensor = decodeTensor(word);
    const [rd, rs1, rs2] = [rdOf(word), rs1Of(word), rs2Of(word)];
    const nextPc = pc + 4;
    if (tensor) {
      const { name: op, instruction } = tensor;
      const [reads1, reads2] = [instruction.rs1.length > 0, instruction.rs2.length > 0];
      return ({ x }) => ({ pc, nextPc, isBranch: false, tensor: { op, rs1: reads1 ? x[rs1] : 0, rs2: reads2 ? x[rs2] : 0 } });
    }
    const instruction = decode(word);
    const immediate = instruction ? immediateOf(instruction.format, word) : 0;
    const plain: Executed = { pc, nextPc, isBranch: false };
    const writes = (value: (x: Int32Array) => number): Step => ({ x }) => {
      if (rd !== 0) x[rd] = value(x);
      return plain;
    };
    const branches = (isTaken: (x: Int32Array) => boolean): Step => {
      const [taken, untaken] = [{ pc, nextPc: (pc + immediate) >>> 0, isBranch: true }, { pc, nextPc, isBranch: true }];
      return ({ x }) => (isTaken(x) ? taken : untaken);
    };
    switch (instruction?.mnemonic) {
      case 'lui': return writes(() => immediate);
      case 'auipc': return writes(() => pc + immediate);
      case 'addi': return writes((x) => x[rs1] + immediate);
      case 'add': return writes((x) => x[rs1] + x[rs2]);
      case 'sub': return writes((x) => x[rs1] - x[rs2]);
      case 'bne': return branches((x) => x[rs1] !== x[rs2]);
      case 'beq': return branches((x) => x[rs1] === x[rs2]);
      case 'jal': {
        const jump: Executed = { pc, nextPc: (pc + immediate) >>> 0, isBranch: false };
        return () => jump;
      }
      // The clock, which is kept for the end of the program.
      case 'csrrs': case 'lw': return () => plain;
      default: throw new RangeError(`${hex(word)} at ${hex(pc)} is no instruction of a compiled program`);
    }
  }
}
