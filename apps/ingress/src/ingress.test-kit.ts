import 'reflect-metadata';
import { createHttpApp, keySha256, shutDown } from '@posthorn/http';
import { connectMessaging, ensureTopology, STREAMS } from '@posthorn/messaging';
import { provisionSchema } from '@posthorn/persistence';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { AppModule } from './app.module.js';
import { DECIDE, ERASE, MANAGE_KEYS, READ, SEES_PERSONAL_DATA, WRITE } from './access/key.rights.js';
import { SERVICE, type IngressConfig } from './config.js';
import { formSettings } from './forms/form.settings.js';
import { ownFieldsSettings, ownTypesSettings } from './own-types/own-types.settings.js';
import type { ConsentSettings } from './consent/consent.settings.js';
import { INGRESS_API } from './ingress.api.js';
import { limitSettings, type SiteLimitSettings } from './limits/limit.settings.js';
import { MIGRATIONS } from './migrations/index.js';
import { quarantineSettings, type QuarantineSettings } from './quarantine/quarantine.settings.js';
import type { RetentionSettings } from './retention/retention.rules.js';
import { spamSettings } from './spam/spam.settings.js';
import { webhookSources } from './webhooks/webhook.settings.js';

export const ACME_KEY = 'ph_acme_7f3c9a52e1d84b06';
export const WRITE_ONLY_KEY = 'ph_acme_browser_51c0ffee';
export const OTHER_KEY = 'ph_other_0d9f4b7720c1e35a';
export const ERASE_KEY = 'ph_acme_privacy_8a41be6c';
/** May make keys, and decide about what is set aside. */
export const OPERATOR_KEY = 'ph_ok_of_the_tests';
/** May also see personal values of what is set aside. */
export const SEEING_OPERATOR_KEY = 'ph_ok_of_the_tests_that_sees';
export const LINK_SECRET = 'a link secret of the tests, 32 chars';

interface Where {
  databaseUrl: string;
  servers: string[];
  /** Of the site acme. */
  retention?: RetentionSettings;
  consent?: ConsentSettings;
  types?: z.input<typeof ownTypesSettings>;
  fields?: z.input<typeof ownFieldsSettings>;
  quarantine?: Partial<QuarantineSettings>;
  /** Of the site acme, as in posthorn.yaml. */
  forms?: Record<string, z.input<typeof formSettings>>;
  spam?: z.input<typeof spamSettings>;
  limits?: z.input<typeof limitSettings>;
  /** Of the site acme. */
  siteLimits?: SiteLimitSettings;
  /** Of the site acme. */
  webhooks?: Record<string, unknown>;
}

export interface TestIngress {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly port: number;
  submit(body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** With the key that may. */
  erase(body: unknown, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

export async function provisionIngress(adminUrl: string, servers?: string[]): Promise<void> {
  await provisionSchema({ admin: { url: adminUrl }, schema: SERVICE, role: SERVICE, migrations: MIGRATIONS, access: 'read-write' });
  if (servers !== undefined) await ensureTopology({ servers }, { streams: [...STREAMS] });
}

/** The real ingress in this process, on a port of its own. */
export async function startIngress(where: Where): Promise<TestIngress> {
  const app = await createHttpApp(AppModule.forRoot(configFor(where)), { forms: true, api: INGRESS_API, logger: false, trustedProxies: where.limits?.trustedProxies });
  connectMessaging(app, { answers: true });
  await app.listen({ host: '127.0.0.1', port: 0 });
  await app.startAllMicroservices();
  const url = await app.getUrl();
  const authorization = `Bearer ${ACME_KEY}`;
  const post = (path: string, body: unknown, headers: Record<string, string>): Promise<Response> =>
    fetch(url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
  return {
    app,
    url,
    port: Number(new URL(url).port),
    submit: (body, headers = {}) => post('/v1/events', body, { authorization, ...headers }),
    erase: (body, headers = {}) => post('/v1/privacy/erasures', body, { authorization: `Bearer ${ERASE_KEY}`, ...headers }),
    get: (path, headers = {}) => fetch(url + path, { headers: { authorization, ...headers } }),
    stop: () => shutDown(app),
  };
}

export function lead(email = 'jane@example.com') {
  return { type: 'lead.submitted', data: { person: { email, name: 'Jane Doe' }, message: 'Please call me.' } };
}

function configFor({ databaseUrl, servers, retention, consent, types, fields, quarantine = {}, forms = {}, spam, limits = {}, siteLimits, webhooks = {} }: Where): IngressConfig {
  const key = (id: string, secret: string, scopes: (typeof READ | typeof WRITE | typeof ERASE)[] = [WRITE, READ]) => ({ id, sha256: keySha256(secret), scopes });
  return {
    service: SERVICE,
    http: { host: '127.0.0.1', port: 0 },
    database: { url: databaseUrl },
    nats: { servers },
    logLevel: 'silent',
    section: {
      publicUrl: 'http://localhost',
      linkSecret: LINK_SECRET,
      quarantine: quarantineSettings.parse(quarantine),
      limits: limitSettings.parse(limits),
      operators: [{ id: 'ada', sha256: keySha256(OPERATOR_KEY), scopes: [MANAGE_KEYS, DECIDE] }, { id: 'eve', sha256: keySha256(SEEING_OPERATOR_KEY), scopes: [DECIDE, SEES_PERSONAL_DATA] }],
      sites: {
        acme: { name: 'Acme & Söhne', retention, consent, types: types && ownTypesSettings.parse(types), fields: fields && ownFieldsSettings.parse(fields), limits: siteLimits, spam: spamSettings.optional().parse(spam), forms: z.record(z.string(), formSettings).parse(forms), webhooks: webhookSources.parse(webhooks), keys: [key('acme', ACME_KEY), key('browser', WRITE_ONLY_KEY, [WRITE]), key('privacy', ERASE_KEY, [ERASE])] },
        other: { name: 'Other', forms: {}, keys: [key('other', OTHER_KEY)] },
      },
    },
  };
}
