/** The static types reject what `static-types.ts` says that they reject. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');

function diagnose(path: string): string[] {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (p) => ts.sys.readFile(p)).config as { compilerOptions: object };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const program = ts.createProgram([path], options);
  return ts.getPreEmitDiagnostics(program).map((d) => {
    const place = d.file ? `${d.file.fileName}:${d.file.getLineAndCharacterOfPosition(d.start ?? 0).line + 1} ` : '';
    return place + ts.flattenDiagnosticMessageText(d.messageText, ' ');
  });
}

describe('the static types', () => {
  it('reject wrong widths, kinds, directions, ports and members', { timeout: 60_000 }, () => {
    const path = join(HERE, 'static-types.ts');
    expect(readFileSync(path, 'utf8').match(/@ts-expect-error \w/g)?.length).toBeGreaterThan(35);
    expect(diagnose(path)).toEqual([]);
  });
});
