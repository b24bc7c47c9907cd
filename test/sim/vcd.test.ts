import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { B, In, Out, U, elaborate, hw } from '../../gen/index.ts';
import { createWasmSimulator } from '../../sim/engine/index.ts';
import { openVcd } from '../../sim/vcd.ts';

const directory = mkdtempSync(join(tmpdir(), 'systole-vcd-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Parsed {
  readonly timescale: string;
  /** Path → samples as [time, value]. */
  readonly waves: Map<string, [number, bigint][]>;
  readonly widths: Map<string, number>;
  readonly changes: number;
}

/** A strict little reader: declared identifiers only, time never goes back, vectors within their width. */
function parseVcd(text: string): Parsed {
  const [head, body] = text.split('$enddefinitions $end\n');
  const scopes: string[] = [];
  const byId = new Map<string, { path: string; width: number }>();
  const widths = new Map<string, number>();
  const waves = new Map<string, [number, bigint][]>();
  let timescale = '';
  for (const m of head.matchAll(/\$(timescale|scope|upscope|var)\s+(.*?)\s*\$end/gs)) {
    const words = m[2].split(/\s+/);
    if (m[1] === 'timescale') timescale = words.join('');
    else if (m[1] === 'scope') scopes.push(words[1]);
    else if (m[1] === 'upscope') scopes.pop();
    else {
      const [kind, width, id, name] = words;
      expect(kind).toBe('wire');
      expect(id).toMatch(/^[!-~]+$/);
      expect(byId.has(id)).toBe(false);
      const path = [...scopes, name].join('.');
      byId.set(id, { path, width: Number(width) });
      widths.set(path, Number(width));
      waves.set(path, []);
    }
  }
  expect(scopes).toEqual([]);
  let time = -1;
  let changes = 0;
  for (const line of body.trim().split('\n')) {
    if (line.startsWith('#')) {
      expect(Number(line.slice(1))).toBeGreaterThan(time);
      time = Number(line.slice(1));
      continue;
    }
    const m = /^(?:([01])|b([01]+) )([!-~]+)$/.exec(line);
    if (!m) throw new Error(`unreadable line: ${line}`);
    const wave = byId.get(m[3]);
    if (!wave) throw new Error(`undeclared identifier in: ${line}`);
    const digits = m[1] ?? m[2];
    expect(digits.length).toBeLessThanOrEqual(wave.width);
    waves.get(wave.path)?.push([time, BigInt(`0b${digits}`)]);
    changes++;
  }
  return { timescale, waves, widths, changes };
}

const Inner = hw('Inner', { step: In(U(8)), total: Out(U(100)) }, (m, io) => {
  const r = m.regs({ sum: U(100, 0) });
  r.sum = r.sum.addWrap(io.step.zext(100));
  io.total = r.sum;
});

const Top = hw('Top', { enable: In(B), total: Out(U(100)), odd: Out(B) }, (m, io) => {
  const inner = m.inst('inner', Inner);
  const r = m.regs({ count: U(8, 0) });
  m.when(io.enable, () => {
    r.count = r.count.addWrap(1);
  });
  const { doubled } = m.let({ doubled: r.count.shlWrap(1) });
  inner.step = doubled;
  io.total = inner.total;
  io.odd = r.count.bit(0);
});

function record(name: string, cycles: number, options: Parameters<typeof openVcd>[2] = {}): Parsed {
  const sim = createWasmSimulator(elaborate(Top), { observeWires: true });
  const path = join(directory, name);
  const vcd = openVcd(path, sim, options);
  for (let i = 0; i < cycles; i++) {
    sim.poke('enable', i % 4 === 3 ? 0 : 1);
    vcd.sample();
    sim.step();
  }
  vcd.close();
  return parseVcd(readFileSync(path, 'latin1'));
}

/** The value that a viewer shows at a time. */
function at(p: Parsed, path: string, time: number): bigint | undefined {
  return p.waves
    .get(path)
    ?.filter(([t]) => t <= time)
    .at(-1)?.[1];
}

describe('the VCD writer', () => {
  it('shows at every cycle what the simulator holds', () => {
    const p = record('values.vcd', 40);
    const sim = createWasmSimulator(elaborate(Top));
    for (let i = 0; i < 40; i++) {
      sim.poke('enable', i % 4 === 3 ? 0 : 1);
      for (const name of ['enable', 'count', 'total', 'odd', 'doubled', 'inner.sum', 'inner.step']) {
        expect(at(p, `top.${name}`, i * 10), `${name} in cycle ${i}`).toBe(sim.peek(name));
      }
      sim.step();
    }
  });

  it('writes nanoseconds, hierarchical scopes and widths', () => {
    const p = record('names.vcd', 2);
    expect(p.timescale).toBe('1ns');
    expect(p.widths.get('top.inner.sum')).toBe(100);
    expect(p.widths.get('top.count')).toBe(8);
  });

  it('has a clock that rises once a cycle', () => {
    const p = record('clock.vcd', 5);
    expect(
      p.waves
        .get('top.clk')
        ?.filter(([, v]) => v === 1n)
        .map(([t]) => t),
    ).toEqual([5, 15, 25, 35, 45]);
  });

  it('records changes only', () => {
    const p = record('changes.vcd', 8);
    const values = p.waves.get('top.enable')?.map(([, v]) => v);
    expect(values).toEqual([1n, 0n, 1n, 0n]);
  });

  it('can be limited to scopes', () => {
    expect([...record('scope.vcd', 2, { scopes: ['inner'] }).waves.keys()]).toEqual([
      'top.clk',
      'top.inner.step',
      'top.inner.total',
      'top.inner.sum',
    ]);
    expect([...record('top.vcd', 2, { scopes: [''] }).waves.keys()]).not.toContain('top.inner.sum');
  });

  it('says so when nothing is chosen or the file cannot be written', () => {
    const sim = createWasmSimulator(elaborate(Top));
    expect(() => openVcd(join(directory, 'none.vcd'), sim, { scopes: ['nowhere'] })).toThrow(
      'none.vcd: no signal of the design is chosen; use other scopes',
    );
    expect(() => openVcd(join('/dev/null', 'no', 'such', 'directory.vcd'), sim)).toThrow('directory.vcd: cannot be written');
  });

  it('gives every one of many signals an identifier of its own', () => {
    const Many = hw('Many', { x: In(U(8)), y: Out(U(8)) }, (m, io) => {
      let value = io.x;
      for (let i = 0; i < 300; i++) value = (m.let({ [`w${i}`]: value.addWrap(i % 7) }) as Record<string, typeof value>)[`w${i}`];
      io.y = value;
    });
    const sim = createWasmSimulator(elaborate(Many), { observeWires: true });
    const path = join(directory, 'many.vcd');
    const vcd = openVcd(path, sim);
    sim.poke('x', 3);
    vcd.sample();
    vcd.close();
    const p = parseVcd(readFileSync(path, 'latin1'));
    expect(at(p, 'top.y', 0)).toBe(sim.peek('y'));
    expect(p.waves.size).toBe(sim.signals().length + 1);
  });
});
