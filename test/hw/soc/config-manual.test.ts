import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configManual } from '../../../hw/soc/config-manual.ts';

describe('the configuration manual', () => {
  it('is what docs/configuration.md says', () => {
    const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    expect(page, 'write it anew: npx tsx tools/write-docs.ts').toBe(configManual());
  });
});
