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
    // How far the log agrees with the services; no part of the log.
    mutableTables: ['reconciliation'],
  });
  await ensureTopology(nats, {
    streams: STREAMS,
    consumers: [EVENTS_STREAM, OUTCOMES_STREAM].map((stream) => ({ stream, durable: SERVICE })),
  });
}
