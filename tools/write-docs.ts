/** Writes the pages of `docs/` that are made from tables, and the excerpts of others: `npx tsx tools/write-docs.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { jsonManual } from '../cli/json-fields.ts';
import { configManual } from '../hw/soc/config-manual.ts';
import { withExcerpts } from './excerpts.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configManual());
writeFileSync(new URL('../docs/json.md', import.meta.url), jsonManual());

const BESIDE_IBEX = new URL('../docs/beside-ibex.md', import.meta.url);
writeFileSync(BESIDE_IBEX, withExcerpts(readFileSync(BESIDE_IBEX, 'utf8')));
