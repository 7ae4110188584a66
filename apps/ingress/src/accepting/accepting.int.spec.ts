import { acceptedAtOf, EVENTS_STREAM } from '@posthorn/contracts';
import { type NatsServer, startNats, startPostgres, type PostgresServer, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { lead, OTHER_KEY, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

interface Accepted {
  id: string;
  acceptedAt: string;
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';

describe('POST /v1/events', () => {
  let ingress: TestIngress;
  let ledger: Client;
  let servers: string[];

  beforeAll(async () => {
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    servers = nats.servers;
    await provisionIngress(database.adminUrl, servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(async () => {
    await ingress.stop();
    await ledger.end();
  });

  const rowOf = async (id: string) => {
    const { rows } = await ledger.query<{ envelope: string; site: string }>('SELECT envelope, site FROM ledger WHERE id = $1', [id]);
    return rows[0];
  };

  it('answers 202 with id, time and Location when, and only when, the ledger has the event', async () => {
    const answer = await ingress.submit(lead());
    const { id, acceptedAt } = (await answer.json()) as Accepted;
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/events/${id}`);
    expect(acceptedAt).toBe(acceptedAtOf(id).toISOString());
    expect(JSON.parse((await rowOf(id))?.envelope ?? '')).toMatchObject({
      specversion: '1.0', id, site: 'acme', type: 'lead.submitted', source: '/sites/acme', correlationid: id, data: lead().data,
    });
  });

  it('carries the trace of the request into the envelope, as a child', async () => {
    const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
    const { id } = (await (await ingress.submit(lead(), { traceparent })).json()) as Accepted;
    const envelope = JSON.parse((await rowOf(id))?.envelope ?? '') as { traceparent: string };
    expect(envelope.traceparent).toMatch(new RegExp(`^00-${TRACE}-`));
    expect(envelope.traceparent).not.toBe(traceparent);
  });

  it('publishes what it accepted', async () => {
    const connection = await connect({ servers });
    const manager = await jetstreamManager(connection);
    const stored = async () => (await manager.streams.info(EVENTS_STREAM, { subjects_filter: 'events.other.lead.submitted' })).state.subjects;
    expect(await stored()).toBeUndefined();
    const answer = await ingress.submit(lead(), { authorization: `Bearer ${OTHER_KEY}` });
    expect(answer.status).toBe(202);
    await waitFor(async () => (await stored())?.['events.other.lead.submitted'] === 1, { describe: 'the event in the stream' });
    await connection.close();
  });

  it('makes one event of fifty concurrent requests with the same key and body', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ingress.submit(lead('fifty@example.com'), { 'idempotency-key': 'fifty' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as Accepted[];
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(49);
    const { rows } = await ledger.query('SELECT 1 FROM ledger WHERE idempotency_key = $1', ['fifty']);
    expect(rows).toHaveLength(1);
  });

  it('answers 409 when the key was used with another body, and names the event that has it', async () => {
    const { id } = (await (await ingress.submit(lead('a@example.com'), { 'idempotency-key': 'k1' })).json()) as Accepted;
    const answer = await ingress.submit(lead('b@example.com'), { 'idempotency-key': 'k1' });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'idempotency-conflict', detail: expect.stringContaining(id) as string });
  });

  it('keeps the keys of two sites apart', async () => {
    const mine = await ingress.submit(lead('a@example.com'), { 'idempotency-key': 'shared' });
    const theirs = await ingress.submit(lead('b@example.com'), { 'idempotency-key': 'shared', authorization: `Bearer ${OTHER_KEY}` });
    expect([mine.status, theirs.status]).toEqual([202, 202]);
  });

  it('takes a CloudEvent, and its source and id as the key when there is no header', async () => {
    const event = { specversion: '1.0', source: 'https://shop.example/orders', id: 'order-7', datacontenttype: 'application/json', ...lead('ce@example.com') };
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const send = async (body: object) => ingress.submit(body, headers);
    const first = await send(event);
    const again = await send(event);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(await again.json()).toEqual(await first.json());
    expect((await send({ ...event, id: 'order-8' })).headers.get('idempotent-replayed')).toBeNull();
    expect((await send({ ...event, subject: 'changed' })).status).toBe(409);
  });

  it('lists every bad field with its pointer at once', async () => {
    const answer = await ingress.submit({
      type: 'order.paid',
      subject: '',
      time: 'yesterday',
      data: { orderId: 7, total: { amount: '12,50', currency: 'EURO' }, lines: [{ name: 'Tea', quantity: 1, price: '1.00', 'a/b': 1 }], person: { email: 'nobody' } },
    });
    const { errors, code } = (await answer.json()) as { code: string; errors: { pointer: string }[] };
    expect([answer.status, code]).toEqual([422, 'validation-failed']);
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
      new Set(['/subject', '/time', '/data/orderId', '/data/total/amount', '/data/total/currency', '/data/lines/0/a~1b', '/data/person/email']),
    );
  });
});

describe('with a dependency away', () => {
  let postgres: PostgresServer;
  let nats: NatsServer;
  let ingress: TestIngress;

  beforeAll(async () => {
    [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const adminUrl = new URL(postgres.adminUrl);
    adminUrl.pathname = '/posthorn';
    await provisionIngress(adminUrl.href, [nats.url]);
    adminUrl.username = 'ingress';
    adminUrl.password = '';
    ingress = await startIngress({ databaseUrl: adminUrl.href, servers: [nats.url] });
    await waitFor(async () => (await ingress.submit(lead())).ok, { describe: 'the first event to be accepted' });
  });
  afterAll(async () => {
    await ingress.stop();
    await Promise.all([postgres.stop(), nats.stop()]);
  });

  it('accepts while NATS is down, stays ready, and publishes when it is back', async () => {
    await nats.kill('SIGKILL');
    const answer = await ingress.submit(lead('offline@example.com'));
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as Accepted;
    expect((await ingress.get('/ready')).status).toBe(200);
    const state = await ingress.get(`/v1/events/${id}`);
    expect(await state.json()).toMatchObject({ id, type: 'lead.submitted', servicesReachable: false, services: [] });
    await nats.start();
    await waitFor(async () => (await (await ingress.get('/metrics')).text()).includes('posthorn_ledger_unrelayed_entries 0'), { describe: 'the backlog to drain', timeoutMs: 20_000 });
  });

  it('answers 503 with Retry-After at once while Postgres is down, and accepts again by itself', async () => {
    await postgres.kill('SIGKILL');
    // The first request may be the one that finds out.
    await ingress.submit(lead());
    const begun = performance.now();
    const answer = await ingress.submit(lead());
    const took = performance.now() - begun;
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'temporarily-unavailable' });
    expect(took).toBeLessThan(500);
    const ready = await ingress.get('/ready');
    expect([ready.status, await ready.json()]).toMatchObject([503, { ready: false, reasons: [{ name: 'postgres' }] }]);
    await postgres.start();
    await waitFor(async () => (await ingress.submit(lead())).status === 202, { describe: 'events to be accepted again' });
  });
});
