import { Client, type ClientConfig, type PoolClient } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

export interface DatabaseOptions {
  /** `postgres://role@host:port/database` */
  url: string;
  password?: string;
  /** The one schema the service sees: its search_path. */
  schema: string;
  /** Shown in pg_stat_activity. */
  service: string;
  /** Default 10. */
  poolSize?: number;
  /** The longest a statement may take; the server cancels it. Default 5000. */
  statementTimeoutMs?: number;
  /** The longest wait for a connection. Default 2000. */
  connectTimeoutMs?: number;
  entities?: DataSourceOptions['entities'];
}

/** A new connection costs Postgres a process, a password check and every plan. Longer than between two busy moments, shorter than networks forget. */
const IDLE_TIMEOUT_MS = 120_000;

/** After the server's own cancellation is overdue by this much, the server is taken for hung. */
const HANG_GRACE_MS = 1_000;

export const DATABASE_DEFAULTS = { poolSize: 10, statementTimeoutMs: 5_000, connectTimeoutMs: 2_000 } as const;

/**
 * An error event that nobody hears ends the process, and between the pool and whoever borrows a connection there are
 * moments when nobody listens: a server that is killed can say so in the same packet in which it says that a new
 * connection is ready. Whoever uses the connection hears of its end all the same.
 */
class PooledClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** A data source that is not connected yet. */
export function createDataSource(options: DatabaseOptions, onPoolError: (error: Error) => void): DataSource {
  const statementTimeoutMs = options.statementTimeoutMs ?? DATABASE_DEFAULTS.statementTimeoutMs;
  return new DataSource({
    type: 'postgres',
    url: withPassword(options.url, options.password),
    schema: options.schema,
    entities: options.entities ?? [],
    synchronize: false,
    logging: false,
    installExtensions: false,
    applicationName: `posthorn-${options.service}`,
    poolSize: options.poolSize ?? DATABASE_DEFAULTS.poolSize,
    connectTimeoutMS: options.connectTimeoutMs ?? DATABASE_DEFAULTS.connectTimeoutMs,
    poolErrorHandler: onPoolError,
    extra: {
      Client: PooledClient,
      options: `-c search_path=${quoteIdentifier(options.schema)}`,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + HANG_GRACE_MS,
      // A service that stalls inside a transaction must not keep its locks for ever.
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
    },
  });
}

export interface BorrowedConnection {
  client: PoolClient;
  /** With an error the connection is closed rather than returned to the pool. */
  release: (broken?: Error) => void;
}

// TypeORM's own pool, without its query runner: that one cannot discard a broken connection.
export async function borrowConnection(dataSource: DataSource): Promise<BorrowedConnection> {
  const { driver } = dataSource;
  if (!(driver instanceof PostgresDriver)) throw new TypeError('The data source is not one of Postgres.');
  const [client, release] = (await driver.obtainMasterConnection()) as [PoolClient, (broken?: Error) => void];
  return { client, release };
}

/** The URL with the password in it. node-postgres ignores a password given beside a URL. */
export function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const complete = new URL(url);
  complete.password = encodeURIComponent(password);
  return complete.href;
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return value.includes('\\') ? ` E${quoted}` : quoted;
}
