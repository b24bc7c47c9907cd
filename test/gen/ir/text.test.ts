/** The intermediate representation as text: all of its forms, the same for the same module, without recursion. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, Out, S, Source, U, blackBox, bundle, cat, enumeration, hw, resetTo, valueOf, vec, vecOf } from '../../../gen/index.ts';
import type { ModuleDef, PortMap } from '../../../gen/index.ts';
import { moduleText } from '../../../gen/ir/text.ts';
import { elaborate } from '../../../gen/passes/elaborate.ts';
import { randomModule } from '../random-modules.ts';
import { Rng } from '../rng.ts';

/** The texts of the modules at one stage, in order. */
function textsAfter<P extends PortMap>(stage: string, def: ModuleDef<P>): string[] {
  const texts: string[] = [];
  elaborate(def, (at, m) => {
    if (at === stage) texts.push(moduleText(m));
  });
  return texts;
}

const Mode = enumeration('Mode', 'idle', 'busy', 'done');
const Pair = bundle('Pair', { high: U(4, 1), low: S(3) });
const Cell = hw('Cell', { x: In(U(4)), y: Out(U(4)) }, (m, io) => {
  const r = m.regs({ held: U(4) });
  r.held = io.x;
  io.y = r.held;
});
const Pll = blackBox('Pll', { line: In(B), locked: Out(B) }, {
  cell: 'SB_PLL', parameters: [{ name: 'DIV', value: '3' }], behaviour: (_m, io) => void (io.locked = io.line),
});

const Everything = hw('Everything', { a: In(U(4)), flag: In(B), out: Out(U(8)), to: Source(Pair) }, (m, io) => {
  const r = m.regs({ mode: Mode.resetTo('busy'), full: Flag(false), pair: Pair, lanes: vec(S(3, -2), 2), squares: vec(U(4), 2) });
  const { squares } = r;
  const store = m.mem('store', U(4), 10, { init: [3n, 1n], style: 'block' });
  const pll = m.inst('pll', Pll);
  const cells = m.grid('cells', Cell, 2, 3);
  pll.line = io.flag;
  cells.fromWest('x', 'y', vecOf([io.a, io.a]));
  const sum = io.a.addGrow(r.pair.high);
  io.out = cat(sum.trunc(4), store.read(io.a)).exact(8);
  io.to.valid = pll.locked;
  io.to.bits = valueOf(Pair, { high: cells.columnOut('y', 2).at(1), low: r.lanes.at(0) });
  m.when(io.flag, () => {
    r.pair.high = sum.trunc(4);
    m.switch(r.mode, { idle: () => (r.mode = Mode.busy), busy: () => (r.full = io.to.ready) });
  }).otherwise(() => {
    r.pair.low = io.a.slice(2, 0).asSInt();
    r.lanes.put(io.a.slice(1, 0), r.pair.low);
    store.writeMasked(io.a, io.a, U(2).lit(1));
  });
  m.each(2, (i) => {
    m.when(io.flag, () => {
      squares.put(i, U(4).lit(1).shlWrap(i.times(2).plus(1)));
    });
  });
  m.assert('belowNine', io.a.lt(9), 'a "large" one');
});

describe('the text of a module', () => {
  it('has all that the module consists of', () => {
    expect(textsAfter('describe', Everything)).toMatchInlineSnapshot(`
      [
        "module PllBehaviour
        input line: Bool
        output locked: Bool
        locked = line
      ",
        "module Pll
        cell SB_PLL DIV=3
        behaviour PllBehaviour
        input line: Bool
        output locked: Bool
      ",
        "module Cell clocked
        input x: UInt<4>
        output y: UInt<4>
        reg held: UInt<4>
        held = x
        y = held
      ",
        "module Everything clocked
        enum Mode idle busy done
        bundle Pair high: UInt<4>, low: SInt<3>
        input a: UInt<4>
        input flag: Bool
        output out: UInt<8>
        output to_valid: Bool
        output to_bits_high: UInt<4>
        output to_bits_low: SInt<3>
        input to_ready: Bool
        reg mode: Mode reset Mode.busy
        reg full: Bool reset false
        reg pair: Pair reset 1:U4 -
        reg lanes: Vec<SInt<3>, 2> reset -2:S3 -2:S3
        reg squares: Vec<UInt<4>, 2>
        memory store: UInt<4> x 10 block init 3 1
        instance pll: Pll
          instIn line = pll_line: Bool
          instOut locked = pll_locked: Bool
        grid cells: Cell 2 x 3
          gridIn x = y from west, at the edge cells_x_edge: Vec<UInt<4>, 2>
          gridOut cells_y_col2 = y of column 2: Vec<UInt<4>, 2>
        pll_line = flag
        cells_x_edge = [a, a]
        %0: UInt<5> = add(extend(a, UInt<5>), extend(pair.high, UInt<5>))
        out = cat(bits(%0, 0, UInt<4>), store[a])
        to_valid = pll_locked
        to_bits_high = cells_y_col2[1]
        to_bits_low = lanes[0]
        when flag
          pair.high = bits(%0, 0, UInt<4>)
          switch mode
          case Mode.idle
            mode = Mode.busy
          case Mode.busy
            full = to_ready
        else
          pair.low = cast(bits(a, 0, UInt<3>), SInt<3>)
          lanes[bits(a, 0, UInt<2>)] = pair.low
          store[a] lanes 1:U2 <- a
        for i0 < 2
          when flag
            squares[i0:U1] = shl(1:U4, 2*i0+1:U2)
        assert belowNine: lt(a, 9:U4) "a \\"large\\" one"
      ",
      ]
    `);
  });

  it('shows what a pass has done', () => {
    const Folds = hw('Folds', { a: In(U(4)), out: Out(U(4)) }, (m, io) => {
      const w = m.wires({ unread: U(4) });
      w.unread = io.a;
      io.out = U(4).lit(3).addWrap(4).and(io.a).or(0);
    });
    const line = (stage: string): string[] => textsAfter(stage, Folds)[0].split('\n').slice(3, -1).map((l) => l.trim());
    expect(line('describe')).toEqual(['wire unread: UInt<4>', 'unread = a', 'out = or(and(add(3:U4, 4:U4), a), 0:U4)']);
    expect(line('simplify')).toEqual(['wire unread: UInt<4>', 'unread = a', 'out = and(7:U4, a)']);
    expect(line('remove-dead')).toEqual(['out = and(7:U4, a)']);
  });

  it('is the same for the same module, whoever made it, and of any depth', () => {
    const make = (): string[] => textsAfter('remove-dead', randomModule('M', new Rng(11)));
    expect(make()).toEqual(make());
    const deep = hw('Deep', { a: In(U(8)), out: Out(U(8)) }, (_m, io) => {
      let x = io.a;
      for (let i = 0; i < 20_000; i++) x = x.addWrap(i % 200).xor(io.a);
      io.out = x;
    });
    const [text] = textsAfter('describe', deep);
    expect(Math.max(...text.split('\n').map((l) => l.length))).toBeLessThan(200);
    // Not exponential where a value is used twice again and again.
    const twice = hw('Twice', { a: In(U(8)), out: Out(U(8)) }, (_m, io) => {
      let x = io.a;
      for (let i = 0; i < 200; i++) x = x.addWrap(x);
      io.out = x;
    });
    expect(textsAfter('describe', twice)[0].length).toBeLessThan(10_000);
  });
});

it('calls constants what the designer calls them, wherever they stand', () => {
  const LIMIT = U(4).lit(9).named('LIMIT');
  const FIRST = U(4).lit(2).named('FIRST');
  const Named = hw('Named', { a: In(U(4)), b: Out(U(4)), c: Out(B) }, (m, io) => {
    const r = m.regs({ count: resetTo(U(4), FIRST) });
    r.count = io.a.addWrap(LIMIT);
    m.switchOn(io.a, [[FIRST, () => void (io.b = r.count)]], () => void (io.b = LIMIT));
    io.c = io.a.eq(LIMIT).or(io.a.eq(9));
  });
  for (const stage of ['describe', 'share']) {
    const [text] = textsAfter(stage, Named);
    expect(text).toContain('count = add(a, LIMIT=9:U4)');
    expect(text).toContain('case FIRST=2:U4');
    expect(text).toContain('reset FIRST=2:U4');
    expect(text).toContain('b = LIMIT=9:U4');
    expect(text).toContain('or(eq(a, LIMIT=9:U4), eq(a, 9:U4))');
  }
});
