import { OPERATE, SITE_ID, TYPE_NAME, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import type { ApiKeyEntry, KeyKind } from '@posthorn/http';
import { z } from 'zod';

/** May submit events. */
export const WRITE = 'events:write';
/** May ask what became of them. */
export const READ = 'events:read';
/** May have a person erased. Only a key that is meant for it. */
export const ERASE = 'privacy:erase';
/** May make, exchange and revoke keys, those of other operators too. */
export const MANAGE_KEYS = 'keys:manage';
/** May look at what is set aside, and let it in or discard it. */
export const DECIDE = 'quarantine:decide';
/** Sees the personal values of what is set aside; others see that there is one. */
export const SEES_PERSONAL_DATA = 'quarantine:personal-data';

export const SITE_SCOPES = [WRITE, READ, ERASE] as const;
export const OPERATOR_SCOPES = [OPERATE, DECIDE, SEES_PERSONAL_DATA, MANAGE_KEYS] as const;

const MANY = 100;
const site = z.string().regex(SITE_ID, 'must be a site id');
const type = z.string().max(100).refine(isReportable, 'must be an event type that a website may report');
const types = z.array(type).min(1).max(MANY);
const origin = z.string().max(300).refine(isOrigin, 'must be an origin as browsers say it, such as https://www.acme.example: no path, no wildcard');
const some = <const S extends readonly [string, ...string[]]>(scopes: S) => z.array(z.enum(scopes)).min(1);

const common = {
  /** Names the key from now on, in the audit log too; never again another one. */
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be lower-case letters, digits, dots, hyphens and underscores'),
  expiresAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional(),
};

/** What each kind of key may be given: the one place that says what there is. */
export const newKey = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('secret'), site, scopes: some(SITE_SCOPES).default([WRITE, READ]), types: types.optional() }),
  z.strictObject({ ...common, kind: z.literal('browser'), site, types, origins: z.array(origin).min(1).max(MANY) }),
  z.strictObject({ ...common, kind: z.literal('webhook'), site, types }),
  z.strictObject({ ...common, kind: z.literal('auditor'), sites: z.array(site).min(1).max(MANY).optional(), personalData: z.boolean().default(false), export: z.boolean().default(false) }),
  z.strictObject({ ...common, kind: z.literal('operator'), scopes: some(OPERATOR_SCOPES).default([OPERATE, DECIDE]) }),
]);

export type NewKey = z.infer<typeof newKey>;

/** What a key may, without what names it and says whose it is. */
export interface KeyRights {
  scopes: string[];
  types?: string[];
  origins?: string[];
  /** Of an auditor. */
  sites?: string[];
  personalData?: boolean;
  export?: boolean;
}

/** As it is stored: what is fixed for a kind is written out, so that a later release cannot widen an older key. */
export function rightsOf(key: NewKey): KeyRights {
  switch (key.kind) {
    case 'secret':
      return { scopes: key.scopes, types: key.types };
    case 'browser':
      return { scopes: [WRITE], types: key.types, origins: key.origins };
    case 'webhook':
      return { scopes: [WRITE], types: key.types };
    case 'auditor':
      return { scopes: [], sites: key.sites, personalData: key.personalData, export: key.export };
    case 'operator':
      return { scopes: key.scopes };
  }
}

export interface KeptSecret {
  id: string;
  kind: KeyKind;
  site: string | null;
  rights: KeyRights;
  sha256: string;
  /** The earlier of its own end and its key's. */
  expiresAt: Date | null;
}

/** As the ring of ingress wants it. */
export function entryOf({ id, kind, site: of, rights: { scopes, types: some, origins }, sha256, expiresAt }: KeptSecret): ApiKeyEntry {
  return { id, kind, sha256, scopes, ...(of === null ? {} : { site: of }), ...(some === undefined ? {} : { types: some }), ...(origins === undefined ? {} : { origins }), ...(expiresAt === null ? {} : { expiresAt }) };
}

/** Of the contract, or a type of the site's own. */
function isReportable(name: string): boolean {
  return (WEBSITE_EVENT_TYPES as readonly string[]).includes(name) || (name.startsWith('custom.') && TYPE_NAME.test(name));
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text && !text.includes('*');
}
