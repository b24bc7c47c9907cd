/** The figures of docs/fpga.md. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { installTools } from '../../../fpga/tools.ts';
import { textFigures } from '../figure.ts';
import type { Figure } from '../figure.ts';
import { measurement } from '../measurement.ts';

const tools = measurement('bytes of fpga/node_modules', async ({ root, note }) => {
  await installTools(note);
  const folder = join(root, 'fpga/node_modules');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
});

export const FPGA: readonly Figure[] = textFigures('docs/fpga.md', 'They are {mb} MB', tools, {
  mb: (bytes) => (10 * Math.round(bytes / 1e7)).toFixed(0),
}, { share: 0.05, isNoisy: false });
