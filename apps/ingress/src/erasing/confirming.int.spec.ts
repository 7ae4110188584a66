import { newId, parseEvent, type PosthornEvent, signLink } from '@posthorn/contracts';
import { createFaultProxy, type FaultProxy, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERASE_KEY, lead, LINK_SECRET, provisionIngress, startIngress, type TestIngress, WRITE_ONLY_KEY } from '../ingress.test-kit.js';

const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

describe('a person who has themselves forgotten', () => {
  let ingress: TestIngress;
  let ledger: Client;
  let postgres: FaultProxy;

  beforeAll(async () => {
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    postgres = await createFaultProxy({ target: { port: database.port } });
    const through = new URL(database.urlFor('ingress'));
    through.port = String(postgres.port);
    ingress = await startIngress({ databaseUrl: through.href, servers: nats.servers });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(async () => {
    await ingress.stop();
    await Promise.all([ledger.end(), postgres.close()]);
  });

  const accept = async (email: string): Promise<string> => ((await (await ingress.submit(lead(email))).json()) as { id: string }).id;
  const ask = (body: object, key = WRITE_ONLY_KEY): Promise<Response> => ingress.erase({ confirm: true, ...body }, { authorization: `Bearer ${key}` });
  const asked = async (email: string, more: object = {}): Promise<string> => ((await (await ask({ email, ...more })).json()) as { id: string }).id;
  const link = (eventId: string, { expiresAt = inAnHour(), secret = LINK_SECRET } = {}): string =>
    `${ingress.url}/v1/privacy/confirm/${signLink({ purpose: 'erase', eventId, expiresAt }, secret)}`;
  const eventOf = async (id: string): Promise<PosthornEvent> =>
    (await ledger.query<{ envelope: PosthornEvent }>('SELECT envelope::jsonb AS envelope FROM ledger WHERE id = $1', [id])).rows[0]!.envelope;
  const requestsOf = async (id: string): Promise<PosthornEvent[]> => {
    const sql = "SELECT envelope::jsonb AS envelope FROM ledger WHERE type = 'privacy.erasure_requested' AND envelope::jsonb ->> 'causationid' = $1";
    return (await ledger.query<{ envelope: PosthornEvent }>(sql, [id])).rows.map(({ envelope }) => envelope);
  };

  it('is asked by mail first, with the key of a form, and nothing is erased', async () => {
    const event = await accept('paul@example.com');
    const answer = await ask({ email: 'paul@example.com', locale: 'de-AT' });
    const { id, ...rest } = (await answer.json()) as { id: string };
    expect([answer.status, rest]).toEqual([202, {}]);
    expect(parseEvent(await eventOf(id))).toMatchObject({ type: 'privacy.confirmation_requested', site: 'acme', data: { person: { email: 'paul@example.com', locale: 'de-AT' } } });
    expect((await eventOf(event)).erased).toBeUndefined();
  });

  it('is not told by the answer whether anything is known of the address', async () => {
    await accept('quentin@example.com');
    const [known, unknown] = await Promise.all(['quentin@example.com', 'nobody@example.com'].map(async (email) => {
      const answer = await ask({ email });
      return [answer.status, (await answer.text()).replace(/[0-9a-f-]{36}/, '')];
    }));
    expect(known).toEqual(unknown);
  });

  it('sees a page with a button that does nothing until it is pressed', async () => {
    const event = await accept('rosa@example.com');
    const answer = await fetch(link(await asked('rosa@example.com')));
    const page = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).toContain('<form method="post"><button>Yes, erase my data</button></form>');
    expect(page).toContain('Acme &#38; Söhne');
    expect(page).not.toContain('rosa@example.com');
    expect((await eventOf(event)).erased).toBeUndefined();
  });

  it('is erased by the button, with the question itself, once', async () => {
    const event = await accept('sven@example.com');
    const id = await asked('sven@example.com');
    const answer = await fetch(link(id), { method: 'POST', body: new URLSearchParams() });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Your data is being erased')]);
    expect([(await eventOf(event)).erased, (await eventOf(id)).erased]).toEqual([true, true]);
    expect(await requestsOf(id)).toMatchObject([{ data: { cause: 'person', events: { 'lead.submitted': [event], 'privacy.confirmation_requested': [id] } } }]);
    for (const method of ['GET', 'POST']) {
      const again = await fetch(link(id), { method });
      expect([again.status, await again.text()]).toEqual([410, expect.stringContaining('your data is erased already')]);
    }
    expect(await requestsOf(id)).toHaveLength(1);
  });

  it('is spoken to in the language they asked in', async () => {
    expect(await (await fetch(link(await asked('tom@example.com', { locale: 'de' })))).text()).toContain('Sollen wir Sie vergessen?');
  });

  it.each([
    ['forged', 404, async () => link(await asked('uta@example.com'), { secret: 'another secret of at least 24' })],
    ['too old', 410, async () => link(await asked('uta@example.com'), { expiresAt: new Date(Date.now() - 1_000) })],
    ['of an event nobody knows', 404, () => Promise.resolve(link(newId()))],
    ['of another event of theirs', 404, async () => link(await accept('uta@example.com'))],
    ['of a newsletter', 404, async () => {
      const id = await asked('uta@example.com');
      return `${ingress.url}/v1/privacy/confirm/${signLink({ purpose: 'unsubscribe', eventId: id, expiresAt: inAnHour() }, LINK_SECRET)}`;
    }],
  ])('is not erased by a link that is %s', async (_, status, make) => {
    const event = await accept('uta@example.com');
    expect((await fetch(await make(), { method: 'POST' })).status).toBe(status);
    expect((await eventOf(event)).erased).toBeUndefined();
  });

  it('is asked to come back when nothing can be stored', async () => {
    const address = link(await asked('vera@example.com'));
    postgres.cut();
    expect((await fetch(address, { method: 'POST' })).status).toBe(503);
    postgres.restore();
    await waitFor(async () => (await fetch(address, { method: 'POST' })).ok, { describe: 'the erasure to be accepted' });
  });

  it.each([
    ['an address that no mail reaches', { email: 'a b@example' }, '/email'],
    ['an address that only a form takes', { email: 'jürgen@example.com' }, '/email'],
    ['a language that is none', { email: 'a@example.com', locale: 'de_AT!' }, '/locale'],
  ])('is not asked at %s', async (_, body, pointer) => {
    const answer = await ask(body);
    expect([answer.status, ((await answer.json()) as { errors: { pointer: string }[] }).errors.map((error) => error.pointer)]).toEqual([422, [pointer]]);
  });

  it('cannot be asked with a key that may only erase, nor erased with one that may only ask', async () => {
    expect((await ask({ email: 'a@example.com' }, ERASE_KEY)).status).toBe(403);
    expect((await ask({ email: 'a@example.com', confirm: false })).status).toBe(403);
  });
});
