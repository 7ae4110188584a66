import { Injectable } from '@nestjs/common';
import { Database, prepared } from '@posthorn/persistence';

const LONGEST_ID = 500;

// Whoever moves an appointment every day for a quarter of a year finds the end of it here.
const ORIGIN = prepared(`
  WITH RECURSIVE line AS (
    SELECT $2::text AS id, 0 AS step
    UNION ALL
    SELECT w.follows, step + 1 FROM line JOIN webhook_lineage w ON w.source = $1 AND w.id = line.id WHERE step < 100
  )
  SELECT id FROM line ORDER BY step DESC LIMIT 1`);

/** Under which id a thing first came, of senders who give it a new one when it changes. Ids only: nothing personal. */
@Injectable()
export class WebhookLineage {
  constructor(private readonly database: Database) {}

  /** The first of its ids. With `follows` it is noted that this id follows another. */
  async originOf(source: string, id: unknown, follows?: unknown): Promise<string | undefined> {
    if (!isId(id)) return undefined;
    if (isId(follows) && follows !== id) {
      await this.database.query('INSERT INTO webhook_lineage (source, id, follows) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [source, id, follows]);
    }
    const [row] = await this.database.query<{ id: string }>(ORIGIN, [source, id]);
    return row?.id;
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID;
}
