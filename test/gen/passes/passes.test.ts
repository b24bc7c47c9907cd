/** What the table of passes promises of all of them. That they keep what modules do, each its own promise: beside this. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { moduleText } from '../../../gen/ir/text.ts';
import { elaborate } from '../../../gen/passes/elaborate.ts';
import { PASSES, STAGES } from '../../../gen/passes/passes.ts';
import { checkProperty } from '../../support/property.ts';
import { randomLanes } from '../random-lanes.ts';
import { randomModule } from '../random-modules.ts';
import { Rng } from '../rng.ts';

it('every pass finds nothing more to do in its own result', { timeout: 60_000 }, () => {
  checkProperty(fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
    for (const def of [randomModule('M', new Rng(seed)), randomLanes('L', () => new Rng(seed))]) {
      elaborate(def, (stage, m) => {
        const pass = PASSES.find((p) => p.name === stage);
        if (pass) expect(moduleText(pass.run(m))).toBe(moduleText(m));
      });
    }
  }), { runs: 6, shrinks: false });
});

it('a watcher sees every module at every stage, in order', () => {
  const seen: string[] = [];
  elaborate(randomModule('M', new Rng(1)), (stage) => seen.push(stage));
  expect(seen).toEqual(STAGES);
});

it('the language page tells every stage, and what holds after each pass', () => {
  const page = readFileSync(new URL('../../../docs/language.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].filter(([, stage]) => STAGES.includes(stage));
  expect(rows.map(([, stage]) => stage)).toEqual(STAGES);
  for (const { name, promises } of PASSES) expect(rows.find(([, stage]) => stage === name)?.[2]).toBe(promises);
});
