// Runs compiled programs on whatever executes them: the golden model, a simulation of the RTL, a board.
// Must not know: any engine, any particular network.
import { UserError } from '../../gen/user-error.ts';
import type { CompiledProgram } from '../compiler/build.ts';
import { explainExit } from '../compiler/image.ts';

/** How a run ended. */
export interface MachineRun {
  /** What the program wrote to `tohost`: 0 passed, n: code n; undefined: it did not end. */
  readonly exit: number | undefined;
  /** Clock cycles; undefined where the engine knows no time. */
  readonly cycles: number | undefined;
  readonly instret: number;
}

export interface RunLimits {
  /** Cycles (or instructions, where there are no cycles) after which a run is given up. */
  readonly maxCycles?: number;
  readonly onProgress?: (cycles: number) => void;
}

/** A chip that can be given a program: what every engine offers. */
export interface ProgramMachine {
  readonly engine: string;
  /** Resets the chip, puts the program into its memory and watches `tohost`. */
  loadElf(elf: Uint8Array, file?: string): void | Promise<void>;
  writeMemory(address: number, bytes: Uint8Array): void;
  readMemory(address: number, length: number): Uint8Array;
  run(limits?: RunLimits): MachineRun | Promise<MachineRun>;
  close?(): void;
}

/** What running a program takes to know of it. */
export type RunnableProgram = Pick<CompiledProgram, 'elf' | 'symbols' | 'inputBytes' | 'outputBytes'>;

export interface ProgramRun {
  /** The bytes of `output`. */
  readonly output: Uint8Array;
  /** Cycles that the program measured itself, start-up not counted; undefined where the engine knows no time. */
  readonly cycles: number | undefined;
  readonly instret: number;
  readonly seconds: number;
}

/**
 * Runs a program once.
 * @param input the bytes of `input`, all of them
 * @throws UserError where the program does not pass
 */
export async function runProgram(
  machine: ProgramMachine, program: RunnableProgram, input: Int8Array, limits: RunLimits = {},
): Promise<ProgramRun> {
  if (input.length !== program.inputBytes) throw new Error(`input of ${input.length} bytes; the program takes ${program.inputBytes}`);
  await machine.loadElf(program.elf, 'compiled program');
  machine.writeMemory(addressOf(program, 'input'), new Uint8Array(input.buffer, input.byteOffset, input.length));
  const start = performance.now();
  const { exit, cycles, instret } = await machine.run(limits);
  const seconds = (performance.now() - start) / 1000;
  if (exit === undefined) {
    throw new UserError(`compiled program: did not end within ${limits.maxCycles ?? 'the'} cycles allowed; allow more`);
  }
  if (exit !== 0) throw new UserError(`compiled program: ended with code ${exit}: ${explainExit(exit)}`);
  const measured = new DataView(copyOf(machine.readMemory(addressOf(program, 'cycles'), 4))).getUint32(0, true);
  return {
    output: machine.readMemory(addressOf(program, 'output'), program.outputBytes),
    cycles: cycles === undefined ? undefined : measured,
    instret, seconds,
  };
}

export interface BatchedRun {
  /** Results of all items. */
  readonly output: Int8Array;
  readonly cycles: number | undefined;
  readonly seconds: number;
  readonly runs: number;
}

/**
 * Runs `items` items in as many runs as the program's batch size asks for; the last run is filled up with zeros.
 * @param input `items` items of equal size
 * @param onProgress told the share that is done, several times a second
 */
export async function runBatches(
  machine: ProgramMachine, program: CompiledProgram, input: Int8Array, items: number, onProgress: (share: number) => void = () => {},
): Promise<BatchedRun> {
  const itemBytes = program.inputBytes / program.batch;
  const resultBytes = program.outputBytes / program.batch;
  const output = new Int8Array(items * resultBytes);
  let cycles: number | undefined = 0;
  let seconds = 0;
  let runs = 0;
  for (let done = 0; done < items; done += program.batch) {
    const chunk = new Int8Array(program.inputBytes);
    chunk.set(input.subarray(done * itemBytes, Math.min(items, done + program.batch) * itemBytes));
    const inRun = (count: number): number => Math.min(count / program.report.estimatedCycles, 1) * program.batch;
    const run = await runProgram(machine, program, chunk, {
      onProgress: (count) => onProgress(Math.min(1, (done + inRun(count)) / items)),
    });
    const useful = Math.min(program.batch, items - done) * resultBytes;
    output.set(new Int8Array(copyOf(run.output)).subarray(0, useful), done * resultBytes);
    cycles = cycles === undefined || run.cycles === undefined ? undefined : cycles + run.cycles;
    seconds += run.seconds;
    runs += 1;
    onProgress(Math.min(items, done + program.batch) / items);
  }
  return { output, cycles, seconds, runs };
}

function addressOf(program: RunnableProgram, symbol: string): number {
  const address = program.symbols.get(symbol);
  if (address === undefined) throw new Error(`the program has no symbol ${symbol}`);
  return address;
}

/** The bytes as a buffer of their own. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
