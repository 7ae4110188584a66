import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CredentialsError, PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Enquiry, Order } from '../../crm.provider.js';
import { clear, recordsOf, setFault, startSandbox, type TestSandbox, TOKEN } from '../../sandbox.test-kit.js';
import { hubSpotOptions } from './hubspot.options.js';
import { HubSpotProvider } from './hubspot.provider.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const call = { signal: new AbortController().signal };
const jane = { email: 'jane@example.org', name: 'Jane Roe', phone: '+49 30 1234567' };
const enquiry: Enquiry = { eventId: 'event-1', time: '2026-11-22T10:00:00.000Z', person: jane, subject: 'Enquiry', message: 'Hello', details: [] };
const order: Order = {
  orderKey: 'acme:A-17', orderId: 'A-17', time: '2026-11-22T10:00:00.000Z', person: jane, amount: '12.50', currency: 'EUR',
  lines: [{ name: 'Tea', quantity: 1, price: '12.50' }],
};

const providerAt = (baseUrl: string, accessToken = TOKEN): HubSpotProvider =>
  new HubSpotProvider(hubSpotOptions.parse({ baseUrl, accessToken, requestTimeoutMs: 2_000 }), () => ({ traceparent: TRACEPARENT }));
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

describe('the HubSpot adapter, of limits', () => {
  it.each([
    [{ 'x-hubspot-ratelimit-max': '190', 'x-hubspot-ratelimit-remaining': '3', 'x-hubspot-ratelimit-interval-milliseconds': '10000' }, { remaining: 3, resetMs: 10_000, limit: 190 }],
    [{ 'retry-after': '2' }, { remaining: 0, resetMs: 2_000 }],
    [{}, undefined],
  ])('tells what %j of a success says', async (headers, expected) => {
    const server = createServer((_request, response) => response.writeHead(200, headers as Record<string, string>).end('{}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const told = new Promise<unknown>((resolve) => {
      const options = hubSpotOptions.parse({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, accessToken: TOKEN });
      void new HubSpotProvider(options, () => ({}), resolve).check(call);
    });
    expect(await told).toEqual(expected);
    server.close();
  });
});

describe('the HubSpot adapter, against the simulated HubSpot', () => {
  let sandbox: TestSandbox;
  let provider: HubSpotProvider;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(async () => {
    await clear(sandbox);
    provider = providerAt(`${sandbox.url}/hubspot`);
  });
  afterAll(() => sandbox.stop());

  it('records an enquiry as a note at the contact', async () => {
    const recorded = await provider.recordEnquiry(enquiry, call);
    const { contacts, notes } = await recordsOf(sandbox);
    expect(contacts).toMatchObject([{ properties: { email: 'jane@example.org', firstname: 'Jane', lastname: 'Roe' } }]);
    expect(notes).toMatchObject([{ id: recorded.externalId, properties: { posthorn_event_id: 'event-1' }, associations: { contacts: [contacts[0]!.id] } }]);
    expect(recorded.facts).toEqual({ contactId: contacts[0]!.id, contactCreated: true });
  });

  it('makes no second contact and no second note when it is repeated, also at the same moment', async () => {
    await Promise.all([provider.recordEnquiry(enquiry, call), providerAt(`${sandbox.url}/hubspot`).recordEnquiry(enquiry, call)]);
    await provider.recordEnquiry(enquiry, call);
    const { contacts, notes } = await recordsOf(sandbox);
    expect([contacts.length, notes.length]).toEqual([1, 1]);
  });

  it('keeps two enquiries of one person apart, though they say the same', async () => {
    await provider.recordEnquiry(enquiry, call);
    await provider.recordEnquiry({ ...enquiry, eventId: 'event-2' }, call);
    const { contacts, notes } = await recordsOf(sandbox);
    expect([contacts.length, notes.length]).toEqual([1, 2]);
  });

  it('records an order as one won deal, however often it is reported', async () => {
    await provider.recordOrder(order, call);
    const again = await provider.recordOrder(order, call);
    const { contacts, deals } = await recordsOf(sandbox);
    expect(deals).toMatchObject([
      { id: again.externalId, properties: { dealname: 'Order A-17', amount: '12.50', dealstage: 'closedwon' }, associations: { contacts: [contacts[0]!.id] } },
    ]);
  });

  it('looks for its property once, not with every delivery', async () => {
    await provider.recordEnquiry(enquiry, call);
    await provider.recordEnquiry({ ...enquiry, eventId: 'event-2' }, call);
    const { calls } = await recordsOf(sandbox);
    expect(calls.filter(({ method, path }) => method === 'GET' && path.includes('/properties/'))).toHaveLength(1);
    expect(calls.some(({ path }) => path.includes('/search'))).toBe(false);
  });

  it('makes its property again when somebody has deleted it', async () => {
    await provider.recordEnquiry(enquiry, call);
    const property = `${sandbox.url}/hubspot/crm/properties/2026-03/notes/posthorn_event_id`;
    await fetch(property, { method: 'DELETE', headers: { authorization: `Bearer ${TOKEN}` } });
    await provider.recordEnquiry({ ...enquiry, eventId: 'event-2' }, call);
    expect((await recordsOf(sandbox)).notes.at(-1)).toMatchObject({ properties: { posthorn_event_id: 'event-2' } });
  });

  it('carries the trace to HubSpot with every request', async () => {
    await provider.recordEnquiry(enquiry, call);
    const { calls } = await recordsOf(sandbox);
    expect(new Set(calls.map(({ traceparent }) => traceparent))).toEqual(new Set([TRACEPARENT]));
  });

  it('keeps the state of each newsletter list at the contact', async () => {
    await provider.setSubscription({ person: jane, list: 'news', state: 'pending' }, call);
    await provider.setSubscription({ person: jane, list: 'Winter Sale', state: 'subscribed' }, call);
    await provider.setSubscription({ person: jane, list: 'news', state: 'unsubscribed' }, call);
    const { contacts } = await recordsOf(sandbox);
    expect(contacts).toHaveLength(1);
    expect(Object.entries(contacts[0]!.properties).filter(([name]) => name.startsWith('posthorn_list_'))).toEqual([
      ['posthorn_list_news', 'unsubscribed'],
      [expect.stringMatching(/^posthorn_list_winter_sale_/), 'subscribed'],
    ]);
  });

  it('changes the e-mail address of the contact rather than making a second person', async () => {
    const before = await provider.upsertPerson({ person: jane }, call);
    const after = await provider.upsertPerson({ person: { ...jane, email: 'new@example.org' }, previousEmail: 'Jane@example.org' }, call);
    expect(after).toEqual({ externalId: before.externalId, facts: { emailChanged: true } });
    expect((await recordsOf(sandbox)).contacts).toMatchObject([{ properties: { email: 'new@example.org' } }]);
  });

  it('ends the same when a change of address is repeated', async () => {
    await provider.upsertPerson({ person: jane }, call);
    const change = { person: { ...jane, email: 'new@example.org' }, previousEmail: jane.email };
    const [first, again] = [await provider.upsertPerson(change, call), await provider.upsertPerson(change, call)];
    expect(again.externalId).toBe(first.externalId);
    expect((await recordsOf(sandbox)).contacts).toHaveLength(1);
  });

  it('leaves two contacts apart when both addresses have one: a merge could not be undone', async () => {
    await provider.upsertPerson({ person: jane }, call);
    const other = await provider.upsertPerson({ person: { email: 'new@example.org' } }, call);
    const change = await provider.upsertPerson({ person: { ...jane, email: 'new@example.org' }, previousEmail: jane.email }, call);
    expect(change).toMatchObject({ externalId: other.externalId, facts: { previousContactKept: true } });
    expect((await recordsOf(sandbox)).contacts).toHaveLength(2);
  });

  it('erases a person, and finds nothing wrong with one who is not there', async () => {
    await provider.upsertPerson({ person: jane }, call);
    const traces = { emails: ['Jane@example.org', 'nobody@example.org'], enquiries: ['event-0'], orders: ['acme:A-0'] };
    expect(await provider.erase(traces, call)).toEqual({ contacts: 1, enquiries: 0, orders: 0 });
    expect(await provider.erase(traces, call)).toEqual({ contacts: 0, enquiries: 0, orders: 0 });
    const { contacts, calls } = await recordsOf(sandbox);
    expect(contacts).toEqual([]);
    expect(calls.filter(({ path }) => path.includes('gdpr-delete'))).toHaveLength(1);
    // Who was erased may come back: HubSpot was not told to block the address.
    await provider.upsertPerson({ person: jane }, call);
  });

  it('erases what was recorded about a person, empty before it goes to the recycling bin, and nothing of others', async () => {
    const other = { ...enquiry, eventId: 'event-2', person: { email: 'joe@example.org' } };
    for (const each of [enquiry, other]) await provider.recordEnquiry(each, call);
    await provider.recordOrder(order, call);
    await provider.upsertPerson({ person: { ...jane, email: 'new@example.org' }, previousEmail: jane.email }, call);
    const traces = { emails: [jane.email, 'new@example.org'], enquiries: [enquiry.eventId], orders: [order.orderKey] };
    expect(await provider.erase(traces, call)).toEqual({ contacts: 1, enquiries: 1, orders: 1 });
    const records = await recordsOf(sandbox);
    expect(records.contacts.map(({ properties }) => properties['email'])).toEqual(['joe@example.org']);
    expect([records.notes.length, records.deals.length]).toEqual([1, 0]);
    const writes = records.calls.map(({ path }) => path).filter((path) => path.includes('batch/update') || path.includes('batch/archive'));
    expect(writes.map((path) => path.split('/').slice(-3).join('/'))).toEqual(['notes/batch/update', 'notes/batch/archive', 'deals/batch/update', 'deals/batch/archive']);
    expect(JSON.stringify(records)).not.toContain('new@example.org');
    expect(decodeURIComponent(JSON.stringify(records.calls))).not.toContain('@');
  });

  it('does not believe that somebody is gone who is still there', async () => {
    const server = createServer((request, response) => {
      const deletes = request.url?.endsWith('gdpr-delete') === true;
      response.writeHead(deletes ? 204 : 200).end(deletes ? undefined : JSON.stringify({ results: [{ id: '7' }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stubborn = providerAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const error = await failure(stubborn.erase({ emails: [jane.email], enquiries: [], orders: [] }, call));
    server.close();
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'CRM_NOT_ERASED' });
  });

  it('asks for new credentials when the token is refused', async () => {
    expect(await failure(providerAt(`${sandbox.url}/hubspot`, 'wrong').recordEnquiry(enquiry, call))).toBeInstanceOf(CredentialsError);
  });

  it('checks the token without leaving a trace', async () => {
    await provider.check(call);
    expect((await recordsOf(sandbox)).contacts).toEqual([]);
    expect(await failure(providerAt(`${sandbox.url}/hubspot`, 'wrong').check(call))).toBeInstanceOf(CredentialsError);
  });

  it('obeys a rate limit', async () => {
    await setFault(sandbox, { kind: 'rate-limit', retryAfterSeconds: 3, calls: 1 });
    const error = await failure(provider.recordEnquiry(enquiry, call));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'CRM_RATE_LIMITED', retryAfterMs: 3_000 });
  });

  it('does not know the outcome when the connection is cut, and a repeat makes one record all the same', async () => {
    await provider.recordEnquiry({ ...enquiry, eventId: 'event-0' }, call);
    await setFault(sandbox, { kind: 'cut', calls: 1 });
    expect(await failure(provider.recordEnquiry(enquiry, call))).toBeInstanceOf(UnknownOutcomeError);
    await provider.recordEnquiry(enquiry, call);
    const { contacts, notes } = await recordsOf(sandbox);
    expect([contacts.length, notes.length]).toEqual([1, 2]);
  });
});

describe('the HubSpot adapter, against answers that the simulation does not give', () => {
  let server: Server;
  let answer: (path: string, body: string) => { status: number; body: unknown };
  let seen: { path: string; body: string }[];
  let url: string;

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        seen.push({ path: request.url ?? '', body });
        const { status, body: reply } = answer(request.url ?? '', body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(typeof reply === 'string' ? reply : JSON.stringify(reply));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const multiStatus = (category: string) => ({
    status: 207,
    body: { status: 'COMPLETE', results: [], numErrors: 1, errors: [{ status: 'error', category, message: 'jane@example.org …' }] },
  });

  it.each([
    ['VALIDATION_ERROR', PermanentError],
    ['CONFLICT', RetryableError],
    ['RATE_LIMITS', RetryableError],
    ['MISSING_SCOPES', CredentialsError],
    ['SOMETHING_NEW', RetryableError],
  ])('does not take a 207 with %s inside for a success', async (category, expected) => {
    answer = () => multiStatus(category);
    expect(await failure(providerAt(url).upsertPerson({ person: jane }, call))).toBeInstanceOf(expected);
  });

  it('leaves out an optional property that HubSpot refuses, and tells so', async () => {
    answer = (_path, body) =>
      body.includes('phone')
        ? { status: 400, body: { category: 'VALIDATION_ERROR', errors: [{ message: '+49 30 1234567', code: 'INVALID_PHONE', context: { propertyName: ['phone'] } }] } }
        : { status: 200, body: { status: 'COMPLETE', results: [{ id: '17', new: false }] } };
    expect(await providerAt(url).upsertPerson({ person: jane }, call)).toEqual({ externalId: '17', facts: { leftOut: 'phone', contactCreated: false } });
  });

  it('sends the mark both as the id to look for and as the value to keep', async () => {
    answer = (path) => ({ status: 200, body: path.includes('/properties/') ? { hasUniqueValue: true } : { results: [{ id: '1' }] } });
    await providerAt(url).recordEnquiry(enquiry, call);
    const sent = seen.find(({ path }) => path.endsWith('/notes/batch/upsert'));
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({ inputs: [{ idProperty: 'posthorn_event_id', id: 'event-1', properties: { posthorn_event_id: 'event-1' } }] });
  });

  it('gives up when the e-mail address itself is refused', async () => {
    answer = () => ({ status: 400, body: { category: 'VALIDATION_ERROR', errors: [{ context: { propertyName: ['email'] } }] } });
    expect(await failure(providerAt(url).upsertPerson({ person: jane }, call))).toBeInstanceOf(PermanentError);
    expect(seen).toHaveLength(1);
  });

  it('refuses to work with a property of its name that is not unique, and says what to do', async () => {
    answer = (path) => (path.includes('/properties/') ? { status: 200, body: { name: 'posthorn_event_id', hasUniqueValue: false } } : { status: 200, body: { results: [{ id: '1' }] } });
    expect(await failure(providerAt(url).recordEnquiry(enquiry, call))).toMatchObject({ code: 'CRM_PROPERTY_NOT_UNIQUE', remedy: expect.stringContaining('Delete the property') as string });
  });

  it('does not take a success without a record for a success', async () => {
    answer = () => ({ status: 200, body: { status: 'COMPLETE', results: [] } });
    expect(await failure(providerAt(url).upsertPerson({ person: jane }, call))).toBeInstanceOf(UnknownOutcomeError);
  });

  it("says so when the address is a web page and not HubSpot's API", async () => {
    answer = () => ({ status: 200, body: '<html>Welcome</html>' });
    const error = await failure(providerAt(url).upsertPerson({ person: jane }, call));
    expect(error).toMatchObject({ code: 'CRM_ANSWER_UNREADABLE', remedy: expect.stringContaining('baseUrl') as string });
    expect(error).toBeInstanceOf(UnknownOutcomeError);
  });

  it.each([null, 'null', '[]', '""', { results: 'none' }, { results: [null] }])('does not give a lead up for an answer such as %j', async (body) => {
    answer = () => ({ status: 200, body });
    expect(await failure(providerAt(url).upsertPerson({ person: jane }, call))).toBeInstanceOf(UnknownOutcomeError);
  });

  it('waits when it is redirected, to a maintenance page for instance', async () => {
    answer = () => ({ status: 302, body: '' });
    expect(await failure(providerAt(url).upsertPerson({ person: jane }, call))).toBeInstanceOf(RetryableError);
  });

  it('can be tried again when HubSpot cannot be reached', async () => {
    server.close();
    server.closeAllConnections();
    expect(await failure(providerAt(url).upsertPerson({ person: jane }, call))).toMatchObject({ code: 'PROVIDER_UNREACHABLE' });
  });
});
