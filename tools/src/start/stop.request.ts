/** A terminal's Ctrl-C may arrive twice, once from the terminal and once passed on by npm. */
const SAME_KEYSTROKE_MS = 1_000;
const PARENT_CHECK_MS = 500;

/**
 * Calls back once when we are asked to stop: by a signal, or by the end of whoever started us.
 * A second Ctrl-C, a while later, ends the process on the spot; the guardians then end the servers.
 */
export function onStopRequest(stop: (reason: string) => void): void {
  let askedAt: number | undefined;
  const ask = (reason: string): void => {
    if (askedAt === undefined) {
      askedAt = Date.now();
      stop(reason);
    } else if (reason === 'SIGINT' && Date.now() - askedAt > SAME_KEYSTROKE_MS) {
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ask(signal));
  const parent = process.ppid;
  // This timer also is what keeps us running: the servers beside us do not.
  setInterval(() => {
    if (process.ppid !== parent) ask('the process that started this one has ended');
  }, PARENT_CHECK_MS);
  // A terminal that is gone must not turn the last words into a crash.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
