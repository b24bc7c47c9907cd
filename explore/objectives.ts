/**
 * Formulas over quantities, such as `score = "1e6 / (cyclesPerImage * cells)"`: figures of merit that the user makes up.
 * Must not know where they were written.
 */
import { FormulaError, evaluateFormula } from '../hw/soc/formula.ts';
import { QUANTITIES } from './quantities.ts';

export interface Objective {
  readonly name: string;
  readonly formula: string;
}

/**
 * Why an objective cannot be, in words that fit after its name; undefined: it can.
 * @param earlier names that its formula may use besides quantities
 */
export function problemWithObjective({ name, formula }: Objective, earlier: readonly string[]): string | undefined {
  if (!/^[A-Za-z]\w*$/.test(name)) return 'is no name for an objective; use letters, digits and _';
  if (QUANTITIES.some((q) => q.name === name)) return 'is the name of a quantity; choose another';
  const values = Object.fromEntries([...QUANTITIES.map((q) => q.name), ...earlier].map((known) => [known, 1]));
  try {
    evaluate(formula, values);
    return undefined;
  } catch (error) {
    if (error instanceof FormulaError) return error.message;
    throw error;
  }
}

/** Values of all objectives in their order; later ones may use earlier ones. null: no finite number. */
export function evaluateObjectives(
  objectives: readonly Objective[], quantities: Readonly<Record<string, number>>,
): Record<string, number | null> {
  const values: Record<string, number> = { ...quantities };
  const results: Record<string, number | null> = {};
  for (const { name, formula } of objectives) {
    values[name] = evaluate(formula, values);
    results[name] = Number.isFinite(values[name]) ? values[name] : null;
  }
  return results;
}

/** @throws FormulaError */
function evaluate(formula: string, values: Readonly<Record<string, number>>): number {
  return evaluateFormula(formula, 'count', (name) => {
    if (!Object.hasOwn(values, name)) throw new FormulaError(`'${name}' is no quantity; use ${Object.keys(values).join(', ')}`);
    return { value: values[name], dimension: 'count' };
  });
}
