import { createEvent, createOutcome, type Envelope, EVENT_TYPES, EXAMPLES, newId } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuditFixture, AUDITOR, startAudit } from '../testing/audit.test-kit.js';
import { tellStory } from '../testing/story.test-kit.js';
import { entryOfEvent } from './entry.js';
import type { EntryText } from './entry.text.js';
import { EntryWriter } from './entry.writer.js';

let audit: AuditFixture;
beforeAll(async () => {
  audit = await startAudit();
});
afterAll(async () => {
  await audit.stop();
});

const lead = (): Envelope<unknown> => createEvent({ site: 'acme', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] });
const leads = (count: number): Envelope<unknown>[] => Array.from({ length: count }, lead);

async function recorded(event: Envelope<unknown>): Promise<EntryText> {
  await audit.publish([event]);
  const leaf = async (): Promise<string | undefined> => (await audit.superuser.query<{ leaf: string }>('SELECT leaf FROM entries WHERE id = $1', [event.id]))[0]?.leaf;
  await waitFor(async () => (await leaf()) !== undefined, { describe: 'the event to be recorded' });
  return JSON.parse((await leaf()) ?? '') as EntryText;
}

describe('recording', () => {
  it('writes every event and every outcome down', async () => {
    const before = await audit.count();
    const events = EVENT_TYPES.map((type) => createEvent({ site: 'acme', type, data: EXAMPLES[type] }));
    const opened = createOutcome({ site: 'acme', type: 'crm-sync.circuit.opened', data: { service: 'crm-sync', connection: 'acme-hubspot', state: 'opened' } });
    await audit.publish([...events, ...tellStory().all, opened]);
    await audit.recorded(before + EVENT_TYPES.length + 5);
  });

  it('notes who ordered what Posthorn says of it, and believes no website that says so', async () => {
    const released = createEvent({ site: 'acme', type: 'quarantine.released', data: EXAMPLES['quarantine.released'] });
    const claimed = { ...lead(), data: { person: { email: 'jane@example.com' }, actor: 'ada' } };
    expect([(await recorded(released)).actor, (await recorded(claimed)).actor]).toEqual(['ada', undefined]);
  });

  it('writes each once, although the stream has it twice', async () => {
    const before = await audit.count();
    const events = leads(300);
    await audit.publish(events);
    await audit.publish(events, '-again');
    const last = lead();
    await audit.publish([last]);
    await waitFor(async () => (await audit.get(`/v1/trace/${last.id}`, AUDITOR)).status === 200);
    expect(await audit.count()).toBe(before + 301);
  });

  it('writes each once, although a batch comes again after its commit', async () => {
    const before = await audit.count();
    const writer = audit.app.get(EntryWriter);
    const append = writer.append.bind(writer);
    let calls = 0;
    const spy = vi.spyOn(writer, 'append').mockImplementation(async (entries) => {
      const written = await append(entries);
      calls += 1;
      if (calls === 1) throw new Error('the process was lost between commit and acknowledgement');
      return written;
    });
    await audit.publish(leads(20));
    await waitFor(() => calls >= 2, { describe: 'the batch to come again' });
    spy.mockRestore();
    expect(await audit.count()).toBe(before + 20);
  });

  it('numbers the entries without a gap, also when both streams and redeliveries arrive together', async () => {
    const before = await audit.count();
    const stories = Array.from({ length: 50 }, () => tellStory().all).flat();
    await Promise.all([audit.publish(stories), audit.publish(stories, '-again'), audit.publish(stories, '-and-again')]);
    await audit.recorded(before + stories.length);
    const [row] = await audit.superuser.query<{ least: string; greatest: string; n: string }>(
      'SELECT min(position) AS least, max(position) AS greatest, count(*) AS n FROM entries',
    );
    expect([row?.least, row?.greatest]).toEqual(['1', row?.n]);
  });

  it('lets writers queue instead of colliding', async () => {
    const writer = audit.app.get(EntryWriter);
    const batches = Array.from({ length: 20 }, () => leads(5).map(entryOfEvent));
    expect(await Promise.all(batches.map((batch) => writer.append(batch)))).toEqual(batches.map(() => 5));
  });

  it('seals personal values, and keeps the rest in the clear', async () => {
    const event = lead();
    const entry = await recorded(event);
    expect(JSON.stringify(entry)).not.toMatch(/jane|roe|offer/i);
    expect(entry).toMatchObject({ kind: 'event', envelope: { id: event.id, data: { form: 'contact' } }, personal: { fields: expect.arrayContaining(['/person/email']) as string[], sealed: expect.any(String) as string } });
  });

  it('knows people by their address, however it is spelt, and gives each a pseudonym', async () => {
    const from = (email: string, previousEmail?: string): Envelope<unknown> =>
      previousEmail === undefined
        ? createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email }, form: 'contact' } })
        : createEvent({ site: 'acme', type: 'customer.updated', data: { ...EXAMPLES['customer.updated'], person: { email }, previousEmail } });
    const pseudonym = async (event: Envelope<unknown>): Promise<string | undefined> => (await recorded(event)).personal?.person;
    const ann = await pseudonym(from('ann@example.com'));
    expect(await pseudonym(from('Ann@Example.com'))).toBe(ann);
    expect(await pseudonym(from('bob@example.com'))).not.toBe(ann);
    // She has moved: the new address is hers from now on, and the old one stays hers.
    expect(await pseudonym(from('ann@example.org', 'ann@example.com'))).toBe(ann);
    expect(await pseudonym(from('ann@example.org'))).toBe(ann);
    expect(await pseudonym({ ...from('ann@example.com'), site: 'other' })).not.toBe(ann);
  });

  it('keeps what is too large for an entry beside it, under its hash', async () => {
    const fields = { essay: 'x'.repeat(20_000) };
    const lines = Array.from({ length: 200 }, (_, n) => ({ name: `A thing with a rather long name, number ${n} `.padEnd(180, '.'), quantity: 1, price: '1.00' }));
    const form = createEvent({ site: 'acme', type: 'form.submitted', data: { ...EXAMPLES['form.submitted'], fields } });
    const order = createEvent({ site: 'acme', type: 'order.paid', data: { ...EXAMPLES['order.paid'], lines } });
    expect(await recorded(form)).toMatchObject({ personal: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
    expect(await recorded(order)).toMatchObject({ blob: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    const shown = await audit.get<{ entries: { data: unknown }[] }>(`/v1/entries?event=${form.id}`, AUDITOR);
    expect(shown.body.entries[0]?.data).toEqual(form.data);
    expect((await audit.get<{ entries: { data: unknown }[] }>(`/v1/entries?event=${order.id}`, AUDITOR)).body.entries[0]?.data).toEqual(order.data);
  });

  it('records data it does not understand, and takes all of it for personal', async () => {
    const event = { ...lead(), dataschema: 'https://posthorn.dev/schemas/lead.submitted/2', data: { person: { email: 'a@example.com' }, born: '1970-01-01' } };
    const entry = await recorded(event);
    expect(JSON.stringify(entry)).not.toContain('1970');
    expect(entry.personal?.fields).toEqual(['']);
    const shown = await audit.get<{ entries: { data: unknown }[] }>(`/v1/entries?event=${event.id}`, AUDITOR);
    expect(shown.body.entries[0]?.data).toEqual(event.data);
  });

  it('records an outcome whose fields no column could hold', async () => {
    const { synced } = tellStory();
    const before = await audit.count();
    await audit.publish([{ ...synced, data: { ...synced.data, connection: 'a\u0000b' } }, { ...synced, id: newId(), data: null }]);
    await audit.recorded(before + 2);
  });

  it('is not held up by a message that has no readable envelope', async () => {
    const before = await audit.count();
    await audit.publish([{ ...lead(), time: 'yesterday' }, lead()]);
    await audit.recorded(before + 1);
    const metrics = await fetch(`${await audit.app.getUrl()}/metrics`);
    expect(await metrics.text()).toContain('posthorn_audit_unreadable_total{kind="event"} 1');
    expect(await audit.count()).toBe(before + 1);
  });

  it('misses nothing and repeats nothing while Postgres is away', async () => {
    const before = await audit.count();
    audit.postgres.cut();
    await audit.publish(leads(100));
    await waitFor(async () => (await audit.get('/ready')).status === 503, { describe: 'the service to notice' });
    expect((await audit.get('/v1/entries', AUDITOR)).status).toBe(503);
    audit.postgres.restore();
    await audit.recorded(before + 100);
    expect(await audit.count()).toBe(before + 100);
  }, 60_000);
});

describe('stopping', () => {
  it('does not wait for a Postgres that is away, and loses nothing by it', async () => {
    const stopped = await startAudit();
    stopped.postgres.cut();
    await waitFor(async () => (await stopped.get('/ready')).status === 503, { describe: 'the service to notice' });
    const append = vi.spyOn(stopped.app.get(EntryWriter), 'append');
    await stopped.publish(leads(3));
    await waitFor(() => append.mock.calls.length > 0, { describe: 'the batch to reach the writer' });
    await stopped.stop();
    await expect(append.mock.results[0]?.value).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  }, 9_000);
});

describe('the role of the service', () => {
  it.each([
    "UPDATE entries SET site = 'other'",
    'DELETE FROM entries',
    'TRUNCATE entries',
    'DROP TABLE entries',
    'ALTER TABLE entries ADD COLUMN note text',
    'CREATE TABLE notes (id int)',
    "INSERT INTO entries SELECT * FROM entries ON CONFLICT (id) DO UPDATE SET site = 'other'",
    "INSERT INTO migrations (timestamp, name) VALUES (1, 'x')",
    'SET ROLE audit_owner',
  ])('cannot %s', async (sql) => {
    await expect(audit.role.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});
