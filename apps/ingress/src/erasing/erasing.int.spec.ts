import { createEvent, eventSubject, newId, parseEvent, type PosthornEvent, signLink } from '@posthorn/contracts';
import { Ledger, peopleOf } from '@posthorn/ledger';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACME_KEY, ERASE_KEY, lead, LINK_SECRET, OTHER_KEY, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import type { Erasure } from './erasure.service.js';

interface Row {
  id: string;
  type: string;
  envelope: PosthornEvent;
  idempotency_key: string | null;
  body_hash: Buffer | null;
}

describe('POST /v1/privacy/erasures', () => {
  let ingress: TestIngress;
  let ledger: Client;

  beforeAll(async () => {
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(async () => {
    await ingress.stop();
    await ledger.end();
  });

  const accept = async (body: object, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await ingress.submit(body, headers);
    expect(answer.status).toBe(202);
    return ((await answer.json()) as { id: string }).id;
  };
  const erase = async (email: string): Promise<Erasure> => {
    const answer = await ingress.erase({ email });
    expect(answer.status).toBe(202);
    return (await answer.json()) as Erasure;
  };
  const rowsOf = async (ids: string[]): Promise<Row[]> =>
    (await ledger.query<Row>('SELECT id, type, envelope::jsonb AS envelope, idempotency_key, body_hash FROM ledger WHERE id = ANY($1) ORDER BY id', [ids])).rows;
  const rowOf = async (id: string): Promise<Row> => (await rowsOf([id]))[0]!;
  const mentions = async (text: string): Promise<number> =>
    (await ledger.query<{ n: number }>('SELECT count(*)::int AS n FROM ledger WHERE envelope ILIKE $1', [`%${text}%`])).rows[0]!.n;
  const peopleOfEvents = async (ids: string[]): Promise<number> =>
    (await ledger.query<{ n: number }>('SELECT count(*)::int AS n FROM ledger_people WHERE id = ANY($1)', [ids])).rows[0]!.n;

  it('leaves nothing of a person in the ledger, from the answer on', async () => {
    const form = { type: 'form.submitted', data: { form: 'workshop', fields: { mail: ' Anna@Example.com', seats: 2 } } };
    const ids = [await accept(lead('anna@example.com'), { 'idempotency-key': 'anna-1' }), await accept(lead('ANNA@example.com')), await accept(form)];
    const { id, requests, events } = await erase('Anna@example.com ');
    expect({ requests, events }).toEqual({ requests: [id], events: 3 });
    expect(await mentions('anna@example')).toBe(0);
    expect(await peopleOfEvents(ids)).toBe(0);
    for (const each of ids) {
      const { envelope, idempotency_key: key, body_hash: hash } = await rowOf(each);
      expect(envelope).toMatchObject({ id: each, erased: true });
      expect([key, hash]).toEqual([null, null]);
    }
    const request = await rowOf(id);
    expect(parseEvent(request.envelope)).toMatchObject({
      type: 'privacy.erasure_requested', site: 'acme', correlationid: id, data: { cause: 'site', events: { 'lead.submitted': ids.slice(0, 2), 'form.submitted': [ids[2]] } },
    });
  });

  it('leaves the events of others, and the person’s events at other sites', async () => {
    const [joe, elsewhere] = [await accept(lead('joe@example.com')), await accept(lead('berta@example.com'), { authorization: `Bearer ${OTHER_KEY}` })];
    await accept(lead('berta@example.com'));
    expect(await erase('berta@example.com')).toMatchObject({ events: 1 });
    for (const id of [joe, elsewhere]) {
      expect(parseEvent((await rowOf(id)).envelope)).not.toHaveProperty('erased');
      expect(await peopleOfEvents([id])).toBe(1);
    }
  });

  it('follows a person through their changes of address, in both directions, and no further', async () => {
    const changed = (email: string, previousEmail: string) => accept({ type: 'customer.updated', data: { person: { email }, previousEmail } });
    const ids = [await accept(lead('c1@example.com')), await changed('c2@example.com', 'c1@example.com'), await changed('c3@example.com', 'c2@example.com'), await accept(lead('c3@example.com'))];
    const shared = await accept({ type: 'form.submitted', data: { form: 'guests', fields: { first: 'c2@example.com', second: 'dora@example.com' } } });
    const dora = await accept(lead('dora@example.com'));
    expect(await erase('c2@example.com')).toMatchObject({ events: 5 });
    for (const id of [...ids, shared]) expect((await rowOf(id)).envelope.erased).toBe(true);
    expect((await rowOf(dora)).envelope.erased).toBeUndefined();
  });

  it('is recorded, so that it can be proven, when nothing is known of the address; and repeated without harm', async () => {
    await accept(lead('emil@example.com'));
    const first = await erase('emil@example.com');
    const second = await erase('emil@example.com');
    expect([first.events, second.events]).toEqual([1, 0]);
    expect(second.id).not.toBe(first.id);
    expect((await rowOf(second.id)).envelope.data).toEqual({ cause: 'site', events: {} });
  });

  it('carries the trace of the order into the request', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const answer = await ingress.erase({ email: 'traced@example.com' }, { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    const { id } = (await answer.json()) as Erasure;
    expect((await rowOf(id)).envelope.traceparent).toMatch(new RegExp(`^00-${trace}-`));
  });

  it('makes several requests of one correlation for a person of many events', async () => {
    const events = Array.from({ length: 1_001 }, () => createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email: 'frida@example.com' } } }));
    await Promise.all(events.map((envelope) => ingress.app.get(Ledger).accept({ envelope, subject: eventSubject('acme', envelope.type), people: peopleOf(envelope) })));
    const { id, requests, events: erased } = await erase('frida@example.com');
    expect([requests.length, requests[0], erased]).toEqual([2, id, 1_001]);
    const rows = await rowsOf(requests);
    expect(rows.map(({ envelope }) => envelope.correlationid)).toEqual([id, id]);
    const listed = rows.flatMap(({ envelope }) => Object.values((envelope as PosthornEvent<'privacy.erasure_requested'>).data.events).flat());
    expect([...listed].sort()).toEqual(events.map((event) => event.id).sort());
    expect(await mentions('frida@')).toBe(0);
  });

  it('lets an event live that is accepted while two erase the same person, and erases each other one once', async () => {
    const before = await Promise.all(Array.from({ length: 20 }, () => accept(lead('gerd@example.com'))));
    const during: Promise<string>[] = [];
    const erasures = Promise.all([erase('gerd@example.com'), erase('gerd@example.com')]);
    for (let i = 0; i < 20; i += 1) during.push(accept(lead('gerd@example.com'), { 'idempotency-key': `gerd-${i}` }));
    const counts = (await erasures).map(({ events }) => events);
    const rows = await rowsOf(await Promise.all(during));
    const erasedMeanwhile = rows.filter(({ envelope }) => envelope.erased).length;
    expect(counts[0]! + counts[1]!).toBe(before.length + erasedMeanwhile);
    // Those that live can be found again.
    expect(await erase('gerd@example.com')).toMatchObject({ events: rows.length - erasedMeanwhile });
    expect(await mentions('gerd@')).toBe(0);
  });

  it('forgets the idempotency keys with the events: the same request is a new event', async () => {
    const first = await accept(lead('hugo@example.com'), { 'idempotency-key': 'hugo' });
    await erase('hugo@example.com');
    expect(await accept(lead('hugo@example.com'), { 'idempotency-key': 'hugo' })).not.toBe(first);
  });

  it.each([
    ['without the address', {}, '/email'],
    ['with something else', { email: 'not an address' }, '/email'],
    ['with a field that is not known', { email: 'a@example.com', everywhere: true }, '/everywhere'],
    ['with a very long one', { email: `${'a'.repeat(260)}@example.com` }, '/email'],
  ])('refuses a body %s, and quotes nothing of it', async (_, body, pointer) => {
    const answer = await ingress.erase(body);
    const text = await answer.text();
    expect([answer.status, (JSON.parse(text) as { errors: { pointer: string }[] }).errors[0]?.pointer]).toEqual([422, pointer]);
    expect(text).not.toMatch(/not an address"|aaaa|a@example/);
  });

  it('refuses a body that is not JSON, and a key that may only submit and ask', async () => {
    expect((await ingress.erase('email=a%40example.com', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await ingress.erase({ email: 'a@example.com' }, { authorization: `Bearer ${ACME_KEY}` })).status).toBe(403);
    expect((await ingress.submit(lead(), { authorization: `Bearer ${ERASE_KEY}` })).status).toBe(403);
  });

  describe('an erased event', () => {
    it('is told of as before, with the word that it was erased', async () => {
      const id = await accept(lead('ida@example.com'));
      await erase('ida@example.com');
      expect(await (await ingress.get(`/v1/events/${id}`)).json()).toMatchObject({ id, type: 'lead.submitted', erased: true });
    });

    it('has links that have expired', async () => {
      const id = await accept({ type: 'newsletter.subscribed', data: { person: { email: 'jo@example.com' }, list: 'weekly' } });
      await erase('jo@example.com');
      for (const purpose of ['confirm', 'unsubscribe'] as const) {
        const token = signLink({ purpose, eventId: id, expiresAt: new Date(Date.now() + 60_000) }, LINK_SECRET);
        expect((await fetch(`${ingress.url}/v1/newsletter/${purpose}/${token}`, { method: 'POST' })).status).toBe(410);
      }
      expect((await ingress.get(`/v1/events/${newId()}`)).status).toBe(404);
    });
  });
});
