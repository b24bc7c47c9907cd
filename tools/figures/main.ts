// `npm run figures`: measures again every figure of README and docs/, and says which differ.
// Must not know: options.
import { runFigures } from './command.ts';

process.exitCode = await runFigures(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text), err: (text) => void process.stderr.write(text),
});
