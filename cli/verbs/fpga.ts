// `systole fpga`: bitstream, utilisation and timing for a board.
// Must not know: tools.
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { writeWhole } from '../../gen/files/output.ts';
import { numberText } from '../../gen/number-text.ts';
import { BOARDS } from '../../fpga/boards.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { readElf } from '../../sim/elf-file.ts';
import { SHARED, configOf, oneOf, valued } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';
import { checkFolder } from '../places.ts';
import { addVerb, required } from '../verb.ts';
import type { Given } from '../verb.ts';

interface FpgaOptions extends ChipOptions {
  readonly board: string;
  readonly out: string;
  readonly elf?: string;
}

/** The chip that was made for small boards. */
const SMALL_CHIP = 'nano';

export function addFpga(program: Command): void {
  const boards = BOARDS.map(({ name }) => name);
  addVerb(program, 'fpga', {
    summary: 'bitstream, utilisation and timing for a board',
    examples: [
      'systole fpga --board icebreaker', 'systole fpga --board icebreaker --config nano --out build/fpga --json',
      'systole fpga --board icebreaker --elf build/firmware/nano/hello.elf',
    ],
    options: [
      valued('--board <name>', `the board: ${boards.join(', ')}`, oneOf(boards)),
      SHARED.config({ value: SMALL_CHIP }), SHARED.outFolder('build/fpga'),
      SHARED.elf('instead of a bitstream: NAME.load, the bytes that send this program to a board that waits for one'), SHARED.json(),
    ],
  })
    .action((options: Given<FpgaOptions, 'board'>) => build({ ...options, board: required(options.board, '--board <name>', 'fpga') }));
}

async function build(options: FpgaOptions): Promise<void> {
  const config = configOf(options);
  checkFolder('--out', options.out);
  if (options.elf !== undefined) {
    await writeProgram(config, options.elf, options);
    return;
  }
  const { buildBitstream } = await import('../../fpga/flow.ts');
  const report = reporter('fpga', options.json === true);
  const result = await buildBitstream(config, options.board, options.out, report);
  const { board, bitstream, bytes: bitstreamBytes } = result;
  const cells = { logicCells: result.cells, dsp: result.dsp, bram: result.bram, spram: result.spram };
  const [fmaxHz, clockHz] = [1e6 * result.fmaxMHz, 1e6 * result.clockMHz];
  report.result({ config, board, cells, fmaxHz, clockHz, bitstream, bitstreamBytes }, () => pairs({
    chip: config.name, board,
    'logic cells': cells.logicCells, 'DSP cells': cells.dsp, 'block RAMs': cells.bram, 'single-port RAMs': cells.spram,
    'highest clock': `${numberText(fmaxHz, 'frequency')} (asked for ${numberText(clockHz, 'frequency')})`,
    bitstream: `${bitstream} (${numberText(bitstreamBytes, 'count')} bytes)`,
  }));
}

/** What is to be sent over the serial line after the bitstream is loaded. */
async function writeProgram(config: ChipConfig, elf: string, { board: name, out, json }: FpgaOptions): Promise<void> {
  const { boardOf } = await import('../../fpga/boards.ts');
  const { loaderBytes } = await import('../../fpga/boot-rom.ts');
  const board = boardOf(name);
  const bytes = loaderBytes(readElf(elf), config, board.ramBytes);
  const program = join(out, `${basename(elf, '.elf')}.load`);
  writeWhole(program, bytes);
  const { baud } = board.uart;
  reporter('fpga', json === true).result({ config, board: name, elf, files: [program], loaderBytes: bytes.length, baud }, () => pairs({
    chip: config.name, board: name, program: `${program} (${numberText(bytes.length, 'count')} bytes, to be sent at ${baud} baud)`,
  }));
}
