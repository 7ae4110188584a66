import { loadConfig, loadProvisioning, type ProvisioningConfig, type ServiceConfig } from '@posthorn/configuration';
import type { ApiKeyEntry } from '@posthorn/http';
import { z } from 'zod';

export const SERVICE = 'audit';

/** A key without it sees that a personal field was there, but not what it said. */
export const SEES_PERSONAL_DATA = 'audit:personal-data';

const auditorKey = z.strictObject({
  /** Named in the log of who asked what. */
  id: z.string().min(1).max(100),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key as 64 lower-case hex digits'),
  personalData: z.boolean().default(false),
});

const books = z.strictObject({
  /** How often the services are asked what they have. */
  everyMs: z.int().min(1_000).max(600_000).default(10_000),
  /** How long an event may be on its way to a service before the difference is an alarm. */
  windowMs: z.int().min(60_000).max(86_400_000).default(300_000),
});

const aesKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 32 random bytes in hex: openssl rand -hex 32')
  .transform((text) => Buffer.from(text, 'hex'));

const encryption = z.strictObject({
  /** Wrap the keys of people: the first the new ones; those below it only open what they once wrapped. */
  keys: z.tuple([z.strictObject({ id: z.string().min(1).max(100), key: aesKey })], z.strictObject({ id: z.string().min(1).max(100), key: aesKey })),
  /** Finds a person by their address. Never changes: with another one nobody would be found again. */
  lookupKey: aesKey,
});

const section = z.strictObject({
  keys: z.array(auditorKey).min(1),
  encryption,
  /** From when on a new log wants the history; without it, from what the streams remember. */
  since: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional(),
  books: books.prefault({}),
});

export type AuditSection = z.infer<typeof section>;
export type AuditConfig = ServiceConfig<AuditSection> & Required<Pick<ServiceConfig<AuditSection>, 'database' | 'nats'>>;

/** The audit section and its environment; throws an error that lists every mistake. */
export function loadAuditConfig(env: NodeJS.ProcessEnv = process.env): AuditConfig {
  return loadConfig({ service: SERVICE, section, env, needs: ['database', 'nats'] });
}

export function loadAuditProvisioning(env: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  return loadProvisioning({ env });
}

/** The auditors' keys, for the ring. */
export function keysOf({ keys }: AuditSection): ApiKeyEntry[] {
  return keys.map(({ id, sha256, personalData }) => ({ id, sha256, scopes: personalData ? [SEES_PERSONAL_DATA] : [] }));
}
