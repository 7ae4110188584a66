import { loadConfig, loadProvisioning, type ProvisioningConfig } from '@posthorn/configuration';
import { SITE_ID } from '@posthorn/contracts';
import type { ApiKeyEntry } from '@posthorn/http';
import { z } from 'zod';
import { FORM_NAME, formSettings } from './forms/form.settings.js';
import { quarantineSettings } from './quarantine/quarantine.settings.js';
import { RETENTION_TYPES, type RetentionRule, rulesOf } from './retention/retention.rules.js';

/** May submit events. */
export const WRITE = 'events:write';
/** May ask what became of them. A key that lives in a browser should not have it. */
export const READ = 'events:read';
/** May have a person erased. Only a key that is meant for it. */
export const ERASE = 'privacy:erase';

const key = z.strictObject({
  id: z.string().min(1).max(100),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key as 64 lower-case hex digits'),
  scopes: z.array(z.enum([WRITE, READ, ERASE])).min(1).default([WRITE, READ]),
});

/** Deliveries are tried for 72 hours, and what is erased is delivered no more. */
const days = z.int().min(4, 'must be at least 4: deliveries are tried for three days').max(36_500);

const retention = z
  .strictObject({ days: days.optional(), types: z.partialRecord(z.enum(RETENTION_TYPES), days).default({}) })
  .refine(({ days: all, types }) => all !== undefined || Object.keys(types).length > 0, 'must have days, types or both');

const site = z.strictObject({
  /** What people know the site by; shown on the newsletter pages. */
  name: z.string().min(1).max(200),
  keys: z.array(key).min(1),
  /** For how long personal values are kept; for good unless given. */
  retention: retention.optional(),
  /** HTML forms of the site that send straight here. */
  forms: z.record(z.string().regex(FORM_NAME, 'must be lower-case letters, digits and hyphens'), formSettings).default({}),
});

const section = z
  .strictObject({
    /** Where people reach this service: the base of the links in mails. */
    publicUrl: z.url({ protocol: /^https?$/ }),
    /** Shared with the email service, which signs the links. */
    linkSecret: z.string().min(24, 'must have at least 24 characters; make one with: openssl rand -base64 32'),
    quarantine: quarantineSettings.prefault({}),
    sites: z.record(z.string().regex(SITE_ID, 'must be lower-case letters, digits and hyphens'), site),
  })
  .superRefine(({ sites }, context) => {
    const owners = new Map<string, string>();
    for (const [id, { keys }] of Object.entries(sites)) {
      keys.forEach(({ sha256 }, index) => {
        const owner = owners.get(sha256);
        const path = ['sites', id, 'keys', index, 'sha256'];
        if (owner !== undefined) context.addIssue({ code: 'custom', path, message: `is the key of ${owner} already` });
        owners.set(sha256, `${id}.keys[${index}]`);
      });
    }
  });

export type IngressSection = z.infer<typeof section>;
export type IngressConfig = ReturnType<typeof loadIngressConfig>;

export const SERVICE = 'ingress';

/** The ingress section and its environment; throws an error that lists every mistake. */
export function loadIngressConfig(env: NodeJS.ProcessEnv = process.env) {
  return loadConfig({ service: SERVICE, section, env, needs: ['database', 'nats'] });
}

export function loadIngressProvisioning(env: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  return loadProvisioning({ env });
}

/** Every key of every site, for the ring. */
export function keysOf({ sites }: IngressSection): ApiKeyEntry[] {
  return Object.entries(sites).flatMap(([site, { keys }]) => keys.map((entry) => ({ ...entry, site })));
}

export function retentionRulesOf({ sites }: IngressSection): RetentionRule[] {
  return Object.entries(sites).flatMap(([site, { retention: settings }]) => (settings === undefined ? [] : rulesOf(site, settings)));
}
