import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SERVICES, type ServiceName } from './service.catalogue.js';
import { StartError } from './start.error.js';

const MAKERS = {
  siteKey: () => `ph_sk_${token(32)}`,
  auditorKey: () => `ph_ak_${token(32)}`,
  operatorKey: () => `ph_ok_${token(32)}`,
  linkSecret: () => token(48),
  shopWebhookSecret: () => token(32),
  auditEncryptionKey: random32,
  auditLookupKey: random32,
  auditSigningKey: random32,
  hubspotToken: () => `pat-sandbox-${token(24)}`,
  caldavPassword: () => token(24),
  postgresAdmin: () => token(24),
  natsAdmin: () => token(24),
} as const;

type SecretName = keyof typeof MAKERS | `${'database' | 'nats'}:${ServiceName}`;
export type Secrets = Record<SecretName, string>;

/** Each service has a password of its own at Postgres and at NATS. */
const passwordsOf = (name: ServiceName): SecretName[] => [`database:${name}`, `nats:${name}`];

/** The secrets of this machine's stack: made at the first start, kept in a file that only its owner may read. */
export function loadSecrets(file: string): Secrets {
  const known = read(file);
  const makers: Partial<Record<string, () => string>> = MAKERS;
  const names = [...Object.keys(MAKERS), ...SERVICES.flatMap(({ name, access }) => (access === undefined ? [] : passwordsOf(name)))];
  const secrets = Object.fromEntries(names.map((name) => [name, known[name] ?? makers[name]?.() ?? token(24)])) as Secrets;
  if (names.some((name) => known[name] === undefined)) write(file, { ...known, ...secrets });
  else chmodSync(file, 0o600);
  return secrets;
}

/** What a configuration holds of an API key. */
export function fingerprintOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function read(file: string): Partial<Record<string, string>> {
  if (!existsSync(file)) return {};
  try {
    const known: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof known === 'object' && known !== null) return known;
  } catch {
    // Reported below: guessing new secrets would lock us out of the database that knows the old ones.
  }
  throw new StartError('CONFIGURATION', `${file} cannot be read as JSON. Mend it, or start anew: npm start -- --fresh`);
}

function write(file: string, secrets: Partial<Record<string, string>>): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** 32 bytes, in hex as the configuration wants keys. */
function random32(): string {
  return randomBytes(32).toString('hex');
}

function token(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
