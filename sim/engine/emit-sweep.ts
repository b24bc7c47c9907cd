/**
 * A sweep in WebAssembly: for each of its fills a loop over a row of cells, or loops within each other with the numbers of their rounds in
 * locals.
 */
import { emitRow } from './emit-loop.ts';
import { Emitter } from './emit.ts';
import type { Pointers } from './emit.ts';
import type { Graph, Node } from './nodes.ts';
import { workOf } from './sweeps.ts';
import type { NestFill } from './sweeps.ts';
import type { Code } from './wasm-encoder.ts';
import { OP } from './wasm-opcodes.ts';

/** `local`: where a value lies that is the same in all rounds. */
export function emitSweep(graph: Graph, code: Code, sweep: Node, local: (n: Node) => number): void {
  const { copies, fills } = workOf(sweep);
  for (const c of copies) code.copy(c.to, c.from, c.bytes);
  for (const fill of fills) {
    if (fill.kind === 'cells') emitRow(graph, code, fill, local);
    else emitNest(graph, code, fill, local);
  }
}

function emitNest(graph: Graph, code: Code, { nest, actions }: NestFill, local: (n: Node) => number): void {
  const rounds = nest.map((r) => ({ ...r, local: code.local('i32') }));
  const numbers = new Map(rounds.map((r) => [r.round, r.local]));
  const atHand = (n: Node): (() => void) | undefined => {
    if (n.op === 'const') return undefined;
    if (n.op === 'sweep') return () => undefined;
    const number = numbers.get(n);
    if (number !== undefined) return () => code.opIndex(OP.localGet, number);
    return n.isVariant ? undefined : () => code.opIndex(OP.localGet, local(n));
  };
  for (const r of rounds) {
    code.i32(0);
    code.opIndex(OP.localSet, r.local);
    code.op(OP.loop, OP.void);
  }
  new Emitter(code, graph, actions, atHand, scaledBy(code, rounds[0]?.local)).emit();
  for (const r of [...rounds].reverse()) {
    code.opIndex(OP.localGet, r.local);
    code.i32(1);
    code.op(OP.i32Add);
    code.opIndex(OP.localTee, r.local);
    code.i32(r.count);
    code.op(OP.i32Sub);
    code.opIndex(OP.brIf, 0);
    code.op(OP.end);
  }
}

/** Multiples of a round's number, made wherever they are needed. */
function scaledBy(code: Code, number: number | undefined): Pointers | undefined {
  if (number === undefined) return undefined;
  const times = (bytes: number): number => {
    if (bytes === 1) return number;
    const scaled = code.local('i32');
    code.opIndex(OP.localGet, number);
    code.i32(bytes);
    code.op(OP.i32Mul);
    code.opIndex(OP.localSet, scaled);
    return scaled;
  };
  return { cell: times, row: times, column: times };
}
