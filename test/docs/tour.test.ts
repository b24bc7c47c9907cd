/** What the README's tour leaves behind is nothing that git would show. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { systoleProgram } from '../../cli/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUTPUTS = ['out', 'wave', 'trace', 'signature'];

/** What a command of the tour writes: what it names, and where the verb writes if it is not told. */
function written(line: string): string[] {
  const words = line.split('#')[0].replace(' -- ', ' ').trim().split(/\s+/).slice(2);
  const named = words.flatMap((word, i) => /^(-o|--(out|wave|trace|signature))$/.test(word) ? [words[i + 1]] : []);
  const verb = systoleProgram().commands.find((c) => c.name() === words[0]);
  const isSaid = ({ long, short }: Option): boolean => words.some((word) => word === long || word === short);
  const defaults = verb?.options.filter((o) => OUTPUTS.includes(o.attributeName()) && !isSaid(o))
    .flatMap((o) => typeof o.defaultValue === 'string' ? [o.defaultValue] : []) ?? [];
  return [...named, ...defaults];
}

describe('the README\'s tour', () => {
  it('leaves no untracked files', async () => {
    const readme = readFileSync(`${ROOT}/README.md`, 'utf8');
    const tour = /## A tour\n+```\n([\s\S]*?)```/.exec(readme)?.[1].trim().split('\n') ?? [];
    const files = tour.flatMap(written);
    expect(files).toEqual(expect.arrayContaining(['build/base', 'build/mnist.elf', 'build/hello.log', 'build/explore', 'build/fpga', 'build/mnist-fc.gguf']));
    const shown = files.filter((file) => spawnSync('git', ['check-ignore', '-q', file], { cwd: ROOT }).status !== 0);
    expect(shown).toEqual([]);
  });
});
