/** Command lines that are wrong, and what each is told: one line, exit status 2, nothing written, nothing done. */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systoleProgram } from '../../cli/program.ts';
import { checkFile, checkFolder } from '../../cli/places.ts';
import { presetNames } from '../../hw/soc/config-file.ts';
import { systole, withFolder } from './command-line.ts';

const MODEL = 'models/mnist-fc.gguf';
const SWEEP = 'configs/sweeps/first.toml';
const PRESETS = presetNames().join(', ');
const LONG = 'x'.repeat(5000);
const CUT = `${'x'.repeat(60)}…`;
const DIGITS = '9'.repeat(100);

/** Lines as in a shell; `''` is an argument without characters. In full what is told, or how it begins or goes on. */
const WRONG: Readonly<Record<string, readonly (readonly [string | readonly string[], string | RegExp])[]>> = {
  'no verb': [
    ['', 'no verb given; systole --help lists what there is'],
    ['\'\'', 'unknown command \'\'; systole --help lists what there is'],
    ['sing', 'unknown command \'sing\' (Did you mean sim?); systole --help lists what there is'],
    ['constructor', /^unknown command 'constructor'/],
    ['__proto__', /^unknown command '__proto__'/],
    ['genn', 'unknown command \'genn\' (Did you mean gen?); systole --help lists what there is'],
    ['nonsense --help', 'unknown command \'nonsense\'; systole --help lists what there is'],
    ['help nonsense', 'unknown command \'nonsense\'; systole --help lists what there is'],
    ['help bench nonsense', 'unknown command \'nonsense\'; systole bench --help lists what there is'],
    ['--verison', 'unknown option \'--verison\' (Did you mean --version?); systole --help lists what there is'],
    ['--config nano gen', /^unknown option '--config'/],
    ['-V', /^unknown option '-V'/],
  ],
  gen: [
    ['extra', /^too many arguments for 'gen'.*; systole gen --help lists what there is$/],
    ['-- x', /^too many arguments for 'gen'/],
    ['--out', '-o, --out <dir>: has no value; systole gen --help lists what there is'],
    ['--out \'\'', '--out: names nothing; give a folder'],
    ['--out --json', '--out --json: looks like an option; give a folder, one that begins with a dash as ./--json'],
    ['--out a --out b', '--out: is given twice; give it once'],
    ['--out README.md', '--out README.md: is no folder; name one, or one to be made'],
    ['--out README.md/x/y', '--out README.md/x/y: cannot be written: a part of its path is a file, not a folder (ENOTDIR); choose another place'],
    ['--config', /^--config <chip>: has no value/],
    ['--config \'\'', '--config: names nothing; give a TOML file or the name of a preset'],
    ['--config nanoo', /^nanoo: does not exist; .*base, edge, nano/],
    ['--config constructor', /^constructor: does not exist/],
    ['--config nano --config edge', '--config: is given twice; give it once'],
    ['--config configs', /^configs: /],
    ['--config README.md', /^README\.md:\d+: not valid TOML/],
    ['--config größe.toml', /^größe\.toml: does not exist/],
    [['--config', 'a\0b'], '--config: has a character in it that no file\'s name has; give a TOML file or the name of a preset'],
    [['--config', 'a\nb'], /^a b: does not exist/],
    [['--config', LONG], `--config ${CUT}: is longer than any file's name; give a TOML file or the name of a preset`],
    ['--json=yes', /^unknown option '--json=yes'/],
    ['--json --json', '--json: is given twice; give it once'],
    ['--engine wasm', /^unknown option '--engine'/],
  ],
  design: [
    ['', 'file: is missing; systole design --help lists what there is'],
    ['\'\'', 'file: names nothing; give a TypeScript file'],
    ['nowhere.ts', 'nowhere.ts: does not exist; give a TypeScript file that exports a module'],
    ['README.md', 'README.md: is no TypeScript file; give a TypeScript file that exports a module'],
    ['gen', 'gen: is no TypeScript file; give a TypeScript file that exports a module'],
    ['a.ts b.ts', /^too many arguments for 'design'/],
    ['a.ts --dump simplify', /^--dump simplify: is not one of after:describe, after:simplify, .*after:share; give one$/],
    ['a.ts --dump after:share --out b', '--dump: is printed, not written; leave out --out or --dump'],
    ['a.ts --out README.md', '--out README.md: is no folder; name one, or one to be made'],
    ['a.ts --export', '--export <name>: has no value; systole design --help lists what there is'],
    ['a.ts --config nano', /^unknown option '--config'/],
    ['gen/number-text.ts', 'gen/number-text.ts: exports no module, and numberText is a function: a module that it makes has to be exported, too; export one: export const Top = numberText(…)'],
    ['hw/soc/uart-phy.ts --export Uart', /^hw\/soc\/uart-phy\.ts: exports no module/],
  ],
  sim: [
    ['', '--elf <file>: is missing; systole sim --help lists what there is'],
    ['a.elf', /^too many arguments for 'sim'/],
    ['--ELF a.elf', 'unknown option \'--ELF\'; systole sim --help lists what there is'],
    ['--elf', /^--elf <file>: has no value/],
    ['--elf \'\'', '--elf: names nothing; give a linked RISC-V program'],
    ['--elf nowhere.elf', 'nowhere.elf: does not exist; give a linked RISC-V program'],
    ['--elf README.md', /^README\.md: not an ELF file/],
    ['--elf configs', /^configs: /],
    ['--elf a --elf b', '--elf: is given twice; give it once'],
    ['--elf a b', /^too many arguments for 'sim'/],
    ['--elf a --max-cycles 0', '--max-cycles 0: is not a whole number from 1 to 9007199254740991; give one'],
    ['--elf a --max-cycles -1', /^--max-cycles -1: is not a whole number/],
    ['--elf a --max-cycles 1e9', /^--max-cycles 1e9: is not a whole number/],
    ['--elf a --max-cycles NaN', /^--max-cycles NaN: is not a whole number/],
    ['--elf a --max-cycles ٣', /^--max-cycles ٣: is not a whole number/],
    [`--elf a --max-cycles ${DIGITS}`, /^--max-cycles 9{60}…: is not a whole number/],
    ['--elf a --gdb', /^--gdb <port>: has no value/],
    ['--elf a --gdb 70000', '--gdb 70000: is not a whole number from 0 to 65535; give one'],
    ['--elf a --gdb 0 --wave w.vcd', /^--gdb and --wave: /],
    ['--elf a --wave \'\'', '--wave: names nothing; give a file'],
    ['--elf a --wave x.fst', /^--wave x\.fst: does not end in \.vcd/],
    ['--elf a.vcd --wave ./a.vcd', /^\.\/a\.vcd: is named as --elf and as --wave, and would be overwritten/],
    ['--elf a --trace a', /^a: is named as --elf and as --trace, /],
    ['--elf a --trace t --signature ./t', /^\.\/t: is named as --trace and as --signature, /],
    ['--elf a --signature configs', '--signature configs: is a folder; name a file'],
    ['--elf a --engine gpu', '--engine gpu: is not one of wasm, verilator, model; give one'],
    ['--elf a --engine WASM', /^--engine WASM: is not one of/],
    ['--elf a --images 3', /^unknown option '--images'/],
  ],
  mnist: [
    ['--images', /^--images <n>: has no value/],
    ['--images \'\'', '--images \'\': is not a whole number from 1 to 10000; give one'],
    ['--images 0', '--images 0: is not a whole number from 1 to 10000; give one'],
    ['--images 10001', '--images 10001: is not a whole number from 1 to 10000; give one'],
    ['--images 1.5', /^--images 1\.5: /],
    ['--images Infinity', /^--images Infinity: /],
    ['--images 0x10', /^--images 0x10: /],
    ['--images 3 --images 3', '--images: is given twice; give it once'],
    ['--imagse 3', 'unknown option \'--imagse\' (Did you mean --images?); systole mnist --help lists what there is'],
    ['--batch 0', '--batch 0: is not a whole number from 1 to 1000000; give one'],
    ['--model \'\'', '--model: names nothing; give a GGUF file'],
    ['--model nowhere.gguf', /^nowhere\.gguf: /],
    ['--model models', /^models: /],
    ['--model README.md', /^README\.md: /],
    ['--engine \'\'', '--engine \'\': is not one of wasm, verilator, model; give one'],
    ['-x', /^unknown option '-x'/],
    ['10', /^too many arguments for 'mnist'/],
    ['--elf x', /^unknown option '--elf'/],
  ],
  compile: [
    ['', /^model: is missing/],
    [MODEL, /^-o, --out <file>: is missing/],
    [MODEL, '-o, --out <file>: is missing; systole compile --help lists what there is'],
    ['-o x.elf', 'model: is missing; systole compile --help lists what there is'],
    ['\'\' -o x.elf', 'model: names nothing; give a GGUF file'],
    [`${MODEL} -o ''`, '--out: names nothing; give a file'],
    [`${MODEL} -o ${MODEL}`, `${MODEL}: is named as the model and as --out, and would be overwritten; name another file`],
    [`${MODEL} -o ./models/../${MODEL}`, /^\S+: is named as the model and as --out, /],
    [`${MODEL} --config configs/nano.toml -o configs/nano.toml`, /^configs\/nano\.toml: is named as --config and as --out, /],
    [`${MODEL} ${MODEL} -o x`, /^too many arguments for 'compile'/],
    [`${MODEL} -o configs`, '--out configs: is a folder; name a file'],
    [`${MODEL} -o configs/base.toml/x`, /^--out configs\/base\.toml\/x: cannot be written: /],
    [`${MODEL} -o x --batch 1000001`, '--batch 1000001: is not a whole number from 1 to 1000000; give one'],
    ['nowhere -o x', /^nowhere: /],
    [`${MODEL} -o x --engine wasm`, /^unknown option '--engine'/],
  ],
  bench: [
    ['', 'no verb given; systole bench --help lists what there is'],
    ['gemn', /^unknown command 'gemn' \(Did you mean one of gemm, gen\?\)/],
    ['--config nano core', /^unknown option '--config'/],
  ],
  'bench gemm': [
    ['--shapes \'\'', '--shapes: is empty; give a value'],
    ['--shapes 4x4', /^shape "4x4": is not MxNxK/],
    ['--shapes 4x4x4,', '--shapes: shape 2 of 2 is empty; write MxNxK between commas'],
    ['--shapes 0x4x4', /^shape "0x4x4": /],
    ['--shapes -1x4x4', /^shape "-1x4x4": /],
    ['--shapes 4×4×4', /^shape "4×4×4": /],
    ['--result int16', '--result int16: is not one of int8, int32; give one'],
    ['--core fast', /^unknown option '--core'/],
    ['gemm', /^too many arguments for 'gemm'/],
  ],
  'bench layers': [
    ['--networks vgg', '--networks vgg: is not one of resnet8, dscnn, mobilenet025, ad01; give one'],
    ['--networks \'\'', /^--networks '': is not one of/],
    ['--networks ad01,', /^--networks '': is not one of/],
    ['--networks ad01,ad01', '--networks ad01,ad01: names ad01 twice; name each once'],
    ['--networks resnet8 --config nano', 'layer conv: the chip\'s tensor unit takes no windows; set tensor.convolution = true and tensor.overlap = "full"'],
    ['--shapes 4x4x4', /^unknown option '--shapes'/],
  ],
  'bench gen': [
    ['--only chain,nonsense', /^--only nonsense: is not one of chain, shared chain, .*; give some of them$/],
    ['--percent 0', '--percent 0: is not a whole number from 1 to 400; give one'],
    ['--config nano', /^unknown option '--config'/],
  ],
  'bench core': [
    ['--core huge', '--core huge: is not one of small, balanced, clocked, fast; give one'],
    ['--core toString', /^--core toString: is not one of/],
    ['--core fast --config nano', /^--core and --config: both name a core/],
    ['--seeds 3', '--seeds: means nothing without --fpga; add that or leave this out'],
    ['--march rv32i', '--march: means nothing without --embench or --dhrystone; add one or leave this out'],
    ['--flags=-O2', /^--flags: means nothing without --embench/],
    ['--embench \'\'', '--embench: names nothing; give a folder'],
    ['--fpga --seeds 0', '--seeds 0: is not a whole number from 1 to 100; give one'],
    ['--elf nowhere.elf', /^nowhere\.elf: /],
    ['--engine wasm', /^unknown option '--engine'/],
  ],
  train: [
    ['--epochs 0', '--epochs 0: is not a whole number from 1 to 10000; give one'],
    ['--epochs ten', /^--epochs ten: /],
    ['--seed 4294967296', '--seed 4294967296: is not a whole number from 0 to 4294967295; give one'],
    ['--seed -1', /^--seed -1: /],
    ['--config nano', /^unknown option '--config'/],
    ['--out configs', '--out configs: is a folder; name a file'],
    ['--out there/', '--out there/: ends as folders do; name a file'],
    ['--out /proc/nothing.gguf', /^\/proc\/nothing\.gguf: cannot be written: /],
    ['--out /proc/there/is/nothing.gguf', /^\/proc\/there\/is\/nothing\.gguf: cannot be written: /],
    ['extra', /^too many arguments for 'train'/],
    ['--images 3', /^unknown option '--images'/],
  ],
  fpga: [
    ['', '--board <name>: is missing; systole fpga --help lists what there is'],
    ['icebreaker', /^too many arguments for 'fpga'/],
    ['--board', /^--board <name>: has no value/],
    ['--board \'\'', /^--board '': is not one of/],
    ['--board arty', '--board arty: is not one of icebreaker, hx8k-breakout; give one'],
    ['--board __proto__', /^--board __proto__: is not one of/],
    ['--board icebreaker --board icebreaker', '--board: is given twice; give it once'],
    ['--board icebreaker --config nowhere', /^nowhere: does not exist/],
    ['--board icebreaker --out README.md', '--out README.md: is no folder; name one, or one to be made'],
    ['--board icebreaker --engine wasm', /^unknown option '--engine'/],
  ],
  explore: [
    ['', 'sweep: is missing; systole explore --help lists what there is'],
    ['\'\'', 'sweep: names nothing; give a TOML file'],
    ['nowhere.toml', /^nowhere\.toml: does not exist/],
    ['configs', /^configs: /],
    ['configs/base.toml', /^configs\/base\.toml:\d+: chip: unknown/],
    ['a b', /^too many arguments for 'explore'/],
    [`${SWEEP} --jobs 0`, '--jobs 0: is not a whole number from 1 to 256; give one'],
    [`${SWEEP} --jobs 1.5`, /^--jobs 1\.5: /],
    [`${SWEEP} --config nano`, /^unknown option '--config'/],
    [`${SWEEP} --out README.md`, '--out README.md: is no folder; name one, or one to be made'],
  ],
};

const words = (line: string | readonly string[]): readonly string[] =>
  typeof line === 'string' ? line.split(' ').filter((word) => word !== '').map((word) => word === '\'\'' ? '' : word) : line;

describe.each(Object.entries(WRONG))('a wrong command line: %s', (verb, lines) => {
  const before = readdirSync('.');
  afterAll(() => expect(readdirSync('.')).toEqual(before));

  it.each(lines.map(([line, told]) => [JSON.stringify(line).slice(0, 60), line, told] as const))('%s', async (_, line, told) => {
    const { status, stdout, stderr } = await systole(...(verb === 'no verb' ? [] : verb.split(' ')), ...words(line));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^systole: [^\n]{1,300}\n$/);
    const message = stderr.slice('systole: '.length, -1);
    if (typeof told === 'string') expect(message).toBe(told);
    else expect(message).toMatch(told);
  });
});

describe('help', () => {
  const verbs = new Map<string, Command>();
  const add = (command: Command, name: string): void => {
    if (command.commands.length === 0) verbs.set(name, command);
    for (const child of command.commands) add(child, `${name} ${child.name()}`.trim());
  };
  beforeAll(() => add(systoleProgram(), ''));

  it('shows every verb with its options, examples and true defaults', async () => {
    expect([...verbs.keys()]).toEqual(['gen', 'design', 'sim', 'mnist', 'compile', 'bench gemm', 'bench layers', 'bench core', 'bench gen', 'train', 'fpga', 'explore']);
    const { status, stdout } = await systole('--help');
    expect(status).toBe(0);
    for (const [name, command] of verbs) {
      expect(stdout).toMatch(new RegExp(`^  ${name.split(' ')[0]} `, 'm'));
      const help = (await systole(...name.split(' '), '--help')).stdout;
      expect((await systole('help', ...name.split(' '))).stdout).toBe(help);
      for (const part of ['--json', 'Examples:', `systole ${name}`]) expect(help, name).toContain(part);
      // No path of this machine, no default that is another.
      expect(help).not.toContain(process.cwd());
      for (const option of command.options) {
        const value: unknown = option.defaultValue;
        if (typeof value === 'string' || typeof value === 'number') {
          expect(help.replace(/\s+/g, ' '), `${name} ${option.flags}`).toContain(`(default: ${option.defaultValueDescription})`);
        }
      }
    }
  });

  it('says the same of an option in every verb, but for what it is needed for', () => {
    const seen = new Map<string, { flags: string; mandatory: boolean }>();
    for (const command of verbs.values()) {
      for (const { long, flags, mandatory } of command.options) {
        // A folder for some, a file for others.
        const key = long === '--out' ? flags : String(long);
        const known = seen.get(key);
        if (known !== undefined) expect(flags).toBe(known.flags);
        seen.set(key, { flags, mandatory });
      }
    }
    expect([...seen.keys()]).toContain('--config');
  });

  it('lists what can be named', async () => {
    const said = async (...verb: string[]): Promise<string> => (await systole(...verb, '--help')).stdout.replace(/\s+/g, ' ');
    expect(await said('gen')).toContain(`a TOML file or a preset (${PRESETS}) (default: base)`);
    expect(await said('fpga')).toContain(`a TOML file or a preset (${PRESETS}) (default: nano)`);
    expect(await said('fpga')).toContain('the board: icebreaker, hx8k-breakout');
    expect(await said('sim')).toContain('wasm, verilator, model (default: wasm)');
    expect(await said('bench', 'core')).toContain('small, balanced, clocked, fast (default: all; with --elf: fast)');
    expect(await said('train')).toContain('(default: 60)');
  });

  it('tells the version', async () => {
    expect(await systole('--version')).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });
});

describe('places to write', () => {
  it('are checked without making anything', async () => {
    await withFolder(async (folder) => {
      const inFolder = (name: string): string => join(folder, name);
      checkFolder('--out', inFolder('a/b/c'));
      checkFile('--out', inFolder('a/b/c.elf'));
      expect(existsSync(inFolder('a'))).toBe(false);
      checkFile('--trace', '/dev/null');
      checkFile('--trace', undefined);
    });
  });

  // Root may write anywhere.
  it.skipIf(process.getuid?.() === 0)('are refused where nobody may write', async () => {
    await withFolder(async (folder) => {
      const locked = join(folder, 'locked');
      mkdirSync(locked);
      chmodSync(locked, 0o500);
      expect(() => checkFolder('--out', join(locked, 'a'))).toThrow(/^--out \S+locked\/a: cannot be written: permissions forbid it \(EACCES\); /);
      chmodSync(locked, 0o700);
      writeFileSync(join(folder, 'file'), '');
      chmodSync(join(folder, 'file'), 0o400);
      expect(() => checkFile('--out', join(folder, 'file'))).toThrow(/EACCES/);
    });
  });
});
