/**
 * From a configuration to a bitstream: SystemVerilog, synthesis (Yosys), place and route (nextpnr), packing (icepack). Also
 * synthesis alone, for cell counts. Must not know how the design is made.
 */
import { join } from 'node:path';
import { mustTakeFiles, writeFolder } from '../gen/files/output.ts';
import { UserError, elaborate } from '../gen/index.ts';
import { SILENT, during } from '../gen/progress.ts';
import type { Progress } from '../gen/progress.ts';
import { filesOf, printDesign } from '../gen/print/systemverilog.ts';
import type { SourceFile } from '../gen/print/systemverilog.ts';
import { Chip } from '../hw/soc/chip.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { boardOf } from './boards.ts';
import type { Board } from './boards.ts';
import { obstaclesTo } from './needs.ts';
import { ToolError, installTools, runTool } from './tools.ts';
import type { Files, ToolResult } from './tools.ts';
import { BoardTop } from './top-ice40.ts';
import { WRAPPER, pinConstraints, wrapperText } from './wrapper.ts';

/** Cells after synthesis for the iCE40. */
export interface CellCounts {
  readonly luts: number;
  readonly flipFlops: number;
  readonly carries: number;
  readonly dsp: number;
  readonly bram: number;
  readonly spram: number;
}

export interface BitstreamResult {
  readonly board: string;
  /** Logic cells used, each with a look-up table, a carry and a flip-flop. */
  readonly cells: number;
  readonly dsp: number;
  readonly bram: number;
  readonly spram: number;
  /** Highest clock that place and route found to work. */
  readonly fmaxMHz: number;
  /** Clock that was asked for. */
  readonly clockMHz: number;
  /** Path of the bitstream. */
  readonly bitstream: string;
  readonly bytes: number;
}

/** What nextpnr calls the resources, and we. */
const RESOURCES = {
  ICESTORM_LC: 'logic cells', ICESTORM_DSP: 'DSP cells', ICESTORM_RAM: 'block RAMs', ICESTORM_SPRAM: 'single-port RAMs', SB_IO: 'pins',
} as const;

/** Cell counts of a whole chip, or of given sources with their top module. */
export async function synthesise(
  design: { readonly config: ChipConfig } | { readonly files: readonly SourceFile[]; readonly top: string },
  progress: Progress = SILENT,
): Promise<CellCounts> {
  const sources = 'config' in design ? { files: printDesign(elaborate(Chip(design.config))), top: 'Chip' } : design;
  await installTools(progress.note);
  const files = Object.fromEntries(filesOf(sources.files).map((f) => [f.name, f.text]));
  const script = ['tee -q -o cells.json stat -json'];
  return countCells(await during(progress, `synthesis of ${sources.top}`, () => synthesisOf(files, sources.top, script), SYNTHESIS));
}

/** Seconds that a chip of the size of `nano` takes on two cores. */
const SYNTHESIS = { expectedSeconds: 30 };
const PLACEMENT = { expectedSeconds: 90 };

/** Counts the DSP cells that the design itself sets to two products of 8 x 8 bits, into `file`. */
const countPairs = (file: string): string => `tee -q -o ${file} select -count t:SB_MAC16 r:MODE_8x8=1'1 %i`;

/** Synthesis in two parts, so that what the design asks for can be compared with what is made of it. */
async function synthesisOf(files: Files, top: string, after: readonly string[]): Promise<ToolResult> {
  const script = [
    `read_verilog -sv ${Object.keys(files).filter((name) => name.endsWith('.sv')).join(' ')}`, `synth_ice40 -device u -top ${top} -run begin:coarse`, countPairs('asked.txt'),
    'synth_ice40 -device u -run coarse:', countPairs('made.txt'), ...after,
  ].join('; ');
  let result: ToolResult;
  try {
    result = await runTool('yosys', ['-q', '-p', script], files);
  } catch (error) {
    throw explained(error, `${top}: synthesis failed`);
  }
  const [asked, made] = ['asked.txt', 'made.txt'].map((file) => parseInt(new TextDecoder().decode(result.files[file]), 10));
  if (made !== asked) throw new Error(`${top}: synthesis left ${made} of ${asked} SB_MAC16 in mode 8x8; every one that a design asks for must stay`);
  return result;
}

function countCells(result: ToolResult): CellCounts {
  const { design } = JSON.parse(new TextDecoder().decode(result.files['cells.json'])) as { design: { num_cells_by_type: Readonly<Record<string, number>> } };
  const cells = design.num_cells_by_type;
  const sum = (prefix: string): number => Object.entries(cells).reduce((n, [type, count]) => (type.startsWith(prefix) ? n + count : n), 0);
  return { luts: sum('SB_LUT4'), flipFlops: sum('SB_DFF'), carries: sum('SB_CARRY'), dsp: sum('SB_MAC16'), bram: sum('SB_RAM40'), spram: sum('SB_SPRAM256KA') };
}

/** A tool's error as a fault of ours with the tool's last words. */
function explained(error: unknown, what: string): Error {
  if (!(error instanceof ToolError)) return error as Error;
  const words = error.log.filter((l) => /error/i.test(l)).slice(-1)[0] ?? error.log.slice(-1)[0] ?? '';
  return new Error(`${what}: ${error.message}${words === '' ? '' : `: ${words.trim()}`}`);
}

/** A design with the ports of `BoardTop`, to be put on a board. */
export interface BoardDesign {
  /** For messages: the chip and the file that describes it. */
  readonly name: string;
  readonly file: string;
  readonly clockHz: number;
  readonly modules: readonly SourceFile[];
}

export interface Implementation extends Omit<BitstreamResult, 'bitstream' | 'bytes'> {
  readonly image: Uint8Array;
  /** Sources and constraints, by file name. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Synthesis, place and route, and packing, all in memory. Throws UserError when the board is too small for the design. */
export async function implement(design: BoardDesign, board: Board, progress: Progress = SILENT): Promise<Implementation> {
  const { device } = board;
  const modules = Object.fromEntries([...filesOf(design.modules).map((f) => [f.name, f.text]), [`${WRAPPER}.sv`, wrapperText(design.clockHz, board)]]) as Record<string, string>;
  const pins = pinConstraints(board);
  await installTools(progress.note);

  const script = [`write_json ${WRAPPER}.json`];
  const netlist = await during(progress, `synthesis of ${design.name}`, () => synthesisOf(modules, WRAPPER, script), SYNTHESIS);

  const clockMHz = design.clockHz / 1e6;
  const args = [
    `--${device.option}`, '--package', device.package, '--json', `${WRAPPER}.json`, '--pcf', 'pins.pcf', '--asc', `${WRAPPER}.asc`,
    '--freq', String(clockMHz), '--timing-allow-fail', '--seed', '1', '--report', 'report.json',
  ];
  let routed: ToolResult;
  try {
    const given = { [`${WRAPPER}.json`]: netlist.files[`${WRAPPER}.json`], 'pins.pcf': pins };
    routed = await during(progress, `place and route for ${board.name}`, () => runTool('nextpnr-ice40', args, given), PLACEMENT);
  } catch (error) {
    throw tooLarge(error, design, board) ?? explained(error, `${design.name} on ${board.name}: place and route failed`);
  }
  const report = JSON.parse(new TextDecoder().decode(routed.files['report.json'])) as {
    fmax: Readonly<Record<string, { achieved: number }>>;
    utilization: Readonly<Record<string, { used: number; available: number }>>;
  };
  const used = (name: keyof typeof RESOURCES): number => report.utilization[name]?.used ?? 0;
  const fmaxMHz = Math.min(...Object.values(report.fmax).map((f) => f.achieved));
  if (fmaxMHz < clockMHz) progress.note(`fpga: works up to ${fmaxMHz.toFixed(1)} MHz only, ${clockMHz} MHz were asked for; lower soc.clock`);

  const packed = await runTool('icepack', [`${WRAPPER}.asc`, `${WRAPPER}.bin`], { [`${WRAPPER}.asc`]: routed.files[`${WRAPPER}.asc`] });
  return {
    board: board.name, cells: used('ICESTORM_LC'), dsp: used('ICESTORM_DSP'), bram: used('ICESTORM_RAM'), spram: used('ICESTORM_SPRAM'),
    fmaxMHz, clockMHz, image: packed.files[`${WRAPPER}.bin`], sources: { ...modules, [`${board.name}.pcf`]: pins },
  };
}

/**
 * Makes `<outDir>/<chip>-<board>.bin` and, beside it, the sources and constraints it was made from. Throws UserError when the
 * board is unknown, its folder cannot be written, or the chip does not fit; then nothing is written, and what can be known without
 * tools is told before they start.
 */
export async function buildBitstream(
  config: ChipConfig,
  boardName: string,
  outDir: string,
  progress: Progress = SILENT,
): Promise<BitstreamResult> {
  const board = boardOf(boardName);
  mustTakeFiles(outDir);
  const obstacles = obstaclesTo(config, board);
  if (obstacles.length > 0) throw new UserError(`${config.file}: ${config.name} does not fit ${board.name}: ${obstacles.join('; ')}; change the chip or use another board`);
  const modules = printDesign(elaborate(BoardTop(config, board)));
  const design = { name: config.name, file: config.file, clockHz: config.soc.clockHz, modules };
  const { image, sources, ...result } = await implement(design, board, progress);
  const file = `${config.name}-${board.name}.bin`;
  writeFolder(outDir, new Map<string, string | Uint8Array>([...Object.entries(sources), [file, image]]));
  return { ...result, bitstream: join(outDir, file), bytes: image.length };
}

/** The error for a chip that needs more of something than the device has, from nextpnr's table of resources. */
function tooLarge(error: unknown, design: BoardDesign, board: Board): UserError | undefined {
  if (!(error instanceof ToolError)) return undefined;
  const missing = error.log.flatMap((line) => {
    const m = /(\w+):\s+(\d+)\/\s*(\d+)\s+\d+%/.exec(line);
    return m && Object.hasOwn(RESOURCES, m[1]) && Number(m[2]) > Number(m[3]) ? [`${m[2]} of ${m[3]} ${RESOURCES[m[1] as keyof typeof RESOURCES]}`] : [];
  });
  if (missing.length === 0) return undefined;
  return new UserError(`${design.file}: ${design.name} does not fit ${board.name}: needs ${missing.join(', ')}; make the chip smaller or use a larger board`);
}
