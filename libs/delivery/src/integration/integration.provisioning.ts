import { INBOX_MIGRATIONS, LEDGER_MIGRATIONS } from '@posthorn/ledger';
import { type AdminConnection, ensureTopology, STREAMS } from '@posthorn/messaging';
import { type MigrationClass, provisionSchema, type SchemaProvisioning } from '@posthorn/persistence';
import { DELIVERY_MIGRATIONS } from '../delivery.migrations.js';
import { eventsConsumerOf } from './events.consumer.js';

export interface IntegrationProvisioning {
  readonly service: string;
  /** Of its tables, and the role it runs as. */
  readonly schema: string;
  readonly adminDatabase: SchemaProvisioning['admin'];
  readonly rolePassword?: string;
  readonly nats: AdminConnection;
  /** For tables of its own, beside its inbox, its deliveries and its outbox. */
  readonly migrations?: readonly MigrationClass[];
}

/** Schema, role, streams and consumer of an integration service. Running it again changes nothing. */
export async function provisionIntegration({ service, schema, adminDatabase, rolePassword, nats, migrations = [] }: IntegrationProvisioning): Promise<void> {
  await provisionSchema({
    admin: adminDatabase,
    schema,
    role: schema,
    rolePassword,
    migrations: [...LEDGER_MIGRATIONS, ...INBOX_MIGRATIONS, ...DELIVERY_MIGRATIONS, ...migrations],
    access: 'read-write',
  });
  await ensureTopology(nats, { streams: STREAMS, consumers: [eventsConsumerOf(service)] });
}
