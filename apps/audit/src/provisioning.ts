import type { ProvisioningConfig } from '@posthorn/configuration';
import { EVENTS_STREAM, OUTCOMES_STREAM } from '@posthorn/contracts';
import { ensureTopology, STREAMS } from '@posthorn/messaging';
import { provisionSchema } from '@posthorn/persistence';
import { SERVICE } from './config.js';
import { MIGRATIONS } from './migrations/index.js';

/** The schema, its roles and the durable consumers, from whatever state they are in. */
export async function provisionAudit({ adminDatabase, rolePassword, nats }: ProvisioningConfig): Promise<void> {
  await provisionSchema({
    admin: adminDatabase,
    schema: SERVICE,
    role: SERVICE,
    rolePassword,
    migrations: MIGRATIONS,
    access: 'append-only',
    // No part of the log: whose keys can be destroyed and wrapped anew, what is to be forgotten and was, how far it agrees
    // with the services, what is still to be published, how the books stand now, how many entries were counted, whether the
    // log is known to differ from what was signed, and how far others have a copy of it.
    mutableTables: [
      { table: 'people', update: ['wrapped_key', 'key_id'], delete: true },
      { table: 'person_addresses', delete: true },
      { table: 'erasures', update: ['certified_at', 'outcome_id', 'unable'] },
      { table: 'listed_events', delete: true },
      { table: 'log_streams', update: ['position', 'acknowledged_at', 'leased_by', 'leased_until'] },
      'reconciliation', 'unrelayed', 'book_keeper', 'book_services', 'books', 'recorded_counts', 'entry_counts', 'entry_counter', 'log_standing',
    ],
  });
  await ensureTopology(nats, {
    streams: STREAMS,
    consumers: [EVENTS_STREAM, OUTCOMES_STREAM].map((stream) => ({ stream, durable: SERVICE })),
  });
}
