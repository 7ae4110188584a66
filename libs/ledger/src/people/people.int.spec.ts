import { createEvent, eventSubject, type PosthornEvent } from '@posthorn/contracts';
import { provisionSchema } from '@posthorn/persistence';
import { freePort, type TestDatabase, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eraseEntries, eventsOfPerson, LEDGER_MIGRATIONS, LEDGER_PEOPLE_MIGRATIONS, PeopleCatchUp, peopleOf } from '../index.js';
import { entryOf, lead, provisionedDatabase, type Replica, startReplica } from '../ledger.test-kit.js';

const ADDRESS = 'ada@example.org';

let test: TestDatabase;
let replica: Replica;
/** Accepted by the release before: nobody noted whom it is about. */
const earlier = lead();
earlier.data.message = 'a \u0000 in it';

beforeAll(async () => {
  test = await provisionedDatabase();
  replica = await startReplica(test, [`127.0.0.1:${await freePort()}`]);
  await replica.ledger.accept(entryOf(earlier));
  const { adminUrl } = test;
  await provisionSchema({ admin: { url: adminUrl }, schema: 'ledger_test', role: 'ledger_test', migrations: [...LEDGER_MIGRATIONS, ...LEDGER_PEOPLE_MIGRATIONS], access: 'read-write' });
});
afterAll(() => replica.close());

const found = (address = ADDRESS, site = 'acme'): Promise<string[]> => replica.database.transaction((tx) => eventsOfPerson(tx, site, address));
const withPeople = (event: PosthornEvent) => ({ ...entryOf(event), people: peopleOf(event) });
const erase = (ids: string[]) => replica.database.transaction((tx) => eraseEntries(tx, ids));

describe('the people of a ledger', () => {
  beforeEach(() => replica.database.query('DELETE FROM ledger_people'));

  it('are noted with what is accepted, in the same statement, and not of what is not', async () => {
    const [first, second] = [lead(), lead()];
    await replica.ledger.accept({ ...withPeople(first), idempotencyKey: 'once' });
    await replica.ledger.accept({ ...withPeople(second), idempotencyKey: 'once' });
    expect(await found()).toEqual([first.id]);
    expect(await found(` ${ADDRESS.toUpperCase()}`)).toEqual([first.id]);
    expect(await found(ADDRESS, 'other')).toEqual([]);
  });

  it('are noted once of an event that names them twice', async () => {
    const event = createEvent({ site: 'acme', type: 'customer.updated', data: { person: { email: ADDRESS }, previousEmail: ADDRESS } });
    await replica.ledger.accept({ envelope: event, subject: eventSubject('acme', event.type), people: peopleOf(event) });
    expect(await found()).toEqual([event.id]);
  });

  it('are forgotten with what is erased, which is erased once', async () => {
    const event = lead();
    await replica.ledger.accept(withPeople(event));
    expect(await erase([event.id])).toEqual([{ id: event.id, type: 'lead.submitted' }]);
    expect(await replica.database.query('SELECT FROM ledger_people WHERE id = $1', [event.id])).toEqual([]);
    expect((await replica.ledger.find(event.id))?.envelope).toMatchObject({ id: event.id, erased: true });
    expect(await erase([event.id])).toEqual([]);
  });
});

describe('what was erased', () => {
  it('is vacuumed soon, however large the ledger', async () => {
    const rows = await replica.database.query<{ options: string[] }>("SELECT reloptions AS options FROM pg_class WHERE oid IN ('ledger'::regclass, 'ledger_people'::regclass, (SELECT reltoastrelid FROM pg_class WHERE oid = 'ledger'::regclass))");
    expect(rows.map(({ options }) => options)).toEqual(Array.from({ length: 3 }, () => ['autovacuum_vacuum_scale_factor=0', 'autovacuum_vacuum_threshold=20']));
  });
});

describe('catching up', () => {
  const catchUp = (): PeopleCatchUp => new PeopleCatchUp(replica.database);

  it('finds the people of what was accepted before there was a note, whatever it holds', async () => {
    expect(await found()).not.toContain(earlier.id);
    expect(await catchUp().run(Infinity)).toBe(true);
    expect(await found()).toContain(earlier.id);
  });

  it('goes on for the replicas of the release before, and takes no more steps at a time than it may', async () => {
    const later = Array.from({ length: 150 }, () => lead());
    await Promise.all(later.map((event) => replica.ledger.accept(entryOf(event))));
    expect(await catchUp().run(1)).toBe(false);
    expect(await catchUp().run(Infinity)).toBe(true);
    expect(await found()).toEqual(expect.arrayContaining(later.map(({ id }) => id)));
  });

  it('notes nobody of what has been erased', async () => {
    const event = lead();
    await replica.ledger.accept(entryOf(event));
    await erase([event.id]);
    await catchUp().run(Infinity);
    expect(await found()).not.toContain(event.id);
  });

  it('is over some time after the migration', async () => {
    await replica.database.query("UPDATE ledger_people_catch_up SET until = now() - interval '1 second'");
    const background = catchUp();
    background.onApplicationBootstrap();
    await waitFor(async () => (await replica.database.query('SELECT FROM ledger_people_catch_up')).length === 0);
    await background.onModuleDestroy();
    expect(await catchUp().run(0)).toBe(false);
    expect(await catchUp().run(1)).toBe(true);
  });
});
