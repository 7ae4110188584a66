import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, prepared } from '@posthorn/persistence';

export interface StreamStanding {
  stream: string;
  position: number;
  /** Positions of the log after it. */
  behind: number;
  /** Epoch seconds; 0 before the first time. */
  acknowledgedAt: number;
}

const BEHIND = prepared(`
  SELECT coalesce((SELECT position FROM log_streams WHERE stream = $1), 0) < coalesce(max(position), 0) AS behind FROM entries`);
const TAKE = prepared(`
  INSERT INTO log_streams AS known (stream, leased_by, leased_until) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
  ON CONFLICT (stream) DO UPDATE SET leased_by = EXCLUDED.leased_by, leased_until = EXCLUDED.leased_until
   WHERE known.leased_by = $2 OR known.leased_until < clock_timestamp()
  RETURNING position::float8 AS position`);
const ADVANCE = prepared('UPDATE log_streams SET position = $4, acknowledged_at = clock_timestamp() WHERE stream = $1 AND leased_by = $2 AND position = $3');
const STANDING = `
  SELECT stream, coalesce(known.position, 0)::float8 AS position, (log.size - coalesce(known.position, 0))::float8 AS behind,
         coalesce(extract(epoch FROM known.acknowledged_at), 0)::float8 AS "acknowledgedAt"
    FROM unnest($1::text[]) AS wanted (stream) LEFT JOIN log_streams known USING (stream)
   CROSS JOIN (SELECT coalesce(max(position), 0) AS size FROM entries) AS log`;

/** How far each receiver has the log, and which replica brings it there. */
@Injectable()
export class StreamShelf {
  private readonly replica = randomUUID();

  constructor(private readonly database: Database) {}

  async isBehind(stream: string): Promise<boolean> {
    const [row] = await this.database.query<{ behind: boolean }>(BEHIND, [stream]);
    return row?.behind === true;
  }

  /** Up to where the receiver has it; undefined while another replica is at it. One that dies is replaced when its lease is over. */
  async take(stream: string, leaseMs: number): Promise<number | undefined> {
    const [row] = await this.database.query<{ position: number }>(TAKE, [stream, this.replica, leaseMs]);
    return row?.position;
  }

  /** Nothing changes when another replica has taken it over meanwhile. */
  async advance(stream: string, from: number, to: number): Promise<void> {
    await this.database.query(ADVANCE, [stream, this.replica, from, to]);
  }

  async release(): Promise<void> {
    await this.database.query("UPDATE log_streams SET leased_until = '-infinity' WHERE leased_by = $1", [this.replica]);
  }

  standing(streams: readonly string[]): Promise<StreamStanding[]> {
    return this.database.query<StreamStanding>(STANDING, [streams]);
  }
}
