import { loadConfig, loadProvisioning, type ProvisioningConfig, type ServiceConfig } from '@posthorn/configuration';
import { type AskedKey, SITE_ID } from '@posthorn/contracts';
import { type ApiKeyEntry, isTrustworthyUrl, type TokenIssuer } from '@posthorn/http';
import { z } from 'zod';
import { grantOf } from './questions/auditor.js';
import { streamSettings } from './streaming/stream.settings.js';
import { cosignatureVerifier } from './tree/note.js';

export const SERVICE = 'audit';

const rights = {
  /** Whose entries they see; without it, every site's. */
  sites: z.array(z.string().regex(SITE_ID, 'must be a site id')).min(1).optional(),
  personalData: z.boolean().default(false),
  export: z.boolean().default(false),
};

const auditorKey = z.strictObject({
  /** Named in the log of who asked what. */
  id: z.string().min(1).max(100).regex(/^(?!oidc:)/, 'must not begin with oidc: those are the names of token holders'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key as 64 lower-case hex digits'),
  ...rights,
});

const tokenIssuer = z.strictObject({
  issuer: z.url().refine(isTrustworthyUrl, 'must begin with https:'),
  audience: z.string().min(1),
  maxTokenAgeMs: z.int().min(60_000).max(86_400_000).default(43_200_000),
  grants: z.array(z.strictObject({ claim: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]), equals: z.string().min(1), ...rights })).min(1),
});

const books = z.strictObject({
  /** How often the services are asked what they have. */
  everyMs: z.int().min(1_000).max(600_000).default(10_000),
  /** How long an event may be on its way to a service before the difference is an alarm. */
  windowMs: z.int().min(60_000).max(86_400_000).default(300_000),
});

const erasure = z.strictObject({
  /** How long backups of the databases are kept. Certificates say so; nothing is deleted by it. */
  backupDays: z.int().min(0).max(3_650).optional(),
});

const random32 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 32 random bytes in hex: openssl rand -hex 32')
  .transform((text) => Buffer.from(text, 'hex'));

const encryption = z.strictObject({
  /** Wrap the keys of people: the first the new ones; those below it only open what they once wrapped. */
  keys: z.tuple([z.strictObject({ id: z.string().min(1).max(100), key: random32 })], z.strictObject({ id: z.string().min(1).max(100), key: random32 })),
  /** Finds a person by their address. Never changes: with another one nobody would be found again. */
  lookupKey: random32,
});

const witness = z.strictObject({
  /** Below it the witness has its `add-checkpoint`. */
  url: z.url(),
  key: z.string().transform((text, context) => {
    try {
      return cosignatureVerifier(text);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  }),
});

const store = z
  .strictObject({
    folder: z.string().min(1).optional(),
    database: z.strictObject({ url: z.string().min(1), password: z.string().optional() }).optional(),
    bucket: z
      .strictObject({
        url: z.url(),
        region: z.string().min(1).default('us-east-1'),
        accessKeyId: z.string().min(1),
        secretAccessKey: z.string().min(1),
      })
      .optional(),
  })
  .refine((places) => Object.keys(places).length === 1, 'must name one place: folder, database or bucket');

const checkpoints = z.strictObject({
  /** How often the log is signed while it grows. */
  everyMs: z.int().min(100).max(60_000).default(10_000),
  /** Where they are kept beyond the reach of whoever could rewrite the log. */
  store: store.optional(),
  /** Others who vouch that the log was only ever added to. */
  witnesses: z.array(witness).default([]),
});

const section = z.strictObject({
  keys: z.array(auditorKey).default([]),
  openIdConnect: z
    .array(tokenIssuer)
    .refine((issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, 'must have each issuer once')
    .default([]),
  /** The name of this log for all time, such as acme.example/audit; it becomes a path in the store. */
  origin: z.string().max(200).regex(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]*(?:\/[A-Za-z0-9._-]+)*$/, 'must be a name like acme.example/audit'),
  /** Seeds of Ed25519 keys. All of them sign, so that a new key overlaps with the one it replaces. */
  signingKeys: z.array(random32).min(1),
  checkpoints: checkpoints.prefault({}),
  encryption,
  /** From when on a new log wants the history; without it, from what the streams remember. */
  since: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional(),
  books: books.prefault({}),
  erasure: erasure.prefault({}),
  streams: z
    .array(streamSettings)
    .refine((streams) => new Set(streams.map(({ id }) => id)).size === streams.length, 'must have each id once')
    .default([]),
}).refine(({ keys, openIdConnect }) => keys.length + openIdConnect.length > 0, 'needs an auditor: in keys or in openIdConnect');

export type AuditSection = z.infer<typeof section>;
export type CheckpointSettings = AuditSection['checkpoints'];
export type StoreSettings = NonNullable<CheckpointSettings['store']>;
export type AuditConfig = ServiceConfig<AuditSection> & Required<Pick<ServiceConfig<AuditSection>, 'database' | 'nats'>>;

/** The audit section and its environment; throws an error that lists every mistake. */
export function loadAuditConfig(env: NodeJS.ProcessEnv = process.env): AuditConfig {
  return loadConfig({ service: SERVICE, section, env, needs: ['database', 'nats'] });
}

/** What a check of the database needs of it. */
export type AuditCheckConfig = Pick<AuditConfig, 'section' | 'database'>;

export function loadAuditCheck(env: NodeJS.ProcessEnv = process.env): AuditCheckConfig {
  return loadConfig({ service: SERVICE, section, env, needs: ['database'] });
}

export function loadAuditProvisioning(env: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  return loadProvisioning({ env });
}

export function issuersOf({ openIdConnect }: AuditSection): TokenIssuer[] {
  return openIdConnect.map(({ grants, ...issuer }) => ({ ...issuer, grants: grants.map(({ claim, equals, ...rights }) => ({ claim, equals, grant: grantOf(rights) })) }));
}

/** The auditors' declared keys, for the ring. */
export function keysOf({ keys }: AuditSection): ApiKeyEntry[] {
  return keys.map((key) => keyEntryOf(key));
}

/** An auditor's key, wherever it was made. */
export function keyEntryOf({ id, sha256, sites, personalData = false, export: exports = false, expiresAt }: Omit<AskedKey, 'scopes'>): ApiKeyEntry {
  const grant = grantOf({ sites, personalData, export: exports });
  return { id, kind: 'auditor', sha256, scopes: grant.scopes, grants: [grant], ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }) };
}
