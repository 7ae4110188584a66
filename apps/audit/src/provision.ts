import { launch } from '@posthorn/http';
import { loadAuditProvisioning } from './config.js';
import { provisionAudit } from './provisioning.js';

// Runs before the service, with rights the service itself never has. Running it again changes nothing.
await launch(() => provisionAudit(loadAuditProvisioning()));
