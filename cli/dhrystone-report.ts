// What a Dhrystone program says at its end, read from its text.
// Must not know: how it was run.

export interface DhrystoneReport {
  readonly runs: number;
  readonly cyclesPerRun: number;
  /** Runs a second and megahertz, of 1757 for a VAX 11/780: its rating is 1 by definition. */
  readonly dmipsPerMhz: number;
  /** Whether every variable has in the end the value that the benchmark says it should have. */
  readonly isValid: boolean;
  /** What is wrong, for people; empty where nothing is. */
  readonly faults: readonly string[];
}

const VAX_RUNS_PER_SECOND = 1757;
/** Variables that the benchmark prints with what they should be; two of them are addresses, which it leaves open. */
const VARIABLES = 22;
const OPEN = 'implementation-dependent';

/** The report in `text`, or undefined where it is not Dhrystone's. */
export function parseDhrystone(text: string): DhrystoneReport | undefined {
  const field = (name: string): number => Number(new RegExp(`^${name}: *(\\d+)$`, 'm').exec(text)?.[1]);
  const [runs, cycles] = [field('Runs'), field('Cycles')];
  if (!(runs > 0) || !(cycles > 0)) return undefined;
  const pairs = [...text.matchAll(/^ *([\w[\]]+): +(.+)\n +should be: +(.+)$/gm)].map(([, name, is, shouldBe]) => ({ name, is, shouldBe }));
  const wrong = pairs.filter(({ is, shouldBe }) => !shouldBe.includes(OPEN) && is !== shouldBe.replace('Number_Of_Runs + 10', String(runs + 10)));
  const faults = [
    ...(pairs.length === VARIABLES ? [] : [`it tells of ${pairs.length} variables, not of ${VARIABLES}`]),
    ...wrong.map(({ name, is, shouldBe }) => `${name} is ${is}, not ${shouldBe}`),
  ];
  const cyclesPerRun = cycles / runs;
  return { runs, cyclesPerRun, dmipsPerMhz: 1e6 / (cyclesPerRun * VAX_RUNS_PER_SECOND), isValid: faults.length === 0, faults };
}
