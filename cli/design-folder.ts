// A printed design in a folder, with the lists of its files; what an earlier design has left there goes.
// Must not know: verbs, designs.
import { join } from 'node:path';
import { readKeptText } from '../gen/files/input.ts';
import { removeFiles, writeFolder } from '../gen/files/output.ts';
import type { SourceFile } from '../gen/print/systemverilog.ts';
import { DATA_LIST, FILE_LIST, listedFiles, sourceFiles } from './source-lists.ts';

/** Some hundred names. */
const MOST_LIST_BYTES = 2 ** 20;

/** Writes the modules, their lists, and `others` by name; returns the paths. */
export function writeDesign(
  folder: string, sources: readonly SourceFile[], others: Readonly<Record<string, string>> = {},
): readonly string[] {
  const files = new Map([...sourceFiles(sources), ...Object.entries(others)]);
  // Modules of the design that was written here before: one that this one lacks would be compiled with it by everybody who takes all
  // files of the folder. Nothing else is ours to remove.
  const list = (name: string): string => readKeptText(join(folder, name), MOST_LIST_BYTES) ?? '';
  const former = listedFiles(list(FILE_LIST), list(DATA_LIST));
  const written = writeFolder(folder, files);
  removeFiles(folder, former.filter((name) => !files.has(name)));
  return written;
}
