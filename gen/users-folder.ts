/**
 * Where the user stands: relative paths on a command line mean that folder, however the program was started. Must not know programs nor
 * options.
 */

/** The variables that npm sets. */
export type NpmEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The folder to go to; undefined: the process is there already. npm runs a script in the folder of its package and tells in `INIT_CWD`
 * where its user stands. Programs that a script starts inherit the variable, so it counts only where the script is the program itself.
 * @param own how the scripts of package.json begin that run the program
 */
export function usersFolder({ INIT_CWD, npm_lifecycle_script: script }: NpmEnvironment, own: string): string | undefined {
  return script === own || script?.startsWith(`${own} `) === true ? INIT_CWD : undefined;
}
