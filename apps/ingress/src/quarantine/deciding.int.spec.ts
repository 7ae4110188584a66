import { acceptedAtOf, type PosthornEvent } from '@posthorn/contracts';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACME_KEY, lead, OPERATOR_KEY, provisionIngress, SEEING_OPERATOR_KEY, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { addRule, casino, holdCasinos, type Shown, type StepAnswer, type Told } from './quarantine.test-kit.js';

/** Of what a rule refuses until the site has mended it. */
const mended = { yet: false };

let ingress: TestIngress;
let database: Client;

beforeAll(async () => {
  const [made, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(made.adminUrl, nats.servers);
  database = new Client({ connectionString: made.adminUrl, options: '-c search_path=ingress' });
  await database.connect();
  ingress = await startIngress({ databaseUrl: made.urlFor('ingress'), servers: nats.servers });
  addRule(ingress, holdCasinos);
  addRule(ingress, ({ data }) => (mended.yet || !JSON.stringify(data).includes('broken') ? undefined : { decision: 'refuse', code: 'site-broken', title: 'Not yet', reasons: [{ pointer: '/data/message', rule: 'broken', message: 'is broken' }] }));
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
});
beforeEach(async () => {
  mended.yet = false;
  for (const table of ['quarantine', 'ledger', 'ledger_people', 'unrelayed']) await database.query(`DELETE FROM ${table}`);
});
afterAll(async () => {
  await ingress.stop();
  await database.end();
});

const operator = (path: string, body?: unknown, key = OPERATOR_KEY): Promise<Response> =>
  fetch(`${ingress.url}/v1/quarantine${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
const ask = async <T>(path: string, body?: unknown, key?: string): Promise<T> => (await operator(path, body, key)).json() as Promise<T>;
const held = async (message?: string, headers?: Record<string, string>, email?: string): Promise<string> => {
  const answer = await ingress.submit(casino(email, message), headers);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
};
const refused = async (message = 'broken', headers?: Record<string, string>): Promise<string> => {
  const answer = await ingress.submit({ type: 'lead.submitted', data: { person: { email: 'rita@example.com' }, message } }, headers);
  expect(answer.status).toBe(422);
  return ((await answer.json()) as { quarantineId: string }).quarantineId;
};
const told = async (type: string): Promise<Told[]> =>
  (await database.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE type = $1 ORDER BY id', [type])).rows.map(({ envelope }) => (JSON.parse(envelope) as { data: Told }).data);
const inLedger = async (id: string): Promise<PosthornEvent | undefined> => {
  const { rows: [row] } = await database.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE id = $1', [id]);
  return row === undefined ? undefined : (JSON.parse(row.envelope) as PosthornEvent);
};

describe('what waits', () => {
  it('is listed newest first, in pages, by every filter', async () => {
    const ids = [await held(), await refused(), await held()];
    const first = await ask<{ entries: Shown[]; next: string }>('?limit=2');
    const rest = await ask<{ entries: Shown[]; next: null }>(`?limit=2&cursor=${first.next}`);
    expect([...first.entries, ...rest.entries].map(({ id }) => id)).toEqual(ids.reverse());
    expect(rest.next).toBeNull();
    const count = async (query: string) => (await ask<{ entries: Shown[] }>(`?${query}`)).entries.length;
    expect(await Promise.all(['state=held', 'state=refused', 'code=site-broken', 'type=order.paid', 'site=acme', 'site=other', 'from=2030-01-01T00:00:00Z', 'to=2030-01-01T00:00:00Z'].map(count))).toEqual([2, 1, 1, 0, 3, 0, 0, 3]);
  });

  it('is for operators alone, and a misspelt filter is a mistake', async () => {
    expect((await operator('', undefined, ACME_KEY)).status).toBe(403);
    expect((await operator('', undefined, 'nobody')).status).toBe(401);
    expect((await operator('?sites=acme')).status).toBe(400);
    for (const body of [{}, { dryRun: true }, { site: 'acme', all: true }, { ids: ['x'] }]) expect((await operator('/discard', body)).status).toBe(422);
    expect((await operator('/nothing')).status).toBe(404);
  });

  it('shows masks: where each value stands in what is valid, and nothing of what is not; a key that may sees all', async () => {
    const [valid, invalid] = [await held(), await ingress.submit({ type: 'lead.submitted', subject: 'jane@example.com', data: { 'jane@example.com': 1, person: { email: 'jane@' } } })];
    const { quarantineId } = (await invalid.json()) as { quarantineId: string };
    const shown = await operator(`/${valid}`);
    expect(await shown.json()).toMatchObject({ personalData: 'masked', key: 'acme', draft: { envelope: { type: 'lead.submitted', data: { person: { email: '[personal]' }, message: '[personal]' } } } });
    const text = await (await operator(`/${quarantineId}`)).text();
    expect(JSON.parse(text)).toMatchObject({ state: 'refused', draft: { envelope: { type: 'lead.submitted', subject: '[personal]', data: '[personal]' } } });
    expect(text + (await (await operator('')).text())).not.toMatch(/jane@|casino|spammer/);
    expect(await ask(`/${valid}`, undefined, SEEING_OPERATOR_KEY)).toMatchObject({ personalData: 'shown', draft: { envelope: { data: casino().data } } });
  });

  it('is told of to the site: held, then what became of it', async () => {
    const [one, two] = [await held(), await held()];
    const state = async (id: string) => (await ingress.get(`/v1/events/${id}`)).json();
    expect(await state(one)).toMatchObject({ id: one, type: 'lead.submitted', setAside: 'held', services: [] });
    await operator(`/${one}/release`, {});
    await operator(`/${two}/discard`, {});
    expect(await state(one)).not.toHaveProperty('setAside');
    expect(await state(two)).toMatchObject({ id: two, setAside: 'discarded' });
    expect((await ingress.get(`/v1/events/${await refused()}`)).status).toBe(404);
  });

  it('is counted, by site and state, with the age of the oldest', async () => {
    await held();
    const seen = await waitFor(async () => /posthorn_ingress_quarantine_waiting\{site="acme",state="held"\} 1\n/.test(await (await ingress.get('/metrics')).text()), { timeoutMs: 20_000 });
    expect(seen).toBe(true);
    expect(await (await ingress.get('/metrics')).text()).toMatch(/posthorn_ingress_quarantine_oldest_timestamp_seconds\{site="acme",state="held"\} 1\d{9}/);
  });
});

describe('a release', () => {
  it('lets the event in under its id and its key, says by whom, and keeps nothing', async () => {
    const id = await held('casino', { 'idempotency-key': 'released' });
    const answer = await ask<Shown>(`/${id}/release`, {});
    expect(answer).toMatchObject({ id, state: 'released', decidedBy: 'ada', eventId: id });
    expect(await inLedger(id)).toMatchObject({ id, data: casino(undefined, 'casino').data });
    expect(await told('quarantine.released')).toEqual([{ actor: 'ada', entries: [{ id, state: 'held', code: 'spam-suspected', event: id }] }]);
    const again = await ingress.submit(casino(undefined, 'casino'), { 'idempotency-key': 'released' });
    expect([again.status, again.headers.get('idempotent-replayed'), ((await again.json()) as { id: string }).id]).toEqual([202, 'true', id]);
    expect((await ingress.submit(lead(), { 'idempotency-key': 'released' })).status).toBe(409);
    const { rows } = await database.query('SELECT draft, bytes, idempotency_key, body_hash FROM quarantine');
    expect(rows).toEqual([{ draft: null, bytes: 0, idempotency_key: null, body_hash: null }]);
    expect((await database.query('SELECT FROM quarantine_people')).rowCount).toBe(0);
    expect((await database.query('SELECT FROM ledger_people WHERE id = $1', [id])).rowCount).toBe(1);
    await waitFor(async () => (await database.query('SELECT FROM unrelayed')).rowCount === 0, { describe: 'it to be published' });
  });

  it('happens once, however many order it at once and however often', async () => {
    const id = await held();
    const answers = await Promise.all(Array.from({ length: 10 }, () => operator(`/${id}/release`, {})));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await told('quarantine.released')).toHaveLength(1);
    const late = await operator(`/${id}/discard`, {});
    expect([late.status, await late.json()]).toMatchObject([409, { code: 'quarantine-undecided' }]);
    expect(await inLedger(id)).toBeDefined();
  });

  it('is not for what was refused: that is still wrong', async () => {
    const answer = await operator(`/${await refused()}/release`, {});
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'quarantine-undecided', errors: [{ pointer: '/data/message' }] }]);
  });

  it('is done or not done, never half, when the connection is cut between ledger and decision', async () => {
    const id = await held('casino', { 'idempotency-key': 'cut' });
    await database.query('BEGIN');
    // Holds the release up where the event is in the ledger and the decision is not yet made.
    await database.query('LOCK TABLE quarantine_people IN SHARE MODE');
    const cut = operator(`/${id}/release`, {});
    const waiting = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'quarantine_people'::regclass";
    await waitFor(async () => (await database.query(waiting)).rowCount === 1, { describe: 'the release to wait' });
    await database.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS w`);
    expect((await cut).status).toBe(503);
    await database.query('COMMIT');
    expect([await inLedger(id), await told('quarantine.released'), (await database.query('SELECT state FROM quarantine')).rows]).toEqual([undefined, [], [{ state: 'held' }]]);
    await waitFor(async () => (await operator(`/${id}/release`, {})).status === 200, { describe: 'the release to be repeated' });
    expect([(await inLedger(id))?.id, (await told('quarantine.released')).length]).toEqual([id, 1]);
  });

  it('of what waited for long makes an event of today, which subscribers still compare, and the id that its sender has leads to it', async () => {
    const id = await held();
    const old = `01900000-0000-7${id.slice(15)}`;
    await database.query('DELETE FROM quarantine_people');
    await database.query('UPDATE quarantine SET id = $2::text::uuid, draft = replace(draft, $1::text, $2::text) WHERE id = $1::text::uuid', [id, old]);
    const { eventId } = await ask<{ eventId: string }>(`/${old}/release`, {});
    expect(Date.now() - acceptedAtOf(eventId).getTime()).toBeLessThan(60_000);
    expect(await inLedger(eventId)).toMatchObject({ correlationid: eventId });
    expect(await (await ingress.get(`/v1/events/${old}`)).json()).toMatchObject({ id: eventId });
  });
});

describe('a repetition of what is held', () => {
  it('is answered like the first, and another body is a conflict, even when the rules would let them in by now', async () => {
    const id = await held('casino', { 'idempotency-key': 'held' });
    const other = await ingress.submit(lead(), { 'idempotency-key': 'held' });
    expect([other.status, await other.text()]).toEqual([409, expect.stringContaining(id)]);
    await operator(`/${id}/discard`, {});
    const again = await ingress.submit(casino(undefined, 'casino'), { 'idempotency-key': 'held' });
    expect(((await again.json()) as { id: string }).id).toBe(id);
  });

  it('is the same within a batch', async () => {
    const cloudEvent = (more: object) => ({ specversion: '1.0', id: 'ce-1', source: 'https://shop.example', ...more });
    const submit = async (body: object) => (await (await ingress.submit([body], { 'content-type': 'application/cloudevents-batch+json' })).json()) as { results: { status: number; id?: string }[] };
    const [first, again, other] = [await submit(cloudEvent(casino())), await submit(cloudEvent(casino())), await submit(cloudEvent(lead()))];
    expect([first, again, other].map(({ results }) => results[0]!.status)).toEqual([202, 202, 409]);
    expect(again.results[0]!.id).toBe(first.results[0]!.id);
    expect((await database.query('SELECT FROM ledger')).rowCount).toBe(0);
  });
});

describe('a replay', () => {
  it('goes through the same door: what is mended is let in as an event of today, what is not stays with fresh reasons', async () => {
    const ids = [await refused('broken'), await refused('broken casino')];
    const { quarantineId: wrong } = (await (await ingress.submit({ type: 'lead.submitted', data: {} })).json()) as { quarantineId: string };
    const order = { site: 'acme', state: 'refused' };
    expect(await ask<StepAnswer>('/replay', order)).toMatchObject({ done: [], stayed: [{ code: 'site-broken' }, { code: 'site-broken' }, { code: 'validation-failed' }] });
    mended.yet = true;
    expect(await ask<StepAnswer>('/replay', { ...order, dryRun: true })).toMatchObject({ dryRun: true, matched: 3, done: [{ id: ids[0] }], stayed: [{ id: ids[1], code: 'spam-suspected' }, { id: wrong }] });
    expect((await database.query('SELECT FROM ledger')).rowCount).toBe(0);
    const { done } = await ask<StepAnswer>('/replay', order);
    expect(done).toEqual([{ id: ids[0], eventId: expect.any(String) as string }]);
    expect(done[0]!.eventId).not.toBe(ids[0]);
    expect(await inLedger(done[0]!.eventId!)).toMatchObject({ correlationid: done[0]!.eventId, data: { message: 'broken' } });
    const states = await ask<{ entries: Shown[] }>('');
    expect(states.entries.map(({ id, state, code }) => [id, state, code])).toEqual([[wrong, 'refused', 'validation-failed'], [ids[1], 'held', 'spam-suspected'], [ids[0], 'replayed', 'site-broken']]);
    expect(await ask<Shown>(`/${ids[1]!}/release`, {})).toMatchObject({ state: 'released' });
    expect((await told('quarantine.released')).flatMap(({ entries }) => entries.map(({ state }) => state))).toEqual(['refused', 'held']);
  });

  it('never makes two events of what its sender has mended meanwhile', async () => {
    const id = await refused('broken', { 'idempotency-key': 'resent' });
    const { id: event } = (await (await ingress.submit(lead(), { 'idempotency-key': 'resent' })).json()) as { id: string };
    mended.yet = true;
    const { done, stayed } = await ask<StepAnswer>('/replay', { ids: [id] });
    expect([done, stayed]).toEqual([[], [{ id, code: 'idempotency-conflict' }]]);
    expect(JSON.stringify((await ask<Shown>(`/${id}`)).reasons)).toContain(event);
  });
});

describe('an order about many', () => {
  it('is counted first, carried out step by step, and goes on where it was left', async () => {
    await Promise.all(Array.from({ length: 250 }, (_, n) => held(`casino ${n}`)));
    const order = { site: 'acme', state: 'held' };
    expect(await ask('/release', { ...order, dryRun: true })).toMatchObject({ matched: 250, groups: [{ site: 'acme', state: 'held', code: 'spam-suspected', matched: 250 }] });
    const first = await ask<StepAnswer>('/release', order);
    expect([first.done.length, first.next]).toEqual([100, first.done.at(-1)!.id]);
    const second = await ask<StepAnswer>('/discard', { ...order, cursor: first.next });
    const third = await ask<StepAnswer>('/release', order);
    expect([second.done.length, third.done.length, third.next]).toEqual([100, 50, null]);
    const { rows } = await database.query<{ state: string; n: number }>('SELECT state, count(*)::int AS n FROM quarantine GROUP BY state ORDER BY state');
    expect(rows).toEqual([{ state: 'discarded', n: 100 }, { state: 'released', n: 150 }]);
    expect((await told('quarantine.released')).map(({ entries }) => entries.length)).toEqual([100, 50]);
    expect(await told('quarantine.discarded')).toMatchObject([{ cause: 'person', actor: 'ada' }]);
  });
});
