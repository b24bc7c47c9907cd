// The network that comes with Systole, of which is known what it was trained on.
// Must not know: networks, digits.
import { fileURLToPath } from 'node:url';
import { openInput, readInput } from '../../gen/files/input.ts';
import { GGUF_FILE } from '../formats/gguf.ts';

export const OWN_MODEL = fileURLToPath(new URL('../../models/mnist-fc.gguf', import.meta.url));

/** Whether a model file, by whatever name, is Systole's own: it never saw the digits that are held out. */
export function isOwnModel(file: string): boolean {
  const own = readInput(OWN_MODEL, GGUF_FILE);
  const given = openInput(file, GGUF_FILE);
  return given.byteLength === own.length && given.read(0, own.length).every((byte, i) => byte === own[i]);
}
