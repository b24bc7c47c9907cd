/** Random small designs whose every name comes from a pool in which names meet: in case, in capitals, when joined, when numbered. */
import { Flag, In, Out, U, bool, bundle, enumeration, hw, valueOf, vec, vecOf } from '../../gen/index.ts';
import type { Bool, Builder, ModuleDef, PortMap, UInt } from '../../gen/index.ts';
import type { Rng } from './rng.ts';

const LONG = 'long'.repeat(24);
const NAMES = [
  ...['a', 'A', 'b', 'c', 'a_b', 'b_c', 'a_b_c', 'x', 'X', 'x_1', 'x_2', 'cover_x', 'cover_x_1', 'cover_a', 'v', 'v_0', 'v_1'],
  ...['accept', 'on', 's', 'order'],
  ...['op', 'Op', 'OP', 'op_t', 'op_t_1', 'OP_ADD', 'OP_A_B', 'OP_a_b', 'a_t', 'A_A', 'A_B', 'pair', 'pair_t', 'Pair', 'x_t', 'X_A', 'X_1_A'],
  ...['sum', 'sum_1', 'choice', 'value', 'i', 'i_1', 'r', 'e', 'cell_i', 'mesh', 'mesh_row', 'mesh_col', 'mesh_a', 'gen_mesh', 'a_row', 'a_col', 'x_all'],
  ...['list', 'set', 'queue', 'Queue', 'QUEUE', 'char', 'display', 'error', 'finish', 'clog2', 'top', 'Top', 'TOP', 'Top_2', 'main', 'SYNTHESIS', 'a__b'],
  ...[LONG, `${LONG}_1`, LONG.toUpperCase()],
];
const MEMBERS = ['add', 'Add', 'ADD', 'a_b', 'aB', 'A_B', 'a', 'A', 'x', 'module', 'until', 't', 'b_c', 'on', 'On'];

type Num = UInt<number>;
type Def = ModuleDef<PortMap>;

/** Names of one scope, each once. */
class Scope {
  private readonly taken = new Set<string>();
  constructor(private readonly rng: Rng) {}

  /** One that is not in use here, nor one to `avoid`. */
  name(avoid: (name: string) => boolean = () => false): string {
    for (;;) {
      const name = this.rng.pick(NAMES);
      if (this.taken.has(name) || avoid(name)) continue;
      this.taken.add(name);
      return name;
    }
  }
}

/** A design; the same generator state makes the same one. */
export function randomNames(rng: Rng): Def {
  const leaves = Array.from({ length: rng.between(1, 3) }, () => leaf(rng, []));
  const middle = Array.from({ length: rng.between(1, 2) }, () => leaf(rng, leaves));
  return leaf(rng, [...middle, ...leaves], true);
}

/** A module with two inputs and an output of 4 bits, that uses the modules given. */
function leaf(rng: Rng, below: readonly Def[], isTop = false): Def {
  const name = rng.pick(NAMES);
  const scope = new Scope(rng);
  const isNoPort = (n: string): boolean => isTop && n === name;
  const [a, b, out] = [1, 2, 3].map(() => scope.name(isNoPort));
  return hw(name, { [a]: In(U(4)), [b]: In(U(4)), [out]: Out(U(4)) }, (m, io) => {
    const ports = io as unknown as Record<string, Num>;
    let value: Num = ports[a];
    // By gates, not by sums: Icarus passes a change through adders and memories depth first, so that each place where a sum meets its own
    // operand again doubles the events of all that follows. Gates wait for the end of the step.
    const mix = (other: Num): void => void (value = value.xor(other));
    const parts: (() => void)[] = [
      () => mix(wires(m, scope, value, ports[b])), () => mix(register(m, scope, value)), () => mix(states(m, rng, scope, value)),
      () => mix(fields(m, rng, scope, value, ports[b])), () => mix(memory(m, scope, value, ports[b])), () => mix(chained(m, scope, value)),
      () => m.cover(scope.name(), value.eq(3)), () => m.assert(scope.name(), value.le(15)),
      () => mix(value.addGrow(ports[b]).slice(4, 1)), () => mix(value.addGrow(ports[a]).slice(4, 1)),
      ...[a, b].map((port) => () => mix(value.mul(ports[port]).named(rng.pick(NAMES)).slice(5, 2))),
    ];
    for (const part of shuffled(rng, parts).slice(0, rng.between(3, parts.length))) part();
    for (const def of below) if (rng.chance(0.8)) mix(instance(m, scope, def, value, ports[b]));
    if (below.length > 0 && rng.chance(0.5)) mix(grid(m, scope, rng.pick(below), value, ports[b]));
    Object.assign(io, { [out]: value });
  });
}

function wires(m: Builder, scope: Scope, x: Num, y: Num): Num {
  const [one, two] = [scope.name(), scope.name()];
  const w = m.wires({ [one]: U(4), [two]: U(4) }) as Record<string, Num>;
  w[one] = x.xor(y);
  w[two] = w[one].addWrap(x);
  return w[two];
}

function register(m: Builder, scope: Scope, x: Num): Num {
  const name = scope.name();
  const r = m.regs({ [name]: U(4, 1) }) as Record<string, Num>;
  r[name] = x;
  return r[name];
}

function states(m: Builder, rng: Rng, scope: Scope, x: Num): Num {
  const members = shuffled(rng, MEMBERS).slice(0, 5);
  const State = enumeration(rng.pick(NAMES), ...members);
  const [name, other] = [scope.name(), scope.name()];
  const r = m.regs({ [name]: State.resetTo(members[2]), [other]: State.resetTo(members[0]) }) as Record<string, typeof State[string]>;
  const { [members[0]]: first, [members[1]]: second, [members[4]]: last } = State;
  m.switch(r[name], { [members[0]]: () => (r[name] = second), [members[1]]: () => (r[name] = last) }, () => (r[name] = first));
  m.when(x.bit(0) as unknown as Bool, () => (r[other] = r[name]));
  return r[other].eq(members[1]).mux(x, r[name].asUInt().zext(4));
}

function fields(m: Builder, rng: Rng, scope: Scope, x: Num, y: Num): Num {
  const own = new Scope(rng);
  const [one, two, name] = [own.name(), own.name(), scope.name()];
  const Pair = bundle(rng.pick(NAMES), { [one]: U(4, 3), [two]: U(4, 5) });
  const r = m.regs({ [name]: Pair }) as unknown as Record<string, Record<string, Num>>;
  m.when(x.ne(y), () => Object.assign(r, { [name]: valueOf(Pair, { [one]: x, [two]: y }) }));
  return r[name][one].addWrap(r[name][two]);
}

function memory(m: Builder, scope: Scope, x: Num, y: Num): Num {
  const mem = m.mem(scope.name(), U(4), 16, { init: [1n, 2n] });
  // Not before reset: what is unknown to Icarus then is 0 in the engine.
  const begun = scope.name();
  const r = m.regs({ [begun]: Flag(false) }) as Record<string, Bool>;
  r[begun] = bool(true);
  m.when(r[begun], () => mem.writeMasked(y.exact(4), x.exact(4), x.exact(4)));
  return mem.read(x.exact(4)).addWrap(mem.readSync(scope.name(), y.exact(4))) as Num;
}

/** A vector whose parts follow each other, and a bundle, too. */
function chained(m: Builder, scope: Scope, x: Num): Num {
  const [name, other] = [scope.name(), scope.name()];
  const w = m.wires({ [name]: vec(U(4), 2), [other]: bundle('Parts', { a: U(4), on: U(4), order: U(4) }) });
  const v = w[name] as unknown as { at(i: number): Num; put(i: number, x: Num): void };
  const p = w[other] as unknown as Record<string, Num>;
  v.put(0, x);
  v.put(1, v.at(0).addWrap(1));
  p.a = v.at(1);
  p.on = p.a.addWrap(2);
  p.order = p.on.xor(p.a);
  return p.order;
}

/** An instance that is called like nothing that its module declares: that would be an error. */
function instance(m: Builder, scope: Scope, def: Def, x: Num, y: Num): Num {
  const module = def.elaborate();
  const own = new Set([...module.ports, ...module.wires, ...module.regs, ...module.memories].map((s) => s.name));
  const ports = m.inst(scope.name((n) => own.has(n)), def) as unknown as Record<string, Num>;
  const [a, b, out] = module.ports.map((p) => p.name);
  ports[a] = x;
  ports[b] = y;
  return ports[out];
}

interface Grid {
  all(port: string, value: Num): void;
  fromWest(port: string, output: string, edge: unknown): void;
  columnOut(port: string, column: number): { at(i: number): Num };
}

function grid(m: Builder, scope: Scope, def: Def, x: Num, y: Num): Num {
  const [a, b, out] = def.elaborate().ports.map((p) => p.name);
  const cells = m.grid(scope.name(), def, 1, 2) as unknown as Grid;
  cells.all(b, y);
  cells.fromWest(a, out, vecOf([x]));
  return cells.columnOut(out, 1).at(0);
}

function shuffled<T>(rng: Rng, items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(rng.below(rest.length), 1)[0]);
}
