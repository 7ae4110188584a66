import { createHmac } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Lease, RateLimit, TokenBank } from '@posthorn/http';
import { Database, DatabaseUnavailableError, prepared } from '@posthorn/persistence';

const FORGET_EVERY_MS = 60_000;

/**
 * A bucket is the moment at which it will be full again; one without a row is full. A portion is a hundredth of what
 * it holds, and ever less as it empties, so that no replica keeps what another could give out.
 */
const LEASE = prepared(`
  INSERT INTO rate_limits AS r (bucket, full_at, granted)
  SELECT $1, now() + make_interval(secs => portion / $2::float8), portion
    FROM (SELECT greatest($4::float8, floor($3::float8 / 100)) AS portion) AS first
  ON CONFLICT (bucket) DO UPDATE SET (full_at, granted) = (
    SELECT greatest(r.full_at, now()) + make_interval(secs => portion / $2::float8), portion
      FROM (SELECT $3::float8 - extract(epoch FROM greatest(r.full_at, now()) - now())::float8 * $2::float8 AS tokens) AS there,
           LATERAL (SELECT CASE WHEN tokens < $5::float8 THEN 0 ELSE floor(least(tokens, greatest($4::float8, least($3::float8 / 100, tokens / 4)))) END AS portion) AS taken)
  RETURNING granted, $3::float8 - extract(epoch FROM full_at - now())::float8 * $2::float8 AS left`);

/** The buckets of all replicas, in Postgres. */
@Injectable()
export class PostgresTokenBank implements TokenBank, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(PostgresTokenBank.name);
  private timer: NodeJS.Timeout | undefined;
  private forgetting: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.forgetting = this.forgetFull();
    }, FORGET_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.forgetting;
  }

  lease(bucket: string, { perSecond, burst }: RateLimit, wanted: number, atLeast: number): Promise<Lease | undefined> {
    return this.attempt(async () => {
      const [row] = await this.database.query<{ granted: number; left: number }>(LEASE, [bucket, perSecond, burst, wanted, atLeast]);
      return row;
    });
  }

  /** Rows of buckets that are full say nothing any more. */
  async forgetFull(): Promise<void> {
    await this.attempt(() => this.database.query('DELETE FROM rate_limits WHERE full_at < now()'));
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      // An outage is told by those whose it is, and refuses what comes by itself.
      if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Requests are not counted against their limits');
      return undefined;
    }
  }
}

/** What an address is called in the table: it can be recognised, and not read. */
export function addressNames(linkSecret: string): (network: string) => string {
  const secret = createHmac('sha256', linkSecret).update('posthorn-address\0').digest();
  return (network) => createHmac('sha256', secret).update(network).digest('base64url');
}
