/** Registers with and without reset that are driven together: how many blocks there are, and that all tools mean the same by them. */
import { describe, expect, it } from 'vitest';
import { B, Flag, In, Out, U, elaborate, enumeration, hw, valueOf, vec } from '../../../gen/index.ts';
import type { Builder, Design, Inside, UInt, Vec } from '../../../gen/index.ts';
import { printDesign } from '../../../gen/print/systemverilog.ts';
import { checkWithYosys, compileWithIcarus, has, inDirectory, lintWithVerilator, simulate, throughYosys } from '../tools.ts';
import { engineLines, testbench, vectorsFor } from './side-by-side.ts';

const State = enumeration('State', 'idle', 'load', 'add', 'wait');
const STATES = vec(U(2), 3);
const VALUES = vec(U(4), 3);
const PORTS = {
  go: In(B), up: In(B), s: In(U(2)), x: In(U(8)), v: In(VALUES),
  y: Out(U(8)), z: Out(U(8)), w: Out(U(4)), states: Out(STATES), values: Out(VALUES),
};
type Io = Inside<typeof PORTS>;
interface Shown {
  readonly y?: UInt<8>;
  readonly z?: UInt<8>;
  readonly w?: UInt<4>;
  readonly states?: Vec<UInt<2>>;
  readonly values?: Vec<UInt<4>>;
}
type Body = (m: Builder, io: Io) => Shown;

/** Bodies, and what they show, with the number of blocks in which their registers stand. */
const BODIES: Readonly<Record<string, readonly [blocks: number, body: Body]>> = {
  'a switch': [1, (m, io) => {
    const r = m.regs({ state: State.resetTo('idle'), data: U(8) });
    m.switch(r.state, {
      idle: () => void m.when(io.go, () => void (r.state = State.load)),
      load: () => {
        r.data = io.x;
        r.state = State.add;
      },
      add: () => {
        r.data = r.data.addWrap(io.x);
        m.when(io.up, () => void (r.state = State.idle));
      },
      wait: () => void (r.state = State.idle),
    });
    return { y: r.data, w: r.state.asUInt().zext(4) };
  }],
  'a switch in a condition': [1, (m, io) => {
    const r = m.regs({ count: U(4, 5), data: U(8) });
    m.when(io.go, () => m.switchOn(io.s, [[[0, 2], () => void (r.count = r.count.addWrap(1))], [[1], () => void (r.data = io.x)]], () => {
      r.data = r.data.not();
    }));
    return { y: r.data, w: r.count };
  }],
  'a chain of conditions': [1, (m, io) => {
    const r = m.regs({ busy: Flag(false), data: U(8), more: U(8) });
    m.when(io.go, () => {
      r.data = io.x;
      r.busy = io.up;
    }).elseWhen(io.up, () => {
      r.busy = r.busy.not();
    }).elseWhen(io.s.eq(3), () => {
      r.more = r.data;
    });
    return { y: r.data, z: r.more, w: r.busy.asUInt().zext(4) };
  }],
  'conditions in conditions': [1, (m, io) => {
    const r = m.regs({ data: U(8), count: U(4, 9) });
    m.when(io.go, () => {
      m.when(io.up, () => {
        r.count = r.count.addWrap(1);
        r.data = io.x;
      });
    });
    return { y: r.data, w: r.count };
  }],
  'one condition': [2, (m, io) => {
    const r = m.regs({ full: Flag(false), data: U(8) });
    m.when(io.go, () => {
      r.full = io.up;
      r.data = io.x;
    });
    return { y: r.data, w: r.full.asUInt().zext(4) };
  }],
  'one condition after the other': [2, (m, io) => {
    const r = m.regs({ full: Flag(false), data: U(8) });
    m.when(io.go, () => {
      r.full = io.up;
      r.data = io.x;
    });
    m.when(io.up, () => {
      r.full = io.go;
      r.data = r.data.not();
    });
    return { y: r.data, w: r.full.asUInt().zext(4) };
  }],
  'conditions of which each decides about one of them': [2, (m, io) => {
    const r = m.regs({ count: U(4, 3), data: U(8) });
    m.when(io.go, () => {
      m.when(io.up, () => void (r.count = r.count.addWrap(1)));
      m.when(io.s.eq(1), () => void (r.data = io.x));
    });
    return { y: r.data, w: r.count };
  }],
  'a switch beside other registers': [3, (m, io) => {
    const r = m.regs({ early: U(4, 2), data: U(8), state: U(2, 1), after: U(8) });
    r.early = r.early.addWrap(1);
    m.switchOn(r.state, [[[0], () => void (r.state = io.s)], [[1], () => {
      r.data = io.x;
      r.state = r.state.not();
    }]], () => void (r.state = r.state.addWrap(1)));
    r.after = r.data;
    return { y: r.data, z: r.after, w: r.state.cat(r.early.slice(3, 2)).exact(4) };
  }],
  'a switch in lanes': [1, (m, io) => {
    const r = m.regs({ lanes: vec(U(2, 2), 3), data: VALUES });
    m.each(3, (i) => m.switchOn(r.lanes.at(i), [
      [[0], () => void m.when(io.go, () => r.lanes.put(i, io.s))],
      [[1, 3], () => {
        r.data.put(i, io.v.at(i));
        r.lanes.put(i, r.lanes.at(i).addWrap(1));
      }],
    ], () => {
      r.data.put(i, r.data.at(i).not());
      r.lanes.put(i, U(2).lit(1));
    }));
    return { states: r.lanes, values: r.data };
  }],
};

const designOf = (body: Body): Design => elaborate(hw('Top', PORTS, (m, io) => {
  const shown = body(m, io);
  io.y = shown.y ?? U(8).lit(0);
  io.z = shown.z ?? U(8).lit(0);
  io.w = shown.w ?? U(4).lit(0);
  io.states = shown.states ?? valueOf(STATES, [0, 0, 0]);
  io.values = shown.values ?? valueOf(VALUES, [0, 0, 0]);
}));

describe.each(Object.entries(BODIES))('registers of both kinds under %s', (_, [blocks, body]) => {
  const design = designOf(body);
  const files = printDesign(design);

  it('stand in one block where a switch or several conditions are common to them', () => {
    expect(files[0].text.match(/always_ff/g)).toHaveLength(blocks);
  });

  it('mean the same to every tool, also when a reset comes later, and none has a word about them', { timeout: 60_000 }, () => {
    inDirectory(files, (dir) => {
      if (has('iverilog')) expect(compileWithIcarus(dir, files, 'Top')).toBe('');
      if (has('verilator')) expect(lintWithVerilator(dir, files, 'Top')).toBe('');
      if (has('yosys')) expect(checkWithYosys(dir, files, 'Top')).toBe('');
    });
    const vectors = [...vectorsFor(design, 3), ...vectorsFor(design, 4), ...vectorsFor(design, 5)];
    const isReset = (cycle: number): boolean => cycle % 5 === 0 || cycle % 7 === 6;
    const engine = engineLines(design, vectors, isReset);
    // Unknown values of registers that are not reset are no difference.
    const known = (lines: readonly string[]): string[] =>
      lines.map((line, i) => line.split(' ').map((x, k) => (/[xX]/.test(x) ? engine[i].split(' ')[k] : x)).join(' '));
    const isKnown = (lines: readonly string[]): boolean => lines.slice(-12).every((line) => !/[xX]/.test(line));
    if (!has('iverilog')) return;
    const lines = simulate(files, testbench(design, vectors, isReset));
    expect(isKnown(lines)).toBe(true);
    expect(known(lines)).toEqual(engine);
    if (has('yosys')) expect(known(simulate([throughYosys(files)], testbench(design, vectors, isReset)))).toEqual(engine);
  });
});

it('a reset stands behind what it overrides, where it is not for all of a block', () => {
  const { text } = printDesign(designOf(BODIES['a switch'][1]))[0];
  expect(text).toContain(`
  always_ff @(posedge clk) begin
    case (state)
      STATE_IDLE: begin
        if (go) state <= STATE_LOAD;
      end
      STATE_LOAD: begin
        data <= x;
        state <= STATE_ADD;
      end
      STATE_ADD: begin
        data <= data + x;
        if (up) state <= STATE_IDLE;
      end
      default: state <= STATE_IDLE;
    endcase
    if (rst) state <= STATE_IDLE;
  end
`);
});

it('a reset is no enable of a register that has none', () => {
  for (const [, body] of Object.values(BODIES)) {
    const { text } = printDesign(designOf(body))[0];
    for (const block of text.split('always_ff').slice(1)) {
      const [under] = /if \(rst\) begin.*?\n {4}end else begin.*?\n {4}end\n/s.exec(block) ?? [''];
      expect(under).not.toMatch(/\b(data|data\[i\]|more|after) <=/);
    }
  }
});
