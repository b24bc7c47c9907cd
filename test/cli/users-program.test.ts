/** What a user's program throws, as it is told. How it ends the process, and what it prints: `design.test.ts`. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { runUsers } from '../../cli/users-program.ts';
import { UserError } from '../../gen/user-error.ts';

const told = (work: () => unknown): Promise<unknown> =>
  runUsers({ file: 'a.ts', isQuiet: true }, work).then(() => 'nothing', (error: unknown) => error);

const circle = (): void => circle();

/** An error that was thrown in a file of ours. */
function thrownIn(file: string): Error {
  const error = new TypeError('gone wrong');
  error.stack = `TypeError: gone wrong\n    at work (${fileURLToPath(new URL(`../../${file}`, import.meta.url))}:1:1)\n${error.stack ?? ''}`;
  return error;
}

describe('a user\'s program', () => {
  it.each<[() => never, RegExp]>([
    [() => { throw new TypeError('no such thing'); }, /^a\.ts: throws TypeError: no such thing {2}at test\/cli\/users-program\.test\.ts:\d+; mend the program$/],
    [() => { throw new Error('two\nlines'); }, /^a\.ts: throws Error: two {2}at/],
    [() => { throw 'boo'; }, /^a\.ts: throws boo; mend the program$/],
    [() => { throw undefined; }, /^a\.ts: throws undefined; mend the program$/],
    [() => { throw { code: 5 }; }, /^a\.ts: throws an object that is no Error; mend the program$/],
    [() => { throw Symbol('odd'); }, /^a\.ts: throws Symbol\(odd\); mend the program$/],
    [() => { circle(); throw new Error('not reached'); }, /^a\.ts: throws RangeError: Maximum call stack size exceeded {2}at/],
    [() => { throw new UserError('b.ts: as it is'); }, /^b\.ts: as it is$/],
  ])('that throws is told in a line: %s', async (work, line) => {
    const error = await told(work);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error instanceof UserError && error.message)).toMatch(line);
  });

  it.each(['gen/passes/elaborate.ts', 'cli/module-file.ts'])('does not answer for faults of %s', async (file) => {
    const error = thrownIn(file);
    expect(await told(() => { throw error; })).toBe(error);
  });

  it('leaves everything as it was', async () => {
    const listeners = (): number[] => ['unhandledRejection', 'uncaughtException', 'exit', 'beforeExit'].map((event) => process.listenerCount(event));
    const before = [...listeners(), process.stdout.write];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    expect(await runUsers({ file: 'a.ts', isQuiet: false }, () => process.stdout.write('printed'))).toBe(true);
    expect(spy.mock.calls).toEqual([['printed']]);
    spy.mockRestore();
    expect([...listeners(), process.stdout.write]).toEqual(before);
  });
});
