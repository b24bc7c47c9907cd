// `systole fpga`: bitstream, utilisation and timing for a board.
// Must not know: boards, tools.
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { writeWhole } from '../../gen/files/output.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { readElf } from '../../sim/elf-file.ts';
import { common, configOf, hasConfig } from '../options.ts';
import type { CommonOptions } from '../options.ts';
import { pairs, reporter } from '../output.ts';

interface FpgaOptions extends CommonOptions {
  readonly board: string;
  readonly out: string;
  readonly elf?: string;
}

const SMALL_CHIP = 'nano';

export function addFpga(program: Command): void {
  common(program.command('fpga').description('bitstream, utilisation and timing for a board'), [
    'systole fpga --board icebreaker', 'systole fpga --board icebreaker --config nano --out build/fpga --json',
    'systole fpga --board icebreaker --elf build/firmware/nano/hello.elf',
  ])
    .requiredOption('--board <name>', 'the board')
    .option('--out <dir>', 'folder to write to', 'build/fpga')
    .option('--elf <file>', 'instead of a bitstream: NAME.load, the bytes that send this program to a board that waits for one')
    // Without --config, the chip that was made for small boards.
    .action((options: FpgaOptions, command: Command) => build(hasConfig(command) ? options : { ...options, config: SMALL_CHIP }));
}

async function build(options: FpgaOptions): Promise<void> {
  const config = configOf(options);
  if (options.elf !== undefined) {
    await writeProgram(config, options.elf, options);
    return;
  }
  const { buildBitstream } = await import('../../fpga/flow.ts');
  const report = reporter(options.json === true);
  const result = await buildBitstream(config, options.board, options.out, report);
  report.result({ ...result, config: config.name }, () => pairs({
    chip: config.name, board: result.board,
    'logic cells': result.cells, 'DSP cells': result.dsp, 'block RAMs': result.bram, 'single-port RAMs': result.spram,
    'highest clock': `${result.fmaxMHz.toFixed(2)} MHz (asked for ${result.clockMHz} MHz)`,
    bitstream: `${result.bitstream} (${result.bytes} bytes)`,
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
  reporter(json === true).result({ config: config.name, board: name, program, bytes: bytes.length, baud: board.uart.baud }, () => pairs({
    chip: config.name, board: name, program: `${program} (${bytes.length} bytes, to be sent at ${board.uart.baud} baud)`,
  }));
}
