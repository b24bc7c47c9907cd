/**
 * What a cycle of a loop over lanes takes in the built-in engine, run as a loop and written out, by number of lanes: where
 * `sim/engine/lane-drivers.ts` draws its line. `npx tsx tools/lane-pace.ts [FORM|all [LANES,…]]`
 */
import { B, In, Out, S, U, elaborate, hw, vec } from '../gen/index.ts';
import type { Bool, ModuleDef, PortMap, UInt, Vec } from '../gen/index.ts';
import { createWasmSimulator } from '../sim/engine/index.ts';

const bits = (n: number): number => Math.ceil(Math.log2(n));

const FORMS: Readonly<Record<string, (n: number) => ModuleDef<PortMap>>> = {
  rotate: (n) => hw('Rotate', { x: In(vec(U(8), n)), by: In(U(5)), y: Out(U(8)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(8, 0), n) });
    const stage = (of: Vec<UInt>, k: number): Vec<UInt> => m.map(`by${2 ** k}`, n, (i) => io.by.bit(k).mux(of.near(i, 2 ** k, of.at(0)), of.at(i)));
    const turned = [0, 1, 2, 3, 4].reduce(stage, r.kept as Vec<UInt>);
    m.each(n, (i) => r.kept.put(i, turned.at(i).addWrap(io.x.at(i)).exact(8)));
    io.y = r.kept.at(n - 1);
  }),
  delay: (n) => hw('Delay', { x: In(U(8)), y: Out(U(8)) }, (m, io) => {
    const r = m.regs({ line: vec(U(8), n) });
    m.each(n - 1, (i) => r.line.put(i.plus(1), r.line.at(i)));
    r.line.put(0, io.x.addWrap(r.line.at(n - 1)));
    io.y = r.line.at(n - 1);
  }),
  products: (n) => hw('Products', { x: In(vec(S(16), n)), y: Out(S(32)) }, (m, io) => {
    const r = m.regs({ sums: vec(S(32, 0), n) });
    m.each(n, (i) => r.sums.put(i, r.sums.at(i).addWrap(io.x.at(i).mul(io.x.near(i, 1, io.x.at(0))))));
    io.y = r.sums.at(n - 1);
  }),
  masked: (n) => hw('Masked', { mask: In(U(n)), x: In(U(8)), y: Out(U(8)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(8, 0), n) });
    m.each(n, (i) => m.when(io.mask.bit(i), () => r.kept.put(i, r.kept.at(i).addWrap(io.x))));
    io.y = r.kept.at(n - 1);
  }),
  total: (n) => hw('Total', { x: In(vec(U(8), n)), y: Out(U(32)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(8, 0), n), total: U(32, 0) });
    m.each(n, (i) => r.kept.put(i, r.kept.at(i).addWrap(io.x.at(i))));
    r.total = r.total.addWrap(m.sum('sum', r.kept).zext(32));
    io.y = r.total;
  }),
  first: (n) => hw('First', { x: In(U(8)), y: Out(U(16)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(8, 0), n), found: U(16, 0) });
    m.each(n, (i) => r.kept.put(i, r.kept.near(i, -1, io.x).addWrap(1)));
    const { index } = m.first('lowest', m.map('hits', n, (i) => r.kept.at(i).eq(io.x)) as Vec<Bool>);
    r.found = index.zext(16).xor(r.found);
    io.y = r.found;
  }),
  chosen: (n) => hw('Chosen', { x: In(U(16)), y: Out(U(16)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(16, 0), n) });
    m.each(n, (i) => m.when(i.eq(io.x.trunc(bits(n))), () => r.kept.put(i, io.x)));
    io.y = r.kept.at(n - 1);
  }),
  idle: (n) => hw('Idle', { x: In(U(16)), go: In(B), y: Out(U(16)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(16, 0), n) });
    m.when(io.go.not(), () => m.each(n, (i) => r.kept.put(i, r.kept.at(i).addWrap(io.x))));
    io.y = r.kept.at(n - 1);
  }),
  lookup: (n) => hw('Lookup', { x: In(vec(U(8), n)), y: Out(U(8)) }, (m, io) => {
    const mem = m.mem('words', U(8), 256, { init: [1n, 2n, 3n] });
    mem.write(io.x.at(0), io.x.at(1));
    const r = m.regs({ kept: vec(U(8, 0), n) });
    m.each(n, (i) => r.kept.put(i, r.kept.at(i).xor(mem.read(io.x.at(i)))));
    io.y = r.kept.at(n - 1);
  }),
  shifts: (n) => hw('Shifts', { x: In(vec(U(8), n)), y: Out(U(16)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(16, 1), n) });
    m.each(n, (i) => r.kept.put(i, r.kept.at(i).shr(io.x.at(i).trunc(3)).addWrap(3)));
    io.y = r.kept.at(n - 1);
  }),
  wide: (n) => hw('Wide', { x: In(U(100)), y: Out(U(100)) }, (m, io) => {
    const r = m.regs({ kept: vec(U(100, 0), n) });
    m.each(n, (i) => r.kept.put(i, r.kept.near(i, 1, io.x).addWrap(io.x)));
    io.y = r.kept.at(0);
  }),
};

/** Nanoseconds of one cycle, the least of some runs. */
function nanoseconds(def: ModuleDef<PortMap>, minLanes: number, cycles: number): number {
  const design = elaborate(def);
  const sim = createWasmSimulator(design, { minLanes });
  for (const p of design.top.ports) if (p.kind === 'input') sim.poke(p.name, p.name === 'go' ? 1n : 0x15n);
  sim.step(20_000);
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    sim.step(cycles);
    return ((performance.now() - start) * 1e6) / cycles;
  });
  sim.close();
  return Math.min(...times);
}

const [form = 'all', lanes = '32,64,128,256,512,1024'] = process.argv.slice(2);
for (const [name, make] of Object.entries(FORMS)) {
  if (form !== 'all' && form !== name) continue;
  const cells = lanes.split(',').map(Number).map((n) => {
    const [out, loop] = [Number.MAX_SAFE_INTEGER, 2].map((minLanes) => nanoseconds(make(n), minLanes, Math.ceil(4e6 / n)));
    return `${n}: ${out.toFixed(0)} → ${loop.toFixed(0)} ns (${(loop / out).toFixed(2)})`;
  });
  console.log(`${name.padEnd(9)} ${cells.join('   ')}`);
}
