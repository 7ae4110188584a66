import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys made by command. Of a secret only its digest is here. */
export class KeepKeys1802000000020 implements MigrationInterface {
  readonly name = 'KeepKeys1802000000020';

  async up(runner: QueryRunner): Promise<void> {
    // A revoked key stays: its id is in the audit log and must not come to name another.
    await runner.query(`
      CREATE TABLE api_keys (
        id         text PRIMARY KEY,
        kind       text NOT NULL,
        site       text,
        rights     jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        expires_at timestamptz,
        revoked_at timestamptz)`);
    // More than one while a key is exchanged: the older ones count until their time.
    await runner.query(`
      CREATE TABLE api_key_secrets (
        sha256       bytea PRIMARY KEY,
        key          text NOT NULL REFERENCES api_keys,
        made_at      timestamptz NOT NULL DEFAULT now(),
        valid_until  timestamptz,
        last_used_at timestamptz)`);
    await runner.query('CREATE INDEX api_key_secrets_of_key ON api_key_secrets (key)');
    // Goes up with every change, in its transaction: the one row that replicas look at every second.
    await runner.query('CREATE TABLE api_keys_version (version bigint NOT NULL)');
    await runner.query('INSERT INTO api_keys_version VALUES (0)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward.'));
  }
}
