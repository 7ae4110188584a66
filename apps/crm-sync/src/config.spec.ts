import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@posthorn/configuration';
import { expect, it } from 'vitest';
import { loadCrmConfig } from './config.js';

function load(section: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(mkdtempSync(join(tmpdir(), 'posthorn-')), 'posthorn.yaml');
  writeFileSync(file, `crm-sync:\n  connections: [${section}]\n`);
  return loadCrmConfig({ POSTHORN_CONFIG: file, PORT: '4703', DATABASE_URL: 'postgres://role@db/posthorn', NATS_URL: 'nats://nats:4222', TOKEN: 'secret', ...env });
}

it('needs no more than an account, and fills in the rest', () => {
  expect(load("{ id: acme-hubspot, site: acme, provider: hubspot, accessToken: '${env:TOKEN}' }").section.connections).toMatchObject([{ site: 'acme', options: { requestTimeoutMs: 8_000 } }]);
});

it('names every mistake by its path, and no secret', () => {
  const problem = (): unknown => load("{ id: acme-hubspot, site: acme, provider: hubspot, accesToken: secret, baseUrl: 'ftp://x' }");
  expect(problem).toThrow(ConfigurationError);
  expect(problem).toThrow(/crm-sync\.connections\[0\]\.accessToken/);
  expect(problem).toThrow(/crm-sync\.connections\[0\]\.accesToken/);
  expect(problem).toThrow(/crm-sync\.connections\[0\]\.baseUrl/);
  expect(problem).not.toThrow(/secret/);
});
