/** Which names a designer may give: legal in SystemVerilog, and reserved neither by it nor by a tool nor for what is generated. */
import { DesignError } from '../design-error.ts';
import { isReserved } from '../names/reserved.ts';
import type { Site } from '../site.ts';

/** Folders take 255 bytes, and from 128 characters on Verilator calls things by a hash: this leaves room for what is joined to a name. */
const MOST_CHARACTERS = 100;

export function checkName(name: string, site: Site): void {
  if (isReserved(name)) throw new DesignError('reserved-name', `'${name}' is reserved`, site, undefined, 'choose another name');
  checkHint(name, site);
}

/** A name that makes way for others: it may be reserved. */
export function checkHint(name: string, site: Site): void {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    throw new DesignError('bad-name', `'${name}' is no identifier`, site, undefined, 'use letters, digits and _, starting with a letter');
  }
  if (name.length > MOST_CHARACTERS) {
    throw new DesignError('bad-name', `'${name.slice(0, 20)}…' has ${name.length} characters`, site, undefined, `use at most ${MOST_CHARACTERS}`);
  }
}
