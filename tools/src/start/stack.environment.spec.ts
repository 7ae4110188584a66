import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EXAMPLE_CONFIG } from '../workspace.js';
import { referencesIn } from './configuration.references.js';
import { portsFrom } from './port.plan.js';
import { loadSecrets } from './secret.store.js';
import { SERVICES } from './service.catalogue.js';
import { provisioningEnvironment, serviceEnvironment, type StackFacts } from './stack.environment.js';

const folder = mkdtempSync(join(tmpdir(), 'posthorn-environment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secrets = loadSecrets(join(folder, 'secrets.json'));
const facts = (over: Partial<StackFacts> = {}): StackFacts => ({
  configFile: EXAMPLE_CONFIG,
  references: referencesIn(EXAMPLE_CONFIG),
  ports: portsFrom(5000),
  secrets,
  database: { url: 'postgres://postgres@127.0.0.1:5007/posthorn?sslmode=prefer', password: secrets.postgresAdmin },
  nats: { url: 'nats://127.0.0.1:5008' },
  sandboxDir: '/data/sandbox',
  checkpointsDir: '/data/checkpoints',
  env: { PATH: '/bin', POSTGRES_URL: 'postgres://root:secret@db/x', NATS_ADMIN_PASSWORD: 'secret', npm_config_token: 'secret' },
  ...over,
});
const service = (name: string) => {
  const found = SERVICES.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

/** The variables a section of posthorn.yaml refers to, as the text has them. */
function sectionOf(name: string): string[] {
  const text = readFileSync(EXAMPLE_CONFIG, 'utf8').split(/^(?=\S)/m).find((section) => section.startsWith(`${name}:`)) ?? '';
  return [...new Set([...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, variable]) => variable!))];
}

describe('serviceEnvironment', () => {
  it('gives a service its own role, user and port', () => {
    expect(serviceEnvironment(service('crm-sync'), facts())).toMatchObject({
      PORT: '5003',
      DATABASE_URL: 'postgres://crm@127.0.0.1:5007/posthorn?sslmode=prefer',
      DATABASE_PASSWORD: secrets['database:crm-sync'],
      NATS_URL: 'nats://127.0.0.1:5008',
      NATS_USER: 'crm-sync',
      NATS_PASSWORD: secrets['nats:crm-sync'],
    });
  });

  it('gives no service what only an administrator may know', () => {
    for (const entry of SERVICES) {
      const values = Object.values(serviceEnvironment(entry, facts()));
      for (const secret of [secrets.postgresAdmin, secrets.natsAdmin, 'secret', 'postgres://root:secret@db/x']) expect(values).not.toContain(secret);
    }
  });

  it('gives the sandbox neither database nor NATS', () => {
    const env = serviceEnvironment(service('sandbox'), facts());
    expect(Object.keys(env).filter((name) => /^(DATABASE|NATS)_/.test(name))).toEqual([]);
  });

  it('uses the given user on a NATS server that is not ours', () => {
    const nats = { url: 'nats://there:4222', given: { user: 'app', password: 'pw', adminUser: 'boss', adminPassword: 'bosspw' } };
    expect(serviceEnvironment(service('email'), facts({ nats }))).toMatchObject({ NATS_USER: 'app', NATS_PASSWORD: 'pw' });
    expect(provisioningEnvironment(service('email'), facts({ nats }))).toMatchObject({ NATS_ADMIN_USER: 'boss', NATS_ADMIN_PASSWORD: 'bosspw' });
    const open = facts({ nats: { url: 'nats://there:4222', given: {} } });
    expect(serviceEnvironment(service('email'), open)).not.toHaveProperty('NATS_USER');
  });

  it.each(SERVICES.map(({ name }) => name))('gives %s what its section of posthorn.yaml refers to, and no secret of another', (name) => {
    const own = sectionOf(name);
    const given = Object.keys(serviceEnvironment(service(name), facts())).filter((variable) => /^POSTHORN_(?!CONFIG$)/.test(variable));
    expect(given.sort()).toEqual(own.sort());
  });

  it("keeps what the user has set for one service's connections from the others, and from every provisioning step", () => {
    const references = { 'crm-sync': new Set(['ACME_CRM_TOKEN']), email: new Set(['SMTP_PASSWORD']) };
    const given = facts({ references, env: { ...facts().env, ACME_CRM_TOKEN: 'crm', SMTP_PASSWORD: 'mail', POSTHORN_HUBSPOT_TOKEN: 'unused', TZ: 'UTC' } });
    expect(serviceEnvironment(service('crm-sync'), given)).toMatchObject({ ACME_CRM_TOKEN: 'crm', TZ: 'UTC' });
    for (const env of [serviceEnvironment(service('email'), given), serviceEnvironment(service('audit'), given), provisioningEnvironment(service('crm-sync'), given)]) {
      expect(env).not.toHaveProperty('ACME_CRM_TOKEN');
      expect(env).not.toHaveProperty('POSTHORN_HUBSPOT_TOKEN');
    }
  });

  it('hands no administrator secret to a section that refers to one', () => {
    const given = facts({ references: { email: new Set(['NATS_ADMIN_PASSWORD']) } });
    expect(serviceEnvironment(service('email'), given)).not.toHaveProperty('NATS_ADMIN_PASSWORD');
  });

  it('knows every service that posthorn.yaml configures', () => {
    const sections = Object.keys(parse(readFileSync(EXAMPLE_CONFIG, 'utf8')) as object);
    expect(sections.sort()).toEqual(SERVICES.map(({ name }) => name).sort());
  });

  it('lets the user point the configuration elsewhere', () => {
    const env = { ...facts().env, POSTHORN_SANDBOX_URL: 'https://demo.example' };
    expect(serviceEnvironment(service('email'), facts({ env }))['POSTHORN_SANDBOX_URL']).toBe('https://demo.example');
  });
});
