import { ConfigurationError } from '@posthorn/configuration';
import { withFile } from '@posthorn/testing';
import { describe, expect, it } from 'vitest';
import { keysOf, loadIngressConfig, retentionRulesOf } from './config.js';

const HASH = 'a'.repeat(64);
const surroundings = { PORT: '0', DATABASE_URL: 'postgres://ingress@127.0.0.1/posthorn', NATS_URL: 'nats://127.0.0.1' };

const load = (section: object) =>
  withFile('posthorn.yaml', JSON.stringify({ ingress: section }), (file) => loadIngressConfig({ ...surroundings, POSTHORN_CONFIG: file }));

function mistakesOf(section: object): string[] {
  try {
    load(section);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.mistakes.map(({ path }) => path);
    throw error;
  }
}

const valid = {
  publicUrl: 'https://in.example',
  linkSecret: 'at least twenty-four characters',
  sites: { acme: { name: 'Acme', keys: [{ id: 'main', sha256: HASH }] } },
};

describe('the configuration of the ingress', () => {
  it('gives a key both scopes unless it names its own', () => {
    expect(keysOf(load(valid).section)).toEqual([{ id: 'main', kind: 'secret', site: 'acme', sha256: HASH, scopes: ['events:write', 'events:read'] }]);
  });

  it('refuses the same key for two sites, since a key decides the site', () => {
    const sites = { ...valid.sites, other: { name: 'Other', keys: [{ id: 'main', sha256: HASH }] } };
    expect(mistakesOf({ ...valid, sites })).toEqual(['ingress.sites.other.keys[0].sha256']);
  });

  it('refuses the key of a site for an operator as well', () => {
    expect(mistakesOf({ ...valid, operators: [{ id: 'ada', sha256: HASH }] })).toEqual(['ingress.operators[0].sha256']);
  });

  it('lets an operator manage keys and decide what is set aside, unless the file says otherwise', () => {
    const operators = [{ id: 'ada', sha256: 'b'.repeat(64) }];
    expect(keysOf(load({ ...valid, operators }).section).at(-1)).toEqual({ id: 'ada', kind: 'operator', sha256: 'b'.repeat(64), scopes: ['keys:manage', 'quarantine:decide'] });
  });

  it('needs no declared key: they can be made by command', () => {
    expect(keysOf(load({ ...valid, sites: { acme: { name: 'Acme' } } }).section)).toEqual([]);
  });

  it('keeps the name for what is of no website', () => {
    expect(mistakesOf({ ...valid, sites: { posthorn: valid.sites.acme } })).toEqual(['ingress.sites.posthorn']);
  });

  it('names every mistake by its path', () => {
    const sites = { 'Not A Site': { name: 'x', keys: [{ id: 'k', sha256: HASH }] }, acme: { name: '', keys: [{ id: 'k', sha256: 'the key itself' }], colour: 'red' } };
    expect(mistakesOf({ publicUrl: 'nowhere', linkSecret: 'short', sites }).sort()).toEqual([
      'ingress.linkSecret',
      'ingress.publicUrl',
      'ingress.sites.Not A Site',
      'ingress.sites.acme.colour',
      'ingress.sites.acme.keys[0].sha256',
      'ingress.sites.acme.name',
    ]);
  });

  it.each([
    ['a time in which deliveries may still be tried', { days: 3 }, 'days'],
    ['nothing at all', {}, undefined],
    ['a type that there is not', { days: 30, types: { 'lead.submited': 30 } }, 'types.lead.submited'],
    ['what says that somebody was forgotten', { days: 30, types: { 'privacy.erasure_requested': 30 } }, 'types.privacy.erasure_requested'],
  ])('refuses a retention of %s', (_, retention, place) => {
    const sites = { acme: { ...valid.sites.acme, retention } };
    expect(mistakesOf({ ...valid, sites })).toEqual([['ingress.sites.acme.retention', place].filter(Boolean).join('.')]);
  });

  it('knows how long each site keeps what', () => {
    const sites = { acme: { ...valid.sites.acme, retention: { days: 365, types: { 'lead.submitted': 90 } } } };
    expect(retentionRulesOf(load({ ...valid, sites }).section).map(({ site, days }) => [site, days])).toEqual(expect.arrayContaining([['acme', 90], ['acme', 365]]));
    expect(retentionRulesOf(load(valid).section)).toEqual([]);
  });

  it.each<[string, object, string | undefined]>([
    ['an empty secret, with which anybody could sign', { preset: 'woocommerce', secrets: [''] }, 'secrets[0]'],
    ['a secret that is too short', { preset: 'stripe', secrets: ['whsec_short'] }, 'secrets[0]'],
    ['no secret at all', { preset: 'shopify', secrets: [] }, 'secrets'],
    ['a second secret that is no base64', { preset: 'standard-webhooks', secrets: [`whsec_${'A'.repeat(32)}`, 'not base64, whatever it is'] }, 'secrets[1]'],
    ['somebody unknown without a word on how they sign', { preset: 'hmac', secrets: ['s'.repeat(32)] }, 'signature'],
    ['a signature for a vendor that has its own', { preset: 'stripe', secrets: ['s'.repeat(32)], signature: { header: 'X-Mine' } }, 'signature'],
    ['a signed time that stands nowhere', { preset: 'hmac', secrets: ['s'.repeat(32)], signature: { header: 'X-Mine', signed: ['timestamp', 'body'] } }, 'signature.timestampHeader'],
    ['a rule for a type that there is not', { preset: 'stripe', secrets: ['s'.repeat(32)], rules: [{ topic: 'x', type: 'order.payed', data: {} }] }, 'rules[0].type'],
  ])('refuses webhooks with %s', (_, shop, place) => {
    const sites = { acme: { ...valid.sites.acme, webhooks: { shop } } };
    expect(mistakesOf({ ...valid, sites })).toEqual([['ingress.sites.acme.webhooks.shop', place].join('.')]);
  });

  it('never quotes the secret of a webhook in a mistake', () => {
    const sites = { acme: { ...valid.sites.acme, webhooks: { shop: { preset: 'woocommerce', secrets: ['hunter2'] } } } };
    expect(() => load({ ...valid, sites })).toThrow(/at least 16 characters/);
    expect(() => load({ ...valid, sites })).not.toThrow(/hunter2/);
  });

  it('needs Postgres and NATS to be named', () => {
    expect(() => loadIngressConfig({ PORT: '0' })).toThrow(/DATABASE_URL[\s\S]*NATS_URL/);
  });
});
