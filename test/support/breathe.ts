/**
 * Between two tests the worker hears the test runner. Tests that wait for nothing follow each other without a pause, and what a worker has
 * told and not heard answered within a minute counts as an error.
 */
import { setImmediate } from 'node:timers/promises';
import { afterEach } from 'vitest';

afterEach(async () => {
  await setImmediate();
});
