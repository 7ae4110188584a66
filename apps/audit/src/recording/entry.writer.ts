import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database, DatabaseUnavailableError, prepared } from '@posthorn/persistence';
import type { NewEntry } from './entry.js';

// One writer at a time, whichever process it lives in: positions then follow each other without a gap, and no
// entry ever appears behind one that a reader has already seen.
const QUEUE_UP = prepared("SELECT pg_advisory_xact_lock(hashtextextended('posthorn audit entries', 0))");

// A scalar subquery is never turned into a join, which would read the whole log for each batch: one index probe each.
const APPEND = prepared(`
  INSERT INTO entries (position, id, kind, site, type, service, connection, outcome, event_id, correlation, causation,
                       recorded_at, envelope, personal)
  SELECT (SELECT coalesce(max(position), 0) FROM entries) + row_number() OVER (ORDER BY item.n),
         item.id, item.kind, item.site, item.type, item.service, item.connection, item.outcome, item.event_id,
         item.correlation, item.causation, clock_timestamp(), item.envelope, item.personal
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[],
                $9::text[], $10::uuid[], $11::text[], $12::text[])
         WITH ORDINALITY AS item (id, kind, site, type, service, connection, outcome, event_id, correlation,
                                  causation, envelope, personal, n)
   WHERE (SELECT true FROM entries known WHERE known.id = item.id) IS NULL
  ON CONFLICT (id) DO NOTHING
  RETURNING id`);

/** Appends to the log; there is no other way to change it. */
@Injectable()
export class EntryWriter implements OnModuleDestroy {
  private readonly stopping = Promise.withResolvers<undefined>();

  constructor(private readonly database: Database) {}

  onModuleDestroy(): void {
    this.stopping.resolve(undefined);
  }

  /** Appends what the log does not have yet, all or nothing; answers how many that were. Waits for Postgres. */
  async append(entries: readonly NewEntry[]): Promise<number> {
    const fresh = [...new Map(entries.map((entry) => [entry.envelope.id, entry])).values()];
    if (fresh.length === 0) return 0;
    const columns = columnsOf(fresh);
    await this.postgres();
    const written = await this.database.transaction(async (tx) => {
      await tx.query(QUEUE_UP);
      return tx.query<{ id: string }>(APPEND, columns);
    });
    return written.length;
  }

  // Nothing else can be done meanwhile, so a batch waits here rather than fail and come again.
  private async postgres(): Promise<void> {
    if (this.trouble() === undefined) return;
    await Promise.race([this.database.ready(), this.stopping.promise]);
    const trouble = this.trouble();
    if (trouble !== undefined) throw new DatabaseUnavailableError(trouble);
  }

  private trouble(): string | undefined {
    return this.database.unavailable;
  }
}

function columnsOf(entries: readonly NewEntry[]): (string | null)[][] {
  const column = (value: (entry: NewEntry) => string | undefined): (string | null)[] => entries.map((entry) => value(entry) ?? null);
  return [
    column(({ envelope }) => envelope.id),
    column(({ kind }) => kind),
    column(({ envelope }) => envelope.site),
    column(({ envelope }) => envelope.type),
    column(({ service }) => service),
    column(({ connection }) => connection),
    column(({ outcome }) => outcome),
    column(({ eventId }) => eventId),
    column(({ envelope }) => envelope.correlationid),
    column(({ envelope }) => envelope.causationid),
    column(({ envelope }) => JSON.stringify(envelope)),
    column(({ personal }) => (Object.keys(personal).length === 0 ? undefined : JSON.stringify(personal))),
  ];
}
