/** `systole sim` with what looks into a program: trace, crash report, signature, debugger. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../../hw/soc/memory-map.ts';
import { COUNTING, COUNTING_DATA, FINISH, elfBytes } from '../sim/debug/programs.ts';
import { systole, withFolder } from './command-line.ts';

const SIGNATURE = '.globl begin_signature\nbegin_signature: .word 0x12345678\n.word 0xab\n.globl end_signature\nend_signature:';

const SYSTOLE = ['--import', 'tsx', 'cli/systole.ts'];

async function withProgram(bytes: Uint8Array, work: (elf: string, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const elf = join(folder, 'test.elf');
    writeFileSync(elf, bytes);
    await work(elf, folder);
  });
}

describe('sim --trace', () => {
  it('writes every instruction into a file, the same for the model and the RTL', async () => {
    await withProgram(elfBytes(COUNTING, COUNTING_DATA), async (elf, folder) => {
      const traces: string[][] = [];
      for (const engine of ['model', 'wasm']) {
        const file = join(folder, `${engine}.log`);
        const { status, stdout, stderr } = await systole('sim', '--elf', elf, '--engine', engine, '--config', 'nano', '--trace', file, '--json');
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
        expect(lines).toHaveLength((JSON.parse(stdout) as { instructions: number }).instructions);
        traces.push(lines.map((line) => line.slice(11)));
      }
      expect(traces[1]).toEqual(traces[0]);
      expect(traces[0][0]).toMatch(/^80000000 _start +00000117 auipc sp, 0x0 +sp=80000000$/);
    });
  });

  // In a process of its own: it goes straight to the file that stderr is.
  it('without a file writes them to stderr, and ends when nobody reads them any more', async () => {
    await withProgram(elfBytes(`li a0, 1\n${FINISH}`), async (elf) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [...SYSTOLE, 'sim', '--elf', elf, '--engine', 'model', '--trace'], { encoding: 'utf8' });
      expect(status).toBe(0);
      expect(stdout).toContain('0 (passed)');
      expect(stderr.trimEnd().split('\n')).toHaveLength(4);
    });
    await withProgram(elfBytes('loop: j loop'), async (elf) => {
      const command = `"${process.execPath}" ${SYSTOLE.join(' ')} sim --elf "${elf}" --engine model --trace 2>&1 >/dev/null | head -1`;
      const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 60_000 });
      expect(stdout).toMatch(/^ +0 80000000 loop .* jal zero, 0x80000000 <\w+>\n$/);
    });
  });

  it('refuses a file that cannot be written', async () => {
    await withProgram(elfBytes('nop'), async (elf, folder) => {
      const { status, stderr } = await systole('sim', '--elf', elf, '--engine', 'model', '--trace', join(elf, 'log'));
      expect({ status, stderr, files: readdirSync(folder) }).toEqual({
        status: 2, files: ['test.elf'],
        stderr: `systole: --trace ${join(elf, 'log')}: cannot be written: a part of its path is a file, not a folder (ENOTDIR); choose another place\n`,
      });
    });
  });
});

describe('a program that crashes', () => {
  it.each(['model', 'wasm'])('on %s ends at once with status 1 and says why', async (engine) => {
    await withProgram(elfBytes('li t0, 0x40000000\n.globl bad\nbad: lw t1, 4(t0)'), async (elf) => {
      const said = await systole('sim', '--elf', elf, '--engine', engine, '--config', 'nano', '--json');
      expect(said.status).toBe(1);
      expect(JSON.parse(said.stdout)).toMatchObject({
        stopped: 'stuck', crash: { reason: 'stuck', pc: 0x8000_0004, cause: 5, causeName: 'load fault', tval: 0x4000_0004, symbol: 'bad', offset: 0 },
      });
      expect(said.stderr).toMatch(/^the program crashed: load fault \(exception 5\), tval 40000004, at 0x80000004 <bad>: load from where there is nothing\n/);
      expect(said.stderr).toContain('lui t0, 0x40000');
      expect((await systole('sim', '--elf', elf, '--engine', engine, '--config', 'nano')).stdout).toContain('none: its trap handler traps');
    });
  });

  it('has no crash in its JSON if it passes', async () => {
    await withProgram(elfBytes(`li a0, 1\n${FINISH}`), async (elf) => {
      const { stdout } = await systole('sim', '--elf', elf, '--engine', 'model', '--json');
      expect(JSON.parse(stdout)).not.toHaveProperty('crash');
      expect(JSON.parse(stdout)).not.toHaveProperty('kept');
    });
  });
});

describe('a program that waits for ever', () => {
  it('ends with status 1 and one clear line', async () => {
    await withProgram(elfBytes('.globl wait\nwait: tn.poll a0\nbeqz a0, wait'), async (elf) => {
      const { status, stdout, stderr } = await systole('sim', '--elf', elf, '--engine', 'model');
      expect({ status, line: stderr.split('\n', 1)[0] }).toEqual({
        status: 1,
        line: 'the program waits for ever: tn.poll has given 0x0 1,000,000 times one after the other, and the tensor unit has nothing to do that could '
          + 'change it; give a command before, or wait for something else; it was stopped at 0x80000000 <wait>',
      });
      expect(stdout).toContain('none: it waits for ever');
    });
  });
});

describe('what a program sends', () => {
  it.each([['Hi', 'Hi\nchip '], ['Hi\n', 'Hi\nchip '], ['', 'chip ']])('%j does not run into the table', async (text, begins) => {
    const code = [...text].map((c) => `li t1, ${c.charCodeAt(0)}\nsw t1, 0(t0)`).join('\n');
    await withProgram(elfBytes(`li t0, ${addressOf('uartData')}\n${code}\nli a0, 1\n${FINISH}`), async (elf) => {
      const { status, stdout } = await systole('sim', '--elf', elf, '--engine', 'model');
      expect(status).toBe(0);
      expect(stdout.slice(0, begins.length)).toBe(begins);
      const json = await systole('sim', '--elf', elf, '--engine', 'model', '--json');
      expect(json.stderr).toBe(begins.replace('chip ', ''));
      expect(json.stdout).toMatch(/^\{/);
    });
  });
});

describe('sim --signature', () => {
  it.each(['model', 'wasm'])('writes the words between the symbols, on %s', async (engine) => {
    await withProgram(elfBytes(`la t0, begin_signature\nsw t0, 4(t0)\nli a0, 1\n${FINISH}`, SIGNATURE), async (elf, folder) => {
      const file = join(folder, 'test.signature');
      expect((await systole('sim', '--elf', elf, '--engine', engine, '--config', 'nano', '--signature', file)).status).toBe(0);
      expect(readFileSync(file, 'utf8')).toMatch(/^12345678\n8000[0-9a-f]{4}\n$/);
    });
  });

  it('is written for a program that fails as well, and refused without the symbols', async () => {
    await withProgram(elfBytes(`li a0, 3\n${FINISH}`, SIGNATURE), async (elf, folder) => {
      const file = join(folder, 'test.signature');
      expect((await systole('sim', '--elf', elf, '--engine', 'model', '--signature', file)).status).toBe(1);
      expect(readFileSync(file, 'utf8')).toBe('12345678\n000000ab\n');
    });
    await withProgram(elfBytes(`li a0, 1\n${FINISH}`), async (elf, folder) => {
      const file = join(folder, 'test.signature');
      const { status, stdout, stderr } = await systole('sim', '--elf', elf, '--engine', 'model', '--signature', file);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^systole: \S+test\.elf: has no symbol begin_signature; [^\n]+\n$/);
      expect(existsSync(file)).toBe(false);
    });
  });
});

describe('sim --gdb', () => {
  it('refuses a port that is in use or none, and waves', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await withProgram(elfBytes('nop'), async (elf) => {
        const refused = async (...args: string[]): Promise<string> => {
          const { status, stdout, stderr } = await systole('sim', '--elf', elf, '--engine', 'model', ...args);
          expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
          return stderr;
        };
        expect(await refused('--gdb', String(port))).toBe(`systole: --gdb ${port}: the port is in use; give another one, or 0 for any that is free\n`);
        expect(await refused('--gdb', '65536')).toBe('systole: --gdb 65536: is not a whole number from 0 to 65535; give one\n');
        expect(await refused('--gdb', '0', '--wave', 'x.vcd')).toBe('systole: --gdb and --wave: waves need a run without pauses; give one of the two\n');
      });
    } finally {
      server.close();
    }
  });
});
