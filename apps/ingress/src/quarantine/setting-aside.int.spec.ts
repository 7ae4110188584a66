import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { addRule, casino, holdCasinos } from './quarantine.test-kit.js';
import { Quarantine } from './quarantine.service.js';

interface Accepted {
  id: string;
  acceptedAt: string;
}

describe('what is set aside', () => {
  let ingress: TestIngress;
  let small: TestIngress;
  let database: Client;

  beforeAll(async () => {
    const [made, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(made.adminUrl, nats.servers);
    database = new Client({ connectionString: made.adminUrl, options: '-c search_path=ingress' });
    await database.connect();
    const where = { databaseUrl: made.urlFor('ingress'), servers: nats.servers };
    [ingress, small] = await Promise.all([startIngress(where), startIngress({ ...where, quarantine: { maxWaiting: 3 } })]);
    for (const each of [ingress, small]) {
      addRule(each, holdCasinos);
      await waitFor(async () => (await each.get('/ready')).ok, { describe: 'ingress to be ready' });
    }
  });
  beforeEach(() => database.query('DELETE FROM quarantine'));
  afterAll(async () => {
    await Promise.all([ingress.stop(), small.stop()]);
    await database.end();
  });

  const rows = async () => (await database.query<{ id: string; state: string; code: string; type: string | null; draft: string; reasons: string }>('SELECT * FROM quarantine ORDER BY id')).rows;
  const ledgerHas = async (id: string) => (await database.query('SELECT FROM ledger WHERE id = $1', [id])).rowCount === 1;
  const accepted = async (answer: Response) => ({ status: answer.status, replayed: answer.headers.get('idempotent-replayed'), ...((await answer.json()) as Accepted) });

  it('is answered like an event when it is held, and is not in the ledger', async () => {
    const answer = await ingress.submit(casino());
    const { id, ...rest } = (await answer.clone().json()) as Accepted;
    expect([answer.status, answer.headers.get('location'), Object.keys(rest)]).toEqual([202, `/v1/events/${id}`, ['acceptedAt']]);
    expect(await ledgerHas(id)).toBe(false);
    expect(await rows()).toMatchObject([{ id, site: 'acme', channel: 'api', state: 'held', code: 'spam-suspected', type: 'lead.submitted', event_id: null }]);
    expect(JSON.parse((await rows())[0]!.draft)).toMatchObject({ envelope: { id, data: casino().data }, caller: { id: 'acme' } });
  });

  it('makes one held event of fifty requests with one key, and a conflict of another body', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, async () => accepted(await ingress.submit(casino(), { 'idempotency-key': 'once' }))));
    expect(new Set(answers.map(({ status, id, acceptedAt }) => `${status} ${id} ${acceptedAt}`)).size).toBe(1);
    expect(answers.filter(({ replayed }) => replayed === 'true')).toHaveLength(49);
    const other = await ingress.submit(casino('other@example.com'), { 'idempotency-key': 'once' });
    expect([other.status, await other.text()]).toEqual([409, expect.stringContaining(answers[0]!.id)]);
    expect(await rows()).toHaveLength(1);
  });

  it('knows keys that the ledger has', async () => {
    const first = await accepted(await ingress.submit(lead('a@example.com'), { 'idempotency-key': 'accepted' }));
    addRule(ingress, (event) => (JSON.stringify(event.data).includes('a@example.com') ? { decision: 'hold', code: 'late-rule', title: '', reasons: [] } : undefined));
    expect(await accepted(await ingress.submit(lead('a@example.com'), { 'idempotency-key': 'accepted' }))).toEqual({ ...first, replayed: 'true' });
    expect((await ingress.submit(casino(), { 'idempotency-key': 'accepted' })).status).toBe(409);
    expect(await rows()).toEqual([]);
  });

  it('has every reason when it was refused, and the sender is told its id', async () => {
    const answer = await ingress.submit({ type: 'lead.submitted', data: { person: { email: 'nobody' }, age: 7 } });
    const { quarantineId, errors } = (await answer.json()) as { quarantineId: string; errors: { pointer: string }[] };
    expect(answer.status).toBe(422);
    const [row] = await rows();
    expect(row).toMatchObject({ id: quarantineId, state: 'refused', code: 'validation-failed', type: 'lead.submitted' });
    expect(JSON.parse(row!.reasons)).toEqual(errors);
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/data/person/email', '/data/age']);
  });

  it('is one row for all attempts of a sender who mends it under one key, until it is held or accepted', async () => {
    const bad = (n: number) => ({ type: 'lead.submitted', data: { person: { email: `wrong ${n}` } } });
    const refused = async (n: number) => ((await (await ingress.submit(bad(n), { 'idempotency-key': 'mending' })).json()) as { quarantineId: string }).quarantineId;
    const id = await refused(1);
    expect([await refused(1), await refused(2)]).toEqual([id, id]);
    expect((await rows()).map(({ draft }) => draft)).toEqual([expect.stringContaining('wrong 2')]);
    const held = await accepted(await ingress.submit(casino(), { 'idempotency-key': 'mending' }));
    expect((await rows()).map((row) => [row.id, row.state])).toEqual([[id, 'refused'], [held.id, 'held']]);
    expect(await accepted(await ingress.submit(casino(), { 'idempotency-key': 'mending' }))).toMatchObject({ id: held.id, replayed: 'true' });
  });

  it('is never what somebody without a key sent, nor what is no submission at all', async () => {
    await ingress.submit(lead(), { authorization: 'Bearer nobody' });
    await ingress.submit([]);
    await ingress.submit('{"type":');
    expect(await rows()).toEqual([]);
  });

  it('shows nothing as a type that does not look like one', async () => {
    await ingress.submit({ type: 'jane@example.com', data: {} });
    await ingress.submit({ type: 7, data: {} });
    expect((await rows()).map(({ type }) => type)).toEqual([null, null]);
  });

  it('is bounded for each site and state: beyond it nothing is kept, and what would be held is put off', async () => {
    for (let i = 0; i < 3; i += 1) expect((await small.submit(casino())).status).toBe(202);
    const full = await small.submit(casino());
    expect([full.status, full.headers.get('retry-after'), await full.json()]).toMatchObject([503, '300', { code: 'quarantine-full' }]);
    const refused = Array.from({ length: 5 }, async () => (await (await small.submit({ type: 'lead.submitted' })).json()) as { quarantineId?: string });
    expect((await Promise.all(refused)).filter(({ quarantineId }) => quarantineId !== undefined)).toHaveLength(3);
    expect((await small.submit(lead())).status).toBe(202);
  });

  it('is found by every address that stands anywhere in it', async () => {
    await ingress.submit({ type: 'lead.submitted', data: { mail: ' Ada@Example.com', deep: [{ text: 'write to ada@example.com, or bob@example.org.' }], 'eve@example.net': 1 } });
    expect((await database.query('SELECT FROM quarantine_people')).rowCount).toBe(3);
    await ingress.submit({ type: 'lead.submitted', data: { text: Array.from({ length: 300 }, (_, n) => `p${n}@example.com`).join(' ') } });
    // Nobody could erase it with all of them.
    expect(await rows()).toHaveLength(1);
  });

  it('is kept of a webhook that nobody maps', async () => {
    const quarantine = ingress.app.get(Quarantine);
    const draft = {
      channel: 'webhook' as const, site: 'acme', caller: undefined, envelope: { type: 'coupon.created', data: { code: 'a\u0000\ud800' } }, issues: [],
      once: { idempotencyKey: 'acme.shop delivery-1', content: '{}' }, raw: { topic: 'coupon.created' },
    };
    const aside = { state: 'unmapped' as const, draft, code: 'topic-unmapped', reasons: [] };
    const first = await quarantine.setAside(aside);
    expect(first).toMatchObject({ status: 'kept' });
    expect(await quarantine.setAside(aside)).toEqual({ ...first, status: 'repeated' });
    expect(JSON.parse((await rows())[0]!.draft)).toMatchObject({ raw: { topic: 'coupon.created' }, envelope: draft.envelope });
  });
});
