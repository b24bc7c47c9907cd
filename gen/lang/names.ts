/** Which names a designer may give: legal in SystemVerilog, and reserved neither by it nor by a tool nor for what is generated. */
import { DesignError } from '../design-error.ts';
import { isReserved } from '../names/reserved.ts';
import type { Site } from '../site.ts';

/** Files are called after modules, and folders take no more than 255 bytes. */
const MOST_CHARACTERS_OF_MODULE = 200;

export function checkName(name: string, site: Site): void {
  if (isReserved(name)) throw new DesignError('reserved-name', `'${name}' is reserved`, site, undefined, 'choose another name');
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    throw new DesignError('bad-name', `'${name}' is no identifier`, site, undefined, 'use letters, digits and _, starting with a letter');
  }
}

export function checkModuleName(name: string, site: Site): void {
  checkName(name, site);
  if (name.length > MOST_CHARACTERS_OF_MODULE) {
    const what = `a module's name of ${name.length} characters, '${name.slice(0, 20)}…'`;
    throw new DesignError('bad-name', what, site, undefined, `use at most ${MOST_CHARACTERS_OF_MODULE}: its file is called after it`);
  }
}
