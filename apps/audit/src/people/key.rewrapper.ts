import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Gauge, Metrics } from '@posthorn/observability';
import { Database, type Transaction } from '@posthorn/persistence';
import { RecurringRound } from '../rounds/recurring.round.js';
import { KeyVault } from './key.vault.js';

const EVERY_MS = 60_000;
const AT_ONCE = 500;

interface KeyRow {
  pseudonym: string;
  wrapped_key: Buffer;
}

// From one name to the next by index: nobody has to be counted whose key is wrapped as it should be.
const OUTDATED = `
  WITH RECURSIVE used (id) AS (
    SELECT min(key_id) FROM people
    UNION ALL SELECT (SELECT min(key_id) FROM people WHERE key_id > used.id) FROM used WHERE used.id IS NOT NULL)
  SELECT id, (SELECT count(*)::int FROM people WHERE key_id = used.id) AS people FROM used WHERE id <> $1`;
// Waits for nobody, and nobody who seals an entry waits for it.
const TAKE = `SELECT pseudonym, wrapped_key FROM people WHERE key_id = $1 LIMIT ${AT_ONCE} FOR NO KEY UPDATE SKIP LOCKED`;
const PUT = `
  UPDATE people SET wrapped_key = anew.wrapped, key_id = anew.key_id
    FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS anew (pseudonym, wrapped, key_id) WHERE people.pseudonym = anew.pseudonym`;

/** Wraps people's keys with the first configured key, where another one wrapped them, so that the other can be destroyed. */
@Injectable()
export class KeyRewrapper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(KeyRewrapper.name);
  private readonly rounds = new RecurringRound(() => this.rewrap(), { everyMs: EVERY_MS, logger: this.logger, complaint: 'Keys of people could not be wrapped with the first key; it will be tried again' });
  private readonly outdated: Gauge<'key'>;
  private readonly settled = new Set<string>();
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly vault: KeyVault,
    metrics: Metrics,
  ) {
    this.outdated = metrics.gauge('audit_outdated_people_keys', 'Keys of people that another key than the first in audit.encryption.keys wraps', ['key']);
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  onModuleDestroy(): Promise<void> {
    this.stopping = true;
    return this.rounds.stop();
  }

  /** One round: everything that this replica has the keys for. Any number of replicas may. */
  async rewrap(): Promise<void> {
    for (const { id, people } of await this.remaining()) {
      if (!this.vault.has(id)) continue;
      this.logger.log({ from: id, to: this.vault.currentId, people }, 'Keys of people are being wrapped anew');
      for (let more = true; more && !this.stopping; ) more = await this.database.transaction((tx) => this.rewrapSome(tx, id));
    }
    const left = await this.remaining();
    this.tell(left);
    const lost = left.filter(({ id }) => !this.vault.has(id)).map(({ id }) => id);
    if (lost.length > 0) throw new Error(`ENCRYPTION_KEY_MISSING: keys of people were wrapped with "${lost.join('", "')}", which audit.encryption.keys does not have. Add it again, below the current one.`);
  }

  private remaining(): Promise<{ id: string; people: number }[]> {
    return this.database.query<{ id: string; people: number }>(OUTDATED, [this.vault.currentId]);
  }

  private async rewrapSome(tx: Transaction, keyId: string): Promise<boolean> {
    const rows = await tx.query<KeyRow>(TAKE, [keyId]);
    if (rows.length === 0) return false;
    const anew = rows.map(({ pseudonym, wrapped_key: wrapped }) => this.vault.wrap(this.vault.unwrap({ wrapped, keyId }, pseudonym), pseudonym));
    await tx.query(PUT, [rows.map(({ pseudonym }) => pseudonym), anew.map(({ wrapped }) => wrapped), anew.map((one) => one.keyId)]);
    return rows.length === AT_ONCE;
  }

  private tell(left: readonly { id: string; people: number }[]): void {
    const counts = new Map(left.map(({ id, people }) => [id, people]));
    for (const key of new Set([...this.vault.olderIds, ...counts.keys()])) this.outdated.set({ key }, counts.get(key) ?? 0);
    for (const key of this.vault.olderIds) {
      if (counts.has(key)) this.settled.delete(key);
      else if (!this.settled.has(key)) {
        this.settled.add(key);
        this.logger.log({ key }, 'No key of people is wrapped with this key any more. Once every replica says so, take it out of audit.encryption.keys and destroy it: backups from before cannot be read then');
      }
    }
  }
}
