/**
 * Designs of any size, one a construct of the language: what `systole bench gen` measures and the tests of size build. Must not know
 * clocks or tables.
 */
import { B, Flag, In, Out, U, cat, hw, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, PortMap, UInt } from '../../gen/index.ts';

export interface Construct {
  readonly name: string;
  /** What is counted. */
  readonly unit: string;
  /** The size that must work; the bars of the language are set there. */
  readonly size: number;
  /** @param n how many */
  readonly make: (n: number) => ModuleDef<PortMap>;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** So many bits distinguish `n` things, and one more. */
const bitsFor = (n: number): number => Math.ceil(Math.log2(n)) + 1;

/** One step of a computation that no simplification shortens. */
function step(x: UInt<16>, i: number, y: UInt<16>): UInt<16> {
  switch (i % 4) {
    case 0:
      return x.addWrap(y);
    case 1:
      return x.xor((i * 40503) % 65536);
    case 2:
      return x.subWrap((i * 30011) % 65536);
    default:
      return x.lt(y).mux(x.not(), x.shlWrap(1).or(1));
  }
}

const XY = { x: In(U(16)), y: In(U(16)), out: Out(U(16)) };

/** `f(f(f(x)))`: one expression, each operation used once. */
function chain(n: number): ModuleDef<PortMap> {
  return hw('Chain', XY, (_, io) => {
    let value: UInt<16> = io.x;
    for (let i = 0; i < n; i++) value = step(value, i, io.y);
    io.out = value;
  });
}

/** The same with operations that print as several. */
function clippedChain(n: number): ModuleDef<PortMap> {
  return hw('ClippedChain', XY, (_, io) => {
    let value: UInt<16> = io.x;
    for (let i = 0; i < n; i++) value = i % 3 ? value.addSat(io.y) : value.lt(io.y).mux(value.not(), value.shr(1));
    io.out = value;
  });
}

/** The same with every operation used twice, so that each gets a name. */
function sharedChain(n: number): ModuleDef<PortMap> {
  return hw('SharedChain', XY, (_, io) => {
    let value: UInt<16> = io.x;
    for (let i = 0; i < n; i++) value = value.addWrap(value.xor((i * 40503) % 65536));
    io.out = value;
  });
}

/** A chain through wires with names. */
function namedChain(n: number): ModuleDef<PortMap> {
  return hw('NamedChain', XY, (m, io) => {
    let value: UInt<16> = io.x;
    for (let i = 0; i < n; i++) value = m.let({ [`w${i}`]: step(value, i, io.y) })[`w${i}`];
    io.out = value;
  });
}

/** Every step of the chain also drives an element. */
function prefixes(n: number): ModuleDef<PortMap> {
  return hw('Prefixes', { x: In(U(16)), y: In(U(16)), out: Out(vec(U(16), n)) }, (_, io) => {
    let value: UInt<16> = io.x;
    for (let i = 0; i < n; i++) {
      value = step(value, i, io.y);
      io.out.put(i, value);
    }
  });
}

/** Wires of their own, each with a driver. */
function wires(n: number): ModuleDef<PortMap> {
  return hw('Wires', XY, (m, io) => {
    const w = m.wires(Object.fromEntries(range(n).map((i) => [`w${i}`, U(16)])));
    for (let i = 0; i < n; i++) w[`w${i}`] = step(i === 0 ? io.x : w[`w${i - 1}`], i, io.y);
    io.out = w[`w${n - 1}`];
  });
}

/** `when … elseWhen … otherwise` on one wire. */
function arms(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('Arms', { select: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    let rest = m.when(io.select.eq(0), () => {
      io.out = io.x;
    });
    for (let i = 1; i < n; i++) {
      rest = rest.elseWhen(io.select.eq(i), () => {
        io.out = io.x.xor((i * 40503) % 65536);
      });
    }
    rest.otherwise(() => {
      io.out = io.out.lit(0);
    });
  });
}

/** The same with a register of its own in every arm. */
function armsOfRegisters(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('ArmsOfRegisters', { select: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const r = m.regs(Object.fromEntries(range(n).map((i) => [`r${i}`, U(16, i % 65536)])));
    let rest = m.when(io.select.eq(0), () => {
      r.r0 = io.x;
    });
    for (let i = 1; i < n; i++) {
      rest = rest.elseWhen(io.select.eq(i), () => {
        r[`r${i}`] = io.x;
      });
    }
    io.out = range(n).map((i) => r[`r${i}`]).reduce((a, b) => a.xor(b));
  });
}

/** `when` after `when` on one register. */
function statements(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('Statements', { select: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const r = m.regs({ value: U(16, 0) });
    for (let i = 0; i < n; i++) {
      m.when(io.select.eq(i), () => {
        r.value = io.x.xor((i * 40503) % 65536);
      });
    }
    io.out = r.value;
  });
}

/** Cases of one `switchOn`. */
function cases(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('Cases', { select: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    io.out = io.x;
    m.switchOn(io.select, range(n).map((i) => [i, () => {
      io.out = io.x.xor((i * 40503) % 65536);
    }]));
  });
}

/** `when` inside `when`. */
function levels(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('Levels', { level: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const r = m.regs({ value: U(16, 0) });
    const nest = (i: number): void => {
      m.when(io.level.gt(i), () => {
        r.value = io.x.xor((i * 40503) % 65536);
        if (i + 1 < n) nest(i + 1);
      });
    };
    nest(0);
    io.out = r.value;
  });
}

/** Multiplexer in multiplexer. */
function muxes(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('Muxes', { select: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (_, io) => {
    io.out = range(n).reduce<UInt<16>>((rest, i) => io.select.eq(i).mux(io.x.xor((i * 40503) % 65536), rest), io.x);
  });
}

/** A vector of registers, written and read at an index. */
function vectorRegister(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('VectorRegister', { write: In(B), to: In(U(bits)), from: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const r = m.regs({ words: vec(U(16, 0), n) });
    m.when(io.write, () => r.words.put(io.to, io.x));
    io.out = r.words.at(io.from);
  });
}

/** A vector of registers whose elements each have a statement of their own. */
function vectorLanes(n: number): ModuleDef<PortMap> {
  return hw('VectorLanes', { x: In(U(16)), out: Out(vec(U(16), n)) }, (m, io) => {
    const r = m.regs({ words: vec(U(16, 1), n) });
    for (let i = 0; i < n; i++) {
      m.when(io.x.bit(i % 16), () => r.words.put(i, r.words.at(i).addWrap(io.x)));
    }
    io.out = r.words;
  });
}

/** Every element takes its neighbour's value. */
function delayLine(n: number): ModuleDef<PortMap> {
  return hw('DelayLine', { shift: In(B), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const r = m.regs({ line: vec(U(16, 0), n) });
    m.when(io.shift, () => {
      r.line = vecOf([io.x, ...range(n - 1).map((i) => r.line.at(i))]);
    });
    io.out = r.line.at(n - 1);
  });
}

/** The same, element by element and without a condition. */
function delayElements(n: number): ModuleDef<PortMap> {
  return hw('DelayElements', { x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const r = m.regs({ line: vec(U(16), n) });
    for (let i = 0; i < n; i++) r.line.put(i, i === 0 ? io.x : r.line.at(i - 1));
    io.out = r.line.at(n - 1);
  });
}

/** A vector of wires read at an index. */
function vectorWire(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('VectorWire', { at: In(U(bits)), x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const w = m.wires({ words: vec(U(16), n) });
    for (let i = 0; i < n; i++) w.words.put(i, io.x.xor((i * 40503) % 65536));
    io.out = w.words.at(io.at);
  });
}

/** Conditions, each around a write of one of eight elements at a computed index. */
function scatter(n: number): ModuleDef<PortMap> {
  return hw('Scatter', { select: In(U(16)), to: In(U(3)), x: In(U(16)), out: Out(vec(U(16), 8)) }, (m, io) => {
    const r = m.regs({ words: vec(U(16, 0), 8), kept: vec(U(16, 0), 8) });
    for (let i = 0; i < n; i++) {
      m.when(io.select.bit(i % 16).xor(io.x.lt((i * 40503) % 65536)), () => {
        m.when(r.kept.at(i % 8).eq(i % 65536), () => r.words.put(io.to.addWrap(i % 8), r.kept.at((i * 7) % 8)))
          .otherwise(() => r.kept.put(i % 8, io.x.xor(r.words.at((i * 5) % 8))));
      });
    }
    io.out = r.words;
  });
}

/** Literals read at an index. */
function tableOfLiterals(n: number): ModuleDef<PortMap> {
  const bits = bitsFor(n);
  return hw('TableOfLiterals', { at: In(U(bits)), out: Out(U(16)) }, (_, io) => {
    io.out = vecOf(range(n).map((i) => U(16).lit((i * 40503) % 65536))).at(io.at);
  });
}

/** Registers of their own, each with a statement. */
function registers(n: number): ModuleDef<PortMap> {
  return hw('Registers', { x: In(U(16)), out: Out(U(16)) }, (m, io) => {
    const r = m.regs(Object.fromEntries(range(n).map((i) => [`r${i}`, U(16, 0)])));
    for (let i = 0; i < n; i++) r[`r${i}`] = i === 0 ? io.x : r[`r${i - 1}`].addWrap(i % 65536);
    io.out = r[`r${n - 1}`];
  });
}

/** Registers described once, for a lane that reads its neighbour, and their sum. */
function loopOfLanes(n: number): ModuleDef<PortMap> {
  return hw('LoopOfLanes', { x: In(vec(U(8), n)), go: In(B), out: Out(vec(U(8), n)), total: Out(U(8 + bitsFor(n))) }, (m, io) => {
    const r = m.regs({ kept: vec(U(8, 0), n) });
    m.each(n, (i) => {
      const { next } = m.let({ next: io.x.at(i).addWrap(r.kept.near(i, -1, U(8).lit(1))) });
      m.when(io.go, () => r.kept.put(i, next));
    });
    io.out = r.kept;
    io.total = m.sum('sum', r.kept).zext(8 + bitsFor(n));
  });
}

/** Arithmetic on one wide word: sums, comparisons, shifts and slices. */
function wideWord(n: number): ModuleDef<PortMap> {
  return hw('WideWord', { x: In(U(n)), y: In(U(n)), by: In(U(8)), sum: Out(U(n)), less: Out(B), picked: Out(U(n)) }, (m, io) => {
    const r = m.regs({ acc: U(n, 1), busy: Flag(false) });
    r.busy = r.acc.lt(io.x);
    r.acc = r.acc.xor(io.x).addWrap(io.y);
    io.sum = r.acc.subWrap(io.y).shlWrap(io.by);
    io.less = r.busy;
    io.picked = cat(...range(n).map((i): Bool => io.x.bit(n - 1 - i)));
  });
}

export const CONSTRUCTS: readonly Construct[] = [
  { name: 'chain', unit: 'operations', size: 100_000, make: chain },
  { name: 'shared chain', unit: 'operations', size: 100_000, make: sharedChain },
  { name: 'named chain', unit: 'wires', size: 100_000, make: namedChain },
  { name: 'clipped chain', unit: 'operations', size: 100_000, make: clippedChain },
  { name: 'wires', unit: 'wires', size: 150_000, make: wires },
  { name: 'prefixes', unit: 'operations', size: 10_000, make: prefixes },
  { name: 'arms', unit: 'elseWhen', size: 10_000, make: arms },
  { name: 'arms of registers', unit: 'elseWhen', size: 10_000, make: armsOfRegisters },
  { name: 'statements', unit: 'statements', size: 100_000, make: statements },
  { name: 'registers', unit: 'registers', size: 100_000, make: registers },
  { name: 'cases', unit: 'cases', size: 150_000, make: cases },
  { name: 'levels', unit: 'levels of when', size: 10_000, make: levels },
  { name: 'muxes', unit: 'levels of mux', size: 10_000, make: muxes },
  { name: 'vector register', unit: 'elements', size: 10_000, make: vectorRegister },
  { name: 'vector lanes', unit: 'elements', size: 10_000, make: vectorLanes },
  { name: 'delay line', unit: 'elements', size: 10_000, make: delayLine },
  { name: 'delay elements', unit: 'elements', size: 10_000, make: delayElements },
  { name: 'scatter', unit: 'conditions', size: 1000, make: scatter },
  { name: 'table of literals', unit: 'literals', size: 40_000, make: tableOfLiterals },
  { name: 'loop of lanes', unit: 'lanes', size: 10_000, make: loopOfLanes },
  { name: 'vector wire', unit: 'elements', size: 10_000, make: vectorWire },
  { name: 'wide word', unit: 'bits', size: 4096, make: wideWord },
];
