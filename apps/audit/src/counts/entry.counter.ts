import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, prepared, type Transaction } from '@posthorn/persistence';
import { RecurringRound } from '../rounds/recurring.round.js';

const EVERY_MS = 5_000;
const POSITIONS_AT_ONCE = 20_000;
/** The columns of a sort of entries. */
export const SORT = 'kind, site, type, service, connection, outcome';

const COUNTED = prepared('SELECT position::float8 AS position FROM entry_counter FOR UPDATE SKIP LOCKED');
const SIZE = prepared('SELECT coalesce(max(position), 0)::float8 AS size FROM entries');
// Positions are given in the order of commits and without a gap, so what is below the highest is there for good.
const COUNT = prepared(`
  INSERT INTO entry_counts AS known (hour, ${SORT}, entries)
  SELECT utc_hour_of(id), ${SORT}, count(*) FROM entries WHERE position > $1 AND position <= $2 GROUP BY utc_hour_of(id), ${SORT}
  ON CONFLICT ON CONSTRAINT entry_counts_sort DO UPDATE SET entries = known.entries + EXCLUDED.entries`);
const ADVANCE = prepared('UPDATE entry_counter SET position = $1');

/** Counts what the log has gained, now and then. Any replica may: the position moves with the counts. */
@Injectable()
export class EntryCounter implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new RecurringRound(() => this.count(), { everyMs: EVERY_MS, logger: new Logger(EntryCounter.name), complaint: 'Entries could not be counted for charts; it will be tried again' });
  private stopping = false;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  onModuleDestroy(): Promise<void> {
    this.stopping = true;
    return this.rounds.stop();
  }

  async count(): Promise<void> {
    for (let more = true; more; ) more = await this.database.transaction((tx) => this.countSome(tx));
  }

  private async countSome(tx: Transaction): Promise<boolean> {
    if (this.stopping) return false;
    const [counted] = await tx.query<{ position: number }>(COUNTED);
    // Another replica is at it.
    if (counted === undefined) return false;
    const [log] = await tx.query<{ size: number }>(SIZE);
    const until = Math.min(log?.size ?? 0, counted.position + POSITIONS_AT_ONCE);
    if (until <= counted.position) return false;
    await tx.query(COUNT, [counted.position, until]);
    await tx.query(ADVANCE, [until]);
    return until === counted.position + POSITIONS_AT_ONCE;
  }
}
