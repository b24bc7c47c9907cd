import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toolVersion } from '../../fpga/tools.ts';
import { IN_PLACE_OF_A_FILE, withFolder, withoutWaiting } from '../gen/files/odd-files.ts';

describe('an installed tool', () => {
  it('is one whose package tells its version; nothing in its place is waited for', async () => {
    await withFolder(async (folder) => {
      const inPackage = join(folder, 'node_modules', '@yowasp', 'yosys');
      const file = join(inPackage, 'package.json');
      expect(toolVersion('yosys', folder)).toBeUndefined();
      mkdirSync(inPackage, { recursive: true });
      writeFileSync(file, '{"version": "0.55"}');
      expect(toolVersion('yosys', folder)).toBe('0.55');
      expect(toolVersion('icepack', folder)).toBeUndefined();
      for (const text of ['', '{"version": "0.5', 'null', '{}', '{"version": 5}']) {
        writeFileSync(file, text);
        expect(toolVersion('yosys', folder), text).toBeUndefined();
      }
      for (const [what, put] of IN_PLACE_OF_A_FILE) {
        rmSync(file, { recursive: true });
        rmSync(`${file}.pipe`, { force: true });
        put(file);
        expect(await withoutWaiting(file, () => toolVersion('yosys', folder)), what).toBeUndefined();
      }
    });
  });
});
