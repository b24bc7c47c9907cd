/**
 * A new row of the tensor table is not forgotten anywhere: the type checker names every place that must know it. One row of each kind
 * is added to the table in memory, and what the compiler then complains of must be just those places.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TABLE = join(ROOT, 'hw/isa/tensor.ts');
/** Of each kind: a row, and the files that have to know rows of the kind, each with how many complaints name it. */
const KINDS = {
  question: {
    row: 'peek: question({ mnemonic: \'tn.peek\', opcode: CUSTOM_0, funct3: 5, summary: \'\', semantics: [] }),',
    files: ['hw/tensor/dispatch.ts', 'hw/tensor/serial/front.ts', 'sim/model/tensor.ts'],
  },
  prefix: {
    row: 'also: prefix({ mnemonic: \'tn.also\', opcode: CUSTOM_1, funct3: 7, summary: \'\', rs1: [], rs2: [], semantics: [] }),',
    files: ['hw/tensor/dispatch.ts', 'hw/tensor/serial/front.ts', 'sim/model/tensor.ts'],
  },
  command: {
    row: 'peak: command(\'vector\', { mnemonic: \'tn.peak\', opcode: CUSTOM_1, funct3: 4, funct7: 1, summary: \'\', rs1: [], rs2: [], uses: [], semantics: [] }),',
    files: ['hw/tensor/commands.ts', 'hw/tensor/serial/front.ts', 'hw/tensor/serial/sequencer.ts', 'sim/model/tensor.ts'],
  },
} as const;

it.each(Object.entries(KINDS))('a %s that nothing knows is named by the type checker in every place', (_, { row, files }) => {
  const text = readFileSync(TABLE, 'utf8');
  const place = '  sta: command(';
  const planted = text.replace(place, `  ${row}\n${place}`);
  expect(planted).not.toBe(text);
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) =>
    (relative(TABLE, name) === '' ? ts.createSourceFile(name, planted, ts.ScriptTarget.ES2022, true) : getSourceFile(name, ...rest));
  const program = ts.createProgram(files.map((file) => join(ROOT, file)), options, host);
  const complaints = files.map((file) => {
    const source = program.getSourceFile(join(ROOT, file));
    const messages = program.getSemanticDiagnostics(source).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
    return [file, messages.some((message) => /Property '(peek|also|peak)' is missing/.test(message))];
  });
  expect(complaints).toEqual(files.map((file) => [file, true]));
});
