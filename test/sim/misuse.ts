/** What every engine says, word for word, to who pokes, peeks, steps or reads what cannot be. For `Misused`, a design of its own. */
import { expect } from 'vitest';
import { B, In, Out, S, U, enumeration, hw, vec } from '../../gen/index.ts';
import { UserError } from '../../gen/user-error.ts';
import type { Simulator } from '../../sim/simulator.ts';
import { placesIn } from '../gen/errors.ts';

const at = placesIn(import.meta.url);
const Mode = enumeration('Mode', 'off', 'slow', 'fast');

export const Misused = hw('Misused', { flag: In(B), octet: In(U(8)), level: In(S(8)), wide: In(U(100)), lanes: In(vec(U(4), 3)), mode: In(Mode), out: Out(U(8)), done: Out(B) }, (m, io) => {
  const r = m.regs({ held: U(8, 0) });
  const store = m.mem('store', U(8), 6);
  r.held = io.octet;
  io.out = r.held.addWrap(store.read(io.octet.trunc(3)));
  io.done = io.flag.and(io.level.eq(-1)).and(io.wide.orR()).and(io.lanes.at(1).eq(2)).and(io.mode.eq('fast'));
});

/** A caller that the compiler would stop. */
const as = <T>(value: unknown): T => value as T;

interface Misuse {
  readonly what: string;
  readonly does: (sim: Simulator) => unknown;
  /** Without the place, which comes between the two. */
  readonly says: readonly [what: string, mend: string];
}

const range = 'poke a value in range, or widen the port';
const pokes: readonly (readonly [port: string, value: unknown, what: string, mend: string])[] = [
  ['flag', 2, 'flag: 2 is no bit pattern of Bool (0..1)', range],
  ['rst', 2, 'rst: 2 is no bit pattern of Bool (0..1)', range],
  ['octet', 256, 'octet: 256 is no bit pattern of UInt<8> (0..255)', range],
  ['octet', 1n << 80n, 'octet: 1208925819614629174706176 is no bit pattern of UInt<8> (0..255)', range],
  ['octet', 1n << 8000n, 'octet: a number of 8004 bits is no bit pattern of UInt<8> (0..255)', range],
  ['level', -1, 'level: -1 is no bit pattern of SInt<8> (0..255)', 'poke its bit pattern, BigInt.asUintN(8, …)'],
  ['level', -1n, 'level: -1 is no bit pattern of SInt<8> (0..255)', 'poke its bit pattern, BigInt.asUintN(8, …)'],
  ['level', 256, 'level: 256 is no bit pattern of SInt<8> (0..255)', range],
  ['wide', 1n << 100n, 'wide: 1267650600228229401496703205376 is no bit pattern of UInt<100> (0..2^100-1)', range],
  ['lanes', 4096, 'lanes: 4096 is no bit pattern of Vec<UInt<4>, 3> (0..4095)', range],
  ['mode', 4, 'mode: 4 is no bit pattern of Mode (0..3)', range],
  ...[1.5, NaN, Infinity, 2 ** 60].map((value) => ['octet', value, `octet: ${value} is no whole number that a number holds exactly`, 'poke a whole number, from 2^53 on as a bigint'] as const),
  ...([['5', '"5"'], [true, 'true'], [null, 'null'], [undefined, 'undefined'], [{}, 'an object'], [[1], 'an object'], [Symbol('x'), 'Symbol(x)']] as const)
    .map(([value, shown]) => ['octet', value, `octet: ${shown} is no number`, 'poke a number or a bigint'] as const),
  ['out', 1, 'out: not an input of the top module', 'it has rst, flag, octet, level, wide, lanes, mode'],
  ['clk', 1, 'clk: not an input of the top module', 'it has rst, flag, octet, level, wide, lanes, mode'],
];

const CASES: readonly Misuse[] = [
  ...pokes.map(([port, value, what, mend]) => ({ what: `poke ${port} ${typeof value}`, does: (sim: Simulator) => sim.poke(port, as(value)), says: [what, mend] as const })), // @poke
  ...[-1, 1.5, NaN, '3', null, 2 ** 60].map((cycles) => ({
    what: 'step', does: (sim: Simulator) => sim.step(as(cycles)), says: [`${typeof cycles === 'string' ? '"3"' : cycles} is not a number of cycles`, 'give 0 or more'] as const, // @step
  })),
  { what: 'runUntil of a wide output', does: (sim) => sim.runUntil('out', 1), says: ['out: not a 1-bit output of the top module', ''] }, // @until
  { what: 'runUntil of no name', does: (sim) => sim.runUntil(as(5), 1), says: ['5 is no path of a signal', 'give its name as a string'] }, // @untilName
  { what: 'runUntil of no number', does: (sim) => sim.runUntil('done', NaN), says: ['NaN is not a number of cycles', 'give 0 or more'] }, // @untilCycles
  { what: 'peek of no name', does: (sim) => sim.peek(as(null)), says: ['null is no path of a signal', 'give its name as a string'] }, // @peekName
  { what: 'watch of no list', does: (sim) => sim.watch(as(null)), says: ['null is no list of paths', 'give the signals\' names in a list'] }, // @watch
  { what: 'watch of a name', does: (sim) => sim.watch(as('out')), says: ['"out" is no list of paths', 'give the signals\' names in a list'] }, // @watchName
  { what: 'watch of no name', does: (sim) => sim.watch(as(['out', 5])), says: ['5 is no path of a signal', 'give its name as a string'] }, // @watchMember
  { what: 'poke of no name', does: (sim) => sim.poke(as(Symbol('x')), 1), says: ['Symbol(x) is no path of a signal', 'give its name as a string'] }, // @pokeName
  { what: 'memory of no name', does: (sim) => sim.memory(as(undefined)), says: ['undefined is no path of a signal', 'give its name as a string'] }, // @memoryName
  { what: 'read past the end', does: (sim) => sim.memory('store').read(4, 3), says: ['store: bytes 4 to 6 are outside its 6 bytes', ''] }, // @readEnd
  { what: 'read of half a byte', does: (sim) => sim.memory('store').read(0.5, 1), says: ['store: 1 bytes at 0.5', 'give whole numbers of bytes, 0 or more'] }, // @readHalf
  { what: 'read of less than nothing', does: (sim) => sim.memory('store').read(3, -1), says: ['store: -1 bytes at 3', 'give whole numbers of bytes, 0 or more'] }, // @readLess
  { what: 'write past the end', does: (sim) => sim.memory('store').write(5, Uint8Array.of(1, 2)), says: ['store: bytes 5 to 6 are outside its 6 bytes', ''] }, // @writeEnd
  { what: 'write of no bytes', does: (sim) => sim.memory('store').write(0, as([1, 2])), says: ['store: an object is no Uint8Array', 'write bytes'] }, // @writeList
];

const PLACES = ['poke', 'step', 'until', 'untilName', 'untilCycles', 'peekName', 'pokeName', 'memoryName', 'watch', 'watchName', 'watchMember', 'readEnd', 'readHalf', 'readLess', 'writeEnd', 'writeList'].map(at);

/** Every misuse of a simulator of `Misused` throws, says what and where, and changes nothing. */
export function expectMisuseIsTold(sim: Simulator): void {
  const state = (): unknown => [sim.cycle, ...sim.signals().map(({ path }) => sim.peek(path)), [...sim.memory('store').read(0, 6)]];
  sim.poke('octet', 77);
  sim.step();
  const before = state();
  for (const { what, does, says: [problem, mend] } of CASES) {
    let error: unknown;
    try {
      does(sim);
    } catch (e) {
      error = e;
    }
    expect(error, what).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    const place = PLACES.find((p) => message.includes(`  at ${p}`));
    expect(place, message).toBeDefined();
    expect(message).toBe(`simulator: ${problem}  at ${place}${mend === '' ? '' : `; ${mend}`}`);
  }
  expect(state()).toEqual(before);
  sim.close();
  for (const late of [() => sim.poke('octet', 1), () => sim.peek('out'), () => sim.step(), () => sim.runUntil('done', 1), () => sim.memory('store'), () => sim.watch([])]) {
    expect(late).toThrow(/^simulator: used after close\(\) {2}at \S+; create another one$/);
  }
}
