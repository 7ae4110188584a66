import { type INestApplication, type NestApplicationOptions } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { bookAnswer, bookIdsAnswer, bookIdsSubject, BOOKS, type ConnectionsAnswer, connectionsAnswer, DELIVERIES_OF_EVENT, EVENTS_STREAM, eventSubject, newId, OPERATIONS, type PosthornEvent } from '@posthorn/contracts';
import { firstIdAt } from '@posthorn/ledger';
import { connectMessaging, ensureTopology, Inquiry, JetStreamPublisher, STREAMS } from '@posthorn/messaging';
import { Metrics } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';
import { PermanentError } from '@posthorn/resilience';
import { type TestDatabase, type TestNats, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineOf, leadOf, modulesOf, type ScriptedProvider, SERVICE, useDeliveryDatabase } from './engine.test-kit.js';

describe('a service, from the stream to the provider', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let app: INestApplication;
  let engine: Engine;

  beforeAll(async () => {
    [database, nats] = await Promise.all([useDeliveryDatabase(), useNats()]);
    await ensureTopology({ servers: nats.servers }, { streams: STREAMS, consumers: [{ stream: EVENTS_STREAM, durable: SERVICE }] });
    const providers = new Map<string, ScriptedProvider>();
    const module = await Test.createTestingModule({ imports: modulesOf(database, providers, { natsServers: nats.servers }) }).compile();
    const options: Partial<NestApplicationOptions> = { logger: false };
    app = module.createNestApplication(new FastifyAdapter(), options);
    connectMessaging(app, { consumers: [{ stream: EVENTS_STREAM, durable: SERVICE }], answers: true });
    await app.init();
    await app.startAllMicroservices();
    engine = engineOf(app, providers);
    await app.get(Database).ready();
  });
  afterAll(() => app.close());

  const publish = async (...events: PosthornEvent[]): Promise<void> => {
    const publisher = app.get(JetStreamPublisher);
    await waitFor(() => publisher.connected);
    // A message id of its own for every copy: the broker's de-duplication must not do our work here.
    const results = await publisher.publish(events.map((event) => ({ subject: eventSubject(event.site, event.type), id: newId(), body: JSON.stringify(event) })));
    expect(results.every(({ ok }) => ok)).toBe(true);
  };

  it('delivers each event once, though the stream carries it three times', async () => {
    const events = Array.from({ length: 50 }, (_, index) => leadOf(`p${index}@example.org`));
    await publish(...events, ...events, ...[...events].reverse());
    for (const event of events) await engine.reaches(event.id, 'delivered');
    const calls = engine.provider().calls.map(({ eventId }) => eventId);
    expect([...calls].sort()).toEqual(events.map(({ id }) => id).sort());
  });

  it('publishes the outcome once it is committed', async () => {
    const event = leadOf('ada@example.org');
    await publish(event);
    await engine.reaches(event.id, 'delivered');
    expect(await engine.outcomes(event.id)).toEqual(['crm.contact.synced']);
    await waitFor(async () => (await engine.database.query('SELECT 1 FROM unrelayed')).length === 0, { describe: 'the outbox to be relayed' });
  });

  it('answers what became of an event, without personal data', async () => {
    const event = leadOf('grace@example.org');
    engine.provider().behaviour = () => Promise.reject(new PermanentError('REFUSED', 'the provider refused it', { status: 422 }));
    await publish(event);
    await engine.reaches(event.id, 'dead');
    const inquiry = app.get(Inquiry);
    const [answer] = await inquiry.askMany<{ service: string; deliveries: unknown[] }>(DELIVERIES_OF_EVENT, { eventId: event.id });
    expect(answer).toMatchObject({
      service: SERVICE,
      deliveries: [{ connection: 'acme-crm', action: 'sync-lead', state: 'dead', attempts: 1, error: { code: 'REFUSED', message: 'the provider refused it' } }],
    });
    expect(JSON.stringify(answer)).not.toContain('grace');
    for (const eventId of [newId(), 'nonsense', 7]) {
      expect(await inquiry.askMany(DELIVERIES_OF_EVENT, { eventId })).toEqual([{ service: SERVICE, deliveries: [] }]);
    }
  });

  it('answers operators, and is silent about what is addressed to others', async () => {
    const inquiry = app.get(Inquiry);
    const [report] = await inquiry.askMany<ConnectionsAnswer>(OPERATIONS.connections, {});
    expect(connectionsAnswer.parse(report)).toMatchObject({ service: SERVICE, connections: [{ connection: 'acme-crm', state: 'closed' }] });
    expect(await inquiry.askMany(OPERATIONS.connections, { service: 'email' }, { maxWaitMs: 200 })).toEqual([]);
    const isolate = { id: newId(), actor: 'ada', service: SERVICE, connection: 'acme-crm', reason: 'a test' };
    expect(await inquiry.askMany(OPERATIONS.isolate, isolate)).toMatchObject([{ applied: true, state: 'isolated', reason: 'a test (isolated by ada)' }]);
    expect(await inquiry.askMany(OPERATIONS.release, { ...isolate, id: newId() })).toMatchObject([{ applied: true, state: 'closed' }]);
    expect(await inquiry.askMany(OPERATIONS.isolate, { ...isolate, id: newId(), connection: 'nobody' })).toMatchObject([{ problem: { code: 'CONNECTION_UNKNOWN' } }]);
    expect(await inquiry.askMany(OPERATIONS.isolate, { connection: 'acme-crm' })).toMatchObject([{ problem: { code: 'QUESTION_INVALID' } }]);
    expect(await inquiry.askMany(OPERATIONS.deliveries, { limit: 5 })).toMatchObject([{ more: true, deliveries: Array.from({ length: 5 }, () => ({ connection: 'acme-crm' })) }]);
    const question = { id: newId(), actor: 'ada', filter: { connection: 'acme-crm' }, preview: true, perSecond: 10 };
    expect(await inquiry.askMany(OPERATIONS.redeliver, question)).toMatchObject([{ matched: [{ connection: 'acme-crm', site: 'acme', matched: 1 }] }]);
    expect(await inquiry.askMany(OPERATIONS.check, { ...isolate, instance: report!.instance })).toMatchObject([{ result: 'unsupported' }]);
  });

  it('waits for as many answers as it was told to hope for', async () => {
    const began = performance.now();
    const answers = await app.get(Inquiry).askMany(OPERATIONS.connections, {}, { maxWaitMs: 400, stallMs: 10, enough: (soFar) => soFar.length >= 2 });
    expect(answers).toHaveLength(1);
    expect(performance.now() - began).toBeGreaterThan(380);
  });

  it('answers what its books say, and which events it has', async () => {
    const inquiry = app.get(Inquiry);
    const today = new Date().toISOString().slice(0, 10);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const [answer] = await inquiry.askMany(BOOKS.kept, { from: yesterday, until: today, site: 'acme' });
    const { rows, ...head } = bookAnswer.parse(answer);
    expect(head).toMatchObject({ service: SERVICE, role: 'delivers', types: ['lead.submitted', 'privacy.erasure_requested'], more: false });
    expect(rows.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(51);
    expect(rows.reduce((sum, { dead }) => sum + dead, 0)).toBe(1);
    expect(await inquiry.askMany(BOOKS.kept, { from: today, until: today, service: 'email' }, { maxWaitMs: 200 })).toEqual([]);
    const range = { from: firstIdAt(0), until: firstIdAt(Date.now() + 1_000) };
    const ids = bookIdsAnswer.parse(await inquiry.ask(bookIdsSubject(SERVICE), { ...range, types: ['lead.submitted'] }));
    expect(ids).toMatchObject({ until: range.until });
    expect(ids.ids).toHaveLength(52);
  });

  it('counts with labels from the configuration alone', async () => {
    const text = await app.get(Metrics).registry.metrics();
    expect(text).toMatch(/posthorn_deliveries\{connection="acme-crm",state="dead"\} 1/);
    expect(text).toMatch(/posthorn_delivery_attempts_total\{connection="acme-crm",action="sync-lead",state="delivered"\} 51/);
    expect(text).toMatch(/posthorn_connection_state\{connection="acme-crm",state="closed"\} 1/);
    expect(text).toMatch(/posthorn_intake_events_total\{result="repeated"\} \d+/);
    expect(text).not.toContain('example.org');
  });
});
