/** Names in the text of our chips and cores are names that somebody gave. */
import { describe, expect, it } from 'vitest';
import { DESIGNS, percentOf, shareOf } from '../../tools/invented-names.ts';

const MOST_PERCENT = 1;

describe('names that no designer gave', () => {
  it.each(DESIGNS)('are few in %s', (name) => {
    const share = shareOf(name);
    expect(share.declared).toBeGreaterThan(100);
    expect(percentOf(share), share.invented.join(', ')).toBeLessThan(MOST_PERCENT);
  });
});
