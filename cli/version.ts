// The version of Systole, from the one place where it stands.
// Must not know: anything else.
import { readFileSync } from 'node:fs';

function readVersion(): string {
  const content: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof content === 'object' && content !== null && 'version' in content && typeof content.version === 'string') return content.version;
  throw new Error('package.json has no version');
}

export const VERSION = readVersion();
