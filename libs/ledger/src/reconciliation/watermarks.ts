import { randomUUID } from 'node:crypto';
import type { Database } from '@posthorn/persistence';

/** A replica that dies holds the others up for so long. Renewed with every step, so no step may take longer. */
const LEASE = "interval '20 seconds'";

export interface Watermark {
  publisher: string;
  /** Nothing before this is wanted. */
  since: Date;
  /** Everything before this has been compared and fetched. */
  agreedUntil: Date;
}

/** How far a service agrees with each publisher, and which of its replicas is finding out. */
export class Watermarks {
  private readonly replica = randomUUID();

  constructor(private readonly database: Database) {}

  /**
   * The publisher's watermark, leased to this replica; undefined while another one has it. An earlier `since` than
   * the one before sends it back there: more history is wanted.
   */
  async claim(publisher: string, since: Date): Promise<Watermark | undefined> {
    const [row] = await this.database.query<{ since: Date; agreed_until: Date }>(
      `INSERT INTO reconciliation AS known (publisher, since, agreed_until, leased_by, leased_until)
       VALUES ($1, $2, $2, $3, now() + ${LEASE})
       ON CONFLICT (publisher) DO UPDATE
          SET agreed_until = CASE WHEN EXCLUDED.since < known.since THEN EXCLUDED.since ELSE known.agreed_until END,
              since = least(known.since, EXCLUDED.since), leased_by = $3, leased_until = now() + ${LEASE}
        WHERE known.leased_until < now()
       RETURNING since, agreed_until`,
      [publisher, since.toISOString(), this.replica],
    );
    return row === undefined ? undefined : { publisher, since: row.since, agreedUntil: row.agreed_until };
  }

  /** Moves the watermark, never back, and renews the lease; false when another replica has it by now. */
  async agree(publisher: string, until?: Date): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE reconciliation SET agreed_until = greatest(agreed_until, $3), leased_until = now() + ${LEASE}
        WHERE publisher = $1 AND leased_by = $2 RETURNING publisher`,
      [publisher, this.replica, until?.toISOString() ?? null],
    );
    return rows.length > 0;
  }

  async release(publisher: string): Promise<void> {
    await this.database.query("UPDATE reconciliation SET leased_until = '-infinity' WHERE publisher = $1 AND leased_by = $2", [publisher, this.replica]);
  }

  async all(): Promise<Watermark[]> {
    const rows = await this.database.query<{ publisher: string; since: Date; agreed_until: Date }>(
      'SELECT publisher, since, agreed_until FROM reconciliation ORDER BY publisher',
    );
    return rows.map(({ publisher, since, agreed_until: agreedUntil }) => ({ publisher, since, agreedUntil }));
  }
}
