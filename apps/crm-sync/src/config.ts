import { loadConfig, loadProvisioning, type ProvisioningConfig, type ServiceConfig } from '@posthorn/configuration';
import { connectionSchema } from '@posthorn/delivery';
import { z } from 'zod';
import { PROVIDERS } from './providers/index.js';

export const SERVICE = 'crm-sync';
/** Of its tables, and the role it runs as. */
export const SCHEMA = 'crm';

const section = z.strictObject({
  connections: connectionSchema(PROVIDERS),
  /** From when on a new service wants the history; without it, from what the stream remembers. */
  since: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional(),
});

export type CrmSection = z.infer<typeof section>;
export type CrmConfig = ServiceConfig<CrmSection> & Required<Pick<ServiceConfig<CrmSection>, 'database' | 'nats'>>;

/** The service's section of posthorn.yaml and its environment, as one frozen object. Throws with every mistake. */
export function loadCrmConfig(env: NodeJS.ProcessEnv = process.env): CrmConfig {
  return loadConfig({ service: SERVICE, section, env, needs: ['database', 'nats'] });
}

export function loadCrmProvisioning(env: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  return loadProvisioning({ env });
}
