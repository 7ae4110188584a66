import { createFaultProxy, type FaultProxy, freePort, type PostgresServer, startPostgres, useDatabase, waitFor } from '@posthorn/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Database, type DatabaseHooks, DatabaseUnavailableError, type DatabaseOptions, prepared } from './index.js';

const open: Database[] = [];

function databaseAt(url: string, options: Partial<DatabaseOptions> = {}, hooks: DatabaseHooks = {}): Database {
  const database = new Database({ url, schema: 'public', service: 'test', ...options }, hooks);
  open.push(database);
  database.start();
  return database;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()));
});

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

describe('Database, with Postgres there', () => {
  let database: Database;
  beforeAll(async () => {
    const { url } = await useDatabase();
    database = databaseAt(url, { poolSize: 2, statementTimeoutMs: 400, connectTimeoutMs: 300 });
    open.pop();
    await database.ready();
    await database.query('CREATE TABLE notes (id int PRIMARY KEY, text text)');
  });
  afterAll(() => database.close());

  it('returns the rows of a change as it returns those of a question', async () => {
    await database.query('INSERT INTO notes VALUES (1, $1)', ['a']);
    expect(await database.query('UPDATE notes SET text = $1 RETURNING id, text', ['b'])).toEqual([{ id: 1, text: 'b' }]);
    expect(await database.query('DELETE FROM notes')).toEqual([]);
  });

  it('runs the hooks after the commit, and none after a rollback', async () => {
    const seen: string[] = [];
    await database.transaction(async (tx) => {
      await tx.query("INSERT INTO notes VALUES (2, 'kept')");
      tx.afterCommit(() => seen.push('committed'));
      expect(seen).toEqual([]);
    });
    const error = await failure(
      database.transaction(async (tx) => {
        tx.afterCommit(() => seen.push('never'));
        await tx.query("INSERT INTO notes VALUES (3, 'lost')");
        throw new Error('changed my mind');
      }),
    );
    expect(error).toEqual(new Error('changed my mind'));
    expect(seen).toEqual(['committed']);
    expect(await database.query('SELECT id FROM notes')).toEqual([{ id: 2 }]);
  });

  it('has a prepared statement parsed once per connection, also after it failed and after the table changed', async () => {
    const insert = prepared('INSERT INTO notes VALUES ($1, $2) RETURNING id');
    const seen = await database.transaction(async (tx) => {
      expect(await tx.query(insert, [10, 'a'])).toEqual([{ id: 10 }]);
      expect(await tx.query(insert, [11, 'b'])).toEqual([{ id: 11 }]);
      return tx.query('SELECT name FROM pg_prepared_statements WHERE statement = $1', [insert.text]);
    });
    expect(seen).toEqual([{ name: insert.name }]);
    expect(await failure(database.query(insert, [10, 'again']))).toMatchObject({ code: '23505' });
    await database.query('ALTER TABLE notes ADD COLUMN extra text');
    expect(await database.query(insert, [12, 'c'])).toEqual([{ id: 12 }]);
    await database.query('DELETE FROM notes WHERE id >= 10');
  });

  it('names statements by their text, so that two never share a name', () => {
    expect(prepared('SELECT 1')).toEqual(prepared('SELECT 1'));
    expect(prepared('SELECT 1').name).not.toBe(prepared('SELECT 2').name);
  });

  it('hands on the error of a refused statement and stays usable', async () => {
    expect(await failure(database.query("INSERT INTO notes VALUES (2, 'again')"))).toMatchObject({ code: '23505' });
    expect(await failure(database.transaction((tx) => tx.query("INSERT INTO notes VALUES (2, 'again')")))).toMatchObject({ code: '23505' });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('has the server cancel what takes too long, without taking it for an outage', async () => {
    const error = await failure(database.query('SELECT pg_sleep(5)'));
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', ambiguous: false, cause: { code: '57014' } });
    expect(database.unavailable).toBeUndefined();
  });

  it.each([
    ['53100', 'a full disk'],
    ['58030', 'a disk that fails'],
    ['40P01', 'a deadlock'],
    ['25006', 'a standby'],
  ])('calls %s (%s) unavailable rather than the statement wrong, and stays usable', async (code) => {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'cannot' USING ERRCODE = '${code}'; END $$`;
    expect(await failure(database.query(raise))).toMatchObject({ code: 'DATABASE_UNAVAILABLE', ambiguous: false, cause: { code } });
    expect(await failure(database.transaction((tx) => tx.query(raise)))).toBeInstanceOf(DatabaseUnavailableError);
    expect(database.unavailable).toBeUndefined();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says so when no connection becomes free, without taking it for an outage', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holders = [1, 2].map(() => database.transaction(() => held));
    const error = await failure(database.query('SELECT 1'));
    expect(error).toBeInstanceOf(DatabaseUnavailableError);
    expect(error).toMatchObject({ ambiguous: false });
    expect(database.unavailable).toBeUndefined();
    release();
    await Promise.all(holders);
  });

  it('lets running work finish when it is closed', async () => {
    const { url } = await useDatabase();
    const closing = databaseAt(url);
    await closing.ready();
    const running = closing.query("SELECT pg_sleep(0.3), 'done' AS answer");
    await waitFor(async () => (await database.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(0.3)%'")).length > 0);
    await closing.close();
    expect(await running).toMatchObject([{ answer: 'done' }]);
  });
});

describe('Database, with Postgres away', () => {
  let server: PostgresServer;
  let proxy: FaultProxy;
  let url: string;

  beforeAll(async () => {
    server = await startPostgres({ durable: true });
    proxy = await createFaultProxy({ target: { port: server.port } });
    url = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`;
  });
  afterEach(() => proxy.restore());
  afterAll(async () => {
    await Promise.all(open.splice(0).map((database) => database.close()));
    await proxy.close();
    await server.stop();
  });

  it('boots without Postgres, refuses at once, and connects when it appears', async () => {
    const port = await freePort();
    const database = databaseAt(`postgres://postgres@127.0.0.1:${port}/postgres`);
    expect(await failure(database.query('SELECT 1'))).toBeInstanceOf(DatabaseUnavailableError);
    const late = await startPostgres({ port });
    try {
      await database.ready();
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await database.close();
    } finally {
      await late.stop();
    }
  });

  it('recovers from kill -9 of Postgres and keeps what was committed', async () => {
    const database = databaseAt(server.adminUrl, { poolSize: 3 });
    await database.ready();
    await database.query('CREATE TABLE survivors (id int)');
    const busy = [1, 2, 3].map(() => failure(database.query('SELECT pg_sleep(4)')));
    await database.query('INSERT INTO survivors VALUES (1)').catch(() => undefined);
    await server.kill('SIGKILL');
    for (const error of await Promise.all(busy)) expect(error).toBeInstanceOf(Error);
    await waitFor(() => database.unavailable !== undefined);

    const before = performance.now();
    for (let i = 0; i < 100; i += 1) {
      expect(await failure(database.transaction((tx) => tx.query('SELECT 1')))).toBeInstanceOf(DatabaseUnavailableError);
    }
    expect(performance.now() - before).toBeLessThan(200);

    await server.start();
    await database.ready();
    await database.query('INSERT INTO survivors VALUES (2)');
    expect(await database.query('SELECT 1 FROM survivors WHERE id = 2')).toHaveLength(1);
  });

  it('calls a statement whose answer was lost ambiguous', async () => {
    const database = databaseAt(url);
    await database.ready();
    const work = failure(database.query('SELECT pg_sleep(4)'));
    await waitFor(() => proxy.connections > 0);
    proxy.cut();
    expect(await work).toMatchObject({ code: 'DATABASE_UNAVAILABLE', ambiguous: true });
    proxy.restore();
    await database.ready();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('notices a server that hangs, refuses at once while it does, and recovers', async () => {
    const database = databaseAt(url, { statementTimeoutMs: 200, connectTimeoutMs: 500 });
    await database.ready();
    await database.query('SELECT 1');
    proxy.hang();
    expect(await failure(database.query('SELECT 1'))).toMatchObject({ code: 'DATABASE_UNAVAILABLE', ambiguous: true });
    await waitFor(() => database.unavailable !== undefined);
    const before = performance.now();
    expect(await failure(database.query('SELECT 1'))).toBeInstanceOf(DatabaseUnavailableError);
    expect(performance.now() - before).toBeLessThan(50);
    proxy.restore();
    await database.ready();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('does not let calls wait for their statement timeout when the server hangs', async () => {
    const database = databaseAt(url, { poolSize: 2, statementTimeoutMs: 60_000, connectTimeoutMs: 60_000 });
    await database.ready();
    await Promise.all([1, 2].map(() => database.query('SELECT 1')));
    proxy.hang();
    const before = performance.now();
    // Two that were sent, and one that waits for a connection.
    const errors = await Promise.all([1, 2, 3].map(() => failure(database.query('SELECT 1'))));
    expect(performance.now() - before).toBeLessThan(6_000);
    expect(errors).toMatchObject([{ ambiguous: true }, { ambiguous: true }, { ambiguous: false }].map((more) => ({ code: 'DATABASE_UNAVAILABLE', ...more })));
    proxy.restore();
    await database.ready();
    expect(await Promise.all([1, 2, 3].map(() => database.query('SELECT 1 AS one')))).toEqual([1, 2, 3].map(() => [{ one: 1 }]));
  });

  it('does not blame the server for its own stalls', async () => {
    const database = databaseAt(url, { statementTimeoutMs: 10_000 });
    await database.ready();
    const slow = database.query("SELECT pg_sleep(4), 'done' AS answer");
    // As while a lot of JSON is parsed: half a second without a look at any socket, six times over.
    for (let stall = 0; stall < 6; stall += 1) {
      for (const until = performance.now() + 500; performance.now() < until; );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(database.unavailable).toBeUndefined();
    expect(await slow).toMatchObject([{ answer: 'done' }]);
  });

  it('does not blame the server for one long stall in the middle of a probe', async () => {
    const changes: boolean[] = [];
    const database = databaseAt(server.adminUrl, {}, { onChange: (up) => changes.push(up) });
    await database.ready();
    const probe = database.check();
    // As while a burst of large events is written: the answer comes early and lies unread.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
    expect(await probe).toBeUndefined();
    expect([database.unavailable, changes]).toEqual([undefined, [true]]);
  });

  it('leaves a statement alone that is slow on a server that answers', async () => {
    const database = databaseAt(url, { statementTimeoutMs: 10_000 });
    await database.ready();
    expect(await database.query("SELECT pg_sleep(2.5), 'done' AS answer")).toMatchObject([{ answer: 'done' }]);
    expect(database.unavailable).toBeUndefined();
  });

  it('never reuses the connection of a transaction that was cut', async () => {
    const database = databaseAt(url, { poolSize: 1, statementTimeoutMs: 300 });
    await database.ready();
    const error = await failure(
      database.transaction(async (tx) => {
        await tx.query('CREATE TEMP TABLE mark (id int) ON COMMIT PRESERVE ROWS');
        proxy.hang();
        await tx.query('SELECT 1');
      }),
    );
    expect(error).toBeInstanceOf(DatabaseUnavailableError);
    proxy.restore();
    await database.ready();
    expect(await database.query("SELECT 1 FROM pg_class WHERE relname = 'mark'")).toEqual([]);
  });

  it('tells a readiness check the reason', async () => {
    const database = databaseAt(url);
    await database.ready();
    expect(await database.check()).toBeUndefined();
    proxy.cut();
    expect(await database.check()).toEqual(expect.any(String));
  });
});
