/**
 * Area as the cells of a 7-series FPGA after synthesis by Yosys: look-up tables, flip-flops, DSP slices and block RAM. This
 * target has all four at every size of chip, so one small table compares a 4 × 4 mesh with a 32 × 32 one; gates alone
 * would turn memories into millions of flip-flops, and the iCE40 runs out of DSP cells.
 * Must not know how Yosys is started nor what the design does.
 */

/** Cells of a netlist. */
export interface CellCounts {
  /** All cells; a DSP slice counts as one, as a look-up table does. */
  readonly total: number;
  /** Look-up tables of up to six inputs, those used as memories and shift registers among them. */
  readonly lut: number;
  /** Flip-flops and latches. */
  readonly ff: number;
  /** DSP48E1 slices. */
  readonly dsp: number;
  /** Block RAMs of 36 Kbit; one of 18 Kbit is a half. */
  readonly bram: number;
  /** How many of each type. */
  readonly types: Readonly<Record<string, number>>;
}

/** What to synthesise. */
export interface CellsInput {
  /** SystemVerilog files by name, children first. */
  readonly files: Readonly<Record<string, string>>;
  readonly top: string;
  /** Modules that stand in grids: synthesised once each and counted as often as they are used. */
  readonly gridCells: readonly string[];
}

type Kind = 'lut' | 'ff' | 'dsp' | 'bram';
/** What each type of cell is made of (Xilinx UG474, UG473); others (carry chains, wide multiplexers) count in the total only. */
const CELL_KINDS: Readonly<Record<string, readonly [Kind, number]>> = {
  LUT1: ['lut', 1], LUT2: ['lut', 1], LUT3: ['lut', 1], LUT4: ['lut', 1], LUT5: ['lut', 1], LUT6: ['lut', 1], INV: ['lut', 1],
  SRL16E: ['lut', 1], SRLC16E: ['lut', 1], SRLC32E: ['lut', 1],
  RAM32X1S: ['lut', 1], RAM64X1S: ['lut', 1], RAM128X1S: ['lut', 2], RAM256X1S: ['lut', 4],
  RAM32X1D: ['lut', 2], RAM64X1D: ['lut', 2], RAM128X1D: ['lut', 4], RAM32M: ['lut', 4], RAM64M: ['lut', 4],
  FDRE: ['ff', 1], FDSE: ['ff', 1], FDCE: ['ff', 1], FDPE: ['ff', 1], LDCE: ['ff', 1], LDPE: ['ff', 1],
  DSP48E1: ['dsp', 1], RAMB36E1: ['bram', 1], RAMB18E1: ['bram', 0.5],
};

/** Steps of `synth_xilinx`, run one by one so that progress can be told. */
const STEPS = ['begin', 'prepare', 'map_dsp', 'coarse', 'map_memory', 'map_ffram', 'fine', 'map_cells', 'map_ffs', 'map_luts', 'finalize', 'check'] as const;
/** Share of the time that has passed when each step begins; measured on the presets. */
const STEP_SHARES: readonly number[] = [0.03, 0.06, 0.2, 0.22, 0.31, 0.4, 0.43, 0.67, 0.68, 0.68, 0.97, 0.99];
const STEP_MARK = 'systole step';

export const CELLS_FILE = 'cells.json';

/**
 * Yosys commands for the counts. Everything is flattened but the cells of grids, which differ in nothing: a mesh costs the
 * time of one cell, and counts stay within a tenth of those of a flat netlist (docs/explore.md has the figures of a 16 × 16 chip).
 */
export function cellsScript({ files, top, gridCells }: CellsInput): string {
  const synth = `synth_xilinx -family xc7 -top ${top} -flatten -noiopad -noclkbuf`;
  return [
    `read_verilog -sv ${Object.keys(files).join(' ')}`,
    `hierarchy -check -top ${top}`,
    ...gridCells.map((name) => `setattr -mod -set keep_hierarchy 1 ${name}`),
    ...STEPS.flatMap((step, i) => [`log -stdout ${STEP_MARK} ${i}`, `${synth} -run ${step}:${STEPS[i + 1] ?? 'edif'}`]),
    `tee -q -o ${CELLS_FILE} stat -json -top ${top}`,
  ].join('; ');
}

/** Share of the work done, if this line of Yosys' output tells it. */
export function progressOf(line: string): number | undefined {
  const at = line.indexOf(STEP_MARK);
  return at < 0 ? undefined : STEP_SHARES[Number(line.slice(at + STEP_MARK.length))];
}

/** Reads the statistics that the script leaves. @throws Error where they are none */
export function readCells(statistics: string): CellCounts {
  // Yosys 0.23 prints its table of the hierarchy into the JSON.
  const json = statistics.split('\n').filter((line) => /^\s*["{}]/.test(line)).join('\n');
  const { design } = JSON.parse(json) as { design: { num_cells_by_type: Readonly<Record<string, number>> } };
  return countCells(design.num_cells_by_type);
}

/** Sums cells by kind. Types of Yosys itself (`$scopeinfo`) are no hardware. */
export function countCells(byType: Readonly<Record<string, number>>): CellCounts {
  const types = Object.fromEntries(Object.entries(byType).filter(([type]) => !type.startsWith('$')).sort(([a], [b]) => (a < b ? -1 : 1)));
  const sum = (wanted: Kind): number => Object.entries(types).reduce((n, [type, count]) => {
    const [kind, parts] = Object.hasOwn(CELL_KINDS, type) ? CELL_KINDS[type] : [];
    return kind === wanted ? n + count * (parts ?? 0) : n;
  }, 0);
  return { total: Object.values(types).reduce((a, b) => a + b, 0), lut: sum('lut'), ff: sum('ff'), dsp: sum('dsp'), bram: sum('bram'), types };
}
