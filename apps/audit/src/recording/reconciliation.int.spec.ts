import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createEvent, type Envelope, eventSubject, EXAMPLES, outcomeSubject } from '@posthorn/contracts';
import { LEDGER_MIGRATIONS, LedgerModule } from '@posthorn/ledger';
import { connectMessaging, MessagingModule, NatsConnectionProvider } from '@posthorn/messaging';
import { Metrics, ObservabilityModule } from '@posthorn/observability';
import { Database, PersistenceModule, provisionSchema } from '@posthorn/persistence';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditFixture, startAudit } from '../testing/audit.test-kit.js';
import { outcomeOf } from '../testing/story.test-kit.js';
import { PUBLISHER } from './entry.publisher.js';

let audit: AuditFixture;
const publishers: NestFastifyApplication[] = [];
beforeAll(async () => {
  Logger.overrideLogger(false);
  audit = await startAudit({ reconciliation: { everyMs: 100, hurryMs: 100, minAgeMs: 0 } });
});
afterAll(async () => {
  await Promise.all(publishers.map((app) => app.close()));
  await audit.stop();
});

const lead = () => createEvent({ site: 'acme', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] });
const synced = () => outcomeOf(lead(), 'crm.contact.synced', { service: 'crm-sync', connection: 'acme-hubspot', action: 'sync-lead', state: 'delivered' });

describe('what the streams have lost', () => {
  it('is fetched from everybody who publishes: events from ingress, outcomes from each service, each once', async () => {
    const before = await audit.count();
    const [ingress, crm] = [await publisher('ingress'), await publisher('crm-sync')];
    const [events, outcomes] = [Array.from({ length: 150 }, lead), Array.from({ length: 150 }, synced)];
    await keep(ingress, events);
    await keep(crm, outcomes);
    await audit.recorded(before + 300);
    const kinds = await audit.superuser.query<{ kind: string; n: number }>('SELECT kind, count(*)::int AS n FROM entries WHERE id = ANY($1::uuid[]) GROUP BY kind ORDER BY kind', [
      [...events, ...outcomes].map(({ id }) => id),
    ]);
    expect(kinds).toEqual([{ kind: 'event', n: 150 }, { kind: 'outcome', n: 150 }]);
    expect(await audit.count()).toBe(before + 300);
  });

  it('is fetched from a service that was away at first, as soon as it is back', async () => {
    const before = await audit.count();
    const email = await publisher('email');
    await waitFor(async () => (await runs()).includes('publisher="email",result="agreed"'), { describe: 'audit to know of it' });
    await email.close();
    await waitFor(async () => (await runs()).includes('publisher="email",result="failed"'), { describe: 'audit to miss it' });
    const back = await publisher('email');
    await keep(back, [outcomeOf(lead(), 'email.message.sent', { service: 'email', connection: 'acme-mail', action: 'confirm-lead', state: 'delivered' })]);
    await audit.recorded(before + 1);
  });

  it('is not taken from a service that speaks for another', async () => {
    const before = await audit.count();
    const calendar = await publisher('calendar');
    await keep(calendar, [synced()]);
    const own = outcomeOf(lead(), 'calendar.event.created', { service: 'calendar', connection: 'acme-calendar', action: 'book', state: 'delivered' });
    await keep(calendar, [own]);
    await audit.recorded(before + 1);
    const rows = await audit.superuser.query<{ service: string }>('SELECT service FROM entries ORDER BY position DESC LIMIT 1');
    expect([rows[0]?.service, await audit.count()]).toEqual(['calendar', before + 1]);
  });
});

it('compares with one service by an index, however much the others have written', async () => {
  const plan = await audit.superuser.query<{ 'QUERY PLAN': string }>(`
    EXPLAIN SELECT id FROM entries WHERE ${PUBLISHER} = 'email' AND id >= '01990000-0000-7000-8000-000000000000' AND id < '01990000-ffff-7000-8000-000000000000'`);
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('entries_publisher');
});

function runs(): Promise<string> {
  return audit.app.get(Metrics).registry.getSingleMetricAsString('posthorn_reconciliation_runs_total');
}

/** A service with a ledger, of which nothing reaches a stream. */
async function publisher(service: string): Promise<NestFastifyApplication> {
  const { nats, database } = audit.servers;
  const schema = service.replace('-', '_');
  await provisionSchema({ admin: { url: database.adminUrl }, schema, role: schema, migrations: LEDGER_MIGRATIONS, access: 'read-write' });
  @Module({
    imports: [
      ObservabilityModule.forRoot({ service, logLevel: 'silent' }),
      PersistenceModule.forRoot({ url: database.urlFor(schema), schema, service }),
      MessagingModule.forRoot({ servers: nats, user: 'admin', password: 'a', service }),
      LedgerModule.forRoot({ publisher: service }),
    ],
  })
  class PublisherModule {}
  const app = await NestFactory.create<NestFastifyApplication>(PublisherModule, new FastifyAdapter());
  connectMessaging(app, { answers: true });
  await app.init();
  await app.startAllMicroservices();
  await Promise.all([app.get(NatsConnectionProvider).whenConnected(), app.get(Database).ready()]);
  publishers.push(app);
  return app;
}

async function keep(app: NestFastifyApplication, envelopes: readonly Envelope<unknown>[]): Promise<void> {
  const subject = (one: Envelope<unknown>): string => (one.type === 'lead.submitted' ? eventSubject(one.site, one.type) : outcomeSubject('email', one.type));
  await app.get(Database).query(
    `INSERT INTO ledger (id, site, type, subject, envelope, accepted_at)
     SELECT id, 'acme', type, subject, envelope, now() FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS e (id, type, subject, envelope)`,
    [envelopes.map(({ id }) => id), envelopes.map(({ type }) => type), envelopes.map(subject), envelopes.map((one) => JSON.stringify(one))],
  );
}
