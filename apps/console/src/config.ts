import { loadConfig, type ServiceConfig } from '@posthorn/configuration';
import { type AskedKey, OPERATE, SITE_ID } from '@posthorn/contracts';
import type { ApiKeyEntry } from '@posthorn/http';
import { z } from 'zod';

export const SERVICE = 'console';

const operatorKey = z.strictObject({
  /** Named as the actor of every order, in the audit log. */
  id: z.string().min(1).max(100),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key as 64 lower-case hex digits'),
});

const section = z.strictObject({
  keys: z.array(operatorKey).min(1),
  /** Who should answer; the console says which of them did not. */
  services: z.array(z.string().regex(SITE_ID, 'must be the name of a service')).min(1).default(['calendar', 'crm-sync', 'email']),
});

export type ConsoleSection = z.infer<typeof section>;
export type ConsoleConfig = ServiceConfig<ConsoleSection> & Required<Pick<ServiceConfig<ConsoleSection>, 'nats'>>;

/** The console's section and its environment; throws an error that lists every mistake. */
export function loadConsoleConfig(env: NodeJS.ProcessEnv = process.env): ConsoleConfig {
  return loadConfig({ service: SERVICE, section, env, needs: ['nats'] });
}

/** The operators' declared keys, for the ring: they may do all there is here. */
export function keysOf({ keys }: ConsoleSection): ApiKeyEntry[] {
  return keys.map((key) => keyEntryOf({ ...key, scopes: [OPERATE] }));
}

/** An operator's key, wherever it was made. */
export function keyEntryOf({ id, sha256, scopes, expiresAt }: AskedKey): ApiKeyEntry {
  return { id, kind: 'operator', sha256, scopes, ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }) };
}
