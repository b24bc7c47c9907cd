/**
 * What a core costs on the iCE40 and how fast it runs there: cells of the core alone, without DSP cells, and the clock of
 * `CoreSystem` on an HX8K. Must not know programs.
 */
import { elaborate } from '../gen/index.ts';
import { filesOf, printDesign } from '../gen/print/systemverilog.ts';
import type { CoreConfig } from '../hw/core/config.ts';
import { Core } from '../hw/core/core.ts';
import { HX8K_CT256 } from './boards.ts';
import { CoreSystem } from './core-system.ts';
import { ToolError, installTools, runTool } from './tools.ts';
import type { Files, Progress } from './tools.ts';

export interface CoreCells {
  readonly luts: number;
  readonly flipFlops: number;
  readonly carries: number;
  readonly bram: number;
  /** Logic cells after packing. */
  readonly cells: number;
}

export interface CoreClock {
  readonly seed: number;
  readonly fmaxMHz: number;
}

export interface CoreFpgaFigures {
  readonly core: CoreCells;
  /** Logic cells of the system, by which the core was clocked. */
  readonly systemCells: number;
  /** Empty if the system does not fit an HX8K. */
  readonly clocks: readonly CoreClock[];
  readonly bestMHz: number | undefined;
}

/** More than any core reaches: nextpnr then tries as hard as it can. */
const TARGET_MHZ = 80;
const DEVICE = [`--${HX8K_CT256.option}`, '--package', HX8K_CT256.package];
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function synthesised(files: Files, top: string): Promise<{ netlist: Uint8Array; cells: Readonly<Record<string, number>> }> {
  const script = [
    `read_verilog -sv ${Object.keys(files).filter((name) => name.endsWith('.sv')).join(' ')}`, `synth_ice40 -device hx -top ${top} -json netlist.json`, 'tee -q -o cells.json stat -json',
  ].join('; ');
  const { files: made } = await runTool('yosys', ['-q', '-p', script], files);
  const { design } = JSON.parse(text(made['cells.json'])) as { design: { num_cells_by_type: Readonly<Record<string, number>> } };
  return { netlist: made['netlist.json'], cells: design.num_cells_by_type };
}

const sources = (design: Parameters<typeof elaborate>[0]): Files =>
  Object.fromEntries(filesOf(printDesign(elaborate(design))).map((f) => [f.name, f.text]));

/** Logic cells that nextpnr's packer makes of a netlist: each line of its report that counts cells tells of another kind. */
async function packed(netlist: Uint8Array): Promise<number> {
  const { log } = await runTool('nextpnr-ice40', [...DEVICE, '--json', 'netlist.json', '--pack-only'], { 'netlist.json': netlist });
  const counts = log.flatMap((line) => /(\d+) LCs used as (?:LUT4 only|LUT4 and DFF|DFF only|CARRY only)/.exec(line)?.slice(1, 2) ?? []);
  return counts.reduce((sum, n) => sum + Number(n), 0);
}

/** Throws what `runTool` throws, and UserError when the tools cannot be installed. */
export async function coreFpgaFigures(config: CoreConfig, seeds: number, onProgress: Progress = () => undefined): Promise<CoreFpgaFigures> {
  await installTools(onProgress);
  onProgress('fpga: synthesis of the core alone');
  const alone = await synthesised(sources(Core({ ...config, trace: false, debug: false })), 'Core');
  const sum = (prefix: string): number =>
    Object.entries(alone.cells).reduce((n, [type, count]) => (type.startsWith(prefix) ? n + count : n), 0);
  const core: CoreCells = {
    luts: sum('SB_LUT4'), flipFlops: sum('SB_DFF'), carries: sum('SB_CARRY'), bram: sum('SB_RAM40'), cells: await packed(alone.netlist),
  };
  onProgress('fpga: synthesis of the core with memory');
  const system = await synthesised(sources(CoreSystem(config)), 'CoreSystem');
  const clocks: CoreClock[] = [];
  let systemCells = await packed(system.netlist);
  if (systemCells > HX8K_CT256.cells) {
    onProgress(`fpga: ${systemCells} logic cells do not fit an HX8K (${HX8K_CT256.cells})`);
    return { core, systemCells, clocks, bestMHz: undefined };
  }
  for (let seed = 1; seed <= seeds; seed++) {
    onProgress(`fpga: place and route on an HX8K, seed ${seed} of ${seeds} (a minute)`);
    const args = [...DEVICE, '--json', 'netlist.json', '--freq', String(TARGET_MHZ), '--timing-allow-fail', '--seed', String(seed), '--report', 'report.json'];
    const { files } = await runTool('nextpnr-ice40', args, { 'netlist.json': system.netlist }).catch((error: unknown) => {
      const words = error instanceof ToolError ? error.log.filter((l) => /error/i.test(l)).at(-1) : undefined;
      throw words === undefined ? error : new Error(`core on an HX8K, seed ${seed}: ${words.trim()}`);
    });
    const report = JSON.parse(text(files['report.json'])) as {
      fmax: Readonly<Record<string, { achieved: number }>>; utilization: Readonly<Record<string, { used: number }>>;
    };
    systemCells = report.utilization.ICESTORM_LC?.used ?? 0;
    clocks.push({ seed, fmaxMHz: Math.min(...Object.values(report.fmax).map((f) => f.achieved)) });
  }
  return { core, systemCells, clocks, bestMHz: Math.max(...clocks.map((c) => c.fmaxMHz)) };
}
