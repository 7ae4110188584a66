import type { Lease, RateLimit, TokenBank } from './leased.bucket.js';

/** The arithmetic of a shared bank, in this process and by a clock of the test's. */
export class MemoryBank implements TokenBank {
  private readonly fullAt = new Map<string, number>();
  statements = 0;
  away = false;

  constructor(private readonly now: () => number = Date.now) {}

  lease(bucket: string, { perSecond, burst }: RateLimit, wanted: number, atLeast: number): Promise<Lease | undefined> {
    if (this.away) return Promise.resolve(undefined);
    this.statements += 1;
    const now = this.now();
    const fullAt = Math.max(now, this.fullAt.get(bucket) ?? now);
    const tokens = burst - ((fullAt - now) / 1_000) * perSecond;
    const granted = tokens < atLeast ? 0 : Math.floor(Math.min(tokens, Math.max(wanted, Math.min(burst / 100, tokens / 4))));
    this.fullAt.set(bucket, fullAt + (granted / perSecond) * 1_000);
    return Promise.resolve({ granted, left: tokens - granted });
  }
}
