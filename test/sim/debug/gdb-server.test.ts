import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csrsOf } from '../../../hw/isa/csr.ts';
import { debugElf } from '../../../sim/debug/debug-elf.ts';
import type { DebugElfOptions } from '../../../sim/debug/debug-elf.ts';
import { PACKET_BYTES, frame, wordToHex } from '../../../sim/debug/gdb-packets.ts';
import type { Engine, RunElfResult } from '../../../sim/run-elf.ts';
import { COUNTING, COUNTING_DATA, config, program } from './programs.ts';
import { GdbClient } from './gdb-client.ts';
import { checkProperty } from '../../support/property.ts';

const PC = 32;
const elf = program(COUNTING, COUNTING_DATA);
const at = (name: string): number => elf.symbols.get(name)!;
const hex = (n: number): string => n.toString(16);
const hexText = (text: string): string => Buffer.from(text).toString('hex');

interface Session {
  readonly gdb: GdbClient;
  readonly port: number;
  readonly result: Promise<RunElfResult>;
}

/** Starts the program under a debugger, connects, and ends both afterwards. */
async function session(
  engine: Engine, work: (session: Session) => Promise<void>, more: Partial<DebugElfOptions> = {},
): Promise<RunElfResult> {
  let listening: (port: number) => void = () => undefined;
  const ready = new Promise<number>((resolve) => listening = resolve);
  const result = debugElf({ config, elf, engine, port: 0, maxCycles: 1e9, onListening: listening, ...more });
  const port = await Promise.race([ready, result.then(() => 0)]);
  const gdb = await GdbClient.open(port);
  try {
    await work({ gdb, port, result });
  } catch (error) {
    gdb.raw(frame('k'));
    throw error;
  }
  if (!gdb.isClosed) gdb.raw(frame('k'));
  return result;
}

describe.each(['model', 'wasm'] as const)('a debugger on %s', (engine) => {
  it('reads registers and memory, and steps', async () => {
    const run = await session(engine, async ({ gdb }) => {
      expect(await gdb.ask('qSupported:swbreak+;hwbreak+')).toContain('qXfer:features:read+');
      expect(await gdb.ask('?')).toBe('T05');
      expect(await gdb.ask('p20')).toBe(wordToHex(0x8000_0000));
      expect(await gdb.ask('g')).toBe('00000000'.repeat(PC) + wordToHex(0x8000_0000));
      expect(await gdb.ask('s')).toBe('T05');
      expect(await gdb.ask('p20')).toBe(wordToHex(0x8000_0004));
      expect(await gdb.ask('vCont;s:1;c')).toBe('T05');
      expect(await gdb.ask('vCont;s')).toBe('T05');
      expect(await gdb.ask('p2')).toBe(wordToHex(at('top')));
      expect(await gdb.ask('p8')).toBe(wordToHex(5));
      expect(await gdb.ask(`m${hex(at('count'))},4`)).toBe('97020000');
      expect(await gdb.ask(`M${hex(at('word'))},4:02000000`)).toBe('OK');
      expect(await gdb.ask(`m${hex(at('word'))},2`)).toBe('0200');
      expect(await gdb.ask(`X${hex(at('word'))},2:\x03#`)).toBe('OK');
      expect(await gdb.ask(`m${hex(at('word'))},4`)).toBe('03230000');
      expect(await gdb.ask('X0,0:')).toBe('OK');
    });
    expect(run).toMatchObject({ stopped: 'killed', exit: undefined, crash: undefined, instret: 3 });
  });

  it('stops at breakpoints before their instruction, at watchpoints after it', async () => {
    const run = await session(engine, async ({ gdb }) => {
      const [count, word] = [hex(at('count')), hex(at('word'))];
      for (const kind of ['0', '1']) expect(await gdb.ask(`Z${kind},${count},4`)).toBe('OK');
      expect(await gdb.ask('c')).toBe('T05');
      expect(await gdb.ask('p20')).toBe(wordToHex(at('count')));
      expect(await gdb.ask('p5')).toBe(wordToHex(0));
      expect(await gdb.ask(`z0,${count},4`)).toBe('OK');
      // Another breakpoint stands there still.
      expect(await gdb.ask('c')).toBe('T05');
      expect(await gdb.ask(`m${word},4`)).toBe(wordToHex(1));
      expect(await gdb.ask(`z1,${count},4`)).toBe('OK');
      expect(await gdb.ask(`Z2,${word},4`)).toBe('OK');
      expect(await gdb.ask('vCont;c')).toBe(`T05watch:${word};`);
      expect(await gdb.ask('p20')).toBe(wordToHex(at('store') + 4));
      expect(await gdb.ask(`m${word},4`)).toBe(wordToHex(2));
      expect(await gdb.ask(`z2,${word},4`)).toBe('OK');
      expect(await gdb.ask(`Z3,${hex(at('word') + 1)},1`)).toBe('OK');
      expect(await gdb.ask('c')).toBe(`T05rwatch:${hex(at('word') + 1)};`);
      expect(await gdb.ask('p20')).toBe(wordToHex(at('count') + 12));
      expect(await gdb.ask(`z3,${hex(at('word') + 1)},1`)).toBe('OK');
      expect(await gdb.ask(`Z4,${word},4`)).toBe('OK');
      expect(await gdb.ask('c')).toBe(`T05awatch:${word};`);
      expect(await gdb.ask(`z4,${word},4`)).toBe('OK');
      expect(await gdb.ask('c')).toBe('W00');
      await gdb.closed();
    });
    expect(run).toMatchObject({ stopped: 'tohost', exit: 0, crash: undefined });
  });

  it('describes itself', async () => {
    await session(engine, async ({ gdb }) => {
      let xml = '';
      for (let piece = 'm'; piece.startsWith('m');) {
        piece = await gdb.ask(`qXfer:features:read:target.xml:${hex(xml.length)},100`);
        xml += piece.slice(1);
      }
      expect(xml).toContain('<architecture>riscv:rv32</architecture>');
      expect(xml.match(/<reg /g)).toHaveLength(33 + csrsOf({ ...config.core, zicntr: config.core.isa.zicntr }).length);
      expect(xml).toContain('<osabi>none</osabi>');
      expect(await gdb.ask('qXfer:features:read:other.xml:0,100')).toBe('E02');
      expect(await gdb.ask('p341')).toBe(wordToHex(0x1800)); // mstatus
      expect(await gdb.ask(`qRcmd,${hexText('cycles')}`)).toMatch(/^[0-9a-f]+$/);
      expect(Buffer.from(await gdb.ask(`qRcmd,${hexText('what')}`), 'hex').toString()).toContain('reset: ');
    });
  });

  it('interrupts a program that runs, and lets it run on when it leaves', async () => {
    const run = await session(engine, async ({ gdb }) => {
      expect(await gdb.ask(`M${hex(at('again'))},4:6f000000`)).toBe('OK'); // again: j again
      gdb.raw(frame('c'));
      await new Promise((resolve) => setTimeout(resolve, 60));
      gdb.raw('\x03');
      expect(await gdb.reply()).toBe('T02');
      expect(await gdb.ask('p20')).toBe(wordToHex(at('again')));
      expect(await gdb.ask('D')).toBe('OK');
      await gdb.closed();
    }, { maxCycles: engine === 'model' ? 100_000_000 : 100_000 });
    expect(run).toMatchObject({ stopped: 'limit', exit: undefined });
    expect(run.crash?.reason).toBe('limit');
  });

  it('begins again by monitor reset', async () => {
    const run = await session(engine, async ({ gdb }) => {
      expect(await gdb.ask(`Z0,${hex(at('finish'))},4`)).toBe('OK');
      for (let life = 0; life < 2; life++) {
        expect(await gdb.ask('c')).toBe('T05');
        expect(await gdb.ask(`m${hex(at('word'))},4`)).toBe(wordToHex(5));
        expect(Buffer.from(await gdb.ask(`qRcmd,${hexText('reset')}`), 'hex').toString()).toContain('afresh');
        expect(await gdb.ask('p20')).toBe(wordToHex(0x8000_0000));
        expect(await gdb.ask(`m${hex(at('word'))},4`)).toBe(wordToHex(0));
      }
      expect(await gdb.ask('s')).toBe('T05');
      expect(await gdb.ask('p20')).toBe(wordToHex(0x8000_0004));
    });
    expect(run.stopped).toBe('killed');
  });

  it('sees where a program is stuck', async () => {
    const crashing = program('li t0, 0x40000000\nlw t1, 0(t0)');
    const run = await session(engine, async ({ gdb }) => {
      expect(await gdb.ask('c')).toBe('T0b');
      expect(await gdb.ask('?')).toBe('T0b');
      expect(await gdb.ask('p346')).toBe(wordToHex(0)); // mtvec is 65 + 0x305
      expect(await gdb.ask('p5')).toBe(wordToHex(0x4000_0000));
      expect(await gdb.ask('D')).toBe('OK');
    }, { elf: crashing });
    expect(run).toMatchObject({ stopped: 'stuck', crash: { cause: 5, pc: 0x8000_0004 } });
  });
});

describe('registers', () => {
  it.each(['model', 'wasm'] as const)('can be written on %s', async (engine) => {
    await session(engine, async ({ gdb }) => {
      expect(await gdb.ask('Pa=78563412')).toBe('OK');
      expect(await gdb.ask('pa')).toBe('78563412');
      expect(await gdb.ask('P0=78563412')).toBe('OK');
      expect(await gdb.ask('p0')).toBe('00000000');
      expect(await gdb.ask(`P20=${wordToHex(at('finish'))}`)).toBe('OK');
      expect(await gdb.ask(`G${wordToHex(7).repeat(PC)}${wordToHex(at('again'))}`)).toBe('OK');
      expect(await gdb.ask('g')).toBe(`00000000${wordToHex(7).repeat(PC - 1)}${wordToHex(at('again'))}`);
      expect(await gdb.ask(`P381=${wordToHex(0x55)}`)).toBe('OK'); // mscratch
      expect(await gdb.ask('p381')).toBe(wordToHex(0x55));
      expect(await gdb.ask(`c${hex(at('finish'))}`)).toMatch(/^W/);
    });
  });

  it.each(['model', 'wasm'] as const)('cannot take an address where no instruction can be on %s', async (engine) => {
    await session(engine, async ({ gdb }) => {
      expect(await gdb.ask(`P20=${wordToHex(0x8000_0001)}`)).toBe('E01');
      expect(await gdb.ask('p20')).toBe(wordToHex(0x8000_0000));
      expect(await gdb.ask(`s${hex(0x8000_0000)}`)).toBe('T05');
    });
  });
});

describe('a connection', () => {
  it('acknowledges, and repeats what was not heard, until it need not', async () => {
    await session('model', async ({ gdb }) => {
      gdb.raw('$?#3e');
      expect(await gdb.next()).toEqual({ kind: 'nak' });
      gdb.raw('$?#3f');
      expect([await gdb.next(), await gdb.next()]).toEqual([{ kind: 'ack' }, { kind: 'packet', data: 'T05' }]);
      gdb.raw('-');
      expect(await gdb.next()).toEqual({ kind: 'packet', data: 'T05' });
      gdb.raw(`+--${frame('QStartNoAckMode')}`);
      expect([await gdb.next(), await gdb.next()]).toEqual([{ kind: 'ack' }, { kind: 'packet', data: 'OK' }]);
      gdb.raw('+$?#00$?#3f');
      expect(await gdb.next()).toEqual({ kind: 'packet', data: 'T05' });
    });
  });

  it('answers nonsense with an error or not at all, and stays', async () => {
    const nonsense: readonly (readonly [string, string])[] = [
      ['m', 'E02'], ['m,', 'E02'], ['m0,4', 'E03'], ['mffffffff,4', 'E03'], ['m100000000,4', 'E02'], ['m80000000', 'E02'], ['mzz,1', 'E02'],
      ['M80000000,4:00', 'E02'], ['M80000000,1:0g', 'E02'], ['M0,1:00', 'E03'], ['M', 'E02'], ['X80000000,5:abc', 'E02'], ['X8000fffe,4:abcd', 'E03'],
      ['p', 'E02'], ['pffff', 'E01'], ['P', 'E02'], ['P1', 'E02'], ['P1=12', 'E02'], ['G00', 'E02'], ['Pffff=00000000', 'E01'],
      ['Z0', 'E02'], ['Z0,zz,4', 'E02'], ['Z9,0,4', ''], ['Z2,80000000,0', 'E02'], ['Z2,80000000,ffffffff', 'E02'], ['z1,1,2', 'OK'],
      ['czz', 'E02'], ['vCont;x', ''], ['vMustReplyEmpty', ''], ['vRun;a', ''], ['qXfer:features:read:target.xml:zz,1', ''], ['qRcmd,abc', 'E02'],
      ['', ''], ['!', ''], ['\x00\xff', ''], ['Q', ''], ['q', ''], ['v', ''], ['R00', ''],
    ];
    await session('model', async ({ gdb }) => {
      for (const [request, answer] of nonsense) expect([request, await gdb.ask(request)]).toEqual([request, answer]);
      gdb.raw(`$${'m'.repeat(10 * PACKET_BYTES)}#00`);
      expect(await gdb.reply()).toBe('E02');
      expect((await gdb.ask('m80000000,ffffffff')).length).toBeLessThanOrEqual(PACKET_BYTES);
      // Memory that ends inside of what was asked for.
      expect(await gdb.ask('m8000fffe,10')).toBe('0000');
      for (let i = 0; i < 1024; i++) expect(await gdb.ask(`Z0,${hex(2 * i)},2`)).toBe('OK');
      expect(await gdb.ask('Z0,80000000,2')).toBe('E04');
    });
  });

  it('survives random requests and noise', async () => {
    await session('model', async ({ gdb, port }) => {
      gdb.close();
      await checkProperty(fc.asyncProperty(fc.array(fc.oneof(
        fc.uint8Array({ maxLength: 100 }).map((noise) => Buffer.from(noise).toString('latin1')),
        fc.tuple(fc.constantFrom('m', 'M', 'X', 'g', 'G', 'p', 'P', 'Z', 'z', 'q', 'Q', 'v', 'H', 'T', '?', 's', 'c'), fc.string({ maxLength: 30 })).map((p) => frame(p.join(''))),
      ), { maxLength: 20 }), async (pieces) => {
        const other = await GdbClient.again(port);
        for (const piece of pieces) if (!piece.includes('k') && !piece.includes('D')) other.raw(piece);
        other.raw('\x03');
        other.raw(frame('?'));
        // Whatever was asked before, this connection still gives answers.
        expect((await other.reply()).length).toBeGreaterThanOrEqual(0);
        other.close();
      }), { runs: 50 });
      const last = await GdbClient.again(port);
      expect(await last.ask('?')).toMatch(/^T/);
      last.raw(frame('k'));
    }, { elf: program('loop: j loop') });
  });

  it('that is lost leaves the program where it is; a second one at a time is refused', async () => {
    const run = await session('model', async ({ gdb, port }) => {
      expect(await gdb.ask('s')).toBe('T05');
      const second = await GdbClient.open(port);
      await second.closed();
      gdb.close();
      const third = await GdbClient.again(port);
      expect(await third.ask('p20')).toBe(wordToHex(0x8000_0004));
      third.raw(frame('k'));
      await third.closed();
    });
    expect(run).toMatchObject({ stopped: 'killed', instret: 1 });
  });

  it('needs a port that is free', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(debugElf({ config, elf, engine: 'model', port })).rejects.toThrow(`--gdb ${port}: the port is in use; give another one, or 0 for any that is free`);
    server.close();
  });
});
