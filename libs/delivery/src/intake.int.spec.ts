import { createEvent, newId, type PosthornEvent } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { type TestDatabase } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConnectionRegistry } from './connection.registry.js';
import { DeliveryOutcomes } from './delivery.outcomes.js';
import { DeliveryPlanner } from './delivery.planner.js';
import { useDeliveryDatabase } from './engine.test-kit.js';
import { type HandlerRegistry } from './handler.registry.js';
import { takeIn, TAKE_IN, type TakenIn } from './intake.statement.js';

type Lead = PosthornEvent<'lead.submitted'>;

/** Leads of acme are delivered to one connection, or skipped if they say so; other sites have none. */
const handler = { orderingKey: ({ data }: Lead) => data.person.email, skip: ({ data }: Lead) => (data.message === 'skip me' ? 'the test says so' : undefined) };
const handlers = { of: () => [{ action: 'sync-lead', latestWins: false, handler }] } as unknown as HandlerRegistry;
const connections = { ofSite: (site: string) => (site === 'acme' ? [{ id: 'acme-crm', view: {} }] : []) } as unknown as ConnectionRegistry;
const planner = new DeliveryPlanner(handlers, connections);
const outcomes = new DeliveryOutcomes('crm-sync', () => 'scripted');

const leadOf = ({ site = 'acme', person = newId(), message = 'hello' } = {}): Lead =>
  createEvent({ site, type: 'lead.submitted', data: { person: { email: `${person}@example.org` }, message } });
const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id).sort();

describe('intake', () => {
  let test: TestDatabase;
  let database: Database;
  let superuser: Database;

  beforeAll(async () => {
    test = await useDeliveryDatabase();
    database = new Database({ url: test.urlFor('crm'), schema: 'crm', service: 'crm-sync' });
    superuser = new Database({ url: test.adminUrl, schema: 'crm', service: 'test' });
    await Promise.all([database.ready(), superuser.ready()]);
  });
  beforeEach(async () => {
    await superuser.query('TRUNCATE inbox, deliveries, ledger, unrelayed, book_counts');
  });
  afterAll(async () => {
    await Promise.all([database.close(), superuser.close()]);
  });

  const take = (events: readonly PosthornEvent[]): Promise<TakenIn> => takeIn(database, events, planner, (each) => outcomes.ofPlan(each));

  const written = async () => {
    const [deliveries, told, counted] = await Promise.all([
      database.query<{ id: string }>('SELECT event_id AS id FROM deliveries'),
      database.query<{ id: string; relayed: boolean }>(`SELECT envelope::json -> 'data' -> 'event' ->> 'id' AS id, id NOT IN (SELECT id FROM unrelayed) AS relayed FROM ledger`),
      database.query<{ events: number }>('SELECT coalesce(sum(events), 0)::int AS events FROM book_counts'),
    ]);
    return { deliveries: idsOf(deliveries), told: idsOf(told.filter(({ relayed }) => !relayed)), counted: counted[0]?.events };
  };

  it('writes, tells and counts what is new, and nothing of what comes again, though its deliveries are archived since', async () => {
    const of = (): [Lead, Lead, Lead] => [leadOf(), leadOf({ message: 'skip me' }), leadOf({ site: 'nobodys' })];
    const [[delivered, skipped, lost], [alsoDelivered, alsoSkipped, alsoLost]] = [of(), of()];
    const first = await take([lost, skipped, delivered, lost]);
    expect(first.fresh).toEqual([lost, skipped, delivered]);
    expect(await written()).toEqual({ deliveries: idsOf([delivered, skipped]), told: [skipped.id], counted: 1 });
    await database.query('DELETE FROM deliveries');

    const second = await take([alsoLost, skipped, alsoDelivered, lost, delivered, alsoSkipped]);
    expect(second.fresh).toEqual([alsoLost, alsoDelivered, alsoSkipped]);
    expect(second.planned.map(({ event, state }) => [event.id, state])).toEqual([[alsoDelivered.id, 'pending'], [alsoSkipped.id, 'skipped']]);
    expect(second.outcomes).toHaveLength(1);
    expect(await written()).toEqual({ deliveries: idsOf([alsoDelivered, alsoSkipped]), told: idsOf([skipped, alsoSkipped]), counted: 2 });

    expect(await take([skipped, lost, delivered])).toEqual({ fresh: [], planned: [], outcomes: [] });
    expect(await written()).toEqual({ deliveries: idsOf([alsoDelivered, alsoSkipped]), told: idsOf([skipped, alsoSkipped]), counted: 2 });
  });

  it('lets an event wait behind a new one of its batch, and behind one that is open, but not behind one that came again and is done', async () => {
    const waiting = async (): Promise<string[]> => idsOf(await database.query<{ id: string }>('SELECT event_id AS id FROM deliveries WHERE waits'));
    const [one, two, three, four] = [1, 2, 3, 4].map(() => leadOf({ person: 'ada' })) as [Lead, Lead, Lead, Lead];
    await take([one]);
    await take([two, one, leadOf({ person: 'somebody-else' })]);
    expect(await waiting()).toEqual([two.id]);
    await database.query(`UPDATE deliveries SET state = 'delivered', waits = false`);
    await take([three, two, one]);
    expect(await waiting()).toEqual([]);
    await database.query(`UPDATE deliveries SET state = 'delivered'`);
    const five = leadOf({ person: 'ada' });
    await take([five, three, four]);
    expect(await waiting()).toEqual([five.id]);
  });

  it('takes the same events in at two replicas at once, each in an order of its own, and neither waits for the other in a circle', async () => {
    for (let round = 0; round < 10; round += 1) {
      const events = Array.from({ length: 200 }, (_, index) => leadOf({ site: index % 2 === 0 ? 'acme' : `nobodys-${index % 7}`, message: index % 4 === 0 ? 'skip me' : 'hello' }));
      const both = await Promise.all([take(events), take([...events].reverse())]);
      expect(both.flatMap(({ fresh }) => idsOf(fresh)).sort()).toEqual(idsOf(events));
    }
    const { deliveries, told, counted } = await written();
    expect([deliveries.length, told.length, counted]).toEqual([1_000, 500, 1_000]);
  });

  it.each([
    ['there was little in it', 'ANALYZE inbox, deliveries'],
    ['it was new', 'TRUNCATE inbox, deliveries'],
  ])('asks keys and lines, and reads no table, though the plan was made while %s', async (_, history) => {
    await superuser.query(`DELETE FROM pg_statistic WHERE starelid IN ('inbox'::regclass, 'deliveries'::regclass)`);
    await take(Array.from({ length: 200 }, () => leadOf()));
    await superuser.query(history);
    const plan = await superuser.transaction(async (tx) => {
      await tx.query('SET LOCAL plan_cache_mode = force_generic_plan');
      await tx.query(`PREPARE take_in AS ${TAKE_IN.text}`);
      const nothing = Array.from({ length: 29 }, () => `'{}'`).join(', ');
      const lines = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE take_in(${nothing})`);
      await tx.query('DEALLOCATE take_in');
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain('using deliveries_line');
    expect(plan).not.toMatch(/Seq Scan on (inbox|deliveries)/);
  });
});
