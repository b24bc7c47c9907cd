/**
 * Small designs whose printed text is kept in `goldens/`. After a change here run
 * `npx vitest run test/gen/print/goldens.test.ts -u` and read what changed.
 */
import { B, Flag, In, Out, S, Sink, Source, U, blackBox, bool, bundle, enumeration, fromBits, hw, valueOf, vec } from '../../../gen/index.ts';
import type { ModuleDef, Port, PortMap, Shape } from '../../../gen/index.ts';

/** One-element queue: a register slice that cuts the path of valid and bits, not that of ready. */
export function queueOf<V>(name: string, shape: Shape<V>): ModuleDef<{ from: Port<'sink', V>; to: Port<'source', V> }> {
  return hw(name, { from: Sink(shape), to: Source(shape) }, (m, io) => {
    m.doc('A register slice: one element, full throughput.');
    const r = m.regs({ full: Flag(false), item: shape });
    m.when(io.to.ready.or(r.full.not()), () => {
      r.full = io.from.valid;
      r.item = io.from.bits as V;
    });
    io.to.valid = r.full;
    io.to.bits = r.item;
    io.from.ready = io.to.ready.or(r.full.not());
  });
}

const Request = bundle('BusRequest', { addr: U(12, 0), data: U(8, 0), write: Flag(false) });
const State = enumeration('FetchState', 'idle', 'askMemory', 'waitForData', 'done');

const Fetcher = hw('Fetcher', { start: In(B), addr: In(U(12)), req: Source(Request), answer: In(U(8)), answered: In(B), sum: Out(S(16)), busy: Out(B) }, (m, io) => {
  const r = m.regs({ state: State.resetTo('idle'), request: Request, total: S(16, -1) });
  io.req.valid = bool(false);
  io.req.bits = r.request;
  m.switch(r.state, {
    idle: () => {
      m.when(io.start, () => {
        r.request = valueOf(Request, { addr: io.addr, data: 0, write: false });
        r.state = State.askMemory;
      });
    },
    askMemory: () => {
      io.req.valid = bool(true);
      m.when(io.req.fire, () => {
        r.state = State.waitForData;
      });
    },
    waitForData: () => {
      const extended = io.answer.asSInt().sext(16).named('extended');
      m.when(io.answered.and(extended.gt(-100)), () => {
        r.total = r.total.addWrap(extended).shr(1);
        r.state = State.done;
      }).elseWhen(io.answered, () => {
        r.state = State.askMemory;
      }).otherwise(() => {
        r.request.addr = r.request.addr.addWrap(1);
      });
    },
  }, () => {
    r.state = State.idle;
  });
  io.sum = r.total;
  io.busy = r.state.ne('idle');
});

const Cell = hw('MacCell', { load: In(B), weight: In(S(8)), aIn: In(S(8)), pIn: In(S(20)), wOut: Out(S(8)), aOut: Out(S(8)), pOut: Out(S(20)), spare: Out(B) }, (m, io) => {
  const r = m.regs({ w: S(8), a: S(8), p: S(20) });
  m.when(io.load, () => {
    r.w = io.weight;
  });
  r.a = io.aIn;
  r.p = io.pIn.addWrap(io.aIn.mul(r.w).named('product').sext(20));
  io.wOut = r.w;
  io.aOut = r.a;
  io.pOut = r.p;
  io.spare = r.w.isNegative();
});

const Mesh = hw('Mesh', { load: In(B), weights: In(vec(S(8), 3)), rows: In(vec(S(8), 2)), sums: Out(vec(S(20), 3)), edge0: Out(vec(S(8), 2)) }, (m, io) => {
  const zeros = m.let({ zeros: valueOf(vec(S(20), 3), [0, 0, 0]) });
  const mesh = m.grid('mesh', Cell, 2, 3);
  mesh.all('load', io.load);
  mesh.fromNorth('weight', 'wOut', io.weights);
  mesh.fromWest('aIn', 'aOut', io.rows);
  mesh.fromNorth('pIn', 'pOut', zeros.zeros);
  io.sums = mesh.rowOut('pOut', 1);
  io.edge0 = mesh.columnOut('aOut', 2);
});

const Store = hw('Store', { addr: In(U(4)), data: In(U(32)), mask: In(U(4)), write: In(B), read: Out(U(32)), now: Out(U(32)), constant: Out(U(6)) }, (m, io) => {
  const words = m.mem('words', U(32), 12, { style: 'block' });
  m.when(io.write, () => {
    words.writeMasked(io.addr, io.data, io.mask);
  });
  io.read = words.readSync('readWord', io.addr, io.write.not());
  io.now = words.read(io.addr);
  io.constant = m.mem('constants', U(6), 4, { init: [1n, 63n] }).read(io.addr.trunc(2));
});

const Multiplier = blackBox('Multiplier', { A: In(S(16)), B: In(S(16)), O: Out(S(32)) }, {
  cell: 'SB_MAC16', parameters: [{ name: 'A_SIGNED', value: '1\'b1' }, { name: 'TOPOUTPUT_SELECT', value: '2\'b11' }], clock: 'CLK',
  behaviour: (m, io) => {
    const r = m.regs({ product: S(32) });
    r.product = io.A.mul(io.B);
    io.O = r.product;
  },
});

const Scale = hw('Scale', { x: In(S(16)), factor: In(S(16)), y: Out(S(16)) }, (m, io) => {
  const cell = m.inst('multiplier', Multiplier);
  cell.A = io.x;
  cell.B = io.factor;
  io.y = cell.O.shr(4).sat(16);
});

const Checked = hw('Checked', { push: In(B), pop: In(B), level: Out(U(3)) }, (m, io) => {
  m.doc('Counts elements.\nNever more than five.');
  const r = m.regs({ count: U(3, 0), seen: Flag(false) });
  m.when(io.push.and(io.pop.not()), () => {
    m.assert('noOverflow', r.count.ne(5), 'pushed "while" full');
    r.count = r.count.addWrap(1);
  }).elseWhen(io.pop.and(io.push.not()), () => {
    m.cover('drained', r.count.eq(1));
    r.count = r.count.subWrap(1);
  });
  m.assert('bounded', r.count.le(5));
  io.level = r.count;
  r.seen = io.push;
});

/** Operations whose text depends on signs and widths. */
const Arithmetic = hw('Arithmetic', {
  a: In(S(8)), b: In(U(8)), n: In(U(3)), lanes: In(vec(S(5), 5)), i: In(U(3)), flag: In(B),
  shifted: Out(S(8)), mixed: Out(S(8)), below: Out(B), product: Out(S(17)), lane: Out(S(5)),
  bits: Out(U(4)), limited: Out(S(6)), all: Out(U(8)),
}, (_m, io) => {
  const difference = io.b.subGrow(io.a.asUInt()).named('difference');
  io.shifted = io.a.shr(io.n);
  io.mixed = io.b.asSInt().addWrap(io.a.shr(2));
  io.below = io.a.lt(-3).or(io.b.asSInt().lt(io.a));
  io.product = difference.mul(io.a);
  io.lane = io.lanes.at(io.i);
  io.bits = difference.slice(6, 3);
  io.limited = io.a.sat(6);
  io.all = io.flag.mux(io.b, 0xff).xor(0x0f);
});

/** Parts of one vector that depend on each other. */
const Carry = hw('Carry', { a: In(U(4)), b: In(U(4)), sum: Out(U(4)) }, (m, io) => {
  const w = m.wires({ carry: vec(B, 5) });
  w.carry.put(0, bool(false));
  for (const i of [0, 1, 2, 3]) {
    const [x, y] = [io.a.bit(i), io.b.bit(i)];
    w.carry.put(i + 1, x.and(y).or(w.carry.at(i).and(x.or(y))));
  }
  io.sum = io.a.xor(io.b).xor(w.carry.asUInt().trunc(4).exact(4));
});

const Pipeline = hw('Pipeline', { from: Sink(U(8)), to: Source(U(8)) }, (m, io) => {
  const Slice = queueOf('Slice', U(8));
  const stages = ['first', 'second'].map((name) => m.inst(name, Slice));
  m.connect(io.from, stages[0].from);
  m.connect(stages[0].to, stages[1].from);
  m.connect(stages[1].to, io.to);
});

const Lanes = hw('Lanes', {
  go: In(B), clear: In(B), take: In(U(6)), a: In(vec(S(8), 6)), b: In(vec(S(8), 6)),
  sums: Out(vec(S(16), 6)), total: Out(S(19)), lowest: Out(U(3)), any: Out(B),
}, (m, io) => {
  m.doc('Six lanes that multiply and add, and what they have in common.');
  const r = m.regs({ sum: vec(S(16, 0), 6) });
  m.each(6, (i) => {
    const { product } = m.let({ product: io.a.at(i).mul(io.b.at(i)) });
    const own = m.regs({ taken: Flag(false), steps: U(4, 1) });
    own.taken = io.take.bit(i);
    m.when(own.taken, () => (own.steps = own.steps.addWrap(1)));
    m.when(io.clear, () => r.sum.put(i, S(16).lit(0))).elseWhen(own.taken.and(i.ne(5)), () => {
      const carried = r.sum.near(i, -1, S(16).lit(-1));
      r.sum.put(i, product.addWrap(carried).xor(own.steps.zext(16).asSInt()));
    });
    m.assert('awake', io.go.or(own.taken.not()), 'no lane is taken before the start');
  });
  io.sums = r.sum;
  io.total = m.sum('total_of_sums', r.sum).exact(19);
  const { valid, index } = m.first('first_taken', fromBits(vec(B, 6), io.take));
  io.any = valid;
  io.lowest = index.exact(3);
});

export const DESIGNS: Readonly<Record<string, ModuleDef<PortMap>>> = {
  queue: queueOf('Queue', Request) as unknown as ModuleDef<PortMap>,
  fetcher: Fetcher, mesh: Mesh, store: Store, scale: Scale, checked: Checked, arithmetic: Arithmetic, carry: Carry, pipeline: Pipeline,
  lanes: Lanes,
};
