import { launch } from '@posthorn/http';
import { ensureTopology, STREAMS } from '@posthorn/messaging';
import { provisionSchema } from '@posthorn/persistence';
import { loadIngressProvisioning, SERVICE } from './config.js';
import { MIGRATIONS } from './migrations/index.js';

// Runs before the service, with rights the service itself never has. Running it again changes nothing.
await launch(async () => {
  const { adminDatabase, rolePassword, nats } = loadIngressProvisioning();
  await provisionSchema({
    admin: adminDatabase,
    schema: SERVICE,
    role: SERVICE,
    rolePassword,
    migrations: MIGRATIONS,
    access: 'read-write',
  });
  await ensureTopology(nats, { streams: [...STREAMS] });
});
