/**
 * ISA strings such as `rv32imc_zicsr_zba` (unprivileged specification, chapter "ISA Extension Naming Conventions"): what a
 * compiler is told, and what an executable's build attributes say that it needs. Must not know files nor compilers.
 */
import type { IsaExtensions } from './csr.ts';

/** What a hart can have, as far as ISA strings tell; machine mode, I, Zicsr and Zifencei are always there. */
export interface ArchOptions extends IsaExtensions {
  /** Absent: present. */
  readonly zicntr?: boolean;
}

/** An extension's name in ISA strings, its version there, and the options that it needs; none: every hart has it. */
interface Extension {
  readonly version: string;
  readonly needs: readonly (keyof ArchOptions)[];
}

/** In canonical order. Whatever does not stand here no hart has. */
const EXTENSIONS: Readonly<Record<string, Extension>> = {
  i: { version: '2p1', needs: [] },
  // Half of the registers: a program for it runs on all of them.
  e: { version: '1p9', needs: [] },
  m: { version: '2p0', needs: ['m'] },
  c: { version: '2p0', needs: ['c'] },
  b: { version: '1p0', needs: ['zba', 'zbb', 'zbs'] },
  zicntr: { version: '2p0', needs: ['zicntr'] },
  zicsr: { version: '2p0', needs: [] },
  zifencei: { version: '2p0', needs: [] },
  zmmul: { version: '1p0', needs: ['m'] },
  zca: { version: '1p0', needs: ['c'] },
  zba: { version: '1p0', needs: ['zba'] },
  zbb: { version: '1p0', needs: ['zbb'] },
  zbs: { version: '1p0', needs: ['zbs'] },
};
const extensionOf = (name: string): Extension | undefined => (Object.hasOwn(EXTENSIONS, name) ? EXTENSIONS[name] : undefined);

/** `g` is an abbreviation. */
const GENERAL = ['i', 'm', 'a', 'f', 'd', 'zicsr', 'zifencei'] as const;
/** No string that a tool writes is as long. */
const LONGEST = 4096;

/** The names of what a hart has that compilers are told of, by the keys of its options. */
const TOLD = ['zba', 'zbb', 'zbs'] as const;

/** What a compiler is told of a hart: `rv32imc_zicsr_zifencei_zba`. */
export function marchOf({ m, c, ...rest }: ArchOptions): string {
  return [`rv32i${m ? 'm' : ''}${c ? 'c' : ''}`, 'zicsr', 'zifencei', ...TOLD.filter((name) => rest[name])].join('_');
}

/** The same for the build attributes of an executable, from names of extensions: with versions, `rv32i2p1_m2p0_zicsr2p0`. */
export function archOf(extensions: Iterable<string>): string {
  const wanted = new Set([...extensions].map((name) => name.toLowerCase()));
  const named = Object.entries(EXTENSIONS).filter(([name]) => name === 'i' || wanted.has(name));
  return `rv32${named.map(([name, { version }]) => `${name}${version}`).join('_')}`;
}

/** Names of the extensions that a string lists, in its order, each once; undefined: it is no ISA string of an RV32 program. */
export function extensionsOf(arch: string): readonly string[] | undefined {
  if (arch.length > LONGEST) return undefined;
  const [, letters, more] = /^rv32([a-z][a-z0-9]*)((?:_[a-z][a-z0-9]*)*)$/.exec(arch.toLowerCase()) ?? [];
  if (letters === undefined || more === undefined) return undefined;
  const parts = [letters, ...more.split('_').slice(1)].flatMap((part) => (/^[szx]./.test(part) ? [multiLetter(part)] : singleLetters(part)));
  return [...new Set(parts.flatMap((name) => (name === 'g' ? GENERAL : [name])))];
}

/** `zba1p0` without its version. A name may itself hold digits: `zve32x`. */
const multiLetter = (part: string): string => part.replace(/\d+(?:p\d+)?$/, '');

/** `im2p0c` is I, M and C; a name of several letters may follow without an underscore. */
function singleLetters(part: string): string[] {
  const names: string[] = [];
  for (const [, single, several] of part.matchAll(/([a-rt-wy])(?:\d+(?:p\d+)?)?|([szx].*)/g)) names.push(single ?? multiLetter(several));
  return names;
}

export interface Missing {
  /** As the specification writes it: `M`, `Zba`. */
  readonly name: string;
  /** Options that would give it to the hart; empty: no hart has it. */
  readonly needs: readonly (keyof ArchOptions)[];
}

/** Those of `extensions` that a hart lacks. */
export function missingFrom(hart: ArchOptions, extensions: readonly string[]): readonly Missing[] {
  return extensions.flatMap((name): Missing[] => {
    const extension = extensionOf(name);
    const needs = extension?.needs.filter((option) => hart[option] === false) ?? [];
    return extension && needs.length === 0 ? [] : [{ name: name.charAt(0).toUpperCase() + name.slice(1), needs }];
  });
}
