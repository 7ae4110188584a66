import { createOutcome, type Envelope, newId } from '@posthorn/contracts';
import { shutDown } from '@posthorn/http';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignedLog } from '../log/log.test-kit.js';
import { type AuditFixture, AUDITOR, GUEST, startAudit } from '../testing/audit.test-kit.js';
import { streamSettings } from '../streaming/stream.settings.js';
import type { Certificate } from './certificate.js';
import { erasureCompleted, erasureOf, leadOf, transportErased } from './erasing.test-kit.js';
import { ErasureCertifier } from './erasure.certifier.js';
import type { ErasuresPage } from './erasures.controller.js';

let audit: AuditFixture;
beforeAll(async () => {
  audit = await startAudit();
});
afterAll(async () => {
  await audit.stop();
});

/** The services that the books know, as they would have answered just now. */
async function booksKnow(services: Record<string, { types: string[]; since?: string }>): Promise<void> {
  await audit.superuser.query('DELETE FROM book_services');
  for (const [service, { types, since }] of Object.entries({ audit: { types: [] as string[], since: undefined }, ...services })) {
    await audit.superuser.query("INSERT INTO book_services (service, types, since, as_of, history_as_of) VALUES ($1, $2, $3, now() + interval '1 hour', now())", [service, types, since]);
  }
}

const erases = { types: ['lead.submitted', 'privacy.erasure_requested'] };

async function record(...envelopes: Envelope<unknown>[]): Promise<void> {
  const before = await audit.count();
  await audit.publish(envelopes);
  await audit.recorded(before + envelopes.length);
}

const certify = (): Promise<void> => audit.app.get(ErasureCertifier).certify();
const certificateOf = async (id: string, key = AUDITOR): Promise<Certificate> => (await audit.get<Certificate>(`/v1/erasures/${id}`, key)).body;
const placesIn = ({ requests }: Certificate): Record<string, string> => Object.fromEntries(requests.flatMap(({ places }) => places.map(({ place, state }) => [place, state])));
const remainsIn = ({ remains }: Certificate): string[] => remains.map(({ what }) => what);
const outcomesOf = (id: string): Promise<unknown[]> => audit.superuser.query("SELECT position FROM entries WHERE event_id = $1 AND type = 'audit.erasure.certified'", [id]);

async function certified(id: string): Promise<Certificate> {
  await certify();
  await waitFor(async () => (await certificateOf(id)).state === 'certified', { describe: 'the erasure to be certified' });
  return certificateOf(id);
}

const atProvider = (request: Envelope<unknown>, data: object): Envelope<unknown> =>
  createOutcome({ site: 'acme', type: 'crm.person.erased', data: { service: 'crm-sync', connection: 'acme-hubspot', provider: 'hubspot', action: 'erase-person', state: 'delivered', event: { id: request.id, type: request.type }, ...data } });

describe('an erasure', () => {
  it('is certified once everybody who has the events has said that they are gone', async () => {
    await booksKnow({ 'crm-sync': erases, email: erases, calendar: { types: ['appointment.booked'] } });
    const lead = leadOf('ann@example.com');
    const request = erasureOf([lead]);
    await record(lead);
    await record(request);
    const told = [transportErased(request, 2), erasureCompleted('crm-sync', request), erasureCompleted('email', request, { events: 1, mailsSent: 3 })];
    for (const [at, envelope] of told.entries()) {
      await certify();
      const certificate = await certificateOf(request.id);
      expect(certificate).toMatchObject({ state: 'open', site: 'acme', cause: 'site', events: 1 });
      expect(Object.values(placesIn(certificate)).filter((state) => state === 'open')).toHaveLength(3 - at);
      await record(envelope);
    }
    const certificate = await certified(request.id);
    expect(placesIn(certificate)).toEqual({ audit: 'erased', ingress: 'erased', 'crm-sync': 'erased', email: 'erased' });
    expect(certificate.requests[0]).toMatchObject({ events: { 'lead.submitted': 1 }, places: [{ place: 'audit', facts: { people: 1, unlisted: 0 } }, { place: 'ingress', facts: { messages: 2 } }, {}, {}] });
    expect(JSON.stringify(certificate)).not.toMatch(/ann@/);
  });

  it('is certified once, however often and by however many it is found complete', async () => {
    await booksKnow({});
    const request = erasureOf([leadOf('bob@example.com')]);
    await record(request, transportErased(request));
    const replica = await audit.replica();
    await Promise.all([certify(), replica.get(ErasureCertifier).certify(), certify()]);
    await certified(request.id);
    await replica.close();
    await certify();
    const more = erasureOf([leadOf('bob@example.com')]);
    await record(more, transportErased(more));
    await certified(more.id);
    expect(await outcomesOf(request.id)).toHaveLength(1);
  });

  it('names entries of the log, and each of them can be proven', async () => {
    await booksKnow({ email: erases });
    const request = erasureOf([leadOf('cid@example.com')]);
    await record(request, transportErased(request), erasureCompleted('email', request));
    const { requests } = await certified(request.id);
    const log = new SignedLog(audit);
    await log.letTimePass();
    await log.sign();
    const evidence = requests.flatMap(({ entry, places, certified: last }) => [entry, ...places.map((place) => place.entry), last]);
    expect(evidence).toHaveLength(5);
    for (const one of evidence) expect(await log.json(one?.proof ?? '')).toMatchObject({ position: one?.position, leaf: expect.stringContaining(one?.id ?? '?') as string });
  });

  it('waits for the books to be asked after it: a service may be there that nobody has heard of', async () => {
    await booksKnow({});
    await audit.superuser.query("UPDATE book_services SET as_of = now() - interval '1 minute'");
    const request = erasureOf([leadOf('dot@example.com')]);
    await record(request, transportErased(request));
    await certify();
    expect((await certificateOf(request.id)).state).toBe('open');
    await booksKnow({ email: erases });
    await certify();
    expect(placesIn(await certificateOf(request.id))).toMatchObject({ email: 'open' });
  });

  it('does not wait for a service that came later, and says which one cannot erase', async () => {
    await booksKnow({ 'crm-sync': { types: ['lead.submitted'] }, email: { ...erases, since: new Date(Date.now() + 60_000).toISOString() } });
    const request = erasureOf([leadOf('eda@example.com')]);
    await record(request, transportErased(request));
    const certificate = await certified(request.id);
    expect(placesIn(certificate)).toEqual({ audit: 'erased', ingress: 'erased' });
    expect(certificate.remains).toContainEqual(expect.objectContaining({ what: 'service-cannot-erase', places: ['crm-sync'] }));
    await booksKnow({ 'crm-sync': erases });
    expect(await certificateOf(request.id)).toEqual(certificate);
  });

  it('of more events than fit one request is certified as one, by what its requests have in common', async () => {
    await booksKnow({});
    const correlationid = newId();
    const requests = [leadOf('flo@example.com'), leadOf('flo@example.com')].map((lead) => erasureOf([lead], { correlationid }));
    await record(...requests, ...requests.slice(0, 1).map((request) => transportErased(request)));
    await certify();
    expect(await certificateOf(correlationid)).toMatchObject({ state: 'open', events: 2, requests: [{}, {}] });
    await record(...requests.slice(1).map((request) => transportErased(request)));
    expect(await certified(correlationid)).toMatchObject({ id: correlationid, requests: [{ id: requests[0]?.id }, { id: requests[1]?.id }] });
    expect((await certificateOf(requests[1]?.id ?? '')).requests).toHaveLength(1);
  });
});

describe('a certificate', () => {
  it('says what is stuck where, and who can mend it', async () => {
    await booksKnow({ 'crm-sync': erases });
    const request = erasureOf([leadOf('gil@example.com')]);
    const error = { code: 'CRM_REFUSED', message: 'no such scope', remedy: 'Grant the scope crm.objects.contacts.write.' };
    await record(request, transportErased(request), atProvider(request, { state: 'dead', error }));
    await certify();
    const stuck = await certificateOf(request.id);
    expect(stuck).toMatchObject({ state: 'open', requests: [{ places: [{}, {}, { place: 'crm-sync', state: 'open', connections: [{ connection: 'acme-hubspot', state: 'dead', error }] }] }] });
    expect(stuck.remains[0]).toMatchObject({ what: 'delivery-stuck', places: ['acme-hubspot'], text: expect.stringContaining('posthorn redeliver --connection acme-hubspot') as string });
    await record(atProvider(request, {}), erasureCompleted('crm-sync', request));
    const certificate = await certified(request.id);
    expect(remainsIn(certificate)).toEqual(['provider-backups', 'database-backups']);
  });

  it('says what nobody can erase: mails, backups of providers and of the databases', async () => {
    await booksKnow({ email: erases, 'crm-sync': erases });
    const request = erasureOf([leadOf('hep@example.com')]);
    await record(request, transportErased(request), atProvider(request, {}), erasureCompleted('crm-sync', request, { events: 1, uncertain: 1, beyondReach: 4 }), erasureCompleted('email', request, { events: 1, uncertain: 3, mailsSent: 2, mailsPerhapsSent: 3 }));
    const { remains, requests } = await certified(request.id);
    const last = requests.flatMap(({ places }) => places.map(({ at }) => at ?? '')).sort().at(-1) ?? '';
    expect(remains).toEqual([
      expect.objectContaining({ what: 'mails-sent', count: 2, places: ['email'] }),
      expect.objectContaining({ what: 'mails-perhaps-sent', count: 3 }),
      expect.objectContaining({ what: 'uncertain', count: 1, places: ['crm-sync'] }),
      expect.objectContaining({ what: 'beyond-reach', count: 4, places: ['crm-sync'] }),
      expect.objectContaining({ what: 'provider-backups', places: ['acme-hubspot'] }),
      expect.objectContaining({ what: 'database-backups', until: new Date(Date.parse(last) + 30 * 86_400_000).toISOString() }),
    ]);
  });

  it('names the streams that brought personal values of the site to others', async () => {
    const streams = [{}, { personalData: true }, { personalData: true, sites: ['other'] }, { personalData: true, sites: ['acme'], kinds: ['outcome'] }, { personalData: true, sites: ['acme'] }].map((over, at) => streamSettings.parse({ id: `to-${at}`, to: 'https://127.0.0.1:1/', ...over }));
    const replica = await audit.replica({ streams });
    const request = erasureOf([leadOf('lou@example.com')]);
    await record(request);
    const answer = await fetch(`${await replica.getUrl()}/v1/erasures/${request.id}`, { headers: { authorization: `Bearer ${AUDITOR}` } });
    expect(((await answer.json()) as Certificate).remains).toContainEqual(expect.objectContaining({ what: 'streamed', places: ['to-1', 'to-4'] }));
    await shutDown(replica);
  });

  it('counts the values that the log hides and cannot destroy yet', async () => {
    await booksKnow({});
    const [old, recent] = [leadOf('ivo@example.com'), leadOf('ivo@example.com')];
    const request = erasureOf([old], { cause: 'retention' });
    await record(old, recent);
    await record(request, transportErased(request));
    expect((await certified(request.id)).remains[0]).toMatchObject({ what: 'log-values-kept', count: 1 });
    await record(erasureOf([recent], { cause: 'retention' }));
    expect(remainsIn(await certificateOf(request.id))).toEqual(['left-at-providers', 'database-backups']);
  });

  it('is for auditors of the site, and asking for it is an entry', async () => {
    const request = erasureOf([leadOf('jil@example.com')]);
    await record(request);
    expect((await audit.get(`/v1/erasures/${request.id}`, GUEST)).status).toBe(404);
    expect((await audit.get(`/v1/erasures/${newId()}`, AUDITOR)).body).toMatchObject({ code: 'erasure-unknown' });
    expect((await audit.get('/v1/erasures/%20', AUDITOR)).body).toMatchObject({ code: 'query-invalid' });
    await certificateOf(request.id);
    const { body } = await audit.get<{ entries: object[] }>(`/v1/entries?kind=access&event=${request.id}`, AUDITOR);
    expect(body.entries[0]).toMatchObject({ type: 'audit.certificate.read', actor: 'auditor', data: { erasure: request.id, state: 'open' } });
  });
});

describe('the list of erasures', () => {
  it('shows the newest first, by state, cause and page', async () => {
    await booksKnow({});
    const made = [erasureOf([leadOf('kai@example.com', 'guest')], { site: 'guest' }), erasureOf([leadOf('kai@example.com', 'guest')], { site: 'guest', cause: 'retention' })];
    await record(...made, ...made.slice(0, 1).map((request) => transportErased(request)));
    await certified(made[0]?.id ?? '');
    const list = async (query: string): Promise<ErasuresPage> => (await audit.get<ErasuresPage>(`/v1/erasures${query}`, GUEST)).body;
    const idsIn = ({ erasures }: ErasuresPage): string[] => erasures.map(({ id }) => id);
    expect(idsIn(await list(''))).toEqual([made[1]?.id, made[0]?.id]);
    expect(idsIn(await list('?state=certified'))).toEqual([made[0]?.id]);
    expect((await list('?cause=retention')).erasures).toEqual([{ id: made[1]?.id, correlation: made[1]?.correlationid, site: 'guest', cause: 'retention', state: 'open', events: 1, requestedAt: expect.any(String) as string }]);
    const first = await list('?limit=1');
    expect(idsIn(await list(`?limit=1&cursor=${first.next ?? ''}`))).toEqual([made[0]?.id]);
    expect((await audit.get('/v1/erasures?sate=open', AUDITOR)).body).toMatchObject({ code: 'query-invalid' });
  });

  it('is counted for who watches it', async () => {
    const text = await (await fetch(`${await audit.app.getUrl()}/metrics`)).text();
    expect(text).toMatch(/^posthorn_audit_open_erasures \d+$/m);
    expect(text).toMatch(/^posthorn_audit_oldest_open_erasure_timestamp_seconds [\d.e+]+$/m);
  });
});
