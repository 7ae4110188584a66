import type { NatsServer } from './nats-server.js';
import { startNats } from './nats-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    posthornPostgresPort: number;
    posthornNatsBinary: string;
  }
}

export interface TestDatabase {
  /** The superuser's address of a database of this file's own. Nobody needs a password. */
  readonly url: string;
  readonly password?: string;
  /** The same, for provisionSchema. */
  readonly adminUrl: string;
  readonly name: string;
  readonly port: number;
  /** The same database as another role sees it. */
  urlFor(role: string): string;
}

export interface TestNats extends NatsServer {
  readonly servers: string[];
}

/** A fresh, empty database in the run's Postgres. */
export async function useDatabase(): Promise<TestDatabase> {
  const { inject } = await import('vitest');
  const { Client } = await import('pg');
  const { randomBytes } = await import('node:crypto');
  const port = inject('posthornPostgresPort');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = new Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres` });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const urlFor = (role: string): string => `postgres://${role}@127.0.0.1:${port}/${name}`;
  return { url: urlFor('postgres'), adminUrl: urlFor('postgres'), name, port, urlFor };
}

/** A NATS server of this file's own. It is stopped after the file's tests, or with the process. */
export async function useNats(options: { conf?: string } = {}): Promise<TestNats> {
  const vitest = await import('vitest');
  const server = await startNats({ binary: vitest.inject('posthornNatsBinary'), ...options });
  vitest.afterAll(() => server.stop());
  return Object.create(server, { servers: { value: [server.url], enumerable: true } }) as TestNats;
}
