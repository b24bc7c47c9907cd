// The verbs of `systole`, and how errors end it. 0: done; 1: the simulated program failed; 2: bad input; others: a fault of Systole.
// Must not know: what a verb does.
import { Command, CommanderError } from 'commander';
import { UserError } from '../gen/user-error.ts';
import { makeStrict } from './verb.ts';
import { addBench } from './verbs/bench.ts';
import { addCompile } from './verbs/compile.ts';
import { addExplore } from './verbs/explore.ts';
import { addFpga } from './verbs/fpga.ts';
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
  await (await systoleProgram(args[0])).parseAsync([...args], { from: 'user' });
}

/** @param verb what will be asked for; undefined: anything */
export async function systoleProgram(verb = 'help'): Promise<Command> {
  const program = new Command('systole')
    .description('Generates AI accelerators, simulates them, compiles networks for them and measures them.')
    .version(VERSION, '--version', 'the version of Systole')
    .showHelpAfterError(false)
    .addHelpText('after', '\nsystole VERB --help tells more and gives examples.\nExit status: 0 done, 1 the simulated program failed, 2 bad input.');
  // Elaborating needs the whole of the hardware: other verbs start without it.
  if (verb === 'gen' || verb === 'help' || verb.startsWith('-')) (await import('./verbs/gen.ts')).addGen(program);
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
