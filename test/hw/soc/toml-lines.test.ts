import { describe, expect, it } from 'vitest';
import { parseSweep } from '../../../explore/sweep-file.ts';
import { UserError } from '../../../gen/user-error.ts';
import { parseConfig } from '../../../hw/soc/config.ts';
import { parseToml } from '../../../hw/soc/toml-source.ts';
import { HOSTILE_TOML } from './hostile-toml.ts';

describe('the lines of a TOML text', () => {
  it('are found whatever a file is written like', () => {
    const source = parseToml([
      '# [no.table]', 'top.inner = 1', '', '[ tensor ] # not [this]', 'rows = 4', '"quoted key" = 1', '\'single\'  . "b" = 2',
      'text = """', '[no.table]', 'rows = 9 \\""" """ # "', 'list = [ # ]', '  1, "]", [2],', ']', 'inline = { a = 1, b = { c = 2 }, "d" = [ { e = 3 } ] }',
      'behind = \'\'\'', 'x = 1', '\'\'\'', '[[point]]', 'name = "a"', '[[ point ]]', 'name = "b"', '[point.deep]', 'z = 1', 'last = 2',
    ].join('\r\n'), 'f');
    const places: Readonly<Record<string, string>> = {
      'top.inner': 'f:2', top: 'f:2', tensor: 'f:4', 'tensor.rows': 'f:5', 'tensor.quoted key': 'f:6', 'tensor.single.b': 'f:7', 'tensor.text': 'f:8', 'tensor.list': 'f:11',
      'tensor.inline': 'f:14', 'tensor.inline.b.c': 'f:14', 'tensor.inline.d.e': 'f:14', 'tensor.behind': 'f:15', 'tensor.x': 'f:4',
      'point.name': 'f:19', 'point.deep.z': 'f:23', 'point.deep.last': 'f:24', 'no.table': 'f', '': 'f',
    };
    expect(Object.fromEntries(Object.keys(places).map((path) => [path, source.place(path)]))).toEqual(places);
    expect(source.placesOf('point')).toEqual(['f:18', 'f:20']);
  });

  // A regular expression that went back took 36 s for 4 KB.
  it.each(Object.entries(HOSTILE_TOML))('are found in time in proportion to the length: %s', (_, make) => {
    for (const parse of [parseConfig, parseSweep]) {
      const start = performance.now();
      let said: unknown;
      try {
        parse(make(60_000), 'x.toml');
      } catch (error) {
        said = error;
      }
      expect(said).toBeInstanceOf(UserError);
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });
});
