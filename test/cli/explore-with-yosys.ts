/** `systole explore SWEEP OUT` with the Yosys that is first on the path, whichever that is. */
import { explore } from '../../cli/verbs/explore.ts';

const [sweep, out] = process.argv.slice(2);
await explore(sweep, { out, jobs: 1 }, { findTool: () => Promise.resolve({ kind: 'system', version: 'Yosys 0.0' }) });
