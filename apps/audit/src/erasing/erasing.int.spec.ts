import { createEvent, eraseEvent, type Envelope } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryOfEvent, entryOfOutcome } from '../recording/entry.js';
import type { EntryText } from '../recording/entry.text.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, AUDITOR, CLERK, startAudit } from '../testing/audit.test-kit.js';
import { erasureCompleted, erasureOf, leadOf, transportErased } from './erasing.test-kit.js';

let audit: AuditFixture;
beforeAll(async () => {
  audit = await startAudit();
});
afterAll(async () => {
  await audit.stop();
});

/** One batch, as the streams and the ledgers bring them. */
const record = (...events: Envelope<unknown>[]): Promise<number> => audit.app.get(EntryWriter).append(events.map((event) => (event.source.startsWith('/services/') ? entryOfOutcome(event) : entryOfEvent(event))));

interface Shown {
  personalData: string;
  person?: string;
  data: { person?: { email?: string }; form?: string };
}

async function shown({ id }: Envelope<unknown>, key = AUDITOR): Promise<Shown | undefined> {
  return (await audit.get<{ entries: Shown[] }>(`/v1/entries?event=${id}&kind=event`, key)).body.entries[0];
}

async function leafOf({ id }: Envelope<unknown>): Promise<EntryText> {
  const [row] = await audit.superuser.query<{ leaf: string }>('SELECT leaf FROM entries WHERE id = $1', [id]);
  return JSON.parse(row?.leaf ?? '{}') as EntryText;
}

const rowsOf = async (table: string): Promise<number> => Number((await audit.superuser.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n);
const knows = async (email: string, site = 'acme'): Promise<boolean> => (await audit.post('/v1/people/search', { site, email }, AUDITOR)).status === 200;

describe('an entry that is to be forgotten', () => {
  it('stays as it was, and nobody can read whom it was about', async () => {
    const lead = leadOf('ann@example.com');
    await record(lead);
    const before = await leafOf(lead);
    await record(erasureOf([lead]));
    expect(await leafOf(lead)).toEqual(before);
    expect(await shown(lead)).toMatchObject({ personalData: 'erased', data: { form: 'contact', person: { email: '[personal]' } } });
    expect(await shown(lead, CLERK)).toMatchObject({ personalData: 'erased' });
    expect(await knows('ann@example.com')).toBe(false);
    expect(await audit.superuser.query('SELECT FROM people WHERE pseudonym = $1', [before.personal?.person])).toEqual([]);
  });

  it('that comes after its erasure is written without what it said of the person', async () => {
    const lead = leadOf('bea@example.com');
    await record(erasureOf([lead]));
    const before = await rowsOf('people');
    await record(lead);
    const leaf = await leafOf(lead);
    expect(leaf).toMatchObject({ kind: 'event', erased: true, envelope: { id: lead.id, data: { form: 'contact' } } });
    expect(leaf.personal).toBeUndefined();
    expect(JSON.stringify(leaf)).not.toMatch(/bea@|roe/i);
    expect(await shown(lead)).toMatchObject({ personalData: 'erased' });
    expect(await rowsOf('people')).toBe(before);
  });

  it('that comes in the batch of its erasure is written so too', async () => {
    const lead = leadOf('cat@example.com');
    await record(lead, erasureOf([lead]));
    expect(await leafOf(lead)).toMatchObject({ erased: true });
    expect(await rowsOf('listed_events')).toBe(0);
  });

  it('that arrives erased is written as it arrives', async () => {
    const lead = leadOf('dan@example.com');
    await record(eraseEvent(lead));
    expect(await leafOf(lead)).toMatchObject({ erased: true, envelope: { erased: true, data: { form: 'contact' } } });
    expect(await shown(lead)).toMatchObject({ personalData: 'erased', data: { form: 'contact' } });
    // Somebody marked it and left the values in.
    const half = { ...leadOf('eve@example.com'), erased: true as const };
    await record(half);
    expect(JSON.stringify(await leafOf(half))).not.toMatch(/eve@/);
  });
});

describe('an erasure', () => {
  it('leaves alone what the person sends afterwards, and everybody else', async () => {
    const [first, other] = [leadOf('fay@example.com'), leadOf('gus@example.com')];
    await record(first, other);
    const later = leadOf('fay@example.com');
    await record(erasureOf([first]), later);
    expect(await shown(first)).toMatchObject({ personalData: 'erased' });
    expect(await shown(later)).toMatchObject({ personalData: 'shown', data: { person: { email: 'fay@example.com' } } });
    expect(await shown(other)).toMatchObject({ personalData: 'shown' });
    expect(await knows('fay@example.com')).toBe(true);
  });

  it('takes all of what is sealed with the key, and counts what it did not name', async () => {
    const [listed, unlisted] = [leadOf('hal@example.com'), leadOf('hal@example.com')];
    await record(listed, unlisted);
    const request = erasureOf([listed]);
    await record(request);
    expect(await shown(unlisted)).toMatchObject({ personalData: 'erased' });
    expect(await audit.superuser.query('SELECT people, unlisted FROM erasures WHERE id = $1', [request.id])).toEqual([{ people: 1, unlisted: 1 }]);
  });

  it('reaches no other site', async () => {
    const [there, late] = [leadOf('ida@example.com', 'other'), leadOf('ida@example.com', 'other')];
    await record(there);
    await record(erasureOf([there, late]));
    await record(late);
    expect(await shown(there)).toMatchObject({ personalData: 'shown' });
    expect(await shown(late)).toMatchObject({ personalData: 'shown' });
  });

  it('may come twice, and from streams that are read again', async () => {
    const lead = leadOf('jan@example.com');
    const request = erasureOf([lead]);
    const all = [lead, request, transportErased(request), erasureCompleted('email', request)];
    await record(...all);
    expect(await record(...all)).toBe(0);
    expect(await record(erasureOf([lead]), erasureCompleted('email', request))).toBe(2);
    expect(await shown(lead)).toMatchObject({ personalData: 'erased' });
    expect(await rowsOf('listed_events')).toBe(0);
  });

  it('that is told of before it was heard of finds who told', async () => {
    const request = erasureOf([leadOf('kim@example.com')]);
    await record(erasureCompleted('crm-sync', request, { events: 1, deliveries: 2 }));
    await record(request);
    expect(await audit.superuser.query('SELECT place, facts FROM erasure_steps WHERE request = $1', [request.id])).toEqual([{ place: 'crm-sync', facts: { events: 1, deliveries: 2 } }]);
  });

  it('in words that this release cannot read erases nothing, and is recorded', async () => {
    const lead = leadOf('lea@example.com');
    const request = { ...erasureOf([lead]), dataschema: 'https://posthorn.dev/schemas/privacy.erasure_requested/2', data: { people: [lead.id] } };
    await record(lead, request);
    expect(await shown(lead)).toMatchObject({ personalData: 'shown' });
    expect(await audit.superuser.query('SELECT FROM erasures WHERE id = $1', [request.id])).toEqual([]);
  });

  it('is undone as a whole when a key comes back as it is deleted', async () => {
    const lead = leadOf('max@example.com');
    await record(lead);
    const request = erasureOf([lead]);
    await audit.superuser.query('CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$');
    await audit.superuser.query('CREATE TRIGGER keep BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION keep()');
    await expect(record(request)).rejects.toThrow('ERASURE_INCOMPLETE');
    await audit.superuser.query('DROP TRIGGER keep ON people');
    expect(await shown(request)).toBeUndefined();
    await record(request);
    expect(await shown(lead)).toMatchObject({ personalData: 'erased' });
  });
});

describe('what has been kept for long enough', () => {
  it('is shown to nobody, and its key goes with the last event that needs it', async () => {
    const [old, recent] = [leadOf('ned@example.com'), leadOf('ned@example.com')];
    await record(old, recent);
    await record(erasureOf([old], { cause: 'retention' }));
    expect(await shown(old)).toMatchObject({ personalData: 'erased' });
    expect(await shown(old, CLERK)).toMatchObject({ personalData: 'erased' });
    expect(await shown(recent)).toMatchObject({ personalData: 'shown', data: { person: { email: 'ned@example.com' } } });
    expect(await knows('ned@example.com')).toBe(true);
    await record(erasureOf([recent], { cause: 'retention' }));
    expect(await shown(recent)).toMatchObject({ personalData: 'erased' });
    expect(await knows('ned@example.com')).toBe(false);
    expect(await rowsOf('listed_events JOIN entries USING (id)')).toBe(0);
  });
});

describe('a form with the addresses of several people', () => {
  it('makes none of them another, so that forgetting one leaves the others', async () => {
    const form = createEvent({ site: 'acme', type: 'form.submitted', data: { form: 'invite', fields: { from: 'oda@example.com', friend: 'pat@example.com' } } });
    const pat = leadOf('pat@example.com');
    await record(pat, form);
    expect((await shown(form))?.person).not.toBe((await shown(pat))?.person);
    await record(erasureOf([form]));
    expect(await shown(form)).toMatchObject({ personalData: 'erased' });
    expect(await shown(pat)).toMatchObject({ personalData: 'shown' });
  });

  it('is the only one\'s where it has one address', async () => {
    const form = createEvent({ site: 'acme', type: 'form.submitted', data: { form: 'workshop', fields: { mail: ' Quin@Example.com ' } } });
    const lead = leadOf('quin@example.com');
    await record(form, lead);
    expect((await shown(form))?.person).toBe((await shown(lead))?.person);
  });
});

describe('the role of the service', () => {
  it.each([
    'DELETE FROM entries',
    "UPDATE people SET site = 'other'",
    "UPDATE person_addresses SET pseudonym = '00000000-0000-0000-0000-000000000000'",
    "UPDATE erasures SET cause = 'site'",
    'DELETE FROM erasures',
    "UPDATE erasure_steps SET place = 'email'",
    'DELETE FROM erasure_steps',
    "UPDATE listed_events SET site = 'other'",
  ])('cannot %s', async (sql) => {
    await expect(audit.role.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});
