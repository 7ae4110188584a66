import { loadConfig, loadProvisioning, type ProvisioningConfig } from '@posthorn/configuration';
import { CUSTOM_TYPE, OWN_SITE, SITE_ID } from '@posthorn/contracts';
import type { ApiKeyEntry } from '@posthorn/http';
import { z } from 'zod';
import { DECIDE, MANAGE_KEYS, OPERATOR_SCOPES, READ, SITE_SCOPES, WRITE } from './access/key.rights.js';
import { type ConsentSettings, consentSettings } from './consent/consent.settings.js';
import { FORM_NAME, formSettings } from './forms/form.settings.js';
import { limitSettings, siteLimitSettings } from './limits/limit.settings.js';
import { customTypeOf, type OwnTypesOfSite } from './own-types/own-types.rule.js';
import { ownFieldsSettings, ownTypesSettings } from './own-types/own-types.settings.js';
import { quarantineSettings } from './quarantine/quarantine.settings.js';
import { type SpamSettingsOfSites, spamSettings } from './spam/spam.settings.js';
import { RETENTION_TYPES, type RetentionRule, rulesOf } from './retention/retention.rules.js';
import { webhookSources } from './webhooks/webhook.settings.js';

const declared = {
  id: z.string().min(1).max(100),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key as 64 lower-case hex digits'),
};

const key = z.strictObject({ ...declared, scopes: z.array(z.enum(SITE_SCOPES)).min(1).default([WRITE, READ]) });

/** Who makes the first keys: nobody could make theirs by command. */
const operator = z.strictObject({ ...declared, scopes: z.array(z.enum(OPERATOR_SCOPES)).min(1).default([MANAGE_KEYS, DECIDE]) });

/** Deliveries are tried for 72 hours, and what is erased is delivered no more. */
const days = z.int().min(4, 'must be at least 4: deliveries are tried for three days').max(36_500);

const retention = z
  .strictObject({ days: days.optional(), types: z.partialRecord(z.union([z.enum(RETENTION_TYPES), z.string().regex(CUSTOM_TYPE)]), days).default({}) })
  .refine(({ days: all, types }) => all !== undefined || Object.keys(types).length > 0, 'must have days, types or both');

const site = z.strictObject({
  /** What people know the site by; shown on the newsletter pages. */
  name: z.string().min(1).max(200),
  /** Declared ones; more can be made by command. */
  keys: z.array(key).default([]),
  /** For how long personal values are kept; for good unless given. */
  retention: retention.optional(),
  /** To what people must have agreed for their events to be taken. */
  consent: consentSettings.optional(),
  /** Types of event that the site has added, and fields that it has added to ours. */
  types: ownTypesSettings.optional(),
  fields: ownFieldsSettings.optional(),
  /** HTML forms of the site that send straight here. */
  forms: z.record(z.string().regex(FORM_NAME, 'must be lower-case letters, digits and hyphens'), formSettings).default({}),
  /** What of its forms and browser keys is held. */
  spam: spamSettings.optional(),
  /** Other limits for its keys. */
  limits: siteLimitSettings.optional(),
  /** Who sends webhooks for it, by a name that is part of their address. */
  webhooks: webhookSources.optional(),
});

const section = z
  .strictObject({
    /** Where people reach this service: the base of the links in mails. */
    publicUrl: z.url({ protocol: /^https?$/ }),
    /** Shared with the email service, which signs the links. */
    linkSecret: z.string().min(24, 'must have at least 24 characters; make one with: openssl rand -base64 32'),
    quarantine: quarantineSettings.prefault({}),
    limits: limitSettings.prefault({}),
    /** Declared ones; more can be made by command. */
    operators: z.array(operator).default([]),
    sites: z.record(z.string().regex(SITE_ID, 'must be lower-case letters, digits and hyphens').refine((id) => id !== OWN_SITE, 'is the name for what is of no website'), site),
  })
  .superRefine(({ sites, operators }, context) => {
    const owners = new Map<string, string>();
    const claim = (sha256: string, owner: string, path: PropertyKey[]): void => {
      const known = owners.get(sha256);
      if (known !== undefined) context.addIssue({ code: 'custom', path, message: `is the key of ${known} already` });
      owners.set(sha256, owner);
    };
    for (const [id, { keys }] of Object.entries(sites)) keys.forEach(({ sha256 }, index) => claim(sha256, `${id}.keys[${index}]`, ['sites', id, 'keys', index, 'sha256']));
    operators.forEach(({ sha256 }, index) => claim(sha256, `operators[${index}]`, ['operators', index, 'sha256']));
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

/** Every declared key, of every site and of operators, for the ring. */
export function keysOf({ sites, operators }: IngressSection): ApiKeyEntry[] {
  const ofSites = Object.entries(sites).flatMap(([of, { keys }]) => keys.map((entry) => ({ ...entry, kind: 'secret' as const, site: of })));
  return [...ofSites, ...operators.map((entry) => ({ ...entry, kind: 'operator' as const }))];
}

export function consentOfSites({ sites }: IngressSection): Map<string, ConsentSettings> {
  return new Map(Object.entries(sites).flatMap(([site, { consent }]) => (consent === undefined ? [] : [[site, consent]])));
}

export function ownTypesOfSites({ sites }: IngressSection): Map<string, OwnTypesOfSite> {
  return new Map(Object.entries(sites).map(([site, { types = {}, fields = {} }]) => [site, { types: new Map(Object.entries(types).map(([name, type]) => [customTypeOf(name), type])), fields }]));
}

export function retentionRulesOf({ sites }: IngressSection): RetentionRule[] {
  return Object.entries(sites).flatMap(([site, { retention: settings, types = {} }]) => (settings === undefined ? [] : rulesOf(site, settings, Object.keys(types).map(customTypeOf))));
}

export function spamSettingsOf({ sites }: IngressSection): SpamSettingsOfSites {
  return new Map(Object.entries(sites).flatMap(([site, { spam }]) => (spam === undefined ? [] : [[site, spam] as const])));
}
