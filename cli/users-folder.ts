// Where the user stands: relative paths on the command line mean that folder, however Systole was started.
// Must not know: verbs, options.

/** The variables that npm sets. */
export type NpmEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The folder to go to; undefined: the process is there already. npm runs a script in the folder of its package and tells in `INIT_CWD`
 * where its user stands. Programs that a script starts inherit the variable, so it counts only where the script is Systole itself.
 */
export function usersFolder({ INIT_CWD, npm_lifecycle_script: script }: NpmEnvironment): string | undefined {
  return script !== undefined && /^node bin\/systole\.js\b/.test(script) ? INIT_CWD : undefined;
}
