// The verbs of `systole`, and how errors end it. 0: done; 1: the simulated program failed; 2: bad input; others: a fault of Systole.
// Must not know: what a verb does.
import { Command, CommanderError } from 'commander';
import { UserError } from '../gen/user-error.ts';
import { addBench } from './verbs/bench.ts';
import { addCompile } from './verbs/compile.ts';
import { addExplore } from './verbs/explore.ts';
import { addFpga } from './verbs/fpga.ts';
import { addMnist } from './verbs/mnist.ts';
import { addSim } from './verbs/sim.ts';
import { addTrain } from './verbs/train.ts';

export const BAD_INPUT = 2;

/** Runs one command line; bad input sets the exit status, and one line on stderr tells what to mend. */
export async function runSystole(args: readonly string[]): Promise<void> {
  await parse(args).catch(fail);
}

async function parse(args: readonly string[]): Promise<void> {
  const program = new Command('systole')
    .description('Generates AI accelerators, simulates them, compiles networks for them and measures them.')
    .showHelpAfterError(false)
    .addHelpText('after', '\nsystole VERB --help tells more and gives examples.\nExit status: 0 done, 1 the simulated program failed, 2 bad input.');
  // Elaborating needs the whole of the hardware: other verbs start without it.
  const [verb = 'help'] = args;
  if (verb === 'gen' || verb === 'help' || verb.startsWith('-')) (await import('./verbs/gen.ts')).addGen(program);
  addSim(program);
  addMnist(program);
  addCompile(program);
  addBench(program);
  addTrain(program);
  addFpga(program);
  addExplore(program);
  strict(program);
  await program.parseAsync([...args], { from: 'user' });
}

/** Errors of commander come as exceptions, and say nothing themselves. */
function strict(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  for (const child of command.commands) strict(child);
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return;
    // Without a verb, or with `bench` alone: what there is.
    const message = error.code === 'commander.help' ? 'no verb given' : error.message.replace(/^error: /, '');
    process.stderr.write(`systole: ${new UserError(message).message}; systole --help lists what there is\n`);
    process.exitCode = BAD_INPUT;
  } else if (error instanceof UserError) {
    process.stderr.write(`systole: ${error.message}\n`);
    process.exitCode = BAD_INPUT;
  } else throw error;
}
