import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CredentialsError, PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, clear, resourcesOf, setFault, startSandbox, type StoredResource, type TestSandbox } from '../../sandbox.test-kit.js';
import { isUidConflict, translateCalDavError } from './caldav.errors.js';
import { calDavOptions } from './caldav.options.js';
import { CalDavProvider } from './caldav.provider.js';
import { CalendarObject } from './calendar-object.js';
import { entry, readEvent } from './entry.test-kit.js';

const call = { signal: new AbortController().signal };
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);
const moved = entry({
  eventId: '019aa000-0000-7000-8000-000000000002', sequence: 200, start: new Date('2026-12-03T13:00:00Z'), end: new Date('2026-12-03T13:30:00Z'),
});

describe('the CalDAV adapter', () => {
  let sandbox: TestSandbox;
  let calendarUrl: string;
  let provider: CalDavProvider;

  const providerAt = (url: string, password = ACCOUNT.password): CalDavProvider =>
    new CalDavProvider(calDavOptions.parse({ url, username: ACCOUNT.username, password, requestTimeoutMs: 2_000 }), () => ({}));
  const authorization = `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`;
  const put = (name: string, ics: string) =>
    fetch(new URL(name, calendarUrl), { method: 'PUT', body: ics, headers: { authorization, 'content-type': 'text/calendar' } });
  const only = async (): Promise<StoredResource> => {
    const resources = await resourcesOf(sandbox);
    expect(resources).toHaveLength(1);
    return resources[0]!;
  };

  beforeAll(async () => {
    sandbox = await startSandbox();
    calendarUrl = `${sandbox.url}/caldav/calendars/acme/appointments/`;
    await fetch(calendarUrl, { method: 'MKCALENDAR', headers: { authorization } });
  });
  beforeEach(async () => {
    await clear(sandbox);
    provider = providerAt(calendarUrl);
  });
  afterAll(() => sandbox.stop());

  it('creates the entry at an address that follows from its UID', async () => {
    const kept = await provider.create(entry(), call);
    const resource = await only();
    expect(kept).toEqual({ externalId: resource.href.replace('@', '%40') });
    expect(readEvent(resource.ics)).toMatchObject({ start: '2026-12-01T09:00:00.000Z', tzid: 'Europe/Berlin', sequence: 100 });
  });

  it('erases everything from an entry but its time, wherever the calendar keeps it and whatever its owner added', async () => {
    await provider.create(entry(), call);
    const { ics } = await only();
    const telling = [
      'CATEGORIES:Jane', 'COMMENT:Jane is always late', 'ATTENDEE;CN=Jane Roe:mailto:jane@example.org', 'ORGANIZER;CN=Jane Roe:mailto:jane@example.org',
      'X-ANYTHING:Jane', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:Jane is coming', 'TRIGGER:-PT15M', 'END:VALARM',
    ].join('\r\n');
    await clear(sandbox);
    await put('elsewhere.ics', ics.replace('END:VEVENT', `${telling}\r\nEND:VEVENT`).replace('VERSION:2.0', 'VERSION:2.0\r\nX-WR-CALNAME:Jane'));
    const neutral = { ...entry(), title: 'Taken' };
    expect(await provider.erase(neutral, call)).toBe(true);
    const erased = await only();
    expect(readEvent(erased.ics)).toMatchObject({ start: '2026-12-01T09:00:00.000Z', end: '2026-12-01T09:30:00.000Z', tzid: 'Europe/Berlin' });
    expect(erased.ics).toContain('SUMMARY:Taken');
    for (const trace of ['Jane', 'jane', 'Consultation', 'Room 1', 'VALARM', 'ATTENDEE']) expect(erased.ics).not.toContain(trace);
    expect(await provider.erase(neutral, call)).toBe(false);
    expect((await only()).etag).toBe(erased.etag);
  });

  it('has nothing to erase where nothing is', async () => {
    expect(await provider.erase(entry(), call)).toBe(false);
    expect(await resourcesOf(sandbox)).toEqual([]);
  });

  it('leaves one unchanged entry when a creation is repeated', async () => {
    await provider.create(entry(), call);
    const before = await only();
    expect(await provider.create(entry(), call)).toMatchObject({ facts: { unchanged: true } });
    expect((await only()).etag).toBe(before.etag);
  });

  it('moves the entry and raises its SEQUENCE, once however often it is repeated', async () => {
    await provider.create(entry(), call);
    await provider.move(moved, call);
    await provider.move(moved, call);
    expect(readEvent((await only()).ics)).toMatchObject({ start: '2026-12-03T13:00:00.000Z', sequence: 200 });
  });

  it('creates an entry when a move is the first it hears of it', async () => {
    expect(await provider.move(moved, call)).toMatchObject({ facts: { wasUnknown: true } });
    expect(readEvent((await only()).ics).start).toBe('2026-12-03T13:00:00.000Z');
  });

  it('does not let a late booking undo a move', async () => {
    await provider.move(moved, call);
    expect(await provider.create(entry(), call)).toMatchObject({ facts: { superseded: true } });
    expect(readEvent((await only()).ics).start).toBe('2026-12-03T13:00:00.000Z');
  });

  it('removes a cancelled entry, and finds nothing wrong when it is gone already', async () => {
    await provider.create(entry(), call);
    await provider.cancel(entry(), call);
    expect(await resourcesOf(sandbox)).toEqual([]);
    expect(await provider.cancel(entry(), call)).toMatchObject({ facts: { alreadyGone: true } });
  });

  it('finds and changes an entry that the server keeps at another address', async () => {
    await put('chosen-by-the-server.ics', CalendarObject.create(entry()).toString());
    expect((await provider.create(entry(), call)).externalId).toMatch(/chosen-by-the-server\.ics$/);
    expect((await provider.move(moved, call)).externalId).toMatch(/chosen-by-the-server\.ics$/);
    expect(readEvent((await only()).ics).start).toBe('2026-12-03T13:00:00.000Z');
  });

  it('removes a cancelled entry at another address, too', async () => {
    await put('chosen-by-the-server.ics', CalendarObject.create(entry()).toString());
    await provider.cancel(entry(), call);
    expect(await resourcesOf(sandbox)).toEqual([]);
  });

  it('does not overwrite what somebody changes between its look and its change, but builds on it', async () => {
    await provider.create(entry(), call);
    const owned = (await only()).ics.replace('END:VEVENT', 'CATEGORIES:Important\r\nEND:VEVENT');
    let interfered = false;
    const between = createServer((request, response) => {
      void (async () => {
        if (request.method === 'PUT' && !interfered) {
          interfered = true;
          await put(encodeURIComponent(`${entry().uid}.ics`), owned);
        }
        const body = Buffer.concat((await request.toArray()) as Buffer[]);
        const headers = new Headers(Object.entries(request.headers as Record<string, string>));
        for (const own of ['host', 'connection', 'content-length']) headers.delete(own);
        const answer = await fetch(`${sandbox.url}${request.url ?? ''}`, { method: request.method, headers, body: body.length > 0 ? body : undefined });
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
      })();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => between.once('listening', resolve));
    const { pathname } = new URL(calendarUrl);
    await providerAt(`http://127.0.0.1:${(between.address() as AddressInfo).port}${pathname}`).move(moved, call);
    between.closeAllConnections();
    between.close();
    const { ics } = await only();
    expect(interfered).toBe(true);
    expect(ics).toContain('CATEGORIES:Important');
    expect(readEvent(ics).start).toBe('2026-12-03T13:00:00.000Z');
  });

  it('makes one entry when two replicas create it at the same moment', async () => {
    await Promise.all([provider.create(entry(), call), providerAt(calendarUrl).create(entry(), call)]);
    await only();
  });

  it('tells when the calendar is taken, and not what for', async () => {
    await provider.create(entry(), call);
    await provider.create(entry({ uid: 'other@posthorn', start: new Date('2026-12-01T09:15:00Z'), end: new Date('2026-12-01T10:00:00Z') }), call);
    const range = { start: new Date('2026-12-01T00:00:00Z'), end: new Date('2026-12-02T00:00:00Z') };
    expect(await provider.freeBusy(range, call)).toEqual([{ start: new Date('2026-12-01T09:00:00Z'), end: new Date('2026-12-01T10:00:00Z') }]);
    expect(await provider.freeBusy({ start: range.end, end: new Date('2026-12-03T00:00:00Z') }, call)).toEqual([]);
  });

  it('asks for new credentials when the password is refused', async () => {
    expect(await failure(providerAt(calendarUrl, 'wrong').create(entry(), call))).toBeInstanceOf(CredentialsError);
  });

  it('checks password and address without leaving a trace', async () => {
    await providerAt(calendarUrl).check(call);
    expect(await resourcesOf(sandbox)).toEqual([]);
    expect(await failure(providerAt(calendarUrl, 'wrong').check(call))).toBeInstanceOf(CredentialsError);
    expect(await failure(providerAt(`${sandbox.url}/caldav/calendars/acme/nowhere/`).check(call))).toMatchObject({ code: 'CALENDAR_NOT_FOUND' });
  });

  it('waits for a calendar that is not there, and says what to do', async () => {
    const error = await failure(providerAt(`${sandbox.url}/caldav/calendars/acme/nowhere/`).create(entry(), call));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'CALENDAR_NOT_FOUND', remedy: expect.stringContaining('url') as string });
  });

  it('obeys Retry-After', async () => {
    await setFault(sandbox, { kind: 'status', status: 503, retryAfterSeconds: 4, calls: 1 });
    expect(await failure(provider.create(entry(), call))).toMatchObject({ code: 'CALENDAR_UNAVAILABLE', retryAfterMs: 4_000 });
  });

  it('does not know the outcome when the connection is cut, and a repeat makes one entry all the same', async () => {
    await setFault(sandbox, { kind: 'cut', calls: 1 });
    expect(await failure(provider.create(entry(), call))).toBeInstanceOf(UnknownOutcomeError);
    await provider.create(entry(), call);
    await only();
  });
});

it('carries the trace to the calendar with every request, and the search for a UID, too', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${String(request.headers['traceparent'])}`);
    response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/calendar/`;
  const provider = new CalDavProvider(calDavOptions.parse({ url, ...ACCOUNT }), () => ({ traceparent: 'the-trace' }));
  await failure(provider.create(entry(), call));
  await failure(provider.move(entry(), call));
  await failure(provider.cancel(entry(), call));
  server.closeAllConnections();
  server.close();
  expect(seen).toEqual(['PUT', 'GET', 'REPORT', 'DELETE', 'REPORT'].map((method) => `${method} the-trace`));
});

it('does not take an answer that is not XML for "nothing found"', async () => {
  const server = createServer((request, response) => {
    if (request.method === 'REPORT') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in, jane@example.org</html>');
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/calendar/`;
  const error = await failure(new CalDavProvider(calDavOptions.parse({ url, ...ACCOUNT }), () => ({})).cancel(entry(), call));
  server.closeAllConnections();
  server.close();
  expect(error).toMatchObject({ code: 'CALENDAR_ANSWER_UNREADABLE' });
  expect(String(error)).not.toContain('jane@');
});

describe('a website that answers 200 to everything', () => {
  it.each(['<html>Log in</html>', '', 'null', '{"results":[]}'])('is not taken for a calendar: %j', async (body) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/calendar/`;
    const provider = new CalDavProvider(calDavOptions.parse({ url, ...ACCOUNT }), () => ({}));
    const errors = await Promise.all([provider.create(entry(), call), provider.move(entry(), call), provider.cancel(entry(), call)].map(failure));
    server.closeAllConnections();
    server.close();
    for (const error of errors) {
      expect(error).toBeInstanceOf(RetryableError);
      expect(error).toMatchObject({ code: 'CALENDAR_ANSWER_UNREADABLE', remedy: expect.stringContaining('url') as string });
    }
  });
});

describe("a calendar server's refusals", () => {
  const answer = (status: number, body = '') => ({ status, body, headers: new Headers() });
  it.each([
    [403, '<d:error><c:valid-calendar-data/></d:error>', PermanentError],
    [403, '<d:error><c:max-resource-size/></d:error>', PermanentError],
    [403, '<d:error><d:need-privileges/></d:error>', CredentialsError],
    [401, '', CredentialsError],
    [301, '', RetryableError],
    [405, '', PermanentError],
    [404, '', RetryableError],
    [409, '', RetryableError],
    [423, '', RetryableError],
    [429, '', RetryableError],
    [507, '', RetryableError],
  ])('status %i %s is a %o', (status, body, expected) => {
    expect(translateCalDavError(answer(status, body), 'storing an entry')).toBeInstanceOf(expected);
  });

  it.each([403, 409, 412])('with status %i and no-uid-conflict mean that the entry is kept elsewhere', (status) => {
    expect(isUidConflict(answer(status, '<C:no-uid-conflict><D:href>/x.ics</D:href></C:no-uid-conflict>'))).toBe(true);
    expect(isUidConflict(answer(status, ''))).toBe(false);
  });
});
