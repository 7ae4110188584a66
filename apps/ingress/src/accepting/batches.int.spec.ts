import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { CloudEvent, HTTP } from 'cloudevents';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lead, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

interface Result {
  index: number;
  status: number;
  id?: string;
  replayed?: boolean;
  code?: string;
  quarantineId?: string;
  errors?: { pointer: string; rule: string }[];
}
interface Answer {
  code?: string;
  accepted: number;
  refused: number;
  results: Result[];
}

let ingress: TestIngress;
let ledger: Client;

beforeAll(async () => {
  const [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(database.adminUrl, nats.servers);
  ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
  await ledger.connect();
  ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
  await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
});
afterAll(async () => {
  await ingress.stop();
  await ledger.end();
});

async function send(items: unknown, headers: Record<string, string> = {}): Promise<{ status: number; answer: Answer }> {
  const response = await ingress.submit(items, headers);
  return { status: response.status, answer: (await response.json()) as Answer };
}

const leads = (count: number, who: string) => Array.from({ length: count }, (_, n) => lead(`${who}-${n}@example.com`));

/** The addresses that the ledger has of these events, in their order. */
async function addressesOf(results: readonly Result[]): Promise<unknown[]> {
  const { rows } = await ledger.query<{ id: string; envelope: string }>('SELECT id, envelope FROM ledger WHERE id = ANY($1)', [results.flatMap(({ id }) => id ?? [])]);
  const byId = new Map(rows.map(({ id, envelope }) => [id, (JSON.parse(envelope) as { data: { person: { email: string } } }).data.person.email]));
  return results.map(({ id }) => byId.get(id ?? ''));
}

describe('a list of events', () => {
  it('of 1,000 with 10 bad ones: 990 are in the ledger, and 10 are explained, each at its place', async () => {
    const bad = new Set(Array.from({ length: 10 }, (_, n) => n * 100 + 7));
    const { status, answer } = await send(leads(1_000, 'thousand').map((item, index) => (bad.has(index) ? lead('nobody') : item)));
    expect([status, answer.accepted, answer.refused]).toEqual([202, 990, 10]);
    expect(answer.results.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    const refused = answer.results.filter((result) => result.status !== 202);
    expect(refused).toMatchObject([...bad].map((index) => ({ index, status: 422, code: 'validation-failed', errors: [{ pointer: `/${index}/data/person/email` }] })));
    expect(new Set(refused.map(({ quarantineId }) => quarantineId)).size).toBe(10);
    const addresses = await addressesOf(answer.results);
    expect(addresses).toEqual(answer.results.map(({ index }) => (bad.has(index) ? undefined : `thousand-${index}@example.com`)));
  });

  it('is refused as a problem, with every reason, when no event of it is accepted', async () => {
    const response = await ingress.submit([lead('nobody'), 7, { ...lead(), site: 'other' }]);
    expect([response.status, response.headers.get('content-type')]).toEqual([422, 'application/problem+json; charset=utf-8']);
    expect(await response.json()).toMatchObject({
      code: 'batch-refused', status: 422, accepted: 0, refused: 3,
      results: [
        { index: 0, status: 422, code: 'validation-failed', errors: [{ pointer: '/0/data/person/email' }] },
        { index: 1, status: 422, code: 'validation-failed', errors: [{ pointer: '/1' }] },
        { index: 2, status: 403, code: 'site-mismatch', errors: [{ pointer: '/2/site' }] },
      ],
    });
  });

  it('has one item refused for what would endanger us, and the others accepted', async () => {
    const deep = `{"type":"lead.submitted","data":${'['.repeat(40)}${']'.repeat(40)}}`;
    const large = { type: 'form.submitted', data: { form: 'x'.repeat(300_000) } };
    const body = `[${JSON.stringify(lead('first@example.com'))},{"__proto__":{"site":"other"}},${deep},{"type":"a\\u0000"},${JSON.stringify(large)},${JSON.stringify(lead('last@example.com'))}]`;
    const { status, answer } = await send(body);
    expect(status).toBe(202);
    expect(answer.results.map(({ status: of, code }) => [of, code])).toEqual([[202, undefined], [400, 'unsafe-json'], [400, 'unsafe-json'], [400, 'unsafe-json'], [413, 'body-too-large'], [202, undefined]]);
    expect(answer.results[1]?.errors).toMatchObject([{ pointer: '/1/__proto__' }]);
  });

  it('of almost 5 MiB is accepted whole, more than a statement carries', async () => {
    const message = 'x'.repeat(4_900);
    const { status, answer } = await send(leads(1_000, 'large').map(({ type, data }) => ({ type, data: { ...data, message } })));
    expect([status, answer.accepted]).toEqual([202, 1_000]);
  });

  it('may carry a key for each event: what comes again is answered with the first event, even from another list', async () => {
    const items = leads(3, 'keyed').map((item, index) => ({ ...item, idempotencyKey: `mine-${index}` }));
    const first = (await send(items)).answer;
    const again = (await send([...items].reverse())).answer;
    expect(again.results.map(({ id, replayed }) => [id, replayed])).toEqual([...first.results].reverse().map(({ id }) => [id, true]));
    const other = (await send([{ ...lead('somebody.else@example.com'), idempotencyKey: 'mine-0' }, items[1]])).answer;
    expect(other.results).toMatchObject([{ status: 409, code: 'idempotency-conflict' }, { status: 202, replayed: true }]);
  });

  it('with the same key twice in it has one event', async () => {
    const item = { ...lead('twice@example.com'), idempotencyKey: 'twice' };
    const { results } = (await send([item, item])).answer;
    expect(results.map(({ status }) => status)).toEqual([202, 202]);
    expect(results[0]?.id).toBe(results[1]?.id);
  });

  it('has a key for each event when one came for all of them', async () => {
    const items = leads(20, 'header');
    const first = (await send(items, { 'idempotency-key': 'list-1' })).answer;
    const again = (await send(items, { 'idempotency-key': 'list-1' })).answer;
    expect(again.results.map(({ id }) => id)).toEqual(first.results.map(({ id }) => id));
    expect(again.results.every(({ replayed }) => replayed === true)).toBe(true);
  });

  it('sent fifty times at once under one key is in the ledger once', async () => {
    const items = leads(10, 'concurrent');
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(items, { 'idempotency-key': 'fifty-lists' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ answer }) => answer.results.map(({ id }) => id).join())).size).toBe(1);
    const { rows } = await ledger.query("SELECT 1 FROM ledger WHERE idempotency_key LIKE 'fifty-lists %'");
    expect(rows).toHaveLength(10);
  });

  it('names a key that is none, in its place', async () => {
    const { answer } = await send([{ ...lead(), idempotencyKey: 'with a space' }, lead()]);
    expect(answer.results).toMatchObject([{ status: 422, errors: [{ pointer: '/0/idempotencyKey' }] }, { status: 202 }]);
  });
});

describe('the official SDK of CloudEvents', () => {
  const event = (id: string, email = `${id}@example.com`) =>
    new CloudEvent({ id, source: 'https://shop.example/orders', type: 'lead.submitted', time: '2026-05-01T10:00:00.000Z', subject: 'order 7 "quoted", 100 %', data: lead(email).data });
  const post = (message: ReturnType<typeof HTTP.binary>): Promise<Response> => ingress.submit(message.body, message.headers as Record<string, string>);
  const attributesOf = async (response: Response): Promise<unknown> => {
    const { id } = (await response.json()) as { id: string };
    const { rows } = await ledger.query<{ envelope: string }>('SELECT envelope FROM ledger WHERE id = $1', [id]);
    return JSON.parse(rows[0]?.envelope ?? '{}');
  };

  it('is understood in structured mode and in binary mode alike', async () => {
    const answers = await Promise.all([post(HTTP.structured(event('structured'))), post(HTTP.binary(event('binary')))]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const [structured, binary] = await Promise.all(answers.map(attributesOf));
    const common = { type: 'lead.submitted', source: 'https://shop.example/orders', subject: 'order 7 "quoted", 100 %', site: 'acme' };
    expect(structured).toMatchObject({ ...common, data: lead('structured@example.com').data });
    expect(binary).toMatchObject({ ...common, data: lead('binary@example.com').data });
  });

  it('is understood in batched mode, and source and id make each of them one event', async () => {
    const events = [event('b-1'), event('b-2'), event('b-1'), event('b-3', 'nobody')].map((one) => one.toJSON());
    const { status, answer } = await send(events, { 'content-type': 'application/cloudevents-batch+json' });
    expect(status).toBe(202);
    expect(answer.results.map(({ status: of }) => of)).toEqual([202, 202, 202, 422]);
    expect(answer.results[2]?.id).toBe(answer.results[0]?.id);
    expect(answer.results[3]?.errors).toMatchObject([{ pointer: '/3/data/person/email' }]);
  });

  it('makes one event of fifty concurrent binary requests with one source and id', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(HTTP.binary(event('once')))));
    const ids = (await Promise.all(answers.map((answer) => answer.json()))) as { id: string }[];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
  });
});

describe('a CloudEvent in binary mode', () => {
  const headers = { 'ce-specversion': '1.0', 'ce-id': 'x', 'ce-source': '/shop', 'ce-type': 'lead.submitted' };

  it.each([
    ['percent-encoded UTF-8', 'Bestellung%20%C3%BCber%20%E2%82%AC5', 'Bestellung über €5'],
    ['quotes, as older senders put them', '"a \\"b\\" c"', 'a "b" c'],
    ['a percent sign that encodes nothing', '100%', '100%'],
    ['what is encoded twice, decoded once', '%2541', '%41'],
  ])('has its attributes decoded: %s', async (_, header, subject) => {
    const response = await ingress.submit(lead().data, { ...headers, 'ce-id': header.replaceAll(/\W/g, ''), 'ce-subject': header });
    const { id } = (await response.json()) as { id: string };
    const { rows } = await ledger.query<{ subject: string }>(`SELECT envelope::jsonb ->> 'subject' AS subject FROM ledger WHERE id = $1`, [id]);
    expect([response.status, rows[0]?.subject]).toEqual([202, subject]);
  });

  it('is refused with all that is wrong, in headers and body', async () => {
    const response = await ingress.submit({ person: {} }, { ...headers, 'ce-specversion': '0.3', 'ce-subject': 'jane%40example.com', 'ce-time': 'now' });
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(new Set(['/specversion', '/subject', '/time', '/data/person/email']));
  });

  it('with data that is a list is refused, not taken for a list of events', async () => {
    const response = await ingress.submit([lead()], headers);
    expect([response.status, await response.json()]).toMatchObject([422, { code: 'validation-failed', errors: [{ pointer: '/data' }] }]);
  });
});
