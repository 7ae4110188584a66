import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { startNats, startPostgres, useDatabase, useNats, waitFor } from './index.js';

describe('the servers of a test run', () => {
  it('gives each caller an empty database of its own', async () => {
    const [one, two] = await Promise.all([useDatabase(), useDatabase()]);
    expect(one.name).not.toBe(two.name);
    const client = new Client(one.url);
    await client.connect();
    const { rows } = await client.query("SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')");
    await client.end();
    expect(rows).toEqual([{ tables: 0 }]);
  });

  it('starts Postgres again on its data after kill -9', async () => {
    const server = await startPostgres({});
    try {
      const ask = async (sql: string): Promise<unknown[]> => {
        const client = new Client(server.adminUrl);
        await client.connect();
        const { rows } = await client.query<Record<string, unknown>>(sql);
        await client.end();
        return rows;
      };
      await ask('CREATE TABLE kept AS SELECT 1 AS one');
      await ask('CHECKPOINT');
      await server.kill('SIGKILL');
      expect(server.running).toBe(false);
      await server.start();
      expect(await ask('SELECT one FROM kept')).toEqual([{ one: 1 }]);
    } finally {
      await server.stop();
    }
  });

  it('starts Postgres again although a session of the killed one lingers', async () => {
    const server = await startPostgres({});
    const client = new Client(server.adminUrl);
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const session = rows[0]!.pid;
      process.kill(session, 'SIGSTOP');
      await server.kill('SIGKILL');
      const started = server.start();
      await waitFor(() => readFileSync(server.logFile, 'utf8').includes('shared memory block'));
      process.kill(session, 'SIGCONT');
      await started;
      expect(server.running).toBe(true);
    } finally {
      await client.end().catch(() => undefined);
      await server.stop();
    }
  });

  it('gives NATS with JetStream, which can be killed and started', async () => {
    const nats = await useNats();
    expect(nats.servers).toEqual([`nats://127.0.0.1:${nats.port}`]);
    await nats.kill();
    await nats.start();
    expect(nats.running).toBe(true);
    const other = await startNats();
    expect(other.port).not.toBe(nats.port);
    await other.stop();
  });
});
