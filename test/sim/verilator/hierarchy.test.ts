import { describe, expect, it } from 'vitest';
import { B, In, elaborate, hw } from '../../../gen/index.ts';
import { controlFile } from '../../../sim/verilator/control-file.ts';
import { findBits, hierarchyOf, pathOfReported } from '../../../sim/verilator/hierarchy.ts';
import { Assortment, Nasty } from './designs.ts';

describe('the hierarchy of a design', () => {
  const design = elaborate(Assortment);
  const hierarchy = hierarchyOf(design);
  const bits = (path: string): [string, number, number] | undefined => {
    const found = findBits(path, (p) => hierarchy.registers.get(p));
    return found && [found.variable.path, found.low, found.width];
  };

  it('finds registers of instances and of grid cells by their paths', () => {
    expect(hierarchy.registers.get('counter.value')).toMatchObject({ scope: 'SystoleShell.Assortment.counter', name: 'value' });
    expect(hierarchy.registers.get('mesh[1][2].sum')?.name).toBe('sum');
    expect([...hierarchy.registers.keys()].filter((path) => path.endsWith('.sum'))).toHaveLength(6);
    expect([...hierarchy.covers.keys()]).toEqual(['counter.reachedTen']);
  });

  it('ranks the assertions in the order in which they are declared, children after their parent', () => {
    const Below = hw('Below', { a: In(B) }, (m, io) => m.assert('third', io.a, 'a is low'));
    const Top = hw('Top', { a: In(B), b: In(B) }, (m, io) => {
      m.inst('below', Below).a = io.b;
      m.assert('first', io.a, 'a is low');
      m.assert('second', io.b, 'b is low');
    });
    expect([...hierarchyOf(elaborate(Top)).asserts].map(([path, { rank }]) => [path, rank])).toEqual([['first', 0], ['second', 1], ['below.third', 2]]);
  });

  it('spells the scope that Verilator reports as the path again', () => {
    const { scopes, asserts } = hierarchyOf(elaborate(Nasty));
    const reported = [...scopes.keys()].flatMap((scope) => ['below', 'bounded'].map((name) => pathOfReported(`TOP.${scope}.${name}`, scopes)));
    expect([...asserts.keys()]).toEqual(['below', 'mesh[0][0].bounded', 'mesh[0][1].bounded']);
    expect(reported).toEqual(expect.arrayContaining([...asserts.keys()]));
  });

  it('slices fields from the most significant end and elements from the least', () => {
    expect(bits('pair')).toEqual(['pair', 0, 12]);
    expect(bits('pair.low')).toEqual(['pair', 0, 8]);
    expect(bits('pair.high')).toEqual(['pair', 8, 4]);
    expect(bits('lanes[2]')).toEqual(['lanes', 10, 5]);
    expect(bits('mesh[0][1].held')).toEqual(['mesh[0][1].held', 0, 8]);
    const wrong = ['lanes[3]', 'pair.middle', 'pair[0]', 'lanes.2', 'mesh[0][3].held', 'nothing', ''];
    expect(wrong.map(bits)).toEqual(wrong.map(() => undefined));
  });

  it('keeps only state visible unless wires are asked for', () => {
    const few = controlFile(design, false);
    expect(few).toContain('public_flat_rd -module "Counter" -var "value"');
    expect(few).toContain('public_flat_rd -module "Assortment" -var "wide"');
    expect(few).not.toContain('"isTen"');
    expect(controlFile(design, true)).toContain('public_flat_rd -module "Counter" -var "isTen"');
    expect(controlFile(design, true)).not.toContain('increment');
  });
});
