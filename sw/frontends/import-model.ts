// The front door for models: from a GGUF file to a graph, by the architecture that the file names.
// Must not know: how any architecture is put together; that is one file each beside this one.
import { UserError } from '../../gen/user-error.ts';
import { quoteName, readGgufFile } from '../formats/gguf.ts';
import type { GgufFile } from '../formats/gguf.ts';
import type { Graph } from '../graph/graph.ts';
import { importMnistFc } from './mnist-fc.ts';

/** Makes the graph of one architecture. @throws UserError where the file does not hold what the architecture needs */
export type Importer = (file: GgufFile) => Graph;

const ARCHITECTURE_KEY = 'general.architecture';

/** All architectures. A further one is a further entry. */
export const ARCHITECTURES: ReadonlyMap<string, Importer> = new Map([
  ['mnist-fc', importMnistFc],
]);

/** Reads a model file. @throws UserError naming the file, the place and the mend */
export function importModel(path: string): Graph {
  return importGguf(readGgufFile(path));
}

/** Large models are published in several files, of which only the first names the architecture and none has all tensors. */
function mustBeWhole({ source, keyValues }: GgufFile): void {
  const numberOf = (key: string): number | undefined => {
    const value = keyValues.get(key)?.value;
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
  };
  const parts = numberOf('split.count');
  if (parts === undefined || parts <= 1) return;
  const index = numberOf('split.no');
  const which = index === undefined ? 'a part' : `part ${index + 1}`;
  throw new UserError(`${source.label}: is ${which} of ${parts} of a split model; join them, as with llama-gguf-split --merge, and give the whole`);
}

/** The same for a file that is already open. */
export function importGguf(file: GgufFile): Graph {
  mustBeWhole(file);
  const known = [...ARCHITECTURES.keys()].join(', ');
  const entry = file.keyValues.get(ARCHITECTURE_KEY);
  const place = `${file.source.label}: key "${ARCHITECTURE_KEY}"`;
  if (entry === undefined) throw new UserError(`${place}: is missing; set it to one of: ${known}`);
  if (entry.type !== 'string') throw new UserError(`${place}: has type ${entry.type}; make it the string of one of: ${known}`);
  const importer = ARCHITECTURES.get(entry.value);
  if (importer === undefined) throw new UserError(`${place}: unknown architecture ${quoteName(entry.value)}; known are: ${known}`);
  return importer(file);
}
