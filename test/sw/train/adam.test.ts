import { describe, expect, it } from 'vitest';
import { Adam } from '../../../sw/train/adam.ts';

describe('Adam', () => {
  it('first steps by the learning rate against the sign of the slope, whatever its size', () => {
    const parameters = Float32Array.of(1, 1, 1);
    const gradients = Float32Array.of(1000, -0.5, 0);
    new Adam([parameters]).step([gradients], 0.25);
    expect([...parameters].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([0.75, 1.25, 1]);
    expect([...gradients]).toEqual([0, 0, 0]);
  });

  it('finds the bottom of a bowl', () => {
    const place = Float32Array.of(5, -3);
    const adam = new Adam([place]);
    for (let step = 0; step < 500; step += 1) adam.step([Float32Array.of(2 * (place[0] - 1), 20 * (place[1] - 2))], 0.1 * (1 - step / 500));
    expect(place[0]).toBeCloseTo(1, 2);
    expect(place[1]).toBeCloseTo(2, 2);
  });
});
