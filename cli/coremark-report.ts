// What a CoreMark program says at its end, read from its text.
// Must not know: how it was run.

export interface CoremarkReport {
  readonly iterations: number;
  /** Clock cycles of all iterations. */
  readonly ticks: number;
  readonly cyclesPerIteration: number;
  /** Iterations a second and megahertz. */
  readonly coremarkPerMhz: number;
  /** Whether this is the run that scores are quoted from, with the right checksums, and the program itself says that it is right. */
  readonly isValid: boolean;
  /** What is wrong, for people; empty where nothing is. */
  readonly faults: readonly string[];
  readonly compiler: string;
  readonly flags: string;
}

/** Checksums after the first iteration of the performance run on 2000 bytes: a part of the benchmark's definition. */
const CHECKSUMS = { crclist: 0xe714, crcmatrix: 0x1fd7, crcstate: 0x8e3a } as const;

/** The report in `text`, or undefined where it is not CoreMark's. */
export function parseCoremark(text: string): CoremarkReport | undefined {
  const field = (name: string): string | undefined => new RegExp(`^(?:\\[0\\])?${name} *: *(.*)$`, 'm').exec(text)?.[1].trim();
  const ticks = Number(field('Total ticks'));
  const iterations = Number(field('Iterations'));
  if (!(ticks > 0) || !(iterations > 0)) return undefined;
  const faults = [
    ...(text.includes('2K performance run parameters') ? [] : ['it is not the 2K performance run']),
    ...Object.entries(CHECKSUMS).flatMap(([name, right]) =>
      Number(field(name)) === right ? [] : [`${name} is ${field(name) ?? 'missing'}, not 0x${right.toString(16)}`]),
    ...(text.includes('Correct operation validated') ? [] : ['it does not say that its operation is validated']),
  ];
  return {
    iterations, ticks, cyclesPerIteration: ticks / iterations, coremarkPerMhz: (iterations * 1e6) / ticks,
    isValid: faults.length === 0, faults, compiler: field('Compiler version') ?? '', flags: field('Compiler flags') ?? '',
  };
}
