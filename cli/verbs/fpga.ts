// `systole fpga`: bitstream, utilisation and timing for a board.
// Must not know: boards, tools.
import type { Command } from 'commander';
import { common, configOf, hasConfig } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';

interface FpgaOptions extends CommonOptions {
  readonly board: string;
  readonly out: string;
}

const SMALL_CHIP = 'nano';

export function addFpga(program: Command): void {
  common(program.command('fpga').description('bitstream, utilisation and timing for a board'), [
    'systole fpga --board icebreaker', 'systole fpga --board icebreaker --config nano --out build/fpga --json',
  ])
    .requiredOption('--board <name>', 'the board')
    .option('--out <dir>', 'folder to write to', 'build/fpga')
    // Without --config, the chip that was made for small boards.
    .action((options: FpgaOptions, command: Command) => build(hasConfig(command) ? options : { ...options, config: SMALL_CHIP }));
}

async function build(options: FpgaOptions): Promise<void> {
  const config = configOf(options);
  const { buildBitstream } = await import('../../fpga/flow.ts');
  const report = reporter(options.json === true);
  const result = await buildBitstream(config, options.board, options.out, report.note);
  report.result({ ...result, config: config.name }, () => pairs({
    chip: config.name, board: result.board,
    'logic cells': result.cells, 'DSP cells': result.dsp, 'block RAMs': result.bram, 'single-port RAMs': result.spram,
    'highest clock': `${result.fmaxMHz.toFixed(2)} MHz (asked for ${result.clockMHz} MHz)`,
    bitstream: `${result.bitstream} (${result.bytes} bytes)`,
  }));
}
