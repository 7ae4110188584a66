import { newId } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { erasureOf, leadOf } from './erasing/erasing.test-kit.js';
import { SignedLog } from './log/log.test-kit.js';
import { type AuditFixture, AUDITOR, GUEST, startAudit } from './testing/audit.test-kit.js';
import { type Story, tellStory } from './testing/story.test-kit.js';

/** A question whose answer, to who may see everything, has something of the site acme in it. */
type Question = string | { path: string; body: object };

// Every route of the service. One that is added has to be decided about here: does it show what was recorded, and to whom?
const FOR_EVERYBODY = ['GET /live', 'GET /ready', 'GET /metrics', 'GET /checkpoint', 'GET /tile/*', 'GET /v1/log', 'GET /v1/checkpoints', 'GET /v1/consistency'];
const FOR_AUDITORS: Record<string, (acme: Story) => Question[]> = {
  'GET /v1/entries': ({ lead }) => ['', '?kind=access', '?site=acme', `?event=${lead.id}`, `?correlation=${lead.id}`, '?connection=acme-hubspot', '?actor=auditor&kind=access'].map((query) => `/v1/entries${query}`),
  'GET /v1/trace/:eventId': ({ lead }) => [`/v1/trace/${lead.id}`],
  'GET /v1/books': () => ['/v1/books', '/v1/books?site=acme', '/v1/books?service=email'],
  'POST /v1/people/search': () => [{ path: '/v1/people/search', body: { site: 'acme', email: 'jane.roe@example.com' } }],
  'POST /v1/people/export': () => ['', '?format=html'].map((query) => ({ path: `/v1/people/export${query}`, body: { site: 'acme', email: 'jane.roe@example.com' } })),
  'GET /v1/entries/:id/proof': ({ synced }) => [`/v1/entries/${synced.id}/proof`],
  'GET /v1/export': () => ['/v1/export?format=ndjson', '/v1/export?format=csv&site=acme', '/v1/export?format=ndjson&type=lead.submitted'],
  'GET /v1/counts': () => ['/v1/counts?group=site', '/v1/counts?group=connection&service=crm-sync'],
  'GET /v1/erasures': () => ['/v1/erasures', '/v1/erasures?site=acme', '/v1/erasures?state=open&cause=site'],
  'GET /v1/erasures/:id': ({ lead }) => [`/v1/erasures/${lead.correlationid}`],
  'GET /tile/entries/*': () => ['/tile/entries/000.p/4'],
};

let audit: AuditFixture;
let acme: Story;

beforeAll(async () => {
  audit = await startAudit();
  acme = tellStory('acme');
  const forgotten = ['acme', 'guest'].map((site) => erasureOf([leadOf('ann@example.com', site)], { site, correlationid: site === 'acme' ? acme.lead.correlationid : undefined }));
  await audit.publish([...acme.all, ...tellStory('guest').all, ...forgotten]);
  await audit.recorded(10);
  await new SignedLog(audit).sign();
  await audit.superuser.query("INSERT INTO books (service, site, day, accepted) SELECT 'email', site, (now() AT TIME ZONE 'utc')::date, 1 FROM unnest('{acme,guest}'::text[]) AS site");
  await audit.superuser.query("INSERT INTO book_services (service, as_of, history_as_of) VALUES ('email', now(), now())");
});
afterAll(async () => {
  await audit.stop();
});

async function ask(question: Question, key?: string): Promise<{ status: number; text: string }> {
  const { path, body } = typeof question === 'string' ? { path: question, body: undefined } : question;
  const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const base = await audit.app.getUrl();
  const answer = await fetch(base + path, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, text: await answer.text() };
}

describe('every route', () => {
  it('is for everybody, or for auditors: somebody has decided', () => {
    expect([...audit.routes].sort()).toEqual([...FOR_EVERYBODY, ...Object.keys(FOR_AUDITORS)].sort());
  });

  it.each(FOR_EVERYBODY)('%s shows nothing of what was recorded', async (route) => {
    const { text } = await ask(route.replace('GET ', '').replace('*', '0/000.p/4'));
    expect(text).not.toMatch(/guest|acme-|jane/);
  });
});

describe.each(Object.entries(FOR_AUDITORS))('%s', (_, questionsOf) => {
  it('is refused without a key, and to an unknown one', async () => {
    for (const question of questionsOf(acme)) {
      expect(await ask(question)).toMatchObject({ status: 401, text: expect.stringContaining('"key-missing"') as string });
      expect(await ask(question, 'guessed')).toMatchObject({ status: 401, text: expect.stringContaining('"key-unknown"') as string });
    }
  });

  it('shows an auditor of other sites nothing of this one', async () => {
    await ask('/v1/entries?site=acme', AUDITOR);
    for (const question of questionsOf(acme)) {
      const all = await ask(question, AUDITOR);
      expect(all).toMatchObject({ status: 200, text: expect.stringContaining('acme') as string });
      const { status, text } = await ask(question, GUEST);
      expect([200, 403, 404], JSON.stringify(question)).toContain(status);
      expect(text).not.toMatch(/acme/);
      expect(text).not.toContain(acme.lead.id);
    }
  });
});

describe('an event of another site', () => {
  it.each([['/v1/trace/', ''], ['/v1/entries/', '/proof']])('is to %s… what one is that never was', async (before, after) => {
    expect(await ask(before + acme.lead.id + after, GUEST)).toEqual(await ask(before + newId() + after, GUEST));
  });
});
