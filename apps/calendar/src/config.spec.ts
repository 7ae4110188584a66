import { ConfigurationError } from '@posthorn/configuration';
import { withFile } from '@posthorn/testing';
import { expect, it } from 'vitest';
import { loadCalendarConfig } from './config.js';

const SURROUNDINGS = { PORT: '4703', DATABASE_URL: 'postgres://role@db/posthorn', NATS_URL: 'nats://nats:4222', TOKEN: 'secret' };

const load = (connection: string) =>
  withFile('posthorn.yaml', `calendar:\n  connections: [${connection}]\n`, (file) => loadCalendarConfig({ ...SURROUNDINGS, POSTHORN_CONFIG: file }));

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
