import { EVENTS_STREAM } from '@posthorn/contracts';
import { ensureTopology, STREAMS } from '@posthorn/messaging';
import { provisionSchema } from '@posthorn/persistence';
import { loadEmailProvisioning, SERVICE } from './config.js';
import { MIGRATIONS } from './migrations/index.js';

// Runs before the service, with rights the service itself never has. Running it again changes nothing.
const { adminDatabase, rolePassword, nats } = loadEmailProvisioning();
await provisionSchema({ admin: adminDatabase, schema: SERVICE, role: SERVICE, rolePassword, migrations: MIGRATIONS, access: 'read-write' });
await ensureTopology(nats, { streams: [...STREAMS], consumers: [{ stream: EVENTS_STREAM, durable: SERVICE }] });
