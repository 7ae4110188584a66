import type { MinuteDigest } from '@posthorn/contracts';
import { earlier, firstIdAt, type IdRange, later } from './id.range.js';

const MINUTE_MS = 60_000;

/** To be told so many ids that we know already costs less than to ask once more. */
const CHEAPER_THAN_A_QUESTION = 500;

/**
 * The parts of a range in which a publisher has something that we may not have: every minute whose digests differ,
 * taken together where little lies between them. A minute of which only we know has nothing to fetch.
 */
export function differingRanges(range: IdRange, theirs: readonly MinuteDigest[], ours: readonly MinuteDigest[]): IdRange[] {
  const known = new Map(ours.map((digest) => [digest.minute, digest]));
  const ranges: IdRange[] = [];
  let agreedSince = 0;
  for (const { minute, count, xor } of theirs) {
    const own = known.get(minute);
    if (own?.count === count && own.xor === xor) {
      agreedSince += count;
      continue;
    }
    const until = earlier(range.until, firstIdAt((minute + 1) * MINUTE_MS));
    const last = ranges.at(-1);
    if (last !== undefined && agreedSince <= CHEAPER_THAN_A_QUESTION) last.until = until;
    else ranges.push({ from: later(range.from, firstIdAt(minute * MINUTE_MS)), until });
    agreedSince = 0;
  }
  return ranges;
}
