import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

const CERTIFIED_WITHIN_MS = 60_000;

interface Ordered {
  id: string;
  events: number;
}

describe('a person who is erased', () => {
  const posthorn = sharedPosthorn();
  let postgres: Client;

  beforeAll(async () => {
    postgres = new Client({ connectionString: posthorn.postgres });
    await postgres.connect();
  });
  afterAll(() => postgres.end());

  const privacy = async (body: object): Promise<Ordered> => {
    const headers = { authorization: `Bearer ${posthorn.siteKey}`, 'content-type': 'application/json' };
    const answer = await fetch(`${posthorn.urls.ingress}/v1/privacy/erasures`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(202);
    return (await answer.json()) as Ordered;
  };
  const certified = (id: string): Promise<unknown> =>
    waitFor(async () => (await posthorn.entries({ correlation: id, type: 'audit.erasure.certified' }))[0], { timeoutMs: CERTIFIED_WITHIN_MS, everyMs: 250, describe: `the certificate of ${id}` });
  /** The tables in which the text stands, in any schema. */
  const tablesWith = async (text: string): Promise<string[]> => {
    const { rows: tables } = await postgres.query<{ name: string }>(
      "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const { rowCount } = await postgres.query(`SELECT FROM ${name} AS t WHERE t::text ILIKE $1 LIMIT 1`, [`%${text}%`]);
      if (rowCount !== 0) found.push(name);
    }
    return found;
  };
  const inNats = (text: string): boolean => {
    try {
      execFileSync('grep', ['-rqai', text, join(posthorn.address.home, 'nats')]);
      return true;
    } catch {
      return false;
    }
  };

  it('is nowhere any more: not in a table, not in NATS, not in the CRM; and others are where they were', async () => {
    const [email, neighbour] = ['vera.gone@example.com', 'stays.here@example.com'];
    const person = { email, name: 'Vera Gone', phone: '+44 20 7946 0999' };
    const sent = await Promise.all([
      posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person }),
      posthorn.send('order.paid', { ...EXAMPLES['order.paid'], orderId: 'gone-1', person }),
      posthorn.send('appointment.booked', { ...EXAMPLES['appointment.booked'], appointmentId: 'gone-1', person }),
      posthorn.send('newsletter.subscribed', { ...EXAMPLES['newsletter.subscribed'], person }),
      posthorn.send('form.submitted', { form: 'workshop', fields: { remark: 'Vera Gone was here' }, person }),
    ]);
    const other = await posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person: { email: neighbour } });
    for (const { id } of sent) await posthorn.outcomesOf(id, 2);
    await posthorn.outcomesOf(other.id, 3);
    expect(await tablesWith(email)).not.toEqual([]);

    const { id, events } = await privacy({ email: 'Vera.Gone@example.com' });
    expect(events).toBe(sent.length);
    await certified(id);

    for (const trace of [email, 'Vera Gone', '7946 0999']) expect(await tablesWith(trace), trace).toEqual([]);
    expect(inNats(email)).toBe(false);
    const inCrm = (await posthorn.records('hubspot')).contacts.map(({ properties }) => properties['email']);
    expect(inCrm).not.toContain(email);
    expect(inCrm).toContain(neighbour);
    const log = await posthorn.entries({ event: other.id });
    expect(log.find(({ kind }) => kind === 'event')?.data).toMatchObject({ person: { email: neighbour } });
  });

  it('can have asked for it by mail, in their language, and is erased by the button', async () => {
    const email = 'otto.gone@example.com';
    await posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person: { email } });
    await privacy({ email, confirm: true, locale: 'de' });
    const isQuestion = (subject: string | undefined): boolean => subject === 'Bitte bestätigen: Ihre Daten löschen';
    const mail = await waitFor(async () => (await posthorn.mailsTo(email)).find(({ subject }) => isQuestion(subject)), { timeoutMs: 20_000, describe: 'the mail that asks' });
    const link = /https?:\/\/\S+\/v1\/privacy\/confirm\/[\w-]+/.exec(mail.text ?? '')![0];
    expect(await (await fetch(link)).text()).toContain('Sollen wir Sie vergessen?');
    expect((await fetch(link, { method: 'POST' })).status).toBe(200);
    const requested = await waitFor(async () => (await posthorn.entries({ type: 'privacy.erasure_requested' })).find(({ data }) => (data as PosthornEvent<'privacy.erasure_requested'>['data']).cause === 'person'));
    await certified(requested.id);
    expect(await tablesWith(email)).toEqual([]);
    expect(inNats(email)).toBe(false);
    expect((await fetch(link, { method: 'POST' })).status).toBe(410);
  });
});
