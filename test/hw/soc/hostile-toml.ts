// TOML texts on which readers that go back, recurse or grow take too long: each in the size asked for.
// Must not know: any reader.

export const HOSTILE_TOML: Readonly<Record<string, (length: number) => string>> = {
  'blanks after a bracket': (n) => `[${' '.repeat(n)}\n`,
  brackets: (n) => '['.repeat(n),
  'a table of blanks': (n) => `[a${' '.repeat(n)}b]`,
  'a key of blanks': (n) => `${' '.repeat(n)}a${' '.repeat(n)}`,
  dots: (n) => `${'a.'.repeat(n / 2)}a = 1`,
  'dots with blanks': (n) => `${'a . '.repeat(n / 4)}a`,
  'a table of dots': (n) => `[${'a.'.repeat(n / 2)}a]\nb = 1`,
  'quoted dots': (n) => `[chip]\n"${'a.'.repeat(n / 2)}" = 1`,
  'nested lists': (n) => `a = ${'['.repeat(n / 2)}${']'.repeat(n / 2)}`,
  'nested tables': (n) => `a = ${'{a='.repeat(n / 4)}1${'}'.repeat(n / 4)}`,
  quotes: (n) => `a = ${'"'.repeat(n)}`,
  backslashes: (n) => `a = "${'\\'.repeat(n)}"`,
  digits: (n) => `a = ${'9'.repeat(n)}`,
  underscores: (n) => `a = 1${'_1'.repeat(n / 2)}`,
  'a comment': (n) => '#'.repeat(n),
  'line feeds': (n) => '\n'.repeat(n),
  'carriage returns': (n) => '\r'.repeat(n),
  'many keys': (n) => Array.from({ length: n / 8 }, (_, i) => `k${i} = 1`).join('\n'),
  'many tables': (n) => Array.from({ length: n / 8 }, (_, i) => `[t${i}]`).join('\n'),
  'a list of tables': (n) => '[[point]]\n'.repeat(n / 10),
  'a long name': (n) => `[${'x'.repeat(n)}]`,
  'a long key': (n) => `[chip]\n${'x'.repeat(n)} = 1`,
  'a long formula': (n) => `[tensor]\nrows = "1${'+1'.repeat(n / 2)}"`,
  'deep parentheses': (n) => `[tensor]\nrows = "${'('.repeat(n)}"`,
};
