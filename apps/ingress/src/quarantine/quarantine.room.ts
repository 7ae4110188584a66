import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import { QUARANTINE_SETTINGS, type QuarantineSettings } from './quarantine.settings.js';
import type { WaitingState } from './set-aside.js';

/** Other replicas set aside as well: their share is seen so late, and the limit passed by what they add meanwhile. */
const FRESH_MS = 1_000;
const MEGABYTE = 1024 * 1024;

interface Waiting {
  rows: number;
  bytes: number;
}

/** How much waits at a site, by state: what is refused must not take the room of what is held. */
@Injectable()
export class QuarantineRoom {
  private readonly known = new Map<string, { readAt: number; waiting: Promise<Record<WaitingState, Waiting>> }>();

  constructor(
    private readonly database: Database,
    @Inject(QUARANTINE_SETTINGS) private readonly settings: QuarantineSettings,
  ) {}

  /** Takes room for one more; false when there is none. */
  async take(site: string, state: WaitingState, bytes: number): Promise<boolean> {
    const { [state]: waiting } = await this.waitingAt(site);
    if (waiting.rows >= this.settings.maxWaiting || waiting.bytes + bytes > this.settings.maxMegabytes * MEGABYTE) return false;
    waiting.rows += 1;
    waiting.bytes += bytes;
    return true;
  }

  private waitingAt(site: string): Promise<Record<WaitingState, Waiting>> {
    const known = this.known.get(site);
    if (known !== undefined && performance.now() - known.readAt < FRESH_MS) return known.waiting;
    const waiting = this.read(site);
    this.known.set(site, { readAt: performance.now(), waiting });
    waiting.catch(() => this.known.delete(site));
    return waiting;
  }

  private async read(site: string): Promise<Record<WaitingState, Waiting>> {
    const rows = await this.database.query<Waiting & { state: WaitingState }>(
      'SELECT state, count(*)::int AS rows, sum(bytes)::float8 AS bytes FROM quarantine WHERE site = $1 AND decided_at IS NULL GROUP BY state',
      [site],
    );
    const of = (state: WaitingState): Waiting => {
      const { rows: count = 0, bytes = 0 } = rows.find((row) => row.state === state) ?? {};
      return { rows: count, bytes };
    };
    return { held: of('held'), refused: of('refused'), unmapped: of('unmapped') };
  }
}
