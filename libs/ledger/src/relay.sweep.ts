import type { JetStreamPublisher } from '@posthorn/messaging';
import type { Database } from '@posthorn/persistence';
import type { WrittenEntry } from './ledger.statement.js';

/** An envelope may have 256 KiB, so this is at most 64 MiB. */
const SWEEP_BATCH = 250;

export interface SweepRange {
  after: string;
  before: string;
  /** Ids that this process is publishing already. */
  except: ReadonlySet<string>;
}

export interface SweepResult {
  relayed: number;
  failed: number;
  error?: Error;
  /** Where to go on; undefined when there is nothing further. */
  last?: string;
}

/**
 * Publishes one batch of what is left over, in the order of ids. The rows stay locked until NATS has answered, and
 * SKIP LOCKED makes other replicas take other rows: several sweepers share the work.
 */
export function sweepOnce(database: Database, publisher: JetStreamPublisher, range: SweepRange): Promise<SweepResult> {
  return database.transaction(async (tx) => {
    const rows = await tx.query<WrittenEntry>(
      `SELECT u.id, l.subject, l.envelope AS body FROM unrelayed u JOIN ledger l USING (id)
        WHERE u.id > $1 AND u.id < $2 ORDER BY u.id LIMIT $3 FOR UPDATE OF u SKIP LOCKED`,
      [range.after, range.before, SWEEP_BATCH],
    );
    const last = rows.length < SWEEP_BATCH ? undefined : rows.at(-1)?.id;
    const leftOver = rows.filter(({ id }) => !range.except.has(id));
    if (leftOver.length === 0) return { relayed: 0, failed: 0, last };
    const results = await publisher.publish(leftOver);
    const stored = results.filter(({ ok }) => ok).map(({ id }) => id);
    if (stored.length > 0) await tx.query('DELETE FROM unrelayed WHERE id = ANY($1::uuid[])', [stored]);
    const failure = results.find((result) => !result.ok);
    const error = failure?.ok === false ? failure.error : undefined;
    // Going on would fail as well, and slowly: each unanswered batch takes the whole timeout.
    const hopeless = stored.length === 0;
    return { relayed: stored.length, failed: leftOver.length - stored.length, error, last: hopeless ? undefined : last };
  });
}
