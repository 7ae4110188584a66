import { Client } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { quoteIdentifier, quoteLiteral, withPassword } from './postgres-pool.js';

export type MigrationClass = new () => MigrationInterface;

export interface SchemaProvisioning {
  /** Someone who may create roles and, if it does not exist yet, the database named in the URL. */
  admin: { url: string; password?: string };
  schema: string;
  /** The role the service runs as. It owns nothing. */
  role: string;
  /** The password to give the role; without one its password is left alone. */
  rolePassword?: string;
  migrations: readonly MigrationClass[];
  /** With `append-only` the role may only read and insert. */
  access: 'read-write' | 'append-only';
  /** Tables of an append-only schema that the role may change all the same, such as its inbox; by name: in every way. */
  mutableTables?: readonly (string | TableRights)[];
}

/** What a role may do to a table of an append-only schema, beside reading it and adding to it. */
export interface TableRights {
  table: string;
  /** Rows as a whole, or these columns of them. */
  update?: true | readonly string[];
  delete?: true;
}

const ROLE_ATTEMPTS = 20;
const MAKE_LARGE_OBJECTS = ['pg_catalog.lo_creat(integer)', 'pg_catalog.lo_create(oid)', 'pg_catalog.lo_from_bytea(oid, bytea)'];

/**
 * Makes the schema, its two roles, its tables and its grants what they should be, from whatever
 * state they are in. Running it again, or twice at once, changes nothing.
 */
export async function provisionSchema(provisioning: SchemaProvisioning): Promise<{ migrated: string[] }> {
  for (const name of [provisioning.schema, provisioning.role]) requirePlainName(name);
  await createDatabaseIfMissing(provisioning.admin);
  const client = await connect(provisioning.admin);
  const lock = `posthorn provision ${provisioning.schema}`;
  try {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [lock]);
    await createRoles(client, provisioning);
    await createSchema(client, provisioning);
    const migrated = await migrate(provisioning);
    await grant(client, provisioning);
    return { migrated };
  } finally {
    await client.end();
  }
}

// Start-up options of a connection know no quoting.
function requirePlainName(name: string): void {
  if (!/^[a-z_][a-z0-9_]{0,55}$/.test(name)) throw new Error(`"${name}" is no name for a schema or role: use a-z, 0-9 and _.`);
}

export function ownerOf(schema: string): string {
  return `${schema}_owner`;
}

async function connect(admin: SchemaProvisioning['admin'], database?: string): Promise<Client> {
  const url = new URL(admin.url);
  if (database !== undefined) url.pathname = `/${database}`;
  const client = new Client({
    connectionString: withPassword(url.href, admin.password),
    application_name: 'posthorn-provision',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function createDatabaseIfMissing(admin: SchemaProvisioning['admin']): Promise<void> {
  try {
    await (await connect(admin)).end();
    return;
  } catch (error) {
    if (codeOf(error) !== '3D000') throw error;
  }
  const name = decodeURIComponent(new URL(admin.url).pathname.slice(1));
  const client = await connect(admin, 'postgres');
  try {
    await client.query(`CREATE DATABASE ${quoteIdentifier(name)}`);
    // By default everybody may connect to a new database and create temporary tables in it.
    await client.query(`REVOKE ALL ON DATABASE ${quoteIdentifier(name)} FROM PUBLIC`);
  } catch (error) {
    // Another service's provisioning was faster.
    if (codeOf(error) !== '42P04' && codeOf(error) !== '23505') throw error;
  } finally {
    await client.end();
  }
}

async function createRoles(client: Client, { schema, role, rolePassword }: SchemaProvisioning): Promise<void> {
  const owner = quoteIdentifier(ownerOf(schema));
  const runtime = quoteIdentifier(role);
  const least = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
  const password = rolePassword === undefined ? '' : ` PASSWORD ${quoteLiteral(rolePassword)}`;
  await onSharedCatalogue(client, async () => {
    const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [
      [ownerOf(schema), role],
    ]);
    const existing = new Set(rows.map(({ rolname }) => rolname));
    if (!existing.has(ownerOf(schema))) await client.query(`CREATE ROLE ${owner} NOLOGIN ${(await isSuperuser(client)) ? least : ''}`);
    if (!existing.has(role)) await client.query(`CREATE ROLE ${runtime} LOGIN ${(await isSuperuser(client)) ? least : ''}${password}`);
    else if (password !== '') await client.query(`ALTER ROLE ${runtime} LOGIN${password}`);
    // An administrator without superuser rights must be a member to act as the owner.
    if (!(await isSuperuser(client))) await client.query(`GRANT ${owner} TO CURRENT_USER`);
  });
}

async function createSchema(client: Client, { schema }: SchemaProvisioning): Promise<void> {
  const [name, owner] = [quoteIdentifier(schema), quoteIdentifier(ownerOf(schema))];
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${name} AUTHORIZATION ${owner}`);
  await client.query(`REVOKE ALL ON SCHEMA ${name} FROM PUBLIC`);
}

async function migrate({ admin, schema, migrations }: SchemaProvisioning): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: withPassword(admin.url, admin.password),
    schema,
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    synchronize: false,
    logging: false,
    poolSize: 1,
    applicationName: 'posthorn-migrations',
    extra: { options: `-c role=${ownerOf(schema)} -c search_path=${schema}` },
  });
  await dataSource.initialize();
  try {
    const done = await dataSource.runMigrations();
    return done.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
  }
}

async function grant(client: Client, provisioning: SchemaProvisioning): Promise<void> {
  const { schema, access, mutableTables = [] } = provisioning;
  const [name, owner, role] = [schema, ownerOf(schema), provisioning.role].map(quoteIdentifier) as [string, string, string];
  const rights = access === 'append-only' ? 'SELECT, INSERT' : 'SELECT, INSERT, UPDATE, DELETE';
  const { rows } = await client.query<{ database: string }>('SELECT current_database() AS database');
  const database = quoteIdentifier(rows[0]?.database ?? '');
  await client.query('BEGIN');
  // Several services' provisionings grant on the same database; the lock keeps them in line.
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('posthorn grants', 0))");
  await closeLargeObjects(client);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
  await client.query(`SET LOCAL ROLE ${owner}`);
  await client.query(`GRANT USAGE ON SCHEMA ${name} TO ${role}`);
  await client.query(`REVOKE ALL ON ALL TABLES IN SCHEMA ${name} FROM ${role}`);
  await client.query(`GRANT ${rights} ON ALL TABLES IN SCHEMA ${name} TO ${role}`);
  for (const mutable of mutableTables) {
    const { table, update, delete: deletes } = typeof mutable === 'string' ? { table: mutable, update: true as const, delete: true as const } : mutable;
    const columns = update === undefined || update === true ? '' : ` (${update.map(quoteIdentifier).join(', ')})`;
    const changes = [...(update === undefined ? [] : [`UPDATE${columns}`]), ...(deletes === true ? ['DELETE'] : [])];
    await client.query(`GRANT ${changes.join(', ')} ON ${name}.${quoteIdentifier(table)} TO ${role}`);
  }
  await client.query(`REVOKE INSERT, UPDATE, DELETE ON ${name}.migrations FROM ${role}`);
  await client.query(`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${name} TO ${role}`);
  await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT ${rights} ON TABLES TO ${role}`);
  await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT USAGE, SELECT ON SEQUENCES TO ${role}`);
  await client.query('COMMIT');
}

/**
 * Large objects belong to no schema, and every role may make them. Where not everybody may connect, nobody but ours
 * is meant by that; in a database that we found open others may rely on it.
 */
async function closeLargeObjects(client: Client): Promise<void> {
  if (!(await isSuperuser(client))) return;
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT has_database_privilege('public', current_database(), 'CONNECT') AND has_function_privilege('public', name, 'EXECUTE')`,
    [MAKE_LARGE_OBJECTS],
  );
  for (const { name } of rows) await client.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
}

async function isSuperuser(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ super: boolean }>('SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user');
  return rows[0]?.super ?? false;
}

// Roles belong to the whole cluster, advisory locks only to a database: two databases being
// provisioned at once can still collide on the catalogue, and the loser simply looks again.
async function onSharedCatalogue(client: Client, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query('BEGIN');
      await work();
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK');
      const collided = ['23505', '42710', 'XX000', '40001'].includes(codeOf(error) ?? '');
      if (!collided || attempt >= ROLE_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20 * attempt));
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
