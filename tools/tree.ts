/** Which files belong to the project: those that git knows or would add. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../gen/user-error.ts';

/** Paths below `root`, which is a clone. @throws UserError where git does not know it */
export function filesOfTree(root: string): readonly string[] {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new UserError(`${root}: git does not list its files; run this in a clone`);
  // A file that was deleted and not yet committed is listed all the same.
  return stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
}
