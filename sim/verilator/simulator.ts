/**
 * The `Simulator` over a loaded addon: names, values and errors of the interface on one side, numbered variables of the
 * native simulation on the other. Must not know how the addon was built.
 */
import type { Design } from '../../gen/ir/module.ts';
import { widthOf } from '../../gen/ir/types.ts';
import { powerOfTwoAtLeast } from '../../hw/lib/power-of-two.ts';
import { bitsToPoke, checkBytes, checkCycles, checkPath, checkPaths, checkRange, listed, misuse, usedAfterClose } from '../given.ts';
import { AssertionError, type AssertionFailure, type MemoryAccess, type SignalInfo, type Simulator, type Watch } from '../simulator.ts';
import { watchByPeeking } from '../watch.ts';
import { findBits, hierarchyOf, pathOfReported, type Bits, type Hierarchy, type MemoryVariable, type Variable } from './hierarchy.ts';
import { parseFailures } from './messages.ts';
import type { NativeSimulation } from './native.ts';

export interface SimulatorHooks {
  /** Called between chunks of a long `step` or `runUntil` with the cycles made so far since creation. */
  readonly onCycles?: (cycle: number) => void;
  /** Lines that the design prints. */
  readonly onOutput?: (text: string) => void;
}

/** Cycles between two calls of `onCycles`. */
const CHUNK_CYCLES = 1 << 20;
const NONE = -1;

export class VerilatorSimulator implements Simulator {
  readonly engine = 'verilator';
  private cycles = 0;
  private isClosed = false;
  private readonly hierarchy: Hierarchy;
  /** Native numbers of variables by path; those of ports and of inner variables never meet because paths are unique. */
  private readonly numbers = new Map<string, number>();
  private readonly resolved = new Map<string, Bits & { readonly number: number }>();

  constructor(
    design: Design,
    private readonly native: NativeSimulation,
    readonly buildSeconds: number,
    private readonly hooks: SimulatorHooks,
  ) {
    this.hierarchy = hierarchyOf(design);
    this.report();
  }

  get cycle(): number {
    return this.cycles;
  }

  poke(port: string, value: bigint | number): void {
    this.checkOpen();
    const input = this.hierarchy.inputs.get(port);
    if (!input) {
      checkPath(port);
      throw misuse(`${port}: not an input of the top module`, `it has ${listed(this.hierarchy.inputs.keys())}`);
    }
    this.native.poke(this.numberOf(input), bitsToPoke(port, input.type, value));
  }

  peek(path: string): bigint {
    this.checkOpen();
    let bits = this.resolved.get(path);
    if (!bits) {
      checkPath(path);
      const found = findBits(path, (p) => this.variable(p));
      if (!found) throw misuse(`${path}: neither a port of the top module nor a register`);
      bits = { ...found, number: found.variable.value === undefined ? this.numberOf(found.variable) : NONE };
      this.resolved.set(path, bits);
    }
    const whole = bits.variable.value ?? this.native.peek(bits.number);
    return bits.variable.path === path ? whole : BigInt.asUintN(bits.width, whole >> BigInt(bits.low));
  }

  step(cycles = 1): void {
    this.run(cycles, NONE);
  }

  runUntil(stop: string, maxCycles: number): { cycles: number; stopped: boolean } {
    this.checkOpen();
    checkPath(stop);
    const output = this.hierarchy.outputs.get(stop);
    if (!output || widthOf(output.type) !== 1) throw misuse(`${stop}: not a 1-bit output of the top module`);
    const cycles = this.run(maxCycles, this.numberOf(output));
    return { cycles, stopped: this.native.stopped() };
  }

  private run(cycles: number, stop: number): number {
    this.checkOpen();
    checkCycles(cycles);
    let made = 0;
    do {
      const chunk = Math.min(cycles - made, CHUNK_CYCLES);
      const edges = this.native.run(chunk, stop);
      made += edges;
      this.cycles += edges;
      this.report();
      if (edges < chunk) break;
      if (made < cycles) this.hooks.onCycles?.(this.cycles);
    } while (made < cycles);
    return made;
  }

  /** Passes on what the design printed, and throws if one of its checks failed. */
  private report(): void {
    const text = this.native.takeOutput();
    if (this.native.takeFailure()) {
      // Of several that fail at one edge every engine reports the first in the order of the design.
      const rank = ({ path }: AssertionFailure): number => this.hierarchy.asserts.get(path)?.rank ?? Infinity;
      const pathOf = (reported: string): string => pathOfReported(reported, this.hierarchy.scopes);
      const messageOf = (path: string): string | undefined => this.hierarchy.asserts.get(path)?.message;
      throw new AssertionError(parseFailures(text, this.cycles - 1, pathOf, messageOf).reduce((a, b) => (rank(b) < rank(a) ? b : a)));
    }
    if (text !== '') this.hooks.onOutput?.(text);
  }

  memory(path: string): MemoryAccess {
    this.checkOpen();
    checkPath(path);
    const memory = this.hierarchy.memories.get(path);
    if (!memory) throw misuse(`${path}: not a memory of the design`, `it has ${listed(this.hierarchy.memories.keys())}`);
    return memoryAccess(this.native, memory, this.numberOf(memory, memory.depth), () => this.checkOpen());
  }

  watch(paths: readonly string[]): Watch {
    this.checkOpen();
    checkPaths(paths);
    return watchByPeeking(this, paths);
  }

  signals(): readonly SignalInfo[] {
    this.checkOpen();
    const { inputs, outputs, registers, wires } = this.hierarchy;
    // Wires exist only if the design was built to observe them, and where Verilator has kept them, or if they hold a constant.
    const kept = [...wires.values()].filter((wire) => this.isThere(wire));
    const all = [...inputs.values(), ...outputs.values(), ...registers.values(), ...kept];
    return all.map(({ path, type }) => ({ path, width: widthOf(type) }));
  }

  covers(): ReadonlyMap<string, number> {
    this.checkOpen();
    return new Map([...this.hierarchy.covers.values()].map((cover) => [cover.path, Number(this.native.peek(this.numberOf(cover)))]));
  }

  close(): void {
    this.isClosed = true;
    this.native.close();
  }

  private checkOpen(): void {
    if (this.isClosed) throw usedAfterClose();
  }

  private variable(path: string): Variable | undefined {
    const { inputs, outputs, registers, wires } = this.hierarchy;
    const wire = (): Variable | undefined => {
      const found = wires.get(path);
      return found && this.isThere(found) ? found : undefined;
    };
    return inputs.get(path) ?? outputs.get(path) ?? registers.get(path) ?? wire();
  }

  /** Whether a wire can be looked at. */
  private isThere(wire: Variable): boolean {
    return wire.value !== undefined || this.lookUp(wire) !== NONE;
  }

  private numberOf(variable: Variable, depth = 1): number {
    const number = this.lookUp(variable, depth);
    if (number === NONE) throw new Error(`${variable.path}: Verilator has no ${variable.scope}.${variable.name}`);
    return number;
  }

  private lookUp(variable: Variable, depth = 1): number {
    const key = `${variable.scope}.${variable.name}`;
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.native.find(variable.scope, variable.name, widthOf(variable.type), depth);
      this.numbers.set(key, number);
    }
    return number;
  }
}

/** Words of `sim/simulator.ts`: as many bytes as the width takes, rounded up to a power of two, above 8 to a multiple of 8. */
export function wordBytesOf(width: number): number {
  const bytes = Math.ceil(width / 8);
  return bytes <= 8 ? powerOfTwoAtLeast(bytes) : 8 * Math.ceil(bytes / 8);
}

function memoryAccess(native: NativeSimulation, memory: MemoryVariable, number: number, checkOpen: () => void): MemoryAccess {
  const wordBytes = wordBytesOf(widthOf(memory.type));
  const bytes = wordBytes * memory.depth;
  return {
    wordBytes,
    bytes,
    read(offset, length) {
      checkOpen();
      checkRange(memory.path, bytes, offset, length);
      return native.readArray(number, wordBytes, offset, length);
    },
    write(offset, data) {
      checkOpen();
      checkBytes(memory.path, data);
      checkRange(memory.path, bytes, offset, data.length);
      native.writeArray(number, wordBytes, offset, data);
    },
  };
}
