import { type LinkPurpose, newId, signLink } from '@posthorn/contracts';
import { createFaultProxy, type FaultProxy, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LINK_SECRET, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

describe('the links in newsletter mails', () => {
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

  async function subscribe(locale?: string): Promise<string> {
    const consent = { purposes: ['newsletter'], wordingVersion: '3', time: '2026-05-01T10:00:00Z', way: 'form' };
    const data = { person: { email: 'jane@example.com', ...(locale === undefined ? {} : { locale }) }, list: 'weekly', consent };
    const answer = await ingress.submit({ type: 'newsletter.subscribed', data });
    return ((await answer.json()) as { id: string }).id;
  }
  const link = (purpose: LinkPurpose, eventId: string, expiresAt = inAnHour(), secret = LINK_SECRET): string =>
    `${ingress.url}/v1/newsletter/${purpose}/${signLink({ purpose, eventId, expiresAt }, secret)}`;
  const caused = async (id: string) => {
    const sql = "SELECT type, envelope::jsonb AS envelope FROM ledger WHERE envelope::jsonb ->> 'causationid' = $1";
    return (await ledger.query<{ type: string; envelope: { correlationid: string; data: unknown } }>(sql, [id])).rows;
  };

  it('show a page with a button, and do nothing: scanners open links too', async () => {
    const id = await subscribe();
    const answer = await fetch(link('confirm', id));
    const page = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).toContain('<form method="post"><button>Yes, subscribe me</button></form>');
    expect(page).toContain('Acme &#38; Söhne');
    expect(page).not.toContain('jane@example.com');
    expect(await caused(id)).toEqual([]);
  });

  it('allow nothing to run or load', async () => {
    const { headers } = await fetch(link('confirm', await subscribe()));
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each([
    ['confirm', 'newsletter.confirmed', 'You are subscribed'],
    ['unsubscribe', 'newsletter.unsubscribed', 'You are unsubscribed'],
  ] as const)('%s once, however often the button is pressed', async (purpose, type, title) => {
    const id = await subscribe();
    const answers = await Promise.all([1, 2, 3].map(() => fetch(link(purpose, id), { method: 'POST', body: new URLSearchParams() })));
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain(title);
    }
    const events = await caused(id);
    const consent = { wordingVersion: '3', way: purpose === 'confirm' ? 'double-opt-in' : 'form' };
    expect(events).toMatchObject([{ type, envelope: { correlationid: id, data: { person: { email: 'jane@example.com' }, list: 'weekly', consent } } }]);
  });

  it.each([
    ['url-encoded', () => new URLSearchParams({ 'List-Unsubscribe': 'One-Click' })],
    ['multipart', () => {
      const form = new FormData();
      form.set('List-Unsubscribe', 'One-Click');
      return form;
    }],
  ])('take the one-click post of a mail program, %s', async (_, body) => {
    const id = await subscribe();
    expect((await fetch(link('unsubscribe', id), { method: 'POST', body: body() })).status).toBe(200);
    expect(await caused(id)).toHaveLength(1);
  });

  it('speak the language of the person, else of the browser, else English', async () => {
    const page = async (locale?: string, accepted = 'fr') =>
      (await fetch(link('confirm', await subscribe(locale)), { headers: { 'accept-language': accepted } })).text();
    expect(await page('de-AT')).toContain('Nur noch ein Klick');
    expect(await page(undefined, 'fr-CH, de;q=0.8')).toContain('<html lang="de">');
    expect(await page('fr')).toContain('One more click');
  });

  it('explain that they have expired', async () => {
    const answer = await fetch(link('confirm', await subscribe(), new Date(Date.now() - 1_000)));
    expect([answer.status, await answer.text()]).toEqual([410, expect.stringContaining('This link has expired')]);
  });

  it.each([
    ['forged', async () => link('confirm', await subscribe(), inAnHour(), 'another secret of at least 24')],
    ['cut short', async () => link('confirm', await subscribe()).slice(0, -4)],
    ['made for the other purpose', async () => link('unsubscribe', await subscribe()).replace('unsubscribe', 'confirm')],
    ['of an event nobody knows', () => Promise.resolve(link('confirm', newId()))],
    ['of an event that is no subscription', async () => {
      const answer = await ingress.submit({ type: 'form.submitted', data: { form: 'survey', fields: { a: 'b' } } });
      return link('confirm', ((await answer.json()) as { id: string }).id);
    }],
  ])('explain that they are not valid when %s, and do nothing', async (_, make) => {
    const address = await make();
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(address, { method });
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('This link is not valid')]);
    }
  });

  it('do not claim a subscription for somebody who has left since', async () => {
    const id = await subscribe();
    await fetch(link('confirm', id), { method: 'POST' });
    await fetch(link('unsubscribe', id), { method: 'POST' });
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(link('confirm', id), { method });
      expect([answer.status, await answer.text()]).toEqual([410, expect.stringContaining('sign up again')]);
    }
    expect((await caused(id)).map(({ type }) => type).sort()).toEqual(['newsletter.confirmed', 'newsletter.unsubscribed']);
  });

  it('cannot be blocked by an Idempotency-Key of the site that looks like theirs', async () => {
    const id = await subscribe();
    const [mine] = (await ledger.query<{ key: string }>("SELECT idempotency_key AS key FROM ledger WHERE idempotency_key LIKE 'newsletter%' LIMIT 1")).rows;
    const key = (mine?.key ?? '').replace(/\S+$/, id);
    const lead = { type: 'lead.submitted', data: { person: { email: 'a@example.com' } } };
    expect((await ingress.submit(lead, { 'idempotency-key': key })).status).toBe(400);
    expect((await fetch(link('confirm', id), { method: 'POST' })).status).toBe(200);
  });

  it('ask to come back when nothing can be stored', async () => {
    const address = link('confirm', await subscribe());
    postgres.cut();
    const answer = await fetch(address, { method: 'POST' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60']);
    expect(await answer.text()).toContain('One moment, please');
    postgres.restore();
    await waitFor(async () => (await fetch(address, { method: 'POST' })).ok, { describe: 'the confirmation to be accepted' });
  });
});
