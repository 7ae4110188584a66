import { ConfigurationError } from '@posthorn/configuration';
import { withFile } from '@posthorn/testing';
import { expect, it } from 'vitest';
import { type EmailConfig, loadEmailConfig } from './config.js';

const SURROUNDINGS = { PORT: '4704', DATABASE_URL: 'postgres://email@localhost/posthorn', NATS_URL: 'nats://localhost' };

const load = (yaml: string, env: Record<string, string> = {}): EmailConfig =>
  withFile('posthorn.yaml', yaml, (file) => loadEmailConfig({ ...SURROUNDINGS, POSTHORN_CONFIG: file, ...env }));

const SITE = `
  publicUrl: https://events.acme.example/
  linkSecret: \${env:LINK_SECRET}
  sites:
    acme: { name: Acme, url: https://acme.example, owner: 'Jane <owner@acme.example>', from: hello@acme.example }`;
const LINK_SECRET = 'twenty-four-characters-or-more';

it('reads a site and its connection, ports and secrets coming from the environment', () => {
  const { section } = load(
    `email:${SITE}
  connections:
    - { id: acme-mail, site: acme, provider: smtp, host: mail.example, port: '\${env:SMTP_PORT}', security: starttls, username: acme, password: '\${env:SMTP_PASSWORD}' }`,
    { LINK_SECRET, SMTP_PORT: '587', SMTP_PASSWORD: 'secret' },
  );
  expect(section.publicUrl).toBe('https://events.acme.example');
  expect(section.sites['acme']).toMatchObject({ owner: { address: 'owner@acme.example', name: 'Jane' }, locale: 'en', timeZone: 'UTC' });
  expect(section.connections[0]).toMatchObject({ id: 'acme-mail', options: { port: 587, password: 'secret', unknownOutcome: 'at-least-once' } });
});

it('names every mistake by its path', () => {
  const read = (): EmailConfig =>
    load(
      `email:
  publicUrl: events.acme.example
  linkSecret: short
  sites:
    acme: { name: Acme, url: https://acme.example, owner: owner@acme.example, from: hello, timeZone: Berlin, accent: green, logo: x }
  connections:
    - { id: one, site: acme, provider: smtp, host: mail.example, port: 70000, security: ssl }
    - { id: two, site: acme, provider: smtp, host: mail.example, port: 25, security: none, unknownOutcome: never }`,
    );
  let mistakes: string[] = [];
  try {
    read();
  } catch (error) {
    mistakes = (error as ConfigurationError).mistakes.map(({ path }) => path);
  }
  expect(mistakes).toEqual(
    expect.arrayContaining([
      'email.publicUrl',
      'email.linkSecret',
      'email.sites.acme.logo',
      'email.sites.acme.from',
      'email.sites.acme.timeZone',
      'email.sites.acme.accent',
      'email.connections[0].port',
      'email.connections[0].security',
      'email.connections[1].unknownOutcome',
    ]),
  );
});

it('refuses a connection of a site that is not described', () => {
  expect(() => load(`email:${SITE}
  connections: [{ id: two, site: nobody, provider: smtp, host: mail.example, port: 25, security: none }]`, { LINK_SECRET })).toThrow(/email\.connections\[0\]\.site.*describe "nobody" there/);
});
