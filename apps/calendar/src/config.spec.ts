import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@posthorn/configuration';
import { expect, it } from 'vitest';
import { loadCalendarConfig } from './config.js';

function load(section: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(mkdtempSync(join(tmpdir(), 'posthorn-')), 'posthorn.yaml');
  writeFileSync(file, `calendar:\n  connections: [${section}]\n`);
  return loadCalendarConfig({ POSTHORN_CONFIG: file, PORT: '4703', DATABASE_URL: 'postgres://role@db/posthorn', NATS_URL: 'nats://nats:4222', TOKEN: 'secret', ...env });
}

it('needs no more than an account, and fills in the rest', () => {
  expect(load("{ id: acme-calendar, site: acme, provider: caldav, url: 'https://cloud.example/dav/', username: acme, password: '${env:TOKEN}' }").section.connections).toMatchObject([{ site: 'acme', options: { requestTimeoutMs: 8_000 } }]);
});

it('names every mistake by its path, and no secret', () => {
  const problem = (): unknown => load("{ id: acme-calendar, site: acme, provider: caldav, url: nowhere, pasword: secret }");
  expect(problem).toThrow(ConfigurationError);
  expect(problem).toThrow(/calendar\.connections\[0\]\.url/);
  expect(problem).toThrow(/calendar\.connections\[0\]\.pasword/);
  expect(problem).toThrow(/calendar\.connections\[0\]\.username/);
  expect(problem).not.toThrow(/secret/);
});
