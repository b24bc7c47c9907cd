/** Writes the pages of `docs/` that are made from tables: `npx tsx tools/write-docs.ts`. */
import { writeFileSync } from 'node:fs';
import { configManual } from '../hw/soc/config-manual.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configManual());
