/** Progress on a terminal and elsewhere, against a clock of the test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { showProgress } from '../../cli/progress.ts';
import type { ShownProgress } from '../../cli/progress.ts';
import { during } from '../../gen/progress.ts';

let seconds = 0;
let said = '';

function display(isTerminal: boolean, columns = 80): ShownProgress {
  return showProgress({ isTerminal, columns: () => columns, now: () => 1000 * seconds, write: (text) => (said += text) });
}

/** Time goes on while nothing is told. */
function wait(until: number): void {
  seconds = until;
  vi.advanceTimersByTime(1000);
}

/** What a terminal shows in the end: a return starts the line anew. */
function screen(): string[] {
  return said.split('\n').map((line) => line.split('\r').reduce((shown, text) => text + shown.slice(text.length), '').trimEnd());
}

beforeEach(() => {
  seconds = 0;
  said = '';
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

describe('progress elsewhere than on a terminal', () => {
  it('says nothing about what takes less than two seconds', () => {
    const task = display(false).start('simulation');
    task.at(0.5);
    wait(1.9);
    task.end();
    expect(said).toBe('');
  });

  it('says ever more seldom how far it is, what is left, and that it has ended', () => {
    const task = display(false).start('simulation');
    for (let tenth = 1; tenth <= 1000; tenth++) {
      seconds = tenth / 10;
      task.at(tenth / 1000);
    }
    task.end();
    expect(said.trimEnd().split('\n')).toEqual([
      'simulation: 2 %, 2 s, about 98 s left', 'simulation: 5 %, 5 s, about 95 s left', 'simulation: 10 %, 10 s, about 90 s left',
      'simulation: 20 %, 20 s, about 80 s left', 'simulation: 40 %, 40 s, about 60 s left', 'simulation: 80 %, 80 s, about 20 s left',
      'simulation: took 2 min',
    ]);
  });

  it('estimates from experience where the work itself tells nothing, and says when it takes longer', () => {
    const task = display(false).start('synthesis of nano', { expectedSeconds: 10 });
    for (const until of [2, 5, 10, 60]) wait(until);
    task.end();
    expect(said.trimEnd().split('\n')).toEqual([
      'synthesis of nano: 20 %, 2 s, about 8 s left', 'synthesis of nano: 50 %, 5 s, about 5 s left', 'synthesis of nano: 10 s, longer than usual',
      'synthesis of nano: 60 s, longer than usual', 'synthesis of nano: took 60 s',
    ]);
  });

  it('has no estimate where nothing is known, and tells what the work is at', () => {
    const task = display(false).start('simulation');
    wait(3);
    task.at(0, '12 cycles');
    wait(6);
    task.end();
    expect(said).toBe('simulation: 3 s\nsimulation: 12 cycles, 6 s\nsimulation: took 6 s\n');
  });

  it('does not let the share fall, nor end twice', () => {
    const task = display(false).start('simulation');
    task.at(0.5);
    task.at(0.25);
    wait(2);
    task.end();
    task.end();
    expect(said).toBe('simulation: 50 %, 2 s, about 2 s left\nsimulation: took 2 s\n');
  });
});

describe('progress on a terminal', () => {
  it('is one line, which other lines push down and the end takes away', () => {
    const progress = display(true);
    const a = progress.start('synthesis of a', { expectedSeconds: 10 });
    const b = progress.start('synthesis of b', { expectedSeconds: 20 });
    wait(5);
    expect(screen()).toEqual(['synthesis of a: 50 %, 5 s, about 5 s left | synthesis of b: 25 %, 5 s, about 15']);
    progress.note('b is large');
    expect(screen()).toEqual(['b is large', '']);
    wait(6);
    a.end();
    wait(7);
    expect(screen()).toEqual(['b is large', 'synthesis of a: took 6 s', 'synthesis of b: 35 %, 7 s, about 13 s left']);
    progress.clear();
    expect(screen()[2]).toBe('');
    b.end();
    expect(screen()).toEqual(['b is large', 'synthesis of a: took 6 s', 'synthesis of b: took 7 s', '']);
  });

  it('is never wider than the terminal', () => {
    const task = display(true, 20).start('a name that is long', { expectedSeconds: 10 });
    wait(5);
    task.end();
    for (const text of said.split(/[\r\n]/).slice(0, -2)) expect(text.trimEnd().length).toBeLessThan(20);
    expect(screen()).toEqual(['a name that is long: took 5 s', '']);
  });
});

describe('during', () => {
  it('ends its task where the work fails', async () => {
    const progress = display(false);
    const failing = during(progress, 'placement', () => {
      wait(3);
      throw new Error('no room');
    });
    await expect(failing).rejects.toThrow('no room');
    expect(said).toBe('placement: 3 s\nplacement: took 3 s\n');
    wait(100);
    expect(said).toBe('placement: 3 s\nplacement: took 3 s\n');
  });
});
