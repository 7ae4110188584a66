import { startPostgres, type TestDatabase, useDatabase } from '@posthorn/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Database, provisionSchema, type SchemaProvisioning } from './index.js';

class CreateThings1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)');
    await runner.query('CREATE TABLE inbox (id int)');
  }
  down(): Promise<void> {
    return Promise.reject(new Error('forward only'));
  }
}

class AddColour1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE things ADD colour text');
    await runner.query('CREATE TABLE later (id int)');
  }
  down(): Promise<void> {
    return Promise.reject(new Error('forward only'));
  }
}

const open: Database[] = [];
let place: TestDatabase;

const plan = (over: Partial<SchemaProvisioning> = {}): SchemaProvisioning => ({
  admin: { url: place.adminUrl },
  schema: 'shop',
  role: 'shop',
  migrations: [CreateThings1764000000001],
  access: 'read-write',
  ...over,
});

async function as(role: string, schema = role): Promise<Database> {
  const database = new Database({ url: place.urlFor(role), schema, service: 'test', poolSize: 1 });
  open.push(database);
  await database.ready();
  return database;
}

const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'allowed',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
const DENIED = '42501';

beforeAll(async () => {
  place = await useDatabase();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()));
});

describe('provisionSchema', () => {
  it('makes schema and tables, and changes nothing the second time', async () => {
    expect(await provisionSchema(plan())).toEqual({ migrated: ['CreateThings1764000000001'] });
    expect(await provisionSchema(plan())).toEqual({ migrated: [] });
    const shop = await as('shop');
    await shop.query("INSERT INTO things (name) VALUES ('lamp')");
    expect(await shop.query('SELECT id, name FROM things')).toEqual([{ id: '1', name: 'lamp' }]);
  });

  it('adds what is new and gives the role its rights on it', async () => {
    const migrations = [CreateThings1764000000001, AddColour1764000000002];
    expect(await provisionSchema(plan({ migrations }))).toEqual({ migrated: ['AddColour1764000000002'] });
    expect(await refusal((await as('shop')).query('INSERT INTO later VALUES (1)'))).toBe('allowed');
  });

  it('lets the role change rows but never tables, roles or the list of migrations', async () => {
    const shop = await as('shop');
    expect(await refusal(shop.query("UPDATE things SET name = 'sun'"))).toBe('allowed');
    expect(await refusal(shop.query('CREATE TABLE mine (id int)'))).toBe(DENIED);
    expect(await refusal(shop.query('DROP TABLE things'))).toBe(DENIED);
    expect(await refusal(shop.query('TRUNCATE things'))).toBe(DENIED);
    expect(await refusal(shop.query('DELETE FROM migrations'))).toBe(DENIED);
    expect(await refusal(shop.query('SET ROLE shop_owner'))).toBe(DENIED);
    expect(await refusal(shop.query('CREATE ROLE more'))).toBe(DENIED);
    expect(await refusal(shop.query('CREATE TABLE public.mine (id int)'))).toBe(DENIED);
  });

  it('hides each schema from the roles of the others', async () => {
    await provisionSchema(plan({ schema: 'stall', role: 'stall' }));
    expect(await refusal((await as('stall')).query('SELECT 1 FROM shop.things'))).toBe(DENIED);
  });

  it('lets an append-only role read and insert, and change only the tables named for it', async () => {
    await provisionSchema(plan({ schema: 'book', role: 'book', access: 'append-only', mutableTables: ['inbox'] }));
    const book = await as('book');
    expect(await refusal(book.query("INSERT INTO things (name) VALUES ('entry') RETURNING id"))).toBe('allowed');
    expect(await refusal(book.query("UPDATE things SET name = 'forged'"))).toBe(DENIED);
    expect(await refusal(book.query('DELETE FROM things'))).toBe(DENIED);
    expect(await refusal(book.query('DELETE FROM inbox'))).toBe('allowed');
  });

  it('lets an append-only role change no more of a table than was said', async () => {
    const only = (mutableTables: SchemaProvisioning['mutableTables']): Promise<unknown> => provisionSchema(plan({ schema: 'album', role: 'album', access: 'append-only', mutableTables }));
    await only([{ table: 'things', update: ['name'] }, { table: 'inbox', delete: true }]);
    const album = await as('album');
    expect(await refusal(album.query("UPDATE things SET name = 'moon'"))).toBe('allowed');
    expect(await refusal(album.query('UPDATE things SET id = DEFAULT'))).toBe(DENIED);
    expect(await refusal(album.query('DELETE FROM things'))).toBe(DENIED);
    expect(await refusal(album.query('DELETE FROM inbox'))).toBe('allowed');
    expect(await refusal(album.query('UPDATE inbox SET id = 1'))).toBe(DENIED);
    await only([]);
    expect(await refusal(album.query("UPDATE things SET name = 'sun'"))).toBe(DENIED);
  });

  it('takes rights away again when a schema becomes append-only', async () => {
    await provisionSchema(plan({ schema: 'diary', role: 'diary' }));
    await provisionSchema(plan({ schema: 'diary', role: 'diary', access: 'append-only' }));
    expect(await refusal((await as('diary')).query('DELETE FROM things'))).toBe(DENIED);
  });

  it('bears being run several times at once, for one schema and for many', async () => {
    const schemas = ['north', 'south', 'north', 'east', 'south', 'north'];
    const results = await Promise.all(schemas.map((schema) => provisionSchema(plan({ schema, role: schema }))));
    expect(results.filter(({ migrated }) => migrated.length > 0)).toHaveLength(3);
  });

  it('creates the database, sets the password, and changes it when told another', async () => {
    const server = await startPostgres({ password: 'admin secret' });
    try {
      const admin = { url: server.urlOf('brand_new'), password: 'admin secret' };
      const reach = async (password: string): Promise<unknown> => {
        const { Client } = await import('pg');
        const client = new Client({ host: '127.0.0.1', port: server.port, user: 'shop', database: 'brand_new', password });
        const answer = await refusal(client.connect());
        await client.end();
        return answer;
      };
      await Promise.all(['shop', 'stall'].map((schema) => provisionSchema(plan({ admin, schema, role: schema, rolePassword: "it's a \\ secret" }))));
      expect(await reach("it's a \\ secret")).toBe('allowed');
      expect(await reach('wrong')).toBe('28P01');
      await provisionSchema(plan({ admin, rolePassword: 'next' }));
      expect(await reach('next')).toBe('allowed');
    } finally {
      await server.stop();
    }
  });

  it('leaves a role nothing outside its schema: no other database, no large objects, no temporary tables', async () => {
    const server = await startPostgres({ password: 'admin secret' });
    try {
      const admin = { url: server.urlOf('its_own'), password: 'admin secret' };
      await provisionSchema(plan({ admin, rolePassword: 'pw' }));
      expect(await provisionSchema(plan({ admin, rolePassword: 'pw' }))).toEqual({ migrated: [] });
      const doing = async (sql: string, database = 'its_own'): Promise<unknown> => {
        const { Client } = await import('pg');
        const client = new Client({ host: '127.0.0.1', port: server.port, user: 'shop', database, password: 'pw' });
        client.on('error', () => undefined);
        const answer = await refusal(client.connect().then(() => client.query(sql)));
        await client.end();
        return answer;
      };
      expect(await doing('SELECT 1')).toBe('allowed');
      for (const other of ['postgres', 'template1']) expect(await doing('SELECT 1', other)).toBe(DENIED);
      for (const sql of ['SELECT lo_create(0)', 'SELECT lo_creat(-1)', "SELECT lo_from_bytea(0, 'x')", "SELECT lo_import('/etc/hostname')", 'CREATE TEMPORARY TABLE t (id int)']) {
        expect(await doing(sql), sql).toBe(DENIED);
      }
    } finally {
      await server.stop();
    }
  });

  it('leaves everybody what they had in a database that was open to everybody before', async () => {
    await provisionSchema(plan({ schema: 'guest', role: 'guest' }));
    expect(await refusal((await as('guest')).query('SELECT lo_create(0)'))).toBe('allowed');
  });

  it('works for an administrator who is no superuser', async () => {
    const root = await as('postgres', 'public');
    await root.query('DROP ROLE IF EXISTS clerk');
    await root.query(`CREATE ROLE clerk LOGIN CREATEROLE`);
    await root.query(`GRANT CREATE, CONNECT ON DATABASE ${place.name} TO clerk WITH GRANT OPTION`);
    const admin = { url: place.urlFor('clerk') };
    await provisionSchema(plan({ admin, schema: 'kiosk', role: 'kiosk' }));
    expect(await provisionSchema(plan({ admin, schema: 'kiosk', role: 'kiosk' }))).toEqual({ migrated: [] });
    expect(await refusal((await as('kiosk')).query('SELECT 1 FROM things'))).toBe('allowed');
  });
});
