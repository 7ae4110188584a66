import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { createEvent, EVENTS_STREAM, eventSubject, newId, type PosthornEvent } from '@posthorn/contracts';
import { ensureTopology, JetStreamPublisher, NatsConnectionProvider, STREAMS } from '@posthorn/messaging';
import { HealthRegistry, Metrics } from '@posthorn/observability';
import { Database, provisionSchema } from '@posthorn/persistence';
import { type TestDatabase, useDatabase } from '@posthorn/testing';
import { Inbox, INBOX_MIGRATIONS, Ledger, LEDGER_MIGRATIONS, Relay } from './index.js';
import type { AcceptEntry } from './ledger.entry.js';

const SCHEMA = 'ledger_test';

/** A schema with its least-privileged role, in a database of the test file's own. */
export async function provisionedDatabase(): Promise<TestDatabase> {
  Logger.overrideLogger(false);
  const database = await useDatabase();
  await provisionSchema({
    admin: { url: database.adminUrl },
    schema: SCHEMA,
    role: SCHEMA,
    migrations: [...LEDGER_MIGRATIONS, ...INBOX_MIGRATIONS],
    access: 'read-write',
  });
  return database;
}

/** What one replica of a service has, without Nest around it. */
export interface Replica {
  database: Database;
  ledger: Ledger;
  relay: Relay;
  inbox: Inbox;
  provider: NatsConnectionProvider;
  metrics: Metrics;
  /** As if the process had been killed: nothing is finished. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}

export async function startReplica(test: TestDatabase, servers: string[]): Promise<Replica> {
  const database = new Database({ url: test.urlFor(SCHEMA), schema: SCHEMA, service: 'test' });
  await database.ready();
  const metrics = new Metrics();
  const provider = new NatsConnectionProvider({ servers, service: 'test' }, new HealthRegistry(), metrics);
  provider.onModuleInit();
  const relay = new Relay(database, new JetStreamPublisher(provider), provider, metrics);
  const ledger = new Ledger(database, relay);
  relay.onApplicationBootstrap();
  const close = async (): Promise<void> => {
    await ledger.drain();
    await relay.stop();
    await provider.close();
    await database.close();
  };
  const abandon = async (): Promise<void> => {
    await Promise.all([provider.close(), database.close()]);
  };
  return { database, ledger, relay, inbox: new Inbox(database), provider, metrics, close, abandon };
}

export async function provisionTopology(servers: string[], durable: string): Promise<void> {
  await ensureTopology({ servers }, { streams: STREAMS, consumers: [{ stream: EVENTS_STREAM, durable }] });
}

export function lead(message = 'Hello', site = 'acme'): PosthornEvent<'lead.submitted'> {
  return createEvent({ site, type: 'lead.submitted', data: { person: { email: 'ada@example.org' }, message }, correlationid: newId() });
}

export function entryOf(event: PosthornEvent, idempotencyKey?: string, body?: string): AcceptEntry {
  return {
    envelope: event,
    subject: eventSubject(event.site, event.type),
    idempotencyKey,
    bodyHash: body === undefined ? undefined : createHash('sha256').update(body).digest(),
  };
}
