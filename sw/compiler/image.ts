// The executable around a program's instructions: start-up, the check that the chip is the right one, the verdict, and the data.
// Must not know: layers, plans.
import { TENSOR_INFO, TENSOR_STATUS, TENSOR_VERSION } from '../../hw/isa/tensor.ts';
import type { TensorInfo } from '../../hw/isa/tensor.ts';
import { addressOf } from '../../hw/soc/memory-map.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import type { ExitReason } from '../../sim/exit-reasons.ts';
import type { Code } from '../../sim/timing/program-walk.ts';
import { Assembler, programToElf } from '../assembler/index.ts';
import type { AssembledProgram } from '../assembler/index.ts';
import { KEPT_REGISTER } from './codegen.ts';
import type { Line } from './codegen.ts';

/** Verdicts that a program writes to `tohost`, as `2 * code + 1`; 0 is a pass. 1 to 3 tell which counts of the status have grown. */
export const EXIT = { passed: 0, outOfRange: 1, memoryError: 2, outOfRangeAndMemoryError: 3, wrongChip: 4, trap: 5 } as const;

/** What a program's exit code means, for messages. */
export function explainExit(code: number): string {
  switch (code) {
    case EXIT.passed: return 'passed';
    case EXIT.outOfRange: return 'the tensor unit refused a command whose operand was out of range';
    case EXIT.memoryError: return 'main memory answered a transfer with an error';
    case EXIT.outOfRangeAndMemoryError: return 'the tensor unit refused a command, and main memory answered a transfer with an error';
    case EXIT.wrongChip: return `the program was compiled for another chip; ${WRONG_CHIP_MEND}`;
    case EXIT.trap: return 'an instruction trapped; the chip may have no tensor unit';
    default: return `exit code ${code}`;
  }
}

const WRONG_CHIP_MEND = 'compile it with this chip\'s configuration';

/** The same for whoever runs the executable without us: it carries them along. */
function exitReasons(p: TensorParams): readonly ExitReason[] {
  const needs = requirements(p).map(requirementText).join(', ');
  const texts = Object.values(EXIT).filter((code) => code !== EXIT.passed).map((code): [number, string] => [code, explainExit(code)]);
  return texts.map(([code, text]) => ({
    first: code, last: code, text: code === EXIT.wrongChip ? `the program was compiled for another chip (it needs ${needs}); ${WRONG_CHIP_MEND}` : text,
  }));
}

export interface DataBlock {
  readonly symbol: string;
  readonly section: '.rodata' | '.data' | '.bss';
  readonly align: number;
  /** The content, or a number of zero bytes. */
  readonly content: Uint8Array | number;
}

export interface ImageInput {
  readonly tensor: TensorParams;
  readonly lines: readonly Line[];
  readonly data: readonly DataBlock[];
  /** Words of constant data with symbols of their own, such as `batch`. */
  readonly words: Readonly<Record<string, number>>;
  /** True if `lines` themselves note the first cycle, by `startTimer`. */
  readonly timerInLines: boolean;
  readonly countsCycles: boolean;
}

export interface Image {
  /** Made when it is asked for: who only times a program needs none. */
  readonly elf: Uint8Array;
  readonly symbols: ReadonlyMap<string, number>;
  readonly codeBytes: number;
  /** From the base of RAM to the end of the last section. */
  readonly ramBytes: number;
  readonly timed: TimedPart;
}

/** What is timed, as addresses: where the commands and the setting of their registers begin, and the instructions that read the clock. */
export interface TimedPart {
  readonly code: Code;
  readonly entry: number;
  readonly from: number;
  readonly to: number;
}

/** Reads the clock cycles, from the core's counter or from the timer. Needs t0 where there is no counter. */
function readCycles(register: string, countsCycles: boolean): readonly Line[] {
  if (countsCycles) return [{ mnemonic: 'csrr', operands: [register, 'mcycle'] }];
  return [{ mnemonic: 'li', operands: ['t0', addressOf('mtimeLo')] }, { mnemonic: 'lw', operands: [register, '0(t0)'] }];
}

/** Notes the first cycle of what is timed. */
export const startTimer = (countsCycles: boolean): readonly Line[] => readCycles(KEPT_REGISTER, countsCycles);

/** A fact of the chip that a program relies on: it must be between two bounds, both included. */
interface Requirement {
  readonly fact: TensorInfo;
  readonly least: number;
  readonly most: number;
}

function requirements(p: TensorParams): readonly Requirement[] {
  const exactly = (fact: TensorInfo, value: number): Requirement => ({ fact, least: value, most: value });
  const atLeast = (fact: TensorInfo, value: number): Requirement => ({ fact, least: value, most: 0xffff_ffff });
  return [
    // The same major version; a later minor one only adds.
    { fact: 'version', least: TENSOR_VERSION, most: (TENSOR_VERSION | 0xff) >>> 0 },
    exactly('rows', p.rows), exactly('columns', p.columns),
    atLeast('scratchpadRows', p.scratchpadRows), atLeast('accumulatorRows', p.accumulatorRows), atLeast('channels', p.channels),
    // Channels of tn.rq are multiples of this number, and so of every smaller power of two.
    { fact: 'vectorLanes', least: 1, most: p.vectorLanes },
  ];
}

/** `16 rows`, `at least 1024 channels`. */
function requirementText({ fact, least, most }: Requirement): string {
  const words = fact.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (fact === 'version') return `version ${(least >>> 8) & 0xff}.${least & 0xff} of the tensor instructions`;
  if (most === 0xffff_ffff) return `at least ${least} ${words}`;
  return least === most ? `${least} ${words}` : `at most ${most} ${words}`;
}

/** Assembles the whole: the same input gives the same bytes. */
export function buildImage(input: ImageInput): Image {
  const a = new Assembler({ file: 'compiled program' });
  a.section('.text').global('_start').label('_start').j('begin');
  // Ends stand first: branches reach them from the checks however long the program is.
  a.label('trap').li('a0', 2 * EXIT.trap).j('exit');
  a.label('wrongChip').li('a0', 2 * EXIT.wrongChip);
  a.label('exit').op('ori', 'a0', 'a0', 1);
  a.la('t0', 'tohost').op('sw', 'a0', '0(t0)').label('end').j('end');
  a.label('begin').la('t0', 'trap').op('csrw', 'mtvec', 't0');
  const checks = requirements(input.tensor);
  a.la('s0', 'requirements').li('s1', checks.length).label('check');
  a.op('lw', 'a0', '0(s0)').op('lw', 'a1', '4(s0)').op('lw', 'a2', '8(s0)').op('tn.info', 'a3', 'a0');
  a.op('bltu', 'a3', 'a1', 'wrongChip').op('bltu', 'a2', 'a3', 'wrongChip');
  a.op('addi', 's0', 's0', 12).op('addi', 's1', 's1', -1).op('bnez', 's1', 'check');
  // Whatever ran before: its errors are not ours. The status is kept where no command's operands are.
  a.op('tn.fence', 'a0').op('csrw', 'mscratch', 'a0');
  const start = input.timerInLines ? [] : startTimer(input.countsCycles);
  // The clock is read into the register of the fence's result: a core that goes on while the unit works waits for that.
  const body = [...start, ...input.lines, { mnemonic: 'tn.fence', operands: ['a1'] }, ...readCycles('a1', input.countsCycles)];
  const bodyAt = a.offset;
  const clockAt: number[] = [];
  for (const { mnemonic, operands } of body) {
    if (mnemonic === ':') a.label(String(operands[0]));
    else {
      if (mnemonic === 'csrr' || mnemonic === 'lw') clockAt.push(a.offset);
      a.op(mnemonic, ...operands);
    }
  }
  a.op('sub', 'a1', 'a1', KEPT_REGISTER);
  a.la('t0', 'cycles').op('sw', 'a1', '0(t0)');
  // Which of the two counts have grown: twice the code.
  a.op('tn.state', 'a0', 'zero').op('csrr', 't0', 'mscratch').op('xor', 'a0', 'a0', 't0');
  a.op('slli', 't0', 'a0', TENSOR_STATUS.failed.lo).op('snez', 't0', 't0').op('srli', 'a0', 'a0', TENSOR_STATUS.failed.lo).op('snez', 'a0', 'a0');
  a.op('slli', 'a0', 'a0', 2).op('slli', 't0', 't0', 1).op('or', 'a0', 'a0', 't0').j('exit');
  const codeBytes = a.offset;

  a.section('.rodata').align(4).label('requirements');
  for (const { fact, least, most } of checks) a.word(TENSOR_INFO.findIndex(({ name }) => name === fact), least, most);
  for (const [symbol, value] of Object.entries(input.words)) a.label(symbol).word(value);
  for (const { symbol, section, align, content } of input.data) {
    a.section(section).align(align).label(symbol);
    if (typeof content === 'number') a.space(content);
    else a.bytes(content);
  }
  a.section('.data').align(64).label('tohost').word(0, 0).label('fromhost').word(0, 0).label('cycles').word(0);
  const program = a.assemble();
  return {
    get elf() { return programToElf(program, exitReasons(input.tensor)); },
    symbols: program.symbols, codeBytes, ramBytes: endOf(program),
    timed: timedPart(program, bodyAt, clockAt),
  };
}

function timedPart({ sections, entry: base }: AssembledProgram, bodyAt: number, clockAt: readonly number[]): TimedPart {
  const text = sections.find(({ address }) => address === base);
  if (text === undefined || clockAt.length !== 2) throw new RangeError('a program reads the clock once before its commands and once behind them');
  const { bytes } = text;
  const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)));
  return { code: { base, words }, entry: base + bodyAt, from: base + clockAt[0], to: base + clockAt[1] };
}

function endOf({ sections }: AssembledProgram): number {
  const base = Math.min(...sections.map(({ address }) => address));
  return Math.max(...sections.map(({ address, memSize }) => address + memSize)) - base;
}
