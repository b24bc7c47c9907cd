// The network that comes with Systole, of which is known what it was trained on.
// Must not know: networks, digits.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const OWN_MODEL = fileURLToPath(new URL('../../models/mnist-fc.gguf', import.meta.url));

/** Whether a model file, by whatever name, is Systole's own: it never saw the digits that are held out. */
export const isOwnModel = (file: string): boolean => readFileSync(file).equals(readFileSync(OWN_MODEL));
