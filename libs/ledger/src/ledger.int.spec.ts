import { acceptedAtOf, newId } from '@posthorn/contracts';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { createFaultProxy, freePort, type TestDatabase } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Acceptance, LedgerError } from './index.js';
import { entryOf, lead, provisionedDatabase, type Replica, startReplica } from './ledger.test-kit.js';

let test: TestDatabase;
let replica: Replica;
let other: Replica;

beforeAll(async () => {
  test = await provisionedDatabase();
  // No NATS at all: accepting must not need it.
  const nowhere = [`127.0.0.1:${await freePort()}`];
  [replica, other] = await Promise.all([startReplica(test, nowhere), startReplica(test, nowhere)]);
});
afterAll(() => Promise.all([replica.close(), other.close()]));
beforeEach(() => replica.database.query('DELETE FROM ledger').then(() => replica.database.query('DELETE FROM unrelayed')));

describe('accepting', () => {
  it('stores the envelope as it is, and what is to be relayed, in one commit', async () => {
    const event = withMessage('a \u0000 and a "quote", a \\ and 🦉');
    const accepted = await replica.ledger.accept(entryOf(event));
    expect(accepted).toEqual({ status: 'accepted', id: event.id, acceptedAt: acceptedAtOf(event.id) });
    expect(await replica.ledger.find(event.id)).toEqual({
      id: event.id,
      site: 'acme',
      type: 'lead.submitted',
      subject: 'events.acme.lead.submitted',
      envelope: event,
      idempotencyKey: undefined,
      acceptedAt: acceptedAtOf(event.id),
    });
    expect(await replica.relay.backlog()).toBe(1);
  });

  it('finds nothing under an id it does not have, or that is none', async () => {
    expect(await replica.ledger.find(newId())).toBeUndefined();
    expect(await replica.ledger.find("'; DROP TABLE ledger")).toBeUndefined();
  });

  it('finds what a site sent under a key, and nothing under the same key of another', async () => {
    const event = lead();
    await replica.ledger.accept(entryOf(event, 'key-1'));
    expect(await replica.ledger.findByKey('acme', 'key-1')).toMatchObject({ id: event.id, idempotencyKey: 'key-1' });
    expect(await replica.ledger.findByKey('other', 'key-1')).toBeUndefined();
  });

  it('shares statements between entries that arrive together', async () => {
    const before = await commits();
    await Promise.all(Array.from({ length: 1_000 }, () => replica.ledger.accept(entryOf(lead()))));
    expect(await count()).toBe(1_000);
    expect((await commits()) - before).toBeLessThan(100);
  });

  it('puts no more than 2 MiB of text into one statement, however large the entries', async () => {
    const events = Array.from({ length: 40 }, () => withMessage('x'.repeat(200_000)));
    await Promise.all(events.map((event) => replica.ledger.accept(entryOf(event))));
    // One statement is one transaction, and its rows carry the transaction's number.
    const statements = await replica.database.query<{ length: number }>('SELECT sum(length(envelope))::int AS length FROM ledger GROUP BY xmin');
    const longest = Math.max(...statements.map(({ length }) => length));
    expect(longest).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(longest).toBeGreaterThan(1024 * 1024);
  });

  it('does not fail the neighbours of an entry that cannot be stored', async () => {
    const broken = { ...lead(), type: 'with\0nul' };
    const entries = [entryOf(lead()), { envelope: broken, subject: 'events.acme.x' }, entryOf(lead()), { envelope: { ...lead(), id: 'no id' }, subject: 'x' }];
    const results = await Promise.allSettled(entries.map((entry) => replica.ledger.accept(entry)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(await count()).toBe(2);
  });

  it.each([
    ['an empty key', ''],
    ['a key that is too long', 'k'.repeat(256)],
    ['a NUL in the key', 'a\0b'],
  ])('refuses %s', async (_, key) => {
    await expect(replica.ledger.accept(entryOf(lead(), key))).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID' } satisfies Partial<LedgerError>);
  });
});

describe('an idempotency key', () => {
  interface Case {
    name: string;
    first: { site?: string; key?: string; body?: string };
    second: { site?: string; key?: string; body?: string };
    status: Acceptance['status'];
  }
  const cases: Case[] = [
    { name: 'the same key and body', first: { key: 'k', body: 'b' }, second: { key: 'k', body: 'b' }, status: 'replayed' },
    { name: 'the same key, another body', first: { key: 'k', body: 'b' }, second: { key: 'k', body: 'c' }, status: 'conflict' },
    { name: 'the same key, a body and none', first: { key: 'k', body: 'b' }, second: { key: 'k' }, status: 'conflict' },
    { name: 'the same key, never a body', first: { key: 'k' }, second: { key: 'k' }, status: 'replayed' },
    { name: 'another key, the same body', first: { key: 'k', body: 'b' }, second: { key: 'l', body: 'b' }, status: 'accepted' },
    { name: 'the same key of another site', first: { key: 'k', body: 'b' }, second: { site: 'beta', key: 'k', body: 'b' }, status: 'accepted' },
    { name: 'no key, the same body: two people may send the same', first: { body: 'b' }, second: { body: 'b' }, status: 'accepted' },
  ];

  describe.each(cases)('with $name', ({ first, second, status }) => {
    const make = ({ site, key, body }: Case['first']) => entryOf(lead('x', site), key, body);

    it(`is ${status} when it comes later`, async () => {
      const [one, two] = [make(first), make(second)];
      await replica.ledger.accept(one);
      const answer = await replica.ledger.accept(two);
      expect(answer).toMatchObject({ status, id: status === 'accepted' ? two.envelope.id : one.envelope.id });
      if (answer.status === 'replayed') expect(answer.acceptedAt).toEqual(acceptedAtOf(one.envelope.id));
      expect(await count()).toBe(status === 'accepted' ? 2 : 1);
    });

    it(`is ${status} when it comes in the same batch`, async () => {
      const [one, two] = [make(first), make(second)];
      const answers = await Promise.all([replica.ledger.accept(one), replica.ledger.accept(two)]);
      expect(answers.map((answer) => answer.status)).toEqual(['accepted', status]);
      expect(answers[1].id).toBe(status === 'accepted' ? two.envelope.id : one.envelope.id);
    });
  });

  it('lets one of 50 concurrent posts win, over two replicas, and answers all with the winner', async () => {
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? replica : other).ledger.accept(entryOf(lead(), `round ${round}`, 'same'))),
      );
      expect(answers.filter(({ status }) => status === 'accepted')).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 'replayed')).toHaveLength(49);
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    }
    expect(await count()).toBe(5);
  });

  it('survives replicas that insert the same keys in opposite orders', async () => {
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    const post = (from: Replica, order: string[]) => order.map((key) => from.ledger.accept(entryOf(lead(), key, 'b')));
    const answers = await Promise.all([...post(replica, keys), ...post(other, [...keys].reverse())]);
    expect(answers.filter(({ status }) => status === 'accepted')).toHaveLength(200);
  });

  it('replays an event that is posted again under its own id', async () => {
    const event = lead();
    const answers = await Promise.all([replica.ledger.accept(entryOf(event)), replica.ledger.accept(entryOf(event))]);
    expect(answers.map(({ status }) => status)).toEqual(['accepted', 'replayed']);
  });
});

describe('appending in a transaction', () => {
  it('is undone with it', async () => {
    const undone = replica.database.transaction(async (tx) => {
      await replica.ledger.append(tx, [entryOf(lead())]);
      throw new Error('second thoughts');
    });
    await expect(undone).rejects.toThrow('second thoughts');
    expect([await count(), await replica.relay.backlog()]).toEqual([0, 0]);
  });

  it('is committed with it', async () => {
    await replica.database.transaction((tx) => replica.ledger.append(tx, [entryOf(lead()), entryOf(lead())]));
    expect([await count(), await replica.relay.backlog()]).toEqual([2, 2]);
  });
});

describe('the inbox', () => {
  it('returns each event once, whatever is repeated', async () => {
    const [a, b, c] = [lead('a'), withMessage('b \u0000'), lead('c')];
    const record = (from: Replica, events: typeof a[]) => from.database.transaction((tx) => from.inbox.record(tx, events));
    expect(await record(replica, [b, a, b])).toEqual([b, a]);
    expect(await record(other, [a, c, b])).toEqual([c]);
    expect(await replica.inbox.find([c.id, b.id, newId()])).toEqual([b, c]);
  });

  it('does not deadlock when replicas record the same events in opposite orders', async () => {
    const events = Array.from({ length: 300 }, () => lead());
    const results = await Promise.all(
      [replica, other].map((from, index) =>
        from.database.transaction((tx) => from.inbox.record(tx, index === 0 ? events : [...events].reverse())),
      ),
    );
    expect(results.flat()).toHaveLength(300);
  });
});

it('fails at once, and says why, while Postgres is away', async () => {
  const proxy = await createFaultProxy({ target: { port: test.port } });
  const isolated = await startReplica({ ...test, urlFor: (role) => test.urlFor(role).replace(`:${test.port}/`, `:${proxy.port}/`) }, ['127.0.0.1:1']);
  proxy.cut();
  await expect(isolated.ledger.accept(entryOf(lead()))).rejects.toBeInstanceOf(DatabaseUnavailableError);
  await isolated.close();
  await proxy.close();
});

async function count(): Promise<number> {
  const [row] = await replica.database.query<{ count: number }>('SELECT count(*)::int AS count FROM ledger');
  return row?.count ?? -1;
}

async function commits(): Promise<number> {
  await replica.database.query('SELECT pg_stat_force_next_flush()');
  const [row] = await other.database.query<{ commits: number }>(
    'SELECT xact_commit::int AS commits FROM pg_stat_database WHERE datname = current_database()',
  );
  return row?.commits ?? 0;
}

/** Past the contract's own check: the tables hold whatever text there is. */
function withMessage(message: string) {
  const event = lead();
  return { ...event, data: { ...event.data, message } };
}
