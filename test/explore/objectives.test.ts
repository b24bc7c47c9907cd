import { describe, expect, it } from 'vitest';
import { evaluateObjectives, problemWithObjective } from '../../explore/objectives.ts';

const problem = (name: string, formula: string, earlier: readonly string[] = []): string | undefined =>
  problemWithObjective({ name, formula }, earlier);

describe('objectives', () => {
  it('are computed in order, later ones from earlier ones', () => {
    const objectives = [{ name: 'area', formula: 'lut + 100 * dsp' }, { name: 'score', formula: '1e6 / (cyclesPerImage * area)' }];
    expect(evaluateObjectives(objectives, { lut: 1000, dsp: 10, cyclesPerImage: 500 })).toEqual({ area: 2000, score: 1 });
  });

  it('have no value where the formula gives no finite number', () => {
    expect(evaluateObjectives([{ name: 'ratio', formula: 'lut / dsp' }], { lut: 5, dsp: 0 })).toEqual({ ratio: null });
  });

  it('are refused with the reason', () => {
    expect(problem('score', '1e6 / (cyclesPerImage * cells)')).toBeUndefined();
    expect(problem('second', 'score * 2', ['score'])).toBeUndefined();
    expect(problem('score', 'score * 2')).toMatch(/^'score' is no quantity; use rows, columns, scratchpadBytes, .*cells$/);
    expect(problem('score', 'area / 2')).toMatch(/^'area' is no quantity; use rows, .*cells$/);
    expect(problem('score', '')).toMatch(/is no count|cannot be computed/);
    expect(problem('score', 'cells +')).toMatch(/^"cells \+" cannot be computed/);
    expect(problem('score', 'import(cells)')).toMatch(/^function 'import' is unknown/);
    expect(problem('cells', 'lut')).toBe('is the name of a quantity; choose another');
    expect(problem('my score', 'lut')).toBe('is no name for an objective; use letters, digits and _');
  });
});
