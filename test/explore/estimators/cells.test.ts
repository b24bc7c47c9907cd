import { describe, expect, it } from 'vitest';
import { cellsScript, countCells, progressOf, readCells } from '../../../explore/estimators/cells.ts';

describe('cell counts', () => {
  it('sum the types of a 7-series netlist by kind', () => {
    const counts = countCells({
      LUT1: 1, LUT6: 10, INV: 2, SRL16E: 3, RAM32M: 2, FDRE: 7, FDSE: 1, DSP48E1: 4, RAMB36E1: 2, RAMB18E1: 3, CARRY4: 5, $scopeinfo: 99,
    });
    expect(counts).toMatchObject({ total: 40, lut: 24, ff: 8, dsp: 4, bram: 3.5 });
    expect(Object.keys(counts.types)).toEqual(['CARRY4', 'DSP48E1', 'FDRE', 'FDSE', 'INV', 'LUT1', 'LUT6', 'RAM32M', 'RAMB18E1', 'RAMB36E1', 'SRL16E']);
  });

  it('are read from statistics into which Yosys 0.23 prints its hierarchy', () => {
    const statistics = ['{', '   "modules": {', '   },', '       Pe                            16', '   "design": {', '      "num_cells_by_type": {', '         "LUT2": 3', '      }', '   }', '}'];
    expect(readCells(statistics.join('\n'))).toMatchObject({ total: 3, lut: 3 });
  });

  it('come from a script that keeps the cells of grids apart and tells its steps', () => {
    const script = cellsScript({ files: { 'Pe.sv': '', 'Chip.sv': '' }, top: 'Chip', gridCells: ['Pe', 'Lane'] }).split('; ');
    expect(script.slice(0, 6)).toEqual([
      'read_verilog -sv Pe.sv Chip.sv', 'hierarchy -check -top Chip',
      'setattr -mod -set keep_hierarchy 1 Pe', 'setattr -mod -set keep_hierarchy 1 Lane',
      'log -stdout systole step 0', 'synth_xilinx -family xc7 -top Chip -flatten -noiopad -noclkbuf -run begin:prepare',
    ]);
    expect(script.at(-1)).toBe('tee -q -o cells.json stat -json -top Chip');
    const shares = script.map(progressOf).filter((share) => share !== undefined);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.length).toBe(12);
  });
});
