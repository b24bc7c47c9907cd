import { describe, expect, it } from 'vitest';
import { parseSweep, readSweep } from '../../explore/sweep-file.ts';
import type { Sweep } from '../../explore/sweep-file.ts';

const FILE = 'configs/sweeps/x.toml';
const parse = (...lines: string[]): Sweep => parseSweep(lines.join('\n'), FILE);
const MESH = ['name = "x"', 'base = "../base.toml"'];

describe('a sweep file', () => {
  it('lists chips', () => {
    const sweep = readSweep('configs/sweeps/first.toml');
    expect(sweep.points.map(({ name, config }) => [name, config.file, config.tensor.rows])).toEqual([
      ['nano', 'configs/nano.toml', 4], ['edge', 'configs/edge.toml', 8], ['base', 'configs/base.toml', 16],
    ]);
    expect(sweep).toMatchObject({ name: 'presets', workload: { model: 'models/mnist-fc.gguf', images: 100 }, plot: { x: 'cells', y: 'cyclesPerImage' } });
    expect(sweep.objectives).toEqual([{ name: 'score', formula: '1e9 / (cyclesPerImage * cells)' }]);
  });

  it('varies a key at fixed memory', () => {
    const { points } = readSweep('configs/sweeps/mesh.toml');
    expect(points.map(({ name }) => name)).toEqual(['rows=4', 'rows=8', 'rows=16', 'rows=32']);
    const sizes = points.map(({ config: { tensor: t } }) =>
      [t.rows, t.columns, t.rows * t.scratchpadRows, 4 * t.columns * t.accumulatorRows, t.vectorLanes]);
    expect(sizes).toEqual([4, 8, 16, 32].map((n) => [n, n, 128 * 1024, 64 * 1024, 4]));
  });

  it('combines chips, common changes and axes; what is nearest to a point wins', () => {
    const { points } = parse(
      'name = "x"', '[set]', 'simulation.latency = 5', 'soc.uartQueue = 2', '[axes]', '"simulation.latency" = [1, 20]', 'bus.idBits = [1, 2]',
      '[[point]]', 'name = "a"', 'base = "nano"', '[[point]]', 'name = "b"', 'base = "../edge.toml"', 'soc.uartQueue = 8',
    );
    expect(points.map(({ name }) => name)).toEqual(['a', 'b'].flatMap((n) => [1, 20].flatMap((l) => [1, 2].map((b) => `${n} latency=${l} idBits=${b}`))));
    const sixth = points[5].config;
    expect([sixth.tensor.rows, sixth.soc.uartQueue, sixth.simulation.latencyCycles, sixth.bus.idBits]).toEqual([8, 8, 1, 2]);
    expect(points[0].config.soc.uartQueue).toBe(2);
  });

  it('has defaults for the work', () => {
    expect(parse(...MESH, '[[point]]', 'name = "p"').workload).toEqual({ model: 'models/mnist-fc.gguf', images: 100 });
  });

  const wrong: [string, string[], string | RegExp][] = [
    ['no TOML', ['name = '], /^configs\/sweeps\/x\.toml(:\d)?: not valid TOML: .*; mend the line$/],
    ['an unknown table', [...MESH, '[axis]', '"tensor.rows" = [4]'], `${FILE}:3: axis: unknown; use name, base, workload, set, axes, point, report, plot`],
    ['no name', ['base = "nano"', '[[point]]', 'name = "p"'], `${FILE}: name: missing; name the sweep, as in name = "mesh sizes"`],
    ['no chips', MESH, `${FILE}: no chips; add [[point]] entries or [axes]`],
    ['no base', ['name = "x"', '[[point]]', 'name = "p"'], `${FILE}:2: base: missing; name the configuration to start from, as in base = "../base.toml"`],
    ['a base that is not there', ['name = "x"', 'base = "../none.toml"', '[axes]', 'tensor.rows = [4]'],
      `${FILE}:2: base: configs/none.toml: does not exist; give a path from the sweep's folder, or one of the presets base, edge, nano`],
    ['a point without name', [...MESH, '[[point]]', 'name = "a"', '[[point]]', 'tensor.rows = 4'],
      `${FILE}:5: point.name: missing; give a text of up to 60 characters that starts with a letter or digit`],
    ['two points of one name', [...MESH, '[[point]]', 'name = "a"', '[[point]]', 'name = "a"'], `${FILE}:5: point a: stands twice; rename one`],
    ['a single bracket', [...MESH, '[point]', 'name = "a"'], `${FILE}:3: point: is no list of tables; write [[point]] with double brackets`],
    ['an unknown key', [...MESH, '[axes]', '"tensor.lanes" = [4]'], /^configs\/sweeps\/x\.toml:4: axes\.tensor\.lanes: is no key of a configuration; use tensor\.rows, /],
    ['a key without its section', [...MESH, '[axes]', 'rows = [4]'], `${FILE}:4: axes.rows: is no key of a configuration; write tensor.rows`],
    ['a key in another section', [...MESH, '[set]', 'soc.latency = 4', '[[point]]', 'name = "a"'],
      `${FILE}:4: set.soc.latency: is no key of a configuration; write simulation.latency`],
    ['an axis that is no list', [...MESH, '[axes]', 'tensor.rows = 4'], `${FILE}:4: axes.tensor.rows: 4 is no list of values; write [4, 8, 16]`],
    ['an empty axis', [...MESH, '[axes]', 'tensor.rows = []'], `${FILE}:4: axes.tensor.rows: this list is no list of values; write [4, 8, 16]`],
    ['a value twice on an axis', [...MESH, '[axes]', 'tensor.rows = [4, 8, 4]'], `${FILE}:4: axes.tensor.rows: 4 stands twice; remove one`],
    ['a list in a point', [...MESH, '[[point]]', 'name = "a"', 'tensor.rows = [4]'], `${FILE}:3: point a: tensor.rows: this list is no single value; lists belong into [axes]`],
    ['a chip that cannot be', [...MESH, '[axes]', 'tensor.rows = [16, 1]'], `${FILE}:2: point rows=1: tensor.rows: 1 is out of range; use 2 to 128`],
    ['too many chips', [...MESH, '[axes]', `simulation.latency = [${Array.from({ length: 1001 }, (_, i) => i + 1).join()}]`],
      `${FILE}: 1001 chips are too many; use at most 1000, shorten an axis`],
    ['no images', [...MESH, '[workload]', 'images = 0', '[[point]]', 'name = "a"'], `${FILE}:4: workload.images: 0 is no number of images; use 1 to 1500`],
    ['a batch in words', [...MESH, '[workload]', 'batch = "all"', '[[point]]', 'name = "a"'], `${FILE}:4: workload.batch: "all" is no number of images; use 1 to 1500`],
    ['an unknown part of the work', [...MESH, '[workload]', 'pictures = 5', '[[point]]', 'name = "a"'], `${FILE}:4: workload.pictures: unknown; use model, images, batch`],
    ['a model that is not there', [...MESH, '[workload]', 'model = "none.gguf"', '[[point]]', 'name = "a"'],
      `${FILE}:4: workload.model: configs/sweeps/none.gguf does not exist; give the path of a GGUF file from the sweep's folder`],
    ['a formula of something unknown', [...MESH, '[report]', 'score = "1 / watts"', '[[point]]', 'name = "a"'], /^configs\/sweeps\/x\.toml:4: report\.score: 'watts' is no quantity; use rows, /],
    ['a formula that is none', [...MESH, '[report]', 'score = 5', '[[point]]', 'name = "a"'], `${FILE}:4: report.score: 5 is no text; write it in quotes`],
    ['an axis of the plot that is none', [...MESH, '[plot]', 'x = "area"', '[[point]]', 'name = "a"'], /^configs\/sweeps\/x\.toml:4: plot\.x: "area" is no quantity; use rows, /],
  ];
  it.each(wrong)('is refused for %s', (_, lines, message) => {
    let said = '';
    try {
      parse(...lines);
    } catch (error) {
      said = error instanceof Error ? `${error.name}: ${error.message}` : '';
    }
    if (typeof message === 'string') expect(said).toBe(`UserError: ${message}`);
    else expect(said.replace(/^UserError: /, '')).toMatch(message);
  });

  it('is refused where there is none', () => {
    expect(() => readSweep('configs/sweeps/none.toml')).toThrow('configs/sweeps/none.toml: does not exist; give a TOML file such as configs/sweeps/first.toml');
  });
});
