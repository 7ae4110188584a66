import { EXAMPLES } from '@posthorn/contracts';
import { keySha256, newKeySecret } from '@posthorn/http';
import { Database } from '@posthorn/persistence';
import { type TestDatabase, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACME_KEY, lead, OPERATOR_KEY, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { answerOf, makeKey, order, PAGE } from './access.test-kit.js';
import { KeyWatch } from './key.watch.js';

let test: TestDatabase;
let database: Database;
let ingress: TestIngress;
let replica: TestIngress;

beforeAll(async () => {
  const [made, nats] = await Promise.all([useDatabase(), useNats()]);
  test = made;
  await provisionIngress(test.adminUrl, nats.servers);
  const where = { databaseUrl: test.urlFor('ingress'), servers: nats.servers };
  [ingress, replica] = await Promise.all([startIngress(where), startIngress(where)]);
  database = new Database({ url: test.urlFor('ingress'), schema: 'ingress', service: 'test' });
  await database.ready();
  for (const one of [ingress, replica]) await waitFor(async () => (await one.get('/ready')).ok, { describe: 'ingress to be ready' });
});
afterAll(async () => {
  await Promise.all([ingress.stop(), replica.stop(), database.close()]);
});

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const submit = (key: string, headers: Record<string, string> = {}, body: unknown = lead(), where = ingress) => answerOf(where.submit(body, { ...bearer(key), ...headers }));

describe('a key made by command', () => {
  it('works at once, on every replica', async () => {
    const key = await makeKey(ingress, { id: 'shop-backend', kind: 'secret', site: 'acme' });
    for (const where of [replica, ingress]) expect(await submit(key, {}, lead(), where)).toMatchObject({ status: 202 });
  });

  it('is shown once, and nowhere kept but as a digest', async () => {
    const key = await makeKey(ingress, { id: 'shown-once', kind: 'secret', site: 'acme' });
    const { body } = await order(ingress, 'GET', '/v1/keys');
    expect(JSON.stringify(body)).toContain('shown-once');
    expect(JSON.stringify(body)).not.toContain(key.slice(-20));
    for (const table of ['api_keys', 'api_key_secrets', 'ledger']) {
      const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${table} t`);
      expect(rows.filter(({ row }) => row.includes(key.slice(-20)))).toEqual([]);
    }
    expect(await database.query('SELECT key FROM api_key_secrets WHERE sha256 = $1', [Buffer.from(keySha256(key), 'hex')])).toEqual([{ key: 'shown-once' }]);
  });

  it.each([
    ['secret', { site: 'acme' }, { events: 202, state: 404, erase: 403, keys: 403 }],
    ['secret', { site: 'acme', scopes: ['privacy:erase'] }, { events: 403, state: 403, erase: 202, keys: 403 }],
    ['browser', { site: 'acme', origins: [PAGE], types: ['lead.submitted'] }, { events: 202, state: 403, erase: 403, keys: 403 }],
    ['webhook', { site: 'acme', types: ['lead.submitted'] }, { events: 202, state: 403, erase: 403, keys: 403 }],
    ['auditor', { personalData: true, export: true }, { events: 403, state: 403, erase: 403, keys: 403 }],
    ['operator', {}, { events: 403, state: 403, erase: 403, keys: 403 }],
    ['operator', { scopes: ['keys:manage'] }, { events: 403, state: 403, erase: 403, keys: 200 }],
  ])('of kind %s with %j may do what its kind may, and nothing else', async (kind, rights, expected) => {
    const key = await makeKey(ingress, { id: `may-${kind}-${Object.keys(rights).join('-').toLowerCase()}`, kind, ...rights });
    const from = { ...bearer(key), origin: PAGE };
    const [events, state, erase, keys] = await Promise.all([
      submit(key, from),
      answerOf(ingress.get('/v1/events/01a20411-bb52-7584-acea-c9154f74b8bc', from)),
      answerOf(ingress.erase({ email: 'nobody@example.com' }, from)),
      answerOf(ingress.get('/v1/keys', from)),
    ]);
    expect({ events: events.status, state: state.status, erase: erase.status, keys: keys.status }).toEqual(expected);
  });

  it("of a page may not even have people asked whether they want to be forgotten: it submits events and does nothing else", async () => {
    const key = await makeKey(ingress, { id: 'page-asks', kind: 'browser', site: 'acme', origins: [PAGE], types: ['lead.submitted'] });
    expect(await answerOf(ingress.erase({ email: 'nobody@example.com', confirm: true }, { ...bearer(key), origin: PAGE }))).toMatchObject({ status: 403, body: { code: 'scope-missing' } });
  });

  it('submits the types it lists and no other, by whichever kind', async () => {
    for (const [kind, rights] of [['secret', {}], ['browser', { origins: [PAGE] }], ['webhook', {}]] as const) {
      const key = await makeKey(ingress, { id: `types-${kind}`, kind, site: 'acme', types: ['lead.submitted', 'form.submitted'], ...rights });
      expect(await submit(key, { origin: PAGE })).toMatchObject({ status: 202 });
      const refused = await submit(key, { origin: PAGE }, { type: 'order.paid', data: EXAMPLES['order.paid'] });
      expect(refused).toMatchObject({ status: 422, body: { code: 'type-not-allowed', errors: [{ pointer: '/type' }] } });
    }
  });

  it('ends when it is said to', async () => {
    const key = await makeKey(ingress, { id: 'for-a-moment', kind: 'secret', site: 'acme', expiresAt: new Date(Date.now() + 400).toISOString() });
    expect(await submit(key)).toMatchObject({ status: 202 });
    await waitFor(async () => (await submit(key)).status === 401, { describe: 'the key to expire' });
    expect(await submit(key)).toMatchObject({ status: 401, body: { code: 'key-expired' } });
    expect(await order(ingress, 'POST', '/v1/keys/for-a-moment/rotate')).toMatchObject({ status: 409, body: { code: 'key-ended' } });
  });

  it('says when it was last used, which costs a statement a minute', async () => {
    const key = await makeKey(ingress, { id: 'used', kind: 'secret', site: 'acme' });
    const before = Date.now();
    await submit(key);
    await ingress.app.get(KeyWatch).noteUses();
    const { body } = await order(ingress, 'GET', '/v1/keys?site=acme&kind=secret');
    const used = (body['keys'] as { id: string; lastUsedAt?: string }[]).find(({ id }) => id === 'used');
    expect(Date.parse(used?.lastUsedAt ?? '')).toBeGreaterThanOrEqual(before);
  });
});

describe('a rotation', () => {
  it('refuses nobody: under load on two replicas, the old key until its time and the new one from the first moment', async () => {
    let key = await makeKey(ingress, { id: 'rotating', kind: 'secret', site: 'acme' });
    const statuses = new Map<number, number>();
    let sending = true;
    const send = async (where: TestIngress): Promise<void> => {
      while (sending) {
        const { status } = await submit(key, {}, lead(), where);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const senders = [ingress, ingress, replica, replica].map(send);
    for (let turn = 1; turn <= 5; turn += 1) {
      const { status, body } = await order(ingress, 'POST', '/v1/keys/rotating/rotate', { overlapHours: 1 });
      expect(status).toBe(200);
      key = String(body['secret']);
      await waitFor(() => (statuses.get(202) ?? 0) > turn * 40, { describe: 'the new secret to be used' });
    }
    sending = false;
    await Promise.all(senders);
    expect([...statuses.keys()]).toEqual([202]);
    expect(statuses.get(202)).toBeGreaterThan(100);
  });

  it('ends the old secret at once when it is told to, and says when both count', async () => {
    const old = await makeKey(ingress, { id: 'leaked', kind: 'secret', site: 'acme' });
    const first = await order(ingress, 'POST', '/v1/keys/leaked/rotate', { overlapHours: 2 });
    expect(await submit(old)).toMatchObject({ status: 202 });
    const listed = async () => ((await order(ingress, 'GET', '/v1/keys')).body['keys'] as { id: string; state: string; earlier?: { until: string } }[]).find(({ id }) => id === 'leaked');
    expect(await listed()).toMatchObject({ state: 'rotating', earlier: { until: first.body['earlierUntil'] } });
    const { body } = await order(ingress, 'POST', '/v1/keys/leaked/rotate', { overlapHours: 0 });
    for (const gone of [old, String(first.body['secret'])]) expect(await submit(gone)).toMatchObject({ status: 401, body: { code: 'key-expired' } });
    expect(await submit(String(body['secret']))).toMatchObject({ status: 202 });
    expect(await listed()).toMatchObject({ state: 'active' });
  });
});

describe('a revocation', () => {
  it('counts on every replica within two seconds', async () => {
    const key = await makeKey(ingress, { id: 'to-be-revoked', kind: 'secret', site: 'acme' });
    expect(await submit(key, {}, lead(), replica)).toMatchObject({ status: 202 });
    expect(await order(ingress, 'DELETE', '/v1/keys/to-be-revoked')).toMatchObject({ status: 200, body: { state: 'revoked' } });
    expect(await submit(key)).toMatchObject({ status: 401, body: { code: 'key-unknown' } });
    await waitFor(async () => (await submit(key, {}, lead(), replica)).status === 401, { timeoutMs: 2_000, describe: 'the other replica to know' });
  });

  it('can be repeated, and the id names nothing else ever after', async () => {
    await makeKey(ingress, { id: 'gone', kind: 'secret', site: 'acme' });
    for (let twice = 0; twice < 2; twice += 1) expect(await order(ingress, 'DELETE', '/v1/keys/gone')).toMatchObject({ status: 200 });
    expect(await order(ingress, 'POST', '/v1/keys', { id: 'gone', kind: 'secret', site: 'acme' })).toMatchObject({ status: 409, body: { code: 'key-exists' } });
    expect(await order(ingress, 'POST', '/v1/keys/gone/rotate')).toMatchObject({ status: 409, body: { code: 'key-ended' } });
    const said = await database.query("SELECT id FROM ledger WHERE type = 'access.key_revoked' AND envelope LIKE '%\"gone\"%'");
    expect(said).toHaveLength(1);
  });
});

describe('a key declared in posthorn.yaml', () => {
  it('goes on working, is listed, and is changed there alone', async () => {
    expect(await submit(ACME_KEY)).toMatchObject({ status: 202 });
    const { body } = await order(ingress, 'GET', '/v1/keys');
    expect(body['keys']).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'acme', state: 'declared', site: 'acme' }), expect.objectContaining({ id: 'ada', kind: 'operator', state: 'declared' })]));
    expect(await order(ingress, 'DELETE', '/v1/keys/acme')).toMatchObject({ status: 409, body: { code: 'key-declared' } });
    expect(await order(ingress, 'POST', '/v1/keys', { id: 'acme', kind: 'secret', site: 'acme' })).toMatchObject({ status: 409, body: { code: 'key-exists' } });
  });
});

describe('an order about keys', () => {
  it('is for operators who may, and for nobody else', async () => {
    for (const key of [ACME_KEY, newKeySecret('operator')]) {
      for (const [method, path] of [['GET', '/v1/keys'], ['POST', '/v1/keys'], ['POST', '/v1/keys/shop-backend/rotate'], ['DELETE', '/v1/keys/shop-backend']] as const) {
        expect((await order(ingress, method, path, method === 'POST' ? {} : undefined, key)).status).toBe(key === ACME_KEY ? 403 : 401);
      }
    }
  });

  it('is an event in the ledger with the same commit, with who gave it and without a secret', async () => {
    const secret = await makeKey(ingress, { id: 'audited', kind: 'browser', site: 'acme', origins: [PAGE], types: ['lead.submitted'] });
    const { body } = await order(ingress, 'POST', '/v1/keys/audited/rotate');
    await order(ingress, 'DELETE', '/v1/keys/audited');
    const rows = await database.query<{ site: string; type: string; subject: string; envelope: string }>("SELECT site, type, subject, envelope FROM ledger WHERE envelope LIKE '%\"audited\"%' ORDER BY id");
    expect(rows.map(({ site, type, subject }) => [site, type, subject])).toEqual(['created', 'rotated', 'revoked'].map((what) => ['acme', `access.key_${what}`, `events.acme.access.key_${what}`]));
    const data = rows.map(({ envelope }) => (JSON.parse(envelope) as { data: unknown }).data);
    expect(data).toEqual([
      { key: 'audited', kind: 'browser', actor: 'ada', scopes: ['events:write'], origins: [PAGE], types: ['lead.submitted'] },
      { key: 'audited', kind: 'browser', actor: 'ada', earlierUntil: body['earlierUntil'] },
      { key: 'audited', kind: 'browser', actor: 'ada' },
    ]);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(-20));
  });

  it('changes nothing when its event cannot be written', async () => {
    const superuser = new Database({ url: test.url, schema: 'ingress', service: 'test' });
    await superuser.ready();
    await superuser.query('ALTER TABLE ledger RENAME TO ledger_away');
    const { status } = await order(ingress, 'POST', '/v1/keys', { id: 'half', kind: 'secret', site: 'acme' });
    await superuser.query('ALTER TABLE ledger_away RENAME TO ledger');
    await superuser.close();
    expect(status).toBe(500);
    expect(await database.query("SELECT id FROM api_keys WHERE id = 'half'")).toEqual([]);
  });

  it.each([
    [{ id: 'Not An Id', kind: 'secret', site: 'acme' }, ['/id']],
    [{ id: 'x', kind: 'browser', site: 'acme' }, ['/origins', '/types']],
    [{ id: 'x', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: [`${PAGE}/`, '*', 'https://*.acme.example', 'null'] }, ['/origins/0', '/origins/1', '/origins/2', '/origins/3']],
    [{ id: 'x', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: [PAGE], scopes: ['events:read'] }, ['/scopes']],
    [{ id: 'x', kind: 'secret', site: 'acme', scopes: ['keys:manage'] }, ['/scopes/0']],
    [{ id: 'x', kind: 'secret', site: 'acme', types: ['access.key_created', 'lead.submited'] }, ['/types/0', '/types/1']],
    [{ id: 'x', kind: 'secret', site: 'nowhere', expiresAt: '2020-01-01T00:00:00Z' }, ['/expiresAt', '/site']],
    [{ id: 'x', kind: 'operator', site: 'acme' }, ['/site']],
    [{ id: 'x', kind: 'master' }, ['/kind']],
  ])('lists every mistake: %j', async (key, pointers) => {
    const { status, body } = await order(ingress, 'POST', '/v1/keys', key);
    expect(status).toBe(422);
    expect((body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort()).toEqual(pointers);
  });

  it('about a key that there is not says so', async () => {
    expect(await order(ingress, 'DELETE', '/v1/keys/nobody')).toMatchObject({ status: 404, body: { code: 'key-not-found' } });
    expect(await order(ingress, 'POST', '/v1/keys/nobody/rotate', { overlapHours: -1 })).toMatchObject({ status: 422 });
  });

  it('cannot be submitted as an event by a website', async () => {
    const event = { type: 'access.key_created', data: EXAMPLES['access.key_created'] };
    expect(await submit(ACME_KEY, {}, event)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/type', rule: 'reserved_type' }] } });
  });

  it('is refused with the key in the address', async () => {
    expect((await fetch(`${ingress.url}/v1/keys?key=${OPERATOR_KEY}`)).status).toBe(401);
  });
});
