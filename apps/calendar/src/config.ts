import { loadConfig, loadProvisioning, type ProvisioningConfig, type ServiceConfig } from '@posthorn/configuration';
import { connectionSchema } from '@posthorn/delivery';
import { z } from 'zod';
import { PROVIDERS } from './providers/index.js';

export const SERVICE = 'calendar';
/** Of its tables, and the role it runs as. */
export const SCHEMA = 'calendar';

const section = z.strictObject({
  connections: connectionSchema(PROVIDERS),
  /** From when on a new service wants the history; without it, from what the stream remembers. */
  since: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional(),
});

export type CalendarSection = z.infer<typeof section>;
export type CalendarConfig = ServiceConfig<CalendarSection> & Required<Pick<ServiceConfig<CalendarSection>, 'database' | 'nats'>>;

/** The service's section of posthorn.yaml and its environment, as one frozen object. Throws with every mistake. */
export function loadCalendarConfig(env: NodeJS.ProcessEnv = process.env): CalendarConfig {
  return loadConfig({ service: SERVICE, section, env, needs: ['database', 'nats'] });
}

export function loadCalendarProvisioning(env: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  return loadProvisioning({ env });
}
