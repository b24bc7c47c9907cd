/** The table of faults fits the sources: that every fault is caught is for `npm run test:mutants`, which takes much longer. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { MUTANTS, plant } from './table.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where faults must be planted at least. */
const PLACES = [
  'gen/', 'hw/isa/', 'hw/core/', 'hw/lib/', 'hw/soc/', 'hw/tensor/', 'hw/tensor/serial/', 'sim/engine/', 'sim/verilator/', 'sim/model/', 'sim/debug/', 'sw/formats/',
  'sw/quantise/', 'sw/compiler/', 'sw/assembler/', 'firmware/', 'fpga/', 'explore/', 'cli/',
];

describe('the table of planted faults', () => {
  it.each(MUTANTS.map((m) => [`${m.file}: ${m.fault}`, m] as const))('%s', (_, mutant) => {
    const text = readFileSync(join(ROOT, mutant.file), 'utf8');
    const faulty = plant(text, mutant);
    expect(faulty).not.toBe(text);
    // A fault that does not even parse would be caught by anything.
    if (mutant.file.endsWith('.ts')) {
      const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
      const { diagnostics } = ts.transpileModule(faulty, { reportDiagnostics: true, compilerOptions });
      expect(diagnostics?.map((d) => ts.flattenDiagnosticMessageText(d.messageText, ' '))).toEqual([]);
    }
    expect(mutant.tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([]);
    expect(mutant.tests.length).toBeGreaterThan(0);
  });

  it('has at least sixty, in every room, none twice', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(60);
    expect(PLACES.filter((place) => !MUTANTS.some(({ file }) => file.startsWith(place)))).toEqual([]);
    expect(new Set(MUTANTS.map(({ file, old, to }) => `${file} ${old} ${to}`)).size).toBe(MUTANTS.length);
  });
});
