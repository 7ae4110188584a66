const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
const NARROWING = 4;

/** How long a rejected message stays away: 1 s, 2 s, 4 s … 60 s. A plain nak would bring it back at once. */
export function redeliveryDelayMs(receivedCount: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(receivedCount - 1, 10), LONGEST_DELAY_MS);
}

/**
 * How many messages may share a batch. Those that come again do so in ever smaller company, so that one poisonous
 * message soon fails alone, while an outage that failed them all does not bring them back one by one.
 */
export function batchLimit(size: number, receivedCount: number): number {
  return Math.max(1, Math.floor(size / NARROWING ** (receivedCount - 1)));
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** How long to stop fetching after so many failures in a row of messages that came for the first time. */
export function pauseMs(failuresInARow: number): number {
  return failuresInARow === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failuresInARow - 1), LONGEST_PAUSE_MS);
}
