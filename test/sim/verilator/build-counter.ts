/** A process that builds a simulator of a small design, for tests that end it meanwhile. */
import { elaborate } from '../../../gen/index.ts';
import { createVerilatorSimulator } from '../../../sim/verilator/index.ts';
import { Counter } from './designs.ts';

await createVerilatorSimulator(elaborate(Counter));
