/** Runs the parts of a story in order, and ends with the line that `scripts/test` adds up. */

const counts = { passed: 0, failed: 0, skipped: 0 };

/** One part. After one has failed, the rest of the story cannot be told: it is counted as skipped. */
export async function part(name, run, onfailed = async () => {}) {
  if (counts.failed > 0) {
    counts.skipped += 1;
    return console.log(`skip  ${name}`);
  }
  const begun = Date.now();
  try {
    await run();
    counts.passed += 1;
    console.log(`ok    ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    counts.failed += 1;
    console.log(`FAIL  ${name}\n${error?.stack ?? error}`);
    await onfailed();
  }
}

/** Prints the last line and sets the exit code. */
export function verdict() {
  const { passed, failed, skipped } = counts;
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
