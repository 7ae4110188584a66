import { AUDIENCE, type FakeIssuer, startIssuer } from '@posthorn/http/test-kit';
import { MASK } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditFixture, AUDITOR, startAudit } from '../testing/audit.test-kit.js';
import { type Story, tellStory } from '../testing/story.test-kit.js';
import type { EntriesPage } from './entries.controller.js';

let issuer: FakeIssuer;
let audit: AuditFixture;
let acme: Story;
let other: Story;

beforeAll(async () => {
  issuer = await startIssuer();
  const grants = [
    { claim: 'groups', equals: 'auditors-eu', sites: ['acme'], personalData: true, export: false },
    { claim: ['realm_access', 'roles'], equals: 'support', sites: ['other'], personalData: false, export: false },
  ];
  // It starts while its issuer is away.
  issuer.away = true;
  audit = await startAudit({}, { openIdConnect: [{ issuer: issuer.url, audience: AUDIENCE, maxTokenAgeMs: 3_600_000, grants }] });
  issuer.away = false;
  [acme, other] = [tellStory('acme'), tellStory('other')];
  await audit.publish([...acme.all, ...other.all]);
  await audit.recorded(8);
});
afterAll(async () => {
  await audit.stop();
  await issuer.stop();
});

const EU = { groups: ['auditors-eu'] };

describe('an auditor with a token', () => {
  it('sees what the claims grant, each at its own sites', async () => {
    const events = async (claims: object): Promise<EntriesPage['entries']> => (await audit.get<EntriesPage>('/v1/entries?kind=event', await issuer.token({ ...claims }))).body.entries;
    expect(await events(EU)).toMatchObject([{ id: acme.lead.id, personalData: 'shown', data: acme.lead.data }]);
    const both = await events({ ...EU, realm_access: { roles: ['support'] } });
    expect(both.map(({ site, personalData }) => [site, personalData]).sort()).toEqual([['acme', 'shown'], ['other', 'masked']]);
    expect(both.find(({ site }) => site === 'other')).toMatchObject({ data: { person: { email: MASK } } });
    expect(await audit.get('/v1/entries?site=other', await issuer.token(EU))).toMatchObject({ status: 403, body: { code: 'site-not-granted' } });
  });

  it('searches for people where personal data are granted, and takes nothing away that is not', async () => {
    const token = await issuer.token({ ...EU, realm_access: { roles: ['support'] } });
    const email = 'jane.roe@example.com';
    expect((await audit.post('/v1/people/search', { site: 'acme', email }, token)).status).toBe(200);
    expect(await audit.post('/v1/people/search', { site: 'other', email }, token)).toMatchObject({ status: 403, body: { code: 'personal-data-not-granted' } });
    expect(await audit.get('/tile/entries/000', token)).toMatchObject({ status: 403, body: { code: 'export-not-granted' } });
  });

  it('is in the log under issuer and subject', async () => {
    await audit.get(`/v1/trace/${acme.lead.id}`, await issuer.token({ ...EU, sub: 'grace' }));
    const actor = `oidc:${issuer.url.replace('http://', '')}:grace`;
    const { entries } = (await audit.get<EntriesPage>(`/v1/entries?kind=access&actor=${encodeURIComponent(actor)}`, AUDITOR)).body;
    expect(entries).toMatchObject([{ type: 'audit.trace.read', actor, site: 'acme', eventId: acme.lead.id, data: { personalData: true } }]);
  });

  it('is refused with what is wrong, also at a question with a body, and never by a token in the address', async () => {
    const expired = await issuer.token({ ...EU, exp: 1_000 });
    for (const answer of [await audit.get('/v1/entries', expired), await audit.post('/v1/people/search', {}, expired)]) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'token-expired' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="posthorn", error="invalid_token", error_description="The token has expired"');
    }
    expect(await audit.get('/v1/entries', await issuer.token({}))).toMatchObject({ status: 403, body: { code: 'nothing-granted' } });
    expect((await audit.get(`/v1/entries?access_token=${await issuer.token(EU)}`)).status).toBe(401);
  });
});
