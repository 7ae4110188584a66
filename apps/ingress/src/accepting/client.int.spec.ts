import { Posthorn, type PosthornOptions, PosthornProblem, PosthornUnreachable } from '@posthorn/client';
import { createFaultProxy, type FaultProxy, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ACME_KEY, provisionIngress, startIngress, type TestIngress, WRITE_ONLY_KEY } from '../ingress.test-kit.js';

/** For longer than anything travels on this machine, and shorter than anybody waits. */
const SLOW_MS = 150;

describe('@posthorn/client', () => {
  let ingress: TestIngress;
  let ledger: Client;
  let proxy: FaultProxy;

  beforeAll(async () => {
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
    proxy = await createFaultProxy({ target: ingress.url });
  });
  afterEach(() => proxy.restore());
  afterAll(async () => {
    await proxy.close();
    await ingress.stop();
    await ledger.end();
  });

  const client = (options: Partial<PosthornOptions> = {}): Posthorn => new Posthorn({ url: `http://127.0.0.1:${proxy.port}`, key: ACME_KEY, ...options });
  const about = (email: string) => ({ person: { email }, message: 'Hello' });
  const ids = async (email: string): Promise<string[]> =>
    (await ledger.query<{ id: string }>("SELECT id FROM ledger WHERE envelope::jsonb -> 'data' -> 'person' ->> 'email' = $1", [email])).rows.map(({ id }) => id);

  it('makes one event of it, although the connection is cut after the commit and before the answer', async () => {
    proxy.delay(SLOW_MS);
    const sent = client().send('lead.submitted', about('cut@example.com'));
    const [committed] = await waitFor(async () => ((await ids('cut@example.com')).length > 0 ? ids('cut@example.com') : undefined), { everyMs: 5, describe: 'the commit' });
    proxy.cut();
    proxy.restore();
    expect(await sent).toEqual({ id: committed, acceptedAt: expect.any(String) as string, replayed: true });
    expect(await ids('cut@example.com')).toHaveLength(1);
  });

  it('makes one event of each in a list whose answer is lost', async () => {
    const emails = Array.from({ length: 20 }, (_, index) => `list-${index}@example.com`);
    proxy.delay(SLOW_MS);
    const sent = client().sendBatch(emails.map((email) => ({ type: 'lead.submitted', data: about(email) })));
    await waitFor(async () => (await ids('list-19@example.com')).length > 0, { everyMs: 5, describe: 'the commit' });
    proxy.cut();
    proxy.restore();
    expect(await sent).toMatchObject({ accepted: 20, refused: 0, failed: 0 });
    for (const email of emails) expect(await ids(email)).toHaveLength(1);
  });

  it('goes on until there is somebody to take it', async () => {
    let failures = 0;
    const counting: typeof fetch = (...call) =>
      fetch(...call).catch((error: unknown) => {
        failures += 1;
        throw error;
      });
    proxy.cut();
    const sent = client({ fetch: counting }).send('lead.submitted', about('patient@example.com'));
    await waitFor(() => failures > 0);
    proxy.restore();
    expect((await sent).replayed).toBe(false);
  });

  it('ends with a key to send it again under when nobody has answered', async () => {
    proxy.hang();
    const error = await client({ retryForMs: 300, timeoutMs: 100 }).send('lead.submitted', about('late@example.com')).catch((caught: unknown) => caught);
    if (!(error instanceof PosthornUnreachable)) throw error;
    expect(error.idempotencyKey).toMatch(/^[0-9a-f]{32}$/);
    proxy.restore();
    await client().send('lead.submitted', about('late@example.com'), { idempotencyKey: error.idempotencyKey });
    expect(await ids('late@example.com')).toHaveLength(1);
  });

  it('says what is wrong with an event, once', async () => {
    const error = await client().send('lead.submitted', about('nobody')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PosthornProblem);
    expect(error).toMatchObject({ status: 422, code: 'validation-failed', errors: [{ pointer: '/data/person/email', rule: 'email' }], quarantineId: expect.any(String) as string });
  });

  it('says of each event of a list what became of it, and where in that event the mistake is', async () => {
    const answer = await client().sendBatch([
      { type: 'lead.submitted', data: about('good@example.com') },
      { type: 'lead.submitted', data: about('bad') },
    ]);
    expect(answer).toMatchObject({ accepted: 1, refused: 1, results: [{ index: 0, status: 'accepted' }, { index: 1, status: 'refused', error: { code: 'validation-failed', errors: [{ pointer: '/data/person/email' }] } }] });
  });

  it('rejects when the whole list is refused', async () => {
    await expect(client({ key: 'ph_nobody' }).sendBatch([{ type: 'lead.submitted', data: about('x@example.com') }])).rejects.toMatchObject({ name: 'PosthornProblem', status: 401 });
  });

  it('takes the same key with other words for a mistake', async () => {
    await client({ key: WRITE_ONLY_KEY }).send('lead.submitted', about('one@example.com'), { idempotencyKey: 'order-1' });
    await expect(client().send('lead.submitted', about('two@example.com'), { idempotencyKey: 'order-1' })).rejects.toMatchObject({ status: 409, code: 'idempotency-conflict' });
  });
});
