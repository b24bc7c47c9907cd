import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../gen/user-error.ts';
import { findToolchain, missingTools } from '../../../sim/verilator/toolchain.ts';

describe('a machine without some of the tools', () => {
  const path = process.env.PATH;
  let bin = '';
  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), 'systole-path-'));
    process.env.PATH = bin;
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(bin, { recursive: true });
  });

  it('is told in one line what is missing and the command that installs it', async () => {
    const line = 'engine verilator: verilator, a C++ compiler, cmake, ninja or make not found; '
      + 'install with `sudo apt-get install -y verilator g++ cmake ninja-build` or use the engine wasm';
    expect(missingTools()).toBe(line);
    await expect(findToolchain()).rejects.toThrow(UserError);
    await expect(findToolchain()).rejects.toThrow(line);
  });

  it('is asked only for what it lacks', async () => {
    for (const program of ['clang++', 'cmake', 'make']) await symlink(process.execPath, join(bin, program));
    const install = 'install with `sudo apt-get install -y verilator` or use the engine wasm';
    expect(missingTools()).toBe(`engine verilator: verilator not found; ${install}`);
    await symlink(process.execPath, join(bin, 'verilator'));
    expect(missingTools()).toBeUndefined();
  });
});
