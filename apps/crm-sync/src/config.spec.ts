import { ConfigurationError } from '@posthorn/configuration';
import { withFile } from '@posthorn/testing';
import { expect, it } from 'vitest';
import { loadCrmConfig } from './config.js';

const SURROUNDINGS = { PORT: '4703', DATABASE_URL: 'postgres://role@db/posthorn', NATS_URL: 'nats://nats:4222', TOKEN: 'secret' };

const load = (connection: string) =>
  withFile('posthorn.yaml', `crm-sync:\n  connections: [${connection}]\n`, (file) => loadCrmConfig({ ...SURROUNDINGS, POSTHORN_CONFIG: file }));

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
