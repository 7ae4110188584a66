import { loadConfig } from '@posthorn/configuration';
import { integrationSettings } from '@posthorn/delivery';
import { z } from 'zod';
import { PROVIDERS } from './providers/index.js';

export const SERVICE = 'crm-sync';
/** Of its tables, and the role it runs as. */
export const SCHEMA = 'crm';

const section = z.strictObject(integrationSettings(PROVIDERS));

export type CrmConfig = ReturnType<typeof loadCrmConfig>;

/** The service's section of posthorn.yaml and its environment, as one frozen object. Throws with every mistake. */
export function loadCrmConfig(env: NodeJS.ProcessEnv = process.env) {
  return loadConfig({ service: SERVICE, section, env, needs: ['database', 'nats'] });
}
