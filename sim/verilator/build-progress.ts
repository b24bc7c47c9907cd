/** How far the compiler is, from what `ninja` and `make` print: a line now and then for builds that take long. Must not know designs. */

/** A build is told of from this age on, and then every so often. */
const QUIET_SECONDS = 2;
const EVERY_SECONDS = 5;

/** Share of the build steps that have been begun, if this piece of output tells it: `[3/11] Building …`, `[ 27%] Building …`. */
export function shareOf(output: string): number | undefined {
  const [steps] = [...output.matchAll(/^\[ *(\d+)(?:\/(\d+)|%)\]/gm)].slice(-1);
  return steps && Number(steps[1]) / Number(steps[2] ?? 100);
}

/** Takes a build's output as it comes, and hands on lines such as `verilator: building base: 40 %, about 18 s left`. */
export function tellBuild(
  name: string, write: (line: string) => void, now: () => number = () => performance.now() / 1000,
): (output: string) => void {
  const start = now();
  let told = start + QUIET_SECONDS - EVERY_SECONDS;
  return (output) => {
    const share = shareOf(output);
    if (!share || share >= 1 || now() - told < EVERY_SECONDS) return;
    told = now();
    const left = Math.ceil((told - start) * (1 - share) / share);
    write(`verilator: building ${name}: ${Math.floor(100 * share)} %, about ${left} s left`);
  };
}
