/** What a terminal would obey, in every name that comes from a file: nothing of it arrives on the terminal, in text or in JSON. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { elfBytes } from '../sim/debug/programs.ts';
import { systole, withFolder } from './command-line.ts';

const MODEL = 'models/mnist-fc.gguf';
/** ESC and the one-character CSI; as bytes of a file in UTF-8 four. */
const EVIL = '\u001b[2J\u009b';
const OBEYED = /[\p{Cc}\p{Cf}]/u;

/** All that a command says, and nothing that a terminal obeys in it. */
async function saidBy(...args: string[]): Promise<string> {
  const { stdout, stderr } = await systole(...args);
  for (const text of [stdout, stderr]) expect(text.replaceAll('\n', '')).not.toMatch(OBEYED);
  return stdout + stderr;
}

describe('a name that a terminal would obey', () => {
  it('is shown escaped', async () => {
    await withFolder(async (folder) => {
      const write = (name: string, content: string | Uint8Array): string => {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      };
      // A symbol of a program, in its crash report and its trace.
      const crash = Buffer.from(elfBytes('li t0, 0x40000000\n.globl evil_name_in_elf\nevil_name_in_elf: lw t1, 4(t0)'));
      crash.set(Buffer.from(EVIL), crash.indexOf('evil_name'));
      const elf = write('crash.elf', crash);
      const trace = join(folder, 'trace');
      for (const json of [[], ['--json']]) {
        expect(await saidBy('sim', '--elf', elf, '--engine', 'model', '--trace', trace, ...json)).toContain('[2J');
      }
      expect(readFileSync(trace, 'utf8').replaceAll('\n', '')).not.toMatch(OBEYED);
      // Keys and values of a configuration and of a sweep.
      const quoted = JSON.stringify(EVIL);
      for (const text of [`[chip]\nname = ${quoted}\n`, `[${quoted}]\n`, `[chip]\n${quoted} = 1\n`, `${EVIL}`]) {
        expect(await saidBy('gen', '--config', write('evil.toml', text), '--out', folder)).toMatch(/^systole: [^\n]+\n$/);
        expect(await saidBy('explore', write('evil.toml', text), '--out', folder)).toMatch(/^systole: [^\n]+\n$/);
      }
      // An architecture and a tensor of a model.
      const model = readFileSync(MODEL).toString('latin1');
      for (const name of ['mnist-fc', 'fc1.weight']) {
        const evil = Buffer.from(model.replaceAll(name, `${Buffer.from(EVIL).toString('latin1')}xxxxxxxxx`.slice(0, name.length)), 'latin1');
        expect(await saidBy('compile', write('evil.gguf', evil), '-o', join(folder, 'x.elf'))).toContain('\\u{1b}[2J');
      }
      // The path itself.
      expect(await saidBy('sim', '--elf', join(folder, EVIL))).toContain('\\u{1b}[2J\\u{9b}: does not exist');
    });
  });
});
