import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setFault, startSandbox, TOKEN, type RunningSandbox } from '../sandbox.test-kit.js';

let sandbox: RunningSandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  await fetch(`${sandbox.url}/sandbox/faults`, { method: 'DELETE' });
  await fetch(`${sandbox.url}/sandbox/records/hubspot`, { method: 'DELETE' });
});

interface Item {
  id: string;
  new?: boolean;
  properties: Record<string, string | null>;
}
interface Body extends Item {
  results: Item[];
  total: number;
  message: string;
  category: string;
  numErrors?: number;
  [key: string]: unknown;
}
interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${sandbox.url}/hubspot${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text ? JSON.parse(text) : undefined) as Body };
}

const contact = (email: string, more: Record<string, string> = {}): unknown => ({ properties: { email, ...more } });
const upsert = (type: string, idProperty: string, id: string, properties: Record<string, string>): Promise<Answer> =>
  call('POST', `/crm/v3/objects/${type}/batch/upsert`, { inputs: [{ id, idProperty, properties }] });
const uniqueProperty = (type: string, name: string): Promise<Answer> =>
  call('POST', `/crm/v3/properties/${type}`, {
    name, label: name, type: 'string', fieldType: 'text', groupName: type === 'notes' ? 'note' : 'dealinformation', hasUniqueValue: true,
  });

describe('contacts', () => {
  it('are created, read by id and by e-mail, changed and archived', async () => {
    const created = await call('POST', '/crm/v3/objects/contacts', contact('Ada@Example.org', { firstname: 'Ada' }));
    expect(created).toMatchObject({ status: 201, body: { properties: { email: 'ada@example.org' }, archived: false } });
    const path = `/crm/v3/objects/contacts/${created.body.id}`;
    await call('PATCH', path, { properties: { lastname: 'Lovelace' } });
    const byEmail = await call('GET', '/crm/v3/objects/contacts/ada@example.org?idProperty=email&properties=lastname,phone');
    expect(byEmail.body.properties).toMatchObject({ lastname: 'Lovelace', phone: null });
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
  });

  it('answers 409 with the existing id when the e-mail is taken', async () => {
    const { body } = await call('POST', '/crm/v3/objects/contacts', contact('ada@example.org'));
    const again = await call('POST', '/crm/v3/objects/contacts', contact('ADA@example.org'));
    expect(again).toMatchObject({
      status: 409,
      body: { status: 'error', category: 'CONFLICT', message: `Contact already exists. Existing ID: ${body.id}` },
    });
  });

  it('are upserted by e-mail: new once, the same one after', async () => {
    const first = await upsert('contacts', 'email', 'ada@example.org', { firstname: 'Ada' });
    const second = await upsert('contacts', 'email', 'ADA@example.org', { lastname: 'Lovelace' });
    expect(first).toMatchObject({ status: 200, body: { status: 'COMPLETE', results: [{ new: true }] } });
    expect(second.body.results[0]).toMatchObject({
      new: false,
      id: first.body.results[0]?.id,
      properties: { firstname: 'Ada', lastname: 'Lovelace', email: 'ada@example.org' },
    });
  });

  it('are reached over the dated paths as well', async () => {
    const answer = await call('POST', '/crm/objects/2026-03/contacts/batch/upsert', {
      inputs: [{ id: 'ada@example.org', idProperty: 'email', properties: {} }],
    });
    expect(answer.body.results[0]?.new).toBe(true);
  });

  it('refuses a batch as a whole, naming each wrong property', async () => {
    const answer = await call('POST', '/crm/v3/objects/contacts/batch/upsert', {
      inputs: [
        { id: 'ada@example.org', idProperty: 'email', properties: {} },
        { id: 'not-an-address', idProperty: 'email', properties: { nonsense: 'x', lifecyclestage: 'friend' } },
      ],
    });
    expect(answer).toMatchObject({ status: 400, body: { status: 'error', category: 'VALIDATION_ERROR' } });
    expect(answer.body.message).toMatch(/INVALID_EMAIL.*PROPERTY_DOESNT_EXIST.*INVALID_OPTION/);
    expect(answer.body['correlationId']).toMatch(/^[0-9a-f-]{36}$/);
    expect((await call('GET', '/crm/v3/objects/contacts')).body.results).toEqual([]);
  });

  it('refuses the same id twice in a batch, a non-unique idProperty, unknown types and broken JSON', async () => {
    const input = { id: 'ada@example.org', idProperty: 'email', properties: {} };
    const twice = await call('POST', '/crm/v3/objects/contacts/batch/upsert', { inputs: [input, input] });
    expect(twice).toMatchObject({ status: 400, body: { message: expect.stringContaining('Duplicate IDs') as string } });
    expect((await upsert('contacts', 'firstname', 'Ada', {})).body.message).toContain('non-unique');
    expect((await call('GET', '/crm/v3/objects/parrots/1')).body.message).toContain('Unable to infer object type');
    expect((await call('POST', '/crm/v3/objects/contacts', '{')).body.message).toContain('Invalid input JSON');
  });

  it('only move forward in their lifecycle', async () => {
    await upsert('contacts', 'email', 'ada@example.org', { lifecyclestage: 'customer' });
    const back = await upsert('contacts', 'email', 'ada@example.org', { lifecyclestage: 'lead' });
    expect(back.body.results[0]?.properties['lifecyclestage']).toBe('customer');
  });

  it('disappear for good on a GDPR deletion, by e-mail', async () => {
    const { body } = await upsert('contacts', 'email', 'ada@example.org', {});
    const gone = await call('POST', '/crm/v3/objects/contacts/gdpr-delete', { objectId: 'ada@example.org', idProperty: 'email' });
    expect(gone.status).toBe(204);
    expect((await call('GET', `/crm/v3/objects/contacts/${body.results[0]?.id ?? ''}`)).status).toBe(404);
  });

  it('leave no trace in the records after a GDPR deletion, the journal of calls included', async () => {
    const { body } = await upsert('contacts', 'email', 'ada@example.org', { lastname: 'Lovelace' });
    await call('GET', '/crm/v3/objects/contacts/ada@example.org?idProperty=email');
    await call('PATCH', '/crm/v3/objects/contacts/ada%40example.org?idProperty=email', { properties: { firstname: 'Ada' } });
    await call('POST', '/crm/v3/objects/contacts/gdpr-delete', { objectId: body.results[0]?.id });
    const records = await (await fetch(`${sandbox.url}/sandbox/records/hubspot`)).text();
    expect(records).toContain('/contacts/[address]?idProperty=email');
    for (const trace of ['ada@', 'ada%40', 'Lovelace']) expect(records).not.toContain(trace);
    expect((await call('POST', '/crm/v3/objects/contacts/search', { query: 'lovelace' })).body.total).toBe(0);
  });

  it('cannot be made of an address that was deleted before it was known', async () => {
    await call('POST', '/crm/v3/objects/contacts/gdpr-delete', { objectId: 'ada@example.org', idProperty: 'email' });
    expect((await upsert('contacts', 'email', 'ada@example.org', {})).status).toBe(400);
  });

  it('read in a batch answer 207 when some are missing', async () => {
    const { body } = await upsert('contacts', 'email', 'ada@example.org', {});
    const read = await call('POST', '/crm/v3/objects/contacts/batch/read', {
      idProperty: 'email',
      properties: ['email'],
      inputs: [{ id: 'ada@example.org' }, { id: 'nobody@example.org' }],
    });
    expect(read).toMatchObject({ status: 207, body: { numErrors: 1, results: [{ id: body.results[0]?.id }] } });
  });
});

describe('unique properties', () => {
  it('let notes and deals be upserted, so that a repeat makes no second one', async () => {
    expect((await uniqueProperty('notes', 'posthorn_event')).body).toMatchObject({ hasUniqueValue: true });
    const note = { hs_timestamp: '2026-11-22T10:00:00Z', hs_note_body: 'Hello' };
    const first = await upsert('notes', 'posthorn_event', 'event-1', note);
    const second = await upsert('notes', 'posthorn_event', 'event-1', note);
    expect(first.body.results[0]).toMatchObject({ new: true, properties: { posthorn_event: 'event-1' } });
    expect(second.body.results[0]).toMatchObject({ new: false, id: first.body.results[0]?.id });
    expect((await call('GET', '/crm/v3/objects/notes')).body.results).toHaveLength(1);
  });

  it('are listed, created once, and survive the emptying of the records', async () => {
    await uniqueProperty('deals', 'posthorn_order');
    expect(await uniqueProperty('deals', 'posthorn_order')).toMatchObject({ status: 409, body: { category: 'OBJECT_ALREADY_EXISTS' } });
    await fetch(`${sandbox.url}/sandbox/records/hubspot`, { method: 'DELETE' });
    const list = await call('GET', '/crm/v3/properties/deals');
    expect(list.body.results).toContainEqual(expect.objectContaining({ name: 'posthorn_order' }));
    expect((await call('GET', '/crm/v3/properties/deals/nothing')).status).toBe(404);
  });

  it('need a group that exists', async () => {
    const property = { name: 'colour', label: 'Colour', type: 'string', fieldType: 'text', groupName: 'garden' };
    expect((await call('POST', '/crm/v3/properties/contacts', property)).status).toBe(400);
    const group = { name: 'garden', label: 'Garden' };
    expect((await call('POST', '/crm/v3/properties/contacts/groups', group)).status).toBe(201);
    expect((await call('POST', '/crm/v3/properties/contacts/groups', group)).status).toBe(409);
    expect((await call('POST', '/crm/v3/properties/contacts', property)).status).toBe(201);
  });

  it('cannot take a value another object has', async () => {
    await uniqueProperty('deals', 'posthorn_number');
    await upsert('deals', 'posthorn_number', 'A-1', { dealname: 'One' });
    const other = await call('POST', '/crm/v3/objects/deals', { properties: { dealname: 'Two', posthorn_number: 'A-1' } });
    expect(other).toMatchObject({ status: 409, body: { category: 'CONFLICT' } });
  });

  it('a note needs its time', async () => {
    expect((await call('POST', '/crm/v3/objects/notes', { properties: { hs_note_body: 'x' } })).body.message).toContain('hs_timestamp');
  });
});

describe('associations', () => {
  async function pair(): Promise<{ contactId: string; noteId: string }> {
    const person = await call('POST', '/crm/v3/objects/contacts', contact('ada@example.org'));
    const note = await call('POST', '/crm/v3/objects/notes', { properties: { hs_timestamp: '2026-11-22T10:00:00Z' } });
    return { contactId: person.body.id, noteId: note.body.id };
  }

  it('are made singly and seen from both ends', async () => {
    const { contactId, noteId } = await pair();
    const made = await call('PUT', `/crm/v4/objects/notes/${noteId}/associations/default/contacts/${contactId}`);
    expect(made.body).toMatchObject({ status: 'COMPLETE', results: [{ associationSpec: { associationTypeId: 202 } }, {}] });
    const back = await call('GET', `/crm/v4/objects/contacts/${contactId}/associations/notes`);
    expect(back.body.results).toMatchObject([{ toObjectId: Number(noteId), associationTypes: [{ typeId: 201 }] }]);
  });

  it('are made in a batch, twice without a second one, and refused for what does not exist', async () => {
    const { contactId, noteId } = await pair();
    const path = '/crm/v4/associations/notes/contacts/batch/associate/default';
    const inputs = [{ from: { id: noteId }, to: { id: contactId } }];
    await call('POST', path, { inputs });
    expect((await call('POST', path, { inputs })).status).toBe(200);
    const read = await call('GET', `/crm/v3/objects/notes/${noteId}?associations=contacts`);
    expect(read.body['associations']).toEqual({ contacts: { results: [{ id: contactId, type: 'note_to_contact' }] } });
    expect((await call('POST', path, { inputs: [{ from: { id: noteId }, to: { id: '1' } }] })).status).toBe(404);
  });
});

describe('the protocol', () => {
  it('refuses a missing or wrong token with 401', async () => {
    const answer = await call('GET', '/crm/v3/objects/contacts', undefined, { authorization: 'Bearer wrong' });
    expect(answer).toMatchObject({ status: 401, body: { category: 'INVALID_AUTHENTICATION' } });
  });

  it('keeps a list of calls with their traces', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await call('GET', '/crm/v3/objects/contacts', undefined, { traceparent });
    const records = (await (await fetch(`${sandbox.url}/sandbox/records/hubspot`)).json()) as { calls: unknown[] };
    expect(records.calls).toEqual([
      { method: 'GET', path: '/hubspot/crm/v3/objects/contacts', status: 200, traceparent, at: expect.any(String) as string },
    ]);
  });
});

describe('faults', () => {
  it('rate limit: 429 with Retry-After and its own error shape, for as many calls as told', async () => {
    await setFault(sandbox.url, 'hubspot', { kind: 'rate-limit', retryAfterSeconds: 2, calls: 1 });
    const limited = await call('GET', '/crm/v3/objects/contacts');
    expect(limited).toMatchObject({ status: 429, body: { errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' } });
    expect(limited.headers.get('retry-after')).toBe('2');
    expect((await call('GET', '/crm/v3/objects/contacts')).status).toBe(200);
  });

  it('status: any error, in the shape of HubSpot', async () => {
    await setFault(sandbox.url, 'hubspot', { kind: 'status', status: 503, retryAfterSeconds: 7 });
    const answer = await call('GET', '/crm/v3/objects/contacts');
    expect(answer).toMatchObject({ status: 503, body: { status: 'error', category: 'INTERNAL_ERROR' } });
    expect(answer.headers.get('retry-after')).toBe('7');
  });

  it.each(['cut', 'down'])('%s: the connection ends without an answer and without an effect', async (kind) => {
    await setFault(sandbox.url, 'hubspot', { kind, calls: 1 });
    await expect(upsert('contacts', 'email', 'ada@example.org', {})).rejects.toThrow('fetch failed');
    expect((await call('GET', '/crm/v3/objects/contacts')).body.results).toEqual([]);
  });

  it('cut-after: the effect is there, the answer never came', async () => {
    await setFault(sandbox.url, 'hubspot', { kind: 'cut-after', calls: 1 });
    await expect(upsert('contacts', 'email', 'ada@example.org', {})).rejects.toThrow('fetch failed');
    expect((await call('GET', '/crm/v3/objects/contacts')).body.results).toHaveLength(1);
  });

  it('garbage: status 200, no JSON and no effect', async () => {
    await setFault(sandbox.url, 'hubspot', { kind: 'garbage', calls: 1 });
    await expect(upsert('contacts', 'email', 'ada@example.org', {})).rejects.toThrow(SyntaxError);
    expect((await call('GET', '/crm/v3/objects/contacts')).body.results).toEqual([]);
  });

  it('duplicate: the call is processed twice', async () => {
    await setFault(sandbox.url, 'hubspot', { kind: 'duplicate', calls: 1 });
    const note = { properties: { hs_timestamp: '2026-11-22T10:00:00Z' } };
    expect((await call('POST', '/crm/v3/objects/notes', note)).status).toBe(201);
    expect((await call('GET', '/crm/v3/objects/notes')).body.results).toHaveLength(2);
  });

  it('hang: nothing is answered until the caller gives up, and only where it was aimed', async () => {
    await setFault(sandbox.url, 'hubspot', { kind: 'hang', only: { method: 'POST', path: '/batch/upsert' } });
    expect((await call('GET', '/crm/v3/objects/contacts')).status).toBe(200);
    const abort = new AbortController();
    const hanging = fetch(`${sandbox.url}/hubspot/crm/v3/objects/contacts/batch/upsert`, { method: 'POST', signal: abort.signal });
    await expect.poll(async () => (await faults())['hubspot']?.faulted).toBeGreaterThan(0);
    abort.abort();
    await expect(hanging).rejects.toThrow('aborted');
  });

  it('latency: answers, later', async () => {
    await setFault(sandbox.url, 'hubspot', { kind: 'latency', ms: 120, calls: 1 });
    const startedAt = performance.now();
    expect((await call('GET', '/crm/v3/objects/contacts')).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(110);
  });

  it('refuses a fault it does not know, and a provider it does not have', async () => {
    await expect(setFault(sandbox.url, 'hubspot', { kind: 'earthquake' })).rejects.toThrow('invalid-fault');
    await expect(setFault(sandbox.url, 'fax' as 'smtp', { kind: 'hang' })).rejects.toThrow('unknown-provider');
  });
});

async function faults(): Promise<Record<string, { faulted: number } | undefined>> {
  return (await (await fetch(`${sandbox.url}/sandbox/faults`)).json()) as Record<string, { faulted: number }>;
}
