/**
 * A core in its bench beside the golden model, compared at every instruction that retires or traps. The model is told what it
 * cannot know: values of time and of interrupt lines, and when an asynchronous interrupt was taken.
 */
import type { CoreConfig } from '../../hw/core/config.ts';
import { CSR, INTERRUPT } from '../../hw/isa/csr.ts';
import { RAM_BASE } from '../../hw/soc/memory-map.ts';
import { GoldenModel } from '../../sim/model/golden-model.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { Random } from '../../sw/data/random.ts';
import { reset } from './core-runner.ts';
import type { RandomProgram } from './random-program.ts';

export interface LockstepOptions {
  readonly interrupts: boolean;
  readonly seed: number;
  readonly maxCycles: number;
}

export interface LockstepRun {
  readonly events: number;
  readonly traps: number;
  readonly interrupts: number;
  readonly cycles: number;
}

const hex = (n: number): string => `0x${(n >>> 0).toString(16).padStart(8, '0')}`;
const VOLATILE: readonly number[] = [CSR.mcycle, CSR.mcycleh, CSR.cycle, CSR.cycleh, CSR.time, CSR.timeh, CSR.mip].map((c) => c.address);
const INSTRET: readonly number[] = [CSR.minstret, CSR.minstreth, CSR.instret, CSR.instreth, CSR.mcountinhibit].map((c) => c.address);

/** Interrupts whose time the model cannot know. */
const ASYNCHRONOUS: ReadonlyMap<number, 'timer' | 'external'> = new Map([[INTERRUPT.timer, 'timer'], [INTERRUPT.external, 'external']]);

/** Runs a program to its end. Throws at the first event in which core and model differ. */
export function runLockstep(sim: Simulator, config: CoreConfig, program: RandomProgram, options: LockstepOptions): LockstepRun {
  const random = new Random(options.seed);
  let event = readEvent(sim);
  const unknown = config.counters ? VOLATILE : [...VOLATILE, ...INSTRET];
  const model = new GoldenModel({
    isa: config.isa, ramBytes: program.bytes.length,
    overrideCsr: (address) => (unknown.includes(address) ? (event.rdWrite ? event.rdValue : 0) : undefined),
  });
  model.write(RAM_BASE, program.bytes);
  model.pc = config.bootAddress;
  sim.memory('ram').write(0, program.bytes);
  sim.poke('tohostAddress', program.tohost);
  sim.poke('irqTimer', 0);
  sim.poke('irqExternal', 0);
  reset(sim);
  const counts = { events: 0, traps: 0, interrupts: 0 };
  const history: string[] = [];
  let cycles = 0;
  for (;;) {
    const idle = options.interrupts ? 20 : options.maxCycles;
    const run = sim.runUntil('trace_valid', idle);
    cycles += run.cycles;
    if (sim.peek('finished') === 1n) break;
    if (cycles > options.maxCycles) throw new Error(`no end after ${cycles} cycles\n${history.join('\n')}`);
    if (options.interrupts && random.uint32() % 8 === 0) sim.poke('irqTimer', random.uint32() & 1);
    if (options.interrupts && random.uint32() % 8 === 0) sim.poke('irqExternal', random.uint32() & 1);
    if (!run.stopped) continue;
    event = readEvent(sim);
    counts.events++;
    const line = event.interrupt ? ASYNCHRONOUS.get(event.cause) : undefined;
    if (line) model.setInterrupt(line, true);
    const step = model.step();
    if (line) model.setInterrupt(line, false);
    const a = event.trap ? describeTrap(event) : describeResult(event.pc, event.rdWrite ? event.rd : 0, event.rdValue);
    const b = step.kind === 'trap' ? describeTrap(step) : describeResult(step.pc, step.rd, step.value);
    history.push(`${a}  ${hex(event.instr)}`);
    if (history.length > 12) history.shift();
    const sameWord = event.interrupt || (event.trap && event.cause === 1) || event.instr === step.word;
    if (a !== b || !sameWord) {
      const both = ` core  ${a} ${hex(event.instr)}\n model ${b} ${hex(step.word)}`;
      throw new Error(`event ${counts.events}, cycle ${cycles}:\n${both}\n${history.join('\n')}`);
    }
    if (event.trap) counts.traps++;
    if (event.interrupt) counts.interrupts++;
    sim.step();
    cycles++;
  }
  const ram = sim.memory('ram').read(0, program.bytes.length);
  const wanted = model.read(RAM_BASE, program.bytes.length);
  // The store that ends the run is in the core's memory before its instruction retires.
  const different = ram.findIndex((b, i) => b !== wanted[i] && i >> 2 !== (program.tohost - RAM_BASE) >> 2);
  if (different >= 0) throw new Error(`memory differs at ${hex(RAM_BASE + different)}`);
  return { ...counts, cycles };
}

interface TraceEvent {
  pc: number; instr: number; rd: number; rdWrite: boolean; rdValue: number; trap: boolean; cause: number; tval: number; interrupt: boolean;
}

function readEvent(sim: Simulator): TraceEvent {
  const get = (name: string): number => Number(sim.peek(`trace_${name}`));
  return {
    pc: get('pc'), instr: get('instr'), rd: get('rd'), rdWrite: get('rdWrite') === 1, rdValue: get('rdValue'), trap: get('trap') === 1,
    cause: get('cause'), tval: get('tval'), interrupt: get('interrupt') === 1,
  };
}

function describeTrap(e: { pc: number; cause: number; tval: number; interrupt: boolean }): string {
  return `${hex(e.pc)} ${e.interrupt ? 'interrupt' : 'exception'} ${e.cause} tval ${hex(e.tval)}`;
}

function describeResult(pc: number, rd: number, value: number): string {
  return `${hex(pc)} ${rd === 0 ? 'no register' : `x${rd} = ${hex(value)}`}`;
}
