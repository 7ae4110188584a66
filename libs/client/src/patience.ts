const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;

/** Whether the same request may be answered otherwise later. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Full jitter: those who were turned away together do not come back together. Never before the server wants it. */
export function waitBefore(attempt: number, retryAfterMs: number, chance: () => number = Math.random): number {
  return retryAfterMs + chance() * Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
}

/** `Retry-After` as seconds or as a date; 0 where there is none that can be read. */
export function retryAfterOf(headers: Headers, now = Date.now()): number {
  const given = headers.get('retry-after');
  if (given === null) return 0;
  const ms = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - now;
  return Number.isFinite(ms) ? Math.max(ms, 0) : 0;
}

/** Rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      // What the caller aborted with is theirs, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
