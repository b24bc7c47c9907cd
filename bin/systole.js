#!/usr/bin/env node
// The program `systole`: teaches Node to read TypeScript and hands over to `cli/systole.ts`. JavaScript, so that it runs as it is,
// from a clone as well as from an installed package.
// Must not know: verbs, options.
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = '20.16';

const [major, minor] = process.versions.node.split('.').map(Number);
const [oldestMajor, oldestMinor] = OLDEST_NODE.split('.').map(Number);
if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  process.stderr.write(`systole: Node ${process.versions.node} is too old; install Node ${OLDEST_NODE} or newer\n`);
  process.exit(2);
}

// In whatever project its user stands: that project's tsconfig.json is not Systole's. Workers inherit it.
const tsconfig = fileURLToPath(new URL('../tsconfig.json', import.meta.url));
process.env.TSX_TSCONFIG_PATH = tsconfig;
const { register } = await import('tsx/esm/api');
register({ tsconfig });
await import('../cli/systole.ts');
