// Which files a printed design consists of, and the lists of them that lie beside them.
// Must not know: designs, folders.
import { filesOf } from '../gen/print/systemverilog.ts';
import type { SourceFile } from '../gen/print/systemverilog.ts';

/** Of the modules, in the order in which they are to be compiled. */
export const FILE_LIST = 'filelist.f';
/** Of what the modules read: there only if they read something. */
export const DATA_LIST = 'datalist.txt';

/** Text by name: modules, what they read, and the lists. */
export function sourceFiles(sources: readonly SourceFile[]): Map<string, string> {
  const files = new Map(filesOf(sources).map(({ name, text }) => [name, text]));
  const list = (names: readonly { readonly name: string }[]): string => names.map(({ name }) => `${name}\n`).join('');
  files.set(FILE_LIST, list(sources));
  const data = sources.flatMap((s) => s.data ?? []);
  if (data.length > 0) files.set(DATA_LIST, list(data));
  return files;
}

/** Files that such lists name, and the list of what is read itself: all that a design that is no longer there has left. */
export function listedFiles(fileList: string, dataList: string): readonly string[] {
  const data = dataList.split('\n').filter((name) => /^\w+\.\w+\.hex$/.test(name));
  return [...fileList.split('\n').filter((name) => /^\w+\.sv$/.test(name)), ...data, ...(data.length > 0 ? [DATA_LIST] : [])];
}
