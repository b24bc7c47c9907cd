/** The files that `gen` writes of a design, those that its modules read included. */
import { describe, expect, it } from 'vitest';
import { DATA_LIST, FILE_LIST, listedFiles, sourceFiles } from '../../cli/source-lists.ts';
import { In, Out, U, elaborate, hw } from '../../gen/index.ts';
import { printDesign } from '../../gen/print/systemverilog.ts';

const rom = (depth: number) =>
  hw('Rom', { addr: In(U(7)), data: Out(U(8)) }, (m, io) => {
    io.data = m.mem('words', U(8), depth, { init: [1n, 2n] }).read(io.addr);
  });

describe('the files of a design', () => {
  it('are its modules, what they read, and a list of each', () => {
    const files = sourceFiles(printDesign(elaborate(rom(100))));
    expect([...files.keys()]).toEqual(['Rom.sv', 'Rom.words.hex', FILE_LIST, DATA_LIST]);
    expect(files.get(FILE_LIST)).toBe('Rom.sv\n');
    expect(files.get(DATA_LIST)).toBe('Rom.words.hex\n');
    expect(files.get('Rom.words.hex')).toBe(`01\n02\n${'00\n'.repeat(98)}`);
  });

  it('have no list of what is read where nothing is', () => {
    const Plain = hw('Plain', { x: In(U(8)), y: Out(U(8)) }, (_, io) => {
      io.y = io.x;
    });
    expect([...sourceFiles(printDesign(elaborate(Plain))).keys()]).toEqual(['Plain.sv', FILE_LIST]);
  });

  it('are known again from the lists, and nothing else is', () => {
    const files = sourceFiles(printDesign(elaborate(rom(100))));
    expect(listedFiles(files.get(FILE_LIST) ?? '', files.get(DATA_LIST) ?? '')).toEqual(['Rom.sv', 'Rom.words.hex', DATA_LIST]);
    expect(listedFiles('../x.sv\nnotes.txt\nA.sv\n', '../x.hex\nfoo.hex\n')).toEqual(['A.sv']);
  });
});
