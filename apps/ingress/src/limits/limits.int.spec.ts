import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACME_KEY, lead, OTHER_KEY, provisionIngress, startIngress, type TestIngress, WRITE_ONLY_KEY } from '../ingress.test-kit.js';
import { PostgresTokenBank } from './token.bank.js';

const PER_KEY = { perSecond: 20, burst: 200 };
const replicas: TestIngress[] = [];
let first: TestIngress;
let database: Client;

beforeAll(async () => {
  const [postgres, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIngress(postgres.adminUrl, nats.servers);
  database = new Client({ connectionString: postgres.adminUrl, options: '-c search_path=ingress' });
  await database.connect();
  const where = {
    databaseUrl: postgres.urlFor('ingress'),
    servers: nats.servers,
    limits: { perKey: { perSecond: 1_000, burst: 10_000 }, perAddress: { perSecond: 0.01, burst: 40 }, trustedProxies: ['loopback'] },
    siteLimits: { perKey: PER_KEY, keys: { browser: { perSecond: 0.01, burst: 5 } } },
    forms: { contact: { type: 'lead.submitted' as const, origins: ['https://acme.example'], fields: { email: '/person/email', message: '/message' } } },
  };
  for (let count = 0; count < 3; count += 1) replicas.push(await startIngress(where));
  first = replicas[0]!;
  for (const { get } of replicas) await waitFor(async () => (await get('/ready')).ok, { describe: 'ingress to be ready' });
});
afterAll(async () => {
  await Promise.all(replicas.map(({ stop }) => stop()));
  await database.end();
});

const statusOf = async (answer: Promise<Response>): Promise<number> => {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
};
const withKey = (key: string) => ({ authorization: `Bearer ${key}` });

describe('three replicas under full load', () => {
  it('let through together what the key may send, five in a hundred more at most', async () => {
    const began = performance.now();
    let accepted = 0;
    let refused = 0;
    const sender = async (replica: TestIngress): Promise<void> => {
      while (refused < 300) {
        const status = await statusOf(replica.submit(lead()));
        if (status === 202) accepted += 1;
        else if (status === 429) refused += 1;
        else throw new Error(`Status ${status}`);
      }
    };
    await Promise.all(replicas.flatMap((replica) => Array.from({ length: 4 }, () => sender(replica))));
    const allowed = PER_KEY.burst + ((performance.now() - began) / 1_000) * PER_KEY.perSecond;
    expect(accepted).toBeLessThanOrEqual(allowed * 1.05);
    expect(accepted).toBeGreaterThan(allowed * 0.9);
  }, 60_000);
});

describe('limits', () => {
  it('are the most particular there are: of the key, else of the site, else of all', async () => {
    const policy = async (key: string) => (await first.submit({}, withKey(key))).headers.get('ratelimit-policy');
    expect([await policy(WRITE_ONLY_KEY), await policy(ACME_KEY), await policy(OTHER_KEY)]).toEqual(['"key";q=5;w=500', '"key";q=200;w=10', '"key";q=10000;w=10']);
  });

  it('count a batch as its events and take in none of one that is too much', async () => {
    const batch = (events: number) => first.submit(Array.from({ length: events }, () => lead()), withKey(WRITE_ONLY_KEY));
    const before = await database.query<{ count: string }>('SELECT count(*) FROM ledger');
    const refused = await batch(6);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'rate-limited']);
    expect((await database.query<{ count: string }>('SELECT count(*) FROM ledger')).rows).toEqual(before.rows);
  });

  it('count a form by the address of its visitor, on all replicas together, and tell the visitor in words', async () => {
    const send = (replica: TestIngress, visitor: string) =>
      fetch(`${replica.url}/v1/forms/acme.contact`, {
        method: 'POST', redirect: 'manual', headers: { origin: 'https://acme.example', 'x-forwarded-for': visitor }, body: new URLSearchParams({ email: 'jane@example.com', message: 'Hello' }),
      });
    const statuses: number[] = [];
    for (let count = 0; count < 60; count += 1) statuses.push(await statusOf(send(replicas[count % 3]!, '203.0.113.5')));
    expect(statuses.filter((status) => status === 303)).toHaveLength(40);
    expect(statuses.slice(-10)).toEqual(Array(10).fill(429));
    const refused = await send(first, '203.0.113.5');
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true]);
    expect(await refused.text()).toContain('Please wait a moment');
    expect(await statusOf(send(first, '203.0.113.6'))).toBe(303);
  });

  it('keep no address that could be read', async () => {
    const { rows } = await database.query<{ bucket: string }>('SELECT bucket FROM rate_limits');
    expect(rows.some(({ bucket }) => bucket.startsWith('address:'))).toBe(true);
    expect(JSON.stringify(rows)).not.toContain('203.0.113');
  });

  it('forget buckets that are full again', async () => {
    await database.query("UPDATE rate_limits SET full_at = now() - interval '1 second' WHERE bucket = 'key:acme/acme'");
    await first.app.get(PostgresTokenBank).forgetFull();
    const { rows } = await database.query<{ bucket: string }>('SELECT bucket FROM rate_limits');
    expect(rows.map(({ bucket }) => bucket)).not.toContain('key:acme/acme');
    expect(rows.length).toBeGreaterThan(0);
  });
});

describe('the bank', () => {
  it('leases portions that shrink, grants what is wanted, and never part of what is wanted whole', async () => {
    const bank = first.app.get(PostgresTokenBank);
    const limit = { perSecond: 0.001, burst: 1_000 };
    const lease = async (wanted: number, atLeast = 1) => (await bank.lease('test:portions', limit, wanted, atLeast))?.granted;
    expect([await lease(1), await lease(1), await lease(50)]).toEqual([10, 10, 50]);
    expect([await lease(900), await lease(1), await lease(1)]).toEqual([900, 7, 5]);
    expect([await lease(100, 100), await lease(100), await lease(1)]).toEqual([0, 18, 0]);
  });

  it('grants no more than there is to many who ask at once', async () => {
    const leases = await Promise.all(
      Array.from({ length: 60 }, (_, index) => replicas[index % 3]!.app.get(PostgresTokenBank).lease('test:together', { perSecond: 0.001, burst: 100 }, 7, 1)),
    );
    expect(leases.reduce((sum, lease) => sum + (lease?.granted ?? 0), 0)).toBe(100);
  });
});
