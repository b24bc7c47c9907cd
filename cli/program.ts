// The verbs of `systole`, and how errors end it. 0: done; 1: the simulated program failed; 2: bad input; others: a fault of Systole.
// Must not know: what a verb does.
import { Command, CommanderError } from 'commander';
import { UserError } from '../gen/user-error.ts';
import { makeStrict } from './verb.ts';
import { addBench } from './verbs/bench.ts';
import { addCompile } from './verbs/compile.ts';
import { addDesign } from './verbs/design.ts';
import { addExplore } from './verbs/explore.ts';
import { addFpga } from './verbs/fpga.ts';
import { addGen } from './verbs/gen.ts';
import { addMnist } from './verbs/mnist.ts';
import { addSim } from './verbs/sim.ts';
import { addTrain } from './verbs/train.ts';
import { VERSION } from './version.ts';

export const BAD_INPUT = 2;

/** Runs one command line; bad input sets the exit status, and one line on stderr tells what to mend. */
export async function runSystole(args: readonly string[]): Promise<void> {
  await parse(args).catch(fail);
}

async function parse(args: readonly string[]): Promise<void> {
  const program = systoleProgram();
  const words = helpAsOption(args);
  // Of a verb that there is not, commander would show the help of what stands above it.
  const sensible = isVerb(program, words) ? words : words.filter((word) => !HELP.includes(word));
  await program.parseAsync(sensible, { from: 'user' });
}

const HELP = ['-h', '--help'];

/** `help bench gemm` means `bench gemm --help`. */
const helpAsOption = (args: readonly string[]): readonly string[] => (args[0] === 'help' ? [...args.slice(1), '--help'] : args);

/** Whether the words before the first option lead to a verb, or to a group of some. */
function isVerb(program: Command, words: readonly string[]): boolean {
  let command = program;
  for (const word of words) {
    if (command.commands.length === 0 || word.startsWith('-')) return true;
    const verb = command.commands.find((known) => known.name() === word);
    if (verb === undefined) return false;
    command = verb;
  }
  return true;
}

export function systoleProgram(): Command {
  const program = new Command('systole')
    .description('Generates AI accelerators, simulates them, compiles networks for them and measures them.')
    .version(VERSION, '--version', 'the version of Systole')
    .showHelpAfterError(false)
    .helpCommand('help [verb...]', 'what a verb does and takes')
    .addHelpText('after', '\nsystole VERB --help tells more and gives examples.\nExit status: 0 done, 1 the simulated program failed, 2 bad input.');
  addGen(program);
  addDesign(program);
  addSim(program);
  addMnist(program);
  addCompile(program);
  addBench(program);
  addTrain(program);
  addFpga(program);
  addExplore(program);
  makeStrict(program);
  return program;
}

function fail(error: unknown): void {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`systole: ${error.message}\n`);
  process.exitCode = BAD_INPUT;
}
