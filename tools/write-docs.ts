/** Writes the pages of `docs/` that are made from tables: `npx tsx tools/write-docs.ts`. */
import { writeFileSync } from 'node:fs';
import { jsonManual } from '../cli/json-fields.ts';
import { configManual } from '../hw/soc/config-manual.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configManual());
writeFileSync(new URL('../docs/json.md', import.meta.url), jsonManual());
