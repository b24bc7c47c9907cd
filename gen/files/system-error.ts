/**
 * What the system's error codes mean to the one who named a file: one table for all that is read and written.
 * Must not know any kind of file.
 */

interface Reason {
  readonly what: string;
  readonly mend: string;
}

/** Where nothing is there, the mend is what should have been there: the caller knows. */
const ABSENT: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is a file, not a folder',
};

const READING: Readonly<Record<string, Reason>> = {
  EACCES: { what: 'its permissions forbid it', mend: 'change them, or give another file' },
  EPERM: { what: 'its permissions forbid it', mend: 'change them, or give another file' },
  ELOOP: { what: 'its symbolic links go in a circle', mend: 'give the file itself' },
  ENAMETOOLONG: { what: 'the name is too long', mend: 'give a shorter one' },
  EMFILE: { what: 'too many files are open', mend: 'close some and try again' },
  ENFILE: { what: 'too many files are open', mend: 'close some and try again' },
  EIO: { what: 'the disk reports an error', mend: 'check it, or give a copy' },
};

const WRITING: Readonly<Record<string, Reason>> = {
  ENOSPC: { what: 'no space is left on the device', mend: 'free some, or choose another place' },
  EDQUOT: { what: 'your share of the disk is used up', mend: 'free some, or choose another place' },
  EROFS: { what: 'the file system is read-only', mend: 'choose another place' },
  EACCES: { what: 'permissions forbid it', mend: 'change them, or choose another place' },
  EPERM: { what: 'permissions forbid it', mend: 'change them, or choose another place' },
  EISDIR: { what: 'it is a folder', mend: 'name a file' },
  ENOTDIR: { what: 'a part of its path is a file, not a folder', mend: 'choose another place' },
  ENOENT: { what: 'nothing can be made there', mend: 'choose another place' },
  ENXIO: { what: 'nobody reads from it', mend: 'start its reader first, or name a file' },
  EPIPE: { what: 'nobody reads from it any more', mend: 'name a file' },
  ELOOP: { what: 'its symbolic links go in a circle', mend: 'name the file itself' },
  ENAMETOOLONG: { what: 'the name is too long', mend: 'choose a shorter one' },
  EFBIG: { what: 'the file would be larger than allowed', mend: 'choose another place' },
  ETXTBSY: { what: 'it is a program that runs', mend: 'end it, or name another file' },
  EMFILE: { what: 'too many files are open', mend: 'close some and try again' },
  ENFILE: { what: 'too many files are open', mend: 'close some and try again' },
  EIO: { what: 'the disk reports an error', mend: 'check it, or choose another place' },
};

/** The code of an error that the system reported; undefined: it did not come from the system. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Why a file cannot be read, and the mend. @param wanted what should be given instead of a file that is not there */
export function whyUnreadable(code: string, wanted: string): string {
  if (Object.hasOwn(ABSENT, code)) return `${ABSENT[code]}; ${wanted}`;
  return sentence('read', code, READING, { what: 'the system refuses', mend: wanted });
}

/** Why a file or folder cannot be written, and the mend. */
export const whyUnwritable = (code: string): string => sentence('written', code, WRITING, { what: 'the system refuses', mend: 'choose another place' });

function sentence(done: string, code: string, table: Readonly<Record<string, Reason>>, otherwise: Reason): string {
  const { what, mend } = Object.hasOwn(table, code) ? table[code] : otherwise;
  return `cannot be ${done}: ${what} (${code}); ${mend}`;
}
