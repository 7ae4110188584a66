import { createEvent } from '@posthorn/contracts';
import { Ledger, peopleOf } from '@posthorn/ledger';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { QuarantineKeeper } from './quarantine.keeper.js';
import { addRule, casino, holdCasinos, type Told } from './quarantine.test-kit.js';

let ingress: TestIngress;
let database: Client;

beforeAll(async () => {
  const [made, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(made.adminUrl, nats.servers);
  database = new Client({ connectionString: made.adminUrl, options: '-c search_path=ingress' });
  await database.connect();
  ingress = await startIngress({ databaseUrl: made.urlFor('ingress'), servers: nats.servers, retention: { types: { 'lead.submitted': 5 } }, quarantine: { days: 20 } });
  addRule(ingress, holdCasinos);
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
});
beforeEach(async () => {
  for (const table of ['quarantine', 'ledger', 'ledger_people']) await database.query(`DELETE FROM ${table}`);
});
afterAll(async () => {
  await ingress.stop();
  await database.end();
});

const submit = async (body: unknown, headers?: Record<string, string>): Promise<string> => {
  const answer = (await (await ingress.submit(body, headers)).json()) as { id?: string; quarantineId?: string };
  return answer.id ?? answer.quarantineId ?? '';
};
const mentions = async (text: string): Promise<number> => {
  const { rows: [row] } = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM quarantine q WHERE q::text ILIKE $1', [`%${text}%`]);
  return row!.n;
};
const discards = async (): Promise<Told[]> =>
  (await database.query<{ envelope: string }>("SELECT envelope FROM ledger WHERE type = 'quarantine.discarded' ORDER BY id")).rows.map(({ envelope }) => (JSON.parse(envelope) as { data: Told }).data);
const states = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await database.query<{ id: string; state: string }>('SELECT id, state FROM quarantine')).rows.map(({ id, state }) => [id, state]));

describe('who is to be forgotten', () => {
  it('is forgotten wherever their address stands in what is set aside, and others are not', async () => {
    const anna = [
      await submit(casino('anna@example.com')),
      await submit(casino('other@example.com', 'casino for ANNA@example.com!')),
      await submit({ type: 'lead.submitted', data: { unknown: [{ deep: 'Anna@Example.com' }] } }),
      await submit({ type: 'form.submitted', data: { form: 'f', fields: { 'anna@example.com': { nested: true } } } }),
    ];
    const berta = await submit(casino('berta@example.com'));
    expect((await ingress.erase({ email: 'anna@example.com' })).status).toBe(202);
    expect(await mentions('anna')).toBe(0);
    expect(await states()).toEqual({ ...Object.fromEntries(anna.map((id) => [id, 'discarded'])), [berta]: 'held' });
    const [said] = await discards();
    expect([said?.cause, said?.actor, said?.entries.map(({ id }) => id).sort()]).toEqual(['erasure', undefined, [...anna].sort()]);
    const { rowCount } = await database.query('SELECT FROM quarantine_people WHERE id <> $1', [berta]);
    expect(rowCount).toBe(0);
  });

  it('is forgotten under the addresses they had before, and the key they came with is free again', async () => {
    await submit({ type: 'customer.updated', data: { person: { email: 'new@example.com' }, previousEmail: 'old@example.com' } });
    const first = await submit(casino('old@example.com'), { 'idempotency-key': 'of-theirs' });
    await ingress.erase({ email: 'new@example.com' });
    expect(await states()).toEqual({ [first]: 'discarded' });
    expect(await submit(casino('old@example.com'), { 'idempotency-key': 'of-theirs' })).not.toBe(first);
  });

  it('is forgotten in the ledger when they are let in meanwhile', async () => {
    const id = await submit(casino('carl@example.com'));
    await database.query('BEGIN');
    await database.query('SELECT FROM quarantine WHERE id = $1 FOR UPDATE', [id]);
    const erasing = ingress.erase({ email: 'carl@example.com' });
    await waitFor(async () => (await database.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).rowCount! > 0, { describe: 'the erasure to wait' });
    // As a release does it.
    const people = peopleOf(createEvent({ site: 'acme', type: 'lead.submitted', data: lead('carl@example.com').data }));
    await database.query('INSERT INTO ledger (id, site, type, subject, envelope, accepted_at) SELECT id, site, type, $2, draft::jsonb->>$3, now() FROM quarantine WHERE id = $1', [id, '', 'envelope']);
    await database.query('INSERT INTO ledger_people SELECT unnest($1::uuid[]), $2', [people, id]);
    await database.query("UPDATE quarantine SET state = 'released', decided_at = now(), draft = NULL WHERE id = $1", [id]);
    await database.query('COMMIT');
    expect(await (await erasing).json()).toMatchObject({ events: 1 });
    expect((await ingress.app.get(Ledger).find(id))?.envelope.erased).toBe(true);
  });
});

describe('what nobody decides about', () => {
  const age = (id: string, days: number) => database.query('UPDATE quarantine SET received_at = now() - make_interval(days => $2) WHERE id = $1', [id, days]);

  it('is discarded when its time is over, or that of its type at its site, and this is said', async () => {
    const [old, young, short] = [await submit({ type: 'order.paid', data: {} }), await submit({ type: 'order.paid', data: { a: 1 } }), await submit(casino())];
    for (const [id, days] of [[old, 21], [young, 19], [short, 6]] as const) await age(id, days);
    await ingress.app.get(QuarantineKeeper).run();
    expect(await states()).toEqual({ [old]: 'discarded', [young]: 'refused', [short]: 'discarded' });
    expect((await discards()).map(({ cause, entries }) => [cause, entries[0]!.id])).toEqual([['age', old], ['age', short]]);
    expect(await mentions('spammer')).toBe(0);
  });

  it('is forgotten altogether as long after the decision', async () => {
    const [one, two] = [await submit(casino()), await submit(casino())];
    await database.query("UPDATE quarantine SET state = 'discarded', decided_at = now() - make_interval(days => CASE id WHEN $1 THEN 21 ELSE 19 END)", [one]);
    await ingress.app.get(QuarantineKeeper).run();
    expect(Object.keys(await states())).toEqual([two]);
  });
});
