import { randomUUID } from 'node:crypto';
import type { Database } from '@posthorn/persistence';
import { earliestMark, marksOf } from './type.marks.js';

/** A replica that dies holds the others up for so long. Renewed with every step, so no step may take longer. */
const LEASE = "interval '20 seconds'";

export interface Watermark {
  publisher: string;
  /** Nothing before this is wanted. */
  since: Date;
  /** Everything before this has been compared and fetched. */
  agreedUntil: Date;
  /** For who does not take all: which types, and the same of each of them. It moves as they are agreed on. */
  ofTypes?: { types: readonly string[]; agreed: Record<string, Date> };
}

interface Row {
  since: Date;
  agreed_until: Date;
  agreed: Record<string, string> | null;
}

/** How far a service agrees with each publisher, and which of its replicas is finding out. */
export class Watermarks {
  private readonly replica = randomUUID();

  constructor(private readonly database: Database) {}

  /**
   * The publisher's watermark, leased to this replica; undefined while another one has it. An earlier `since` than
   * the one before sends it back there: more history is wanted.
   */
  async claim(publisher: string, since: Date, types?: readonly string[]): Promise<Watermark | undefined> {
    const [row] = await this.database.query<Row>(
      `INSERT INTO reconciliation AS known (publisher, since, agreed_until, leased_by, leased_until)
       VALUES ($1, $2, $2, $3, now() + ${LEASE})
       ON CONFLICT (publisher) DO UPDATE
          SET agreed_until = CASE WHEN EXCLUDED.since < known.since THEN EXCLUDED.since ELSE known.agreed_until END,
              agreed = CASE WHEN EXCLUDED.since < known.since THEN NULL ELSE known.agreed END,
              since = least(known.since, EXCLUDED.since), leased_by = $3, leased_until = now() + ${LEASE}
        WHERE known.leased_until < now()
       RETURNING since, agreed_until, agreed`,
      [publisher, since.toISOString(), this.replica],
    );
    if (row === undefined) return undefined;
    const watermark = { publisher, since: row.since, agreedUntil: row.agreed_until };
    return types === undefined ? watermark : { ...watermark, ofTypes: { types, agreed: marksOf(row.agreed_until, row.agreed, types, since) } };
  }

  /** Moves the watermark, of these types or of everything, and renews the lease; false when another replica has it by now. */
  async agree(watermark: Watermark, until?: Date, types: readonly string[] = []): Promise<boolean> {
    const { publisher, ofTypes } = watermark;
    if (ofTypes !== undefined && until !== undefined) move(ofTypes.agreed, types, until);
    const moment = ofTypes === undefined ? until : earliestMark(ofTypes.agreed, ofTypes.types);
    const rows = await this.database.query(
      `UPDATE reconciliation
          SET agreed_until = CASE WHEN $4::jsonb IS NULL THEN greatest(agreed_until, $3) ELSE $3 END,
              agreed = $4::jsonb, leased_until = now() + ${LEASE}
        WHERE publisher = $1 AND leased_by = $2 RETURNING publisher`,
      [publisher, this.replica, moment?.toISOString() ?? null, ofTypes === undefined ? null : JSON.stringify(ofTypes.agreed)],
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

function move(marks: Record<string, Date>, types: readonly string[], until: Date): void {
  for (const type of types) if ((marks[type] ?? until) <= until) marks[type] = until;
}
