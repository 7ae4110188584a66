import { EVENTS_STREAM } from '@posthorn/contracts';
import { ensureTopology, STREAMS } from '@posthorn/messaging';
import { provisionSchema } from '@posthorn/persistence';
import { loadCalendarProvisioning, SCHEMA, SERVICE } from './config.js';
import { MIGRATIONS } from './migrations/index.js';

// Runs before the service, with rights the service itself never has. Running it again changes nothing.
const { adminDatabase, rolePassword, nats } = loadCalendarProvisioning();
await provisionSchema({ admin: adminDatabase, schema: SCHEMA, role: SCHEMA, rolePassword, migrations: MIGRATIONS, access: 'read-write' });
await ensureTopology(nats, { streams: [...STREAMS], consumers: [{ stream: EVENTS_STREAM, durable: SERVICE }] });
