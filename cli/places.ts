// Whether a verb may write where it is told to: asked before the work, which may take hours, and without making anything.
// Must not know: verbs.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemCode, whyUnwritable } from '../gen/files/system-error.ts';
import { UserError } from '../gen/user-error.ts';
import { short } from './options.ts';

/** @param file undefined: not asked for */
export function checkFile(option: string, file: string | undefined): void {
  if (file === undefined) return;
  if (file.endsWith('/')) throw new UserError(`${option} ${short(file)}: ends as folders do; name a file`);
  const there = existsSync(file) ? statSync(file) : undefined;
  if (there?.isDirectory() === true) throw new UserError(`${option} ${short(file)}: is a folder; name a file`);
  const named = `${option} ${short(file)}`;
  // A device is written as it is; anything else is replaced, which takes its folder's leave too.
  if (there === undefined || there.isFile()) checkParent(named, file);
  if (there !== undefined) checkWritable(named, file);
}

/** A folder in which files will be made. */
export function checkFolder(option: string, folder: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new UserError(`${option} ${short(folder)}: is no folder; name one, or one to be made`);
  checkParent(`${option} ${short(folder)}`, join(folder, 'file'));
}

/** The nearest folder above that exists must take files. */
function checkParent(named: string, file: string): void {
  let folder = dirname(resolve(file));
  while (!existsSync(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) throw new UserError(`${named}: ${whyUnwritable('ENOTDIR')}`);
  checkWritable(named, folder);
}

function checkWritable(named: string, path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new UserError(`${named}: ${whyUnwritable(systemCode(error) ?? 'unknown error')}`);
  }
}
