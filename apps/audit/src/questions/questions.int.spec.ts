import { createEvent, DELIVERIES_OF_EVENT, type DeliveriesAnswer, EXAMPLES, MASK, newId, type PosthornEvent } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditFixture, AUDITOR, CLERK, startAudit } from '../testing/audit.test-kit.js';
import { outcomeOf, type Story, tellStory } from '../testing/story.test-kit.js';
import type { EntriesPage } from './entries.controller.js';
import type { Trace } from './trace.controller.js';

interface ProblemBody {
  code: string;
  errors?: { pointer: string }[];
}

let audit: AuditFixture;
let acme: Story;
let other: Story;
let subscribed: PosthornEvent;
let confirmed: PosthornEvent;

beforeAll(async () => {
  audit = await startAudit();
  acme = tellStory('acme');
  other = tellStory('other');
  subscribed = createEvent({ site: 'acme', type: 'newsletter.subscribed', data: EXAMPLES['newsletter.subscribed'], correlationid: acme.lead.id });
  confirmed = createEvent({
    site: 'acme',
    type: 'newsletter.confirmed',
    data: EXAMPLES['newsletter.confirmed'],
    causationid: subscribed.id,
    correlationid: acme.lead.id,
  });
  const updated = outcomeOf(confirmed, 'crm.subscription.updated', { service: 'crm-sync', connection: 'acme-hubspot', action: 'subscribe', state: 'delivered', externalId: 'hubspot-7' });
  await audit.publish([...acme.all, ...other.all, subscribed, confirmed, updated]);
  await audit.recorded(11);
});
afterAll(async () => {
  await audit.stop();
});

const page = async (query: string, key = AUDITOR): Promise<EntriesPage> => (await audit.get<EntriesPage>(`/v1/entries${query}`, key)).body;
const types = async (query: string): Promise<string[]> => (await page(query)).entries.map(({ type }) => type);

describe('GET /v1/entries', () => {
  it('shows the log, newest first, with what it knows beside the envelope', async () => {
    const { entries, next } = await page('');
    expect(next).toBeNull();
    expect(entries).toHaveLength(11);
    expect(entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id).sort().reverse());
    expect(entries.find(({ id }) => id === acme.synced.id)).toMatchObject({
      ...acme.synced,
      kind: 'outcome',
      service: 'crm-sync',
      connection: 'acme-hubspot',
      outcome: 'delivered',
      eventId: acme.lead.id,
      personalData: 'none',
    });
  });

  it('filters by everything an auditor asks for', async () => {
    expect(await types('?site=other')).toHaveLength(4);
    expect(await types('?type=lead.submitted')).toHaveLength(2);
    expect(await types('?site=other&type=lead.submitted')).toEqual(['lead.submitted']);
    expect(await types('?kind=event')).toHaveLength(4);
    expect(await types('?service=email')).toHaveLength(4);
    expect(await types('?service=email&site=acme&outcome=delivered')).toEqual(['email.message.sent']);
    expect(await types('?connection=acme-hubspot')).toEqual(['crm.subscription.updated', 'crm.contact.synced']);
    expect(await types('?outcome=deferred&site=acme')).toEqual(['email.delivery.deferred']);
    expect((await types(`?event=${acme.lead.id.toUpperCase()}`)).sort()).toEqual(['crm.contact.synced', 'email.delivery.deferred', 'email.message.sent', 'lead.submitted']);
    expect(await types(`?correlation=${acme.lead.id}`)).toHaveLength(7);
    expect(await types('?site=nobody')).toEqual([]);
  });

  it('filters by the time of acceptance, from inclusive to exclusive', async () => {
    const { entries } = await page('');
    const acceptedAt = entries[5]?.acceptedAt ?? '';
    const later = entries.filter((entry) => entry.acceptedAt >= acceptedAt).length;
    expect(await types(`?from=${acceptedAt}`)).toHaveLength(later);
    expect(await types(`?to=${acceptedAt}`)).toHaveLength(11 - later);
    expect(await types('?from=2020-01-01T00:00:00%2B01:00&to=2020-01-02T00:00:00Z')).toEqual([]);
  });

  it('pages through all of it once, while new entries arrive', async () => {
    const all = (await page('')).entries.map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const answer = await page(`?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...answer.entries.map(({ id }) => id));
      cursor = answer.next;
      const before = await audit.count();
      await audit.publish([createEvent({ site: 'late', type: 'customer.updated', data: EXAMPLES['customer.updated'] })]);
      await audit.recorded(before + 1);
    }
    expect(seen).toEqual(all);
  });

  it.each([
    ['limit=0', '/limit'],
    ['limit=501', '/limit'],
    ['limit=ten', '/limit'],
    ['cursor=abc', '/cursor'],
    ['cursor=', '/cursor'],
    ['from=yesterday', '/from'],
    ['from=2026-03-02T10:00:00+01:00', '/from'],
    ['event=7', '/event'],
    ['kind=any', '/kind'],
    ['site=*', '/site'],
    ['sites=acme', '/sites'],
    ['site=acme&site=other', '/site'],
    ['__proto__=1', '/__proto__'],
    ['service=', '/service'],
    ['connection=a%00b', '/connection'],
    ['outcome[]=dead', '/outcome[]'],
  ])('answers 400 to ?%s and names the parameter', async (query, pointer) => {
    const { status, body } = await audit.get<ProblemBody>(`/v1/entries?${query}`, AUDITOR);
    expect([status, body.code]).toEqual([400, 'query-invalid']);
    expect(body.errors?.map((error) => error.pointer)).toEqual([pointer]);
  });

  it('shows personal values only to a key that may see them', async () => {
    const query = `?event=${acme.lead.id}&kind=event`;
    expect((await page(query)).entries[0]).toMatchObject({ personalData: 'shown', data: acme.lead.data });
    const masked = (await page(query, CLERK)).entries[0];
    expect(masked).toMatchObject({ personalData: 'masked', data: { person: { email: MASK }, message: MASK, form: 'contact' } });
    expect(JSON.stringify(await page('', CLERK))).not.toMatch(/jane|roe/i);
  });

  it.each(['/v1/entries', `/v1/trace/${newId()}`])('answers 401 at %s without a key, or to an unknown one', async (path) => {
    for (const key of [undefined, 'guessed', `${AUDITOR}x`]) {
      const { status, headers } = await audit.get(path, key);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('Bearer');
    }
  });
});

describe('GET /v1/trace/{eventId}', () => {
  it('tells the whole way of an event, from acceptance to the providers\' own ids', async () => {
    const { body } = await audit.get<Trace>(`/v1/trace/${acme.lead.id}`, AUDITOR);
    expect(body.steps.map(({ type }) => type)).toEqual(['lead.submitted', 'crm.contact.synced', 'email.delivery.deferred', 'email.message.sent']);
    expect(body.deliveries).toMatchObject([
      { event: { id: acme.lead.id }, service: 'crm-sync', connection: 'acme-hubspot', action: 'sync-lead', state: 'delivered', externalId: 'hubspot-90210' },
      { service: 'email', connection: 'acme-mail', type: 'email.message.sent', state: 'delivered', attempts: 2, externalId: '<a@posthorn>' },
    ]);
    expect(body.related.map(({ type }) => type)).toEqual(['newsletter.subscribed', 'newsletter.confirmed']);
    expect(body.truncated).toBe(false);
  });

  it('includes the events that it led to, and what became of those', async () => {
    const { body } = await audit.get<Trace>(`/v1/trace/${subscribed.id}`, AUDITOR);
    expect(body.steps.map(({ type }) => type)).toEqual(['newsletter.subscribed', 'newsletter.confirmed', 'crm.subscription.updated']);
    expect(body.deliveries).toMatchObject([{ event: { id: confirmed.id }, externalId: 'hubspot-7' }]);
    expect(body.related.map(({ type }) => type)).toEqual(['lead.submitted']);
  });

  it('puts the cause before the effect, even when a service\'s clock is behind', async () => {
    const event = createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] });
    const early = { ...outcomeOf(event, 'crm.order.recorded', { service: 'crm-sync', connection: 'acme-hubspot', state: 'delivered' }), id: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' };
    const before = await audit.count();
    await audit.publish([event, early]);
    await audit.recorded(before + 2);
    const { body } = await audit.get<Trace>(`/v1/trace/${event.id}`, AUDITOR);
    expect(body.steps.map(({ type }) => type)).toEqual(['order.paid', 'crm.order.recorded']);
  });

  it('masks personal values as well', async () => {
    const { body } = await audit.get<Trace>(`/v1/trace/${acme.lead.id}`, CLERK);
    expect(JSON.stringify(body)).not.toMatch(/jane|roe/i);
  });

  it('answers 404 for an event it does not know, and 400 for what is no event id', async () => {
    expect(await audit.get(`/v1/trace/${newId()}`, AUDITOR)).toMatchObject({ status: 404, body: { code: 'event-unknown' } });
    expect(await audit.get('/v1/trace/42', AUDITOR)).toMatchObject({ status: 400, body: { errors: [{ pointer: '/eventId' }] } });
  });
});

describe('the question what became of an event', () => {
  it('is answered with "delivered" once the event is recorded', async () => {
    const ask = (eventId: string): Promise<DeliveriesAnswer> => audit.inquiry.ask(DELIVERIES_OF_EVENT, { eventId });
    expect(await ask(acme.lead.id)).toMatchObject({ service: 'audit', deliveries: [{ connection: 'log', action: 'record', state: 'delivered', attempts: 1 }] });
    expect(await ask(newId())).toEqual({ service: 'audit', deliveries: [] });
  });
});
