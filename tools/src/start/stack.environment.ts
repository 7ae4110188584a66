import type { References } from './configuration.references.js';
import type { PortPlan } from './port.plan.js';
import { fingerprintOf, type Secrets } from './secret.store.js';
import type { ServiceEntry } from './service.catalogue.js';
import { COMPILE_CACHE } from '../workspace.js';

/** Postgres as its administrator reaches it: the URL names the database and holds no password. */
export interface DatabaseAccess {
  url: string;
  password?: string;
}

export interface NatsAccess {
  url: string;
  /** One user for everything on a server that is not ours; undefined on ours, where each service has its own. */
  given?: { user?: string; password?: string; adminUser?: string; adminPassword?: string };
}

export interface StackFacts {
  configFile: string;
  /** What the file's sections refer to: a service is given what its own does. */
  references: References;
  ports: PortPlan;
  secrets: Secrets;
  database: DatabaseAccess;
  nats: NatsAccess;
  sandboxDir: string;
  checkpointsDir: string;
  /** What we were started with; the services inherit it, without the administrators' secrets. */
  env: NodeJS.ProcessEnv;
}

export const NATS_ADMIN = 'admin';

/** What a service runs with. */
export function serviceEnvironment(service: ServiceEntry, facts: StackFacts): NodeJS.ProcessEnv {
  const { ports, secrets, nats } = facts;
  return {
    ...inherited(facts),
    ...configurationValues(service, facts),
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    POSTHORN_CONFIG: facts.configFile,
    HOST: '127.0.0.1',
    PORT: String(ports[service.name]),
    ...(service.role === undefined
      ? {}
      : { DATABASE_URL: roleUrl(facts.database.url, service.role), DATABASE_PASSWORD: secrets[`database:${service.name}`] }),
    ...(service.access === undefined
      ? {}
      : {
          NATS_URL: nats.url,
          ...(nats.given === undefined
            ? { NATS_USER: service.name, NATS_PASSWORD: secrets[`nats:${service.name}`] }
            : withValues({ NATS_USER: nats.given.user, NATS_PASSWORD: nats.given.password })),
        }),
  };
}

/** What a service's provisioning step runs with. */
export function provisioningEnvironment(service: ServiceEntry, facts: StackFacts): NodeJS.ProcessEnv {
  const { given, url } = facts.nats;
  return {
    ...inherited(facts),
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    ...withValues({
      ADMIN_DATABASE_URL: facts.database.url,
      ADMIN_DATABASE_PASSWORD: facts.database.password,
      DATABASE_PASSWORD: service.role === undefined ? undefined : facts.secrets[`database:${service.name}`],
      NATS_URL: url,
      NATS_ADMIN_USER: given === undefined ? NATS_ADMIN : (given.adminUser ?? given.user),
      NATS_ADMIN_PASSWORD: given === undefined ? facts.secrets.natsAdmin : (given.adminPassword ?? given.password),
    }),
  };
}

export function webAddress(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** What the service's section refers to and nothing else. Values the user has set win: a configuration may point elsewhere. */
function configurationValues({ name }: ServiceEntry, { references, ports, secrets, sandboxDir, checkpointsDir, env }: StackFacts): NodeJS.ProcessEnv {
  const ours: NodeJS.ProcessEnv = {
    POSTHORN_INGRESS_URL: webAddress(ports.ingress),
    POSTHORN_SANDBOX_URL: webAddress(ports.sandbox),
    POSTHORN_SANDBOX_DIR: sandboxDir,
    POSTHORN_SMTP_PORT: String(ports.smtp),
    POSTHORN_LINK_SECRET: secrets.linkSecret,
    POSTHORN_SHOP_WEBHOOK_SECRET: secrets.shopWebhookSecret,
    POSTHORN_SITE_KEY: secrets.siteKey,
    POSTHORN_SITE_KEY_SHA256: fingerprintOf(secrets.siteKey),
    POSTHORN_AUDIT_ENCRYPTION_KEY: secrets.auditEncryptionKey,
    POSTHORN_AUDIT_LOOKUP_KEY: secrets.auditLookupKey,
    POSTHORN_AUDIT_SIGNING_KEY: secrets.auditSigningKey,
    POSTHORN_CHECKPOINTS_DIR: checkpointsDir,
    POSTHORN_AUDITOR_KEY_SHA256: fingerprintOf(secrets.auditorKey),
    POSTHORN_OPERATOR_KEY_SHA256: fingerprintOf(secrets.operatorKey),
    POSTHORN_HUBSPOT_TOKEN: secrets.hubspotToken,
    POSTHORN_CALDAV_PASSWORD: secrets.caldavPassword,
  };
  const wanted = [...(references[name] ?? [])].filter((variable) => !NOT_FOR_SERVICES.test(variable));
  return withValues(Object.fromEntries(wanted.map((variable) => [variable, env[variable] ?? ours[variable]])));
}

const NOT_FOR_SERVICES = /^(npm_|POSTGRES_URL$|ADMIN_|NATS_|DATABASE_|NODE_OPTIONS$|VITEST|NX_|INIT_CWD$)/i;

// What sections refer to is theirs alone: it may be the key to somebody's CRM.
function inherited({ env, references }: StackFacts): NodeJS.ProcessEnv {
  const referred = new Set(Object.values(references).flatMap((variables) => [...variables]));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_FOR_SERVICES.test(name) && !name.startsWith('POSTHORN_') && !referred.has(name)));
}

function withValues(values: Record<string, string | undefined>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function roleUrl(adminUrl: string, role: string): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = '';
  return url.href;
}
