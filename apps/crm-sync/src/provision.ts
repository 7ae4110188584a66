import { loadProvisioning } from '@posthorn/configuration';
import { provisionIntegration } from '@posthorn/delivery';
import { launch } from '@posthorn/http';
import { SCHEMA, SERVICE } from './config.js';

// Runs before the service, with rights the service itself never has. Running it again changes nothing.
await launch(() => provisionIntegration({ service: SERVICE, schema: SCHEMA, ...loadProvisioning() }));
