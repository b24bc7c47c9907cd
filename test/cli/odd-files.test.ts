/** Every place of the command line that takes a file, with files that nobody means to give. */
import { describe, expect, it } from 'vitest';
import { withUnreadable } from '../gen/files/odd-files.ts';
import { systole } from './command-line.ts';

const MODEL = 'models/mnist-fc.gguf';
/** Command lines with a place for a file. */
const PLACES: Readonly<Record<string, (file: string) => readonly string[]>> = {
  'sim --elf': (file) => ['sim', '--elf', file, '--engine', 'model'],
  'bench core --elf': (file) => ['bench', 'core', '--elf', file],
  'mnist --model': (file) => ['mnist', '--model', file, '--engine', 'model'],
  'compile MODEL': (file) => ['compile', file, '-o', '/dev/null'],
  'compile --config': (file) => ['compile', MODEL, '-o', '/dev/null', '--config', file],
  'gen --config': (file) => ['gen', '--config', file],
  'fpga --config': (file) => ['fpga', '--board', 'icebreaker', '--config', file],
  'explore SWEEP': (file) => ['explore', file],
};

describe.each(Object.entries(PLACES))('%s', (place, lineWith) => {
  it('refuses in one line what is no file, or too large', async () => {
    await withUnreadable(async (paths) => {
      for (const [path, why] of paths) {
        const { status, stdout, stderr } = await systole(...lineWith(path));
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
        expect(stderr).toMatch(/^systole: [^\n]+\n$/);
        // A model may be of any size: what is wrong with the large one is what is in it.
        if (!(path.endsWith('huge') && /MODEL$|--model/.test(place))) expect(stderr).toContain(`${path}: `);
        if (!path.endsWith('huge')) expect(stderr).toContain(why);
      }
    });
  });
});
