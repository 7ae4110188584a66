import ICAL from 'ical.js';
import { DAVClient, type DAVCalendar } from 'tsdav';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CALDAV_ACCOUNT, setFault, startSandbox, type RunningSandbox } from '../sandbox.test-kit.js';

let sandbox: RunningSandbox;
let client: DAVClient;
let calendar: DAVCalendar;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = new DAVClient({
    serverUrl: sandbox.url,
    credentials: CALDAV_ACCOUNT,
    authMethod: 'Basic',
    defaultAccountType: 'caldav',
  });
  await client.login();
  calendar = (await client.fetchCalendars())[0]!;
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  await fetch(`${sandbox.url}/sandbox/faults`, { method: 'DELETE' });
  await fetch(`${sandbox.url}/sandbox/records/calendar`, { method: 'DELETE' });
});

const HOME = '/caldav/calendars/acme/appointments/';

function event(uid: string, more: string[] = [], start = '20261123T090000Z', end = '20261123T100000Z'): string {
  return [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', 'BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20261122T100000Z',
    `DTSTART:${start}`, `DTEND:${end}`, 'SUMMARY:Garden visit', ...more, 'END:VEVENT', 'END:VCALENDAR', '',
  ].join('\r\n');
}

const authorization = `Basic ${Buffer.from(`${CALDAV_ACCOUNT.username}:${CALDAV_ACCOUNT.password}`).toString('base64')}`;

function put(name: string, ics: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${sandbox.url}${HOME}${name}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'text/calendar; charset=utf-8', ...headers },
    body: ics,
  });
}

describe('an independent client (tsdav)', () => {
  it('finds the account and its calendar from the bare address', () => {
    expect(client.account).toMatchObject({
      principalUrl: `${sandbox.url}/caldav/principals/acme/`,
      homeUrl: `${sandbox.url}/caldav/calendars/acme/`,
    });
    expect(calendar).toMatchObject({ url: `${sandbox.url}${HOME}`, displayName: 'Appointments', components: ['VEVENT'] });
  });

  it('creates, lists, changes and removes an appointment', async () => {
    const created = await client.createCalendarObject({ calendar, filename: 'visit.ics', iCalString: event('visit@acme') });
    expect(created.status).toBe(201);
    const [object] = await client.fetchCalendarObjects({ calendar });
    expect(object).toMatchObject({ url: `${sandbox.url}${HOME}visit.ics`, etag: created.headers.get('etag') });
    expect(ICAL.parse(String(object?.data))).toBeDefined();

    const moved = event('visit@acme', ['SEQUENCE:1'], '20261124T090000Z', '20261124T100000Z');
    expect((await client.updateCalendarObject({ calendarObject: { ...object!, data: moved } })).status).toBe(204);
    const [changed] = await client.fetchCalendarObjects({ calendar });
    expect(changed?.etag).not.toBe(object?.etag);
    expect((await client.updateCalendarObject({ calendarObject: { ...object!, data: moved } })).status).toBe(412);

    expect((await client.deleteCalendarObject({ calendarObject: changed! })).status).toBe(204);
    expect(await client.fetchCalendarObjects({ calendar })).toEqual([]);
  });

  it('sees what lies in a time range, recurring events included', async () => {
    await put('single.ics', event('single@acme'));
    await put('weekly.ics', event('weekly@acme', ['RRULE:FREQ=WEEKLY;COUNT=5'], '20261102T090000Z', '20261102T100000Z'));
    const within = (start: string, end: string) => client.fetchCalendarObjects({ calendar, timeRange: { start, end } });
    expect(await within('2026-11-23T08:00:00Z', '2026-11-23T12:00:00Z')).toHaveLength(2);
    expect(await within('2026-11-30T00:00:00Z', '2026-12-01T00:00:00Z')).toHaveLength(1);
    expect(await within('2026-12-24T00:00:00Z', '2026-12-25T00:00:00Z')).toHaveLength(0);
  });

  it('asks for free and busy time', async () => {
    await put('busy.ics', event('busy@acme'));
    await put('gone.ics', event('gone@acme', ['STATUS:CANCELLED'], '20261123T140000Z', '20261123T150000Z'));
    const answer = await fetch(`${sandbox.url}${HOME}`, {
      method: 'REPORT',
      headers: { authorization, 'content-type': 'application/xml' },
      body: '<c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav"><c:time-range start="20261123T000000Z" end="20261124T000000Z"/></c:free-busy-query>',
    });
    const busy = new ICAL.Component(ICAL.parse(await answer.text()) as string).getFirstSubcomponent('vfreebusy');
    expect(busy?.getAllProperties('freebusy').map((one) => one.toICALString())).toEqual(['FREEBUSY:20261123T090000Z/20261123T100000Z']);
  });

  it('finds an object by its UID, and several by their hrefs', async () => {
    await put('one.ics', event('one@acme'));
    await put('two.ics', event('two@acme'));
    const found = await client.calendarQuery({
      url: `${sandbox.url}${HOME}`,
      props: { 'd:getetag': {} },
      depth: '1',
      filters: {
        'comp-filter': {
          _attributes: { name: 'VCALENDAR' },
          'comp-filter': {
            _attributes: { name: 'VEVENT' },
            'prop-filter': { _attributes: { name: 'UID' }, 'text-match': { _attributes: { collation: 'i;octet' }, _text: 'two@acme' } },
          },
        },
      },
    });
    expect(found.map(({ href }) => href)).toEqual([`${HOME}two.ics`]);
    const several = await client.calendarMultiGet({
      url: `${sandbox.url}${HOME}`,
      props: { 'd:getetag': {}, 'c:calendar-data': {} },
      objectUrls: [`${HOME}two.ics`, `${HOME}one.ics`],
      depth: '1',
    });
    expect(several.map(({ href }) => href)).toEqual([`${HOME}two.ics`, `${HOME}one.ics`]);
  });

  it('makes another calendar', async () => {
    await client.makeCalendar({ url: `${sandbox.url}/caldav/calendars/acme/visits/`, props: { 'd:displayname': 'Visits' } });
    expect((await client.fetchCalendars()).map(({ displayName }) => displayName)).toContain('Visits');
  });
});

describe('conditions', () => {
  it('If-None-Match: * creates once', async () => {
    expect((await put('a.ics', event('a@acme'), { 'if-none-match': '*' })).status).toBe(201);
    expect((await put('a.ics', event('a@acme'), { 'if-none-match': '*' })).status).toBe(412);
  });

  it('If-Match refuses an old version and what does not exist', async () => {
    const etag = (await put('a.ics', event('a@acme'))).headers.get('etag') ?? '';
    expect((await put('a.ics', event('a@acme', ['SEQUENCE:1']), { 'if-match': etag })).status).toBe(204);
    expect((await put('a.ics', event('a@acme', ['SEQUENCE:2']), { 'if-match': etag })).status).toBe(412);
    expect((await put('b.ics', event('b@acme'), { 'if-match': etag })).status).toBe(412);
  });

  it('a UID under another href is a conflict that names where it is', async () => {
    await put('first.ics', event('same@acme'));
    const second = await put('second.ics', event('same@acme'));
    expect(second.status).toBe(403);
    expect(await second.text()).toContain(`<C:no-uid-conflict><D:href>${HOME}first.ics</D:href></C:no-uid-conflict>`);
  });

  it('a UID is free again when its object is removed', async () => {
    await put('first.ics', event('same@acme'));
    await client.deleteCalendarObject({ calendarObject: { url: `${sandbox.url}${HOME}first.ics` } });
    expect((await put('second.ics', event('same@acme'))).status).toBe(201);
    expect((await put('first.ics', event('same@acme'))).status).toBe(403);
  });

  it.each([
    ['no iCalendar', 'hello', 'valid-calendar-data'],
    ['a METHOD', event('m@acme').replace('VERSION:2.0', 'VERSION:2.0\r\nMETHOD:REQUEST'), 'valid-calendar-object-resource'],
    ['an unknown time zone', event('z@acme').replace('DTSTART:20261123T090000Z', 'DTSTART;TZID=Mars/Olympus:20261123T090000'), 'valid-calendar-object-resource'],
    ['a task', event('t@acme').replaceAll('VEVENT', 'VTODO'), 'supported-calendar-component'],
  ])('refuses %s with its precondition', async (_what, ics, precondition) => {
    const answer = await put('bad.ics', ics);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain(`<C:${precondition}`);
  });

  it('wants credentials, but answers OPTIONS without', async () => {
    const refused = await fetch(`${sandbox.url}${HOME}`, { method: 'PROPFIND' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('Basic');
    const options = await fetch(`${sandbox.url}${HOME}`, { method: 'OPTIONS' });
    expect(options.headers.get('dav')).toContain('calendar-access');
  });

  it('answers 404 below and beside the calendar, and 400 to broken XML', async () => {
    expect((await fetch(`${sandbox.url}${HOME}nothing.ics`, { headers: { authorization } })).status).toBe(404);
    const broken = await fetch(`${sandbox.url}${HOME}`, { method: 'PROPFIND', headers: { authorization }, body: '<a>' });
    expect(broken.status).toBe(400);
  });
});

describe('faults', () => {
  it('status and rate limit', async () => {
    await setFault(sandbox.url, 'caldav', { kind: 'status', status: 503, calls: 1 });
    expect((await put('a.ics', event('a@acme'))).status).toBe(503);
    await setFault(sandbox.url, 'caldav', { kind: 'rate-limit', retryAfterSeconds: 3, calls: 1 });
    const limited = await put('a.ics', event('a@acme'));
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
  });

  it('cut-after: the object is there, the answer never came', async () => {
    await setFault(sandbox.url, 'caldav', { kind: 'cut-after', calls: 1 });
    await expect(put('a.ics', event('a@acme'))).rejects.toThrow('fetch failed');
    expect((await put('a.ics', event('a@acme'), { 'if-none-match': '*' })).status).toBe(412);
  });

  it('duplicate: a creation that arrives twice is answered as the second one', async () => {
    await setFault(sandbox.url, 'caldav', { kind: 'duplicate', calls: 1 });
    expect((await put('a.ics', event('a@acme'), { 'if-none-match': '*' })).status).toBe(412);
  });

  it.each(['cut', 'down'])('%s: no answer and no effect', async (kind) => {
    await setFault(sandbox.url, 'caldav', { kind, calls: 1 });
    await expect(put('a.ics', event('a@acme'))).rejects.toThrow('fetch failed');
    expect((await put('a.ics', event('a@acme'), { 'if-none-match': '*' })).status).toBe(201);
  });
});
