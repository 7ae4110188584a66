import { createEvent, type EventData, eventSubject, type EventType, EXAMPLES, newId, type PosthornEvent } from '@posthorn/contracts';
import { firstIdAt, Ledger, peopleOf } from '@posthorn/ledger';
import { type TestDatabase, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { RetentionJob } from './retention.job.js';
import type { RetentionSettings } from './retention.rules.js';

const DAY_MS = 86_400_000;

describe('retention', () => {
  let database: TestDatabase;
  let servers: string[];
  let ledger: Client;
  let ingress: TestIngress;

  beforeAll(async () => {
    const [fresh, nats] = await Promise.all([useDatabase(), useNats()]);
    [database, servers] = [fresh, nats.servers];
    await provisionIngress(database.adminUrl, servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    ingress = await start({ days: 365, types: { 'lead.submitted': 30 } });
  });
  afterAll(async () => {
    await ingress.stop();
    await ledger.end();
  });

  const start = async (retention: RetentionSettings): Promise<TestIngress> => {
    const started = await startIngress({ databaseUrl: database.urlFor('ingress'), servers, retention });
    await waitFor(async () => (await started.get('/ready')).ok, { describe: 'ingress to be ready' });
    return started;
  };
  /** As if it had been accepted then. */
  const accepted = async <T extends EventType>(daysAgo: number, type: T, { site = 'acme', data = EXAMPLES[type] }: { site?: string; data?: EventData<T> } = {}): Promise<string> => {
    const id = firstIdAt(Date.now() - daysAgo * DAY_MS).slice(0, 14) + newId().slice(14);
    const envelope = { ...createEvent({ site, type, data }), id } as PosthornEvent;
    await ingress.app.get(Ledger).accept({ envelope, subject: eventSubject(site, type), people: peopleOf(envelope) });
    return id;
  };
  const apply = (to = ingress): Promise<void> => to.app.get(RetentionJob).run();
  const erased = async (ids: string[]): Promise<string[]> => {
    const { rows } = await ledger.query<{ id: string }>("SELECT id FROM ledger WHERE id = ANY($1) AND (envelope::jsonb ->> 'erased') = 'true' ORDER BY id", [ids]);
    return rows.map(({ id }) => id);
  };
  const requests = async (): Promise<PosthornEvent<'privacy.erasure_requested'>[]> =>
    (await ledger.query<{ envelope: PosthornEvent<'privacy.erasure_requested'> }>("SELECT envelope::jsonb AS envelope FROM ledger WHERE type = 'privacy.erasure_requested' ORDER BY id")).rows.map(({ envelope }) => envelope);

  it('erases what was kept for as long as the site wants, of each type in its time, and says so', async () => {
    const [oldLead, newLead, oldOrder, newOrder] = [await accepted(31, 'lead.submitted'), await accepted(29, 'lead.submitted'), await accepted(366, 'order.paid'), await accepted(364, 'order.paid')];
    const elsewhere = await accepted(400, 'lead.submitted', { site: 'other' });
    await apply();
    expect(await erased([oldLead, newLead, oldOrder, newOrder, elsewhere])).toEqual([oldOrder, oldLead]);
    const said = (await requests()).map(({ site, data }) => ({ site, ...data }));
    expect(said).toContainEqual({ site: 'acme', cause: 'retention', events: { 'order.paid': [oldOrder] } });
    expect(said).toContainEqual({ site: 'acme', cause: 'retention', events: { 'lead.submitted': [oldLead] } });
    expect(said).toHaveLength(2);
  });

  it('has nothing to do again, and asks for nothing that was erased before', async () => {
    const before = (await requests()).length;
    const lead = await accepted(30.5, 'lead.submitted', { data: { person: { email: 'ruth@example.com' } } });
    await ingress.erase({ email: 'ruth@example.com' });
    await apply();
    expect((await requests()).length).toBe(before + 1);
    expect(await erased([lead])).toEqual([lead]);
  });

  it('keeps what says that somebody was forgotten', async () => {
    const request = await accepted(1_000, 'privacy.erasure_requested');
    await apply();
    expect(await erased([request])).toEqual([]);
  });

  it('applies a changed rule to everything that is there, a thousand events at a time', async () => {
    const before = (await requests()).length;
    const ids = await Promise.all(Array.from({ length: 1_500 }, (_, i) => accepted(20 + i / 1_000, 'form.submitted')));
    const changed = await start({ types: { 'form.submitted': 10 } });
    await apply(changed);
    await changed.stop();
    expect(await erased(ids)).toEqual([...ids].sort());
    const listed = (await requests()).slice(before).map(({ data }) => data.events['form.submitted']?.length ?? 0);
    expect(Math.max(...listed)).toBeLessThanOrEqual(1_000);
    expect(listed.reduce((sum, each) => sum + each, 0)).toBe(1_500);
  });

  it('shares the work between replicas', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, (_, i) => accepted(20 + i / 1_000, 'customer.updated')));
    const settings = { types: { 'customer.updated': 10 } };
    const replicas = await Promise.all([start(settings), start(settings)]);
    await waitFor(async () => {
      await Promise.all(replicas.map(apply));
      return (await erased(ids)).length === ids.length;
    });
    await Promise.all(replicas.map((replica) => replica.stop()));
    const listed = (await requests()).flatMap(({ data }) => data.events['customer.updated'] ?? []);
    expect([...listed].sort()).toEqual([...ids].sort());
  });
});
